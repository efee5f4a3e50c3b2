"""Gymnasium over processes, from command line to run folder."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from wannsearch.commands.runs import main as runs

Search = Callable[..., int]
SMALL = [
    "task=gymnasium", "task.horizon=20", "generations=2", "method.population_size=6",
    "held_out.episodes=3", "held_out.sweep_weights=3", "retest.repeats=2", "plots=off",
]  # fmt: skip
SAME_BYTES = [
    "history.csv",
    "ranking.csv",
    "population.jsonl.gz",
    "best/network.json",
    "best/evaluation.json",
]
BREAKS = """
import gymnasium
from gymnasium.envs.classic_control.cartpole import CartPoleEnv

class Breaks(CartPoleEnv):
    def step(self, action):
        if action == 1 and self.state[1] > 0.3:
            raise RuntimeError("a wheel came off")
        return super().step(action)

gymnasium.register("Breaks-v0", Breaks, max_episode_steps=20)
"""


def children() -> list[str]:
    found = []
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                words = (folder / "cmdline").read_bytes().decode(errors="replace")
            except OSError:
                continue
            if "workers.worker import main" in words and f", {os.getpid()}, " in words:
                found.append(words)
    return found


@pytest.mark.long
def test_a_search_gives_the_same_bytes_for_any_number_of_workers_and_leaves_none(search: Search) -> None:
    assert search(*SMALL, "evaluator=reference", "hydra.run.dir=plain") == 0
    for workers in (1, 3):
        words = ["evaluator=processes", f"evaluator.workers={workers}", f"hydra.run.dir=run{workers}"]
        assert search(*SMALL, *words) == 0
        for name in SAME_BYTES:
            assert Path(f"run{workers}", name).read_bytes() == Path("plain", name).read_bytes(), name
    assert children() == []


def test_a_run_has_the_name_of_its_environment_wherever_it_is_named(
    search: Search, evaluate: Search, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["task.env_id=Pendulum-v1", "evaluator=reference", "display=plain", "plots=few"]
    assert search(*SMALL[:-1], *words) == 0
    assert "Pendulum-v1 · wann · seed 0" in capsys.readouterr().out
    (run,) = Path("outputs/Pendulum-v1/wann").iterdir()
    for name in ("status.json", "summary.json", "best/evaluation.json"):
        assert json.loads((run / name).read_text())["task"] == "Pendulum-v1", name
    picture = (run / "best/network.svg").read_text()
    assert all(name in picture for name in ("Pendulum-v1", "cos θ", "angular velocity", "torque"))
    assert runs([]) == 0
    assert re.search(r"Pendulum-v1 +│? *wann", capsys.readouterr().out)
    assert evaluate(f"network={run}", "weights=1", "episodes=1", "evaluator=reference") == 0
    assert capsys.readouterr().out.startswith(f"task and settings of {run}")
    (evaluation,) = Path("outputs/Pendulum-v1/evaluate").glob("*/evaluation.json")
    assert json.loads(evaluation.read_text())["task"] == "Pendulum-v1"


def test_the_inner_evaluator_is_chosen_by_name(search: Search) -> None:
    words = [
        *SMALL[2:],
        "task=logic",
        "evaluator=processes",
        "evaluator.inner=compiled",
        "evaluator.workers=1",
    ]
    assert search(*words, "hydra.run.dir=run") == 0
    assert "evaluators.compiled" in Path("run/.hydra/config.yaml").read_text()


def test_compiled_is_refused_with_what_to_type(search: Search, capsys: pytest.CaptureFixture[str]) -> None:
    assert search(*SMALL, "evaluator=compiled", "hydra.run.dir=run") == 2
    assert (
        "allowed: evaluator=environments, evaluator=processes, evaluator=reference."
        in capsys.readouterr().err
    )
    assert not Path("run").exists()


def test_an_environment_that_breaks_leaves_its_traceback_in_the_folder(search: Search) -> None:
    Path("breaks.py").write_text(BREAKS)
    words = [*SMALL, "plugins=[breaks.py]", "task.env_id=Breaks-v0", "evaluator=processes"]
    assert search(*words, "hydra.run.dir=run") in (0, 4)  # 4 where nobody held on
    assert "a wheel came off" in Path("run/run.log").read_text()
    details = Path("run/failures.log").read_text()
    assert re.match(r"generation 1: network \d of 6 failed: ", details)
    assert "breaks.py" in details


def test_the_policy_stop_has_its_own_exit_code(search: Search, capsys: pytest.CaptureFixture[str]) -> None:
    Path("breaks.py").write_text(BREAKS.replace("-v0", "-v1"))
    words = [*SMALL, "plugins=[breaks.py]", "task.env_id=Breaks-v1", "evaluator=processes"]
    assert search(*words, "evaluator.on_failure=stop", "hydra.run.dir=run") == 69
    said = capsys.readouterr().err
    assert len(said.splitlines()) == 1
    assert re.search(r"network \d of 6 failed: .*a wheel came off", said)
    assert "a wheel came off" in Path("run/failures.log").read_text()
    assert children() == []
