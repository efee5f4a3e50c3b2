"""wannsearch-plot: draw the pictures of runs, of ranks of their last populations, or of network files.

A RUN is a run folder, finished or not: a run that was stopped or killed, or still runs, is drawn from its
records and its newest checkpoint. A FILE is a network as wannsearch-evaluate reads it: `.json`, a published
`.out` matrix, or `dense:10`. Every picture is an SVG and a PNG, whose paths are printed. Nothing is written
where an argument is wrong. The files are untrusted: no code in them is run.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from wannsearch.commands.entry import run_command
from wannsearch.commands.plain_arguments import make_parser
from wannsearch.commands.running.terminal import escape_unprintable
from wannsearch.core.errors import ConfigError, StorageError, WannsearchError, not_allowed_error
from wannsearch.core.plugin_files import load_plugin
from wannsearch.records import layout
from wannsearch.records.reader import RunFolder
from wannsearch.records.stored_config import check_is_run

if TYPE_CHECKING:
    from wannsearch.commands.unfinished_run import RunRecords
    from wannsearch.core.ports import Ports

_PROGRAM = "wannsearch-plot"
_EXAMPLES = (
    (f"{_PROGRAM} RUN", "a run, finished or stopped"),
    (f"{_PROGRAM} RUN --rank 3", "its third network"),
    (f"{_PROGRAM} net.out --task cartpole", "a network file"),
)
_DENSE_PREFIX = "dense:"
_PLOTS = "plots"
_SIZE = re.compile(r"[1-9][0-9]{0,3}")
_FILE_OPTIONS = ("task", "inputs", "outputs", "hide_weights")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code.

    `arguments` replace those of the process, `sys.argv[1:]`.
    """
    return run_command(_PROGRAM, lambda _: _parse_and_draw(arguments))


def _parse_and_draw(arguments: Sequence[str] | None) -> int:
    parser = make_parser(_PROGRAM, "the pictures of runs and of network files.", _EXAMPLES)
    parser.add_argument("paths", metavar="RUN|FILE", nargs="+", help="run folders, or networks in files")
    parser.add_argument("--rank", type=int, metavar="N", help="draw this network of a run's last population")
    parser.add_argument(
        "--out", type=Path, metavar="FOLDER", help="default: RUN/plots; of a FILE this folder"
    )
    title = parser.add_mutually_exclusive_group()
    title.add_argument("--title", metavar="TEXT", help="instead of each picture's own title")
    title.add_argument("--no-title", dest="title", action="store_const", const="", help="pictures alone")
    parser.add_argument("--task", metavar="NAME", help="of a FILE: names its inputs and outputs")
    parser.add_argument(
        "--inputs", metavar="N", help="of a FILE without task: 5, or an image, 28x28, 3x32x32"
    )
    parser.add_argument("--outputs", type=int, metavar="N", help="of a FILE without task")
    parser.add_argument("--hide-weights", action="store_true", help="of a FILE: draw all connections alike")
    parser.add_argument(
        "--plugin", type=Path, metavar="FILE", action="append", help="that a RUN was made with"
    )
    namespace = parser.parse_args(arguments)
    try:
        for path in namespace.plugin or ():
            load_plugin(path)
        return _draw_all(namespace)
    except WannsearchError as error:
        print(f"{_PROGRAM}: {escape_unprintable(str(error))}", file=sys.stderr)
        return error.exit_code


@dataclass(frozen=True)
class _Drawing:
    """The pictures of one argument, before they are written."""

    folder: Path
    files: dict[str, bytes]  # path in the folder -> content
    notes: list[str]


def _draw_all(namespace: argparse.Namespace) -> int:
    """Draw all pictures, then write them and print their paths; return the exit code."""
    from wannsearch.records.files import write_atomically
    from wannsearch.reporting.plots import style

    with style.use_title(namespace.title):
        drawings = [_draw_argument(argument, namespace) for argument in namespace.paths]
    contents: dict[Path, bytes] = {}
    for drawing in drawings:
        for name, content in drawing.files.items():
            path = drawing.folder / name
            if path in contents:
                raise ConfigError(f"two of the arguments have the picture {path}; draw them one by one.")
            contents[path] = content
    for note in (note for drawing in drawings for note in drawing.notes):
        print(f"{_PROGRAM}: {escape_unprintable(note)}", file=sys.stderr)
    for path, content in contents.items():
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StorageError(f"{path.parent}: the folder cannot be made: {error.strerror}.") from error
        write_atomically(path, content)
        print(escape_unprintable(str(path)))
    return 0


def _draw_argument(argument: str, namespace: argparse.Namespace) -> _Drawing:
    path = Path(argument)
    if path.is_dir():
        return _draw_run(path, namespace)
    if not argument.startswith(_DENSE_PREFIX) and not path.is_file():
        raise ConfigError(f"{argument!r} does not exist; name run folders, or files of networks.")
    if namespace.rank is not None:
        raise ConfigError(f"--rank={namespace.rank} has no effect on {argument!r}; a run has ranks.")
    return _draw_file(argument, namespace)


def _draw_run(run: Path, namespace: argparse.Namespace) -> _Drawing:
    from wannsearch.commands.unfinished_run import open_records

    for name in _FILE_OPTIONS:
        if getattr(namespace, name):
            option = name.replace("_", "-")
            raise ConfigError(
                f"--{option} has no effect on {run}; a run has stored its task and its weights."
            )
    check_is_run(run, run / layout.CONFIG)
    RunFolder(run).check_format()
    draw_plots = _find_plots(run)
    with open_records(run) as records:
        try:
            files = (
                draw_plots(records.folder)
                if namespace.rank is None
                else _draw_rank(run, records, namespace.rank)
            )
        except WannsearchError as error:
            raise type(error)(str(error).replace(str(records.folder), str(run))) from None
        notes = records.notes
    if not files:
        raise ConfigError(f"{run} has nothing to draw yet.")
    if namespace.out is None:
        return _Drawing(run, files, notes)
    folder = namespace.out if len(namespace.paths) == 1 else namespace.out / run.resolve().name
    return _Drawing(folder, {Path(name).name: content for name, content in files.items()}, notes)


def _draw_rank(run: Path, records: RunRecords, rank: int) -> dict[str, bytes]:
    from wannsearch.reporting.plots.pictures import draw_ranked_network

    if not records.has_population:
        raise ConfigError(f"{run} ended before it wrote its population; there are no ranks.")
    picture, name = draw_ranked_network(records.folder, rank), f"{_PLOTS}/network_rank_{rank}"
    return {f"{name}.svg": picture.svg, f"{name}.png": picture.png}


def _find_plots(run: Path) -> Callable[[Path], dict[str, bytes]]:
    """Return the function that draws the plots of this run: of a tuning, or of its kind of candidates."""
    from wannsearch.commands.hydra.build import TARGET, load_class
    from wannsearch.core.candidates import accepted_candidate_type
    from wannsearch.kinds.candidate_kind import find_kind
    from wannsearch.reporting.plots.pictures import draw_tuning
    from wannsearch.reporting.plots.plot_selection import PlotSelection

    config = RunFolder(run).read_config()
    method = config.get("method")
    if method is None:
        return draw_tuning
    target = method.get(TARGET) if isinstance(method, dict) else None
    try:
        kind = find_kind(accepted_candidate_type(load_class("method", str(target), "method")))
    except ConfigError as error:
        plugins = config.get("plugins")
        hint = f" It was made with {', '.join(sorted(plugins))}; name it: --plugin FILE." if plugins else ""
        raise ConfigError(f"{run}: {error}{hint}") from None
    return lambda folder: kind.draw_plots(folder, PlotSelection.ALL)


def _draw_file(argument: str, namespace: argparse.Namespace) -> _Drawing:
    from wannsearch.formats import networks
    from wannsearch.reporting.plots.pictures import draw_network_document

    name = argument.replace(":", "_") if argument.startswith(_DENSE_PREFIX) else Path(argument).stem
    try:
        document = networks.read_document(argument, _find_ports(namespace))
    except ConfigError as error:
        if namespace.task or namespace.inputs or namespace.outputs:
            raise
        raise ConfigError(f"{error} The options: --task NAME, or --inputs N --outputs N.") from None
    title = argument if argument.startswith(_DENSE_PREFIX) else Path(argument).name
    picture = draw_network_document(title, document, False if namespace.hide_weights else None)
    files = {f"{name}.svg": picture.svg, f"{name}.png": picture.png}
    return _Drawing(namespace.out or Path(), files, [])


def _find_ports(namespace: argparse.Namespace) -> Ports | None:
    """Return the ports that the options name, by a task or by numbers, or None where they name none."""
    from wannsearch.core.ports import Ports, name_pixels

    if namespace.task is not None:
        if namespace.inputs is not None or namespace.outputs is not None:
            raise ConfigError("--task names the inputs and outputs; leave out --inputs and --outputs.")
        return _read_task_ports(namespace.task)
    if namespace.inputs is None and namespace.outputs is None:
        return None
    if namespace.inputs is None or namespace.outputs is None:
        raise ConfigError("--inputs and --outputs go together; name both.")
    sizes = namespace.inputs.split("x")
    if not all(_SIZE.fullmatch(size) for size in sizes) or (len(sizes) == 3 and sizes[0] not in ("1", "3")):
        sizes = []
    if len(sizes) == 1:
        return Ports(int(sizes[0]), namespace.outputs, ("linear",))
    if len(sizes) not in (2, 3):
        raise ConfigError(
            f"--inputs is {namespace.inputs!r}; it must be a number, or an image: 28x28, 3x32x32."
        )
    height, width = int(sizes[-2]), int(sizes[-1])
    names = name_pixels((int(sizes[0]) if len(sizes) == 3 else 1, height, width))
    return Ports(len(names), namespace.outputs, ("linear",), names)


def _read_task_ports(name: str) -> Ports:
    """Return the ports of an option of `conf/task` with its settings there."""
    from wannsearch.commands.hydra.build import build
    from wannsearch.commands.hydra.task_composition import compose_task, list_tasks

    if name not in list_tasks():
        raise not_allowed_error("--task", name, list_tasks())
    ports: Ports = build("task", compose_task(name, []).task).ports
    return ports
