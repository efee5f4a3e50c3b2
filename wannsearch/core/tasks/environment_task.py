"""The base class of tasks whose episodes run in live environments, one object an episode.

An environment is stepped forward alone, lane by lane, and holds its state for itself. So an evaluator that
steps many lanes together asks such a task for episodes, and gives each its action. A task of this kind is
also a `Task` (`core.protocols`), which serves evaluators that know nothing of environments.

Shape letters: L lanes, I inputs, O outputs.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, Protocol

from wannsearch.core.arrays import FloatArray, UInt8Array
from wannsearch.core.ports import Ports


class LiveEpisode(Protocol):
    """One episode in progress, in an environment of its own."""

    def step(self, action: Any, observation: FloatArray) -> tuple[float, bool, bool]:
        """Advance the episode by one step.

        Args:
            action: One of the actions that `EnvironmentTask.decode_actions` returned.
            observation: An array (I,) that receives the next observation.

        Returns:
            The reward, whether the environment has terminated, and whether the episode was cut off at a
            limit of the environment. The horizon of the task is not counted here.

        Raises:
            EvaluationFailed: The environment fails.
        """

    def close(self) -> None:
        """End the episode, whose environment may then serve another one; a second call does nothing."""


class RenderedEpisode(LiveEpisode, Protocol):
    """An episode whose environment draws its state."""

    def render(self) -> UInt8Array:
        """Draw the present state as an image.

        Returns:
            The image, (H, W, 3) uint8, with red, green and blue in this order.

        Raises:
            EvaluationFailed: The environment cannot draw it.
        """


class EnvironmentTask(ABC):
    """A task whose episodes run in live environments."""

    horizon: Any  # steps after which an episode ends at the latest; an int once the task is made
    episodes: int

    @property
    @abstractmethod
    def ports(self) -> Ports:
        """Return the number of inputs (without the bias) and outputs, and the allowed activations."""

    @abstractmethod
    def start_episode(self, seed: int, observation: FloatArray) -> LiveEpisode:
        """Start an episode.

        Args:
            seed: The seed of the episode, a 64-bit number; the episode depends on it alone.
            observation: An array (I,) that receives the first observation.

        Returns:
            The episode, before its first step.

        Raises:
            EvaluationFailed: The environment fails.
        """

    @abstractmethod
    def decode_actions(self, outputs: FloatArray) -> tuple[list[Any], list[bool]]:
        """Convert the outputs of networks to actions.

        Args:
            outputs: The outputs, (L, O) float64.

        Returns:
            L actions, and L flags that are True where the action is valid. An invalid one, from a NaN
            output, fails its episode and is not taken.
        """
