"""make proof-kills: a thousand SIGKILLs, then signals in every phase; nothing lost, every file identical."""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path
from typing import Any

from ledger import Ledger
from workers import spread


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=1000)
    parser.add_argument("--fresh", type=int, default=50, help="of them whole fresh commands")
    parser.add_argument("--signals", type=int, default=50)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--gate", action="store_true", help="small, and nothing is kept")
    given = parser.parse_args()
    ledger = Ledger("kills", kept=not given.gate)
    wanted = {
        "SIGKILLs": given.kills,
        "SIGKILLs after that process's first recorded generation": given.kills * 8 // 10,
        "SIGKILLs inside the checkpoint protocol": given.kills * 2 // 10,
        "SIGKILLs of whole fresh commands": given.fresh,
    }

    def took_chain(number: int, result: dict[str, Any]) -> bool:
        ledger.merge(result)
        ledger.parts[f"chain {number}"] = True
        ledger.save(False, "make proof-kills")
        print(f"chain {number}: {result['counts'].get('SIGKILLs', 0)} kills", flush=True)
        return all(ledger.counts.get(name, 0) >= least for name, least in wanted.items())

    def took_signal(number: int, result: dict[str, Any]) -> bool:
        ledger.merge(result)
        ledger.parts[f"signal {number}"] = True
        ledger.save(False, "make proof-kills")
        return False

    import kill_chain  # after the arguments, for it loads the package
    import signals_anywhere

    with tempfile.TemporaryDirectory(prefix="wannsearch-proof-") as folder:
        place = Path(folder)
        numbers = [n for n in range(10_000) if not (n % 10 == 5 and given.fresh == 0)]
        numbers = [n for n in numbers if f"chain {n}" not in ledger.parts]
        if not all(ledger.counts.get(name, 0) >= least for name, least in wanted.items()):
            spread(
                numbers, kill_chain.prepare, lambda n: kill_chain.chain(n, place), given.processes, took_chain
            )
        signals = [n for n in range(given.signals) if f"signal {n}" not in ledger.parts]
        spread(
            signals,
            signals_anywhere.prepare,
            lambda n: signals_anywhere.signalled(n, place, timed=not given.gate),
            given.processes,
            took_signal,
        )
    return ledger.close(wanted | {"signals": given.signals}, "make proof-kills")


if __name__ == "__main__":
    sys.exit(main())
