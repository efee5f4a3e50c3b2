"""What a proof has shown so far: a JSON file under build/proofs that a later call goes on with.

It is kept under a digest of the package's sources and configs; another digest starts anew.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import time
from pathlib import Path
from typing import Any

REPOSITORY = Path(__file__).resolve().parents[1]
FOLDER = REPOSITORY / "build" / "proofs"


def digest() -> str:
    """Twelve letters for the sources and configs as they are now."""
    found = hashlib.sha256()
    places = [REPOSITORY / "wannsearch", REPOSITORY / "conf", REPOSITORY / "hydra_plugins"]
    for path in sorted(
        path for place in places for path in place.rglob("*") if path.suffix in (".py", ".yaml")
    ):
        found.update(path.relative_to(REPOSITORY).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return found.hexdigest()[:12]


class Ledger:
    """Counts and failures of one proof; saved after every part, if it is kept at all.

    A proof that is short begins `anew` each time.
    """

    def __init__(self, proof: str, kept: bool, anew: bool = False) -> None:
        self.path = FOLDER / f"{proof}.json" if kept else None
        self.counts: dict[str, Any] = {}
        self.failures: list[str] = []
        self.parts: dict[str, Any] = {}  # finished parts, so that they are not done again
        self.seconds = 0.0
        self._begun = time.monotonic()
        self._digest = digest()
        if self.path and self.path.is_file() and not anew:
            old = json.loads(self.path.read_text(encoding="utf-8"))
            if old["sources"] == self._digest:
                self.counts, self.failures, self.parts = old["counts"], old["failures"], old["parts"]
                self.seconds = old["seconds"]

    def add(self, name: str, number: float = 1) -> None:
        self.counts[name] = self.counts.get(name, 0) + number

    def most(self, name: str, number: float) -> None:
        self.counts[name] = max(self.counts.get(name, number), number)

    def fail(self, text: str) -> None:
        self.failures.append(text)
        print(f"FAILED: {text}", flush=True)

    def merge(self, other: dict[str, Any]) -> None:
        """Take in what a helper process counted; names that begin with `most` are maxima."""
        for name, number in other["counts"].items():
            (self.most if name.startswith("most ") else self.add)(name, number)
        self.failures += other["failures"]

    def save(self, passed: bool, command: str) -> None:
        """Keep it; whole or not at all."""
        now = time.monotonic()
        self.seconds, self._begun = self.seconds + now - self._begun, now
        if self.path is None:
            return
        self.path.parent.mkdir(parents=True, exist_ok=True)
        record = {
            "command": command,
            "date": time.strftime("%Y-%m-%d"),
            "sources": self._digest,
            "machine": f"{os.cpu_count()} processors, Python {platform.python_version()}",
            "seconds": round(self.seconds),
            "passed": passed,
            "counts": dict(sorted(self.counts.items())),
            "failures": self.failures,
            "parts": self.parts,
        }
        temporary = self.path.with_suffix(".new")
        temporary.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
        temporary.replace(self.path)

    def close(self, wanted: dict[str, float], command: str) -> int:
        """Print the counts beside what was wanted, and PASS or FAIL; gives the exit code."""
        short = {name: least for name, least in wanted.items() if self.counts.get(name, 0) < least}
        passed = not short and not self.failures
        self.save(passed, command)
        for name, number in sorted(self.counts.items()):
            least = f"   (at least {wanted[name]:g})" if name in wanted else ""
            print(f"{number:>10g}  {name}{least}")
        for text in self.failures[:20]:
            print(f"  failed: {text}")
        print(f"{'PASS' if passed else 'FAIL'}: {command}, {self.seconds:.0f} s in all", flush=True)
        return 0 if passed else 1
