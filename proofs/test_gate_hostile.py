"""Every seventh stranger's file, path and word of `make proof-hostile`, and every class name."""

from short_proof import GATE, proven

pytestmark = GATE


def test_nothing_of_a_strangers_runs_or_leads_outside() -> None:
    proven("proof_hostile.py")
