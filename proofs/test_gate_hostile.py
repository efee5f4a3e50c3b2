"""Every seventh stranger's file, path and word of `make proof-hostile`, and every class name."""

import pytest
from short_proof import proven

pytestmark = pytest.mark.long


def test_nothing_of_a_strangers_runs_or_leads_outside() -> None:
    proven("proof_hostile.py")
