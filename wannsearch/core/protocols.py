"""The three seams: a method proposes networks, an evaluator scores them on a task.

A method has no access to a task, a task none to a network, and an evaluator never ranks. They exchange
plain data: `Ports`, `Candidates`, `Trials`, `Scores`. The other protocols name what a class may offer
beside its seam; callers test for them with `isinstance`.

Shape letters: P candidates, K shared weights, R episodes, L lanes, S samples of a lane, I inputs,
O outputs.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar, Protocol, TypeVar, runtime_checkable

from wannsearch.core.arrays import Array, BoolArray, FloatArray, Int32Array, IntArray, UInt64Array
from wannsearch.core.candidates import CandidatesOfKind
from wannsearch.core.failures import Failure
from wannsearch.core.measurement import Measurement, TestProtocol
from wannsearch.core.ports import Ports
from wannsearch.core.scores import Scores
from wannsearch.core.streams import Role, Stream
from wannsearch.core.tasks.environment_task import RenderedEpisode
from wannsearch.core.tasks.scene import Scene
from wannsearch.core.trials import Trials


class MethodState(Protocol):
    """A method's state is a dataclass; it holds at least these three arrays, which lead with P.

    A checkpoint stores its arrays and numbers, also those of dataclasses in it. Any other field must follow
    from the config.
    """

    @property
    def ids(self) -> IntArray:
        """Return the (P,) int64 ids of the candidates that `ask` proposes: birth generation * P + row."""

    @property
    def parent_ids(self) -> IntArray:
        """Return the (P, 2) int64 ids of the ancestors of each candidate; -1 stands for none."""

    @property
    def rank(self) -> Int32Array:
        """Return the (P,) int32 rank of each row that `tell` ranked last; 0 is best, all are 0 at first."""


S = TypeVar("S", bound=MethodState)


class Method(Protocol[S]):
    """A method proposes candidates and learns from their scores.

    `candidate_type` is the class of the candidates that `ask` returns; a method without it proposes
    `Population`. `evaluator=auto` reads it from the class, before an object is made.
    """

    candidate_type: ClassVar[type[Any]]

    def start(self, ports: Ports, rng: Stream) -> S:
        """Build the state before the first generation.

        Args:
            ports: Inputs, outputs and allowed activations of the task.
            rng: The stream of this run with `Role.START`.

        Returns:
            The state from which `ask` proposes generation 1.

        Raises:
            ConfigError: The settings do not fit these ports.
        """

    def ask(self, state: S) -> CandidatesOfKind:
        """Propose the candidates of the next generation; a second call returns equal candidates.

        Args:
            state: The state that `start` or `tell` returned; it stays unchanged.

        Returns:
            P candidates, one for each row of `state.ids`.
        """

    def tell(self, state: S, candidates: CandidatesOfKind, scores: Scores, rng: Stream) -> S:
        """Rank the candidates by their scores and build the state of the next generation.

        Whether learned masks are inherited is the method's choice.

        Args:
            state: The state from which `ask` proposed these candidates.
            candidates: The P candidates as `Evaluator.evaluate` returned them.
            scores: Returns and steps, (P, K, R) each; the return of a failed evaluation is NaN.
            rng: The stream of this generation with `Role.TELL`.

        Returns:
            The next state; its `rank` belongs to the rows of `candidates`.
        """


@runtime_checkable
class ValidatesState(Protocol):
    """Such a method checks a loaded state, since a checkpoint file may hold anything."""

    def check(self, state: Any, ports: Ports) -> None:
        """Refuse a state that the method could never reach.

        Args:
            state: A state read from a checkpoint; its arrays may have any shape and content.
            ports: Inputs, outputs and allowed activations of the task.

        Raises:
            ConfigError: The state is not reachable with these settings and ports.
        """


@runtime_checkable
class HasAccuracy(Protocol):
    """The outputs of such a task are right or wrong, so that an accuracy exists."""

    def accuracy(self) -> Task:
        """Build the same task with the accuracy as its reward.

        Returns:
            A task that differs in its reward only: the share of rows that are right, in 0..1.
        """


@runtime_checkable
class LimitsGenerations(Protocol):
    """Such a method proposes candidates in a fixed number of generations only."""

    @property
    def max_generations(self) -> int:
        """Return the number of generations after which the method has no new candidates."""


@runtime_checkable
class TrainsEveryCandidate(Protocol):
    """Such a method may require the full training of all its candidates, not of the recorded best alone."""

    @property
    def trains_every_candidate(self) -> bool:
        """Return whether every candidate is trained in full at the end."""


@runtime_checkable
class NamesScore(Protocol):
    """Such a task names its score; the score of any other task is a "return"."""

    @property
    def score_name(self) -> str:
        """Return the name, such as "accuracy"; tables never compare scores of different names."""


@runtime_checkable
class HasSolvedScore(Protocol):
    """Such a task counts as solved from some mean score on."""

    @property
    def solved_score(self) -> float | None:
        """Return this score; None for settings to which its source does not apply."""


@runtime_checkable
class HasDeterministicTest(Protocol):
    """Such a task may have the same episode from every seed of a test."""

    @property
    def deterministic_test(self) -> bool:
        """Return whether one episode of a re-test or a final test suffices, since all are the same."""


@runtime_checkable
class DescribesScene(Protocol):
    """Such a task can picture a state, so that a run draws its best network's episode."""

    def describe_scene(self, state: tuple[Any, ...], step: int) -> Scene:
        """Describe the state of one lane as plain shapes.

        Args:
            state: The parts of `TaskState` without the axis of lanes; a float where a part is one number.
            step: The number of steps before this state, from 0.

        Returns:
            Shapes, and the part of the plane that a picture shows.
        """


@runtime_checkable
class DescribesEnding(Protocol):
    """Such a task can tell how an episode has ended, so that a run records an episode of its best network."""

    def describe_ending(self, state: tuple[Any, ...]) -> str:
        """Return one word, such as "terminated" or "truncated", for the last state of an episode.

        Args:
            state: The parts of `TaskState` without the axis of lanes, as for `describe_scene`.

        Returns:
            The word; "" where the episode goes on.
        """


class RenderingTask(Protocol):
    """A task of live environments that draw their own state; it is made for a film, and no search uses it."""

    @property
    def horizon(self) -> int:
        """Return the number of steps after which an episode ends at the latest."""

    @property
    def ports(self) -> Ports:
        """Return the number of inputs (without the bias) and outputs, and the allowed activations."""

    @property
    def step_s(self) -> float | None:
        """Return the seconds of real time that a step lasts, or None where nothing says so."""

    def start_episode(self, seed: int, observation: FloatArray) -> RenderedEpisode:
        """Start an episode, as `EnvironmentTask.start_episode` does."""

    def decode_actions(self, outputs: FloatArray) -> tuple[list[Any], list[bool]]:
        """Convert outputs to actions, as `EnvironmentTask.decode_actions` does."""


@runtime_checkable
class RendersFrames(Protocol):
    """Such a task may have environments that draw their own state, so that its episodes can be filmed."""

    def make_rendering_task(self) -> RenderingTask | None:
        """Make a copy of this task whose episodes are the same and draw their states.

        Returns:
            The copy, or None where these environments draw no images.
        """


TaskState = tuple[Array, ...]
"""A tuple of arrays that lead with lanes; only its own task reads the contents."""


class Task(Protocol):
    """A task simulates a batch of episodes, one per lane. Labelled data is an episode of one step."""

    @property
    def ports(self) -> Ports:
        """Return the number of inputs (without the bias) and outputs, and the allowed activations."""

    @property
    def horizon(self) -> int:
        """Return the number of steps after which an episode ends at the latest."""

    @property
    def episodes(self) -> int:
        """Return the default number of episodes per weight in a search."""

    def episode_seeds(self, seed: int, role: Role, generation: int, episodes: int) -> UInt64Array:
        """Return the seeds of the episodes for one role and generation of a run.

        Args:
            seed: The seed of the run.
            role: The purpose of the episodes: search, re-test or held-out test.
            generation: The generation, from 1, or another counter of the caller; 0 outside of generations.
            episodes: The number of episodes, R.

        Returns:
            Seeds, (R,) uint64.

        Raises:
            ConfigError: The task has fewer episodes for this role.
        """

    def reset(self, seeds: UInt64Array) -> TaskState:
        """Start one episode per seed.

        Args:
            seeds: Episode seeds, (R,) uint64. An episode depends on its seed alone.

        Returns:
            The state of R lanes: arrays that lead with R.
        """

    def observe(self, state: TaskState) -> FloatArray:
        """Compute the observations of all lanes.

        Args:
            state: The state of L lanes.

        Returns:
            Observations, (L, S, I) float64. A value that is not finite fails the episode.
        """

    def step(self, state: TaskState, outputs: FloatArray) -> tuple[TaskState, FloatArray, BoolArray]:
        """Advance every lane by one step.

        A lane that has ended may be stepped on with the others; its further rewards are ignored.

        Args:
            state: The state of L lanes.
            outputs: The outputs of the network, (L, S, O) float64, from the observations of this state.

        Returns:
            The next state, the rewards (L,) and whether each episode is done (L,) bool. A reward that is
            not finite fails the episode.
        """


def count_distinct_episodes(task: Task, num_episodes: int) -> int:
    """Return the number of episodes of a test: `num_episodes`, or 1 where all of them are the same."""
    is_deterministic = isinstance(task, HasDeterministicTest) and task.deterministic_test
    return 1 if is_deterministic else num_episodes


class Evaluator(Protocol):
    """An evaluator scores every (candidate, weight, episode), with NaN for an evaluation that failed.

    `evaluator=auto` chooses by three statements of the class, before an object is made. `candidate_type` is
    the class of the candidates that it accepts, and `can_evaluate` judges the class of a task. Of several
    evaluators that fit, the one with the highest `speed_rank` is taken: the ranks order evaluators of the
    same candidates on the same task from slow to fast, and say nothing about how much faster one is. An
    evaluator without them accepts `Population` on any task, and has rank 0.
    """

    candidate_type: ClassVar[type[Any]]
    speed_rank: ClassVar[int]

    @classmethod
    def can_evaluate(cls, task_type: type[Any]) -> bool:
        """Return whether the evaluator can evaluate on tasks of this class, whatever their settings."""

    def describe(self, task: Task, trials: Trials) -> str:
        """Describe in one line the backend of the evaluator: library, precision, threads.

        Args:
            task: The task that is to be evaluated on.
            trials: Shared weights and episodes.

        Returns:
            One line of text for the terminal.

        Raises:
            ConfigError: The evaluator cannot evaluate on this task with these trials.
        """

    def evaluate(
        self,
        candidates: CandidatesOfKind,
        task: Task,
        trials: Trials,
        seeds: UInt64Array,
        learn: bool = True,
    ) -> tuple[Scores, CandidatesOfKind]:
        """Score every candidate with every weight in one episode per seed.

        Args:
            candidates: P candidates.
            task: The task to evaluate on.
            trials: The K shared weights, or the networks' own weights (K = 1).
            seeds: Episode seeds, (R,) uint64.
            learn: Whether the evaluation may change candidates; False for re-tests and final tests.

        Returns:
            Scores (P, K, R), and the candidates as the evaluation left them: the same object if `learn` is
            False, else the same object or a copy that holds what was learned.

        Raises:
            ConfigError: The candidates and the task do not fit the evaluator, or memory is too small.
            EvaluationFailed: A candidate failed and the settings stop the run, or no worker can be started.
        """

    def measure(self, network: CandidatesOfKind, task: Task, protocol: TestProtocol) -> Measurement:
        """Run the final test of one network.

        Args:
            network: One candidate, as a batch of one.
            task: The task to test on.
            protocol: Shared weights (or None for the network's own), and the R seeds of the test.

        Returns:
            Returns and steps, (K, R) each; an evaluator that `NamesOwnScores` may return other test scores.

        Raises:
            ConfigError: As `evaluate`.
            EvaluationFailed: As `evaluate`.
        """


@runtime_checkable
class NamesOwnScores(Protocol):
    """Such an evaluator computes scores of its own from a task, instead of the returns of episodes."""

    @property
    def fitness_name(self) -> str:
        """Return the name of the score that a search uses."""

    @property
    def test_score_name(self) -> str:
        """Return the name of the score of the final test."""

    @property
    def steps_name(self) -> str:
        """Return the unit of work that the column `env_steps` counts."""


@runtime_checkable
class ReportsProgress(Protocol):
    """Such an evaluator reports progress, because one evaluation may take long."""

    @property
    def listeners(self) -> list[Callable[[str], None]]:
        """Return the callbacks that receive each line of progress; any thread may call them."""


@runtime_checkable
class MeasuresSpeed(Protocol):
    """Such an evaluator can measure how fast a task is, before a search on it begins."""

    def measure_step_rate(self, task: Task, trials: Trials) -> float:
        """Measure the speed of a task within seconds, even where the task hangs.

        Episodes of seeds that nothing else uses are played, apart from every stream of the run.

        Args:
            task: The task that is to be evaluated on.
            trials: Shared weights and episodes.

        Returns:
            Steps per second of all lanes together, in episodes that last the whole horizon, starts included;
            NaN where the speed cannot be measured.
        """


@runtime_checkable
class ExplainsFailure(Protocol):
    """Such an evaluator can explain why an evaluation returned NaN."""

    def explain(self, network: CandidatesOfKind, task: Task, trials: Trials, seeds: UInt64Array) -> str:
        """Explain the failure of one network with one weight in one episode.

        Args:
            network: The candidate that failed, as a batch of one.
            task: The task of the failed evaluation.
            trials: The weight of the failed evaluation, with one episode.
            seeds: The seed of the failed episode, (1,) uint64.

        Returns:
            The cause in one line of text, such as the first value that was not finite.
        """


@runtime_checkable
class SupervisesWorkers(Protocol):
    """Such an evaluator has worker processes of its own, and records the candidates that failed in them."""

    @property
    def failures(self) -> list[Failure]:
        """Return the failed candidates since the caller last cleared this list."""

    def close(self) -> None:
        """End the worker processes; the next evaluation would start new ones."""
