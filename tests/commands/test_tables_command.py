"""wannsearch-tables, from run folders to files."""

from __future__ import annotations

import csv
import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from omegaconf import OmegaConf

from wannsearch.commands.search import main as search_main
from wannsearch.records.layout import FORMAT
from wannsearch.reporting.plots import style

Command = Callable[..., int]
SWINGUP = ["task=cartpole_swingup", "task.horizon=50", "task.episodes=1", "held_out.episodes=3"]
SMALL = [
    "debug=fast",
    "method.population_size=8",
    "evaluator=reference",
    "display=off",
    "retest.repeats=1",
]
FILES = {"table.csv", "table.md", "table.tex", "picture.svg", "picture.png", "provenance.json"}


@pytest.fixture(scope="session")
def searched(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Six real runs of two tasks."""
    root = tmp_path_factory.mktemp("searched")
    for seed in range(3):
        assert search_main([*SWINGUP, *SMALL, f"seed={seed}", f"hydra.run.dir={root}/swing{seed}"]) == 0
        words = ["task=logic", *SMALL, f"seed={seed}"]
        assert search_main([*words, f"hydra.run.dir={root}/deep/er/logic{seed}"]) == 0
    return root


@pytest.fixture
def runs(searched: Path, tmp_path: Path) -> Path:
    """A copy of them, to be changed."""
    shutil.copytree(searched, tmp_path / "runs")
    return Path("runs")


@pytest.fixture
def pictures_are_saved() -> None:
    """A test asks for this where it reads the bytes of a picture."""


def save_nothing(*_: Any, **__: Any) -> bytes:
    return b""


@pytest.fixture(autouse=True)
def _save_no_picture_unasked(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every table draws its figures; SVG and PNG take longer than the table."""
    if "pictures_are_saved" not in request.fixturenames:
        monkeypatch.setattr(style, "_save_figure", save_nothing)


def contents(folder: str) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in Path(folder).iterdir()}


def records(folder: str, name: str = "table.csv") -> list[dict[str, str]]:
    return list(csv.DictReader((Path(folder) / name).read_text().splitlines()))


def provenance(folder: str) -> Any:
    return json.loads((Path(folder) / "provenance.json").read_text())


def fail(run: Path) -> None:
    """As a run looks that failed."""
    status = json.loads((run / "status.json").read_text())
    (run / "status.json").write_text(json.dumps(status | {"state": "failed", "why": "it broke"}))
    (run / "summary.json").unlink()
    shutil.rmtree(run / "best")


def test_all_runs_become_rows_by_setting(
    runs: Path, tables: Command, capsys: pytest.CaptureFixture[str]
) -> None:
    assert tables("runs=runs") == 0
    assert set(contents("outputs/tables/summary")) == FILES | {"anytime.csv"}
    first, second = records("outputs/tables/summary")
    assert (first["setting"], first["n"], first["failed"]) == ("cartpole_swingup · wann", "3", "0")
    assert (second["setting"], second["n"], second["evaluations"]) == ("logic · wann", "3", "16.0")
    scores = [
        json.loads((runs / f"deep/er/logic{seed}/summary.json").read_text())["held_out"]["mean_over_weights"]
        for seed in range(3)
    ]
    assert float(second["mean"]) == pytest.approx(sum(scores) / 3)
    assert (float(second["min"]), float(second["max"])) == (min(scores), max(scores))
    shown = capsys.readouterr().out
    assert shown.startswith(Path("outputs/tables/summary/table.md").read_text())


def test_where_the_runs_came_from_is_written_beside_it(runs: Path, tables: Command) -> None:
    assert tables("runs=[runs]") == 0
    told = provenance("outputs/tables/summary")
    assert told["evaluations"] == 6 * 16
    swing = told["groups"][0]
    assert swing["seeds"] == [0, 1, 2]
    assert swing["packages"]["numpy"]
    assert len(swing["config_sha256"]) == 64
    assert swing["runs"][1]["command"][:3] == ["wannsearch", *SWINGUP[:2]]
    assert swing["runs"][1]["run"] == "runs/swing1"


@pytest.mark.usefixtures("pictures_are_saved")
def test_the_same_runs_in_any_order_give_the_same_bytes(runs: Path, tables: Command) -> None:
    patterns = [f"runs/swing{seed}" for seed in range(3)] + ["runs/deep"]
    assert tables(f"runs=[{','.join(patterns)}]", "hydra.run.dir=one") == 0
    assert tables(f"runs=[{','.join(patterns[::-1])}]", "hydra.run.dir=two") == 0
    one, two = contents("one"), contents("two")
    for name in FILES - {"provenance.json"}:
        assert one[name] == two[name], name
    first, second = provenance("one"), provenance("two")
    assert first["table"].pop("runs") != second["table"].pop("runs")
    assert first == second
    assert tables(f"runs=[{','.join(patterns)}]", "hydra.run.dir=one") == 0
    assert contents("one") == one


def test_failed_damaged_and_foreign_folders_are_told_in_a_line_each(
    runs: Path, tables: Command, capsys: pytest.CaptureFixture[str]
) -> None:
    fail(runs / "swing2")
    (runs / "swing1/summary.json").write_text("{")
    (runs / "foreign/.hydra").mkdir(parents=True)
    (runs / "foreign/.hydra/config.yaml").write_text("model: x\n")
    (runs / "foreign/status.json").write_text("{}")
    shutil.copytree(runs / "swing0", runs / "copied")
    status = runs / "deep/er/logic1/status.json"
    status.write_text(status.read_text().replace("done", "stopped"))
    assert tables("runs=runs") == 0
    said = capsys.readouterr().err.splitlines()
    assert len(said) == 4
    for name in ("swing1", "foreign", "swing0", "logic1"):
        assert sum(f"/{name}" in line for line in said) == 1
    first, second = records("outputs/tables/summary")
    assert (first["n"], first["failed"], first["min"], second["n"]) == ("2", "1", "0.0", "2")
    told = provenance("outputs/tables/summary")
    assert len(told["skipped"]) == 2
    assert len(told["left_out"]) == 2
    assert [run["state"] for run in told["groups"][0]["runs"]] == ["done", "failed"]
    assert told["groups"][0]["runs"][1]["why"] == "it broke"


def test_the_floor_of_a_failed_run_can_be_set_and_must_be_known(
    runs: Path, tables: Command, capsys: pytest.CaptureFixture[str]
) -> None:
    fail(runs / "swing2")
    assert tables("runs=runs", "floor=-7") == 0
    assert records("outputs/tables/summary")[0]["min"] == "-7.0"
    assert tables("runs=runs", "floors.cartpole_swingup=-8") == 0
    assert records("outputs/tables/summary")[0]["min"] == "-8.0"
    capsys.readouterr()
    summary = runs / "swing1/summary.json"
    own = summary.read_text()
    summary.write_text(own.replace('"score_name": "return"', '"score_name": "other"'))
    assert tables("runs=runs", "floor=-7", "hydra.run.dir=none") == 2
    assert "-7 for scores in other, in return; give one for each" in capsys.readouterr().err
    summary.write_text(own)
    config = runs / "swing2/.hydra/config.yaml"
    config.write_text(config.read_text().replace("tasks.cartpole_swingup.", "tasks.unheard_of."))
    assert tables("runs=runs", "hydra.run.dir=none") == 2
    assert "floor=NUMBER" in capsys.readouterr().err
    assert not Path("none").exists()


OTHER_TABLES = ["across_tasks", "learning_curves", "wann_control", "neat_xor", "double_pole", "weedout"]


@pytest.mark.usefixtures("pictures_are_saved")
@pytest.mark.parametrize(
    "table", ["summary", *(pytest.param(table, marks=pytest.mark.long) for table in OTHER_TABLES)]
)
def test_every_table_can_be_made_of_real_runs_and_of_old_ones(
    runs: Path, tables: Command, table: str, reference: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for path in runs.rglob("history.csv"):
        lines = [line.split(",") for line in path.read_text().splitlines()]
        kept = [place for place, name in enumerate(lines[0]) if not name.startswith("best_so_far_")]
        path.write_text("".join(",".join(line[place] for place in kept) + "\n" for line in lines))
    assert tables(f"table={table}", "runs=runs", f"reference={reference}", "hydra.run.dir=one") == 0
    assert tables(f"table={table}", "runs=runs", f"reference={reference}", "hydra.run.dir=two") == 0
    one, two = contents("one"), contents("two")
    picture = "accuracy_by_sparsity" if table == "weedout" else "picture"
    assert set(one) >= {name.replace("picture", picture) for name in FILES}
    assert one == two
    assert one[f"{picture}.png"].startswith(b"\x89PNG")
    monkeypatch.setattr(style, "_save_figure", save_nothing)
    assert tables(f"table={table}", "runs=runs", "reference=nowhere", "hydra.run.dir=one") == 0


def test_a_tuning_is_found_by_the_bytes_of_its_network(runs: Path, tables: Command) -> None:
    network = (runs / "swing0/best/network.json").read_bytes()
    tuned = Path("tuned")
    tuned.mkdir()
    (tuned / ".hydra").mkdir()
    searched = OmegaConf.load(runs / "swing0/.hydra/config.yaml")
    config = {"network": "runs/swing0", "task": searched.task, "held_out": searched.held_out}
    (tuned / ".hydra/config.yaml").write_text(OmegaConf.to_yaml(OmegaConf.create(config)))
    (tuned / "status.json").write_text(f'{{"format": {FORMAT}, "state": "done", "why": null}}')
    (tuned / "history.csv").write_text("generation,best_so_far\n1,3.0\n")
    column = {"mean": 515.0, "std": 1.0}
    document = {"format": FORMAT, "task": "cartpole_swingup", "network_sha256": sha256(network).hexdigest()}
    document |= dict.fromkeys(("random_weights", "random_shared_weight", "tuned_shared_weight"), column)
    (tuned / "tuning.json").write_text(json.dumps(document | {"tuned_weights": None}))
    assert tables("table=wann_control", "runs=[runs,tuned]") == 0
    found = {row["column"]: row for row in records("outputs/tables/wann_control")[:4]}
    assert (found["random_weights"]["iqm"], found["random_weights"]["n"]) == ("515.0", "1")
    assert found["tuned_weights"]["verdict"] == "not tuned"
    assert provenance("outputs/tables/wann_control")["tunings_used"] == ["tuned"]


def test_without_a_run_there_is_no_table(tables: Command, capsys: pytest.CaptureFixture[str]) -> None:
    Path("empty").mkdir()
    assert tables("runs=empty") == 66
    assert tables("runs=nowhere") == 2
    assert tables("runs=[]") == 2
    assert tables("runs=3") == 2
    assert len(capsys.readouterr().err.splitlines()) == 4
    assert not Path("outputs").exists()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["table=summery"], "Did you mean 'summary'"),
        (["table="], "names nothing"),
        (["tabel=summary"], "there is no key 'tabel'"),
        (["table.titel=x"], "there is no key"),
        (["floors.logic=low"], "floors.logic"),
        (["floor=nan"], "floor is nan"),
        (["floors.logic=inf"], "floors.logic is inf"),
        (["floors.logic=[{match:{},score:nan}]"], "floors.logic[0].score is nan"),
        (["table._target_=os.system"], "only classes of"),
        (["table._target_=wannsearch.reporting.tables.groups.Group"], "a table has 'build'"),
        (["table=learning_curves", "table.evaluation_counts=[x]"], "table.evaluation_counts[0]"),
    ],
)
def test_wrong_input_is_one_line(
    runs: Path, tables: Command, words: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert tables("runs=runs", *words) == 2
    err = capsys.readouterr().err
    assert said in err
    assert len(err.splitlines()) == 1
    assert not Path("outputs").exists()


def test_a_folder_of_something_else_is_left_alone(
    runs: Path, tables: Command, capsys: pytest.CaptureFixture[str]
) -> None:
    before = sorted((runs / "swing0").iterdir())
    assert tables("runs=runs", f"hydra.run.dir={runs}/swing0") == 2
    assert "files of something else" in capsys.readouterr().err
    assert sorted((runs / "swing0").iterdir()) == before


def test_a_tables_folder_is_no_run(runs: Path, tables: Command) -> None:
    for _ in range(2):
        assert tables("runs=.") == 0
    assert len(provenance("outputs/tables/summary")["groups"]) == 2
    assert provenance("outputs/tables/summary")["skipped"] == []


@pytest.mark.long
def test_several_tables_can_be_made_at_once(runs: Path, tables: Command) -> None:
    assert tables("-m", "runs=[runs]", "table=summary,wann_control") == 0
    assert len(list(Path("outputs/sweeps").rglob("table.md"))) == 2


@pytest.mark.long
def test_a_reader_that_has_seen_enough_is_no_error(runs: Path) -> None:
    code = "import sys; from wannsearch.commands.tables import main; sys.exit(main(['runs=runs']))"
    with subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as command:
        assert command.stdout is not None
        assert command.stderr is not None
        command.stdout.close()
        assert command.stderr.read() == ""
        assert command.wait() == 0
    assert Path("outputs/tables/summary/table.md").is_file()
