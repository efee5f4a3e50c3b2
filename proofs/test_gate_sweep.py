"""Ten jobs and one death of their driver, of the forty and three in `make proof-sweep`."""

from short_proof import GATE, proven

pytestmark = GATE


def test_a_sweep_of_broken_jobs_whose_driver_dies_is_finished_by_the_same_command() -> None:
    proven("proof_sweep.py")
