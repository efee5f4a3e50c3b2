"""Ten jobs and one death of their driver, of the forty and three in `make proof-sweep`."""

import pytest
from short_proof import proven

pytestmark = pytest.mark.long


def test_a_sweep_of_broken_jobs_whose_driver_dies_is_finished_by_the_same_command() -> None:
    proven("proof_sweep.py")
