"""The protocol by which a kind of candidates writes its part of the files of a run.

Each kind implements it in `kinds/`. `RunWriter` writes every other part alike for all kinds.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol

from wannsearch.core.arrays import FloatArray, IntArray
from wannsearch.core.candidates import Candidates
from wannsearch.core.ports import Ports

Statistics = Mapping[str, Callable[[FloatArray], Any]]
"""Column of `history.csv` -> function of the mean scores (V,) of the candidates that did not fail."""


class CandidateFiles(Protocol):
    """A kind of candidates gives its own columns and the content of two files of the run folder."""

    @property
    def statistics(self) -> Statistics:
        """Return the further columns of `history.csv`, which stand at its end."""

    @property
    def is_known_before_test(self) -> bool:
        """Return whether the final test leaves the recorded best as the search found it.

        If so, `best/` holds it in a stopped run too.
        """

    def describe_sizes(self, candidate: Any, ports: Ports) -> dict[str, Any]:
        """Return the sizes of one candidate (one row) by name for `summary.json`, all of `sizes` at least."""

    def encode_population(self, candidates: Any, ports: Ports, ids: IntArray, parent_ids: IntArray) -> bytes:
        """Return the bytes of `population.jsonl.gz`.

        Args:
            candidates: P candidates of this kind.
            ports: Inputs and outputs of the task.
            ids: (P,) int64 ids.
            parent_ids: (P, 2) int64 ids of the ancestors; -1 stands for none.

        Returns:
            A gzip file, one JSON object a line and candidate, without a time or a name of a file in it.
        """

    def encode_best(self, candidate: Any, ports: Ports, **extra: Any) -> tuple[str, bytes]:
        """Return name, such as `best/network.json`, and content of the file of the recorded best.

        Args:
            candidate: One candidate, as a batch of one.
            ports: Inputs and outputs of the task.
            extra: Further keys for the JSON object, such as id and generation.

        Returns:
            The path in the run folder, below `best/`, and the bytes.
        """


def candidate_sizes(candidate: Candidates, ports: Ports) -> dict[str, Any]:
    """Return the two sizes of one candidate (one row) as numbers by name."""
    return {name: values[0].item() for name, values in candidate.sizes(ports).items()}
