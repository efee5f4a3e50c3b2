"""Names are texts, whatever Hydra would make of them; keys of swept groups wait for their job."""

from __future__ import annotations

import pytest
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import QuotedString

from wannsearch.commands.hydra.argument_quoting import defer_keys, quote_names
from wannsearch.core.errors import ConfigError

GROUPS = ("task", "method", "experiment")
NAMES = [
    "runs", "1e5", "0x10", "true", "2024-01-01", "007", "1_000", "20261127", "a b", "~x", "~", "a=b", "[a]",
    "[ab", "a(b", "a)b", "a:b", "it's", "{a", "$a", "a#b", "a\\b", "a\\", "ä", "a;b", "a*", "a&b", "@x", ".5",
    "1.", "nan", "inf", 'a"b', " a", "a ", "{a: 1}", "[a,b]", "a'b\\",
]  # fmt: skip


def read_by_hydra(word: str) -> object:
    value = OverridesParser.create().parse_override(word).value()
    return value.text if isinstance(value, QuotedString) else value


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("key", ["hydra.run.dir", "method.sizes_from"])
@pytest.mark.parametrize("sweep", [False, True])
def test_a_folders_name_reaches_hydra_as_its_text(name: str, key: str, sweep: bool) -> None:
    (word,) = quote_names([f"{key}={name}"], GROUPS, sweep)
    assert read_by_hydra(word) == name


@pytest.mark.parametrize("name", [name for name in NAMES if "," not in name and name != "a\\"])
def test_so_does_each_name_of_a_list_of_runs(name: str) -> None:
    (word,) = quote_names([f"runs=[{name},other]"], GROUPS, is_sweep=False)
    value = OverridesParser.create().parse_override(word).value()
    assert [part.text if isinstance(part, QuotedString) else part for part in value] == [name, "other"]


def test_what_hydra_reads_as_a_text_is_left_as_it_was_typed() -> None:
    words = ["network=outputs/a-b/c.json", "network='1e5'", 'hydra.run.dir="a,b"', "seed=1e5", "task=logic"]
    words += ["hydra.run.dir=outputs/${now:%Y}", "sweep.name=${oc.env:A}", "runs=[outputs/sweeps/a*]"]
    words += ["method.sizes_from=null", "data.root=null", "parameters=null", "task=null", "network="]
    assert quote_names(words, GROUPS, is_sweep=False) == words


def test_null_is_a_name_where_nothing_may_be_left_out() -> None:
    words = ["network=null", "hydra.run.dir=null", "runs=null", "sweep.name=null"]
    assert [read_by_hydra(word) for word in quote_names(words, GROUPS, is_sweep=False)] == ["null"] * 4


def test_a_sweep_over_names_is_a_sweep_over_texts() -> None:
    words = ["network=1e5,~x,plain,'a,b'", "method.sizes_from=null,7", "network=glob(a*)", "seed=1e5,2"]
    quoted = [
        "network='1e5','~x',plain,'a,b'",
        "method.sizes_from=null,'7'",
        "network=glob(a*)",
        "seed=1e5,2",
    ]
    assert quote_names(words, GROUPS, is_sweep=True) == quoted


def test_a_name_with_a_comma_is_refused_with_what_to_type() -> None:
    with pytest.raises(ConfigError, match=r"needs -m.*'hydra\.run\.dir=\"a,b\"'"):
        quote_names(["hydra.run.dir=a,b"], GROUPS, is_sweep=False)


def test_keys_wait_for_their_job_where_a_group_is_swept() -> None:
    words = ["task=mnist,digits", "method=wann", "task.split_seed=3", "seed=0,1", "hydra.sweep.dir=a"]
    words += [
        "sweep.name=b",
        "on_error=stop",
        "++task.batch_size=2",
        "trials.shared_weights=[1,2]",
        "display=",
    ]
    assert defer_keys(words, GROUPS) == [
        "task=mnist,digits", "method=wann", "task.split_seed=choice(3)", "seed=0,1", "hydra.sweep.dir=a",
        "sweep.name=b", "on_error=stop", "++task.batch_size=choice(2)", "trials.shared_weights=choice([1,2])",
        "display=",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "group", ["experiment=a,b", "task=glob(m*)", "mask_rule@method.mask_rule=imp,gmp", "+mine=a,b"]
)
def test_whatever_way_the_group_is_swept(group: str) -> None:
    assert defer_keys([group, "task.x=1"], (*GROUPS, "mine")) == [group, "task.x=choice(1)"]


def test_no_key_waits_where_only_keys_are_swept() -> None:
    words = ["task=logic", "task.gate=xor", "seed=0,1"]
    assert defer_keys(words, GROUPS) == words
