"""Ten thousand command lines and stored configs that went wrong: refused in one line, or accepted.

All runs in this process up to the moment the folder would be claimed: Hydra's grammar, composition,
`make_settings`, `build`, the checks of every class. The files in conf/ are read once, the probe of speed is
left out. Half are sound stored configs with one to three fields changed; what of them is accepted starts,
asks and plays a network.
"""

from __future__ import annotations

import contextlib
import copy
import io
import os
import random
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml
from kill_chain import Counts
from mutations import bytes_changed, fields_changed, structure_changed
from small_runs import RUNS

_ACCEPTED = 99
_VALUES = [
    "",
    "null",
    "true",
    "0",
    "-1",
    "1",
    "1e999",
    "nan",
    ".inf",
    "-0",
    "0x10",
    "[]",
    "[1,2]",
    "{}",
    "{a:1}",
]
_VALUES += [
    "x",
    "'x'",
    '"x',
    "[",
    "}",
    "${seed}",
    "${oc.env:HOME}",
    "${",
    "../..",
    "/",
    "a,b",
    "range(1,3)",
    "???",
]
_VALUES += [
    "9" * 400,
    "z" * 3000,
    "\x1b[2J",
    "é",
    "a b",
    "a=b",
    "task",
    "choice(1,2)",
    "0.5",
    "wann",
    "\\",
    "@",
    "1_000",
]
TARGETS = ["os.system", "posix.system", "subprocess.Popen", "builtins.eval", "builtins.exec", "pickle.loads"]
TARGETS += [
    "logging.os.system",
    "wannsearch.records.files.os.system",
    "wannsearch.records.claim.shutil.rmtree",
]
TARGETS += [
    "numpy.load",
    "numpy.fromfile",
    "importlib.import_module",
    "runpy.run_path",
    "code.interact",
    "pty.spawn",
]
TARGETS += ["hydra.utils.instantiate", "hydra.utils.call", "yaml.unsafe_load", "torch.load", "shutil.rmtree"]
TARGETS += [
    "wannsearch.commands.search.main",
    "wannsearch.commands.hydra.build.build",
    "wannsearch.core.trials.np.load",
]
TARGETS += [
    "wannsearch.tasks.cartpole.CartPole.step",
    "wannsearch.tasks.cartpole.Any",
    "wannsearch",
    "",
    ".",
    "..",
    "x",
]
TARGETS += [
    "wannsearch.core.errors.ConfigError",
    "wannsearch.records.claim.Claim",
    "wannsearch..tasks",
    "plugin.x.Y",
]
TARGETS += [
    "wannsearch.tasks.cartpole.__builtins__",
    "wannsearch.methods.wann.Wann.__init__",
    "ctypes.CDLL",
    "__main__",
]
TARGETS += ["wannsearch.tasks.cartpole.\u0043artPole\u200b", "webbrowser.open", "socket.socket"]


class _Stand(Exception):
    """Everything was checked."""


def prepare() -> None:
    """Stop every run where it would claim its folder; read each file of conf/ once."""
    from hydra._internal.core_plugins.file_config_source import FileConfigSource

    from wannsearch.core.errors import WannsearchError
    from wannsearch.evaluators import compiled
    from wannsearch.records import claim

    class Accepted(WannsearchError, _Stand):
        exit_code = _ACCEPTED

    def stop(*_: Any) -> None:
        raise Accepted("accepted")

    claim.claim_folder = stop  # type: ignore[assignment]
    compiled.probe_rate = lambda *_: "not probed"  # type: ignore[assignment]
    read, known = FileConfigSource.load_config, {}

    def once(self: Any, config_path: str) -> Any:
        key = (self.path, config_path)
        if key not in known:
            known[key] = read(self, config_path)
        return copy.deepcopy(known[key])

    FileConfigSource.load_config = once  # type: ignore[method-assign]


def configs(first: int, count: int, place: Path) -> dict[str, Any]:
    """Cases first .. first + count - 1; every fourth is a command line, the others stored configs."""
    sound = yaml.safe_load(_stored(place))
    counts, failures = Counts(), []
    stored = _stored(place)
    keys = [key for key in _flat(yaml.safe_load(stored)) if key]
    for number in range(first, first + count):
        rng = random.Random(f"config {number}")
        fields = number % 2 == 1
        if fields:
            _write(place / "run", yaml.safe_dump(fields_changed(rng, sound, _WORDS)).encode())
            words, shown = ["resume=run"], ""
        elif number % 4 == 0:
            words, shown = _command(rng, keys, number // 4), ""
        else:
            words, shown = _resume(rng, stored, keys, place / "run")
        begin = time.process_time()
        said = _outcome(words, place, shown)
        seconds = time.process_time() - begin
        if fields and said == "accepted":
            said = _played(place / "run")
        good = said in ("accepted", "refused")
        counts.add("configs: sound ones with one to three fields changed", fields)
        counts.add("configs: of those, accepted and played", fields and said == "accepted")
        counts.add("configs and overrides")
        counts.add(f"configs: {said if good else 'failed'}")
        counts["most seconds for a config"] = max(seconds, counts.get("most seconds for a config", 0.0))
        if not good:
            failures.append(f"config {number}, {words!r:.300}: {said}")
        if seconds > 1:
            failures.append(f"config {number}, {words!r:.300}: it took {seconds:.1f} s")
    return {"counts": counts, "failures": failures}


_WORDS: dict[str, list[Any]] = {
    "display": ["off", "plain", "loud"],
    "on_error": ["continue", "stop", "wait"],
    "rule": ["every_new_best", "published_interval", "never"],
    "precision": ["float64", "float32", "float16"],
    "require_same_environment": [True, False, "x"],
    "seed": [0, 1, 2**31, 2**63, -1],
}
_MOST_STEPS, _MOST_NETWORKS = 1_000, 4_096


def _played(run: Path) -> str:
    """An accepted config starts, asks, and a network of it is played for an episode."""
    from small_runs import search_of

    from wannsearch.core.errors import WannsearchError
    from wannsearch.core.streams import Role
    from wannsearch.evaluators.reference import Reference

    try:
        search = search_of(run)
        if getattr(search.method, "population_size", 0) > _MOST_NETWORKS:
            return "accepted"
        candidates = search.method.ask(search.initial_state().method_state)
        if search.task.horizon <= _MOST_STEPS:
            seeds = search.task.episode_seeds(search.seed, Role.EPISODES, 1, 1)
            Reference().evaluate(candidates.take([0]), search.task, search.trials, seeds)
    except WannsearchError as error:
        return f"accepted, then {error.exit_code}: {error}"
    except Exception as error:
        return f"accepted, then {error!r}"
    return "accepted"


def targets(place: Path, groups: tuple[str, ...]) -> dict[str, Any]:
    """Every dangerous `_target_` is refused, on the command line and in a stored config."""
    counts, failures = Counts(), []
    stored = yaml.safe_load(_stored(place))
    for target in TARGETS:
        for group in groups:
            stored_one = copy.deepcopy(stored)
            stored_one[group]["_target_"] = target
            _write(place / "run", yaml.safe_dump(stored_one).encode())
            for words in ([f"{group}._target_='{target}'"], ["resume=run"]):
                if _outcome(words, place, "") != "refused":
                    failures.append(
                        f"{group}._target_ {target!r} by {words[0]}: {_outcome(words, place, '')}"
                    )
                counts.add("dangerous targets refused")
    return {"counts": counts, "failures": failures}


def _outcome(words: list[str], place: Path, shown: str) -> str:
    from wannsearch.commands.search import main

    out, err = io.StringIO(), io.StringIO()
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err), _inside(place):
            code = main(words)
    except BaseException as error:
        return f"{type(error).__name__}: {error}"
    said = err.getvalue()
    lines = said.splitlines()
    if code == _ACCEPTED:
        return "accepted"
    if code == 0 and out.getvalue() and not said:  # --help, --version and the like
        return "accepted"
    allowed = (2, 65, 74) if "hydra.run.dir" in "".join(words) else (2, 65)
    if code not in allowed or len(lines) != 1 or not lines[0].isprintable() or shown not in said:
        return f"exit code {code}: {said[:300]!r}...{said[-300:]!r}"
    return "refused"


@contextlib.contextmanager
def _inside(place: Path) -> Iterator[None]:
    before = Path.cwd()
    os.chdir(place)
    try:
        yield
    finally:
        os.chdir(before)


def _command(rng: random.Random, keys: list[str], number: int) -> list[str]:
    if number % 40 == 0:
        return [
            rng.choice(
                ["-m=", "--cfg", "--multirunn", "-p", "--config-name=x", "--config-dir", "--resolve", ""]
            )
        ]
    words = []
    for _ in range(rng.choice([1, 1, 1, 2, 3])):
        key = rng.choice(
            [*keys, "task", "method", "evaluator", "trials", "experiment", "hydra.run.dir", "sweep.name"]
        )
        value = rng.choice(_VALUES)
        word = f"{rng.choice(['', '', '', '', '+', '++', '~'])}{key}={value}"
        if rng.random() < 0.2:
            changed = bytes_changed(rng, word.encode()).decode(errors="replace").replace("\0", "0")
            word = changed
        words.append(word)
    if any(word.startswith("resume=") for word in words):
        return ["seed=x"]
    return words


def _resume(rng: random.Random, stored: str, keys: list[str], run: Path) -> tuple[list[str], str]:
    way = rng.random()
    if way < 0.3:
        _write(run, stored.encode())
        word = f"{rng.choice(keys)}={rng.choice(_VALUES)}"
        if rng.random() < 0.3:
            word = bytes_changed(rng, word.encode()).decode(errors="replace").replace("\0", "0")
        return ["resume=run", word], ""
    if way < 0.6:
        _write(run, bytes_changed(rng, stored.encode()))
    elif way < 0.65:
        _write(run, b"a: &a [x,x]\nb: &b [*a,*a]\nc: [*b,*b]\n" + stored.encode())
    else:
        changed = structure_changed(rng, yaml.safe_load(stored))
        _write(run, yaml.safe_dump(changed, allow_unicode=True).encode(errors="replace"))
    return ["resume=run"], ""


def _write(run: Path, config: bytes) -> None:
    (run / ".hydra").mkdir(parents=True, exist_ok=True)
    (run / ".hydra/config.yaml").write_bytes(config)


def _flat(value: Any, prefix: str = "") -> list[str]:
    if not isinstance(value, dict):
        return [prefix]
    return [
        found for key, part in value.items() for found in _flat(part, f"{prefix}.{key}" if prefix else key)
    ]


def _stored(place: Path) -> str:
    """A run's config as it is written."""
    from wannsearch.commands.entry import run_composed_command

    found: list[str] = []

    def keep(request: Any) -> Any:
        from wannsearch.commands.running.outcome import Outcome

        found.append(request.config_yaml)
        return Outcome(0, "kept")

    with _inside(place):
        run_composed_command("config", keep, [*RUNS["cartpole"], f"hydra.run.dir={place / 'stored'}"])
    return found[0]
