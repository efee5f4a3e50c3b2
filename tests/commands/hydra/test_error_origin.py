"""An error of a user's file names that file, and only the package's own errors are called our mistake."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from pathlib import Path

import pytest

from wannsearch.commands.hydra.error_origin import as_plugin_error, describe_unexpected_error
from wannsearch.commands.hydra.job import run_job
from wannsearch.commands.request import Request
from wannsearch.commands.running.outcome import Outcome
from wannsearch.core.errors import check_at_least
from wannsearch.core.plugin_files import load_plugin
from wannsearch.reporting.tables.document import format_number

PLUGIN = """
import numpy as np
from wannsearch.reporting.tables.document import format_number

class Table:
    def build(self, kind):
        return getattr(self, kind)()

    def own(self):
        return self.connections

    def of_numpy(self):
        return np.stack([np.zeros(2), np.zeros(3)])

    def of_package(self):
        return format_number("text")
"""


@pytest.fixture
def build(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    monkeypatch.chdir(tmp_path)
    Path("faulty_table.py").write_text(PLUGIN, encoding="utf-8")
    load_plugin(Path("faulty_table.py"))
    built: Callable[[str], None] = importlib.import_module("plugin.faulty_table").Table().build
    return built


def raised(work: Callable[[], object]) -> Exception:
    with pytest.raises(Exception) as caught:  # noqa: PT011  # each kind of error is a case
        work()
    return caught.value


def test_an_error_of_a_plugin_names_its_file_line_and_class(build: Callable[[str], None]) -> None:
    line = describe_unexpected_error(raised(lambda: build("own")), Path("run/run.log"))
    assert line == (
        "faulty_table.py, line 10, in Table.own: AttributeError: 'Table' object has no attribute "
        "'connections'; "
        "the traceback is in run/run.log"
    )


def test_an_error_of_a_library_that_a_plugin_calls_is_the_plugins(build: Callable[[str], None]) -> None:
    line = describe_unexpected_error(raised(lambda: build("of_numpy")), Path("run.log"))
    assert line.startswith("faulty_table.py, line 13, in Table.of_numpy: ValueError: all input arrays")


def test_an_error_of_the_package_names_the_call_of_a_plugin(build: Callable[[str], None]) -> None:
    line = describe_unexpected_error(raised(lambda: build("of_package")), Path("run.log"))
    assert line.startswith(
        "our own mistake, or a wrong call at faulty_table.py, line 16, in Table.of_package: TypeError: "
    )


def test_an_error_without_a_plugin_is_our_own_mistake() -> None:
    error = raised(lambda: check_at_least("seed", "text", 0))  # type: ignore[arg-type]
    line = describe_unexpected_error(error, Path("run.log"))
    assert line.startswith("our own mistake, TypeError: '<' not supported")
    assert line.endswith("; see run.log")
    assert as_plugin_error(error) is None


def test_a_job_that_a_plugin_ends_has_exit_code_70_and_a_traceback(build: Callable[[str], None]) -> None:
    def work(_: Request) -> Outcome:
        build("own")
        return Outcome(0, "done")

    Path("run").mkdir()
    request = Request({}, "", [], {}, Path("run"), has_named_folder=True, is_sweep=False)
    outcome = run_job(work, lambda: request, Path("run"))
    assert outcome.code == 70
    assert outcome.line.startswith("faulty_table.py, line 10, in Table.own: AttributeError: ")
    assert "return self.connections" in Path("run/run.log").read_text(encoding="utf-8")


def test_an_error_of_a_plugin_while_configs_are_composed_names_its_place(
    build: Callable[[str], None],
) -> None:
    error = as_plugin_error(raised(lambda: build("own")))
    assert error is not None
    assert error.exit_code == 70
    assert str(error).startswith("faulty_table.py, line 10, in Table.own: AttributeError: ")
    assert as_plugin_error(raised(lambda: format_number("text"))) is None  # type: ignore[arg-type]
