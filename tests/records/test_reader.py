"""The one reader of run folders: plain files, bounded, strict, of one format number."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from recorded_episodes import write_frames
from synthetic_runs import build_run

from wannsearch.commands.request import read_resumed_request
from wannsearch.commands.run_task import find_run
from wannsearch.core.errors import ConfigError, DamagedFile, WannsearchError
from wannsearch.core.ports import Ports
from wannsearch.core.streams import Role, make_stream
from wannsearch.methods.random_topology import RandomTopology
from wannsearch.records.array_file import VERSION, dumps, loads
from wannsearch.records.claim import claim_folder
from wannsearch.records.layout import FORMAT
from wannsearch.records.reader import RunFolder
from wannsearch.records.run_status import RunState, read_status, write_status

READERS: dict[str, Callable[[RunFolder], object]] = {
    "status.json": RunFolder.read_status,
    "summary.json": RunFolder.read_summary,
    "tuning.json": RunFolder.read_tuning,
    "best/evaluation.json": RunFolder.read_evaluation,
    "best/network.json": RunFolder.read_network,
    "best/frames.json": RunFolder.read_frames,
    "history.csv": lambda run: run.read_history(["generation"]),
    ".hydra/config.yaml": RunFolder.read_config,
}
DAMAGES = [b"", b"\xff", b"[1]", b"{", b'{"a": NaN}', b'{"a": 1, "a": 2}', b"[" * 99_999]
NUMBERED = ["status.json", "summary.json", "tuning.json"]
NUMBERS = [(None, "1"), (1, "1"), (FORMAT + 1, str(FORMAT + 1)), (True, "true"), ("2", "'2'"), (2.0, "2.0")]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = build_run(tmp_path / "run", generations=3)
    write_status(folder, "done", None, generations=3)
    write_frames(folder)
    (folder / "tuning.json").write_text(json.dumps({"format": FORMAT}))
    (folder / ".hydra").mkdir()
    (folder / ".hydra/config.yaml").write_text("generations: 3\nseed: 0\n")
    return folder


def set_format(path: Path, number: Any) -> None:
    document = json.loads(path.read_text())
    document.pop("format", None)
    path.write_text(json.dumps(document if number is None else document | {"format": number}))


def snapshot(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_each_file_of_a_whole_folder_is_read(folder: Path) -> None:
    for read in READERS.values():
        assert read(RunFolder(folder))


def _replace_with_link(path: Path) -> None:
    path.rename(path.with_name("elsewhere"))
    path.symlink_to("elsewhere")


def _replace_with_pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


@pytest.mark.parametrize("name", READERS)
@pytest.mark.parametrize("replace", [_replace_with_link, _replace_with_pipe])
def test_a_file_that_is_not_plain_is_refused_in_one_line(
    folder: Path, name: str, replace: Callable[[Path], None]
) -> None:
    replace(folder / name)
    with pytest.raises(DamagedFile, match=r"^[^\n]*; a run writes plain files\.$") as error:
        READERS[name](RunFolder(folder))
    assert name in str(error.value)


@pytest.mark.parametrize("name", READERS)
@pytest.mark.parametrize(
    "content", [b"", b"\xff", b"[1]", b"{", b'{"a": NaN}', b'{"a": 1, "a": 2}', b"[" * 99_999]
)
def test_a_damaged_file_is_refused_in_one_line(folder: Path, name: str, content: bytes) -> None:
    if name.endswith(".yaml") and (not content or content.startswith(b'{"a"')):
        return  # plain YAML
    (folder / name).write_bytes(content)
    with pytest.raises(DamagedFile, match=r"^[^\n]*$") as error:
        READERS[name](RunFolder(folder))
    assert name in str(error.value)


@pytest.mark.parametrize("name", READERS)
def test_a_file_that_is_too_large_is_not_read(folder: Path, name: str) -> None:
    with (folder / name).open("ab") as file:
        file.truncate(2**28 + 1)
    with pytest.raises(DamagedFile, match="are read"):
        READERS[name](RunFolder(folder))


@pytest.mark.parametrize("name", sorted(set(READERS) - {"status.json"}))
def test_a_missing_file_is_named(folder: Path, name: str) -> None:
    (folder / name).unlink()
    with pytest.raises(DamagedFile, match=r"^[^\n]* is missing\.$") as error:
        READERS[name](RunFolder(folder))
    assert name in str(error.value)


def test_a_run_without_a_status_has_no_old_format(folder: Path) -> None:
    (folder / "status.json").unlink()
    RunFolder(folder).check_format()
    assert RunFolder(folder).read_status() is None
    assert read_status(folder).state is RunState.NOT_STARTED


@pytest.mark.parametrize("name", NUMBERED)
@pytest.mark.parametrize(("number", "shown"), NUMBERS)
def test_another_format_is_refused_by_both_numbers(folder: Path, name: str, number: Any, shown: str) -> None:
    set_format(folder / name, number)
    with pytest.raises(DamagedFile) as error:
        READERS[name](RunFolder(folder))
    assert str(error.value) == (
        f"{folder}: this run folder has format {shown}; this wannsearch reads format {FORMAT}."
    )


def _start_random_topology(folder: Path) -> None:
    settings: dict[str, Any] = {"population_size": 2, "hidden": (1, 1), "connections": (1, 1)}
    method = RandomTopology(sizes_from=str(folder), output_activation="linear", **settings)
    method.start(Ports(5, 1, ("tanh",)), make_stream(0, Role.START))


COMMANDS: dict[str, Callable[[Path], object]] = {
    "the same config": lambda folder: claim_folder(folder, True, {"generations": 3, "seed": 0}),
    "another config": lambda folder: claim_folder(folder, True, {"generations": 3, "new_key": 0}),
    "resume=": lambda folder: read_resumed_request([f"resume={folder}"], {}),
    "network=RUN": lambda folder: find_run(str(folder)),
    "network=RUN/best/network.json": lambda folder: find_run(str(folder / "best/network.json")),
    "sizes_from": _start_random_topology,
}


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("number", [None, FORMAT + 1])
def test_a_command_refuses_another_format_and_leaves_the_folder_as_it_was(
    folder: Path, command: str, number: int | None
) -> None:
    set_format(folder / "status.json", number)
    before = snapshot(folder)
    with pytest.raises(WannsearchError) as error:
        COMMANDS[command](folder)
    assert isinstance(error.value, ConfigError if command == "sizes_from" else DamagedFile)
    assert f"format {number or 1}; this wannsearch reads format {FORMAT}." in str(error.value)
    assert "\n" not in str(error.value)
    assert snapshot(folder) == before


def test_a_run_of_another_format_is_listed_as_damaged(folder: Path) -> None:
    set_format(folder / "status.json", None)
    status = read_status(folder)
    assert status.state is RunState.DAMAGED
    assert status.why == f"{folder}: this run folder has format 1; this wannsearch reads format {FORMAT}."


def test_an_older_checkpoint_is_refused_by_both_numbers() -> None:
    content = bytearray(dumps({}, {"a": np.zeros(3)}))
    content[8:12] = (VERSION - 1).to_bytes(4, "little")
    with pytest.raises(
        DamagedFile, match=rf"version {VERSION - 1}; this wannsearch reads version {VERSION}\."
    ):
        loads(bytes(content), "a.state")


def test_validation_accuracies_are_those_after_the_full_training_of_each_network(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path)
    assert folder.read_validation_accuracies() is None
    (tmp_path / "best").mkdir()
    evaluation = tmp_path / "best/evaluation.json"
    evaluation.write_text('{"mean": [1.0]}')
    assert folder.read_validation_accuracies() is None
    evaluation.write_text(
        '{"trained": [{"validation_accuracy": [0.1, 0.5]}, {"validation_accuracy": [null]}]}'
    )
    assert folder.read_validation_accuracies() == [0.5]
    evaluation.write_text('{"trained": [{"accuracy": [0.1]}]}')
    with pytest.raises(DamagedFile, match="no validation accuracies"):
        folder.read_validation_accuracies()
