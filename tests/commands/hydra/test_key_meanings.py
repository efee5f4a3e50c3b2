"""A key means what the comment beside it says, and every key of conf/ has one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import yaml

from wannsearch.commands.hydra.errors import find_conf_dir
from wannsearch.commands.hydra.groups import GROUPS
from wannsearch.commands.hydra.key_meanings import list_keys, read_comments

CONF = find_conf_dir()
KEY_OF_GROUP = {group.name: group.key for group in GROUPS if group.name != "evaluator"} | {
    "evaluator": "evaluator", "trials": "trials", "retest": "retest",
    "held_out": "held_out",
}  # fmt: skip
MAPS = ("floors.", "table.solved.")
"""From tasks to numbers: their entries mean what the map means."""
FILE = """\
# @package _global_
# First line,
# second line.
defaults:
  - _self_
  - quick
  - task: cartpole # the task
  - override /trials@_global_.trials: own # the trials
  - /mask_rule@mask_rule: imp

plain: 1 # a number
quoted: "# none" # a text with a sign
empty: # nothing
# Above the list,
# in two lines.
items: [1, 2]
section: # of two
  inner: {a: 1} # in braces
  # above the inner one
  other: 2
block: # a list
  - 1 # no key
folded: >- # a long text
  # part of the text
anchor: &name 3 # first
again: *name
bare: 4
"""


def test_a_comment_belongs_to_the_key_on_its_line_or_below_it() -> None:
    comments = read_comments(FILE)
    assert comments.description == "First line, second line."
    assert comments.meanings == {
        "plain": "a number",
        "quoted": "a text with a sign",
        "empty": "nothing",
        "items": "Above the list, in two lines.",
        "section": "of two",
        "section.inner": "in braces",
        "section.other": "above the inner one",
        "block": "a list",
        "folded": "a long text",
        "anchor": "first",
    }
    assert comments.group_meanings == {"task": "the task", "trials@_global_.trials": "the trials"}
    assert (comments.bases, comments.is_global) == (("quick",), True)


def test_a_file_without_keys_has_a_description_alone() -> None:
    comments = read_comments("# Nothing but this.\n")
    assert (comments.description, comments.meanings) == ("Nothing but this.", {})


def config_files() -> Iterator[tuple[Path, str]]:
    """Every file of keys of ours, and the place of its keys in a composed config."""
    for path in sorted(CONF.rglob("*.yaml")):
        group = path.parent.relative_to(CONF).as_posix()
        if not group.startswith("hydra"):
            prefix = f"{KEY_OF_GROUP[group]}." if group in KEY_OF_GROUP else ""
            yield path, prefix


def all_meanings() -> set[str]:
    return {
        f"{prefix}{key}"
        for path, prefix in config_files()
        for key in read_comments(path.read_text(encoding="utf-8")).meanings
    }


MEANINGS = all_meanings()


def own_and_inherited_meanings(path: Path) -> set[str]:
    """The keys with a comment in this file, or in one that it extends."""
    comments = read_comments(path.read_text(encoding="utf-8"))
    inherited = (own_and_inherited_meanings(path.parent / f"{base}.yaml") for base in comments.bases)
    return set(comments.meanings).union(*inherited)


def test_every_key_of_conf_has_a_meaning_in_the_file_that_defines_it() -> None:
    """A file at the top of the config, such as an experiment, sets keys that others define."""
    silent = []
    for path, prefix in config_files():
        text = path.read_text(encoding="utf-8")
        own = {f"{prefix}{key}" for key in own_and_inherited_meanings(path)}
        known = MEANINGS if path.parent.name in ("experiment", "debug", "tuning") else own
        keys = [f"{prefix}{key}" for key in list_keys(text) if key not in ("defaults", "_target_")]
        leaves = [key for key in keys if not any(name.startswith(f"{key}.") for name in keys)]
        silent += [f"{path.name}: {key}" for key in leaves if key not in known and not key.startswith(MAPS)]
    assert not silent, "\n".join(silent)


def test_every_file_and_every_group_of_conf_is_described() -> None:
    silent = []
    for path, prefix in config_files():
        comments = read_comments(path.read_text(encoding="utf-8"))
        if not comments.description:
            silent.append(path.name)
        if not prefix and path.parent == CONF:
            defaults = yaml.safe_load(path.read_text(encoding="utf-8"))["defaults"]
            groups = [name for entry in defaults if isinstance(entry, dict) for name in entry]
            silent += [
                f"{path.name}: {name}"
                for name in groups
                if name.isidentifier() and name not in comments.group_meanings
            ]
    assert not silent, "\n".join(silent)
