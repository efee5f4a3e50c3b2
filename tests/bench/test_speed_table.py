"""The benchmark's own arithmetic: a wrong ruler measures nothing."""

from __future__ import annotations

import math
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest

BENCH = Path(__file__).parents[2] / "bench"


@pytest.fixture
def bench(monkeypatch):
    """Imports a module of the benchmark, which is plain scripts."""
    monkeypatch.syspath_prepend(str(BENCH))
    return import_module


def test_the_exponent_of_a_power_is_found_and_n_log_n_is_above_one(bench):
    exponent = bench("samples").fit_power_law
    sizes = [192, 384, 768, 1536]
    assert exponent(sizes, [3e-5 * n**1.5 for n in sizes]) == pytest.approx((1.5, 3e-5))
    assert 1.1 < exponent(sizes, [n * math.log(n) for n in sizes])[0] < 1.2


def test_ratios_are_taken_turn_by_turn_without_the_first(bench):
    ours, theirs = iter([99.0, 2.0, 8.0, 6.0]), iter([1.0, 1.0, 2.0, 3.0])
    samples = bench("samples")
    a, b, ratio = samples.compare(
        lambda: next(ours), lambda: next(theirs), samples.Pace(min_samples=3, min_seconds=0, max_samples=3)
    )
    assert (a.median, b.median) == (6.0, 2.0)
    assert (ratio.median, ratio.low, ratio.high, ratio.n) == (2.0, 2.0, 4.0, 3)


def test_a_missed_target_reads_missed_and_rows_survive_the_file(bench, tmp_path):
    table, spread = bench("table"), bench("samples").summarize
    rows = [
        table.BenchmarkRow(
            name="slow",
            work="w",
            unit="s",
            result=spread([3.0, 1.0, 2.0]),
            target=table.Target("<=", 1, "result"),
        ),
        table.BenchmarkRow(
            name="fast", work="w", unit="", result=None, ratio=spread([2.0]), target=table.Target(">=", 1)
        ),
        table.BenchmarkRow(name="no", work="w", unit="", result=None, peer="p", target=table.Target(">=", 1)),
    ]
    assert [row.verdict() for row in rows] == ["missed", "holds", "not measurable"]
    part = table.BenchmarkPart("title", "date", "load", rows)
    (tmp_path / "speed.json").write_text(table.format_json({"x": part}), encoding="utf-8")
    assert table.read_parts(tmp_path / "speed.json") == {"x": part}
    text = table.format_markdown([part], "head")
    assert "2.00 (1.00..3.00) s |  |  | <= 1.00 s | **missed** |" in text
    assert len(table.format_csv([part]).splitlines()) == 1 + len(rows)


@pytest.mark.parametrize("peer", ["numpy", "torch", "neat"])
def test_peers_compute_what_we_compute(bench, peer):
    peers, workload, peer_rows = bench("peers"), bench("workload"), bench("peer_rows")
    task, networks = workload.make_swingup(horizon=5), workload.sample_networks(3, 43, 80)
    weights, starts = peer_rows.lane_inputs(task)
    ours = peer_rows.compiled_returns(networks, task)
    if peer == "torch":
        theirs = peers.TorchPlayer(networks, task).compute_returns(weights, starts, 5)
    elif peer == "numpy":
        theirs = [peers.compute_numpy_returns(networks.take([p]), task, weights, starts, 5) for p in range(3)]
    else:
        pytest.importorskip("neat")
        lanes = [(float(w), tuple(map(float, start))) for w, start in zip(weights, starts.T, strict=True)]
        theirs = [
            [peers.compute_neat_return(networks.take([p]), task, *lane, 5) for lane in lanes]
            for p in range(3)
        ]
    assert np.abs(np.asarray(theirs) - ours).max() < 1e-9
