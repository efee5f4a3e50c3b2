"""Forty deaths and six signals, of the thousand and fifty in `make proof-kills`."""

from short_proof import GATE, proven

pytestmark = GATE


def test_a_run_killed_again_and_again_ends_with_the_same_bytes() -> None:
    said = proven("proof_kills.py", "--kills", "40", "--fresh", "0", "--signals", "0", "--processes", "1")
    assert "all files identical" in said


def test_a_signal_in_any_phase_ends_the_run_and_the_run_goes_on() -> None:
    proven("proof_kills.py", "--kills", "0", "--fresh", "0", "--signals", "6", "--processes", "1")
