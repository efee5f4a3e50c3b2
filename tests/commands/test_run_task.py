"""A network that a run found is played on that run's task, whatever has been typed or not."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from synthetic_images import write_mnist

from wannsearch.commands.tune import main as tune
from wannsearch.core.ports import Ports
from wannsearch.formats import network_json, one_network

Command = Callable[..., int]
Captured = pytest.CaptureFixture[str]
ONCE = ["evaluator=reference", "weights=1", "episodes=1"]
TUNE = [
    "shared.grid=3",
    "shared.episodes=1",
    "shared.top_k=1",
    "shared.confirm_episodes=1",
    "weights=shared_only",
]
TUNE += ["evaluator=reference", "held_out.episodes=1", "held_out.sweep_weights=2"]
LOGIC = {
    "_target_": "wannsearch.tasks.logic.Logic",
    "gate": "or", "bits": 5, "reward": "accuracy", "episodes": 1, "activations": ["tanh"],
}  # fmt: skip
POLE = {
    "_target_": "wannsearch.tasks.cartpole.CartPole",
    "episodes": 2, "horizon": 7, "start_range": 0.02, "activations": ["tanh"],
}  # fmt: skip
PLUGIN = """
from dataclasses import dataclass
from wannsearch.tasks.cartpole import CartPole

@dataclass(frozen=True, kw_only=True)
class Pole(CartPole):
    pass
"""


def write_network(path: Path, inputs: int, outputs: int) -> None:
    last = inputs + outputs
    edge = one_network.from_arrays([1] * (last + 1), [1], [last], [1.0])
    path.write_text(network_json.dumps(edge, 0, Ports(inputs, outputs, ("tanh",))))


def write_run(folder: str, task: object, inputs: int, outputs: int, **config: object) -> None:
    """What is read of a run, as a search leaves it."""
    for name in ("best", ".hydra"):
        (Path(folder) / name).mkdir(parents=True)
    write_network(Path(folder, "best/network.json"), inputs, outputs)
    Path(folder, ".hydra/config.yaml").write_text(yaml.safe_dump({"task": task} | config))


def stored_task(folder: str) -> dict[str, Any]:
    read: dict[str, Any] = yaml.safe_load((Path(folder) / ".hydra/config.yaml").read_text())["task"]
    return read


def played_task(folder: str) -> str:
    return str(json.loads((Path(folder) / "evaluation.json").read_text())["task"])


def test_the_task_comes_from_the_run_with_all_its_settings(
    search: Command, evaluate: Command, capsys: Captured
) -> None:
    small = ["debug=fast", "generations=1", "method.population_size=8"]
    task = ["task=logic", "task.gate=or", "task.bits=3", "task.reward=accuracy", "evaluator=reference"]
    assert search(*task, *small, "display=off", "hydra.run.dir=run") == 0
    capsys.readouterr()
    for named in ([], ["task=logic"]):
        assert evaluate("network=run", *named, *ONCE[:2]) == 0
        assert capsys.readouterr().out.splitlines()[0] == "task and settings of run"
    first, second = (str(path) for path in Path("outputs/logic/evaluate").iterdir())
    assert stored_task(first) == stored_task(second) == stored_task("run")
    assert (played_task(first), stored_task("run")["bits"]) == ("logic", 3)


def test_what_is_typed_lies_over_the_run_and_is_named(evaluate: Command, capsys: Captured) -> None:
    write_run("run", LOGIC, 5, 1)
    for network in ("run", "run/best/network.json"):
        folder = f"of_{len(network)}"
        assert evaluate(f"network={network}", "task.gate=and", *ONCE[:2], f"hydra.run.dir={folder}") == 0
        said = capsys.readouterr().out.splitlines()[0]
        assert said == "task and settings of run; typed over them: task.gate=and"
        assert stored_task(folder) == LOGIC | {"gate": "and"}


def test_an_environment_is_made_with_the_runs_words_for_it(evaluate: Command) -> None:
    task = {
        "_target_": "wannsearch.tasks.gymnasium.Gymnasium", "env_id": "CartPole-v1", "episodes": 1,
        "horizon": 4, "env_kwargs": {"sutton_barto_reward": True}, "activations": ["tanh"],
        "input_names": None, "output_names": None, "wrappers": [], "scale_observations": False,
        "start_states": "philox",
    }  # fmt: skip
    write_run("run", task, 4, 2)
    assert evaluate("network=run", *ONCE, "hydra.run.dir=again") == 0
    assert json.loads(Path("again/evaluation.json").read_text())["mean"] == [0.0]  # that reward, not 4
    assert stored_task("again") == task


def test_another_task_that_fits_is_played_with_its_own_settings_and_said(
    evaluate: Command, capsys: Captured
) -> None:
    write_run("run", LOGIC, 5, 1)
    words = ["task=cartpole_swingup", "task.horizon=3"]
    assert evaluate("network=run", *words, *ONCE, "hydra.run.dir=other") == 0
    assert capsys.readouterr().out.splitlines()[0] == (
        "played on another task than it was searched on: cartpole_swingup with settings of its own; "
        "run was searched on logic"
    )
    assert played_task("other") == "cartpole_swingup"
    assert evaluate("network=run", "task=cartpole", "hydra.run.dir=none") == 2
    assert "has 5 inputs and 1 outputs; the task has 4 and 2" in capsys.readouterr().err


def test_each_job_of_a_sweep_has_its_own_runs_task(evaluate: Command) -> None:
    write_run("a", LOGIC, 5, 1)
    write_run("b", POLE, 4, 2)
    assert evaluate("-m", "network=a,b", *ONCE, "hydra.sweep.dir=sweep") == 0
    folders = sorted(path.name for path in Path("sweep").iterdir() if path.is_dir())
    assert [name.split("-")[0] for name in folders] == ["cartpole", "logic"]
    assert [stored_task(f"sweep/{name}") for name in folders] == [POLE, LOGIC]


def test_the_keys_of_a_sweep_over_runs_are_those_of_the_runs_task(evaluate: Command) -> None:
    write_run("a", LOGIC, 5, 1)
    assert evaluate("-m", "network=a", "task.gate=or,and", *ONCE[:2], "hydra.sweep.dir=sweep") == 0
    gates = {stored_task(str(path))["gate"] for path in Path("sweep").iterdir() if path.is_dir()}
    assert gates == {"or", "and"}


def test_where_nothing_names_a_task_the_default_is_said(evaluate: Command, capsys: Captured) -> None:
    assert evaluate("network=dense:2", *ONCE, "task.horizon=3", "hydra.run.dir=default") == 0
    said = capsys.readouterr().out.splitlines()[0]
    assert said == "no task was named for dense:2: cartpole is played; task=NAME names another"
    write_network(Path("five.json"), 5, 1)
    assert evaluate("network=five.json", "hydra.run.dir=misfit") == 2
    assert "No task was named, so it is cartpole; name it: task=NAME." in capsys.readouterr().err


def test_a_network_that_a_config_file_names_keeps_the_commands_task_and_says_so(
    evaluate: Command, capsys: Captured
) -> None:
    write_run("run", POLE, 4, 2)
    Path("conf/mine").mkdir(parents=True)
    Path("conf/mine/it.yaml").write_text("# @package _global_\nnetwork: run\n")
    assert evaluate("--config-dir", "conf", "+mine=it", *ONCE, "hydra.run.dir=file") == 0
    assert "the task's settings are this command's, not those of run" in capsys.readouterr().out
    assert stored_task("file")["horizon"] == 500


def test_a_plugin_that_the_runs_task_lives_in_is_to_be_named(evaluate: Command, capsys: Captured) -> None:
    Path("pole.py").write_text(PLUGIN)
    digest = hashlib.sha256(PLUGIN.encode()).hexdigest()
    write_run("run", POLE | {"_target_": "plugin.pole.Pole"}, 4, 2, plugins={"pole.py": digest})
    assert evaluate("network=run", *ONCE, "hydra.run.dir=none") == 2
    said = capsys.readouterr().err
    assert "run was searched on a task of the plugin pole.py; name it too: plugins=[pole.py]." in said
    assert evaluate("network=run", *ONCE, "plugins=[pole.py]", "hydra.run.dir=same") == 0
    assert capsys.readouterr().out.splitlines()[0] == "task and settings of run"
    Path("pole.py").write_text(f"{PLUGIN}\n")
    assert evaluate("network=run", *ONCE, "plugins=[pole.py]", "hydra.run.dir=changed") == 0
    assert "; pole.py has changed since" in capsys.readouterr().out.splitlines()[0]


def test_images_are_looked_for_where_the_run_had_them_or_where_is_typed(evaluate: Command) -> None:
    root = write_mnist(Path("moved/MNIST/raw"), training=5, test=1).parents[1]
    task = {
        "_target_": "wannsearch.tasks.mnist.Mnist", "root": "data", "split": "pooled", "split_seed": 3,
        "batch_size": 4, "reward": "loss", "episodes": 1, "activations": ["tanh"],
    }  # fmt: skip
    write_run("run", task, 784, 10, data={"root": "data"})
    assert evaluate("network=run", *ONCE[:2], "hydra.run.dir=gone") == 66
    assert evaluate("network=run", *ONCE[:2], f"data.root={root}", "hydra.run.dir=again") == 0
    assert stored_task("again") == task | {"root": str(root)}


@pytest.mark.parametrize(
    ("task", "code", "said"),
    [
        ("{_target_: os.system, command: ls}", 2, "only classes of"),
        ("{_target_: wannsearch.tasks.cartpole.CartPole, defaults: [/method: wann]}", 2, "task.defaults"),
        ("{_target_: '${oc.env:HOME}'}", 65, "it holds '${'"),
        ("[1]", 65, "it has no task with a _target_"),
        ("&a {_target_: *a}", 65, "an anchor"),
    ],
)
def test_a_strangers_run_can_choose_among_our_tasks_and_do_nothing_else(
    evaluate: Command, capsys: Captured, task: str, code: int, said: str
) -> None:
    write_run("run", {}, 4, 2)
    Path("run/.hydra/config.yaml").write_text(f"task: {task}\n")
    assert evaluate("network=run") == code
    shown = capsys.readouterr().err.strip()
    assert said in shown
    assert "\n" not in shown


def test_a_damaged_run_refuses_its_own_job_of_a_sweep_and_no_other(
    evaluate: Command, capsys: Captured
) -> None:
    write_run("good", POLE, 4, 2)
    write_run("bad", [], 4, 2)
    assert evaluate("-m", "network=good,bad", *ONCE, "hydra.sweep.dir=sweep") == 1
    assert "it has no task with a _target_" in capsys.readouterr().err
    assert len([path for path in Path("sweep").iterdir() if path.is_dir()]) == 1


def test_a_tuning_takes_the_runs_task_and_hands_it_on(evaluate: Command, capsys: Captured) -> None:
    write_run("run", LOGIC, 5, 1)
    assert tune(["network=run", *TUNE, "display=plain", "task.gate=and", "hydra.run.dir=tuned"]) == 0
    said = capsys.readouterr().out.splitlines()
    assert said[1] == "task and settings of run; typed over them: task.gate=and"  # below the run's title
    assert evaluate("network=tuned", "weights=own", "evaluator=reference", "hydra.run.dir=again") == 0
    assert stored_task("tuned") == stored_task("again") == LOGIC | {"gate": "and"}
    assert tune(["resume=tuned"]) == 0


def test_a_run_is_played_with_the_weights_that_it_was_searched_with(
    search: Command, evaluate: Command, capsys: pytest.CaptureFixture[str]
) -> None:
    small = ["task=logic", "debug=fast", "method.population_size=8", "evaluator.threads=1", "display=off"]
    for name, words in {"own": ["method=neat"], "two": ["trials.shared_weights=[-1,1]"], "six": []}.items():
        assert search(*small, *words, f"hydra.run.dir={name}") == 0
    capsys.readouterr()
    played = {"own": ["own"], "two": [-1.0, 1.0], "six": [-2.0, -1.0, -0.5, 0.5, 1.0, 2.0]}
    for name, weights in played.items():
        assert evaluate(f"network={name}", f"hydra.run.dir={name}_again") == 0
        told = json.loads(Path(f"{name}_again/evaluation.json").read_text(encoding="utf-8"))
        searched = json.loads(Path(f"{name}/summary.json").read_text(encoding="utf-8"))["held_out"]
        assert told["weights"] == searched["weights"] == weights
        assert told["mean"] == pytest.approx(searched["mean"])
        first = capsys.readouterr().out.splitlines()[0]
        assert first.startswith(f"task and settings of {name}")
        assert ("as it was searched with" in first) == (name != "six")
    assert evaluate("network=own", "weights=six", "hydra.run.dir=typed") == 0
    assert len(json.loads(Path("typed/evaluation.json").read_text(encoding="utf-8"))["weights"]) == 6
