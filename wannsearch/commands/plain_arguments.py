"""Parsers and help of the commands with plain arguments, which do not compose a config.

Their help reads like that of the others: what the command is for, examples, then every argument with its
meaning. Notes below tell what the words in its output mean.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from importlib.metadata import version

_MEANING_COLUMN = 24


def make_parser(
    program: str, purpose: str, examples: Sequence[tuple[str, str]], notes: str = ""
) -> argparse.ArgumentParser:
    """Return a parser with `--help` and `--version`; the caller adds the arguments.

    `examples` are command lines, each with what it does. `notes` are lines of text, printed as they are.
    """
    width = max((len(command) for command, _ in examples), default=0)
    example_lines = [f"    {command:{width}}  {meaning}".rstrip() for command, meaning in examples]
    parser = argparse.ArgumentParser(
        prog=program,
        description="\n".join([f"{program}: {purpose}", "", *example_lines]),
        epilog=notes or None,
        formatter_class=_format_help,
    )
    parser.add_argument(
        "--version", action="version", help="print the version", version=f"wannsearch {version('wannsearch')}"
    )
    return parser


def _format_help(prog: str) -> argparse.HelpFormatter:
    return argparse.RawDescriptionHelpFormatter(prog, max_help_position=_MEANING_COLUMN)
