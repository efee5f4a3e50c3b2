"""Weights by gradient: the same network and the same loss as every evaluator plays."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression

from wannsearch.core.activations import ACTIVATION_NAMES, activate
from wannsearch.core.errors import ConfigError
from wannsearch.core.measurement import TestProtocol
from wannsearch.core.streams import Role
from wannsearch.core.topologies.dense_network import make_dense_network
from wannsearch.evaluators.reference import Reference
from wannsearch.tasks.digits import Digits
from wannsearch.tasks.image_task import ImageReward
from wannsearch.tuning.gradient import GradientSettings, _formulas, _forward, _TorchMath, train_weights

DIGITS = Digits(split_seed=0, batch_size=200, reward=ImageReward.LOSS, episodes=1, activations=("tanh",))


def test_the_formulas_are_those_of_the_activation_table() -> None:
    formulas = _formulas(_TorchMath())
    assert set(ACTIVATION_NAMES.values()) <= set(formulas)
    x = np.linspace(-3, 3, 61)
    for number, name in ACTIVATION_NAMES.items():
        ours = formulas[name](torch.from_numpy(x)).numpy()
        assert ours == pytest.approx(activate(number, x), abs=1e-12), name


def test_no_formula_has_a_slope_that_is_no_number() -> None:
    for name, formula in _formulas(_TorchMath()).items():
        x = torch.tensor(
            [-800.0, -200.0, -1.0, 0.0, 1.0, 200.0, 800.0], dtype=torch.float64, requires_grad=True
        )
        value = formula(x).sum()
        if value.requires_grad:
            value.backward()
            assert torch.isfinite(x.grad).all(), name


def test_the_loss_is_the_one_that_evaluators_pay() -> None:
    network = make_dense_network([6, 4], DIGITS.ports, "tanh")
    weight = np.random.default_rng(0).normal(size=network.weight.shape)
    network = type(network)(**{**vars(network), "weight": weight})
    seeds = DIGITS.episode_seeds(0, Role.EPISODES, 1, 2)
    paid = Reference().measure(network, DIGITS, TestProtocol(None, seeds)).mean[0]
    rows = DIGITS.start_values(seeds)
    columns = torch.from_numpy(np.ascontiguousarray(rows.reshape(-1, 65).T))
    m = _TorchMath()
    outputs = _forward(network, torch.from_numpy(weight[0]), list(columns[:-1]), 10, m)
    assert DIGITS.lane_reward(m, outputs, columns[-1]).mean().item() == pytest.approx(paid, rel=1e-12)


@pytest.mark.long
def test_a_linear_readout_comes_close_to_what_sklearn_finds() -> None:
    found = train_weights(
        Reference(), make_dense_network([], DIGITS.ports, "tanh"), DIGITS,
        GradientSettings(steps=150, learning_rate=0.1, init_noise_std=0.1, eval_every=50), 0, 1,
    )  # fmt: skip
    test = DIGITS.episode_seeds(0, Role.HELD_OUT, 0, 1)
    right = Reference().measure(found.network, DIGITS.accuracy(), TestProtocol(None, test)).mean[0]
    training = DIGITS.start_values(DIGITS.episode_seeds(0, Role.EPISODES, 1, 1))[0]
    held_out = DIGITS.start_values(test)[0]
    pixels, _ = load_digits(return_X_y=True)
    assert pixels.shape[1] == training.shape[1] - 1
    sklearn = LogisticRegression(max_iter=2000).fit(training[:, :-1], training[:, -1])
    assert right >= sklearn.score(held_out[:, :-1], held_out[:, -1]) - 0.01
    assert [step for step, _ in found.validations] == [0, 50, 100, 150]
    assert max(mean for _, mean in found.validations) == pytest.approx(
        Reference()
        .measure(found.network, DIGITS, TestProtocol(None, DIGITS.episode_seeds(0, Role.RETEST, 0, 1)))
        .mean[0]
    )


def test_the_same_seed_climbs_the_same_way() -> None:
    network, plan = (
        make_dense_network([3], DIGITS.ports, "tanh"),
        GradientSettings(steps=5, learning_rate=0.1, init_noise_std=0.1, eval_every=5),
    )
    ways = [train_weights(Reference(), network, DIGITS, plan, seed, 1).network.weight for seed in (1, 1, 2)]
    assert (ways[0] == ways[1]).all()
    assert (ways[0] != ways[2]).any()


def test_a_return_without_a_slope_is_refused() -> None:
    task = Digits(split_seed=0, batch_size=50, reward=ImageReward.ACCURACY, episodes=1, activations=("tanh",))
    with pytest.raises(ConfigError, match="needs a return with a slope"):
        train_weights(
            Reference(),
            make_dense_network([], task.ports, "tanh"),
            task,
            GradientSettings(steps=1, learning_rate=1, init_noise_std=0, eval_every=1),
            0,
            1,
        )
