"""The longest time in which a command changes nothing on its terminal, as a person would see it.

    python bench/silence.py                              the five commands of the page on running
    python bench/silence.py wannsearch task=cartpole     one command; options go before it (--help)

The command runs in a pseudo-terminal of 80 columns, in an empty folder and with an empty cache of kernels.
What it writes is drawn on a screen of characters. Only a byte that changes a character counts: a bar
that is drawn again as it was is silence, and so is a color. With `--pipe` a run promises a line
every ten seconds, and a table nothing but itself.

A table needs runs and a tuning a network: those are made first, and not measured.
"""

from __future__ import annotations

import argparse
import codecs
import fcntl
import os
import pty
import re
import select
import shlex
import struct
import subprocess
import sys
import tempfile
import termios
import time
from dataclasses import dataclass, field
from pathlib import Path

NUM_ROWS, MAX_SILENCE_S, MAX_PIPE_SILENCE_S = 50, 2.0, 12.0
_TOKEN = re.compile(
    r"\x1b\[([?0-9;]*)([A-Za-z])|\x1b\][^\x07]*\x07|\x1b.|[\r\n\b\x07]|[^\x1b\r\n\b\x07]+", re.S
)
_UNFINISHED_ESCAPE = re.compile(r"\x1b(\[[?0-9;]*)?$")


@dataclass
class Screen:
    """The characters of a terminal: enough of its control sequences for bars, panels and tables."""

    columns: int
    lines: list[list[str]] = field(default_factory=lambda: [[]])
    row: int = 0
    column: int = 0
    _unread: str = ""

    def feed(self, text: str) -> bool:
        """Draw the text and return whether any character of the screen changed."""
        text = self._unread + text
        match = _UNFINISHED_ESCAPE.search(text)
        self._unread = match.group() if match else ""
        before = self.text()
        for token in _TOKEN.finditer(text[: len(text) - len(self._unread)]):
            self._draw(token)
        return self.text() != before

    def _draw(self, token: re.Match[str]) -> None:
        word, final = token.group(), token.group(2)
        if final is not None:
            self._control(token.group(1), final)
        elif word == "\n":
            self.row, self.column = self.row + 1, 0
        elif word == "\r":
            self.column = 0
        elif word == "\b":
            self.column = max(0, self.column - 1)
        elif not word.startswith(("\x1b", "\x07")):
            for char in word:
                self._put(char)
        while self.row >= len(self.lines):
            self.lines.append([])

    def _put(self, char: str) -> None:
        if self.column >= self.columns:
            self.row, self.column = self.row + 1, 0
        while self.row >= len(self.lines):
            self.lines.append([])
        line = self.lines[self.row]
        line.extend(" " * (self.column + 1 - len(line)))
        line[self.column] = char
        self.column += 1

    def _control(self, parameters: str, final: str) -> None:
        count = int(parameters) if parameters.isdecimal() else 1
        top = max(0, len(self.lines) - NUM_ROWS)  # lines above have left the screen for good
        if final == "A":
            self.row = max(top, self.row - count)
        elif final == "B":
            self.row += count
        elif final == "C":
            self.column = min(self.columns - 1, self.column + count)
        elif final == "D":
            self.column = max(0, self.column - count)
        elif final == "G":
            self.column = count - 1
        elif final == "K":
            line = self.lines[self.row]
            self.lines[self.row] = [] if parameters == "2" else line[: self.column]
        elif final == "J":
            self.lines[self.row] = self.lines[self.row][: self.column]
            del self.lines[self.row + 1 :]

    def text(self) -> str:
        """Return all lines, without blanks at their ends."""
        return "\n".join("".join(line).rstrip() for line in self.lines).rstrip()


@dataclass(frozen=True)
class Silence:
    """The longest silence of a command: its length, when it began, and what stood on the screen."""

    seconds: float
    start_s: float  # from the start of the command
    last_lines: str
    total_s: float
    exit_code: int
    screen: str


def listen(
    command: list[str], folder: Path, cache: Path, columns: int = 80, is_pipe: bool = False
) -> Silence:
    """Run the command in this folder and return its longest silence, from its start to its end."""
    environment = os.environ | {"WANNSEARCH_CACHE": str(cache), "TERM": "xterm-256color"}
    for name in ("COLUMNS", "LINES", "NO_COLOR", "FORCE_COLOR"):
        environment.pop(name, None)
    reader, writer = os.pipe() if is_pipe else pty.openpty()
    if not is_pipe:
        fcntl.ioctl(writer, termios.TIOCSWINSZ, struct.pack("HHHH", NUM_ROWS, columns, 0, 0))
    start_s = time.perf_counter()
    process = subprocess.Popen(
        command, cwd=folder, env=environment, stdin=subprocess.DEVNULL, stdout=writer, stderr=writer
    )
    os.close(writer)
    screen, decoder = (
        Screen(columns if not is_pipe else 10_000),
        codecs.getincrementaldecoder("utf-8")("replace"),
    )
    last_s, silence_s, silence_start_s, last_lines = start_s, 0.0, 0.0, ""

    def note(time_s: float) -> None:
        nonlocal last_s, silence_s, silence_start_s, last_lines
        if time_s - last_s > silence_s:
            silence_s, silence_start_s = time_s - last_s, last_s - start_s
            last_lines = "\n".join(before.splitlines()[-4:])
        last_s = time_s

    while True:
        select.select([reader], [], [])
        try:
            content = os.read(reader, 65536)
        except OSError:  # a pseudo-terminal whose last writer has gone
            content = b""
        if not content:
            break
        before = screen.text()
        if screen.feed(decoder.decode(content)):
            note(time.perf_counter())
    before = screen.text()
    exit_code = process.wait()
    note(time.perf_counter())
    os.close(reader)
    return Silence(silence_s, silence_start_s, last_lines, last_s - start_s, exit_code, screen.text())


RUN = "hydra.run.dir=run"
PREPARED: dict[str, list[str]] = {
    "a network": ["wannsearch", "task=cartpole_swingup", "generations=20", RUN, "plots=off", "display=off"],
    "60 runs": ["wannsearch", "-m", "task=logic", "method.add_node=0.1,0.25,0.5", "seed=range(0,20)",
                "generations=20", "method.population_size=16", "plots=off", "sweep.name=sixty"],
}  # fmt: skip
MEASURED: dict[str, tuple[str | None, list[str]]] = {
    "cartpole": (None, ["wannsearch", "task=cartpole"]),
    "Pendulum, one worker": (None, ["wannsearch", "task=gymnasium", "task.env_id=Pendulum-v1",
                                    "evaluator.workers=1", "method.population_size=32", "generations=2",
                                    "retest.repeats=2", "held_out.episodes=4", "held_out.sweep_weights=9"]),
    "weedout_digits": (None, ["wannsearch", "experiment=weedout_digits"]),
    "a tuning": ("a network", ["wannsearch-tune", "network=run", "generations=64"]),
    "a table of 60 runs": ("60 runs", ["wannsearch-tables", "runs=outputs/sweeps/sixty"]),
}  # fmt: skip
"""What is measured -> what it needs, and the command."""


def find_program(command: list[str]) -> list[str]:
    """Return the command with the program of this interpreter's environment, where it has one."""
    path = Path(sys.executable).parent / command[0]
    return [str(path), *command[1:]] if path.is_file() else command


def measure_all(options: argparse.Namespace) -> int:
    """Print a line for each command; return 1 where one was silent for more than two seconds or failed."""
    has_failed = False
    for name, (requirement, command) in MEASURED.items():
        with tempfile.TemporaryDirectory(prefix="silence_") as name_of_folder:
            folder, cache = Path(name_of_folder), Path(name_of_folder) / "cache"
            if requirement is not None:
                prepared = find_program(PREPARED[requirement])
                subprocess.run(prepared, cwd=folder, check=True, stdout=subprocess.DEVNULL)
            silence = listen(find_program(command), folder, cache, options.columns, options.pipe)
        print_silence(f"{name}: {shlex.join(command)}", silence, options.screen)
        limit_s = MAX_PIPE_SILENCE_S if options.pipe else MAX_SILENCE_S
        has_failed |= bool(silence.exit_code) or silence.seconds > limit_s
    return int(has_failed)


def print_silence(name: str, silence: Silence, with_screen: bool) -> None:
    """Print the figure, and the last lines that stood on the screen meanwhile."""
    print(
        f"{name}\n  longest silence {silence.seconds:.2f} s, from {silence.start_s:.2f} s on, of "
        f"{silence.total_s:.1f} s; exit code {silence.exit_code}"
    )
    for line in silence.last_lines.splitlines() or ["(nothing)"]:
        print(f"    | {line}")
    if with_screen:
        print(silence.screen)
    sys.stdout.flush()


def main() -> int:
    """Measure the command that was given, or all of them."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--pipe", action="store_true", help="a pipe in the place of the terminal")
    parser.add_argument("--columns", type=int, default=80)
    parser.add_argument("--screen", action="store_true", help="print what stood on the screen at the end")
    parser.add_argument("command", nargs=argparse.REMAINDER)
    options = parser.parse_args()
    if not options.command:
        return measure_all(options)
    with tempfile.TemporaryDirectory(prefix="silence_") as folder:
        silence = listen(
            find_program(options.command), Path.cwd(), Path(folder) / "cache", options.columns, options.pipe
        )
    print_silence(shlex.join(options.command), silence, options.screen)
    return int(silence.seconds > MAX_SILENCE_S)


if __name__ == "__main__":
    sys.exit(main())
