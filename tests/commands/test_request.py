"""What stands beside resume=, and where a continued run says what happened."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

Command = Callable[..., int]
SMALL = ["task=logic", "debug=fast", "generations=1", "method.population_size=4", "evaluator=reference"]
SMALL += ["display=off"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["resume="], "resume= names no folder"),
        (["resume=run", "task=logic"], "'task=logic' chooses task anew; a run goes on as it began"),
        (["resume=run", "hydra.run.dir=other"], "'hydra.run.dir=other' is for Hydra"),
        (["resume=run", "task.gate=1e5"], "task.gate is xor in"),
    ],
)
def test_what_cannot_stand_beside_resume_is_refused_for_what_it_is(
    search: Command, capsys: pytest.CaptureFixture[str], words: list[str], said: str
) -> None:
    assert search(*SMALL, "task.gate=xor", "hydra.run.dir=run") == 0
    capsys.readouterr()
    assert search(*words) == 2
    assert said in capsys.readouterr().err


def test_a_mistake_of_ours_in_a_continued_run_is_logged_in_its_folder(
    search: Command, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert search(*SMALL, "hydra.run.dir=run") == 0

    def broken(*_: object) -> None:
        raise RuntimeError("as if")

    monkeypatch.setattr("wannsearch.commands.search.build", broken)
    assert search("resume=run") == 70
    assert f"see {Path('run/run.log').absolute()}" in capsys.readouterr().err
    assert "RuntimeError: as if" in Path("run/run.log").read_text()
    assert not Path("run.log").exists()
