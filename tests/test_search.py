"""The loop itself."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from compiled_settings import compiled
from methods.small_wann import rule, wann
from one_input import OneInput

from wannsearch.commands.search import main
from wannsearch.core.activations import CONTROL_ACTIVATIONS
from wannsearch.core.champion import RetestRule, RetestSettings
from wannsearch.core.errors import AllEvaluationsFailed, StorageError
from wannsearch.core.streams import Role
from wannsearch.core.trials import Trials
from wannsearch.evaluators.reference import Reference
from wannsearch.methods.wann import Wann
from wannsearch.records.writer import RunWriter
from wannsearch.search import Generation, Search, SearchState, run_search
from wannsearch.tasks.cartpole import CartPole

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


@dataclass(frozen=True, kw_only=True)
class PaysUpToLimit(OneInput):
    """Pays 1 for an output of at most this size, and infinity for a larger one."""

    limit: float

    def lane_observe(self, m: Any, state: Any) -> Any:
        return (m.where(state[0] > 0.0, 1.0, 1.0),)

    def lane_step(self, m: Any, state: Any, outputs: Any) -> Any:
        return state, m.where(m.abs(outputs[0]) > self.limit, np.inf, 1.0), False


def _drawing_search(drawn_weights: int, **changed: Any) -> Search:
    """A search of four generations of cart-poles, with two named weights besides the drawn ones."""
    settings: dict[str, Any] = {
        "task": CartPole(episodes=2, horizon=60, start_range=0.05, activations=CONTROL_ACTIVATIONS),
        "method": wann(population_size=8),
        "evaluator": Reference(),
        "trials": Trials(shared_weights=(-1.5, 0.75), episodes=2, drawn_weights=drawn_weights),
        "retest": RetestSettings(repeats=3, rule=RetestRule.EVERY_NEW_BEST, interval=1, prefer_simpler=True),
        "seed": 3,
        "generations": 4,
    }
    return Search(**settings | changed)


def _select_by_lexicase() -> Wann:
    return wann(population_size=8, parent_selection=rule(rule="lexicase", cases=3))


def _played(search: Search, state: SearchState | None = None) -> list[Generation]:
    generations: list[Generation] = []
    run_search(search, search.initial_state() if state is None else state, generations.append)
    return generations


def _content(generation: Generation) -> list[Any]:
    """What the files of a run hold of a generation, but for its steps."""
    record = generation.champion.record
    assert record is not None
    arrays = (generation.scores.returns, generation.ids, generation.parent_ids, generation.rank)
    networks = (generation.candidates, record.network)
    arrays += tuple(array for network in networks for array in network.to_arrays().values())
    return [array.tobytes() for array in arrays] + [record.score, record.max, generation.champion.retests]


def test_drawn_weights_change_nothing_that_a_tournament_sees_and_their_steps_count() -> None:
    without, drawing = _played(_drawing_search(0)), _played(_drawing_search(3))
    assert [_content(generation) for generation in drawing] == [
        _content(generation) for generation in without
    ]
    assert all(generation.scores.extra_returns is None for generation in without)
    num_steps = num_named_steps = 0
    for generation in drawing:
        extra_returns = generation.scores.extra_returns
        assert extra_returns is not None
        assert extra_returns.shape == (8, 3, 2)
        assert generation.scores.cases.shape == (8, (2 + 3) * 2)
        num_steps += int(generation.scores.returns.sum() + extra_returns.sum())  # a cart-pole pays 1 a step
        num_named_steps += int(generation.scores.returns.sum())
        assert generation.next_state.env_steps == num_steps
    assert without[-1].next_state.env_steps == num_named_steps < num_steps


def test_lexicase_breeds_other_networks_where_weights_are_drawn() -> None:
    method = _select_by_lexicase()
    without, drawing = (_played(_drawing_search(count, method=method)) for count in (0, 3))
    assert _content(drawing[0]) == _content(without[0])
    assert drawing[1].parent_ids.tolist() != without[1].parent_ids.tolist()


def test_each_generation_draws_its_own_weights_and_a_search_that_goes_on_draws_the_same_ones() -> None:
    search = _drawing_search(3, method=_select_by_lexicase())
    weights = [search.draw_trials(generation).shared_weights for generation in range(1, 5)]
    assert all(names is not None and names[:2] == (-1.5, 0.75) for names in weights)
    assert len({weight for names in weights for weight in names or ()}) == 2 + 4 * 3
    assert search.draw_trials(1) != replace(search, seed=4).draw_trials(1)
    whole = _played(search)
    rest = _played(search, whole[1].next_state)
    assert [generation.number for generation in rest] == [3, 4]
    for generation, expected in zip(rest, whole[2:], strict=True):
        assert _content(generation) == _content(expected)
        assert generation.scores.cases.tobytes() == expected.scores.cases.tobytes()
        assert generation.next_state.env_steps == expected.next_state.env_steps


def test_all_networks_meet_the_drawn_weights_of_their_generation_with_any_evaluator() -> None:
    search = _drawing_search(3, method=_select_by_lexicase())
    plain = _played(search)
    for generation in plain:
        weights = search.draw_trials(generation.number).shared_weights
        assert weights is not None
        drawn = Trials(shared_weights=weights[2:], episodes=2)
        seeds = search.task.episode_seeds(search.seed, Role.EPISODES, generation.number, 2)
        alone, _ = Reference().evaluate(generation.candidates, search.task, drawn, seeds)
        assert np.array_equal(alone.returns, generation.scores.extra_returns)
    fast = _played(replace(search, evaluator=compiled(simplify=True, chunk=1, threads=2)))
    for generation, expected in zip(fast, plain, strict=True):
        assert _content(generation) == _content(expected)
        assert np.array_equal(generation.scores.cases, expected.scores.cases)


def test_a_network_that_fails_at_a_drawn_weight_alone_has_failed() -> None:
    trials = Trials(shared_weights=(0.1,), episodes=1, drawn_weights=4)
    changed = {"task": PaysUpToLimit(limit=0.9), "trials": trials, "generations": 1}
    (whole,) = _played(_drawing_search(0, **changed | {"trials": replace(trials, drawn_weights=0)}))
    assert not whole.scores.failed_mask.any()
    (generation,) = _played(_drawing_search(0, **changed))
    failed = generation.scores.failed_mask
    assert 0 < failed.sum() < 8
    assert generation.scores.extra_returns is not None
    assert np.array_equal(failed, ~np.isfinite(generation.scores.extra_returns).all(axis=(1, 2)))
    assert np.isnan(generation.scores.returns[failed]).all()
    record = generation.champion.record
    assert record is not None
    assert record.id not in generation.ids[failed]


def test_a_generation_that_fails_at_drawn_weights_names_the_first_of_them() -> None:
    search = _drawing_search(
        0,
        task=PaysUpToLimit(limit=0.9),
        method=wann(population_size=8, initial_enabled=1.0),
        trials=Trials(shared_weights=(0.1,), episodes=1, drawn_weights=4),
    )
    weights = search.draw_trials(1).shared_weights
    assert weights is not None
    assert weights[1] < -1
    with pytest.raises(AllEvaluationsFailed) as caught:
        _played(search)
    assert f"network 0 with weight {weights[1]!r} in episode 0: the reward of step 1 is inf" in str(
        caught.value
    )
