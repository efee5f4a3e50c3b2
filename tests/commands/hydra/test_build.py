"""Classes that a config names, and what is said where they cannot be made."""

from __future__ import annotations

from pathlib import Path

import pytest

from wannsearch.commands.hydra.build import load_class
from wannsearch.core.errors import ConfigError
from wannsearch.core.plugin_files import load_plugin


def test_a_class_of_a_file_that_is_not_loaded_says_how_it_is_loaded() -> None:
    with pytest.raises(ConfigError) as caught:
        load_class("task", "plugin.not_loaded.Lander", "task")
    assert str(caught.value) == (
        "task._target_ is 'plugin.not_loaded.Lander', and not_loaded.py is not loaded; "
        "add plugins=[not_loaded.py], with the folder in front of its name."
    )


def test_a_class_that_a_loaded_file_lacks_is_no_question_of_loading(tmp_path: Path) -> None:
    (tmp_path / "loaded_empty.py").write_text("", encoding="utf-8")
    load_plugin(tmp_path / "loaded_empty.py")
    with pytest.raises(ConfigError, match="there is no such class"):
        load_class("task", "plugin.loaded_empty.Lander", "task")


def test_a_class_without_a_method_of_its_group_is_named_with_its_article(tmp_path: Path) -> None:
    text = "from dataclasses import dataclass\n@dataclass(frozen=True)\nclass Half:\n    describe = 0\n"
    (tmp_path / "half_evaluator.py").write_text(text, encoding="utf-8")
    load_plugin(tmp_path / "half_evaluator.py")
    with pytest.raises(ConfigError, match="; an evaluator has 'evaluate', and this has not"):
        load_class("evaluator", "plugin.half_evaluator.Half", "evaluator")
