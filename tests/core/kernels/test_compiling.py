"""Where compiled code is kept."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from wannsearch.core import sealed_files
from wannsearch.core.kernels import compiling
from wannsearch.core.kernels.compiling import compute_fingerprint, find_cache_root, prepare_cache_folder
from wannsearch.core.sealed_files import read_sealed_file

PACKAGE = Path(__file__).parents[3] / "wannsearch"
WORDS = ["task=logic", "debug=fast", "generations=1", "method.population_size=4", "display=off"]
SEARCH = f"import sys; from wannsearch.commands.search import main; sys.exit(main({WORDS!r}))"
Done = subprocess.CompletedProcess[str]


def run_python(code: str, cache: Path | str, folder: Path, package: Path = PACKAGE) -> Done:
    environment = os.environ | {"WANNSEARCH_CACHE": str(cache), "PYTHONPATH": str(package.parent)}
    return subprocess.run(
        [sys.executable, "-c", code], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )


def files(cache: Path) -> dict[Path, int]:
    return {path: path.stat().st_mtime_ns for path in cache.rglob("*") if path.is_file()}


def damage(paths: list[Path]) -> None:
    for number, path in enumerate(paths):
        content = path.read_bytes()
        path.write_bytes([b"", content[:-100], bytes(len(content))][number % 3])


PLAY = """
import numpy as np
from wannsearch.core.kernels.compiling import announce_compilation
from wannsearch.core.activations import ACTIVATION_IDS
from wannsearch.core.trials import Trials
from wannsearch.evaluators.compiled import Compiled, LanePrecision
from wannsearch.formats import one_network
from wannsearch.tasks.logic import Gate, Logic, LogicReward

task = Logic(gate=Gate.OR, bits=2, reward=LogicReward.CLOSENESS, episodes=1, activations=("absolute",))
network = one_network.from_arrays([1, 1, 1, ACTIVATION_IDS["absolute"], 1], [1, 2, 3], [3, 3, 4], [-0.25] * 3)
settings = dict(threads=1, chunk=None, max_memory=None, vector_bits=None, simplify=True)
scores, _ = Compiled(precision=LanePrecision.FLOAT64, **settings).evaluate(
    network, task, Trials(shared_weights=(0.5,), episodes=1), np.zeros(1, np.uint64)
)
announce_compilation()
print(repr(float(scores.returns[0, 0, 0])))
"""


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The cache after the first evaluation with these sources."""
    cache = tmp_path_factory.mktemp("cache")
    done = run_python(PLAY, cache, cache.parent)
    assert (done.returncode, done.stdout) == (0, "0.5\n"), done.stderr
    (line,) = done.stderr.splitlines()
    assert f"compiling once, some seconds; kept in {cache}" in line
    return cache


@pytest.mark.long
def test_code_is_kept_in_one_folder_named_by_a_hash(kept: Path) -> None:
    (folder,) = kept.iterdir()
    assert folder.name.startswith("kernels-")
    assert list(folder.glob("play-*.o"))
    assert list(folder.rglob("*._simplify_rows-*.nbi"))


@pytest.mark.long
def test_another_start_finds_everything_and_compiles_nothing(kept: Path, tmp_path: Path) -> None:
    before = files(kept)
    done = run_python(PLAY, kept, tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert files(kept) == before


@pytest.mark.long
def test_damaged_code_is_compiled_again_and_replaced(kept: Path, tmp_path: Path) -> None:
    victims = [path for kind in ("play-*.o", "*._simplify_rows-*.nb?") for path in sorted(kept.rglob(kind))]
    assert {path.suffix for path in victims} == {".o", ".nbi", ".nbc"}
    damage(victims)
    done = run_python(PLAY, kept, tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (0, "0.5\n", "")
    assert [path.name for path in victims if read_sealed_file(path) is None] == []


@pytest.mark.long
def test_editing_an_activation_changes_the_next_run(kept: Path, tmp_path: Path) -> None:
    package = tmp_path / "edited" / "wannsearch"
    shutil.copytree(PACKAGE, package, ignore=shutil.ignore_patterns("__pycache__"))
    functions = package / "evaluators" / "kernels" / "ir" / "functions.py"
    text = functions.read_text(encoding="utf-8")
    assert '"absolute": self.abs' in text
    functions.write_text(text.replace('"absolute": self.abs', '"absolute": lambda x: -self.abs(x)'), "utf-8")
    # by hand: the four rows put out 0 1/4 1/4 1/2, of 0 1 1 1, and nothing above 0 afterwards
    assert run_python(PLAY, kept, tmp_path, package).stdout == "0.25\n"
    assert run_python(PLAY, kept, tmp_path).stdout == "0.5\n"


@pytest.mark.long
def test_without_a_writable_place_it_runs_after_one_line_of_warning(tmp_path: Path) -> None:
    done = run_python(PLAY, "/proc/nowhere", tmp_path)
    assert (done.returncode, done.stdout) == (0, "0.5\n"), done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert "compiling anew" in done.stderr


@pytest.mark.long
def test_a_whole_search_keeps_its_code_finds_it_again_and_replaces_what_is_damaged(tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    done = run_python(SEARCH, cache, tmp_path)
    assert done.returncode == 0, done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert f"compiling once, some seconds; kept in {cache}" in done.stderr
    before = files(cache)
    assert run_python(SEARCH, cache, tmp_path).returncode == 0
    assert files(cache) == before
    candidates = (
        "play-*.o",
        "*._simplify_rows-*.nb?",
        "*._sample_winners-*.nb?",
        "*._pareto_fronts-*.nb?",
    )  # others are inlined
    victims = [path for kind in candidates for path in sorted(cache.rglob(kind))]
    assert len(victims) >= 7
    damage(victims)
    done = run_python(SEARCH, cache, tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert [path.name for path in victims if read_sealed_file(path) is None] == []


@pytest.mark.long
def test_a_whole_search_runs_without_a_writable_place_after_one_line_of_warning(tmp_path: Path) -> None:
    done = run_python(SEARCH, "/proc/nowhere", tmp_path)
    assert done.returncode == 0, done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert "compiling anew" in done.stderr


def test_a_user_without_a_home_has_a_line_of_warning_and_no_cache(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def homeless() -> Path:
        raise RuntimeError("Could not determine home directory.")

    for name in ("WANNSEARCH_CACHE", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(Path, "home", homeless)
    monkeypatch.setattr(sealed_files, "_WARNED_LOCATIONS", [])
    assert find_cache_root() is None
    assert prepare_cache_folder.__wrapped__() is None
    (line,) = capsys.readouterr().err.splitlines()
    assert "no home folder is known" in line
    assert line.endswith("compiling anew")


def test_a_named_cache_is_the_same_folder_wherever_a_command_goes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WANNSEARCH_CACHE", "kept")
    assert find_cache_root() == Path.cwd() / "kept"


@pytest.mark.parametrize(
    "place", ["core/kernels/philox.py", "evaluators/kernels/ir/functions.py", "ranking/a/b/new.py"]
)
def test_every_source_however_deep_is_part_of_the_folders_name(place: str, tmp_path: Path) -> None:
    package = tmp_path / "wannsearch"
    shutil.copytree(PACKAGE, package, ignore=shutil.ignore_patterns("__pycache__"))
    before = compute_fingerprint(package)
    assert compute_fingerprint(package) == before == compute_fingerprint(PACKAGE)
    source = package / place
    source.parent.mkdir(parents=True, exist_ok=True)
    with source.open("a", encoding="utf-8") as file:
        file.write("# changed\n")
    assert compute_fingerprint(package) != before


def test_every_module_with_a_kernel_is_part_of_it() -> None:
    using = [path for path in PACKAGE.rglob("*.py") if "import kernel" in path.read_text(encoding="utf-8")]
    assert len(using) > 10
    assert {path.relative_to(PACKAGE).parts[0] for path in using} <= set(compiling._KERNEL_PACKAGES)
