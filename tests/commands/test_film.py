"""wannsearch-film: films of runs and of network files."""

from __future__ import annotations

import importlib.util
import io
import shutil
from pathlib import Path

import pytest
from PIL import Image

from wannsearch.commands import film as film_command
from wannsearch.commands.film import main as film
from wannsearch.commands.film_source import pick_weights
from wannsearch.commands.search import main as search
from wannsearch.records import layout

RUN = ["task=cartpole_swingup", "task.horizon=60", "debug=fast", "generations=1", "method.population_size=4"]
RUN += ["evaluator=reference", "display=off"]
Output = pytest.CaptureFixture[str]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished run without a film; only to be read."""
    folder = tmp_path_factory.mktemp("finished") / "run"
    assert search([*RUN, f"hydra.run.dir={folder}"]) == 0
    return folder


def count_frames(path: Path) -> int:
    with Image.open(io.BytesIO(path.read_bytes())) as gif:
        return int(gif.n_frames)


def test_a_runs_film_lies_in_the_run_and_has_the_same_bytes_again(
    run: Path, tmp_path: Path, capsys: Output
) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(run, copy)
    assert film([str(copy)]) == 0
    path = copy / layout.FILM
    assert capsys.readouterr().out == f"{path}\n"
    assert count_frames(path) == 13
    assert film([str(run), "--out", "again/film.GIF"]) == 0
    assert (tmp_path / "again/film.GIF").read_bytes() == path.read_bytes()
    assert not (run / "plots").exists()


def test_weights_episodes_title_and_network_change_the_film(run: Path, tmp_path: Path) -> None:
    contents = set()
    for number, words in enumerate(
        ["", "--weight 0.5", "--weight own", "--episodes 2", "--title x", "--seconds 0.2"]
    ):
        assert film([str(run), *words.split(), "--out", f"{number}.gif"]) == 0
        contents.add((tmp_path / f"{number}.gif").read_bytes())
    assert len(contents) == 6
    assert count_frames(tmp_path / "5.gif") == 5


@pytest.mark.long
def test_the_network_is_shown_beside_its_episodes(run: Path, tmp_path: Path) -> None:
    sizes = []
    for words in ([], ["--network"]):
        assert film([str(run), *words, "--out", "film.gif"]) == 0
        with Image.open(tmp_path / "film.gif") as gif:
            sizes.append(gif.width * gif.height)
    assert sizes[0] < sizes[1]


def test_a_network_file_is_filmed_on_the_task_that_is_named(run: Path, tmp_path: Path) -> None:
    shutil.copy(run / layout.NETWORK, tmp_path / "net.json")
    words = ["net.json", "--task", "cartpole_swingup", "--weight", "-1", "--set", "task.horizon=20"]
    assert film(words) == 0
    assert count_frames(tmp_path / "net.gif") == 5
    assert film([*words, "--set", "seed=3", "--out", "other.gif"]) == 0
    assert (tmp_path / "other.gif").read_bytes() != (tmp_path / "net.gif").read_bytes()


def test_the_network_file_inside_a_run_is_that_run(run: Path, tmp_path: Path) -> None:
    assert film([str(run), "--out", "run.gif"]) == 0
    assert film([str(run / layout.NETWORK), "--out", "file.gif"]) == 0
    assert (tmp_path / "run.gif").read_bytes() == (tmp_path / "file.gif").read_bytes()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("nothere", "'nothere' does not exist; name a run folder, or a file of a network."),
        ("empty", "empty holds no run: there is no .hydra/config.yaml."),
        ("RUN --out film.avi", "--out is 'film.avi'; its name must end in .gif or .mp4."),
        ("RUN --out dir.gif", "--out is 'dir.gif', which is a folder; name a file."),
        ("RUN --weight 1 abc", "--weight is 'abc'; it must be a finite number, or the word own alone."),
        ("RUN --weight own 1", "--weight is 'own'; it must be a finite number, or the word own alone."),
        ("RUN --weight inf", "--weight is 'inf'; it must be a finite number, or the word own alone."),
        ("RUN --episodes 0", "--episodes is 0; it must be at least 1."),
        ("RUN --episodes 40", "3 weights x 40 episodes are 120 tiles; a film has at most 64."),
        ("RUN --seconds 0", "--seconds is 0.0; it must be above 0."),
        ("RUN --task cartpole", "--task has no effect on RUN; a run has stored its task."),
        ("RUN --set task.horizon=3", "--set has no effect on RUN; a run has stored its task."),
        ("net.json", "net.json does not say what it plays; name its task: --task NAME."),
        ("net.json --task cartpole", "net.json has 5 inputs and 1 outputs; the task has 4 and 2."),
        ("dense:3 --task logic", "Logic has no film: it describes no scene, and no environment of it draws "
         "images (render_mode rgb_array)."),
        ("net.json --task cartpole_swingup --set horizon=3", "--set is 'horizon=3'; it must be a setting of "
         "the task, such as task.horizon=200, or seed=1."),
        ("net.json --task cartpole_swingup --set task.horizon=x", "task.horizon is 'x'; it must be a whole "
         "number."),
    ],
)  # fmt: skip
def test_wrong_arguments_are_one_line_and_write_nothing(
    words: str, message: str, run: Path, tmp_path: Path, capsys: Output
) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "dir.gif").mkdir()
    shutil.copy(run / layout.NETWORK, tmp_path / "net.json")
    before = sorted(tmp_path.rglob("*"))
    assert film([word.replace("RUN", str(run)) for word in words.split(" ")]) == 2
    assert capsys.readouterr().err == f"wannsearch-film: {message.replace('RUN', str(run))}\n"
    assert sorted(tmp_path.rglob("*")) == before


def test_a_run_without_a_network_is_told(run: Path, tmp_path: Path, capsys: Output) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(run, copy)
    (copy / layout.NETWORK).unlink()
    assert film(["copy"]) == 2
    expected = "copy has no best/network.json; a film shows one network, of a topology search."
    assert capsys.readouterr().err == f"wannsearch-film: {expected}\n"


def test_an_mp4_without_its_package_is_refused_before_anything_is_played(
    run: Path, tmp_path: Path, capsys: Output, monkeypatch: pytest.MonkeyPatch
) -> None:
    find_spec = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name: None if name == "imageio_ffmpeg" else find_spec(name)
    )
    assert film([str(run), "--out", "film.mp4"]) == 2
    assert "pip install 'wannsearch[video]'" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_an_interrupted_command_leaves_no_file(
    run: Path, tmp_path: Path, capsys: Output, monkeypatch: pytest.MonkeyPatch
) -> None:
    from wannsearch.reporting.films.canvas import FilmCanvas

    draw = FilmCanvas.draw

    def interrupt(canvas: FilmCanvas, number: int) -> Image.Image:
        if number == 5:
            raise KeyboardInterrupt
        return draw(canvas, number)

    monkeypatch.setattr(FilmCanvas, "draw", interrupt)
    assert film([str(run), "--out", "film.gif"]) == 130
    assert capsys.readouterr().err == "wannsearch-film: interrupted; nothing was written\n"
    assert list(tmp_path.iterdir()) == []


def test_a_place_that_cannot_be_written_is_one_line(run: Path, tmp_path: Path, capsys: Output) -> None:
    (tmp_path / "file").write_text("in the way", encoding="utf-8")
    assert film([str(run), "--out", "file/film.gif"]) == 74
    assert capsys.readouterr().err == "wannsearch-film: file: the folder cannot be made: File exists.\n"


@pytest.mark.parametrize(
    ("weights", "means", "picked"),
    [
        ([-2, -1, 1, 2], [9, 1, 2, 9], (-2.0, 1.0, 2.0)),
        ([2, 1, -1, -2], [9, 5, 2, 9], (-2.0, 1.0, 2.0)),
        ([-2, -1, 0.5, 1, 2], [None, 3, None, 3, None], (-2.0, -1.0, 2.0)),
        ([-2, -1, 0.5, 1, 2], [None] * 5, (-2.0, 0.5, 2.0)),
        ([1, -1], [5, 7], (-1.0, 1.0)),
    ],
)
def test_of_many_weights_the_extremes_and_the_best_between_them_are_shown(
    weights: list[float], means: list[float | None], picked: tuple[float, ...]
) -> None:
    assert pick_weights(weights, means) == picked


assert film_command.main is film
