"""--help tells what there is to choose and what every key means, on a narrow and on a wide terminal."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from wannsearch.commands.hydra.errors import find_conf_dir
from wannsearch.commands.hydra.help_text import compose_help, format_help
from wannsearch.core.errors import ConfigError

PROGRAMS = {
    "config": "wannsearch",
    "evaluate": "wannsearch-evaluate",
    "tune": "wannsearch-tune",
    "tables": "wannsearch-tables",
}
NESTED = {
    "mask_rule": ["method=weedout", "method.mask_rule="],
    "parent_network": ["method=weedout", "method.parent_network="],
}


def every_option() -> Iterator[tuple[str, list[str]]]:
    for path in sorted(find_conf_dir().rglob("*.yaml")):
        group, option = path.parent.name, path.stem
        config_name = {"tuning": "tune", "table": "tables"}.get(group, "config")
        if path.parent.parent == find_conf_dir() and group != "hydra":
            *words, last = NESTED.get(group, [f"{group}="])
            yield config_name, [*words, last + option]


def squeezed(text: str) -> str:
    return " ".join(text.split())


@pytest.mark.parametrize("width", [80, 200])
@pytest.mark.parametrize("config_name", PROGRAMS)
def test_every_key_of_a_command_stands_there_with_its_meaning(
    config_name: str, width: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    text = format_help(PROGRAMS[config_name], config_name, ["--help"])
    assert max(map(len, text.splitlines())) <= width
    command = compose_help(PROGRAMS[config_name], config_name, [])
    lines = text.splitlines()
    for entry in command.entries:
        assert entry.meaning or entry.is_section, entry.key
        start = next(n for n, line in enumerate(lines) if line.strip().startswith(entry.text.split(" ")[0]))
        assert entry.meaning.split(" ")[0] in squeezed(" ".join(lines[start : start + 3])), entry.key


@pytest.mark.long  # it composes every option
@pytest.mark.parametrize(("config_name", "words"), list(every_option()), ids=lambda value: str(value))
def test_every_key_of_every_option_has_its_meaning(config_name: str, words: list[str]) -> None:
    command = compose_help(PROGRAMS[config_name], config_name, words)
    assert not [entry.key for entry in command.entries if not entry.meaning and not entry.is_section]


def test_a_command_lists_its_own_groups_alone() -> None:
    keys = {
        config_name: [choice.key for choice in compose_help(program, config_name, []).choices]
        for config_name, program in PROGRAMS.items()
    }
    assert keys["tables"] == ["table"]
    assert keys["evaluate"] == ["held_out", "task", "evaluator", "evaluator.inner"]
    assert keys["tune"] == ["held_out", *keys["evaluate"][1:], "tuning", "debug"]
    assert {"method.mask_rule", "method.parent_network", "experiment"} < set(keys["config"])
    assert not {"table", "tuning"} & set(keys["config"])


def test_the_help_is_that_of_the_rest_of_the_command_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    words = ["method=weedout", "method.mask_rule=imp", "--help", "seed=7", "evaluator.epochs=2"]
    text = format_help("wannsearch", "config", words)
    assert "[weedout]" in text
    assert "method.mask_rule=imp Iterative magnitude pruning" in squeezed(text)
    assert "seed=7" in text
    assert "evaluator.epochs=2" in text
    assert "method.cull" not in text


def test_the_options_of_a_group_are_told_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    text = format_help("wannsearch", "config", ["--help", "method"])
    assert text.startswith("method=OPTION: how networks are proposed and selected\n")
    assert "  wann             Weight agnostic networks (Gaier & Ha 2019)." in text
    nested = format_help("wannsearch", "config", ["method.mask_rule", "-h"])
    assert "  snip           SNIP (Lee et al. 2019)" in nested
    with pytest.raises(ConfigError, match="wannsearch-tables has no group 'method'; its groups: table"):
        format_help("wannsearch-tables", "tables", ["--help", "method"])


def test_what_a_users_own_folder_adds_is_there_with_its_comments(tmp_path: Path) -> None:
    (tmp_path / "task").mkdir()
    (tmp_path / "task/mine.yaml").write_text("# My task.\n_target_: plugin.a.B\nspeed: 3 # m/s\n")
    words = ["--config-dir", str(tmp_path), "task=mine", "--help"]
    command = compose_help("wannsearch", "config", words)
    assert "mine" in next(choice.options for choice in command.choices if choice.key == "task")
    meanings = {entry.text: entry.meaning for entry in command.entries}
    assert meanings["task=mine"] == "My task."
    assert meanings["task.speed=3"] == "m/s"
    with pytest.raises(ConfigError, match="nowhere"):
        _ = compose_help("wannsearch", "config", ["--config-dir", "nowhere"]).entries


def test_long_values_have_lines_of_their_own_and_lists_of_groups_are_counted() -> None:
    texts = {entry.key: entry.text for entry in compose_help("w", "tables", ["table=weedout"]).entries}
    assert texts["table.arms"] == "table.arms=[12 entries]"
    assert texts["table.paper.source"].endswith("…")
