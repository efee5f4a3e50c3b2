"""wannsearch, from command line to run folder."""

from __future__ import annotations

import csv
import gzip
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from wannsearch.commands.search import main as search_main
from wannsearch.core.tasks.scene import Scene
from wannsearch.tasks.cartpole import CartPole

Search = Callable[..., int]
SMALL = ["task=logic", "debug=fast", "generations=3", "method.population_size=8"]
SAME_BYTES = [
    "history.csv",
    "ranking.csv",
    "population.jsonl.gz",
    "best/network.json",
    "best/evaluation.json",
]


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def tree(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run that tests read; who changes it copies it."""
    folder = tmp_path_factory.mktemp("finished") / "run"
    assert search_main([*SMALL, f"hydra.run.dir={folder}"]) == 0
    return folder


@pytest.fixture
def copied(finished: Path, tmp_path: Path) -> Path:
    shutil.copytree(finished, tmp_path / "run")
    return Path("run")


def test_a_search_leaves_everything_in_one_folder(search: Search) -> None:
    assert search(*SMALL, "plots=all") == 0
    (folder,) = Path("outputs/logic/wann").iterdir()
    assert re.fullmatch(r"\d{4}-\d\d-\d\d_\d\d-\d\d-\d\d_s0", folder.name)
    expected = [
        ".hydra/config.yaml", ".hydra/overrides.yaml", "history.csv", "timing.csv", "ranking.csv",
        "population.jsonl.gz", "best/network.json", "best/network.svg", "best/evaluation.json",
        "summary.json", "status.json", "plots/learning_curve.svg", "plots/weight_sweep.svg",
        "plots/complexity.svg", "plots/network.png", "run.log",
    ]  # fmt: skip
    assert [name for name in expected if not (folder / name).is_file()] == []
    assert json.loads((folder / "status.json").read_text())["state"] == "done"
    told = json.loads((folder / "summary.json").read_text())
    assert told["held_out"]["score_name"] == told["best"]["score_name"] == "closeness"
    assert "closeness" in (folder / "plots/learning_curve.svg").read_text()


def test_the_history_has_a_row_a_generation_and_counts_from_one(finished: Path) -> None:
    history = rows(finished / "history.csv")
    columns = (
        "generation evaluations env_steps best median mean best_max best_so_far "
        "median_connections median_hidden failed"
    ).split()
    assert list(history[0])[: len(columns)] == columns
    assert [row["generation"] for row in history] == ["1", "2", "3"]
    assert [row["evaluations"] for row in history] == ["8", "16", "24"]
    assert [row["env_steps"] for row in history] == ["48", "96", "144"]  # 8 networks x 6 weights x 1 step
    timing = list(rows(finished / "timing.csv")[0])
    assert timing[:7] == "generation ask_s evaluate_s tell_s record_s evaluated deduplicated".split()


def test_the_ranking_is_the_last_population_best_mean_first(finished: Path) -> None:
    ranking = rows(finished / "ranking.csv")
    assert (
        list(ranking[0])
        == (
            "rank method_rank id parent mean max connections hidden "
            "score[-2] score[-1] score[-0.5] score[0.5] score[1] score[2]"
        ).split()
    )
    keys = [(-float(row["mean"]), int(row["connections"])) for row in ranking]
    assert keys == sorted(keys)
    assert sorted(int(row["method_rank"]) for row in ranking) == list(range(1, 9))
    assert [int(row["rank"]) for row in ranking] == list(range(1, 9))
    for row in ranking:
        by_weight = [float(value) for name, value in row.items() if name.startswith("score[")]
        assert float(row["mean"]) == pytest.approx(sum(by_weight) / 6, rel=1e-12)
        assert float(row["max"]) == max(by_weight)
        assert 8 <= int(row["id"]) < 8 * 4  # birth generation x P + row
    with gzip.open(finished / "population.jsonl.gz", "rt", encoding="utf-8") as file:
        networks = {int(line["id"]): line for line in map(json.loads, file)}
    for row in ranking:
        assert len(networks[int(row["id"])]["edges"]) == int(row["connections"])


SWING = ["task=cartpole_swingup", "task.horizon=100", "generations=4", "method.population_size=24", "seed=3"]
SWING += ["held_out.episodes=4", "held_out.sweep_weights=5", "plots=off"]


@pytest.fixture(scope="module")
def swung(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    folder = tmp_path_factory.mktemp("swung") / "run"
    assert search_main([*SWING, "evaluator.threads=1", f"hydra.run.dir={folder}"]) == 0
    return tree(folder)


@pytest.mark.parametrize(
    "other",
    [[], ["evaluator.threads=2"], ["evaluator.chunk=1"], ["evaluator.chunk=7"]],
    ids=["again", "two threads", "chunk 1", "chunk 7"],
)
def test_the_same_seed_gives_the_same_bytes(
    search: Search, swung: dict[str, bytes], other: list[str]
) -> None:
    assert search(*SWING, *other, "hydra.run.dir=two") == 0
    two = tree(Path("two"))
    assert {name: swung[name] == two[name] for name in SAME_BYTES} == dict.fromkeys(SAME_BYTES, True)


def test_another_seed_gives_another_search(search: Search, finished: Path) -> None:
    assert search(*SMALL, "seed=1", "hydra.run.dir=two") == 0
    assert (finished / "ranking.csv").read_bytes() != Path("two/ranking.csv").read_bytes()


def test_both_evaluators_tell_the_same_story(search: Search, finished: Path) -> None:
    assert search(*SMALL, "evaluator=reference", "hydra.run.dir=two") == 0
    for a, b in zip(rows(finished / "history.csv"), rows(Path("two/history.csv")), strict=True):
        assert float(a["best"]) == pytest.approx(float(b["best"]), rel=1e-9)
        assert a["env_steps"] == b["env_steps"]


def test_networks_can_be_searched_with_their_own_weights(search: Search) -> None:
    assert search(*SMALL, "trials=own_weights", "plots=all", "hydra.run.dir=run") == 0
    assert "score[own]" in rows(Path("run/ranking.csv"))[0]
    assert json.loads(Path("run/best/evaluation.json").read_text())["weights"] == ["own"]
    assert Path("run/plots/learning_curve.svg").exists()
    assert not Path("run/plots/weight_sweep.svg").exists()


def test_a_finished_folder_is_left_as_it_is(
    search: Search, copied: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = tree(copied)
    assert search(*SMALL, "hydra.run.dir=run") == 0
    assert "finished" in capsys.readouterr().out
    assert tree(copied) == before


def test_a_folder_of_another_config_is_refused_by_the_key(
    search: Search, copied: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = tree(copied)
    assert search(*SMALL, "hydra.run.dir=run", "task.gate=and") == 2
    assert "task.gate" in capsys.readouterr().err
    assert tree(copied) == before


def test_a_folder_of_something_else_is_refused(search: Search, capsys: pytest.CaptureFixture[str]) -> None:
    Path("mine").mkdir()
    Path("mine/thesis.tex").write_text("years of work")
    assert search(*SMALL, "hydra.run.dir=mine") == 2
    assert "thesis.tex" in capsys.readouterr().err
    assert [path.name for path in Path("mine").iterdir()] == ["thesis.tex"]


def test_the_command_line_beats_the_experiment_and_the_experiment_the_method(search: Search) -> None:
    small = ["debug=fast", "generations=1", "task.horizon=5"]
    assert search("experiment=wann_swingup_laptop", *small, "hydra.run.dir=a") == 0
    assert len(rows(Path("a/ranking.csv"))) == 64  # the method's own default is 192
    words = ["method.population_size=10", "evaluator=reference"]
    assert search("experiment=wann_swingup_laptop", *small, *words, "hydra.run.dir=b") == 0
    assert len(rows(Path("b/ranking.csv"))) == 10
    assert "evaluators.reference" in Path("b/.hydra/config.yaml").read_text()


def test_a_sweep_gives_each_job_its_folder_and_finds_it_again(search: Search) -> None:
    sweep = ["-m", "task=cartpole,logic", "debug=fast", "method.population_size=6"]
    assert search(*sweep) == 0
    folders = sorted(Path("outputs/sweeps").glob("*/*/status.json"))
    assert len(folders) == 2
    before = {path: path.stat().st_mtime_ns for path in Path("outputs").rglob("history.csv")}
    assert search(*sweep) == 0
    assert sorted(Path("outputs/sweeps").glob("*/*/status.json")) == folders
    assert {path: path.stat().st_mtime_ns for path in Path("outputs").rglob("history.csv")} == before


@pytest.mark.parametrize("bad", ["method.population_size=0,6", "task=nosuch,logic"])
def test_a_bad_job_does_not_stop_the_others(
    search: Search, capsys: pytest.CaptureFixture[str], bad: str
) -> None:
    small = [word for word in SMALL if not bad.startswith(word.split("=")[0])]
    assert search("-m", *small, bad) == 1
    output = capsys.readouterr()
    assert "2 runs: 1 refused, 1 done" in output.out
    assert len(output.err.strip().splitlines()) == 1
    done = [json.loads(path.read_text())["state"] for path in Path("outputs").rglob("status.json")]
    assert done == ["done"]


def test_a_sweep_shows_no_generations(search: Search, capsys: pytest.CaptureFixture[str]) -> None:
    assert search("-m", *SMALL, "seed=0,1") == 0
    assert "generation" not in capsys.readouterr().out


def test_plain_lines_are_shown_in_a_pipe(search: Search, capsys: pytest.CaptureFixture[str]) -> None:
    assert search(*SMALL) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[1].startswith("compiled: ")
    assert lines[2].startswith("generation 1/3  closeness: champion 0.")
    last_row, result, run, *next_lines = lines[3:]
    assert last_row.startswith("generation 3/3  closeness: champion 0.")
    assert " rows/s  0:00 left" in last_row
    assert result.startswith("held-out closeness 0.")
    assert "; accuracy 0." in result
    assert run.startswith("run       outputs/logic/wann/")
    folder = run.split()[1]
    assert next_lines == [
        f"next      wannsearch-evaluate network={folder} weights=sweep",
        f"          wannsearch-tune network={folder}",
        f"          wannsearch resume={folder} generations=6",
    ]


def test_a_search_without_a_display_prints_its_folder_and_result(
    search: Search, capsys: pytest.CaptureFixture[str]
) -> None:
    assert search(*SMALL, "display=off", "hydra.run.dir=run") == 0
    (line,) = capsys.readouterr().out.splitlines()
    assert line.startswith("run: held-out closeness 0.")


def test_a_search_that_reached_its_goal_proposes_no_longer_one(
    search: Search, capsys: pytest.CaptureFixture[str]
) -> None:
    assert search(*SMALL, "stop_at=0", "retest.repeats=1", "hydra.run.dir=run") == 0
    assert "resume=run" not in capsys.readouterr().out


def test_a_users_task_is_one_file(search: Search) -> None:
    Path("conf/task").mkdir(parents=True)
    Path("conf/task/halves.yaml").write_text(
        "_target_: plugin.halves.Halves\nepisodes: 1\nhorizon: 3\nactivations: [linear, tanh]\n"
    )
    Path("halves.py").write_text(
        """
from dataclasses import dataclass
from wannsearch.core.tasks.lane_task import LaneTask
from wannsearch.core.ports import Ports
from wannsearch.core.streams import sample_episode_uniform

@dataclass(frozen=True, kw_only=True)
class Halves(LaneTask):
    episodes: int
    horizon: int
    activations: tuple[str, ...]

    @property
    def ports(self):
        return Ports(1, 1, self.activations)

    @property
    def start_dim(self):
        return 1

    def start_values(self, seeds):
        return sample_episode_uniform(seeds, 1)[:, None, :]

    def lane_state(self, m, start):
        return start

    def lane_observe(self, m, state):
        return state

    def lane_step(self, m, state, outputs):
        return (state[0] * 0.5,), 0.0 - m.abs(outputs[0] - state[0] * 0.5), state[0] < 0.01
"""
    )
    words = ["plugins=[halves.py]", "--config-dir", "conf", "task=halves", "debug=fast"]
    assert search(*words, "method.population_size=8", "hydra.run.dir=run") == 0
    assert float(rows(Path("run/history.csv"))[0]["best"]) <= 0


def test_help_imports_nothing_heavy() -> None:
    code = (
        "import sys; from wannsearch.commands.search import main; main(['--help'])\n"
        "print([name for name in ('torch', 'numba', 'matplotlib', 'scipy', 'sklearn', 'gymnasium') "
        "if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


@pytest.mark.long
def test_neither_a_search_of_topologies_nor_a_table_of_sub_networks_loads_torch(tmp_path: Path) -> None:
    script = (
        "import sys; from wannsearch.commands.search import main; from wannsearch.commands.tables import "
        "main as tables; code = main(['task=logic', 'debug=fast', 'plots=all', 'method.population_size=8', "
        "'hydra.run.dir=run', 'display=off']) + tables(['table=summary', 'runs=[run]']); "
        "tables(['table=weedout', 'runs=[run]']); sys.exit(code + 100 * ('torch' in sys.modules))"
    )
    found = subprocess.run([sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True)
    assert found.returncode == 0, found.stderr


@pytest.mark.long
def test_the_data_files_of_a_run_do_not_depend_on_its_plots(search: Search) -> None:
    for plots in ("all", "few", "off"):
        assert search(*SMALL, f"plots={plots}", f"hydra.run.dir={plots}") == 0
    files = {name: tree(Path(name)) for name in ("all", "few", "off")}
    pictures = {name: {path for path in files[name] if path.endswith((".svg", ".png"))} for name in files}
    assert set() == pictures["off"] < pictures["few"] < pictures["all"]
    own_texts = {"timing.csv", "run.log", "status.json", ".hydra/config.yaml", ".hydra/overrides.yaml"}
    data = set(files["off"]) - own_texts - {path for path in files["off"] if path.startswith("checkpoint")}
    assert {"summary.json", "best/evaluation.json", "history.csv"} < data
    assert all(files["all"][path] == files["few"][path] == files["off"][path] for path in data)


def test_a_run_may_be_continued_with_other_plots(search: Search) -> None:
    assert search(*SMALL, "plots=off", "hydra.run.dir=run") == 0
    assert search("resume=run", "generations=4", "plots=few") == 0
    assert {path.suffix for path in Path("run/plots").iterdir()} == {".svg", ".png"}


def test_debug_fast_is_two_generations_without_plots_over_an_experiment(search: Search) -> None:
    words = ["experiment=wann_logic", "method.population_size=8", "debug=fast", "hydra.run.dir=run"]
    assert search(*words) == 0
    assert len(rows(Path("run/history.csv"))) == 2
    assert json.loads(Path("run/best/evaluation.json").read_text())["sweep"]["weights"] == [-2.0, 0.0, 2.0]
    assert not Path("run/plots").exists()


def test_an_error_in_a_scene_of_the_task_is_told_before_a_folder_is_claimed(
    search: Search, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(CartPole, "describe_scene", lambda *_: Scene((), (1.0, 0.0), (0.0, 1.0)))
    assert search("task=cartpole", "generations=1", "hydra.run.dir=run") == 2
    assert "Scene.x_range is (1.0, 0.0)" in capsys.readouterr().err
    assert not Path("run").exists()


def test_an_error_in_a_later_scene_is_a_warning_and_the_run_is_whole(
    search: Search, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["task=cartpole", "task.horizon=5", "method.population_size=4", "evaluator=reference"]
    words += ["debug=fast", "generations=1", "hydra.run.dir=run"]
    assert search(*words) == 0
    first_files = set(tree(Path("run")))
    describe_scene = CartPole.describe_scene

    def describe_start(task: CartPole, state: tuple[Any, ...], step: int) -> Scene:
        if step:
            raise ValueError("lost\n\x1b[31m\ud800")
        return describe_scene(task, state, step)

    monkeypatch.setattr(CartPole, "describe_scene", describe_start)
    capsys.readouterr()
    assert search("resume=run", "generations=2") == 0
    reason = "CartPole: describe_scene failed at step 1, ValueError: lost \\x1b[31m\\ud800"
    warning = f"wannsearch: {reason}; this run has no filmstrip; see {Path('run/run.log').resolve()}\n"
    assert capsys.readouterr().err == warning
    assert first_files - {"best/frames.json"} <= set(tree(Path("run")))
    assert not Path("run/best/frames.json").exists()
    assert json.loads(Path("run/status.json").read_text())["state"] == "done"
    assert json.loads(Path("run/summary.json").read_text())["generations"] == 2
    log = Path("run/run.log").read_text()
    assert reason in log
    assert "in describe_start" in log
