"""The only place that knows Hydra: it composes configs, runs jobs, and is kept from all else.

Hydra makes folders and writes nothing of its own into a run (`conf/hydra/settings`); a sweep's folder
gets its `multirun.yaml`. A job records its outcome and never
raises or exits out of Hydra's function, since an exit there would kill the rest of a sweep; `main`
turns outcomes into the exit code. What Hydra says about a wrong command line is several lines and a
traceback: here it becomes one line that says what was given and what is allowed.
"""

from __future__ import annotations

import errno
import hashlib
import os
import re
import sys
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from importlib.metadata import version
from pathlib import Path
from typing import Any

import hydra
from hydra._internal.utils import get_args_parser
from hydra.core.hydra_config import HydraConfig
from hydra.errors import HydraException, MissingConfigException, OverrideParseException
from hydra.experimental.callback import Callback
from hydra.types import RunMode
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import MissingMandatoryValue, OmegaConfBaseException

from wannsearch.commands.outcome import REFUSED, Outcome, Stopped, exit_code
from wannsearch.commands.plugins import load_plugins
from wannsearch.commands.request import Request, resumed
from wannsearch.commands.signals import stoppable
from wannsearch.core.errors import ConfigError, StorageError, WannsearchError, no_such_key, not_allowed
from wannsearch.records import layout
from wannsearch.records.claim import flat

_PROGRAM = {"config": "wannsearch", "evaluate": "wannsearch-evaluate"}
"""The command that each primary config belongs to."""
_OUTSIDE_DIGEST = ("seed=", "display=", "sweep.name=")
_OUTCOMES: list[Outcome] = []
_MISSING_BEFORE: list[Path] = []
_PLUGINS: dict[str, str] = {}


class FoldersBefore(Callback):
    """Notes which folders a command's own folder makes necessary, so that a refusal leaves none."""

    def on_run_start(self, config: DictConfig, **_: Any) -> None:
        """Before Hydra makes the run folder."""
        self._note(config, "run")

    def on_multirun_start(self, config: DictConfig, **_: Any) -> None:
        """Before Hydra makes the sweep folder."""
        self._note(config, "sweep")

    @staticmethod
    def _note(config: DictConfig, kind: str) -> None:
        HydraConfig.instance().set_config(config)  # the folder's name asks it for the choices
        with suppress(OmegaConfBaseException, OSError):  # Hydra is about to say so itself
            folder = Path(config.hydra[kind].dir).absolute()
            _MISSING_BEFORE[:] = [path for path in (folder, *folder.parents) if not path.exists()]


def _digest(overrides: Sequence[str]) -> str:
    """Ten letters for a set of overrides; seed and looks do not count."""
    kept = sorted(str(override) for override in overrides if not str(override).startswith(_OUTSIDE_DIGEST))
    return hashlib.sha256("\0".join(kept).encode()).hexdigest()[:10]


OmegaConf.register_new_resolver("digest", _digest, replace=True)


def conf_dir() -> Path:
    """The configs: inside the installed package, or at the top of a checkout."""
    package = Path(__file__).resolve().parents[1]
    for folder in (package.parent / "conf", package / "conf"):
        if (folder / "config.yaml").is_file():
            return folder
    raise ConfigError(f"no conf/ folder beside or inside {package}; reinstall wannsearch.")


def _one_line(error: object) -> str:
    """A text as a line that a terminal only shows: what would steer it, as an escape instead."""
    line = " ".join(str(error).split())
    return "".join(sign if sign.isprintable() else repr(sign)[1:-1] for sign in line)


def _request(config: DictConfig) -> Request:
    settings = HydraConfig.get()
    composed = OmegaConf.to_container(config, resolve=True, throw_on_missing=True)
    assert isinstance(composed, dict)  # the primary config is a mapping
    resolved = {str(key): value for key, value in composed.items()} | {"plugins": dict(_PLUGINS)}
    sweep = settings.mode is RunMode.MULTIRUN
    named = any(str(override).startswith("hydra.run.dir=") for override in settings.overrides.hydra)
    return Request(
        config=resolved,
        written=OmegaConf.to_yaml(resolved),
        overrides=[str(override) for override in settings.overrides.task],
        choices={str(group): str(option) for group, option in settings.runtime.choices.items()},
        folder=Path(settings.runtime.output_dir),
        named=named or sweep,
        sweep=sweep,
    )


def _remove_if_empty(folder: Path, sweep: bool) -> None:
    """Take back the folders that only this refused job made."""
    for path in [folder] * sweep + _MISSING_BEFORE:
        with suppress(OSError):
            path.rmdir()


def _done(work: Callable[[Request], Outcome], request: Callable[[], Request], folder: Path) -> Outcome:
    try:
        return work(request())
    except WannsearchError as error:
        return Outcome(error.exit_code, _one_line(error), folder)
    except OmegaConfBaseException as error:
        return Outcome(ConfigError.exit_code, _one_line(_refusal(error, "", [])), folder)
    except Stopped as stop:
        return Outcome(Stopped.exit_codes[str(stop)], f"stopped by {stop}", folder)
    except OSError as error:  # the disk's or the folder's, wherever it was met
        said = _one_line(error.strerror or error)
        return Outcome(StorageError.exit_code, f"{error.filename or folder}: {said}.", folder)
    except Exception as error:
        with suppress(OSError), (folder / layout.LOG).open("a", encoding="utf-8") as log:
            log.write(traceback.format_exc())
        return Outcome(
            70,
            f"our own mistake, {type(error).__name__}: {_one_line(error)}; see {folder / layout.LOG}",
            folder,
        )


def run(config_name: str, work: Callable[[Request], Outcome], arguments: Sequence[str] | None = None) -> int:
    """Compose, run one job or a sweep of them, and give the exit code."""
    global _PLUGINS
    given = list(sys.argv[1:] if arguments is None else arguments)
    os.environ["HYDRA_FULL_ERROR"] = "1"  # errors reach us instead of being printed
    _OUTCOMES.clear()
    _MISSING_BEFORE.clear()
    REFUSED.clear()
    sweep = False

    def job(config: DictConfig) -> Outcome:
        settings = HydraConfig.get()
        folder = Path(settings.runtime.output_dir)
        stopped = [outcome for outcome in _OUTCOMES if outcome.stopped]
        if stopped:
            outcome = Outcome(stopped[0].code, f"not started, {stopped[0].line}", folder)
        else:
            outcome = _done(work, lambda: _request(config), folder)
        if outcome.code:
            print(f"{_PROGRAM[config_name]}: {outcome.line}", file=sys.stderr)
            _remove_if_empty(folder, settings.mode is RunMode.MULTIRUN)
        elif settings.mode is RunMode.MULTIRUN:
            print(f"{folder}: {outcome.line}", flush=True)
        _OUTCOMES.append(outcome)
        return outcome

    try:
        with stoppable():
            if given == ["--version"]:
                print(f"wannsearch {version('wannsearch')}")
                return 0
            given, _PLUGINS = load_plugins(given)
            if any(word.startswith("resume=") for word in given):
                outcome = _done(work, lambda: resumed(given, _PLUGINS), Path())
                if outcome.code:
                    print(f"{_PROGRAM[config_name]}: {outcome.line}", file=sys.stderr)
                return outcome.code
            sweep = _checked(given)
            with _argv(given):
                hydra.main(version_base="1.3", config_path=str(conf_dir()), config_name=config_name)(job)()
        refusals = [_refusal(error, config_name, job.split()) for job, error in REFUSED]
    except Stopped as stop:
        print(f"{_PROGRAM[config_name]}: stopped by {stop}", file=sys.stderr)
        _OUTCOMES.append(Outcome(Stopped.exit_codes[str(stop)], f"stopped by {stop}"))
        refusals = []
    except WannsearchError as error:
        refusals = [error]
    except (HydraException, OmegaConfBaseException, ValueError, TypeError) as error:
        # Jobs raise nothing: Hydra met a word that it does not foresee, such as evaluator=-1 or task=[1,2].
        refusals = [_refusal(error, config_name, given)]
    except OSError as error:
        kind = ConfigError if error.errno == errno.ENAMETOOLONG else StorageError
        refusals = [kind(f"{error.filename}: the run folder cannot be made: {error.strerror}.")]
    for refusal in refusals:
        print(f"{_PROGRAM[config_name]}: {_one_line(refusal)}", file=sys.stderr)
        _OUTCOMES.append(Outcome(refusal.exit_code, _one_line(refusal)))
    if sweep:
        print(f"{len(_OUTCOMES)} runs, {sum(1 for outcome in _OUTCOMES if outcome.code)} failed")
    return exit_code(_OUTCOMES, sweep)


def _checked(given: list[str]) -> bool:
    """Refuse what Hydra would meet with pages of usage; is it a sweep?"""
    parser = get_args_parser()

    def refuse(message: str) -> None:
        raise ConfigError(f"{message}; --help shows what there is.")

    parser.error = refuse  # type: ignore[method-assign,assignment]  # instead of usage and an exit
    arguments = parser.parse_args(given)
    for word in arguments.overrides:
        if word.startswith("~") and not word.startswith("~hydra"):
            raise ConfigError(f"{word!r} takes a key away, and all are needed; give it a value instead.")
        if word.startswith("sweep.name=") and not re.fullmatch(
            r"sweep\.name=[A-Za-z0-9_][A-Za-z0-9._-]{0,79}", word
        ):
            raise ConfigError(f"{word!r} is no folder's name; use letters, digits, '_', '-' and '.'.")
        if re.match(r"(task|method|evaluator|trials)=(null)?$", word):
            raise ConfigError(f"{word!r} names nothing; {word.split('=')[0]} needs one of its options.")
    if arguments.multirun:
        os.environ["WANNSEARCH_SWEEP"] = _digest(arguments.overrides)  # workers of a launcher inherit it
    return bool(arguments.multirun)


@contextmanager
def _argv(words: list[str]) -> Iterator[None]:
    """Hydra reads the command line from nowhere else."""
    before = sys.argv
    sys.argv = [before[0], *words]
    try:
        yield
    finally:
        sys.argv = before


def _refusal(error: Exception, config_name: str, given: list[str]) -> WannsearchError:
    """One line for what Hydra could not compose."""
    text = str(error)
    if isinstance(error, MissingMandatoryValue):
        return ConfigError(f"{error.full_key} is needed and has no default; give {error.full_key}=...")
    if isinstance(error, MissingConfigException) and error.missing_cfg_file and error.options:
        group, _, option = error.missing_cfg_file.rpartition("/")
        return not_allowed(group, option, error.options)
    if isinstance(error, OverrideParseException):
        return ConfigError(
            f"{error.override!r} is not a setting; write key=value, such as task=cartpole."
            if "=" not in error.override
            else f"{error.override!r} cannot be read: {text.splitlines()[0]}"
        )
    ambiguous = re.match(r"Ambiguous value for argument '([^']*)'", text)
    if ambiguous:
        return ConfigError(f"{ambiguous[1]} names several values; a sweep over them needs -m.")
    unknown = re.search(r"Could not override '([^']*)'", text)
    if unknown:
        return _unknown_key(unknown[1], config_name, given)
    return ConfigError(_one_line(text))


def _unknown_key(key: str, config_name: str, given: list[str]) -> ConfigError:
    """The error for a key that is not there, with the nearest that is."""
    chosen = [word for word in given if re.match(r"^[a-z_]+=[^,]*$", word) and not word.startswith(f"{key}=")]
    where = [given[i + 1] for i, word in enumerate(given[:-1]) if word in ("--config-dir", "-cd")]
    chosen += [f"hydra.searchpath=[file://{Path(folder).absolute()}]" for folder in where]
    known: list[str] = []
    base = hydra.initialize_config_dir(str(conf_dir()), version_base="1.3")
    with suppress(HydraException, OmegaConfBaseException), base:
        known = list(flat(OmegaConf.to_container(hydra.compose(config_name, chosen))))
    groups = {path.name for path in conf_dir().iterdir() if path.is_dir() and path.name != "hydra"}
    known = [name for name in known if "_target_" not in name] + [*groups, "plugins"]
    section = key.rpartition(".")[0]
    return no_such_key(key, [name for name in known if name.rpartition(".")[0] == section] or known)
