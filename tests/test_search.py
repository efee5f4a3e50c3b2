"""The loop itself."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from wannsearch.commands.search import main
from wannsearch.core.errors import StorageError
from wannsearch.evaluators.reference import Reference
from wannsearch.methods.wann import Wann
from wannsearch.records.writer import RunWriter

_SMALL = ("method.population_size=8", "evaluator=reference", "display=off", "debug=fast")


def _rows(folder: Path) -> list[dict[str, str]]:
    names, *rows = (line.split(",") for line in (folder / "history.csv").read_text().splitlines())
    return [dict(zip(names, row, strict=True)) for row in rows]


def _searched(folder: Path, *words: str) -> int:
    return main([*_SMALL, "task=logic", "task.gate=or", f"hydra.run.dir={folder}", *words])


def test_a_search_ends_as_done_with_the_generation_whose_recorded_best_reaches_stop_at(
    tmp_path: Path,
) -> None:
    whole, stopped = tmp_path / "whole", tmp_path / "stopped"
    assert _searched(whole, "generations=12") == 0
    climbed = [float(row["best_so_far"]) for row in _rows(whole)]
    assert climbed[0] < climbed[-1], "a search that never improves shows nothing here"
    reached = climbed.index(climbed[-1]) + 1
    assert _searched(stopped, "generations=12", f"stop_at={climbed[-1]}") == 0
    assert _rows(stopped) == _rows(whole)[:reached]
    assert json.loads((stopped / "status.json").read_text())["state"] == "done"
    assert json.loads((stopped / "summary.json").read_text())["generations"] == reached


def test_a_population_may_learn_and_a_re_test_and_a_final_test_never_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[tuple[int, bool]] = []
    evaluate = Reference.evaluate

    def record_call(evaluator, candidates, task, trials, seeds, learn=True):
        calls.append((len(candidates), learn))
        return evaluate(evaluator, candidates, task, trials, seeds, learn)

    monkeypatch.setattr(Reference, "evaluate", record_call)
    assert _searched(tmp_path / "run", "generations=3") == 0
    assert calls.count((8, True)) == 3
    assert (1, True) not in calls
    assert calls.count((1, False)) >= 3  # a re-test, the final test and its sweep


def test_scores_that_lack_episodes_and_a_rank_that_lacks_rows_are_refused_in_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    evaluate, tell = Reference.evaluate, Wann.tell

    def evaluate_without_episodes(*arguments, **options):
        scores, candidates = evaluate(*arguments, **options)
        return replace(scores, returns=scores.returns[..., :0]), candidates

    def tell_without_first_row(*arguments):
        state = tell(*arguments)
        return replace(state, rank=state.rank[1:])

    with monkeypatch.context() as patched:
        patched.setattr(Reference, "evaluate", evaluate_without_episodes)
        assert _searched(tmp_path / "scores") == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert "Reference.evaluate gives returns of shape (8, 6, 0); they must be (8, 6, 1)" in line
    monkeypatch.setattr(Wann, "tell", tell_without_first_row)
    assert _searched(tmp_path / "rank") == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert "Wann.tell gives a rank of shape (7,); it must be (8,)" in line


def test_a_larger_total_leaves_a_search_that_reached_stop_at_as_it_is(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    assert _searched(folder, "generations=12", "stop_at=-1e9") == 0
    files = {name: (folder / name).read_bytes() for name in ("history.csv", "ranking.csv", "summary.json")}
    assert _searched(folder, "generations=20", "stop_at=-1e9") == 0
    assert {name: (folder / name).read_bytes() for name in files} == files


def test_an_extension_that_cannot_begin_is_no_longer_called_done(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(_: RunWriter) -> None:
        raise StorageError("the disk is full")

    folder = tmp_path / "run"
    assert _searched(folder, "generations=2") == 0
    with monkeypatch.context() as patched:
        patched.setattr(RunWriter, "__post_init__", refused)
        assert _searched(folder, "generations=4") == 74
    status = json.loads((folder / "status.json").read_text())
    assert (status["state"], status["why"]) == ("failed", "the disk is full")
    assert _searched(folder, "generations=4") == 0
    assert (folder / "summary.json").exists()


def test_a_refused_continuation_leaves_status_and_summary_as_they_were(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    assert _searched(folder, "generations=4") == 0
    kept = {name: (folder / name).read_bytes() for name in ("status.json", "summary.json")}
    (folder / "status.json").write_text(json.dumps(json.loads(kept["status.json"]) | {"generations": 1}))
    shrunk = (folder / "status.json").read_bytes()
    assert _searched(folder, "generations=2") == 2
    assert (folder / "status.json").read_bytes() == shrunk
    assert (folder / "summary.json").read_bytes() == kept["summary.json"]


@pytest.mark.parametrize("word", ["nan", "inf", "soon"])
def test_a_return_that_nothing_reaches_is_refused(
    tmp_path: Path, word: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _searched(tmp_path / "run", f"stop_at={word}") == 2
    assert "stop_at" in capsys.readouterr().err
    assert not (tmp_path / "run").exists()


def test_a_generation_of_nothing_but_failures_says_the_first_and_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("conf/task").mkdir(parents=True)
    Path("conf/task/rich.yaml").write_text("_target_: plugin.rich.Rich\nepisodes: 1\n")
    Path("rich.py").write_text(
        """
from dataclasses import dataclass
import numpy as np
from wannsearch.core.ports import Ports

@dataclass(frozen=True, kw_only=True)
class Rich:
    episodes: int
    horizon = 3

    @property
    def ports(self):
        return Ports(1, 1, ("linear",))

    def episode_seeds(self, seed, role, generation, episodes):
        return np.arange(episodes, dtype=np.uint64)

    def reset(self, seeds):
        return (np.zeros((len(seeds), 1)), np.ones(len(seeds)))

    def observe(self, state):
        return state[0][..., None]

    def step(self, state, outputs):
        reward = np.where(state[1] == 2, np.inf, 0.0)
        return (state[0], state[1] + 1), reward, np.zeros(len(outputs), bool)
"""
    )
    words = ["plugins=[rich.py]", "--config-dir", "conf", "task=rich", "generations=2", "hydra.run.dir=run"]
    assert main([*_SMALL, *words]) == 4
    said = "generation 1: every one of 8 networks failed, first network 0 with weight -2 in episode 0: "
    said += "the reward of step 2 is inf; the run stops."
    assert capsys.readouterr().err.splitlines() == [f"wannsearch: {said}"]
    assert json.loads(Path("run/status.json").read_text())["why"] == said
    assert len(_rows(Path("run"))) == 1
