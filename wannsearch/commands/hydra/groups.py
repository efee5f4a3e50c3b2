"""The groups of `conf/` whose options name a class: its required methods, and the key of the choice.

A new group of plugins is one line here and one folder in `conf/`. A nested group is chosen inside another
one: `method.mask_rule=imp`, which Hydra itself writes `mask_rule@method.mask_rule=imp`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from wannsearch.core.protocols import Evaluator
from wannsearch.core.subnetworks.parent_network import ParentNetwork
from wannsearch.core.subnetworks.subnetworks import MaskRuleProtocol


@dataclass(frozen=True)
class ConfigGroup:
    """One group of options, each of which is a class with its settings."""

    name: str
    required_methods: tuple[str, ...]
    key: str  # the dotted key of the chosen option in the composed config
    field_type: Any = None  # type of the field, in a class of another group, that holds the option

    @property
    def is_nested(self) -> bool:
        """Return whether the group is chosen inside another group."""
        return "." in self.key


GROUPS = (
    ConfigGroup("task", ("ports", "episode_seeds", "reset", "observe", "step"), "task"),
    ConfigGroup("method", ("start", "ask", "tell"), "method"),
    ConfigGroup("evaluator", ("describe", "evaluate", "measure"), "evaluator"),
    ConfigGroup("table", ("build",), "table"),
    ConfigGroup("evaluator", ("describe", "evaluate", "measure"), "evaluator.inner", Evaluator),
    ConfigGroup("parent_network", ("forward",), "method.parent_network", ParentNetwork),
    ConfigGroup("mask_rule", ("start", "update"), "method.mask_rule", MaskRuleProtocol),
)

REQUIRED_METHODS = {group.name: group.required_methods for group in GROUPS}
NESTED_GROUPS = tuple(group for group in GROUPS if group.is_nested)
GROUP_OF_TYPE = {group.field_type: group.name for group in NESTED_GROUPS}
