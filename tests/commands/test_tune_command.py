"""wannsearch-tune, from network to run folder."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from wannsearch.commands.evaluate import main as evaluate
from wannsearch.commands.runs import main as runs
from wannsearch.commands.search import main as search
from wannsearch.commands.tune import main
from wannsearch.core.errors import AllEvaluationsFailed
from wannsearch.core.ports import Ports
from wannsearch.formats import network_json, one_network

_QUICK = [
    "display=off", "plots=off", "shared.grid=21", "shared.episodes=2", "shared.top_k=2",
    "shared.confirm_episodes=4",
    "held_out.episodes=4", "held_out.sweep_weights=21", "population_size=6", "generations=6",
    "episodes=1", "initial_sigma=0.5",
    "retest.repeats=2", "checkpoint.min_seconds=0",
]  # fmt: skip
_SWING = ["task=cartpole_swingup", "task.horizon=60", "network=dense:3"]
_PROMISED = ["history.csv", "ranking.csv", "tuning.json", "summary.json", "best/network.json"]


def _tuning(folder: Path) -> dict[str, Any]:
    return json.loads((folder / "tuning.json").read_text())


@pytest.fixture(scope="module")
def tuned(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tuned") / "run"
    assert main([*_QUICK, *_SWING, "plots=all", f"hydra.run.dir={folder}"]) == 0
    return folder


def test_it_leaves_the_four_columns_the_network_and_its_pictures(tuned: Path) -> None:
    found = _tuning(tuned)
    assert {"random_weights", "random_shared_weight", "tuned_shared_weight", "tuned_weights"} <= set(found)
    assert -2 <= found["tuned_shared_weight"]["weight"] <= 2
    assert found["tuned_weights"]["evaluations"] == 36
    assert len(found["sweep"]["mean"]) == 21
    assert json.loads((tuned / "status.json").read_text())["state"] == "done"
    for name in ("plots/weight_sweep.svg", "plots/learning_curve.svg", "best/network.svg"):
        assert (tuned / name).stat().st_size > 1000
    weights = {edge["weight"] for edge in json.loads((tuned / "best/network.json").read_text())["edges"]}
    assert len(weights) > 10


@pytest.mark.parametrize(
    ("column", "weights"), [("random_weights", "random"), ("random_shared_weight", "shared_random")]
)
def test_its_columns_of_random_weights_are_an_evaluations_of_the_same_name(
    tuned: Path, tmp_path: Path, column: str, weights: str
) -> None:
    folder = tmp_path / "played"
    assert evaluate([*_SWING, f"weights={weights}", "episodes=4", f"hydra.run.dir={folder}"]) == 0
    played = json.loads((folder / "evaluation.json").read_text())
    assert [_tuning(tuned)[column]["mean"]] == played["mean"]


def test_going_on_after_a_stop_gives_the_same_bytes(tuned: Path, tmp_path: Path) -> None:
    folder = tmp_path / "run"
    for total in (2, 5):
        assert main([*_QUICK, *_SWING, f"hydra.run.dir={folder}", f"generations={total}"]) == 0
    assert main([f"resume={folder}", "generations=6"]) == 0
    for name in _PROMISED:
        assert (folder / name).read_bytes() == (tuned / name).read_bytes(), name


def test_an_unfinished_one_is_listed_with_the_command_that_goes_on(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "run"
    assert main([*_QUICK, *_SWING, f"hydra.run.dir={folder}"]) == 0
    status = json.loads((folder / "status.json").read_text())
    (folder / "status.json").write_text(json.dumps(status | {"state": "stopped"}))
    capsys.readouterr()
    assert runs([str(tmp_path), "--json"]) == 0
    (row,) = json.loads(capsys.readouterr().out)["runs"]
    assert row["go_on"] == f"wannsearch-tune resume={folder}"
    assert row["method"] == "tune"


def test_a_finished_folder_is_left_alone(tuned: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = (tuned / "tuning.json").stat().st_mtime_ns
    assert main([*_QUICK, *_SWING, f"hydra.run.dir={tuned}"]) == 0
    assert "nothing to do" in capsys.readouterr().out
    assert (tuned / "tuning.json").stat().st_mtime_ns == before


def test_a_run_folders_best_is_tuned_and_named_by_its_digest(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run, folder = tmp_path / "run", tmp_path / "tuned"
    small = ["debug=fast", "method.population_size=8", "display=off"]
    assert search([*small, "task=cartpole", f"hydra.run.dir={run}"]) == 0
    words = [*_QUICK, "task=cartpole", f"network={run}", "weights=shared_only", f"hydra.run.dir={folder}"]
    assert main(words) == 0
    found, network = _tuning(folder), run / "best" / "network.json"
    assert found["network_sha256"] == hashlib.sha256(network.read_bytes()).hexdigest()
    assert found["from_run"] == str(run)
    assert found["tuned_weights"] is None
    kept = {edge["weight"] for edge in json.loads((folder / "best/network.json").read_text())["edges"]}
    assert kept == {found["tuned_shared_weight"]["weight"]}
    network.write_bytes(network.read_bytes() + b"\n")
    assert main(words) == 2
    assert "network_sha256" in capsys.readouterr().err
    assert main([f"resume={folder}"]) == 2
    assert "has changed since" in capsys.readouterr().err


def test_what_is_typed_for_another_way_to_weights_is_said_to_have_no_effect(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = [
        "weights=shared_only",
        "shared.grid=3",
        "patience=7",
        "display=plain",
        f"hydra.run.dir={tmp_path}/run",
    ]
    assert main(["task=logic", "network=dense:1", "held_out.sweep_weights=2", "plots=off", *words]) == 0
    assert "without effect with weights=shared_only: patience=7" in capsys.readouterr().out.splitlines()


def test_labelled_data_can_be_tuned_by_gradient(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    words = [
        "task=digits",
        "network=dense:4",
        "weights=gradient",
        "gradient.steps=40",
        "gradient.eval_every=20",
    ]
    assert main([*_QUICK, *words, f"hydra.run.dir={folder}"]) == 0
    found = _tuning(folder)
    assert found["tuned_weights"]["mean"] > found["tuned_shared_weight"]["mean"]
    assert found["tuned_weights"]["accuracy"][0] > 0.2
    summary = json.loads((tmp_path / "run/summary.json").read_text())
    assert summary["best"]["score_name"] == "minus cross-entropy"


def test_a_network_with_a_single_connection_can_be_tuned(tmp_path: Path) -> None:
    network, folder = tmp_path / "one.json", tmp_path / "run"
    edge = one_network.from_arrays([1] * 7, [1], [6], [1.0])
    network.write_text(network_json.dumps(edge, 0, Ports(5, 1, ("tanh",))))
    words = [*_QUICK, "task=cartpole_swingup", "task.horizon=60", f"network={network}"]
    assert main([*words, f"hydra.run.dir={folder}"]) == 0
    assert _tuning(folder)["tuned_weights"]["evaluations"] == 36


def test_a_tuning_that_breaks_says_so_in_its_status(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any) -> None:
        raise AllEvaluationsFailed("every weight failed")

    monkeypatch.setattr("wannsearch.commands.tune.tune_shared_weight", broken)
    folder = tmp_path / "run"
    assert main([*_QUICK, *_SWING, f"hydra.run.dir={folder}"]) == 4
    status = json.loads((folder / "status.json").read_text())
    assert (status["state"], status["why"]) == ("failed", "every weight failed")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["weights=gradient"], "labelled data"),
        pytest.param(["weights=guess"], "weights is 'guess'", marks=pytest.mark.long),
        (["network=nowhere.json"], "nowhere.json"),
        pytest.param(["network=dense:0"], "as dense:10", marks=pytest.mark.long),
        (["population_size=3"], "population_size is 3"),
        pytest.param(["shared.grid=1"], "shared.grid is 1", marks=pytest.mark.long),
        (["method=wann"], "method"),
        pytest.param(["sigma=1"], "sigma", marks=pytest.mark.long),
        (["gradient.steps=9"], "gradient.steps=9 has no effect with weights=evolve"),
    ],
)
def test_wrong_input_gets_one_line_and_leaves_nothing(
    tmp_path: Path, words: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "run"
    assert main([*_QUICK, *_SWING, f"hydra.run.dir={folder}", *words]) == 2
    shown = capsys.readouterr().err.strip()
    assert said in shown
    assert "\n" not in shown
    assert not [path for path in folder.glob("*") if path.name != ".lock"]
    shutil.rmtree(folder, ignore_errors=True)
