"""A synthetic run, and the published champion where it is at hand."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from synthetic_runs import build_run

from wannsearch.core.activations import ACTIVATION_NAMES
from wannsearch.records.plot_data import DrawnNetwork
from wannsearch.reporting.plots import style
from wannsearch.reporting.plots.pictures import draw_run

COARSE_DPI = 15


@pytest.fixture
def coarse_png(monkeypatch: pytest.MonkeyPatch) -> None:
    """A test asks for this where the dots of a PNG, of which there are a million, do not count."""
    monkeypatch.setattr(style, "PNG_DPI", COARSE_DPI)


@pytest.fixture
def run(tmp_path: Path) -> Path:
    return build_run(tmp_path / "run")


@pytest.fixture(scope="session")
def drawn_run(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, bytes]]:
    """A run, to be read only, and all its pictures in coarse dots."""
    folder = build_run(tmp_path_factory.mktemp("drawn") / "run")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(style, "PNG_DPI", COARSE_DPI)
        return folder, draw_run(folder)


@pytest.fixture
def champion(reference: Path) -> DrawnNetwork:
    """The published swing-up champion: N x (N + 1), NaN or 0 = no connection, last column = activation."""
    table = np.genfromtxt(reference / "wann" / "swing.out", delimiter=",")
    matrix = np.nan_to_num(table[:, :-1])
    pairs = [(int(s), int(t)) for s, t in np.argwhere(matrix)]
    roles = ("bias", *["input"] * 5, *["hidden"] * (len(matrix) - 7), "output")
    names = ("bias", "x1", "x2", "x3", "x4", "x5", *[""] * (len(matrix) - 7), "y")
    activations = tuple(ACTIVATION_NAMES[int(number)] for number in table[:, -1])
    return DrawnNetwork(roles, activations, names, tuple(pairs), tuple(float(matrix[pair]) for pair in pairs))
