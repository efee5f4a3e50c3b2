"""What the documentation shows works as shown."""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path

import pytest

from wannsearch.commands.search import main as search
from wannsearch.core.tasks.scene import Circle, Line, Text
from wannsearch.records.episode_files import read_frames
from wannsearch.records.plot_data import RunLabel
from wannsearch.reporting.plots.filmstrip import draw_filmstrip

ROOT = Path(__file__).parents[2]


def blocks(document: str, language: str) -> list[str]:
    text = (ROOT / "docs" / document).read_text(encoding="utf-8")
    return re.findall(rf"```{language}\n(.*?)```", text, re.DOTALL)


def test_the_task_of_the_documentation_is_played_alike_by_both_evaluators(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("my_task.py").write_text(blocks("extending.md", "python")[0])
    Path("my_conf/task").mkdir(parents=True)
    Path("my_conf/task/my_task.yaml").write_text(blocks("extending.md", "yaml")[0])
    words = ["plugins=[my_task.py]", "--config-dir", "my_conf", "task=my_task", "generations=2"]
    words += ["method.population_size=8", "held_out.episodes=2", "held_out.sweep_weights=3", "plots=off"]
    for evaluator in ("compiled", "reference"):
        assert search([*words, f"evaluator={evaluator}", f"hydra.run.dir={evaluator}"]) == 0
    scores = []
    for evaluator in ("compiled", "reference"):
        with Path(evaluator, "history.csv").open(encoding="utf-8", newline="") as file:
            scores.append([float(row["median"]) for row in csv.DictReader(file)])
    assert scores[0] == pytest.approx(scores[1], rel=1e-9)
    recorded = read_frames(Path("compiled"))
    assert recorded is not None
    assert [type(shape) for shape in recorded.frames[0].scene.shapes] == [Line, Line, Circle, Text]
    filmstrip = draw_filmstrip(recorded, RunLabel("my_task"))
    assert filmstrip is not None
    assert b"0.0 s" in filmstrip.svg


def test_the_method_of_the_documentation_searches(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("my_method.py").write_text(blocks("extending.md", "python")[1])
    Path("my_conf/method").mkdir(parents=True)
    Path("my_conf/method/my_method.yaml").write_text(blocks("extending.md", "yaml")[2])
    words = ["plugins=[my_method.py]", "--config-dir", "my_conf", "task=logic", "method=my_method"]
    assert search([*words, "generations=3", "debug=fast", "hydra.run.dir=run"]) == 0
    assert len(Path("run/ranking.csv").read_text().splitlines()) == 65


def test_the_mask_rule_of_the_documentation_trains(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("my_rule.py").write_text(blocks("extending.md", "python")[2])
    Path("my_conf/mask_rule").mkdir(parents=True)
    Path("my_conf/mask_rule/largest.yaml").write_text(blocks("extending.md", "yaml")[3])
    words = [
        "plugins=[my_rule.py]",
        "--config-dir",
        "my_conf",
        "experiment=weedout_digits",
        "method=one_shot",
    ]
    words += ["method.mask_rule=largest", "evaluator.epochs=1", "method.population_size=2", "plots=off"]
    assert search([*words, "hydra.run.dir=run"]) == 0
    trained = json.loads(Path("run/best/evaluation.json").read_text())["trained"]
    assert [sum(network["kept"]) for network in trained] == [102, 102]  # of all layers together
    assert trained[0]["kept"] != [51, 51]


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
