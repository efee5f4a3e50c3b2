"""Commands run in a folder of their own, in this process."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from wannsearch.commands.evaluate import main as evaluate_main
from wannsearch.commands.search import main as search_main
from wannsearch.commands.tables import main as tables_main


@pytest.fixture(autouse=True)
def _own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def search() -> Callable[..., int]:
    return lambda *words: search_main(list(words))


@pytest.fixture
def evaluate() -> Callable[..., int]:
    return lambda *words: evaluate_main(list(words))


@pytest.fixture
def tables() -> Callable[..., int]:
    return lambda *words: tables_main(list(words))
