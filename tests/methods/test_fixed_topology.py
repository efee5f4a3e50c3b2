"""The fixed network: its shape stays, its weights follow the scores."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from wannsearch.commands.search import main
from wannsearch.core.errors import ConfigError
from wannsearch.core.ports import Ports
from wannsearch.core.scores import Scores
from wannsearch.core.streams import Role, make_stream
from wannsearch.core.topologies.dense_network import make_dense_network
from wannsearch.methods.fixed_topology import FixedTopology, FixedTopologyState
from wannsearch.variation.cma_es import CovarianceType

PORTS = Ports(5, 1, ("tanh",))


def _method(**changed: object) -> FixedTopology:
    settings = {
        "population_size": 16,
        "layers": (10,),
        "hidden_activation": "tanh",
        "output_activation": "linear",
        "initial_sigma": 0.5,
        "covariance": CovarianceType.FULL,
        "patience": 100,
    }
    return FixedTopology(**(settings | changed))


def _told(
    method: FixedTopology, state: FixedTopologyState, returns: np.ndarray, generation: int
) -> FixedTopologyState:
    scores = Scores(returns[:, None, None], np.ones((len(returns), 1, 1), np.int64))
    return method.tell(state, method.ask(state), scores, make_stream(0, Role.TELL, generation))


def test_every_row_is_the_papers_5_10_1_network_and_row_0_has_the_mean_of_the_weights() -> None:
    method = _method()
    state = method.start(PORTS, make_stream(0, Role.START))
    candidates = method.ask(state)
    candidates.check(PORTS)
    plain = make_dense_network([10], PORTS, "tanh")
    assert (candidates.edges == 71).all()
    for name in ("nodes", "activation", "edges", "source", "target"):
        assert (getattr(candidates, name) == getattr(plain, name)).all()
    assert (candidates.weight[0] == 0).all()
    assert candidates.weight[1:].std() == pytest.approx(0.5, rel=0.1)


@pytest.mark.long
def test_the_mean_comes_to_the_weights_that_score_best() -> None:
    method, goal = _method(layers=(2,)), np.linspace(-1, 1, 15)
    state = method.start(PORTS, make_stream(0, Role.START))
    for generation in range(1, 300):
        state = _told(method, state, -((state.candidate_weights - goal) ** 2).sum(axis=1), generation)
    assert method.ask(state).weight[0] == pytest.approx(goal, abs=1e-4)
    assert state.ids.tolist() == list(range(300 * 16, 301 * 16))


def test_a_generation_of_failures_moves_nothing_beyond_all_numbers() -> None:
    method = _method()
    state = method.start(PORTS, make_stream(0, Role.START))
    for generation in range(1, 40):
        returns = np.full(16, np.nan)
        returns[generation % 16] = 1.0
        state = _told(method, state, returns, generation)
        method.check(state, PORTS)


@pytest.mark.parametrize("covariance", list(CovarianceType))
def test_without_a_better_best_it_begins_again_around_zero(covariance: CovarianceType) -> None:
    method = _method(patience=7, covariance=covariance)
    state = method.start(PORTS, make_stream(0, Role.START))
    first, begun = state.candidate_weights.copy(), []
    for generation in range(1, 23):
        state = _told(method, state, np.zeros(16), generation)
        begun.append(state.restarts)
        if state.restarts != state.distribution.num_updates == 0:
            assert (state.candidate_weights[0] == 0).all()
            assert (state.candidate_weights[1:] != first[1:]).all()
    assert begun == [0] * 7 + [1] * 8 + [2] * 7  # the first generation of each is the best so far


@pytest.mark.long
def test_stopping_and_going_on_gives_the_same_bytes(tmp_path: Path) -> None:
    words = [
        "task=cartpole_swingup", "method=fixed_topology", "method.population_size=8", "display=off",
        "task.horizon=40", "debug=fast", "retest.repeats=1", "checkpoint.min_seconds=0",
    ]  # fmt: skip
    straight, parts = tmp_path / "straight", tmp_path / "parts"
    assert main([*words, f"hydra.run.dir={straight}", "generations=9"]) == 0
    for total in (3, 4, 9):
        assert main([*words, f"hydra.run.dir={parts}", f"generations={total}"]) == 0
    for name in ("history.csv", "ranking.csv", "population.jsonl.gz", "best/network.json", "summary.json"):
        assert (straight / name).read_bytes() == (parts / name).read_bytes()
    assert json.loads((parts / "summary.json").read_text())["best"]["connections"] == 71


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"layers": (0,)}, "at least one node"),
        ({"population_size": 4}, "population_size is 4"),
        ({"patience": 0}, "patience is 0"),
        ({"initial_sigma": 0.0}, "initial_sigma is 0.0"),
        ({"hidden_activation": "tahn"}, "Did you mean 'tanh'"),
        ({"layers": (100, 100)}, "1 to 5000 weights"),
    ],
)
def test_impossible_settings_are_refused(changed: dict[str, object], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        _method(**changed)
