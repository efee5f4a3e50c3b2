"""What a run's bits depend on besides its config."""

from __future__ import annotations

import pytest

from wannsearch.records.environment import _VARIABLES, collect_environment, describe_differences


@pytest.fixture(autouse=True)
def _plain(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in _VARIABLES:
        monkeypatch.delenv(name, raising=False)


def test_a_variable_that_chooses_machine_code_is_told_where_it_is_set(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    before = collect_environment()
    assert not before.keys() & set(_VARIABLES)
    monkeypatch.setenv("ATEN_CPU_CAPABILITY", "default")
    monkeypatch.setenv("OPENBLAS_CORETYPE", "")
    monkeypatch.setenv("HF_TOKEN", "secret")
    assert collect_environment() == before | {"ATEN_CPU_CAPABILITY": "default"}
    assert describe_differences(before, collect_environment()) == [
        "ATEN_CPU_CAPABILITY None then, default now"
    ]


def test_its_value_is_one_short_harmless_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GLIBC_TUNABLES", "\x1b[31m\n" + "x" * 10_000)
    assert collect_environment()["GLIBC_TUNABLES"] == "?[31m?" + "x" * 94
