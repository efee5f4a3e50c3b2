"""What the Weedout table compares: its arms, and which runs are of one.

An arm is a way to come to a sparse network: the search, random masks, no masks, a rival. A run is one
repeat of it: its seed draws the split, the parent and the masks anew.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

from wannsearch.core.errors import ConfigError
from wannsearch.core.settings import convert_fields
from wannsearch.reporting.tables.run import Run

RepeatKey = tuple[int, Any]
"""Seed and split seed: runs where both are equal had the same images to train on and the same parent."""


class ArmRole(str, Enum):
    """What an arm is for."""

    FOUND = "found"  # the search's recorded best, trained in full
    RANDOM = "random"  # random masks, each trained in full
    DENSE = "dense"  # the parent; one for all sparsities
    RIVAL = "rival"  # another way, held against both


@dataclass(frozen=True, kw_only=True)
class Arm:
    """One way, and how to know its runs."""

    label: str
    role: ArmRole
    method: str  # module of the method's class
    mask_rule: str  # module of the mask rule's class
    match: Any  # dotted key -> value: what else its runs must have
    may_differ: tuple[str, ...]  # dotted keys in which its runs may differ from those that they stand beside

    def __post_init__(self) -> None:
        convert_fields(self)
        if not isinstance(self.match, dict):
            raise ConfigError(f"table.arms has match {str(self.match)[:60]!r}; it must map keys to values.")

    def matches(self, run: Run) -> bool:
        """Whether the run is one of it."""
        settings = run.settings
        rule_path = str(settings.get("method.mask_rule._target_", "")).split(".")
        return (
            run.method == self.method
            and len(rule_path) > 1
            and rule_path[-2] == self.mask_rule
            and all(settings.get(key) == value for key, value in self.match.items())
        )


@dataclass(frozen=True)
class Arms:
    """All of them, in the order of the settings."""

    members: tuple[Arm, ...]

    def by_role(self, role: ArmRole) -> Arm:
        """The only one of a role that is no rival's."""
        return next(arm for arm in self.members if arm.role is role)

    @property
    def rivals(self) -> tuple[Arm, ...]:
        """Whoever challenges the search."""
        return tuple(arm for arm in self.members if arm.role is ArmRole.RIVAL)

    def arm_of(self, run: Run) -> Arm | None:
        """The first arm that the run fits."""
        return next((arm for arm in self.members if arm.matches(run)), None)


def check_arms(arms: Sequence[Arm]) -> Arms:
    """ConfigError unless there is one arm of each role but rivals, and each label is there once."""
    for role in (ArmRole.FOUND, ArmRole.RANDOM, ArmRole.DENSE):
        count = sum(arm.role is role for arm in arms)
        if count != 1:
            raise ConfigError(f"table.arms has {count} arms of role {role.value!r}; it must have one.")
    labels = [arm.label for arm in arms]
    duplicate = next((label for label in labels if labels.count(label) > 1), None)
    if duplicate is not None:
        raise ConfigError(f"table.arms has the label {duplicate[:60]!r} twice; each must have its own.")
    return Arms(tuple(arms))


def repeat_key(run: Run) -> RepeatKey:
    """What it is paired by."""
    task = run.config.get("task")
    return run.seed, task.get("split_seed") if isinstance(task, dict) else None


def format_key(key: RepeatKey) -> str:
    """The seed, and the split where it is not the seed's own."""
    seed, split = key
    return f"seed {seed}" if split in (None, seed) else f"seed {seed} on split {str(split)[:20]}"
