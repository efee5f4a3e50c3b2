"""One line a run: held-out means of a sweep's recorded bests, then their median.

python bench/seeds.py FOLDER...
"""

from __future__ import annotations

import json
import statistics
import sys
from pathlib import Path
from typing import Any


def read_summaries(folders: list[str]) -> list[tuple[Path, dict[str, Any]]]:
    """Return folder and summary of every run below these folders, ordered by `run_label` and seed."""
    paths = sorted({path for folder in folders for path in Path(folder).rglob("summary.json")})
    runs = [(path.parent, json.loads(path.read_text(encoding="utf-8"))) for path in paths]
    return sorted(runs, key=lambda run: (run_label(run[0]), run[1]["seed"]))


def run_label(folder: Path) -> str:
    """Return the overrides of a run in one line, without seed and sweep name."""
    lines = (folder / ".hydra" / "overrides.yaml").read_text(encoding="utf-8").splitlines()
    overrides = (line.removeprefix("- ") for line in lines)
    return " ".join(word for word in overrides if not word.startswith(("seed=", "sweep.name=")))


def main() -> int:
    """Print a line for each run below the folders, then one for each group; return 1 where there is none."""
    groups: dict[str, list[float]] = {}
    for folder, summary in read_summaries(sys.argv[1:]):
        held_out, best = summary["held_out"], summary["best"]
        group = run_label(folder)
        groups.setdefault(group, []).append(held_out["mean_over_weights"])
        solved_text = ""
        if "solved_at" in held_out:
            solved_text = f"  right at {len(held_out['solved_at'])} of {len(held_out['weights'])} weights"
        print(
            f"{group}  seed {summary['seed']:2d}  held-out mean {held_out['mean_over_weights']:8.3f}  "
            f"recorded {best['recorded_mean']:8.3f}  {best['hidden']:3d} hidden  "
            f"{best['connections']:3d} connections{solved_text}  {summary['seconds']:6.1f} s"
        )
    for group, means in groups.items():
        print(
            f"{group}: n = {len(means)}, median {statistics.median(means):.3f}, "
            f"min {min(means):.3f}, max {max(means):.3f}"
        )
    return 0 if groups else 1


if __name__ == "__main__":
    sys.exit(main())
