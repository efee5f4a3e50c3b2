"""What tests of every room share."""

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile("tests", settings(), deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("tests")  # a busy machine fails no test: neither bound looks at behavior


@pytest.fixture(scope="session")
def reference() -> Path:
    """The folder of published networks and logs, which stays outside the repository."""
    root = Path(__file__).parents[1]
    folder = root / os.environ.get("WANNSEARCH_REFERENCE", "../shared/reference")
    if not folder.is_dir():
        missing = f"no published networks at {folder}; WANNSEARCH_REFERENCE names their folder"
        if os.environ.get("CI"):
            pytest.fail(missing)
        pytest.skip(missing)
    return folder
