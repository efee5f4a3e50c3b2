"""The stub task on the command line."""

from __future__ import annotations

from pathlib import Path

_HERE = Path(__file__).resolve().parent
STUB = [
    f"plugins=[{_HERE / 'stub_task.py'}]",
    "--config-dir",
    str(_HERE / "conf"),
    "task=stub",
    "method=wann",
]
STUB += ["evaluator=reference", "method.population_size=8", "display=off", "held_out.episodes=1"]
SLOW = [*STUB, "task.pause_s=0.2", "generations=1000", "checkpoint.min_seconds=0"]
"""Two seconds and more a generation."""
