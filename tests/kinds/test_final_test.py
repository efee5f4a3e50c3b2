"""The line that sums a final test up, for a person."""

from __future__ import annotations

from typing import Any

import pytest

from wannsearch.core.activations import CONTROL_ACTIVATIONS
from wannsearch.core.measurement import HeldOutSettings
from wannsearch.core.topologies.dense_network import make_dense_network
from wannsearch.evaluators.reference import Reference
from wannsearch.kinds.final_test import count_test_episodes, describe_result, run_final_test
from wannsearch.tasks.cartpole import CartPole
from wannsearch.tasks.logic import Gate, Logic, LogicReward

POLE = CartPole(episodes=4, horizon=500, start_range=0.05, activations=CONTROL_ACTIVATIONS)
SHORT_POLE = CartPole(episodes=4, horizon=9, start_range=0.05, activations=CONTROL_ACTIVATIONS)
XOR = Logic(gate=Gate.XOR, bits=2, reward=LogicReward.CLOSENESS, episodes=1, activations=CONTROL_ACTIVATIONS)


def evaluation(*means: float | None, episodes: int = 100, **extra: Any) -> dict[str, Any]:
    has_failed = None in means
    mean = None if has_failed else sum(mean for mean in means if mean is not None) / len(means)
    weights = ["own"] if len(means) == 1 else [float(number) for number in range(len(means))]
    return {"mean": list(means), "mean_over_weights": mean, "weights": weights, "episodes": episodes, **extra}


@pytest.mark.parametrize(
    ("means", "line"),
    [
        ((500.0,), "500, own weights, 100 episodes; solved (475 or more)"),
        (
            (475.0, 474.0),
            "474.5, mean of 2 weights, 100 episodes each; solved (475 or more) at 1 of 2 weights",
        ),
        ((9.5, 9.5), "9.5, mean of 2 weights, 100 episodes each; not solved (475 or more)"),
        ((None, 9.5), "failed, mean of 2 weights, 100 episodes each; not solved (475 or more)"),
    ],
)
def test_it_says_whether_a_task_with_a_threshold_is_solved(
    means: tuple[float | None, ...], line: str
) -> None:
    assert describe_result(evaluation(*means), POLE, Reference()) == f"held-out return {line}"


def test_a_classification_has_its_accuracy_and_is_solved_where_all_rows_are_right() -> None:
    found = evaluation(0.9, 0.7, episodes=1, accuracy=[1.0, 0.75], solved_at=[0.0])
    assert describe_result(found, XOR, Reference()) == (
        "held-out closeness 0.8, mean of 2 weights, 1 episode each; accuracy 0.8750; "
        "solved (all rows right) at 1 of 2 weights"
    )
    failed = evaluation(None, episodes=1, accuracy=[None], solved_at=[])
    assert describe_result(failed, XOR, Reference()) == "held-out closeness failed, own weights, 1 episode"


@pytest.mark.parametrize("task", [SHORT_POLE, XOR])
@pytest.mark.parametrize("weights", [None, (-1.0, 1.0)])
def test_a_final_test_plays_as_many_episodes_as_are_counted(task: Any, weights: Any) -> None:
    played = []

    class Counting(Reference):
        def measure(self, network: Any, task: Any, protocol: Any) -> Any:
            measurement = super().measure(network, task, protocol)
            played.append(measurement.returns.size)
            return measurement

    held_out = HeldOutSettings(episodes=3, sweep_weights=5)
    network = make_dense_network([], task.ports, "linear")
    run_final_test(network, task, Counting(), weights, held_out, 0)
    assert sum(played) == count_test_episodes(task, weights, held_out)


def test_one_shared_weight_is_not_called_own_weights() -> None:
    found = evaluation(500.0) | {"weights": [-1.5]}
    line = "held-out return 500, weight -1.5, 100 episodes; solved (475 or more)"
    assert describe_result(found, POLE, Reference()) == line
