"""Names of sweeps, options and seeds are names: none of them leads to another folder."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from wannsearch.core.kernels.compiling import find_cache_root

Search = Callable[..., int]
SMALL = ["debug=fast", "generations=1", "method.population_size=4", "evaluator=reference", "display=off"]

WAYS = {
    "sweep.name={}": [
        ".",
        "../../x",
        "/tmp/x",
        "~",
        "é",
        "x" * 300,
        "${oc.env:HOME}",
        "a\0b",
        "a\nb",
        "\udcff",
        "",
    ],
    "sweep.name='{}'": ["..", "/tmp/x", "${now:%Y}", "a\x1b[31m", "[a,b]"],
    "++sweep.name='{}'": [
        "../x",
        "/tmp/x",
        "${oc.env:HOME}",
        "x" * 81,
    ],  # Hydra composes before these are seen
}


@pytest.fixture
def inside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where commands run, deep enough for a name to climb and be seen."""
    folder = tmp_path / "a/b/c/d"
    folder.mkdir(parents=True)
    monkeypatch.chdir(folder)
    monkeypatch.setenv("WANNSEARCH_CACHE", str(find_cache_root()))  # the kernels do not move with the home
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    return folder


def tree(folder: Path) -> dict[str, float]:
    return {str(path): path.lstat().st_mtime_ns for path in sorted(folder.rglob("*"))}


@pytest.mark.parametrize("way", WAYS)
def test_a_sweeps_name_is_no_path(
    search: Search, inside: Path, tmp_path: Path, way: str, capsys: pytest.CaptureFixture[str]
) -> None:
    before = tree(tmp_path)
    for name in WAYS[way]:
        code = search("-m", "task=logic", *SMALL, "seed=0,-1", way.format(name))
        said = capsys.readouterr().err
        assert code == 2, (name, said)
        assert len(said.splitlines()) == 1, (name, said)
        assert "Traceback" not in said
    assert tree(tmp_path) == before


def test_a_sweeps_name_from_the_environment_or_a_config_is_no_path(
    search: Search, inside: Path, tmp_path: Path
) -> None:
    (inside / "conf/experiment").mkdir(parents=True)
    (inside / "conf/experiment/climb.yaml").write_text("# @package _global_\nsweep:\n  name: ../../../x\n")
    before = tree(tmp_path)
    assert search("-m", "--config-dir", "conf", "experiment=climb", "task=logic", *SMALL, "seed=0,1") == 2
    assert tree(tmp_path) == before


@pytest.mark.long
def test_a_seed_is_no_path(search: Search, inside: Path, tmp_path: Path) -> None:
    before = tree(tmp_path)
    seeds, long = ["../../../../x", "/tmp/x", "'é'"], "9" * 300
    assert search("-m", f"seed={','.join(seeds)},0,{long}", "sweep.name=here", "task=logic", *SMALL) == 1
    for seed in [*seeds, "é"]:
        assert search(f"seed={seed}", "task=logic", *SMALL) == 2, seed
    assert search(f"seed={long}", "task=logic", *SMALL) == 0
    runs = [path.name for path in inside.glob("outputs/sweeps/here/*") if path.is_dir()]
    assert len(runs) == 2
    assert all(len(name) < 150 for name in runs)
    assert all(Path(name).is_relative_to(inside / "outputs") for name in tree(tmp_path) if name not in before)


@pytest.mark.long
def test_an_options_name_is_no_path(search: Search, inside: Path, tmp_path: Path) -> None:
    (inside / "conf/task/deep/er").mkdir(parents=True)
    for name in ("deep/er/mine", "deep/..mine", "é", "a b"):
        text = (Path(__file__).parents[2] / "conf/task/logic.yaml").read_text()
        (inside / f"conf/task/{name}.yaml").write_text(text)
    before = tree(tmp_path)
    options = ("deep/er/mine", "deep/..mine", "deep/er/../er/mine", "../task/logic", "/task/logic")
    search("-m", "--config-dir", "conf", f"task={','.join(options)}", *SMALL, "seed=0", "sweep.name=here")
    for option in options:
        search("--config-dir", "conf", f"task={option}", *SMALL)
    new = [Path(name).relative_to(inside) for name in tree(tmp_path) if name not in before]
    assert {path.parts[0] for path in new} <= {"outputs"}
    finished = [path.parts for path in new if path.name == "status.json"]
    assert {len(parts) for parts in finished} == {5}
    assert {parts[1] == "sweeps" for parts in finished} == {False, True}


@pytest.mark.long
def test_a_jobs_folder_stays_inside_its_sweep(search: Search, inside: Path, tmp_path: Path) -> None:
    for subdir in ("../${seed}", "/tmp/w_${seed}", "../../../../x_${seed}", "a/../../x", "..", "."):
        before = tree(tmp_path)
        words = ["-m", "task=logic", *SMALL, "seed=0", f"hydra.sweep.subdir='{subdir}'"]
        assert search(*words, "sweep.name=here") == 2, subdir
        assert tree(tmp_path) == before


@pytest.mark.long
def test_a_link_in_a_sweep_is_not_followed(search: Search, inside: Path, tmp_path: Path) -> None:
    words = ["-m", "task=logic", *SMALL, "seed=0,1", "sweep.name=here"]
    assert search(*words) == 0
    runs = sorted(path for path in (inside / "outputs/sweeps/here").iterdir() if path.is_dir())
    target = tmp_path / "target"
    target.mkdir()
    for path in runs[0].rglob("*"):
        if path.is_file():
            path.unlink()
    runs[0].rename(tmp_path / "gone")
    runs[0].symlink_to(target)
    assert search(*words) == 1
    assert list(target.iterdir()) == []


@pytest.mark.parametrize("name", ["a\0b", "a\nb", "\x1b[31m", "\udcff", "x" * 300])
def test_a_folder_that_cannot_be_is_refused_in_one_line(
    search: Search, inside: Path, tmp_path: Path, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    before = tree(tmp_path)
    assert search("task=logic", *SMALL, f"hydra.run.dir={name}") in (2, 74)
    said = capsys.readouterr().err
    assert len(said.splitlines()) == 1
    assert said.replace("\n", "").isprintable()
    assert tree(tmp_path) == before


def test_the_users_own_folder_may_be_anywhere(search: Search, inside: Path, tmp_path: Path) -> None:
    assert search("task=logic", *SMALL, "hydra.run.dir=../../mine") == 0
    assert (tmp_path / "a/b/mine/summary.json").is_file()
