"""Weights of one network by gradient, for tasks whose reward is a smooth loss of labelled rows.

The network's forward pass and the task's own `lane_reward` run with torch instead of NumPy, so that the
mean return of a batch can be differentiated. Adam (Kingma & Ba 2015) maximises it. At the start, every
`eval_every` steps and at the end, the weights are evaluated on the episodes of a re-test (a validation
split, for tasks that have one), and the best of them are the result. Steps are the generations of the
episode stream: batch t depends on (seed, t) alone.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from wannsearch.core.activations import ACTIVATION_NAMES, NEAT_SLOPE
from wannsearch.core.errors import ConfigError, check_at_least
from wannsearch.core.measurement import TestProtocol
from wannsearch.core.protocols import Evaluator, count_distinct_episodes
from wannsearch.core.settings import convert_fields
from wannsearch.core.streams import Role, make_stream, sample_normal
from wannsearch.core.tasks.labelled_task import LabelledTask
from wannsearch.core.topologies.population import Population

Tensor = Any


@dataclass(frozen=True, kw_only=True)
class GradientSettings:
    """Settings of Adam, of the first weights and of the validations."""

    steps: int
    learning_rate: float
    init_noise_std: float  # standard deviation of noise on the first weights: equal ones would stay equal
    eval_every: int  # steps between two evaluations on the re-test's episodes

    def __post_init__(self) -> None:
        convert_fields(self)
        check_at_least("gradient.steps", self.steps, 1)
        check_at_least("gradient.eval_every", self.eval_every, 1)
        if not 0 < self.learning_rate < np.inf:
            raise ConfigError(f"gradient.learning_rate is {self.learning_rate}; it must be above 0.")
        if not 0 <= self.init_noise_std < np.inf:
            raise ConfigError(f"gradient.init_noise_std is {self.init_noise_std}; it must be 0 or more.")


@dataclass(frozen=True)
class GradientResult:
    """The network with the best weights, and the mean return of every validation: (step, return).

    Step 0 stands for the first weights. A validation that failed has the return minus infinity.
    """

    network: Population
    validations: tuple[tuple[int, float], ...]
    episodes: int  # of all steps and validations


class _TorchMath:
    """The `LaneMath` of torch tensors, in float64."""

    def __init__(self) -> None:
        import torch

        self._torch = torch
        for name in ("sin", "cos", "exp", "log", "tanh", "sqrt", "abs"):
            setattr(self, name, getattr(torch, name))

    def _tensor(self, x: Tensor) -> Tensor:
        return x if isinstance(x, self._torch.Tensor) else self._torch.tensor(x, dtype=self._torch.float64)

    def minimum(self, x: Tensor, y: Tensor, /) -> Tensor:
        return self._torch.minimum(self._tensor(x), self._tensor(y))

    def maximum(self, x: Tensor, y: Tensor, /) -> Tensor:
        return self._torch.maximum(self._tensor(x), self._tensor(y))

    def where(self, condition: Tensor, x: Tensor, y: Tensor, /) -> Tensor:
        return self._torch.where(condition, self._tensor(x), self._tensor(y))

    def float32(self, x: Tensor, /) -> Tensor:
        return x.to(self._torch.float32).to(self._torch.float64)


def _formulas(m: Any) -> dict[str, Callable[[Tensor], Tensor]]:
    """Return the activation table in torch; the step activation has no gradient, and gets no substitute."""
    return {
        "linear": lambda x: x,
        "step": lambda x: m.where(x > 0.0, 1.0, 0.0),
        "sin": lambda x: m.sin(np.pi * x),
        "gaussian": lambda x: m.exp(-0.5 * x * x),
        "tanh": m.tanh,
        "sigmoid": lambda x: 0.5 + 0.5 * m.tanh(0.5 * x),  # its gradient never becomes infinity times 0
        "inverse": lambda x: -x,
        "absolute": m.abs,
        "relu": lambda x: m.maximum(x, 0.0),
        "cosine": lambda x: m.cos(np.pi * x),
        "squared": lambda x: x * x,
        "steep_sigmoid": lambda x: 0.5 + 0.5 * m.tanh(0.5 * NEAT_SLOPE * x),
    }


def _forward(network: Population, weights: Tensor, inputs: list[Tensor], outputs: int, m: Any) -> Any:
    """Return the O outputs (L,) of the network for I input tensors (L,), in one pass over the slots."""
    formulas, nodes = _formulas(m), int(network.nodes[0])
    values: list[Any] = [1.0, *inputs]
    incoming_edges: list[list[int]] = [[] for _ in range(nodes)]
    for edge in range(int(network.edges[0])):
        incoming_edges[int(network.target[0, edge])].append(edge)
    for slot in range(len(values), nodes):
        total: Any = inputs[0] * 0.0
        for edge in incoming_edges[slot]:
            total = total + weights[edge] * values[int(network.source[0, edge])]
        values.append(formulas[ACTIVATION_NAMES[int(network.activation[0, slot])]](total))
    return tuple(values[nodes - outputs :])


def train_weights(
    evaluator: Evaluator,
    network: Population,
    task: LabelledTask,
    settings: GradientSettings,
    seed: int,
    episodes: int,
) -> GradientResult:
    """Train the network's weights with Adam, from near its own, and return the best validated ones.

    A step uses a batch of `episodes` episodes. The first weights, own ones plus noise, may be the best. Torch
    has one thread meanwhile. Raises ConfigError where the return has no gradient.
    """
    import torch

    num_threads = torch.get_num_threads()
    torch.set_num_threads(1)  # sums keep their order, and so their last bits
    try:
        return _run_adam(torch, evaluator, network, task, settings, seed, episodes)
    finally:
        torch.set_num_threads(num_threads)


def _run_adam(
    torch: Any,
    evaluator: Evaluator,
    network: Population,
    task: LabelledTask,
    settings: GradientSettings,
    seed: int,
    episodes: int,
) -> GradientResult:
    m: Any = _TorchMath()
    ports = task.ports
    initial_weights = network.weight[0, : int(network.edges[0])]
    initial_weights = (
        initial_weights
        + settings.init_noise_std * sample_normal(make_stream(seed, Role.START), 1, len(initial_weights))[0]
    )
    weights = torch.tensor(initial_weights, requires_grad=True)
    optimizer = torch.optim.Adam([weights], lr=settings.learning_rate)
    validation_seeds = task.episode_seeds(seed, Role.RETEST, 0, count_distinct_episodes(task, episodes))

    def validate(step: int) -> tuple[float, int, Population]:
        candidate = replace(network, weight=weights.detach().numpy().copy()[None])
        mean = float(evaluator.measure(candidate, task, TestProtocol(None, validation_seeds)).mean[0])
        return (-np.inf if np.isnan(mean) else mean), step, candidate

    best = validate(0)
    validations = [(0, best[0])]
    for step in range(1, settings.steps + 1):
        rows = task.start_values(task.episode_seeds(seed, Role.EPISODES, step, episodes))
        columns = torch.from_numpy(np.ascontiguousarray(rows.reshape(-1, rows.shape[-1]).T))
        outputs = _forward(network, weights, list(columns[:-1]), ports.outputs, m)
        rewards = task.lane_reward(m, outputs, columns[-1]).reshape(rows.shape[:2])
        loss = -task.episode_return(rewards.mean(dim=1)).mean()
        if not loss.requires_grad:
            raise ConfigError("weights=gradient needs a return with a slope; this task's has none.")
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        if step % settings.eval_every == 0 or step == settings.steps:
            validation = validate(step)
            validations.append((step, validation[0]))
            best = validation if validation[0] > best[0] else best
    return GradientResult(
        best[2], tuple(validations), settings.steps * episodes + len(validations) * len(validation_seeds)
    )
