"""A command's arguments, checked and made ready for Hydra.

What Hydra would meet with pages of usage, a traceback, or silence is said here in a line.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from hydra._internal.utils import get_args_parser

from wannsearch.commands.hydra import folders
from wannsearch.commands.hydra.argument_quoting import check_groups, check_sweeps, defer_keys, quote_names
from wannsearch.commands.hydra.errors import groups_of
from wannsearch.core.errors import ConfigError

_INNER = re.compile(r"^(evaluator\.inner|method\.(rule|parent))=([a-z][a-z0-9_]*(?:,[a-z][a-z0-9_]*)*)$")
"""A name stands for a whole config of its group, which Hydra writes group@place=name."""
_SWEEPS_FOLDER = ("hydra.sweep.dir", "hydra.sweep.subdir", "sweep.name")


@dataclass(frozen=True)
class Arguments:
    """What Hydra is given."""

    words: list[str]  # settings, then flags
    sweep: bool
    digest: str  # of the settings as they were typed
    where: list[str]  # those of the words that say where configs lie


def prepare_arguments(program: str, config_name: str, given: Sequence[str]) -> Arguments:
    """The arguments for Hydra; ConfigError for what it could not take."""
    parser = get_args_parser()

    def refuse(message: str) -> None:
        raise ConfigError(f"{message}; --help shows what there is.")

    parser.error = refuse  # type: ignore[method-assign,assignment]  # instead of usage and an exit
    arguments = parser.parse_intermixed_args(list(given))  # Hydra wants all settings in one place
    for word in given:
        if re.search(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]", word):
            raise ConfigError(f"{word[:200]!r} holds a control character or a byte that is not UTF-8.")
    if arguments.experimental_rerun is not None:
        raise ConfigError("--experimental-rerun does what a pickle says; resume=FOLDER goes on with a run.")
    typed: list[str] = arguments.overrides
    sweep = arguments.multirun or "hydra.mode=MULTIRUN" in typed
    _check_words(typed)
    chosen = groups_of(config_name)
    check_groups(typed, chosen)
    check_sweeps(typed)
    groups = {*chosen, *_groups_in(arguments.config_dir)}
    plain = [_INNER.sub(_grouped, word) for word in typed]
    words = quote_names(plain, groups, sweep)
    if sweep:
        words = defer_keys(words, groups)
    _say_what_has_no_effect(program, typed, sweep)
    where = [] if arguments.config_dir is None else ["--config-dir", arguments.config_dir]
    where += [word for word in words if word.startswith("hydra.searchpath=")]
    return Arguments([*words, *_flags(given, typed)], sweep, folders.digest(plain), where)


def _flags(given: Sequence[str], typed: Sequence[str]) -> list[str]:
    left, flags = list(typed), []
    for word in given:
        if left and word == left[0]:
            del left[0]
        else:
            flags.append(word)
    return flags


def _grouped(word: re.Match[str]) -> str:
    return f"{word[2] or 'evaluator'}@{word[1]}={word[3]}"


def _groups_in(folder: str | None) -> list[str]:
    """Groups that the user's own configs add."""
    place = Path(folder or "")
    return [path.name for path in place.iterdir() if path.is_dir()] if folder and place.is_dir() else []


def _check_words(words: Sequence[str]) -> None:
    for word in words:
        key, _, text = word.partition("=")
        if word.startswith("~") and not word.startswith("~hydra"):
            raise ConfigError(f"{word!r} takes a key away, and all are needed; give it a value instead.")
        if key == "sweep.name":
            folders.folder_name(text)
        if key == "hydra.output_subdir" and text not in ("null", ""):
            raise ConfigError(
                f"{word!r} would have Hydra write into the run folder, which is ours; the config and the "
                "overrides stand in its .hydra anyway."
            )


def _say_what_has_no_effect(program: str, words: Sequence[str], sweep: bool) -> None:
    """Keys for the folder of the other kind of command."""
    keys = ("hydra.run.dir",) if sweep else _SWEEPS_FOLDER
    why = (
        "in a sweep; hydra.sweep.dir=FOLDER or sweep.name=NAME names a sweep's folder"
        if sweep
        else "without -m; hydra.run.dir=FOLDER names a run's folder"
    )
    for word in words:
        if word.partition("=")[0] in keys:
            print(f"{program}: {word} has no effect {why}.", file=sys.stderr)
