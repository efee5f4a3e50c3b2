"""wannsearch-film: a film of held-out episodes of one network, one tile a shared weight, as GIF or MP4.

A RUN is a run folder, finished or not. A FILE is a network as wannsearch-evaluate reads it; its task is named
by `--task`. Frames are the task's own scenes, or the images that a Gymnasium environment draws. No window is
opened. The same run gives the same bytes. Nothing is written where an argument is wrong, or where the command
is interrupted.
"""

from __future__ import annotations

import argparse
import math
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from wannsearch.commands.activity import set_activity
from wannsearch.commands.entry import run_command
from wannsearch.commands.plain_arguments import make_parser
from wannsearch.commands.running.terminal import escape_unprintable
from wannsearch.core.errors import ConfigError, StorageError, WannsearchError, check_at_least
from wannsearch.core.plugin_files import load_plugin

if TYPE_CHECKING:
    from wannsearch.commands.film_source import FilmSource
    from wannsearch.kinds.film_recording import FilmPlan

_PROGRAM = "wannsearch-film"
_EXAMPLES = (
    (f"{_PROGRAM} RUN", "its best network, at three weights"),
    (f"{_PROGRAM} RUN --weight -1 2", "at these two; --out x.mp4: as MP4"),
    (f"{_PROGRAM} net.out --task biped", "a network file"),
)
_SUFFIXES = (".gif", ".mp4")
_OWN = "own"
_MAX_SECONDS = 8.0
_INTERRUPTED = 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code.

    `arguments` replace those of the process, `sys.argv[1:]`.
    """
    return run_command(_PROGRAM, lambda _: _parse_and_film(arguments))


def _parse_and_film(arguments: Sequence[str] | None) -> int:
    parser = make_parser(_PROGRAM, "a film of held-out episodes.", _EXAMPLES)
    parser.add_argument("path", metavar="RUN|FILE", help="a run folder, or a network in a file")
    parser.add_argument(
        "--weight",
        metavar="W",
        nargs="+",
        action="extend",
        help="shared weights, a tile each, or own; default: of a run the smallest, the largest and the best "
        "between them, of a FILE with one weight the six of the paper",
    )
    parser.add_argument(
        "--episodes",
        type=int,
        metavar="N",
        help="held-out episodes, a tile each; default: 1, with own weights 3",
    )
    parser.add_argument(
        "--seconds",
        type=float,
        metavar="S",
        default=_MAX_SECONDS,
        help="at most so long; longer episodes pass faster than real time (default: 8)",
    )
    parser.add_argument("--network", action="store_true", help="show the network beside its episodes")
    parser.add_argument("--title", metavar="TEXT", help="instead of the film's own title")
    parser.add_argument(
        "--out",
        type=Path,
        metavar="FILE",
        help="ends in .gif or .mp4; default: RUN/plots/film.gif; of a FILE a .gif in this folder",
    )
    parser.add_argument("--task", metavar="NAME", help="of a FILE: what it plays")
    parser.add_argument(
        "--set",
        metavar="KEY=VALUE",
        action="append",
        default=[],
        help="of a FILE: a setting of its task, such as task.horizon=200, or seed=1",
    )
    parser.add_argument(
        "--plugin", type=Path, metavar="FILE", action="append", help="that a RUN was made with"
    )
    namespace = parser.parse_args(arguments)
    try:
        path = _make_film(namespace)
    except WannsearchError as error:
        print(f"{_PROGRAM}: {escape_unprintable(str(error))}", file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        print(f"{_PROGRAM}: interrupted; nothing was written", file=sys.stderr)
        return _INTERRUPTED
    print(escape_unprintable(str(path)))
    return 0


def _make_film(namespace: argparse.Namespace) -> Path:
    """Check the arguments, play the episodes, draw them, write the film and return its path."""
    from wannsearch.core.protocols import SupervisesWorkers
    from wannsearch.kinds.film_recording import record_film
    from wannsearch.records.files import write_atomically
    from wannsearch.reporting.films.canvas import FilmCanvas
    from wannsearch.reporting.films.gif import encode_gif
    from wannsearch.reporting.films.mp4 import check_mp4, encode_mp4

    encode = encode_gif
    if namespace.out is not None:
        if namespace.out.suffix.lower() not in _SUFFIXES:
            raise ConfigError(
                f"--out is {str(namespace.out)!r}; its name must end in {' or '.join(_SUFFIXES)}."
            )
        if namespace.out.is_dir():
            raise ConfigError(f"--out is {str(namespace.out)!r}, which is a folder; name a file.")
        if namespace.out.suffix.lower() == ".mp4":
            check_mp4()
            encode = encode_mp4
    if not math.isfinite(namespace.seconds) or namespace.seconds <= 0:
        raise ConfigError(f"--seconds is {namespace.seconds}; it must be above 0.")
    if namespace.episodes is not None:
        check_at_least("--episodes", namespace.episodes, 1)
    named_weights = None if namespace.weight is None else _parse_weights(namespace.weight)
    for path in namespace.plugin or ():
        load_plugin(path)
    source = _open_source(namespace)
    plan = _plan_film(source, namespace, source.shared_weights if named_weights is None else named_weights[0])
    set_activity("playing the episodes")
    try:
        film = record_film(source.network, source.task, source.evaluator, plan)
    finally:
        if isinstance(source.evaluator, SupervisesWorkers):
            source.evaluator.close()
    set_activity("drawing the film")
    network_png = _draw_network(source, plan) if namespace.network else None
    title = source.title if namespace.title is None else namespace.title
    canvas = FilmCanvas(film, title, network_png)
    content = encode(canvas.draw, canvas.frame_durations_s)
    for note in source.notes:
        print(f"{_PROGRAM}: {escape_unprintable(note)}", file=sys.stderr)
    target: Path = namespace.out or source.default_path
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StorageError(f"{target.parent}: the folder cannot be made: {error.strerror}.") from error
    write_atomically(target, content)
    return target


def _parse_weights(words: Sequence[str]) -> tuple[tuple[float, ...] | None]:
    """Return the shared weights in a tuple of one, which holds None for the word `own`."""
    if list(words) == [_OWN]:
        return (None,)
    weights = []
    for word in words:
        try:
            weight = float(word)
        except ValueError:
            weight = math.nan
        if not math.isfinite(weight):
            hint = " Name RUN or FILE before --weight." if Path(word).exists() else ""
            raise ConfigError(
                f"--weight is {word!r}; it must be a finite number, or the word own alone.{hint}"
            )
        weights.append(weight)
    return (tuple(dict.fromkeys(weights)),)


def _open_source(namespace: argparse.Namespace) -> FilmSource:
    from wannsearch.commands.film_source import find_film_run, open_file, open_run

    run = find_film_run(namespace.path)
    if run is None:
        return open_file(namespace.path, namespace.task, namespace.set)
    for option, is_set in (("--task", namespace.task is not None), ("--set", namespace.set)):
        if is_set:
            raise ConfigError(f"{option} has no effect on {run}; a run has stored its task.")
    return open_run(run)


def _plan_film(
    source: FilmSource, namespace: argparse.Namespace, shared_weights: tuple[float, ...] | None
) -> FilmPlan:
    from wannsearch.core.protocols import count_distinct_episodes
    from wannsearch.core.streams import Role
    from wannsearch.kinds.film_recording import FilmPlan
    from wannsearch.reporting.films.canvas import MAX_TILES, shrink_image

    num_weights = 1 if shared_weights is None else len(shared_weights)
    wanted_episodes = namespace.episodes or (3 if shared_weights is None else 1)
    episodes = count_distinct_episodes(source.task, wanted_episodes)
    if namespace.episodes is not None and episodes != namespace.episodes:
        print(f"{_PROGRAM}: all episodes of this task are the same, one is played", file=sys.stderr)
    num_tiles = num_weights * episodes
    if num_tiles > MAX_TILES:
        raise ConfigError(
            f"{num_weights} weights x {episodes} episodes are {num_tiles} tiles; a film has at most "
            f"{MAX_TILES}."
        )
    seeds = source.task.episode_seeds(source.seed, Role.HELD_OUT, 0, episodes)
    return FilmPlan(shared_weights, seeds, namespace.seconds, lambda image: shrink_image(image, num_tiles))


def _draw_network(source: FilmSource, plan: FilmPlan) -> bytes:
    from wannsearch.formats.network_json import to_json
    from wannsearch.reporting.plots import style
    from wannsearch.reporting.plots.pictures import draw_network_document

    document = to_json(source.network, 0, source.task.ports)
    with style.use_title(""):
        return draw_network_document("", document, plan.shared_weights is None).png
