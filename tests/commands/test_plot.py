"""wannsearch-plot: pictures of runs, of ranks and of network files."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest

from wannsearch.commands.plot import main as plot
from wannsearch.commands.search import main as search
from wannsearch.records import layout
from wannsearch.records.files import encode_json
from wannsearch.reporting.plots import style

SMALL = ["task=logic", "debug=fast", "generations=2", "method.population_size=6", "evaluator=reference"]
PLOTS = ["complexity", "learning_curve", "network", "weight_sweep"]
Output = pytest.CaptureFixture[str]
OUT_FILE = "0,0,0,1.0,1\n0,0,0,0.5,1\n0,0,0,-2.0,1\n0,0,0,0,5\n"  # bias and two inputs to an output
PLUGIN = '''
from dataclasses import dataclass
from wannsearch.methods.wann import Wann


@dataclass(frozen=True, kw_only=True)
class MyWann(Wann):
    """The published method, in a file of one's own."""
'''


@pytest.fixture(autouse=True)
def _coarse_png(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(style, "PNG_DPI", 15)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished run with its pictures; only to be read."""
    folder = tmp_path_factory.mktemp("finished") / "run"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(style, "PNG_DPI", 15)
        assert search([*SMALL, "plots=all", "display=off", f"hydra.run.dir={folder}"]) == 0
    return folder


def names(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def test_a_run_is_drawn_again_with_the_bytes_of_its_end(run: Path, tmp_path: Path, capsys: Output) -> None:
    assert plot([str(run), "--out", "pictures"]) == 0
    out = tmp_path / "pictures"
    assert names(out) == [f"{name}.{suffix}" for name in PLOTS for suffix in ("png", "svg")]
    for name in names(out):
        original = run / ("best" if name == "network.svg" else "plots") / name
        assert (out / name).read_bytes() == original.read_bytes()
    assert sorted(capsys.readouterr().out.split()) == [f"pictures/{name}" for name in names(out)]


def test_pictures_of_a_run_lie_in_the_run_unless_a_folder_is_named(run: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(run, copy)
    before = names(copy)
    shutil.rmtree(copy / "plots")
    (copy / "best/network.svg").unlink()
    assert plot([str(copy)]) == 0
    assert names(copy) == before


def test_a_run_that_was_stopped_says_so_in_its_pictures(run: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(run, copy)
    (copy / layout.SUMMARY).unlink()
    (copy / layout.EVALUATION).unlink()
    status = json.loads((copy / layout.STATUS).read_text())
    (copy / layout.STATUS).write_bytes(encode_json(status | {"state": "stopped"}))
    assert plot([str(copy), "--out", "pictures"]) == 0
    assert names(tmp_path / "pictures") == [
        f"{name}.{suffix}" for name in PLOTS if name != "weight_sweep" for suffix in ("png", "svg")
    ]
    svg = (tmp_path / "pictures/network.svg").read_text()
    assert "Best network so far: " in svg
    assert "stopped after generation 2 of 2" in svg
    assert "closeness" in (tmp_path / "pictures/learning_curve.svg").read_text()


def test_each_rank_of_the_last_population_has_a_picture(run: Path, tmp_path: Path) -> None:
    header, *rows = [line.split(",") for line in (run / layout.RANKING).read_text().splitlines()]
    for rank in (1, 6):
        assert plot([str(run), "--rank", str(rank), "--out", "."]) == 0
        svg = (tmp_path / f"network_rank_{rank}.svg").read_text()
        row = dict(zip(header, rows[rank - 1], strict=True))
        count = int(row["connections"])
        assert f"Rank {rank} of the last population: {row['hidden']} hidden node" in svg
        assert f", {count} connection{'s' * (count != 1)}<" in svg
        assert f"id {row['id']}<" in svg


@pytest.mark.parametrize(
    ("options", "shown"),
    [
        ([], []),
        (["--inputs", "2", "--outputs", "1"], ["x1", "x2", "y", "weight &lt; 0"]),
        (["--task", "logic"], ["x1", "x2", "y"]),
        (
            ["--inputs", "1x2", "--outputs", "1", "--hide-weights"],
            ["2 of 2 pixels used; small: those of one output"],
        ),
    ],
)
def test_a_published_matrix_is_drawn_with_the_ports_that_are_named(
    options: list[str], shown: list[str], tmp_path: Path, capsys: Output
) -> None:
    (tmp_path / "champion.out").write_text(OUT_FILE)
    code = plot(["champion.out", *options])
    if not options:
        assert code == 2
        assert "--task NAME, or --inputs N --outputs N" in capsys.readouterr().err
        return
    assert code == 0
    assert capsys.readouterr().out.split() == ["champion.svg", "champion.png"]
    svg = (tmp_path / "champion.svg").read_text()
    assert "Network: 0 hidden nodes, 3 connections" in svg
    assert all(f">{text}<" in svg for text in shown)
    assert ("weight &gt; 0" in svg) == ("--hide-weights" not in options)


def test_a_task_whose_file_builds_on_another_names_the_ports(tmp_path: Path) -> None:
    assert plot(["dense:3", "--task", "mountain_car"]) == 0
    svg = (tmp_path / "dense_3.svg").read_text()
    assert "position" in svg
    assert "velocity" in svg


def test_networks_in_our_json_and_dense_ones_are_drawn(run: Path, tmp_path: Path) -> None:
    assert plot([str(run / layout.NETWORK), "dense:3", "--task", "logic"]) == 0
    assert names(tmp_path) == ["dense_3.png", "dense_3.svg", "network.png", "network.svg"]
    assert "Network: 3 hidden nodes" in (tmp_path / "dense_3.svg").read_text()


def test_a_title_is_one_s_own_or_none(run: Path, tmp_path: Path) -> None:
    for options in (["--title", "Mine"], ["--no-title"]):
        assert plot([str(run), "--rank", "1", "--out", "x", *options]) == 0
        svg = (tmp_path / "x/network_rank_1.svg").read_text()
        assert ("Mine" in svg) == ("Mine" in options)
        assert "Rank 1" not in svg
        assert ("wann" in svg) == ("Mine" in options)


def test_pictures_of_several_runs_lie_in_folders_of_their_own(run: Path, tmp_path: Path) -> None:
    shutil.copytree(run, tmp_path / "other")
    assert plot([str(run), "other", "--rank", "1", "--out", "all"]) == 0
    files = [f"network_rank_1.{suffix}" for suffix in ("png", "svg")]
    assert names(tmp_path / "all") == [f"{folder}/{name}" for folder in ("other", "run") for name in files]


def test_a_run_of_a_plugin_asks_for_its_file(run: Path, tmp_path: Path, capsys: Output) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(run, copy)
    config = (copy / layout.CONFIG).read_text()
    config = config.replace("wannsearch.methods.wann.Wann", "plugin.my_wann.MyWann")
    (copy / layout.CONFIG).write_text(config.replace("plugins: {}", "plugins:\n  my_wann.py: abc"))
    assert plot([str(copy), "--rank", "1"]) == 2
    assert "It was made with my_wann.py; name it: --plugin FILE." in capsys.readouterr().err
    (tmp_path / "my_wann.py").write_text(PLUGIN)
    assert plot([str(copy), "--rank", "1", "--plugin", "my_wann.py"]) == 0


@pytest.mark.parametrize(
    ("words", "code", "line"),
    [
        (["nothing"], 2, "'nothing' does not exist"),
        (["{run}", "nothing"], 2, "'nothing' does not exist"),
        (["."], 2, "holds no run"),
        (["{run}", "--rank", "7"], 2, "rank is 7; the last population has ranks 1..6."),
        (["{run}", "--rank", "0"], 2, "rank is 0"),
        (["{run}", "--task", "logic"], 2, "--task has no effect on"),
        (["{run}", "--hide-weights"], 2, "--hide-weights has no effect on"),
        (["dense:3", "--rank", "1"], 2, "--rank=1 has no effect on 'dense:3'"),
        (["dense:3", "--task", "logik"], 2, "--task is 'logik'; .*Did you mean 'logic'"),
        (["dense:3", "--inputs", "3"], 2, "--inputs and --outputs go together"),
        (["dense:3", "--inputs", "2x3x4", "--outputs", "1"], 2, "--inputs is '2x3x4'; it must be"),
        (["dense:3", "--task", "logic", "--inputs", "3"], 2, "leave out --inputs"),
        (["{run}/best/network.json", "{run}/best/network.json"], 2, "two of the arguments have the picture"),
        (["{run}/history.csv", "--task", "logic"], 65, "history.csv"),
        (["{run}", "--plugin", "none.py"], 2, "none.py"),
    ],
)  # fmt: skip
def test_a_wrong_argument_is_refused_in_one_line_and_nothing_is_written(
    run: Path, tmp_path: Path, capsys: Output, words: list[str], code: int, line: str
) -> None:
    before = names(run)
    assert plot([word.format(run=run) for word in words]) == code
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err.count("\n") == 1
    assert re.search(line, shown.err)
    assert names(tmp_path) == []
    assert names(run) == before
