"""make proof-report: what the proofs showed last, into the marked block of docs/reliability.md."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from ledger import FOLDER, REPOSITORY, digest

PAGE = REPOSITORY / "docs" / "reliability.md"
_BEGIN, _END = "<!-- proofs: written by proofs/report.py -->", "<!-- end of proofs -->"
_SECONDS = "most seconds"

PEERS = {
    "runs killed until finished, all files identical": "neat-python 2.0.0 / 2.1: newest checkpoint "
    "unreadable after 14 / 6 of 60 kills",
    "stops that ended identical": "neat-python 2.0.0 / 2.1: 6 of 18 / 1 of 17 generations; pycma 10 of 10",
    "changes that changed nothing": "neat-python with and without checkpoints: 5 of 12 / 3 of 30",
    "8 starts without a folder: 8 folders": "Hydra 1.3.8: 4 starts, 1 folder",
    "damaged checkpoints": "Optuna 5.0.0, one torn record: every later load fails",
    "hostile _target_s": "Hydra 1.3.8: 18 of 19 refused, one ran",
    "processes: kills of one worker, scores identical": "mp.Pool: never returns; "
    "ProcessPoolExecutor: pool unusable",
    "processes: BipedalWalker, 60 seeds, orders and worker counts that are identical": "gymnasium 1.4.0: "
    "30 of 60 episodes in a used environment",
    "jobs that raised, crashed, hung or were killed": "Hydra 1.3.8: 2 of 4 fail, 1 is told",
}
"""What others did with the same question; measured as told further down on the page."""


def rows(folder: Path) -> list[str]:
    """A table row for each count of each proof that was run."""
    found = ["| proof | what | figure | others |", "|---|---|---|---|"]
    for path in sorted(folder.glob("*.json")):
        record: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        state = "PASS" if record["passed"] else "not complete" if not record["failures"] else "FAIL"
        now = ", which these are" if record["sources"] == digest() else ""
        age = f"sources {record['sources']}{now}"
        failed = len(record["failures"])
        about = (
            f"{state}, {failed} failures; {record['date']}, {record['seconds']} s, {record['machine']}; {age}"
        )
        found.append(f"| `{record['command']}` | {about} | | |")
        for name, number in record["counts"].items():
            shown = f"{number:.2f}" if name.startswith(_SECONDS) else f"{number:,.0f}"
            found.append(f"| | {name} | {shown} | {PEERS.get(name, '')} |")
    return found


def rewritten(text: str, block: list[str]) -> str:
    """The page with another block between its marks."""
    before, _, rest = text.partition(_BEGIN)
    _, mark, after = rest.partition(_END)
    if not mark:
        raise SystemExit(f"{PAGE} lacks the marks {_BEGIN} and {_END}")
    return "\n".join([f"{before}{_BEGIN}", "", *block, "", f"{_END}{after}"])


def main() -> int:
    if not list(FOLDER.glob("*.json")):
        print(f"no proof in {FOLDER}; make proof-kills and the others write there", file=sys.stderr)
        return 1
    found = rows(FOLDER)
    print("\n".join(found))
    PAGE.write_text(rewritten(PAGE.read_text(encoding="utf-8"), found), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
