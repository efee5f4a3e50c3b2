"""The published networks against the paper's figures, through the commands a user types.

    python tests/published/checks.py

prints expected and got, and exits with 1 when a figure is off. The published files stay outside the
repository; WANNSEARCH_REFERENCE names their folder.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from wannsearch.commands.evaluate import main as evaluate

TASK = ["task=cartpole_swingup", "task.start_states=published", "seed=0"]
WALKER = ["task=biped", "task.start_states=small_seeds", "episodes=100", "seed=0"]
BY_WEIGHT = {-2.0: 550.0, -1.0: 687.8, -0.5: 521.0, 0.5: 521.6, 1.0: 701.5, 2.0: 688.9}
POSITIONS_FIRST = [10, 35, 36, 41, 64, 69, 95, 97, 108, 125]
POSITIONS_LAST = [753, 782, 811]


@dataclass(frozen=True)
class Check:
    """One figure of the paper, or of its released network."""

    name: str
    what: str
    expected: str
    got: str
    holds: bool


def reference_folder() -> Path:
    """Where the published files are."""
    root = Path(__file__).resolve().parents[2]
    return root / os.environ.get("WANNSEARCH_REFERENCE", "../shared/reference")


def played(*words: str, task: list[str] = TASK) -> dict[str, Any]:
    """evaluation.json of this command."""
    with tempfile.TemporaryDirectory() as folder:
        silent = io.StringIO()
        with contextlib.redirect_stdout(silent):
            code = evaluate([*task, *words, f"hydra.run.dir={folder}/run"])
        assert code == 0, f"wannsearch-evaluate {' '.join(words)} exited with {code}"
        result: dict[str, Any] = json.loads((Path(folder) / "run" / "evaluation.json").read_text())
    return result


def shown(*words: str) -> str:
    """What `weights=show` prints."""
    text = io.StringIO()
    with contextlib.redirect_stdout(text):
        code = evaluate([*TASK, *words, "weights=show"])
    assert code == 0, f"wannsearch-evaluate {' '.join(words)} exited with {code}"
    return text.getvalue()


def near(name: str, what: str, expected: float, within: float, got: float) -> Check:
    """A figure with its tolerance."""
    return Check(name, what, f"{expected:g} ± {within:g}", f"{got:.4f}", abs(got - expected) <= within)


def checks(reference: Path) -> list[Check]:
    """C1 to C8."""
    return [*checks_of_few_episodes(reference), *checks_of_many_episodes(reference)]


def checks_of_few_episodes(reference: Path) -> list[Check]:
    """C1, C2, C3 and C6."""
    champion = _champion(reference)
    tuned = f"parameters={reference / 'wann' / 'swing_tuned_zoo.json'}"
    return [
        *_structure(shown(champion)),
        *_six_weights(played(champion, "weights=six")),
        *_tuned(played(champion, "weights=own", tuned, "parameters_offset=-1.5")),
    ]


def checks_of_many_episodes(reference: Path) -> list[Check]:
    """C4, C5, C7 and C8: thousands of episodes."""
    champion = _champion(reference)
    return [
        *_sweep(played(champion, "weights=sweep", "sweep_weights=401")),
        *_random(played(champion, "weights=random", "episodes=10000")),
        *_fixed(
            played("network=dense:10", "weights=random", "episodes=2000"),
            played("network=dense:10", "weights=sweep"),
        ),
    ]


def checks_of_walker(reference: Path) -> list[Check]:
    """The walker with tuned weights, in Gymnasium's BipedalWalker-v3 on the seeds 0 to 99."""
    network = f"network={reference / 'wann' / 'biped.out'}"
    parameters = f"parameters={reference / 'wann' / 'biped_tuned_zoo.json'}"
    result = played(network, parameters, "parameters_offset=-1.87", task=WALKER)
    return [
        near("walker", "tuned weights, mean", 331.6, 0.5, result["mean"][0]),
        near("walker", "their std", 0.6, 0.3, result["std"][0]),
    ]


def _champion(reference: Path) -> str:
    return f"network={reference / 'wann' / 'swing.out'}"


def _structure(text: str) -> list[Check]:
    lines = text.splitlines()
    expected = "29 nodes: bias, 5 inputs, 22 hidden, 1 outputs"
    positions = [int(word) for word in lines[-1].split(",")]
    ends = [*positions[:10], *positions[-3:]]
    return [
        Check("C1", "nodes of swing.out", expected, lines[0], lines[0] == expected),
        Check("C1", "connections", "52", str(len(positions)), len(positions) == 52),
        Check("C1", "output activation", "linear", lines[-3].split()[-1], lines[-3].split()[-1] == "linear"),
        Check(
            "C2",
            "flat positions, first ten and last three",
            str([*POSITIONS_FIRST, *POSITIONS_LAST]),
            str(ends),
            ends == [*POSITIONS_FIRST, *POSITIONS_LAST],
        ),
    ]


def _six_weights(result: dict[str, Any]) -> list[Check]:
    by_weight = dict(zip(result["weights"], result["mean"], strict=True))
    found = [
        near("C3", f"mean at w = {weight:g}", expected, 20 if weight == -2 else 1, by_weight[weight])
        for weight, expected in BY_WEIGHT.items()
    ]
    return [*found, near("C3", "mean of the six", 611.8, 4, result["mean_over_weights"])]


def _sweep(result: dict[str, Any]) -> list[Check]:
    best = result["best_weight"]
    return [
        near("C4", "grand mean of 401 weights", 515.3, 1, result["mean_over_weights"]),
        near("C4", "pooled std within weights", 58.4, 1, result["std_within_weights"]),
        near("C5", "best weight", 0.78, 0, float(best["weight"])),
        near("C5", "its mean", 723.4, 0.1, best["mean"]),
        near("C5", "its std", 15.8, 0.1, best["std"]),
    ]


def _tuned(result: dict[str, Any]) -> list[Check]:
    figures = [("mean", 931.96), ("std", 6.28), ("min", 916.0), ("max", 947.0)]
    return [near("C6", f"tuned weights, {key}", value, 0.1, result[key][0]) for key, value in figures]


def _random(result: dict[str, Any]) -> list[Check]:
    # Bands: three standard errors of 10,000 trials with this spread.
    return [
        near("C7", "own random weights, mean of 10,000", 47, 3.3, result["mean"][0]),
        near("C7", "their std", 108, 5, result["std"][0]),
    ]


def _fixed(random: dict[str, Any], sweep: dict[str, Any]) -> list[Check]:
    # Bands: three standard errors of 2,000 trials; the spread is heavy-tailed.
    return [
        near("C8", "5-10-1 tanh, own random weights", 23.5, 3, random["mean"][0]),
        near("C8", "their std", 41, 8, random["std"][0]),
        near("C8", "5-10-1 tanh, one shared weight, sweep", 7.7, 1, sweep["mean_over_weights"]),
    ]


def main() -> int:
    """Print the table; 1 if a figure is off, 66 if the files are not there."""
    reference = reference_folder()
    if not reference.is_dir():
        print(
            f"no published networks at {reference}; WANNSEARCH_REFERENCE names their folder", file=sys.stderr
        )
        return 66
    found = sorted(checks(reference), key=lambda check: check.name)
    for check in found:
        mark = "ok " if check.holds else "OFF"
        print(f"{mark} {check.name}  {check.what:42s} expected {check.expected:18s} got {check.got}")
    print(f"{sum(check.holds for check in found)} of {len(found)} figures as expected")
    return 0 if all(check.holds for check in found) else 1


if __name__ == "__main__":
    sys.exit(main())
