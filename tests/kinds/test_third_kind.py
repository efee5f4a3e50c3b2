"""A kind of candidates in one file outside the package runs end to end, without an edit elsewhere."""

from __future__ import annotations

import csv
import gzip
import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from wannsearch.commands.search import main as search
from wannsearch.commands.tables import main as make_tables

HERE = Path(__file__).parent
WORDS = [
    f"plugins=[{HERE / 'bit_strings.py'}]",
    "--config-dir",
    str(HERE / "conf"),
    "task=secret_string",
    "method=bit_climber",
    "checkpoint.min_seconds=0",
    "display=off",
]
SAME_BYTES = [
    "history.csv",
    "ranking.csv",
    "front.csv",
    "population.jsonl.gz",
    "summary.json",
    "best/bits.json",
]


@pytest.fixture(autouse=True)
def _own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def run(folder: str, *words: str) -> Path:
    assert search([*WORDS, f"hydra.run.dir={folder}", *words]) == 0
    return Path(folder)


def read_rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_a_run_of_bit_strings_has_its_own_columns_files_test_and_plot() -> None:
    folder = run("run", "generations=4")
    history, ranking = read_rows(folder / "history.csv"), read_rows(folder / "ranking.csv")
    assert {"median_ones", "median_zeros", "best_so_far_ones", "spread"} <= set(history[0])
    assert {"ones", "zeros"} <= set(ranking[0])
    assert [float(row["mean"]) for row in ranking] == sorted(
        (float(row["mean"]) for row in ranking), reverse=True
    )
    lines = gzip.decompress((folder / "population.jsonl.gz").read_bytes()).splitlines()
    assert len(lines) == 6
    best = json.loads((folder / "best/bits.json").read_text())
    summary = json.loads((folder / "summary.json").read_text())
    assert summary["best"]["id"] == best["id"]
    assert summary["best"]["length"] == len(best["bits"]) == 40
    secret = [int(position % 3 != 0) for position in range(40)]
    share = sum(a == b for a, b in zip(best["bits"], secret, strict=True)) / 40
    assert summary["held_out"]["mean_over_weights"] == pytest.approx(share)
    assert {path.name for path in (folder / "plots").iterdir()} == {"bits.svg", "bits.png"}


def test_what_the_evaluator_taught_is_inherited() -> None:
    words = ["generations=9", "plots=off", "method.flip_probability=0"]
    taught = read_rows(run("taught", *words) / "history.csv")
    untaught = read_rows(run("untaught", *words, "evaluator.teaches=false") / "history.csv")
    # Without flips nothing but learning changes a string: one bit of 40 in every generation.
    gained = [float(row["best"]) - float(taught[0]["best"]) for row in taught]
    assert gained == pytest.approx([generation / 40 for generation in range(9)])
    assert len({row["best"] for row in untaught}) == 1


def test_a_run_that_stopped_or_was_killed_goes_on_with_what_was_learned() -> None:
    whole = run("whole", "generations=8", "plots=off")
    run("stopped", "generations=3", "plots=off")
    continued = run("stopped", "generations=8", "plots=off")
    words = [*WORDS, "hydra.run.dir=killed", "generations=8", "plots=off", "evaluator.kill_above=0.55"]
    main = "import sys; from wannsearch.commands.search import main; sys.exit(main(sys.argv[1:]))"
    process = subprocess.run([sys.executable, "-c", main, *words], check=False, timeout=120)
    assert process.returncode == -signal.SIGKILL
    assert 2 <= len(read_rows(Path("killed/history.csv"))) < 8
    config = Path("killed/.hydra/config.yaml")
    config.write_text(config.read_text().replace("kill_above: 0.55", "kill_above: 2.0"))
    killed = run("killed", "generations=8", "plots=off")
    for name in SAME_BYTES:
        assert (whole / name).read_bytes() == (continued / name).read_bytes(), name
        assert (whole / name).read_bytes() == (killed / name).read_bytes(), name


def test_runs_of_bit_strings_make_a_table() -> None:
    for seed in (0, 1):
        run(f"runs/{seed}", "generations=2", "plots=off", f"seed={seed}")
    assert make_tables(["table=summary", "runs=[runs]", "hydra.run.dir=table"]) == 0
    (row,) = read_rows(Path("table/table.csv"))
    best = [json.loads((Path(f"runs/{seed}") / "summary.json").read_text())["best"] for seed in (0, 1)]
    assert (row["n"], float(row["ones"])) == ("2", sum(part["ones"] for part in best) / 2)
    assert "connections" not in row


def test_a_damaged_checkpoint_of_bit_strings_is_refused_in_one_line(
    capsys: pytest.CaptureFixture[str],
) -> None:
    folder = run("run", "generations=2", "plots=off")
    for path in (folder / "checkpoint").iterdir():
        path.write_bytes(path.read_bytes()[:-40])
    assert search([*WORDS, "hydra.run.dir=run", "generations=4", "plots=off"]) == 65
    assert len(capsys.readouterr().err.splitlines()) == 1
