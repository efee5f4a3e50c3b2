"""Damaged, failing, lost and contested files: a few of each of `make proof-files`."""

from short_proof import GATE, proven

pytestmark = GATE


def test_what_happens_to_files_is_noticed_said_and_survived() -> None:
    proven("proof_files.py", "--processes", "1")
