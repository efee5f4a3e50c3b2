"""Sub-networks: networks that are trained by gradient, for a short time in the search and in full at the end.

The recorded best is `best/masks.json`, and its weights are `best/weights.safetensors`. Its final test is a
full training and one evaluation on the test images.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from wannsearch.core.arrays import IntArray
from wannsearch.core.champion import ChampionRecord
from wannsearch.core.measurement import HeldOutSettings
from wannsearch.core.ports import Ports
from wannsearch.core.subnetworks.subnetworks import Subnetworks
from wannsearch.core.untrusted import damaged_file_error
from wannsearch.formats import subnetwork_json
from wannsearch.kinds.candidate_kind import FinalTest
from wannsearch.kinds.final_training import run_final_training
from wannsearch.records import layout
from wannsearch.records.candidate_files import Statistics, candidate_sizes
from wannsearch.records.files import encode_json
from wannsearch.records.reader import RunFolder
from wannsearch.reporting.plots import trained_subnetworks
from wannsearch.reporting.plots.plot_selection import PlotSelection
from wannsearch.search import Generation, Search


class SubnetworkKind:
    """Files, final training and plots of a search for sub-networks."""

    name = "sub-networks"
    is_known_before_test = False
    statistics: ClassVar[Statistics] = {"std": np.std}

    def describe_sizes(self, candidate: Subnetworks, ports: Ports) -> dict[str, Any]:
        """Return live parameters and mask sparsity of one candidate."""
        return candidate_sizes(candidate, ports)

    def encode_population(
        self, candidates: Subnetworks, ports: Ports, ids: IntArray, parent_ids: IntArray
    ) -> bytes:
        """Return the gzip file with one mask a line, for (P,) ids and (P, 2) ids of parents."""
        return subnetwork_json.dumps_population(candidates, ids, parent_ids)

    def encode_best(self, candidate: Subnetworks, ports: Ports, **extra: Any) -> tuple[str, bytes]:
        """Return `best/masks.json` and the candidate (one row) as JSON, with `extra` keys before it."""
        return layout.MASKS, encode_json({**extra, **subnetwork_json.to_json(candidate, 0)})

    def run_final_test(
        self, search: Search, record: ChampionRecord, last_generation: Generation, held_out: HeldOutSettings
    ) -> FinalTest:
        """Train the recorded best, or every candidate, in full and test once; `held_out` has no effect."""
        return run_final_training(search, record, last_generation)

    def draw_plots(self, run: Path, selection: PlotSelection) -> dict[str, bytes]:
        """Draw the training, the early fitness and the scatter of both, as far as they are selected."""
        return trained_subnetworks.draw_trained_networks(run, selection)

    def measure_objective(self, run: Path, search: Search, recorded_score: float) -> float:
        """Return the validation accuracy after the full training, mean over the trained networks.

        DamagedFile if `best/evaluation.json` has no validation accuracies.
        """
        valid_accuracies = RunFolder(run).read_validation_accuracies()
        if valid_accuracies is None:
            raise damaged_file_error(
                str(run / layout.EVALUATION), "it lists no trained network", "a run of sub-networks does"
            )
        return sum(valid_accuracies) / len(valid_accuracies) if valid_accuracies else math.nan
