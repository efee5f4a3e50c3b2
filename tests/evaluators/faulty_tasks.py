"""Tasks that break where a network's output says so; workers import them from here."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from one_input import OneInput

POISON = 666.0


def _busy():
    while True:
        pass


def _memory():
    raise MemoryError("as if")


def _raises():
    raise RuntimeError("broken on purpose")


def _raising(error):
    def fault():
        raise error

    return fault


def _recurses():
    _recurses()


def _waits_for_itself():
    lock = threading.Lock()
    lock.acquire()
    lock.acquire()


class Mute(Exception):
    """Asked what it says, it fails."""

    def __str__(self):
        raise ValueError("it says nothing")


def _unnamed():
    class Strange(BaseException):
        pass

    raise Strange


DEADLY = {
    "segfault": lambda: ctypes.string_at(0),
    "exit": lambda: os._exit(3),
    "abort": os.abort,
    "killed": lambda: os.kill(os.getpid(), signal.SIGKILL),
    "arithmetic": lambda: os.kill(os.getpid(), signal.SIGFPE),
    "socket closed": lambda: os.closerange(3, 64),
}
HANGING = {
    "sleep": lambda: time.sleep(1e6),
    "busy": _busy,
    "stopped": lambda: os.kill(os.getpid(), signal.SIGSTOP),
    "deaf in C": lambda: ctypes.PyDLL(None).sleep(1000),
    "waits for itself": _waits_for_itself,
}
RAISING = {
    "raise": _raises,
    "sys.exit": lambda: sys.exit(5),
    "memory": _memory,
    "interrupt": lambda: (_ for _ in ()).throw(KeyboardInterrupt),
    "unnamed": _unnamed,
    "recursion": _recurses,
    "mute": _raising(Mute()),
    "many lines": _raising(ValueError("a\nb\r\x1b[2J")),
    "no unicode": _raising(ValueError("\ud800")),
    "ten million letters": _raising(ValueError("x" * 10_000_000)),
}
PAYING = {
    "wrong shape": lambda lanes: np.zeros((lanes, 3)),
    "too many": lambda lanes: np.zeros(lanes + 7),
    "none": lambda lanes: np.zeros(0),
    "complex": lambda lanes: np.full(lanes, 1j),
    "ragged": lambda lanes: [[1.0], [1.0, 2.0]],
    "wrong type": lambda lanes: np.full(lanes, "much"),
    "an object": lambda lanes: np.full(lanes, object()),
    "nothing": lambda lanes: None,
    "nan": lambda lanes: np.full(lanes, np.nan),
    "inf": lambda lanes: np.full(lanes, np.inf),
}


@dataclass(frozen=True, kw_only=True)
class Faulty(OneInput):
    """Pays the output, but a network whose output is 666 meets the fault."""

    fault: str
    once: str | None = None  # only if this file is not there yet

    def step(self, state, outputs):
        after, reward, done = super().step(state, outputs)
        if (outputs == POISON).any() and not (self.once and Path(self.once).exists()):
            if self.once:
                Path(self.once).touch()
            print("the fault comes now", flush=True)
            if self.fault in PAYING:
                return after, PAYING[self.fault](len(reward)), done
            (DEADLY | HANGING | RAISING)[self.fault]()
        return after, reward, done


@dataclass(frozen=True, kw_only=True)
class Slow(OneInput):
    """Pays the output after a moment of another length each time."""

    most_s: float = 0.03

    def step(self, state, outputs):
        time.sleep(int.from_bytes(os.urandom(2), "little") / 2**16 * self.most_s)
        return super().step(state, outputs)


@dataclass(frozen=True, kw_only=True)
class Dragging(OneInput):
    """One step long; but a network whose output is 666 takes twelve, of a tenth of a second each."""

    horizon: int = 12

    def step(self, state, outputs):
        after, reward, _ = super().step(state, outputs)
        is_slow = (outputs == POISON).any()
        time.sleep(0.1 * is_slow)
        return after, reward, np.full(len(reward), not is_slow)


@dataclass(frozen=True, kw_only=True)
class Stuck(OneInput):
    """Hangs in the first step of whatever network plays it."""

    def step(self, state, outputs):
        time.sleep(1e6)
