"""Random topologies: sizes given or another run's, nothing inherited."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest

from wannsearch.commands.search import main
from wannsearch.core.errors import ConfigError
from wannsearch.core.ports import Ports
from wannsearch.core.scores import Scores
from wannsearch.core.streams import Role, make_stream
from wannsearch.methods.random_topology import RandomTopology

PORTS = Ports(5, 1, ("tanh", "step"))


def _method(**changed: object) -> RandomTopology:
    settings = {
        "population_size": 200,
        "sizes_from": None,
        "hidden": (2, 6),
        "connections": (3, 9),
        "output_activation": "linear",
    }
    return RandomTopology(**(settings | changed))


def test_sizes_lie_between_the_bounds_and_reach_both() -> None:
    candidates = _method().ask(_method().start(PORTS, make_stream(0, Role.START)))
    candidates.check(PORTS)
    assert set(candidates.count_hidden(PORTS).tolist()) == set(range(2, 7))
    assert set(candidates.edges.tolist()) == set(range(3, 10))


def test_the_next_generation_owes_nothing_to_the_scores_of_the_last() -> None:
    method = _method(population_size=9)
    state = method.start(PORTS, make_stream(0, Role.START))
    told = []
    for sign in (1.0, -1.0):
        returns = sign * np.arange(9.0)[:, None, None]
        scores = Scores(returns, np.ones((9, 1, 1), np.int64))
        told.append(method.tell(state, method.ask(state), scores, make_stream(0, Role.TELL, 1)))
    first, second = told
    assert (first.networks.source == second.networks.source).all()
    assert first.rank.tolist() == second.rank.tolist()[::-1] == list(range(8, -1, -1))
    assert (first.parent_ids == -1).all()
    assert first.ids.tolist() == list(range(18, 27))


@pytest.mark.long
def test_with_like_each_generation_has_the_median_sizes_of_the_other_run(tmp_path: Path) -> None:
    words = ["task=cartpole", "stop_at=null", "debug=fast", "display=off", "retest.repeats=1"]
    found, drawn = tmp_path / "wann", tmp_path / "random"
    small = ["method.population_size=12", "generations=8"]
    assert main([*words, *small, f"hydra.run.dir={found}"]) == 0
    random = ["method=random_topology", *small, f"method.sizes_from={found}", f"hydra.run.dir={drawn}"]
    assert main([*words, *random]) == 0
    histories = [(folder / "history.csv").read_text() for folder in (found, drawn)]
    rows = [list(csv.DictReader(history.splitlines())) for history in histories]
    for wann, ours in zip(*rows, strict=True):
        for name in ("median_hidden", "median_connections"):
            assert float(ours[name]) == max(np.rint(float(wann[name])), name == "median_connections")
        assert ours["evaluations"] == wann["evaluations"]


def test_a_network_is_never_asked_for_more_connections_than_it_can_have() -> None:
    method = _method(hidden=(0, 0), connections=(500, 500))
    assert (method.ask(method.start(PORTS, make_stream(0, Role.START))).edges == 6).all()


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"hidden": (3,)}, r"hidden is \[3\]"),
        ({"hidden": (5, 2)}, r"hidden is \[5, 2\]"),
        ({"connections": (0, 2)}, "both at least 1"),
        ({"hidden": (0, 20000)}, "at most 10000"),
        ({"population_size": 0}, "population_size is 0"),
        ({"output_activation": "tahn"}, "Did you mean 'tanh'"),
    ],
)
def test_impossible_settings_are_refused(changed: dict[str, object], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        _method(**changed)


@pytest.mark.parametrize(("hidden", "is_accepted"), [(0, True), (10_000, True), (10_001, False), (-1, False)])
def test_sizes_of_a_run_are_taken_up_to_the_largest_network(
    tmp_path: Path, hidden: int, is_accepted: bool
) -> None:
    (tmp_path / "history.csv").write_text(f"median_hidden,median_connections\n{hidden},10000\n")
    if is_accepted:
        _method(sizes_from=str(tmp_path), population_size=1).start(PORTS, make_stream(0, Role.START))
    else:
        with pytest.raises(ConfigError, match=r"its history\.csv holds no sizes of networks"):
            _method(sizes_from=str(tmp_path), population_size=1).start(PORTS, make_stream(0, Role.START))


@pytest.mark.parametrize("content", [None, "", "a,b\n1,2\n", "median_hidden,median_connections\nx,1\n"])
def test_a_folder_without_sizes_is_refused_in_one_line(tmp_path: Path, content: str | None) -> None:
    if content is not None:
        (tmp_path / "history.csv").write_text(content)
    with pytest.raises(ConfigError, match=r"method\.sizes_from is") as caught:
        _method(sizes_from=str(tmp_path), population_size=1).start(PORTS, make_stream(0, Role.START))
    assert "\n" not in str(caught.value)


def test_a_run_that_is_not_there_is_refused_before_anything_is_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "run"
    words = [
        "task=cartpole",
        "method=random_topology",
        "method.sizes_from=/nowhere",
        f"hydra.run.dir={folder}",
    ]
    assert main(words) == 2
    assert "method.sizes_from is '/nowhere'" in capsys.readouterr().err
    assert not folder.exists()
