"""Every evaluator and every task of `conf/`, as their YAML describes them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from case_selection import mark_others_long
from conf_files import built, evaluators_of, files
from live_tasks import LivePlayer
from synthetic_images import write_all

from wannsearch.core.activations import CONTROL_ACTIVATIONS
from wannsearch.core.ports import Ports
from wannsearch.core.subnetworks.subnetworks import Subnetworks
from wannsearch.core.topologies.population import Population
from wannsearch.evaluators.environments import Environments
from wannsearch.formats import published_out
from wannsearch.tasks.cartpole_swingup import CartPoleSwingUp
from wannsearch.tasks.starts import StartStates


@pytest.fixture(scope="session", params=evaluators_of(Population), ids=lambda file: file.stem)
def evaluator(request: pytest.FixtureRequest) -> Any:
    """One that plays topologies."""
    made = built("evaluator", request.param)
    return LivePlayer(made) if isinstance(made, Environments) else made


@pytest.fixture(scope="session", params=evaluators_of(Subnetworks), ids=lambda file: file.stem)
def trainer(request: pytest.FixtureRequest) -> Any:
    """One that trains sub-networks."""
    return built("evaluator", request.param)


HEAVY_EXTRAS = ("wannsearch[box2d]", "wannsearch[mujoco]", "pip install envpool")
QUICK_TASKS = [file for file in files("task") if not any(extra in file.read_text() for extra in HEAVY_EXTRAS)]


@pytest.fixture(
    scope="session", params=mark_others_long(files("task"), quick=QUICK_TASKS), ids=lambda file: file.stem
)
def task_file(request: pytest.FixtureRequest) -> Path:
    if request.param.stem == "envpool":
        pytest.importorskip("envpool")
    return request.param


@pytest.fixture(scope="session")
def image_files(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Small data sets, for the tasks that read files."""
    return str(write_all(tmp_path_factory.mktemp("data")))


@pytest.fixture(scope="session")
def task(task_file: Path, image_files: str) -> Any:
    reads = "${data.root}" in task_file.read_text(encoding="utf-8")
    return built("task", task_file, **({"root": image_files, "batch_size": 40} if reads else {}))


@pytest.fixture(scope="session")
def swing_up() -> CartPoleSwingUp:
    """The task of the published champion, started as the published code did."""
    return CartPoleSwingUp(
        episodes=3, horizon=1000, start_states=StartStates.PUBLISHED, activations=CONTROL_ACTIVATIONS
    )


@pytest.fixture(scope="session")
def swing(reference: Path) -> Population:
    """The published champion."""
    return published_out.read(reference / "wann" / "swing.out", Ports(5, 1, CONTROL_ACTIVATIONS))


@pytest.fixture(scope="session")
def published_returns(reference: Path) -> dict[float, np.ndarray]:
    """Shared weight -> returns of the champion from seeds 0..99; the tuned networks under None."""
    table = np.loadtxt(reference / "wann" / "swing_seed_rewards.csv", delimiter=",", skiprows=1)
    weights = (-2.0, -1.5, -1.0, -0.5, 0.5, 0.78, 1.0, 2.0, None)
    return dict(zip(weights, table[:, 5:].T, strict=True))
