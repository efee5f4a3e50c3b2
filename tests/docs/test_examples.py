"""What the documentation shows works as shown."""

from __future__ import annotations

import csv
import importlib
import itertools
import json
import re
import shlex
from dataclasses import fields as dataclass_fields
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from random_populations import population

from wannsearch.commands.search import main as search
from wannsearch.commands.tables import main as make_tables
from wannsearch.core.champion import ChampionRecord
from wannsearch.core.plugin_files import load_plugin
from wannsearch.core.scores import Scores
from wannsearch.core.tasks.scene import Circle, Line, Text
from wannsearch.core.trials import Trials
from wannsearch.evaluators.reference import Reference, forward
from wannsearch.records.episode_files import read_frames
from wannsearch.records.plot_data import RunLabel
from wannsearch.reporting.plots.filmstrip import draw_filmstrip
from wannsearch.reporting.statistics.wilson import wilson_interval
from wannsearch.reporting.tables.groups import Group
from wannsearch.reporting.tables.run import Run
from wannsearch.search import Generation, Search
from wannsearch.tasks.cartpole import CartPole

ROOT = Path(__file__).parents[2]
PROGRAMS = {"wannsearch": search, "wannsearch-tables": make_tables}


def read_blocks(language: str) -> list[tuple[str, str]]:
    """The blocks of this language in docs/extending.md, each behind the text that stands before it."""
    text = (ROOT / "docs/extending.md").read_text(encoding="utf-8")
    parts = re.split(r"^```(\w*)\n(.*?)^```$", text, flags=re.DOTALL | re.MULTILINE)
    blocks = zip(parts[0::3], parts[1::3], parts[2::3], strict=False)
    return [(prose, code) for prose, kind, code in blocks if kind == language]


def write_example(name: str) -> None:
    """Write the file of this name: the block before which the text names it, last of all files."""
    blocks = read_blocks({".py": "python", ".yaml": "yaml"}[Path(name).suffix])
    file_name = re.compile(r"`([\w/.]+\.(?:py|yaml))`")
    (code,) = [code for prose, code in blocks if file_name.findall(prose)[-1:] == [name]]
    Path(name).parent.mkdir(parents=True, exist_ok=True)
    Path(name).write_text(code, encoding="utf-8")


def read_commands(plugin: str) -> list[list[str]]:
    """The commands in the block that loads this file, each as its words."""
    (text,) = [code for _, code in read_blocks("") if f"plugins=[{plugin}]" in code]
    return [shlex.split(line) for line in text.replace("\\\n", " ").splitlines()]


def run_command(command: list[str], *words: str) -> None:
    """Run a command of the page with more words, each in place of the page's word for its key."""
    keys = {word.partition("=")[0] for word in words}
    page_words = [word for word in command[1:] if word.partition("=")[0] not in keys]
    assert PROGRAMS[command[0]]([*page_words, *words]) == 0


def read_rows(path: str) -> list[dict[str, str]]:
    with Path(path).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def read_json(path: str) -> dict:
    return json.loads(Path(path).read_text(encoding="utf-8"))


@pytest.fixture(autouse=True)
def _own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_the_task_of_the_documentation_is_played_alike_by_both_evaluators() -> None:
    write_example("my_task.py")
    write_example("my_conf/task/my_task.yaml")
    (command,) = read_commands("my_task.py")
    medians = []
    for evaluator in ("compiled", "reference"):
        words = ["debug=fast", "task.horizon=40", "retest.repeats=1", "method.population_size=8"]
        run_command(command, *words, f"evaluator={evaluator}", f"hydra.run.dir={evaluator}")
        medians.append([float(row["median"]) for row in read_rows(f"{evaluator}/history.csv")])
    assert medians[0] == pytest.approx(medians[1], rel=1e-9)
    recorded = read_frames(Path("compiled"))
    assert recorded is not None
    assert [type(shape) for shape in recorded.frames[0].scene.shapes] == [Line, Line, Circle, Text]
    filmstrip = draw_filmstrip(recorded, RunLabel("my_task"))
    assert filmstrip is not None
    assert b"0.0 s" in filmstrip.svg


def test_the_method_of_the_documentation_searches() -> None:
    write_example("my_method.py")
    write_example("my_conf/method/my_method.yaml")
    (command,) = read_commands("my_method.py")
    run_command(command, "debug=fast", "task=logic", "hydra.run.dir=run")
    assert len(read_rows("run/ranking.csv")) == 64


def test_the_mask_rule_of_the_documentation_trains() -> None:
    write_example("my_rule.py")
    write_example("my_conf/mask_rule/largest.yaml")
    (command,) = read_commands("my_rule.py")
    words = ["debug=fast", "evaluator.epochs=1", "method.population_size=2"]
    run_command(command, *words, "hydra.run.dir=run")
    trained = read_json("run/best/evaluation.json")["trained"]
    assert [sum(network["kept"]) for network in trained] == [102, 102]  # of all layers together
    assert trained[0]["kept"] != [51, 51]


@pytest.fixture
def worst_episode() -> list[str]:
    """The command of the page for its evaluator, whose files are here."""
    write_example("my_evaluator.py")
    write_example("my_conf/evaluator/worst_episode.yaml")
    (command,) = read_commands("my_evaluator.py")
    return command


def test_the_evaluator_of_the_documentation_scores_by_the_worst_episode(worst_episode: list[str]) -> None:
    words = ["debug=fast", "task.horizon=20", "method.population_size=8", "hydra.run.dir=run"]
    run_command(worst_episode, *words)
    summary = read_json("run/summary.json")
    assert summary["best"]["score_name"] == "worst return"
    assert summary["held_out"]["score_name"] == "return"
    evaluator = importlib.import_module("plugin.my_evaluator").WorstEpisode(inner=Reference())
    task = CartPole(episodes=3, horizon=60, start_range=0.05, activations=("linear", "tanh"))
    networks = population(np.random.default_rng(1), task.ports, 6)
    trials, seeds = Trials(shared_weights=(-1.0, 1.0), episodes=3), np.arange(3, dtype=np.uint64)
    worst, _ = evaluator.evaluate(networks, task, trials, seeds)
    plain, _ = Reference().evaluate(networks, task, trials, seeds)
    assert np.array_equal(worst.mean_by_weight, plain.returns.min(axis=2))
    assert (worst.mean < plain.mean).any()


def test_the_loop_of_the_documentation_gives_the_returns_and_steps_of_the_reference_evaluator() -> None:
    write_example("play.py")
    load_plugin(Path("play.py"))
    play = importlib.import_module("plugin.play").play
    task = CartPole(episodes=3, horizon=40, start_range=0.15, activations=("linear", "tanh"))
    networks, seeds = population(np.random.default_rng(1), task.ports, 4), np.arange(3, dtype=np.uint64)
    trials = Trials(shared_weights=None, episodes=3)
    scores, _ = Reference().evaluate(networks, task, trials, seeds)
    for row in range(4):
        returns, steps = play(
            task, seeds, partial(forward, networks, row, outputs=task.ports.outputs, shared=None)
        )
        assert np.array_equal(returns, scores.returns[row, 0])
        assert np.array_equal(steps, scores.steps[row, 0])
    assert len(set(scores.steps.ravel().tolist())) > 1


@pytest.mark.parametrize(
    ("head", "listed_class"),
    [
        ("`Scores`", Scores),
        ("field of `Group`", Group),
        ("field of `Run`", Run),
        ("`record`", ChampionRecord),
        ("last_generation", Generation),
        ("`search`", Search),
    ],
)
def test_the_fields_that_the_documentation_lists_exist(head: str, listed_class: type) -> None:
    """A table lists the fields of one class, in the first column, or a row does, in the second."""
    text = (ROOT / "docs/extending.md").read_text(encoding="utf-8")
    (table,) = [table for table in re.findall(r"(?:^\|.*\n)+", text, re.MULTILINE) if f"{head}" in table]
    rows = [[cell.strip() for cell in row.split("|")[1:-1]] for row in table.splitlines()]
    is_column = head in rows[0][0]
    cells = [cells[0] for cells in rows[2:]] if is_column else [row[1] for row in rows if head in row[0]]
    names = [name for cell in cells for name in re.findall(r"`(\w+)`", cell)]
    fields = {*vars(listed_class), *(field.name for field in dataclass_fields(listed_class))}
    assert names
    assert set(names) <= fields


def test_auto_leaves_the_evaluator_of_the_documentation_aside_and_data_do_not_fit_it(
    worst_episode: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    words = [word for word in worst_episode[1:] if not word.startswith(("evaluator", "task"))]
    assert search([*words, "task=cartpole", "--cfg", "job"]) == 0
    assert "_target_: wannsearch.evaluators.compiled.Compiled" in capsys.readouterr().out
    assert search([*words, "task=digits", "evaluator=worst_episode"]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert "evaluator=worst_episode cannot evaluate on task=digits" in line


@pytest.fixture
def bit_flips() -> list[str]:
    """The command of the page for its kind of candidates, whose files are here."""
    write_example("my_bits.py")
    for name in ("task/knapsack", "evaluator/bits", "method/bit_flips"):
        write_example(f"my_conf/{name}.yaml")
    (command,) = read_commands("my_bits.py")
    return command


def test_the_bit_strings_of_the_documentation_find_the_best_pack(bit_flips: list[str]) -> None:
    run_command(bit_flips, "debug=fast", "plots=few", "hydra.run.dir=run")
    values, weights = [8, 13, 3, 21, 5, 9, 14, 2, 11, 6], [5, 7, 2, 12, 4, 5, 9, 1, 8, 3]
    packs = np.array(list(itertools.product([0, 1], repeat=10)))
    best_value = (packs @ values)[packs @ weights <= 28].max()
    assert read_json("run/summary.json")["held_out"]["mean_over_weights"] == best_value
    assert read_json("run/best/bits.json")["bits"] @ np.array(values) == best_value
    (curve,) = Path("run/plots").glob("*.svg")
    assert ">ones<" in curve.read_text(encoding="utf-8")
    assert "_target_: plugin.my_bits.BitEvaluator" in Path("run/.hydra/config.yaml").read_text()


def test_a_search_for_bit_strings_goes_on_where_it_ended(bit_flips: list[str]) -> None:
    run_command(bit_flips, "debug=fast", "generations=9", "hydra.run.dir=whole")
    run_command(bit_flips, "debug=fast", "generations=4", "hydra.run.dir=part")
    assert search(["plugins=[my_bits.py]", "resume=part", "generations=9"]) == 0
    for name in ("history.csv", "ranking.csv", "population.jsonl.gz", "best/bits.json"):
        assert Path("part", name).read_bytes() == Path("whole", name).read_bytes(), name


def test_a_network_packs_the_knapsack_of_the_documentation(bit_flips: list[str]) -> None:
    words = [word for word in bit_flips if not word.startswith("method")]
    run_command(words, "debug=fast", "method.population_size=8", "hydra.run.dir=run")
    assert 0 < float(read_rows("run/history.csv")[-1]["best"]) <= 48


@pytest.mark.long
def test_the_table_of_the_documentation_counts_solved_runs_and_draws_them() -> None:
    write_example("my_table.py")
    write_example("my_conf/table/solved_share.yaml")
    sweep, table = read_commands("my_table.py")
    short_words = ["debug=fast", "evaluator=reference", "task.horizon=60", "retest.repeats=1"]
    run_command(sweep, *short_words, "generations=2", "seed=0,1", "method.population_size=4,8")
    summaries = [read_json(str(path)) for path in Path("outputs/sweeps/sizes").glob("*/summary.json")]
    scores = {  # population size -> held-out scores
        size: [
            summary["held_out"]["mean_over_weights"]
            for summary in summaries
            if summary["evaluations"] == 2 * size
        ]
        for size in (4, 8)
    }
    solved_at = sorted(scores[4] + scores[8])[2]  # half of the runs solve the task
    run_command(table, f"table.solved_at={solved_at!r}", "hydra.run.dir=table")
    rows = {row["setting"].rpartition("=")[2]: row for row in read_rows("table/table.csv")}
    for size, size_scores in scores.items():
        solved = sum(score >= solved_at for score in size_scores)
        row = rows[str(size)]
        assert (row["runs"], row["solved"]) == ("2", str(solved))
        assert float(row["share_low"]) == wilson_interval(solved, 2)[0]
    assert "share of solved runs" in Path("table/solved_share.svg").read_text(encoding="utf-8")


def test_every_make_target_and_config_that_the_readme_names_exists() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for target in re.findall(r"\bmake ([a-z][a-z-]+)", readme):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target
    for group, option in re.findall(r"\b(task|method|experiment)=([a-z_]+)", readme):
        if option != "my_task":
            assert (ROOT / "conf" / group / f"{option}.yaml").is_file(), f"{group}={option}"
    for link in re.findall(r"\]\(([^)#]+)\)", readme):
        assert (ROOT / link).is_file(), link


@pytest.mark.parametrize("document", sorted((ROOT / "docs").glob("*.md")), ids=lambda path: path.name)
def test_every_setting_that_the_documentation_names_exists(document: Path) -> None:
    configs = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "conf").rglob("*.yaml"))
    for key in re.findall(
        r"`(?:method|task|trials|retest|evaluator)\.([a-z_]+)", document.read_text(encoding="utf-8")
    ):
        assert re.search(rf"(^\s*|@){key}:", configs, re.MULTILINE), key
