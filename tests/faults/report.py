"""make proof-report: what the proofs showed last, into the marked block of docs/reliability.md."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from ledger import FOLDER, REPOSITORY, digest

PAGE = REPOSITORY / "docs" / "reliability.md"
_BEGIN, _END = "<!-- proofs: written by tests/faults/report.py -->", "<!-- end of proofs -->"
_SECONDS = "most seconds"


def rows(folder: Path) -> list[str]:
    """A table row for each count of each proof that was run."""
    found = ["| proof | what | figure |", "|---|---|---|"]
    for path in sorted(folder.glob("*.json")):
        record: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        state = "PASS" if record["passed"] else "not complete" if not record["failures"] else "FAIL"
        age = "these sources" if record["sources"] == digest() else f"older sources, {record['sources']}"
        failed = len(record["failures"])
        about = (
            f"{state}, {failed} failures; {record['date']}, {record['seconds']} s, {record['machine']}; {age}"
        )
        found.append(f"| `{record['command']}` | {about} | |")
        for name, number in record["counts"].items():
            shown = f"{number:.2f}" if name.startswith(_SECONDS) else f"{number:,.0f}"
            found.append(f"| | {name} | {shown} |")
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
    PAGE.write_text(rewritten(PAGE.read_text(encoding="utf-8"), rows(FOLDER)), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
