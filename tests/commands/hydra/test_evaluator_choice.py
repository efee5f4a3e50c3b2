"""`evaluator=auto` becomes the fastest evaluator that fits; a named one is taken, or refused in one line."""

from __future__ import annotations

import json
import pickle
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import hydra
import pytest
import yaml
from case_selection import mark_others_long
from hydra._internal.config_search_path_impl import ConfigSearchPathImpl
from hydra.core.config_search_path import SearchPathElement
from hydra.plugins.completion_plugin import DefaultCompletionPlugin
from hydra.types import RunMode
from omegaconf import DictConfig, OmegaConf

from wannsearch.commands.evaluate import main as evaluate_main
from wannsearch.commands.hydra.config_loader import WannsearchLoader, use_wannsearch_loader
from wannsearch.commands.hydra.errors import find_conf_dir
from wannsearch.commands.hydra.evaluator_choice import read_choices
from wannsearch.commands.hydra.help_text import compose_help
from wannsearch.core import plugin_files
from wannsearch.core.plugin_files import load_plugin
from wannsearch.records.stored_config import read_config

Command = Callable[..., int]
Captured = pytest.CaptureFixture[str]
CONF = find_conf_dir()
TRAINED_TASKS = ("cifar10", "digits", "fashion_mnist", "mnist")
QUICK = ["debug=fast", "method.population_size=4", "retest=never", "display=off"]
OWN_EVALUATORS = """
from dataclasses import dataclass
from typing import ClassVar
from wannsearch.core.tasks.lane_task import LaneTask
from wannsearch.evaluators.reference import Reference

@dataclass(frozen=True, kw_only=True)
class Quick(Reference):
    speed_rank: ClassVar[int] = 99
    level: int

    @classmethod
    def can_evaluate(cls, task_type):
        return issubclass(task_type, LaneTask)

@dataclass(frozen=True, kw_only=True)
class Silent:
    def describe(self, task, trials): ...
    def evaluate(self, candidates, task, trials, seeds, learn=True): ...
    def measure(self, network, task, protocol): ...
"""
PLAIN_TASK = """
from dataclasses import dataclass

@dataclass(frozen=True, kw_only=True)
class Plain:
    ports = horizon = episodes = None
    def episode_seeds(self, seed, role, generation, episodes): ...
    def reset(self, seeds): ...
    def observe(self, state): ...
    def step(self, state, outputs): ...
"""
BITS = """
from dataclasses import dataclass
from typing import ClassVar

class Bits:
    kind = "plugin.bits.BitsKind"
    def take(self, rows): ...
    sizes = complexity = to_arrays = from_arrays = concatenate = check = take

class BitsKind:
    name = "bit strings"
    is_known_before_test = True
    statistics = {}
    def describe_sizes(self, candidate, ports): ...
    encode_population = encode_best = run_final_test = draw_plots = measure_objective = describe_sizes

@dataclass(frozen=True, kw_only=True)
class Flips:
    candidate_type: ClassVar[type] = Bits
    def start(self, ports, rng): ...
    def ask(self, state): ...
    def tell(self, state, candidates, scores, rng): ...

@dataclass(frozen=True, kw_only=True)
class Counter:
    candidate_type: ClassVar[type] = Bits
    def describe(self, task, trials): ...
    def evaluate(self, candidates, task, trials, seeds, learn=True): ...
    def measure(self, network, task, protocol): ...
"""


def compose(*words: str, config_name: str = "config") -> DictConfig:
    with use_wannsearch_loader(), hydra.initialize_config_dir(str(CONF), version_base="1.3"):
        return hydra.compose(config_name, list(words), return_hydra_config=True)


def choose(*words: str, config_name: str = "config") -> tuple[str, str | None, str | None]:
    """Return the option of the group, the words on the choice of `auto`, and the refusal."""
    config = compose(*words, config_name=config_name)
    choice, choices = read_choices(config.hydra.runtime.choices)
    return choices["evaluator"], choice.describe(), choice.refusal


def write_conf(files: dict[str, str]) -> str:
    """Write config files below `conf`, and return the argument that adds the folder."""
    for name, text in files.items():
        path = Path("conf", name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return f"hydra.searchpath=[file://{Path('conf').absolute()}]"


def write_plugin(name: str, text: str) -> None:
    Path(name).write_text(text)
    load_plugin(Path(name))


def options(group: str) -> list[str]:
    return sorted(path.stem for path in (CONF / group).glob("*.yaml"))


@pytest.mark.long
def test_every_published_experiment_has_the_evaluator_that_it_always_had() -> None:
    taken = {name: choose(f"experiment={name}")[0] for name in options("experiment")}
    live = {name: "environments" for name in taken if name.endswith(("biped", "biped_quick"))}
    live |= {name: "environments" for name in taken if name == "gym_quick" or "_control_quick" in name}
    assert taken == {
        name: "trainer" if name.startswith("weedout") else live.get(name, "compiled") for name in taken
    }


@pytest.mark.parametrize(
    "task", mark_others_long(options("task"), quick=["cartpole", "digits", "gymnasium", "logic"])
)
def test_every_task_has_the_fastest_evaluator_that_fits_or_none(task: str) -> None:
    has_environment = "env_id:" in (CONF / "task" / f"{task}.yaml").read_text(encoding="utf-8")
    expected = "environments" if has_environment else "compiled"
    assert choose("method=wann", f"task={task}") == (expected, f"evaluator=auto chose {expected}", None)
    option, words, refusal = choose("method=weedout", f"task={task}")
    if task in TRAINED_TASKS:
        assert (option, words, refusal) == ("trainer", "evaluator=auto chose trainer", None)
    else:
        assert (option, words) == ("auto", None)
        assert refusal is not None


@pytest.mark.parametrize("method", options("method"))
def test_every_method_has_the_evaluator_of_its_candidates(method: str) -> None:
    expected = "trainer" if method in ("weedout", "one_shot") else "compiled"
    assert choose(f"method={method}", "task=digits")[0] == expected


@pytest.mark.parametrize("config_name", ["evaluate", "tune"])
def test_the_network_of_a_file_is_played_by_the_fastest_that_plays_the_task(config_name: str) -> None:
    assert choose("network=x", config_name=config_name)[0] == "compiled"
    assert choose("network=x", "task=gymnasium", config_name=config_name)[0] == "environments"
    refusal = choose("network=x", "evaluator=trainer", config_name=config_name)[2]
    assert refusal is not None
    assert refusal.startswith("evaluator=trainer takes sub-networks, and a network file holds topologies; ")


def test_the_task_of_a_run_decides_who_plays_the_runs_network() -> None:
    for name in ("run/best/network.json", "run/.hydra/config.yaml"):
        Path(name).parent.mkdir(parents=True)
    task = yaml.safe_load((CONF / "task/gymnasium.yaml").read_text())
    Path("run/.hydra/config.yaml").write_text(yaml.safe_dump({"task": task}))
    Path("run/best/network.json").write_text("{}")
    assert choose("network=run", config_name="evaluate")[0] == "environments"
    assert choose("network=run", "task=logic", config_name="evaluate")[0] == "compiled"


def test_keys_of_the_evaluator_belong_to_the_chosen_one() -> None:
    config = compose("evaluator.threads=1", "seed=3")
    assert config.evaluator._target_ == "wannsearch.evaluators.compiled.Compiled"
    assert config.evaluator.threads == 1
    assert list(config.hydra.overrides.task) == ["evaluator.threads=1", "seed=3"]
    config = compose("task=gymnasium", "evaluator.in_flight=2", "evaluator.workers=3")
    assert (config.evaluator.workers, config.evaluator.in_flight) == (3, 2)
    config = compose("method=weedout", "task=digits", "evaluator.optimizer.momentum=0.5")
    assert config.evaluator.optimizer.momentum == 0.5


def test_a_part_of_the_chosen_evaluator_is_chosen_too() -> None:
    write_plugin("plain.py", PLAIN_TASK)
    own = write_conf({"task/plain.yaml": "_target_: plugin.plain.Plain\n"})
    config = compose(own, "task=plain", "evaluator@evaluator.inner=compiled", "evaluator.inner.threads=1")
    assert config.evaluator.inner._target_ == "wannsearch.evaluators.compiled.Compiled"
    assert config.evaluator.inner.threads == 1


def test_a_typed_auto_replaces_the_evaluator_of_an_experiment_and_stays_as_typed() -> None:
    files = {"experiment/plain.yaml": "# @package _global_\ndefaults:\n  - override /evaluator: reference\n"}
    files["method/slow.yaml"] = "defaults:\n  - wann\n  - override /evaluator@_global_.evaluator: reference\n"
    own = write_conf(files)
    assert choose(own, "experiment=plain")[:2] == ("reference", None)
    assert choose(own, "experiment=plain", "evaluator=auto")[:2] == (
        "compiled",
        "evaluator=auto chose compiled",
    )
    assert choose(own, "experiment=plain", "evaluator=processes")[:2] == ("processes", None)
    assert choose(own, "method=slow")[:2] == ("reference", None)
    config = compose("evaluator=auto", "evaluator.chunk=2")
    assert list(config.hydra.overrides.task) == ["evaluator=auto", "evaluator.chunk=2"]
    assert config.evaluator.chunk == 2


def test_an_experiment_may_choose_auto_and_set_keys_of_what_it_becomes() -> None:
    text = "# @package _global_\ndefaults:\n  - override /evaluator: auto\nevaluator:\n  threads: 1\n"
    config = compose(write_conf({"experiment/one.yaml": text}), "experiment=one")
    assert config.hydra.runtime.choices.evaluator == "compiled"
    assert (config.evaluator.threads, config.evaluator.precision) == (1, "float64")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["evaluator.thread=1"],
         "'evaluator.thread'; evaluator=auto chose compiled. Did you mean 'evaluator.threads'?"),
        (["task=gymnasium", "evaluator.threads=1"],
         "'evaluator.threads'; evaluator=auto chose environments."),
        (["evaluator.inner=compiled"], "'evaluator.inner'; evaluator=auto chose compiled."),
        (["evaluator=reference", "evaluator.threads=1"], "there is no key 'evaluator.threads'. Did you"),
        (["evaluator=processes", "evaluator.inner=auto"],
         "evaluator.inner is 'auto'; allowed: compiled, environments, processes, reference, trainer."),
        (["task=gymnasium", "evaluator=compiled"],
         "evaluator=compiled cannot evaluate on task=gymnasium; "
         "allowed: evaluator=environments, evaluator=processes, evaluator=reference."),
        (["evaluator=trainer", "evaluator.epochs=2"],
         "evaluator=trainer takes sub-networks, and method=wann proposes topologies; "
         "allowed: evaluator=compiled, evaluator=processes, evaluator=reference."),
        (["method=weedout", "evaluator.epochs=2"],
         "method=weedout proposes sub-networks, which no evaluator takes on task=cartpole; "
         "evaluator=trainer does on task=cifar10, digits, fashion_mnist, mnist."),
        (["method=weedout", "evaluator=compiled"],
         "method=weedout proposes sub-networks, which no evaluator takes on task=cartpole; "
         "evaluator=trainer does on task=cifar10, digits, fashion_mnist, mnist."),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_refused_in_one_line_before_anything_is_written(
    search: Command, capsys: Captured, words: list[str], said: str
) -> None:
    assert search(*words) == 2
    line = capsys.readouterr().err
    assert len(line.splitlines()) == 1
    assert said in line
    assert list(Path().iterdir()) == []


@pytest.mark.parametrize(
    "word",
    mark_others_long(
        [
            "task=nosuch",
            "method=nosuch",
            "task._target_=wannsearch.tasks.nosuch.Task",
            "task._target_=os.system",
            "method._target_=wannsearch.methods.wann.WannState",
            "mask_rule@method.mask_rule=imp",
            "task.nosuch=1",
            "seed=1,2",
        ],
        quick=["task=nosuch", "task._target_=wannsearch.tasks.nosuch.Task", "seed=1,2"],
    ),
)
def test_what_is_broken_elsewhere_is_refused_as_with_a_named_evaluator(
    search: Command, capsys: Captured, word: str
) -> None:
    assert search(word, "evaluator=compiled", "evaluator.threads=1") == 2
    named = capsys.readouterr().err
    assert search(word, "evaluator.threads=1") == 2
    assert capsys.readouterr().err == named


def test_a_plugin_that_was_not_named_is_still_what_is_said(capsys: Captured) -> None:
    for name in ("run/best/network.json", "run/.hydra/config.yaml"):
        Path(name).parent.mkdir(parents=True)
    Path("run/.hydra/config.yaml").write_text(yaml.safe_dump({"task": {"_target_": "plugin.mine.Mine"}}))
    Path("run/best/network.json").write_text("{}")
    assert evaluate_main(["network=run", "evaluator.threads=1"]) == 2
    assert "name it too: plugins=[mine.py]" in capsys.readouterr().err


def test_a_faster_evaluator_of_ones_own_is_taken_where_it_can_evaluate() -> None:
    write_plugin("own.py", OWN_EVALUATORS)
    own = write_conf({"evaluator/quick.yaml": "_target_: plugin.own.Quick\nlevel: 3\n"})
    assert choose(own)[0] == "quick"
    assert compose(own, "evaluator.level=4").evaluator.level == 4
    assert choose(own, "task=gymnasium")[0] == "environments"


def test_an_evaluator_that_states_nothing_is_the_last_of_those_that_fit() -> None:
    write_plugin("own.py", OWN_EVALUATORS)
    own = write_conf({"evaluator/a.yaml": "_target_: plugin.own.Silent\n"})
    assert choose(own)[0] == "compiled"
    refusal = choose(own, "task=gymnasium", "evaluator=compiled")[2]
    assert refusal is not None
    assert refusal.endswith(
        "allowed: evaluator=environments, evaluator=processes, evaluator=reference, evaluator=a."
    )
    assert choose(own, "task=gymnasium", "evaluator=a") == ("a", None, None)


def test_other_settings_of_an_evaluator_and_broken_files_do_not_change_the_choice() -> None:
    files = {"evaluator/a.yaml": (CONF / "evaluator/compiled.yaml").read_text()}
    files["evaluator/b.yaml"] = "defaults:\n  - compiled\nprecision: float32\n"
    files["evaluator/c.yaml"] = "_target_: plugin.nosuch.Class\n"
    files["evaluator/d.yaml"] = "{]"
    own = write_conf(files)
    assert choose(own)[0] == "compiled"
    assert choose(own, "evaluator=b") == ("b", None, None)


def test_a_kind_of_ones_own_is_taken_by_its_own_evaluator() -> None:
    write_plugin("bits.py", BITS)
    own = write_conf({"method/flips.yaml": "_target_: plugin.bits.Flips\n"})
    assert choose(own, "method=flips")[2] == "method=flips proposes bit strings, which no evaluator takes."
    own = write_conf({"evaluator/counter.yaml": "_target_: plugin.bits.Counter\n"})
    assert choose(own, "method=flips")[0] == "counter"
    assert choose(own)[0] == "compiled"


def test_each_job_of_a_sweep_has_its_own_evaluator(search: Command, capsys: Captured) -> None:
    words = ["task=gymnasium,cartpole", "evaluator.workers=1", *QUICK, "sweep.name=a"]
    assert search("-m", *words) == 1
    assert "no key 'evaluator.workers'; evaluator=auto chose compiled." in capsys.readouterr().err
    played, refused = json.loads(Path("outputs/sweeps/a/sweep.json").read_text())["jobs"]
    assert (played["state"], refused["state"]) == ("done", "refused")
    assert "evaluator=auto" not in " ".join(played["overrides"])
    stored = read_config(Path("outputs/sweeps/a", played["folder"], ".hydra/config.yaml"))["evaluator"]
    assert stored["_target_"] == "wannsearch.evaluators.environments.Environments"
    assert stored["workers"] == 1


def test_a_sweep_over_tasks_that_fit_is_not_refused_because_the_default_task_does_not() -> None:
    words = ["method=weedout", "task=digits,mnist", "evaluator.epochs=choice(2)"]
    config = make_loader().load_configuration("config", words, RunMode.MULTIRUN)
    assert read_choices(config.hydra.runtime.choices)[0].refusal is None
    assert list(config.hydra.overrides.task) == words


def test_a_job_of_a_sweep_that_fits_no_evaluator_is_refused_alone(search: Command, capsys: Captured) -> None:
    words = ["method=weedout", "task=logic,cartpole", "evaluator.epochs=2", "sweep.name=a"]
    assert search("-m", *words) == 2
    said = capsys.readouterr().err
    assert "takes on task=logic; " in said
    assert "takes on task=cartpole; " in said
    assert list(Path().iterdir()) == []


def test_a_run_that_goes_on_keeps_the_evaluator_that_it_has(search: Command, capsys: Captured) -> None:
    words = ["task=logic", *QUICK[:-1], "hydra.run.dir=run"]
    assert search(*words, "evaluator=reference") == 0
    before = read_config(Path("run/.hydra/config.yaml"))["evaluator"]
    capsys.readouterr()
    assert search("resume=run", "generations=3") == 0
    said = capsys.readouterr().out
    assert "reference: plain NumPy" in said
    assert "evaluator=auto" not in said
    assert search(*words, "generations=4") == 2  # auto would take another one, and the folder is this run's
    assert "evaluator" in capsys.readouterr().err
    assert read_config(Path("run/.hydra/config.yaml"))["evaluator"] == before


def test_the_same_command_goes_on_with_what_auto_chose(search: Command, capsys: Captured) -> None:
    words = ["task=logic", *QUICK[:-1], "hydra.run.dir=run"]
    assert search(*words) == 0
    assert "; evaluator=auto chose compiled\n" in capsys.readouterr().out
    assert search(*words, "generations=3") == 0
    assert "holds this run; it continues" in capsys.readouterr().out


def test_a_config_that_does_not_fit_can_still_be_shown_and_completed(
    search: Command, capsys: Captured
) -> None:
    assert search("method=weedout", "evaluator.epochs=2", "--cfg", "job", "--package", "evaluator") == 0
    assert "epochs: 2" in capsys.readouterr().out
    assert search("evaluator=trainer", "--info", "defaults") == 0
    assert "evaluator/trainer" in capsys.readouterr().out
    assert search("method=weedout", "evaluator.epochs=2", "--help") == 0
    assert "wannsearch: find neural networks" in capsys.readouterr().out


def test_help_leaves_the_choice_open() -> None:
    words = ["evaluator.threads=1", "evaluator@evaluator.inner=compiled"]
    command = compose_help("wannsearch", "config", words)
    selections = {choice.key: choice.selection for choice in command.choices}
    assert (selections["evaluator"], selections["evaluator.inner"]) == ("auto", "compiled")
    assert "evaluator.threads=1" in {entry.text for entry in command.entries}


def make_loader() -> WannsearchLoader:
    path = [
        ("main", f"file://{CONF}"),
        ("own", f"file://{Path('conf').absolute()}"),
        ("hydra", "pkg://hydra.conf"),
    ]
    search_path = ConfigSearchPathImpl()
    search_path.config_search_path = [SearchPathElement(*element) for element in path]
    search_path.append("schema", "structured://")
    return WannsearchLoader(search_path, chooses_evaluator=True)


def test_the_shell_completes_keys_of_the_chosen_evaluator() -> None:
    completion: Any = DefaultCompletionPlugin(make_loader())
    assert completion._query("config", "evaluator.th") == ["evaluator.threads="]
    assert completion._query("config", "task=gymnasium evaluator.w") == ["evaluator.workers="]
    assert completion._query("config", "method=weedout task=dig") == ["task=digits"]
    assert "evaluator=auto" in completion._query("config", "evaluator=")


def test_a_process_of_a_launcher_chooses_among_the_users_files_too() -> None:
    write_plugin("own.py", OWN_EVALUATORS)
    write_conf({"evaluator/quick.yaml": "_target_: plugin.own.Quick\nlevel: 3\n"})
    sent = pickle.dumps(make_loader())
    with pytest.MonkeyPatch.context() as patch:  # the other process has loaded nothing
        patch.delitem(sys.modules, "plugin.own")
        patch.setattr(plugin_files, "DIGEST_BY_PATH", {})
        patch.setattr("wannsearch.commands.hydra.config_loader.DIGEST_BY_PATH", {})
        config = pickle.loads(sent).load_configuration("config", [], RunMode.RUN)
    assert OmegaConf.select(config, "evaluator._target_") == "plugin.own.Quick"
