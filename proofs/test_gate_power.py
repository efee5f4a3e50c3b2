"""A short run cut off from power at every fourth call, in six ways."""

from short_proof import GATE, proven

pytestmark = GATE


def test_after_a_power_cut_a_checkpoint_at_most_one_interval_old_loads() -> None:
    proven("proof_power.py", "--processes", "1")
