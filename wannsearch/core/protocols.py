"""The three seams, on one page.

A method never sees a task, a task never sees a network, an evaluator never ranks. They meet in
plain data: `Ports`, `Candidates`, `Trials`, `Scores`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol, TypeVar, runtime_checkable

from wannsearch.core.arrays import Array, BoolArray, FloatArray, Int32Array, IntArray, UInt64Array
from wannsearch.core.candidates import Candidates
from wannsearch.core.failures import Failure
from wannsearch.core.measurement import Measurement, TestProtocol
from wannsearch.core.ports import Ports
from wannsearch.core.scores import Scores
from wannsearch.core.streams import Role, Stream
from wannsearch.core.trials import Trials


class MethodState(Protocol):
    """A method's state: plain arrays, and at least these."""

    @property
    def ids(self) -> IntArray:
        """(P,) names of the networks that `ask` returns: birth generation * P + row."""

    @property
    def parent_ids(self) -> IntArray:
        """(P, 2) their parents' ids; -1 for none."""

    @property
    def rank(self) -> Int32Array:
        """(P,) the rank that `tell` last gave each row of what it was told about; 0 is best."""


S = TypeVar("S", bound=MethodState)


class Method(Protocol[S]):
    """Proposes networks and learns from their scores."""

    def start(self, ports: Ports, rng: Stream) -> S:
        """The state before the first generation."""

    def ask(self, state: S) -> Candidates:
        """The networks to evaluate; changes nothing."""

    def tell(self, state: S, candidates: Candidates, scores: Scores, rng: Stream) -> S:
        """Rank what was asked, as evaluation left it, then breed the next.

        Whether what was learned is inherited is the method's choice.
        """


@runtime_checkable
class ValidatesState(Protocol):
    """A method that knows a state it could never have come to; files may hold anything."""

    def check(self, state: Any, ports: Ports) -> None:
        """Raise ConfigError for such a state."""


@runtime_checkable
class HasAccuracy(Protocol):
    """A task whose answers are right or wrong."""

    def accuracy(self) -> Task:
        """The same task, paid by the share of answers right."""


@runtime_checkable
class LimitsGenerations(Protocol):
    """A method that proposes a fixed number of times."""

    @property
    def max_generations(self) -> int:
        """Generations after which it has nothing new to propose."""


@runtime_checkable
class TrainsEveryCandidate(Protocol):
    """A method all of whose candidates are trained in full at the end, not the recorded best alone."""

    @property
    def trains_every_candidate(self) -> bool:
        """Whether they are."""


@runtime_checkable
class NamesScore(Protocol):
    """A task that says what its score is; of any other it is a return."""

    @property
    def score_name(self) -> str:
        """Such as "accuracy"; tables never compare scores of two names."""


@runtime_checkable
class HasDeterministicTest(Protocol):
    """A task that may have the same episode from every seed."""

    @property
    def deterministic_test(self) -> bool:
        """Whether one episode of a re-test or a final test says all."""


TaskState = tuple[Array, ...]
"""A tuple of arrays that lead with lanes; only its task looks inside."""


class Task(Protocol):
    """A batch of episodes, one a lane. A labelled data set is an episode of one step."""

    @property
    def ports(self) -> Ports:
        """Inputs without the bias, outputs, allowed activations."""

    @property
    def horizon(self) -> int:
        """Steps after which an episode ends at the latest."""

    @property
    def episodes(self) -> int:
        """Episodes per weight that a search should use unless told otherwise."""

    def episode_seeds(self, seed: int, role: Role, generation: int, episodes: int) -> UInt64Array:
        """(R,) seeds of the episodes that this role plays in this generation of the run with this seed."""

    def reset(self, seeds: UInt64Array) -> TaskState:
        """(R,) seeds -> state of R lanes."""

    def observe(self, state: TaskState) -> FloatArray:
        """State of L lanes -> (L, S, I)."""

    def step(self, state: TaskState, outputs: FloatArray) -> tuple[TaskState, FloatArray, BoolArray]:
        """Outputs (L, S, O) -> next state, reward (L,), done (L,)."""


def count_distinct_episodes(task: Task, num_episodes: int) -> int:
    """Episodes of a re-test or final test: as many as wanted, or one where all are the same."""
    is_deterministic = isinstance(task, HasDeterministicTest) and task.deterministic_test
    return 1 if is_deterministic else num_episodes


class Evaluator(Protocol):
    """Plays every (individual, weight, episode); NaN where it failed."""

    def describe(self, task: Task, trials: Trials) -> str:
        """One line: what it computes with, and how fast."""

    def evaluate(
        self,
        candidates: Candidates,
        task: Task,
        trials: Trials,
        seeds: UInt64Array,
        learn: bool = True,
    ) -> tuple[Scores, Candidates]:
        """Score every candidate with every weight in an episode from every seed (R,).

        The candidates come back as evaluation left them: the same object where nothing is learned, else
        with what was. `learn=False`, for re-tests and final tests, only scores: the same object returns.
        """

    def measure(self, network: Candidates, task: Task, protocol: TestProtocol) -> Measurement:
        """The final test of one network."""


@runtime_checkable
class NamesOwnScores(Protocol):
    """An evaluator that makes scores of its own from a task, and does not return the rewards of episodes."""

    @property
    def fitness_name(self) -> str:
        """The score that a search sees."""

    @property
    def test_score_name(self) -> str:
        """The score of the final test."""

    @property
    def steps_name(self) -> str:
        """The unit of its work, which `env_steps` counts."""


@runtime_checkable
class ReportsProgress(Protocol):
    """An evaluator whose work is long enough to say how far it is."""

    @property
    def listeners(self) -> list[Callable[[str], None]]:
        """Who hears it; may be called from any thread."""


@runtime_checkable
class ExplainsFailure(Protocol):
    """An evaluator that can say why it scored NaN."""

    def explain(self, network: Candidates, task: Task, trials: Trials, seeds: UInt64Array) -> str:
        """What was not finite: of one network, with one weight, in the episode of one seed."""


@runtime_checkable
class SupervisesWorkers(Protocol):
    """An evaluator with processes of its own, which survives what breaks in them."""

    @property
    def failures(self) -> list[Failure]:
        """Who could not be played, since this list was last cleared."""

    def close(self) -> None:
        """End the processes; the next evaluation would start new ones."""
