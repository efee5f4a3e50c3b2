"""What Hydra composes before and for a job."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from wannsearch.commands.hydra import config_loader

Command = Callable[..., int]
SMALL = ["task=logic", "debug=fast", "generations=1", "method.population_size=4", "display=off"]


def test_an_evaluator_is_chosen_once_and_not_to_find_hydras_mode(
    search: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    chosen = []
    choose = config_loader.choose_evaluator

    def counted(*arguments: Any) -> Any:
        chosen.append(arguments)
        return choose(*arguments)

    monkeypatch.setattr(config_loader, "choose_evaluator", counted)
    assert search(*SMALL) == 0
    assert len(chosen) == 1


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("# @package _global_\nhydra:\n  mode: MULTIRUN\n", []),
        pytest.param("# @package hydra\nmode: MULTIRUN\n", [], marks=pytest.mark.long),
        pytest.param("# @package _global_\nhydra:\n  mode: ${oc.env:WANTED}\n", [], marks=pytest.mark.long),
        ("# @package _global_\nseed: 1\n", ["hydra.mode=MULTIRUN"]),
    ],
    ids=["experiment", "package hydra", "interpolation", "command line"],
)
def test_a_command_is_a_sweep_where_a_config_or_an_override_sets_hydras_mode(
    search: Command, monkeypatch: pytest.MonkeyPatch, text: str, words: list[str]
) -> None:
    monkeypatch.setenv("WANTED", "MULTIRUN")
    Path("conf/experiment").mkdir(parents=True)
    Path("conf/experiment/mine.yaml").write_text(text)
    assert search("--config-dir", "conf", "experiment=mine", *SMALL, "evaluator.threads=1", *words) == 0
    (ledger,) = Path("outputs/sweeps").glob("*/sweep.json")
    assert len(list(ledger.parent.glob("*/summary.json"))) == 1
