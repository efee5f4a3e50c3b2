"""What users of Hydra know works here, or says in a line why not."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import yaml

from wannsearch.records.stored_config import read_config

Command = Callable[..., int]
SMALL = ["task=logic", "debug=fast", "generations=1", "method.population_size=4", "evaluator=reference"]
SMALL += ["display=off"]


@pytest.fixture
def _logging_as_it_was() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    for handler in set(root.handlers) - set(handlers):
        root.removeHandler(handler)
        handler.close()
    root.setLevel(level)


def seeds(sweep: Path) -> dict[str, object]:
    return {path.parents[1].name: read_config(path)["seed"] for path in sweep.glob("*/.hydra/config.yaml")}


@pytest.mark.long
def test_a_jobs_number_names_its_folder_and_stays_the_same_when_jobs_before_it_are_done(
    search: Command, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["-m", *SMALL, "seed=5,3,4", "hydra.sweep.subdir=n${hydra:job.num}", "sweep.name=a"]
    assert search(*words) == 0
    sweep = Path("outputs/sweeps/a")
    assert seeds(sweep) == {"n0": 5, "n1": 3, "n2": 4}
    (sweep / "n1").rename("elsewhere")
    capsys.readouterr()
    assert search(*words) == 0
    assert seeds(sweep) == {"n0": 5, "n1": 3, "n2": 4}
    assert capsys.readouterr().out.count("already done") == 2


def test_a_folder_may_be_named_by_the_overrides(search: Command) -> None:
    name = "hydra.sweep.subdir=${hydra.job.override_dirname}"
    keys = "hydra.job.config.override_dirname.exclude_keys=[task,debug,generations,evaluator,display]"
    assert search("-m", *SMALL, "seed=7", name, keys, "hydra.sweep.dir=a") == 0
    assert seeds(Path("a")) == {"method.population_size=4,seed=7": 7}


def test_a_folder_named_by_what_only_the_job_knows_is_refused(
    search: Command, capsys: pytest.CaptureFixture[str]
) -> None:
    assert search("-m", *SMALL, "seed=0,1", "hydra.sweep.subdir=${hydra.job.id}") == 2
    assert "hydra.job.num is its number" in capsys.readouterr().err
    assert list(Path().iterdir()) == []


def test_hydras_own_sweeper_takes_the_place_of_ours_and_its_jobs_are_summed_up(
    search: Command, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["-m", "hydra/sweeper=basic", *SMALL, "seed=0,-1", "sweep.name=a"]
    assert search(*words) == 1
    sweep = Path("outputs/sweeps/a")
    assert (sweep / "multirun.yaml").is_file(), "only Hydra's writes this"
    ledger = json.loads((sweep / "sweep.json").read_text())
    assert [job["state"] for job in ledger["jobs"]] == ["done", "refused"]
    assert ledger["command"] == ["wannsearch", *words]
    assert "2 runs: 1 done, 1 refused" in capsys.readouterr().out


def test_a_plugin_that_is_no_sweeper_is_refused_in_a_line(
    search: Command, capsys: pytest.CaptureFixture[str]
) -> None:
    assert search("-m", *SMALL, "hydra.sweeper._target_=os.system") == 2
    said = capsys.readouterr().err
    assert "Invalid plugin 'os.system'" in said
    assert len(said.splitlines()) == 1


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["seed=interval(0,3)"], "seed=interval(0,3) is a range without steps"),
        pytest.param(["task=glob(nosuch*)"], "task=glob(nosuch*) names nothing", marks=pytest.mark.long),
        (["seed=0,1", "hydra.sweeper.max_batch_size=0"], "max_batch_size is 0"),
        pytest.param(["seed=-1,-2"], "seed is -1", marks=pytest.mark.long),
    ],
)
def test_a_sweep_without_a_job_that_can_be_leaves_nothing(
    search: Command, capsys: pytest.CaptureFixture[str], words: list[str], said: str
) -> None:
    assert search("-m", *[word for word in SMALL if word.split("=")[0] not in words[0]], *words) == 2
    assert said in capsys.readouterr().err
    assert list(Path().iterdir()) == []


@pytest.mark.long
def test_keys_for_the_folder_of_another_kind_of_command_are_said_to_have_no_effect(
    search: Command, capsys: pytest.CaptureFixture[str]
) -> None:
    assert search("-m", *SMALL, "seed=0", "hydra.run.dir=run", "sweep.name=a") == 0
    said = capsys.readouterr().err
    assert said.startswith("wannsearch: hydra.run.dir=run has no effect in a sweep; hydra.sweep.dir=FOLDER")
    assert not Path("run").exists()
    assert search(*SMALL, "hydra.run.dir=run", "sweep.name=b") == 0
    assert "sweep.name=b has no effect without -m; hydra.run.dir=FOLDER" in capsys.readouterr().err


def test_settings_may_stand_before_and_behind_a_flag(search: Command) -> None:
    assert search("task=logic", "-m", *SMALL[1:], "seed=0", "sweep.name=a") == 0
    assert Path("outputs/sweeps/a/sweep.json").is_file()


def test_the_version_is_ours_and_hydras(search: Command, capsys: pytest.CaptureFixture[str]) -> None:
    for words in (["--version"], ["task=logic", "--version"]):
        assert search(*words) == 0
        said = capsys.readouterr().out
        assert said.startswith("wannsearch ")
        assert "(Hydra 1.3" in said


def test_hydras_help_and_the_config_are_shown(search: Command, capsys: pytest.CaptureFixture[str]) -> None:
    assert search("--hydra-help") == 0
    assert "--multirun,-m" in capsys.readouterr().out
    assert search("task=logic", "--cfg", "job", "--resolve", "-p", "task") == 0
    assert yaml.safe_load(capsys.readouterr().out)["_target_"] == "wannsearch.tasks.logic.Logic"


def test_a_job_may_work_in_its_folder(search: Command) -> None:
    here = Path.cwd()
    assert search(*SMALL, "hydra.job.chdir=true", "hydra.run.dir=run") == 0
    assert (here / "run/summary.json").is_file()
    assert Path.cwd() == here


@pytest.mark.usefixtures("_logging_as_it_was")
def test_hydras_own_log_of_a_job_lies_beside_its_files(
    search: Command, capsys: pytest.CaptureFixture[str]
) -> None:
    log = "hydra/job_logging=default"
    assert search(*SMALL, log, "hydra.run.dir=run") == 0
    assert Path("run/wannsearch.log").is_file()
    assert search(*SMALL, log, "hydra.run.dir=run") == 0
    assert "finished; nothing to do" in capsys.readouterr().out
    assert search(*SMALL, log) == 0
    assert len(list(Path().glob("outputs/logic/wann/*/summary.json"))) == 1
    assert search(*SMALL, log, "seed=-1", "hydra.run.dir=refused") == 2
    assert not Path("refused").exists()


def test_a_refused_command_says_its_one_line_without_the_warning(
    search: Command, capsys: pytest.CaptureFixture[str]
) -> None:
    assert search(*SMALL, "++display=0.5", "sweep.name=b") == 2
    assert capsys.readouterr().err == "wannsearch: display is 0.5; allowed: auto, off, plain, rich.\n"
