"""Bad input gets one line: what was given, what is allowed; exit code 2, nothing left behind."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from case_selection import mark_others_long

Command = Callable[..., int]

SEARCH = {
    "task=cartpol": [
        "'cartpol'",
        "acrobot, ant, biped, biped_hardcore, cartpole, cartpole_swingup, cifar10, digits, double_pole, "
        "envpool, fashion_mnist, gymnasium, half_cheetah, hopper, logic, lunar_lander, mnist, mountain_car, "
        "mountain_car_continuous, pendulum, walker2d",
        "Did you mean 'cartpole'?",
    ],
    "method=wan": ["'wan'", "Did you mean 'wann'?"],
    "experiment=nosuch": ["'nosuch'", "wann_swingup_laptop"],
    "nosuchkey=1": ["'nosuchkey'", "generations"],
    "+nosuchkey=1": ["'nosuchkey'", "generations"],
    "method.populaton_size=10": ["Did you mean 'method.population_size'?"],
    "+method.populaton_size=10": ["Did you mean 'method.population_size'?"],
    "~seed": ["'~seed'"],
    "~task": ["'~task'"],
    "task=null": ["'task=null'"],
    "method=": ["'method='"],
    "seed=0,1": ["seed=0,1", "-m"],
    "cartpole": ["'cartpole'", "task=cartpole"],
    "--nosuchflag": ["--nosuchflag", "--help"],
    "a=[1": ["a=[1"],
    "seed=abc": ["seed is 'abc'", "a whole number"],
    "seed=1.5": ["seed is 1.5"],
    "seed=true": ["seed is True"],
    "seed=-1": ["seed is -1", "at least 0"],
    "seed=${nosuch}": ["nosuch"],
    "generations=0": ["generations is 0", "at least 1"],
    "generations=-3": ["generations is -3"],
    "method.population_size=0": ["method.population_size is 0", "at least 2"],
    "method.population_size=ten": ["'ten'", "a whole number"],
    "method.cull=1.0": ["method.cull is 1.0"],
    "method.output_activation=tanhh": ["Did you mean 'tanh'?"],
    "method.crowding_scale=loud": ["published, range"],
    "trials.shared_weights=[]": ["trials.shared_weights is empty"],
    "trials.shared_weights=[a]": ["'a'", "a number"],
    "trials.shared_weights=2": ["trials.shared_weights", "a list"],
    "trials.episodes=0": ["trials.episodes is 0"],
    "trials.drawn_weights=-1": ["trials.drawn_weights is -1", "at least 0"],
    "trials.drawn_weights=1.5": ["1.5", "a whole number"],
    "evaluator.precision=float16": ["'float16'", "float32, float64"],
    "evaluator.threads=0": ["evaluator.threads is 0"],
    "evaluator.chunk=-1": ["evaluator.chunk is -1"],
    "display=loud": ["'loud'", "auto, off, plain, rich"],
    "task.horizon=0": ["task.horizon is 0"],
    "task.activations=[tanhh]": ["Did you mean 'tanh'?"],
    "task.activations=[]": ["task.activations is empty"],
    "retest.rule=sometimes": ["every_new_best, latest_generation, never, published_interval"],
    "retest.repeats=0": ["retest.repeats is 0"],
    "held_out.episodes=0": ["held_out.episodes is 0"],
    "held_out.nosuch=0": ["'held_out.nosuch'"],
    "task._target_=os.system": ["'os.system'"],
    "task._target_=wannsearch.tasks.cartpole.math": ["dataclass"],
    "task._target_=wannsearch.tasks.cartpole.CartPole_": ["no such class"],
    "task._target_=wannsearch.methods.wann.Genomes": ["where it is defined"],
    "plugins=[nosuch.py]": ["nosuch.py"],
    "evaluator=-1": ["evaluator is '-1'", "compiled"],
    "evaluator=[1,2]": ["'evaluator=[1,2]' names nothing"],
    "task={a:1}": ["'task={a:1}' names nothing", "task.KEY=VALUE"],
    "task=1": ["task is '1'", "logic"],
    "+task=logic": ["'+task=logic' adds a second task; write task=logic"],
    "++task=logic": ["write task=logic"],
    "heldout.episodes=1": ["Did you mean 'held_out.episodes'?"],
    "heldout=1": ["Did you mean 'held_out'?", "checkpoint, data, debug, device", "held_out", "sweep"],
    "method.nosuch.excess=1": ["Allowed: method.add_connection, method.add_node"],
    "method.mask_rule=imp": ["'method.mask_rule'", "method.cull"],
    "task.activations.x=1": ["'task.activations.x=1' cannot be", "'x'"],
    "hydra.nosuch=1": ["'hydra.nosuch'", "hydra.run", "hydra.sweep"],
    "hydra.job.env_set.A=1": ["+hydra.job.env_set.A="],
    "hydra.output_subdir=hy": ["'hydra.output_subdir=hy'", ".hydra"],
    "seed=interval(0,1)": ["seed=interval(0,1) names several values", "-m"],
    "task.activations=[interval(0,1)]": ["'task.activations=[interval(0,1)]'", "a sweep inside a list"],
    "hydra.run.dir=a,b": ["needs -m", "'hydra.run.dir=\"a,b\"'"],
    "seed=a=b": ["cannot be read", "'seed=\"a=b\"'"],
    "--experimental-rerun=x": ["--experimental-rerun", "resume=FOLDER"],
    "retest.interval=\x1b[2J": [r"\x1b[2J"],
    f"method.cull={'9' * 400}": ["method.cull is 999"],
}
QUICK_SEARCH = [
    "task=cartpol",
    "nosuchkey=1",
    "method.populaton_size=10",
    "~task",
    "seed=0,1",
    "cartpole",
    "--nosuchflag",
    "a=[1",
    "seed=abc",
    "seed=-1",
    "seed=${nosuch}",
    "generations=0",
    "method.output_activation=tanhh",
    "trials.shared_weights=[a]",
    "display=loud",
    "task._target_=os.system",
    "plugins=[nosuch.py]",
    "evaluator=-1",
    "+task=logic",
    "heldout=1",
    "method.nosuch.excess=1",
    "hydra.nosuch=1",
    "seed=interval(0,1)",
    "--experimental-rerun=x",
    "retest.interval=\x1b[2J",
]  # one of each kind of fault
EVALUATE = {
    "": ["network is needed"],
    "network=nosuch.json": ["nosuch.json"],
    "network=dense:0": ["dense:0"],
    "network=dense:10 weights=sixx": ["Did you mean 'six'?"],
    "network=dense:10 weights=[]": ["weights is []"],
    "network=dense:10 episodes=0": ["episodes is 0"],
    "network=dense:10 parameters=nosuch.json": ["nosuch.json"],
    "network=dense:10 sweep_weights=1": ["sweep_weights is 1"],
}


def refused(command: Command, words: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    before = sorted(Path().rglob("*"))
    assert command(*words) == 2
    output = capsys.readouterr()
    assert output.out == ""
    assert len(output.err.splitlines()) == 1, output.err
    assert "Traceback" not in output.err
    assert sorted(Path().rglob("*")) == before
    return output.err


@pytest.mark.parametrize("word", mark_others_long(SEARCH, quick=QUICK_SEARCH))
def test_a_search_that_cannot_be_is_refused_in_one_line(
    search: Command, capsys: pytest.CaptureFixture[str], word: str
) -> None:
    said = refused(search, [word], capsys)
    assert [part for part in SEARCH[word] if part not in said] == []


@pytest.mark.parametrize("words", EVALUATE)
def test_an_evaluation_that_cannot_be_is_refused_in_one_line(
    evaluate: Command, capsys: pytest.CaptureFixture[str], words: str
) -> None:
    said = refused(evaluate, words.split(), capsys)
    assert [part for part in EVALUATE[words] if part not in said] == []


def test_a_named_folder_is_not_made_for_a_refused_run(
    search: Command, capsys: pytest.CaptureFixture[str]
) -> None:
    refused(search, ["hydra.run.dir=deep/new/folder", "generations=0"], capsys)


def test_an_empty_folder_that_was_there_stays(search: Command, capsys: pytest.CaptureFixture[str]) -> None:
    Path("kept").mkdir()
    refused(search, ["hydra.run.dir=kept", "generations=0"], capsys)
    assert Path("kept").is_dir()


@pytest.mark.parametrize("content", ["1,2\n3\n", "", "a,b\n", "{"])
def test_a_damaged_network_file_has_its_own_exit_code(
    evaluate: Command, capsys: pytest.CaptureFixture[str], content: str
) -> None:
    Path("bad.out").write_text(content)
    assert evaluate("network=bad.out") == 65
    assert len(capsys.readouterr().err.splitlines()) == 1


def test_a_task_that_describes_no_lanes_is_played_by_another_evaluator_and_not_by_compiled(
    search: Command, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("conf/task").mkdir(parents=True)
    Path("conf/task/foreign.yaml").write_text("_target_: plugin.foreign.Foreign\nepisodes: 1\n")
    Path("foreign.py").write_text(
        """
from dataclasses import dataclass
import numpy as np
from wannsearch.core.ports import Ports

@dataclass(frozen=True, kw_only=True)
class Foreign:
    episodes: int
    horizon = 1

    @property
    def ports(self):
        return Ports(1, 1, ("linear",))

    def episode_seeds(self, seed, role, generation, episodes):
        return np.arange(episodes, dtype=np.uint64)

    def reset(self, seeds):
        return (np.zeros((len(seeds), 1)),)

    def observe(self, state):
        return state[0][..., None]

    def step(self, state, outputs):
        return state, outputs[:, 0, 0], np.ones(len(outputs), bool)
"""
    )
    words = ["plugins=[foreign.py]", "--config-dir", "conf", "task=foreign", "debug=fast"]
    assert search(*words, "evaluator=compiled", "hydra.run.dir=run") == 2
    assert "allowed: evaluator=processes, evaluator=reference." in capsys.readouterr().err
    words += ["method.population_size=4", "evaluator.workers=1", "hydra.run.dir=other"]
    assert search(*words) == 0
    assert "; evaluator=auto chose processes" in capsys.readouterr().out
