"""wannsearch-tune: good weights for one network, shared and own, and what they are worth.

First the best weight that all connections can share (`evaluators.shared_weight`), then each
connection's own, by CMA-ES from there (`methods.evolved_weights`), a search like any other with
history, checkpoints and champion, or by gradient. At the end the four columns of Gaier & Ha (2019),
Table 1, on episodes that nothing before has seen, in `tuning.json`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wannsearch.commands.data_settings import DataSettings
from wannsearch.commands.hydra.build import build, made
from wannsearch.commands.run_task import describe_task, read_network
from wannsearch.commands.running.display import Display, Mode
from wannsearch.commands.running.objective import recorded_score
from wannsearch.commands.running.outcome import Outcome
from wannsearch.commands.running.run_folder import Plan, recorded
from wannsearch.commands.search import OnError, SweepSettings
from wannsearch.commands.typed_arguments import get_typed_key, select_unread
from wannsearch.core.champion import Champion, Retest
from wannsearch.core.errors import ConfigError, at_least, between
from wannsearch.core.measurement import HeldOut
from wannsearch.core.protocols import Evaluator, Task
from wannsearch.core.settings import convert_fields
from wannsearch.core.tasks.labelled_task import LabelledTask
from wannsearch.core.topologies.population import Population
from wannsearch.core.trials import Trials
from wannsearch.records.throttle import Throttle
from wannsearch.tuning.gradient import Gradient, climbed
from wannsearch.tuning.shared_weight import SharedWeight, Tuned, tuned
from wannsearch.variation.cma_es import Covariance

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from wannsearch.commands.request import Request
    from wannsearch.methods.cma_es import EvolvedWeights
    from wannsearch.records.writer import RunWriter
    from wannsearch.search import Search

_KIND = "tune"


class Weights(str, Enum):
    """How a connection's own weight is found."""

    EVOLVE = "evolve"
    GRADIENT = "gradient"
    KEEP = "keep"  # not at all: the best shared weight stays


class Start(str, Enum):
    """Where own weights begin."""

    SHARED = "shared"
    OWN = "own"


@dataclass(frozen=True, kw_only=True)
class TuneConfig:
    """The top level of `conf/tune.yaml`."""

    task: Any
    evaluator: Any
    network: str
    network_sha256: str | None
    seed: int
    display: Mode
    on_error: OnError
    weights: Weights
    start: Start
    generations: int
    population_size: int
    initial_sigma: float
    covariance: Covariance
    patience: int
    polish: float
    episodes: int
    shared: SharedWeight
    gradient: Gradient
    retest: Retest
    held_out: HeldOut
    checkpoint: Throttle
    strict: bool
    sweep: SweepSettings
    data: DataSettings
    plugins: Any

    def __post_init__(self) -> None:
        convert_fields(self)
        for name, lowest in (("seed", 0), ("generations", 1), ("episodes", 1)):
            at_least(name, getattr(self, name), lowest)
        between("polish", self.polish, 0, 1)


def main(arguments: Sequence[str] | None = None) -> int:
    """The command; gives the exit code."""
    from wannsearch.commands.hydra.app import run

    return run("tune", tune_job, arguments)


def tune_job(request: Request) -> Outcome:
    """Check everything, claim the folder, tune, test."""
    from wannsearch.core.streams import Role
    from wannsearch.methods.cma_es import check_count

    config = made(TuneConfig, "", request.config)
    said = [describe_task(request), _describe_unread(request, config)]
    task, evaluator = build("task", config.task), build("evaluator", config.evaluator)
    network = read_network(request, task)
    edges = int(network.edges[0])
    network = replace(network, **{name: getattr(network, name)[:, :edges] for name in _EDGE_ARRAYS})
    if config.weights is Weights.EVOLVE:
        check_count(edges, config.covariance)
    if config.weights is Weights.GRADIENT and not (isinstance(task, LabelledTask) and edges):
        raise ConfigError("weights=gradient needs a task with labelled data, such as digits; or use evolve.")
    task.episode_seeds(config.seed, Role.HELD_OUT, 0, config.held_out.episodes)  # refused now
    trials = Trials(shared_weights=None, episodes=config.episodes)
    engine = evaluator.describe(task, trials)
    said_first = tuple(line for line in said if line is not None)
    job = _Job(_known(request, config), config, task, evaluator, network, trials, said_first)
    job.method(network.weight)  # impossible settings are refused now
    outcome = recorded(
        Plan(
            request=job.request,
            kind=_KIND,
            seed=config.seed,
            generations=config.generations,
            mode=config.display,
            checkpoint=config.checkpoint,
            strict=config.strict,
            evaluator=evaluator,
            engine=engine,
            weights=trials.names(),
            prepare=job.prepare,
            finish=job.finish,
        )
    )
    return outcome if outcome.folder is None else replace(outcome, objective=recorded_score(outcome.folder))


_READ_WITH = {
    "gradient": ("gradient",),
    "start": ("evolve", "gradient"),
    "episodes": ("evolve", "gradient"),
    **dict.fromkeys(
        ("generations", "population_size", "initial_sigma", "covariance", "patience", "polish", "retest"),
        ("evolve",),
    ),
}
"""Keys that only some `weights=` read."""


def _describe_unread(request: Request, config: TuneConfig) -> str | None:
    """Which typed words nothing reads; ConfigError for the settings of a way that was not chosen."""
    way = config.weights.value
    unread = select_unread(request.overrides, _READ_WITH, way)
    if unread and get_typed_key(unread[0]).startswith("gradient"):
        raise ConfigError(f"{unread[0]} has no effect with weights={way}; it goes with weights=gradient.")
    return f"without effect with weights={way}: {', '.join(unread)}" if unread else None


def _shown(result: dict[str, Any]) -> str:
    mean, std = result["mean"], result["std"]
    return "failed" if mean is None or std is None else f"{mean:.4g} ± {std:.4g}"


_EDGE_ARRAYS = ("source", "target", "weight")


def _known(request: Request, config: TuneConfig) -> Request:
    """The request with a digest of the network's file, so that another network is another run."""
    from omegaconf import OmegaConf

    from wannsearch.records import layout

    path = Path(config.network)
    path = path / layout.NETWORK if path.is_dir() else path
    digest = hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else None
    if config.network_sha256 not in (None, digest):
        raise ConfigError(f"{path} is not the file that was tuned here; its content has changed since.")
    known = request.config | {"network_sha256": digest}
    return replace(request, config=known, written=OmegaConf.to_yaml(known))


@dataclass
class _Job:
    """One network on its way to good weights."""

    request: Request
    config: TuneConfig
    task: Task
    evaluator: Evaluator
    network: Population
    trials: Trials
    said_first: tuple[str, ...]
    shared: Tuned = field(init=False)

    def method(self, centers: npt.NDArray[np.float64]) -> EvolvedWeights:
        """CMA-ES around these weights (C, n)."""
        from wannsearch.methods.cma_es import EvolvedWeights

        config = self.config
        polished = round(config.polish * config.generations)
        evolves = config.weights is Weights.EVOLVE
        return EvolvedWeights(
            network=self.network,
            centers=centers,
            initial_sigma=config.initial_sigma,
            covariance=config.covariance if evolves else Covariance.DIAGONAL,
            patience=config.patience,
            population_size=config.population_size,
            polished_from=config.generations - polished + 1 if polished else None,
            place="",
        )

    def prepare(self, display: Display) -> Search:
        """The search for own weights, from where the shared one is best; none for the other ways."""
        import numpy as np

        from wannsearch.search import Search

        for line in self.said_first:
            display.say(line)
        config = self.config
        self.shared = tuned(self.evaluator, self.network, self.task, config.shared, config.seed)
        display.say(f"best shared weight {self.shared.weight:g}, mean {self.shared.mean:.6g}")
        centers = self.network.weight
        if config.start is Start.SHARED:
            peaks = np.array(self.shared.peaks)
            centers = np.repeat(peaks[:, None], self.network.weight.shape[1], axis=1)
        self.network = replace(self.network, weight=centers[:1])
        return Search(
            task=self.task,
            method=self.method(centers),
            evaluator=self.evaluator,
            trials=self.trials,
            retest=config.retest,
            seed=config.seed,
            generations=config.generations if config.weights is Weights.EVOLVE else 0,
        )

    def finish(self, search: Search, champion: Champion, writer: RunWriter) -> str:
        """The final tests, the network with its weights, the pictures."""
        from wannsearch.commands.tuned import tuning, write_tuned

        config, cost = self.config, {"evaluations": 0, "env_steps": 0}
        found: Population | None = None
        if champion.record is not None:
            assert writer.last is not None  # the champion is somebody's of some generation
            found = champion.record.network
            cost = {
                "evaluations": writer.last.then.evaluations,
                "env_steps": writer.last.then.env_steps + champion.retest_env_steps,
            }
        elif config.weights is Weights.GRADIENT:
            assert isinstance(self.task, LabelledTask)  # checked before the folder was claimed
            climb = climbed(
                self.evaluator, self.network, self.task, config.gradient, config.seed, config.episodes
            )
            for step, mean in climb.looks:
                writer.log(f"step {step}: {mean!r}")
            found = climb.network
            cost = {
                "evaluations": config.gradient.steps + len(climb.looks),
                "env_steps": climb.episodes * self.task.horizon,
            }
        result = tuning(
            self.evaluator, self.task, self.network, found, self.shared, config.held_out, config.seed
        )
        if result["tuned_weights"] is not None:
            result["tuned_weights"] |= cost
        origin = self._origin()
        write_tuned(writer, self.request.choices["task"], search, origin | result, self.network, found)
        own, weight = result["tuned_weights"], result["tuned_shared_weight"]
        said = f"best shared weight {weight['weight']:g}: held-out mean {_shown(weight)}"
        return said if own is None else f"{said}; own weights: {_shown(own)}"

    def _origin(self) -> dict[str, Any]:
        path = Path(self.config.network)
        return {
            "format": 1,
            "network": self.config.network,
            "network_sha256": self.request.config["network_sha256"],
            "from_run": str(path) if path.is_dir() else None,
            "task": self.request.choices["task"],
            "seed": self.config.seed,
            "weights": self.config.weights.value,
        }
