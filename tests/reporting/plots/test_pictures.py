from __future__ import annotations

from xml.etree import ElementTree

import pytest
from synthetic_runs import build_run

from wannsearch.core.errors import DamagedFile
from wannsearch.reporting.plots.pictures import draw_run

pytestmark = pytest.mark.usefixtures("coarse_png")

PLOTS = {f"plots/{name}.{kind}" for name in ("learning_curve", "complexity") for kind in ("svg", "png")}
NETWORK = {"best/network.svg", "plots/network.png"}
SWEEP = {"plots/weight_sweep.svg", "plots/weight_sweep.png"}


def test_a_run_gives_all_pictures_twice_the_same_and_writes_none(drawn_run):
    run, files = drawn_run
    before = sorted(run.rglob("*"))
    assert set(files) == PLOTS | NETWORK | SWEEP
    assert draw_run(run) == files
    assert sorted(run.rglob("*")) == before


def test_own_weights_have_no_weight_sweep(tmp_path):
    assert set(draw_run(build_run(tmp_path / "run", own=True))) == PLOTS | NETWORK


def test_a_damaged_folder_is_refused(run):
    (run / "ranking.csv").write_text("rank,mean\n1,2\n")
    with pytest.raises(DamagedFile, match=r"ranking\.csv lacks the column 'connections'"):
        draw_run(run)


def test_hostile_names_stay_text(tmp_path):
    hostile = build_run(
        tmp_path / "run",
        task="<script>alert(1)</script>",
        method="$\\input{x}$",
        seed="\x1b[31m",
        score_name="$_^",
    )
    for name, content in draw_run(hostile).items():
        if name.endswith(".svg"):
            tree = ElementTree.fromstring(content)
            assert not [node for node in tree.iter() if node.tag.endswith("script")]
            assert "$\\input{x}$" in "".join(tree.itertext())


def test_a_run_of_one_generation_is_drawn(tmp_path):
    assert set(draw_run(build_run(tmp_path / "run", generations=1))) == PLOTS | NETWORK | SWEEP


def test_every_picture_calls_the_score_and_the_proposals_by_their_names(tmp_path):
    run = build_run(tmp_path / "run", score_name="minus cross-entropy")
    for name, content in draw_run(run).items():
        if name.endswith(".svg") and "network" not in name:
            assert b">minus cross-entropy<" in content
            assert b">return<" not in content
        if name == "plots/learning_curve.svg":
            assert b"evaluations (networks proposed)" in content


def test_an_unfinished_run_has_the_pictures_whose_files_exist_and_says_how_far_it_came(tmp_path):
    run = build_run(
        tmp_path / "run", own=True, unfinished="killed after generation 60 of 100", own_weights=True
    )
    for name in ("best/evaluation.json", "ranking.csv"):
        (run / name).unlink()
    files = draw_run(run)
    assert set(files) == PLOTS | NETWORK
    assert all(
        b"killed after generation 60 of 100" in content
        for name, content in files.items()
        if name.endswith(".svg")
    )
    assert b"(own weights)" in files["plots/complexity.svg"]
    (run / "front.csv").unlink()
    (run / "best/network.json").unlink()
    assert set(draw_run(run)) == {"plots/learning_curve.svg", "plots/learning_curve.png"}
