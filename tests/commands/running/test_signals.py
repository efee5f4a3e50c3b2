"""A signal ends the work, whatever a library makes of the exception that its handler raises."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path
from typing import Any

import pytest

from wannsearch.commands.running.outcome import Stopped
from wannsearch.commands.running.signals import handle_signals, raise_pending_stop, reraise_stop
from wannsearch.commands.search import main
from wannsearch.methods.wann import Wann

_WORDS = ["task=logic", "debug=fast", "method.population_size=8", "generations=6", "display=off"]
_WORDS += ["evaluator=reference"]


def _swallowing(kind: str) -> None:
    try:
        os.kill(os.getpid(), signal.SIGTERM)
    except Stopped:
        if kind == "turned into another error":
            raise TypeError("cannot compare") from None


_KINDS = ["turned into another error", "dropped"]


@pytest.mark.parametrize("kind", _KINDS)
def test_what_a_library_swallows_is_raised_all_the_same(kind: str) -> None:
    with handle_signals(), pytest.raises(Stopped, match="TERM"), reraise_stop():
        _swallowing(kind)


def test_an_error_without_a_signal_stays_what_it_is() -> None:
    with handle_signals(), pytest.raises(TypeError, match="cannot compare"), reraise_stop():
        raise TypeError("cannot compare")


def test_a_signal_is_forgotten_with_the_work_it_ended() -> None:
    with pytest.raises(Stopped), handle_signals(), reraise_stop():
        _swallowing("dropped")
    raise_pending_stop()
    with handle_signals(), reraise_stop():
        raise_pending_stop()


@pytest.mark.parametrize("kind", _KINDS)
def test_a_search_ends_as_stopped_and_goes_on_to_the_same_bytes(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    straight, run = tmp_path / "straight", tmp_path / "run"
    assert main([*_WORDS, f"hydra.run.dir={straight}"]) == 0
    told, calls = Wann.tell, []

    def shot(self: Wann, *given: Any) -> Any:
        calls.append(1)
        if len(calls) == 3:
            _swallowing(kind)
        return told(self, *given)

    with monkeypatch.context() as patched:
        patched.setattr(Wann, "tell", shot)
        assert main([*_WORDS, f"hydra.run.dir={run}"]) == 143
    assert len(calls) == 3
    assert json.loads((run / "status.json").read_text())["state"] == "stopped"
    assert main([f"resume={run}"]) == 0
    for name in ("history.csv", "ranking.csv", "summary.json"):
        assert (run / name).read_bytes() == (straight / name).read_bytes()
