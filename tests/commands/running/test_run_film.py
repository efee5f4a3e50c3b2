"""The film that a run leaves at its end, and what a run survives where there is none."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from wannsearch.commands.film import main as film
from wannsearch.commands.running import run_film
from wannsearch.commands.running.run_film import FilmFailed, RunFilm
from wannsearch.commands.search import main as search
from wannsearch.records import layout

SMALL = ["debug=fast", "generations=1", "method.population_size=4", "display=off", "hydra.run.dir=run"]
SWING_UP = ["task=cartpole_swingup", "task.horizon=40", "evaluator=reference", *SMALL]
DRAWING = Path(__file__).parents[2] / "tasks" / "drawing_environments.py"
DRAWING_RUN = ["task=gymnasium", "task.env_id=Drawing-v0", f"plugins=[{DRAWING}]", *SMALL]


@pytest.fixture(autouse=True)
def _own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.mark.long
def test_a_run_with_all_plots_leaves_the_film_of_the_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert search([*SWING_UP, "plots=all"]) == 0
    assert capsys.readouterr().err == ""
    content = (Path("run") / layout.FILM).read_bytes()
    assert film(["run", "--out", "again.gif"]) == 0
    assert Path("again.gif").read_bytes() == content


@pytest.mark.long
@pytest.mark.parametrize("fault", ["", "raise"])
def test_an_environment_of_a_plugin_is_filmed_and_one_that_cannot_draw_costs_one_line(
    fault: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert search([*DRAWING_RUN, f"task.env_kwargs={{fault: '{fault}'}}", "plots=all"]) == 0
    assert (Path("run") / layout.FILM).is_file() == (not fault)
    lines = [line for line in capsys.readouterr().err.splitlines() if "film" in line]
    assert len(lines) == (1 if fault else 0)
    for line in lines:
        assert line.startswith("wannsearch: this run has no film: Drawing-v0 breaks in render after step 0")
    assert (Path("run") / "plots/network.png").is_file()


def test_few_plots_have_no_film_and_a_task_without_pictures_no_warning(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run_film.RunFilm, "__enter__", lambda film: pytest.fail("a film was made"))
    from wannsearch.commands.search import _start_film
    from wannsearch.reporting.plots.plot_selection import PlotSelection

    assert search([*SWING_UP, "plots=off"]) == 0

    class Plain:
        task = object()

    for selection in PlotSelection:
        with _start_film(Plain(), selection, Path("run")) as no_film:  # type: ignore[arg-type]
            assert no_film is None
    assert capsys.readouterr().err == ""


def run_script(script: str, monkeypatch: pytest.MonkeyPatch) -> bytes:
    """Collect the film of a process that runs this script instead of the command."""
    monkeypatch.setattr(run_film, "_BOOTSTRAP_CODE", f"import json, os, sys, time\n{script}")
    with RunFilm(Path("run")) as film_of_run:
        return film_of_run.collect()


def test_the_bytes_that_the_process_leaves_are_the_film(monkeypatch: pytest.MonkeyPatch) -> None:
    script = "open(json.loads(sys.argv[3])[2], 'wb').write(b'frames'); print('a lot')"
    assert run_script(script, monkeypatch) == b"frames"


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        ("print('noise'); print('wannsearch-film: no screen', file=sys.stderr); sys.exit(69)", "no screen"),
        ("os.kill(os.getpid(), 11)", "its process ended with code -11"),
        ("sys.exit(0)", "it cannot be read: No such file or directory"),
        ("time.sleep(60)", "it was not ready within 0.5 s"),
    ],
)
def test_a_process_that_fails_crashes_or_hangs_is_one_line_and_leaves_nothing(
    script: str, reason: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run_film, "LIMIT_S", 0.5 if "sleep" in script else 60.0)
    with pytest.raises(FilmFailed) as caught:
        run_script(script, monkeypatch)
    assert str(caught.value) == reason
    assert list(Path().iterdir()) == []


def test_a_film_that_nobody_waits_for_ends_with_its_context(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run_film, "_BOOTSTRAP_CODE", "import time; time.sleep(60)")
    with RunFilm(Path("run")) as film_of_run:
        process = film_of_run._process
        assert process.poll() is None
    assert process.poll() == -9
    assert sys.executable
