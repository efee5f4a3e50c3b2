"""Puts this folder on the path, for the tests below it, and saves the pictures that a test reads."""

from __future__ import annotations

from typing import Any

import pytest

from wannsearch.reporting.plots import style


@pytest.fixture
def pictures_are_saved() -> None:
    """A test asks for this where it reads the bytes of a picture."""


@pytest.fixture(autouse=True)
def _save_no_picture_unasked(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every table draws its figures; SVG and PNG, most of its seconds, are made where a test reads them.

    Fixtures of a module are made before this one, so their tables have their pictures.
    """
    if "pictures_are_saved" not in request.fixturenames:

        def save_nothing(*_: Any, **__: Any) -> bytes:
            return b""

        monkeypatch.setattr(style, "_save_figure", save_nothing)
