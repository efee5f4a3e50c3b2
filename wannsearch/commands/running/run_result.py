"""The end of a run, for the person who typed its command: result, folder, pictures, what to type next."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from wannsearch.commands.running.terminal import escape_unprintable, shell_join, wrap_words
from wannsearch.core.plugin_files import DIGEST_BY_PATH
from wannsearch.records.run_status import RunState, RunStatus, read_status

RUN = "RUN"
"""The word that stands for the run folder in a suggested command, alone or behind `=`."""
_COMMANDS_WITH_PLUGINS = ("wannsearch", "wannsearch-evaluate", "wannsearch-tune")
"""The commands that make the task of a run again, and so need its plugins."""


@dataclass(frozen=True)
class RunResult:
    """The line that sums a run up, its pictures (paths in the run folder) and commands that may follow."""

    line: str
    pictures: tuple[str, ...] = ()
    next_commands: tuple[tuple[str, ...], ...] = ()


def describe_end(folder: Path, result: RunResult, plugins: Mapping[str, str]) -> list[str]:
    """Return the last lines of a run's display.

    `plugins` maps the names of the files that the run needs to their digests.
    """
    name = shorten_path(folder)
    lines = [wrap_words(result.line), f"run       {escape_unprintable(name)}"]
    if result.pictures:
        lines.append(wrap_words(f"pictures  {_list_pictures(result.pictures)}", indent=10))
    commands = [
        shell_join([_name_folder(word, name) for word in command] + _name_plugins(command, plugins))
        for command in result.next_commands
    ]
    return lines + [f"{'next' if number == 0 else '':10}{command}" for number, command in enumerate(commands)]


def _name_plugins(command: Sequence[str], plugins: Mapping[str, str]) -> list[str]:
    """Return the word that names the files of these plugins, or nothing where the command needs none."""
    paths = {
        Path(path).name: shorten_path(Path(path))
        for path, digest in DIGEST_BY_PATH.items()
        if plugins.get(Path(path).name) == digest
    }
    return _make_plugins_word(sorted(paths.values())) if command[0] in _COMMANDS_WITH_PLUGINS else []


def _make_plugins_word(files: Sequence[str]) -> list[str]:
    """Return the word `plugins=[...]` for the files that can be typed, or nothing if there are none."""
    files = [file for file in files if file.isprintable() and not set(file) & set(",[]'\"")]
    return [f"plugins=[{','.join(files)}]"] if files else []


def _name_folder(word: str, name: str) -> str:
    """Return the word of a command with the folder's name in the place of `RUN`."""
    key, equals, value = word.rpartition("=")
    return f"{key}{equals}{name}" if value == RUN else word


def shorten_path(path: Path) -> str:
    """Return the path relative to the working folder where it lies inside, else as it is."""
    try:
        return str(path.absolute().relative_to(Path.cwd()))
    except (ValueError, OSError):  # OSError: the working folder is gone
        return str(path)


def _list_pictures(paths: Sequence[str]) -> str:
    """Return the pictures folder by folder, each picture once, with the endings of its files."""
    names: dict[str, dict[str, None]] = {}
    endings: dict[str, dict[str, None]] = {}
    for path in map(PurePosixPath, paths):
        names.setdefault(str(path.parent), {})[path.stem] = None
        endings.setdefault(str(path.parent), {})[path.suffix] = None
    return "; ".join(
        f"{folder}/{stems[0]}{'|'.join(endings[folder])}"
        if len(stems) == 1
        else f"{folder}/: {', '.join(stems)} ({', '.join(endings[folder])})"
        for folder, stems in ((folder, list(stem)) for folder, stem in names.items())
    )


def make_resume_command(run: RunStatus, name: str) -> list[str]:
    """Return the words of the command that continues this run, whose folder is typed as `name`."""
    return [run.program, f"resume={name}", *_make_plugins_word(run.plugins)]


def describe_stop(folder: Path) -> str:
    """Return what follows `stopped by INT`: how far the run came, and the command that goes on with it.

    The text is empty where the folder holds no run that can go on.
    """
    run = read_status(folder)
    if run.state is not RunState.STOPPED:
        return ""
    progress = f" after generation {run.generation} of {run.generations}" if run.generation else ""
    return f"{progress}; to go on:\n  {shell_join(make_resume_command(run, shorten_path(folder)))}"
