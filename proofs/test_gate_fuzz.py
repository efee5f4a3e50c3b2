"""Three hundred networks, configs and checkpoints, of the ten thousand in `make proof-fuzz`."""

from short_proof import GATE, proven

pytestmark = GATE


def test_whatever_is_wrong_with_a_file_or_a_word_one_line_says_so() -> None:
    proven("proof_fuzz.py", "--cases", "300", "--batch", "300", "--processes", "1")
