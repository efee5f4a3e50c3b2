"""Which words of a command line set a key."""

from __future__ import annotations

from wannsearch.commands.typed_arguments import (
    get_override_key,
    has_override,
    select_overrides,
    select_unread_overrides,
)

WORDS = [
    "task=logic",
    "+task.bits=3",
    "tasks=4",
    "~hydra.x",
    "parent@method.parent_network=mlp",
    "network=a=b",
]


def test_a_word_sets_the_key_before_its_first_equals_sign_without_hydras_marks() -> None:
    keys = ["task", "task.bits", "tasks", "hydra.x", "parent", "network"]
    assert [get_override_key(word) for word in WORDS] == keys


def test_a_key_stands_for_itself_and_for_all_below_it_and_not_for_longer_names() -> None:
    assert select_overrides(WORDS, "task") == ["task=logic", "+task.bits=3"]
    assert select_overrides(WORDS, "task.bits", "network") == ["+task.bits=3", "network=a=b"]
    assert select_overrides(WORDS, "seed") == []


def test_a_key_is_typed_only_by_itself() -> None:
    assert has_override(WORDS, "task.bits")
    assert not has_override(WORDS, "method")
    assert not has_override(["task.bits=3"], "task")


def test_words_are_unread_whose_key_belongs_to_other_modes_alone() -> None:
    readers = {"task.bits": ["gates"], "network": ["gates", "poles"]}
    assert select_unread_overrides(WORDS, readers, "poles") == ["+task.bits=3"]
    assert select_unread_overrides(WORDS, readers, "gates") == []
