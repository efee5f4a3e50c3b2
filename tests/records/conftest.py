"""A synthetic run."""

from __future__ import annotations

from pathlib import Path

import pytest
from synthetic_runs import build_run


@pytest.fixture
def run(tmp_path: Path) -> Path:
    return build_run(tmp_path / "run")
