"""Data that are not there, or damaged, end a command in one line before anything is written."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from synthetic_images import write_all

Command = Callable[..., int]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["task=cifar10"], "cifar-10-python.tar.gz"),
        (["task=cifar10", "data.root=here"], "CIFAR-10 is missing in"),
        (["task=fashion_mnist", "data.root=here"], "FashionMNIST/raw/train-images-idx3-ubyte is missing"),
        (["task=mnist", "data.root=a\\tb"], "is missing"),
    ],
)
def test_missing_data_have_their_exit_code_and_leave_nothing(
    search: Command, evaluate: Command, capsys: pytest.CaptureFixture[str], words: list[str], said: str
) -> None:
    for command, more in ((search, ["method=wann"]), (evaluate, ["network=dense:2"])):
        assert command(*words, *more, "hydra.run.dir=run") == 66
        output = capsys.readouterr()
        assert output.out == ""
        assert said in output.err
        assert len(output.err.splitlines()) == 1
        assert not list(Path().iterdir())


def test_a_damaged_file_has_its_exit_code(search: Command, capsys: pytest.CaptureFixture[str]) -> None:
    root = write_all(Path("data"))
    (root / "MNIST/raw/t10k-labels-idx1-ubyte").write_bytes(b"")
    assert search("task=mnist", "data.root=data", "hydra.run.dir=run") == 65
    said = capsys.readouterr().err
    assert f"{root.absolute()}/MNIST/raw/t10k-labels-idx1-ubyte: it begins with nothing" in said
    assert len(said.splitlines()) == 1
    assert not Path("run").exists()


def test_a_folder_of_data_is_text(search: Command, capsys: pytest.CaptureFixture[str]) -> None:
    assert search("task=mnist", "data.root=3") == 66
    assert f"{Path('3').absolute()}/MNIST/raw/train-images-idx3-ubyte is missing" in capsys.readouterr().err


def test_a_network_is_evaluated_on_images_from_files(evaluate: Command) -> None:
    write_all(Path("data"))
    words = ["task=mnist", "data.root=data", "task.batch_size=20", "network=dense:2", "weights=[0.01]"]
    assert evaluate(*words, "evaluator=reference", "hydra.run.dir=run") == 0
    assert Path("run/evaluation.json").is_file()
