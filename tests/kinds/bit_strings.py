"""A kind of candidates that the package does not know: strings of bits, as a user's single file.

The task has a secret string. The evaluator counts the bits that agree with it, and learning sets one wrong
bit right. The method keeps the best strings as evaluation left them, so what was learned is inherited.
"""

from __future__ import annotations

import gzip
import json
import os
import signal
import time
from dataclasses import dataclass, replace

import numpy as np

from wannsearch.core.measurement import Measurement
from wannsearch.core.ports import Ports
from wannsearch.core.scores import Scores
from wannsearch.core.streams import make_stream
from wannsearch.kinds.candidate_kind import FinalTest
from wannsearch.kinds.final_test import describe_result, run_final_test
from wannsearch.records.candidate_files import candidate_sizes
from wannsearch.records.reader import RunFolder
from wannsearch.reporting.plots import style
from wannsearch.reporting.plots.plot_selection import draw_selected, name_files


@dataclass(frozen=True)
class BitStrings:
    bits: np.ndarray  # (P, B) bool

    kind = f"{__name__}.BitStringKind"

    def __len__(self):
        return len(self.bits)

    def take(self, rows):
        return BitStrings(self.bits[rows])

    def sizes(self, ports):
        return {"ones": self.bits.sum(axis=1), "zeros": (~self.bits).sum(axis=1)}

    def complexity(self, ports):
        return self.bits.sum(axis=1)

    def to_arrays(self):
        return {"bits": self.bits}

    def from_arrays(self, arrays):
        return BitStrings(**arrays)

    @classmethod
    def concatenate(cls, batches):
        return cls(np.concatenate([batch.bits for batch in batches]))

    def check(self, ports):
        assert self.bits.ndim == 2


class BitStringKind:
    name = "bit strings"
    is_known_before_test = True
    statistics = {"spread": np.ptp}  # noqa: RUF012

    def describe_sizes(self, candidate, ports):
        return {**candidate_sizes(candidate, ports), "length": candidate.bits.shape[1]}

    def encode_population(self, candidates, ports, ids, parent_ids):
        rows = zip(ids.tolist(), candidates.bits.astype(int).tolist(), strict=True)
        return gzip.compress("".join(f"{json.dumps(row)}\n" for row in rows).encode(), mtime=0)

    def encode_best(self, candidate, ports, **extra):
        return "best/bits.json", json.dumps(
            {**extra, "bits": candidate.bits[0].astype(int).tolist()}
        ).encode()

    def run_final_test(self, search, record, last_generation, held_out):
        weights = search.trials.shared_weights
        evaluation = run_final_test(
            record.network, search.task, search.evaluator, weights, held_out, search.seed
        )
        line = describe_result(evaluation, search.task, search.evaluator)
        return FinalTest(evaluation, record.network, line)

    def draw_plots(self, run, selection):
        history = RunFolder(run).read_history(("generation", "best_so_far", "spread"))

        def draw(figure):
            figure.subplots().plot(history["generation"], history["best_so_far"])

        return name_files(draw_selected({"bits": lambda: style.render(draw)}, selection, ["bits"]))

    def measure_objective(self, run, search, recorded_score):
        return recorded_score


@dataclass(frozen=True, kw_only=True)
class SecretString:
    length: int
    episodes: int = 1
    horizon: int = 1

    @property
    def ports(self):
        return Ports(self.length, 1, ("linear",))

    def episode_seeds(self, seed, role, generation, episodes):
        return make_stream(seed, role, generation).random_words(episodes, 1)[:, 0]

    def secret(self):
        return np.arange(self.length) % 3 != 0

    def reset(self, seeds):
        raise NotImplementedError

    observe = step = reset


@dataclass(frozen=True, kw_only=True)
class BitCounter:
    candidate_type = BitStrings
    teaches: bool
    kill_above: float  # mean score of a population at which the process is killed

    def describe(self, task, trials):
        return "bit counter"

    def evaluate(self, candidates, task, trials, seeds, learn=True):
        bits = candidates.bits.copy()
        if learn and self.teaches:
            wrong = bits != task.secret()
            rows = np.flatnonzero(wrong.any(axis=1))
            first_wrong = wrong[rows].argmax(axis=1)
            bits[rows, first_wrong] = task.secret()[first_wrong]
        agree = (bits == task.secret()).mean(axis=1)
        if learn and self.kill_above < 1:
            time.sleep(0.2)  # so that the generation before is recorded
        if learn and agree.mean() >= self.kill_above:
            os.kill(os.getpid(), signal.SIGKILL)
        returns = np.broadcast_to(agree[:, None, None], (len(bits), 1, len(seeds))).copy()
        scores = Scores(returns, np.ones(returns.shape, np.int64))
        return scores, BitStrings(bits) if learn else candidates

    def measure(self, network, task, protocol):
        scores, _ = self.evaluate(network, task, None, protocol.seeds, learn=False)
        return Measurement(("own",), scores.returns[0], scores.steps[0])


@dataclass(frozen=True)
class ClimberState:
    bits: np.ndarray  # (P, B) bool
    ids: np.ndarray
    parent_ids: np.ndarray
    rank: np.ndarray


@dataclass(frozen=True, kw_only=True)
class BitClimber:
    candidate_type = BitStrings
    population_size: int
    flip_probability: float

    def start(self, ports, rng):
        size = self.population_size
        return ClimberState(
            rng.uniform(size, ports.inputs) < 0.2,
            size + np.arange(size),
            np.full((size, 2), -1),
            np.zeros(size, np.int32),
        )

    def ask(self, state):
        return BitStrings(state.bits)

    def tell(self, state, candidates, scores, rng):
        order = np.argsort(-scores.mean, kind="stable")
        rank = np.empty(len(order), np.int32)
        rank[order] = np.arange(len(order))
        parents = order[np.arange(len(order)) // 2]
        bits = candidates.bits[parents]
        flips = rng.uniform(len(bits), bits.shape[1]) < self.flip_probability
        parent_ids = np.stack([state.ids[parents], np.full(len(order), -1)], axis=1)
        return replace(state, bits=bits ^ flips, ids=state.ids + len(order), parent_ids=parent_ids, rank=rank)
