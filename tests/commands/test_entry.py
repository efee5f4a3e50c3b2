"""What every command goes through."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stdout
from pathlib import Path

import pytest

from wannsearch.commands import evaluate, runs, search, tables, tune
from wannsearch.commands.entry import CommandResult, prepare_process, run_command
from wannsearch.commands.running.display import RichDisplay, RunHeading
from wannsearch.commands.standard_streams import spell_text

SMALL = ["task=logic", "debug=fast", "generations=1", "method.population_size=4", "evaluator.threads=1"]
MAINS = {module.__name__.rpartition(".")[2]: module.main for module in (search, evaluate, tune, tables, runs)}
Errors = pytest.CaptureFixture[str]


@contextmanager
def full() -> Iterator[None]:
    with Path("/dev/full").open("w", encoding="utf-8") as device, redirect_stdout(device):
        yield


@contextmanager
def gone() -> Iterator[None]:
    reads, writes = os.pipe()
    os.close(reads)
    with os.fdopen(writes, "w", encoding="utf-8") as pipe, redirect_stdout(pipe):
        yield


def prints(code: int, kept: bool) -> Callable[[CommandResult], int]:
    def work(result: CommandResult) -> int:
        result.is_stored = kept
        print("the result")
        return code

    return work


def test_a_full_standard_output_is_named_and_ends_nothing_that_a_folder_holds(capsys: Errors) -> None:
    with full():
        assert run_command("wannsearch", prints(0, kept=True)) == 0
    (line,) = capsys.readouterr().err.splitlines()
    assert line == "wannsearch: standard output cannot be written: No space left on device."


def test_what_only_standard_output_holds_is_lost_with_it(capsys: Errors) -> None:
    with full():
        assert run_command("wannsearch", prints(0, kept=False)) == 74
    assert len(capsys.readouterr().err.splitlines()) == 1


def test_a_worse_end_stays_what_it_was(capsys: Errors) -> None:
    with full():
        assert run_command("wannsearch", prints(2, kept=False)) == 2
    assert "No space left" in capsys.readouterr().err


def test_a_reader_that_has_gone_has_seen_enough(capsys: Errors) -> None:
    with gone():
        assert run_command("wannsearch", prints(0, kept=False)) == 0
    assert capsys.readouterr().err == ""


def test_a_closed_standard_output_is_said_to_be_closed(
    monkeypatch: pytest.MonkeyPatch, capsys: Errors
) -> None:
    monkeypatch.setattr(sys, "stdout", None)
    assert run_command("wannsearch", prints(0, kept=False)) == 74
    assert "standard output cannot be written: it is closed" in capsys.readouterr().err
    assert run_command("wannsearch", lambda _: 0) == 0  # nothing was to be said


@pytest.mark.parametrize("main", MAINS.values(), ids=MAINS)
def test_every_command_names_a_standard_output_that_holds_its_only_result(
    main: Callable[[list[str]], int], capsys: Errors
) -> None:
    with full():
        assert main(["--version"]) == 74
    (line,) = capsys.readouterr().err.splitlines()
    assert line.endswith("standard output cannot be written: No space left on device.")


def test_a_search_goes_on_without_its_standard_output(capsys: Errors) -> None:
    with full():
        assert search.main([*SMALL, "display=rich", "plots=few", "hydra.run.dir=run"]) == 0
    assert json.loads(Path("run/status.json").read_text())["state"] == "done"
    assert Path("run/plots").is_dir()
    (line,) = capsys.readouterr().err.splitlines()
    assert "standard output cannot be written: No space left on device" in line
    assert "run/" not in line


@pytest.mark.parametrize("words", [["--help"], ["run"], ["run", "--json"]])
def test_python_itself_has_nothing_to_add_at_the_end(words: list[str]) -> None:
    Path("run").mkdir()
    code = "import sys; from wannsearch.commands.runs import main; sys.exit(main())"
    with Path("/dev/full").open("w", encoding="utf-8") as device:
        done = subprocess.run(
            [sys.executable, "-c", code, *words],
            stdout=device,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    said = [line for line in done.stderr.splitlines() if "holds no runs" not in line]
    empty = words == ["run"]  # nothing but a line on standard error
    assert (done.returncode, len(said)) == ((0, 0) if empty else (74, 1)), done.stderr


def printed(
    monkeypatch: pytest.MonkeyPatch, encoding: str, main: Callable[[list[str]], int], *words: str
) -> str:
    buffer = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(buffer, encoding=encoding))
    assert main(list(words)) == 0
    sys.stdout.flush()
    return buffer.getvalue().decode(encoding)


def test_every_command_speaks_ascii_and_writes_utf_8(monkeypatch: pytest.MonkeyPatch) -> None:
    said = printed(monkeypatch, "ascii", search.main, *SMALL, "display=plain", "hydra.run.dir=run")
    assert said.startswith("logic - wann - seed 0\n")
    words = ["network=run", "task=logic", "evaluator.threads=1", "hydra.run.dir=evaluation"]
    assert " +- " in printed(monkeypatch, "ascii", evaluate.main, *words)
    assert "logic" in printed(monkeypatch, "ascii", runs.main, ".")
    words = ["table=summary", "runs=run", "hydra.run.dir=table"]
    said = printed(monkeypatch, "ascii", tables.main, *words)
    table = Path("table/table.md").read_text(encoding="utf-8")
    assert not table.isascii()
    assert said.startswith(spell_text(table, "ascii"))


def test_a_live_panel_is_drawn_in_ascii(monkeypatch: pytest.MonkeyPatch) -> None:
    row = {
        "generation": 1,
        "env_steps": 8,
        "best": 1.0,
        "median": 0.5,
        "best_so_far": 1.0,
        "median_hidden": 2,
    }

    def draw(_: list[str]) -> int:
        with prepare_process():
            panel = RichDisplay(RunHeading("logic · wann", 2))
            panel.show_row(row)
            panel.print_line("a ± b")
            panel.close()
        return 0

    said = printed(monkeypatch, "ascii", draw)
    assert "logic - wann" in said
    assert "a +- b" in said


def test_variables_that_would_change_kernels_are_not_there_inside(monkeypatch: pytest.MonkeyPatch) -> None:
    dropped = {
        "NUMBA_DISABLE_JIT": "1", "NUMBA_CPU_NAME": "generic", "NUMBA_CACHE_LOCATOR_CLASSES": "nonsense",
        "SOURCE_DATE_EPOCH": "x", "PYTHONWARNINGS": "error",
    }  # fmt: skip
    for name, value in dropped.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("NUMBA_NUM_THREADS", "3")
    with prepare_process():
        assert not dropped.keys() & os.environ.keys()
        assert os.environ["NUMBA_NUM_THREADS"] == "3"
    assert {name: os.environ[name] for name in dropped} == dropped
    monkeypatch.setenv("NUMBA_NUM_THREADS", "many")
    with prepare_process():
        assert "NUMBA_NUM_THREADS" not in os.environ


def test_a_librarys_warning_is_no_error_whatever_pythonwarnings_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "warnoptions", ["error"])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with prepare_process():
            warnings.warn("old", DeprecationWarning, stacklevel=1)
        with pytest.raises(DeprecationWarning):
            warnings.warn("old", DeprecationWarning, stacklevel=1)
