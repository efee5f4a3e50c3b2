"""The arms that the Weedout table compares, and the rule by which a run belongs to one.

An arm is a way to get a sparse network: the search, random masks, no masks, a rival. A run is one repeat of
an arm: its seed draws the parent network and the masks anew, and its split seed the split.
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
"""Seed and split seed: runs in which both are equal had the same split and the same parent network."""


class ArmRole(str, Enum):
    """The role of an arm in the comparison."""

    FOUND = "found"  # the search's recorded best, trained in full
    RANDOM = "random"  # random masks, each trained in full
    DENSE = "dense"  # the parent network; one for all sparsities
    RIVAL = "rival"  # another way, compared with found and random


@dataclass(frozen=True, kw_only=True)
class Arm:
    """One arm, and the settings that its runs have."""

    label: str
    role: ArmRole
    method: str  # module of the method's class
    mask_rule: str  # module of the mask rule's class
    match: Any  # dotted key -> value: further settings that its runs must have
    may_differ: tuple[
        str, ...
    ]  # dotted keys in which its runs may differ from the other runs of an experiment

    def __post_init__(self) -> None:
        convert_fields(self)
        if not isinstance(self.match, dict):
            raise ConfigError(f"table.arms has match {str(self.match)[:60]!r}; it must map keys to values.")

    def matches(self, run: Run) -> bool:
        """Return whether the run has the arm's method, mask rule and every setting of `match`."""
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
    """All arms, in the order of the settings."""

    members: tuple[Arm, ...]

    def by_role(self, role: ArmRole) -> Arm:
        """Return the first arm of a role: the only one, unless the role is the rivals'."""
        return next(arm for arm in self.members if arm.role is role)

    @property
    def rivals(self) -> tuple[Arm, ...]:
        """The arms of role RIVAL, which are compared with the search and with random masks."""
        return tuple(arm for arm in self.members if arm.role is ArmRole.RIVAL)

    def arm_of(self, run: Run) -> Arm | None:
        """Return the first arm that the run belongs to; None where there is none."""
        return next((arm for arm in self.members if arm.matches(run)), None)


def check_arms(arms: Sequence[Arm]) -> Arms:
    """Return the arms; ConfigError unless each role but the rivals' has one arm and each label is unique."""
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
    """Return the run's seed and `task.split_seed` (None if absent), by which runs of two arms are paired."""
    task = run.config.get("task")
    return run.seed, task.get("split_seed") if isinstance(task, dict) else None


def format_key(key: RepeatKey) -> str:
    """Return the seed as text, with the split seed where it differs from the seed."""
    seed, split = key
    return f"seed {seed}" if split in (None, seed) else f"seed {seed} on split {str(split)[:20]}"
