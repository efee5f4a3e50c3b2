"""The benchmark: measured speed in one table and one picture (`make bench`).

    python bench/run.py [--quick] [--only ROW ...]

Writes `results/speed.md`, and the same rows as `results/speed.csv` and `results/speed.json`. With the part
growth it writes `results/growth.svg` and `.png`. Every part is written as soon as it is measured; a part
that is not measured now keeps its rows and their date.
"""

from __future__ import annotations

import argparse
import os
import platform
import sys
import time
import traceback
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

for library in ("OMP", "MKL", "OPENBLAS"):  # one thread, unless a row says otherwise
    os.environ[f"{library}_NUM_THREADS"] = "1"

import table  # noqa: E402
from samples import QUICK, Pace  # noqa: E402

RESULTS = Path(__file__).resolve().parent / "results"
LIBRARIES = "numpy numba llvmlite torch neat-python gymnasium".split()
PARTS = {  # name: title, module, function
    "lane-steps": ("Lane-steps a second beside the yardstick, simplify=false", "lane_steps", "measure_rows"),
    "simplified": ("The same work with simplification on", "lane_steps", "measure_simplified_rows"),
    "own-weights": (
        "Own weights, few lanes a network, beside six shared weights",
        "own_weights",
        "measure_rows",
    ),
    "peers": ("Peers on the same work, no lane ends early, float64", "peer_rows", "measure_rows"),
    "growth": ("Growth: exponent k of seconds = a * size^k, float64", "growth", "measure_all"),
    "ordering": ("Sorting and selection", "ordering", "measure_rows"),
    "breeding": ("Breeding at population 960", "ordering", "measure_breeding_rows"),
    "classification": ("Classification", "classification", "measure_rows"),
    "training": ("Sub-networks trained, many at once beside one by one", "trainer", "measure_rows"),
    "convolutions": ("Convolutions of many small candidates, one thread", "convolutions", "measure_rows"),
    "answers": ("Commands that answer at once", "answers", "measure_rows"),
    "commands": ("Whole commands", "commands", "measure_rows"),
}


def describe_processor() -> str:
    """Return the processor's own name, the bits of its vectors and the number of usable processors."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="ascii", errors="replace").splitlines()
    except OSError:
        lines = []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    from wannsearch.evaluators.compiled import num_processors, processor_vector_bits

    name = names[0] if names else platform.machine()
    return f"{name}, {processor_vector_bits()}-bit vectors, {num_processors()} processors usable"


def describe_machine() -> str:
    """Return the header of the table: processor, library versions, and how to read the figures."""
    versions = [f"Python {platform.python_version()}"]
    for name in LIBRARIES:
        try:
            versions.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            versions.append(f"{name} missing")
    return (
        f"{describe_processor()}; one thread unless a row says otherwise. {', '.join(versions)}.\n\n"
        "Median (lowest..highest). Ratios are of turns taken one after the other in one process; above 1 "
        "ours is the faster. A target is judged by the median. A lane-step is one forward pass and one step "
        "of the environment for one (network, weight, episode). Cited figures were measured elsewhere."
    )


def measure_part(name: str, pace: Pace, quick: bool) -> table.BenchmarkPart:
    """Measure one part of the table now; an error of the part passes through."""
    title, module, function = PARTS[name]
    load = os.getloadavg()[0]
    result: Any = getattr(import_module(module), function)(pace)
    rows, curves = result if isinstance(result, tuple) else (result, {})
    circumstances = f"{'quick, ' * quick}{describe_processor()}, load {load:.1f} before"
    return table.BenchmarkPart(title, time.strftime("%Y-%m-%d %H:%M"), circumstances, rows, curves)


def write_results(parts: dict[str, table.BenchmarkPart]) -> None:
    """Write speed.json, speed.md and speed.csv into `bench/results`; the picture is not drawn here."""
    ordered_parts = [parts[name] for name in PARTS if name in parts]
    for name, text in (
        ("json", table.format_json(parts)),
        ("md", table.format_markdown(ordered_parts, describe_machine())),
        ("csv", table.format_csv(ordered_parts)),
    ):
        (RESULTS / f"speed.{name}").write_text(text, encoding="utf-8")


def main() -> int:
    """Measure the parts, write the files and print the table; return 1 where a part failed."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="fewer repeats, no whole commands")
    parser.add_argument("--only", nargs="+", choices=PARTS, metavar="ROW", help=f"of {', '.join(PARTS)}")
    options = parser.parse_args()
    part_names = options.only or [name for name in PARTS if not (options.quick and name == "commands")]
    RESULTS.mkdir(exist_ok=True)
    parts, failed_names = table.read_parts(RESULTS / "speed.json"), []
    for name in part_names:
        start_s = time.perf_counter()
        try:
            parts[name] = measure_part(name, QUICK if options.quick else Pace(), options.quick)
        except Exception:
            traceback.print_exc()
            failed_names.append(name)
            continue
        write_results(parts)
        print(f"{name}: {time.perf_counter() - start_s:.0f} s", file=sys.stderr)
    if "growth" in part_names and "growth" in parts:
        from growth_plot import draw_growth

        draw_growth(parts["growth"].curves, describe_processor(), RESULTS)
    print((RESULTS / "speed.md").read_text(encoding="utf-8"))
    if failed_names:
        print(f"not measured, for they failed: {', '.join(failed_names)}", file=sys.stderr)
    return 1 if failed_names else 0


if __name__ == "__main__":
    sys.exit(main())
