"""Topologies: networks that are evaluated as they are, with shared weights or with their own.

The recorded best is `best/network.json`. Its final test is held-out episodes, and for shared weights a sweep
over many of them.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar, cast

from wannsearch.core.arrays import IntArray
from wannsearch.core.champion import ChampionRecord
from wannsearch.core.measurement import HeldOutSettings, TestProtocol
from wannsearch.core.ports import Ports
from wannsearch.core.protocols import HasAccuracy, SupervisesWorkers
from wannsearch.core.streams import Role
from wannsearch.core.subnetworks.images import HasLabelledImages
from wannsearch.core.topologies.population import Population
from wannsearch.formats import network_json, networks, population_jsonl
from wannsearch.kinds.best_episode import record_trajectory
from wannsearch.kinds.candidate_kind import FinalTest
from wannsearch.kinds.final_test import count_test_episodes, describe_result, run_final_test
from wannsearch.records import layout
from wannsearch.records.candidate_files import Statistics, candidate_sizes
from wannsearch.reporting.plots import pictures
from wannsearch.reporting.plots.plot_selection import PlotSelection
from wannsearch.search import Generation, Search

_NEXT_COMMANDS = (
    ("wannsearch-evaluate", "network=RUN", "weights=sweep"),
    ("wannsearch-tune", "network=RUN"),
)


class TopologyKind:
    """Files, final test and plots of a search for topologies."""

    name = "topologies"
    is_known_before_test = True
    statistics: ClassVar[Statistics] = {}

    def describe_sizes(self, candidate: Population, ports: Ports) -> dict[str, Any]:
        """Return the numbers of nodes (bias, inputs and outputs too), hidden nodes and connections."""
        sizes = candidate_sizes(candidate, ports)
        return {"nodes": int(candidate.nodes[0]), "hidden": sizes["hidden"], **sizes}

    def encode_population(
        self, candidates: Population, ports: Ports, ids: IntArray, parent_ids: IntArray
    ) -> bytes:
        """Return the gzip file with one network a line, for (P,) ids and (P, 2) ids of parents."""
        return population_jsonl.dumps(candidates, ports, ids, parent_ids)

    def encode_best(self, candidate: Population, ports: Ports, **extra: Any) -> tuple[str, bytes]:
        """Return `best/network.json` and the network (one row) as JSON, with `extra` keys in its graph."""
        text = network_json.dumps(candidate, 0, ports, indent=1, **extra)
        return layout.NETWORK, (text.rstrip() + "\n").encode()

    def run_final_test(
        self, search: Search, record: ChampionRecord, last_generation: Generation, held_out: HeldOutSettings
    ) -> FinalTest:
        """Measure the recorded best on held-out episodes, with the weights of the search and in a sweep.

        Further files hold one of these episodes, on a task with scenes.
        """
        network = cast("Population", record.network)
        evaluation = run_final_test(
            network,
            search.task,
            search.evaluator,
            search.trials.shared_weights,
            held_out,
            search.seed,
        )
        files, failures = record_trajectory(network, search.task, search.evaluator, evaluation, search.seed)
        line = describe_result(evaluation, search.task, search.evaluator)
        return FinalTest(evaluation, network, line, files, failures, _NEXT_COMMANDS)

    def count_test_episodes(self, search: Search, held_out: HeldOutSettings) -> int:
        """Return the number of held-out episodes at all weights of the search and of the sweep."""
        return count_test_episodes(search.task, search.trials.shared_weights, held_out)

    def draw_plots(self, run: Path, selection: PlotSelection) -> dict[str, bytes]:
        """Draw network, learning curve, weight sweep and complexity, as far as they are selected."""
        return pictures.draw_run(run, selection)

    def measure_objective(self, run: Path, search: Search, recorded_score: float) -> float:
        """Return the recorded score; for networks on images, their accuracy on the re-test's episodes.

        The accuracy is the mean over the weights of the trial. The network is evaluated again for it.
        """
        task = search.task
        if not isinstance(task, HasLabelledImages) or not isinstance(task, HasAccuracy):
            return recorded_score
        seeds = task.episode_seeds(search.seed, Role.RETEST, 0, search.retest_episodes)
        protocol = TestProtocol(search.trials.shared_weights, seeds)
        network = networks.read(run / layout.NETWORK, task.ports)
        try:
            return float(search.evaluator.measure(network, task.accuracy(), protocol).mean.mean())
        finally:
            if isinstance(search.evaluator, SupervisesWorkers):
                search.evaluator.close()
