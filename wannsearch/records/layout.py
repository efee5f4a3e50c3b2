"""Names of the files in a run folder, and the number of its format: writers and readers share them."""

from wannsearch.core import run_files

FORMAT = run_files.RUN_FORMAT
"""The `format` in `status.json`, `summary.json` and `tuning.json`, which a run folder of today carries.

It rises whenever a change makes older folders unreadable; then those are refused by both numbers.
"""

LOCK = ".lock"
CONFIG = ".hydra/config.yaml"
OVERRIDES = ".hydra/overrides.yaml"
STATUS = run_files.STATUS
HISTORY = run_files.HISTORY
TIMING = "timing.csv"
RANKING = "ranking.csv"
FRONT = "front.csv"
POPULATION = "population.jsonl.gz"
NETWORK = "best/network.json"
MASKS = "best/masks.json"
WEIGHTS = "best/weights.safetensors"
EVALUATION = "best/evaluation.json"
TRAJECTORY = "best/trajectory.csv"
FRAMES = "best/frames.json"
FILM = "plots/film.gif"
SUMMARY = "summary.json"
TUNING = "tuning.json"
FAILURES = "failures.log"
LOG = "run.log"
CHECKPOINT = "checkpoint"
SWEEP = "sweep.json"
SWEEP_LOCK = ".sweep.turn"
