from __future__ import annotations

import pytest
from synthetic_runs import build_run

from wannsearch.reporting.plots.pictures import draw_run
from wannsearch.reporting.plots.plot_selection import PlotSelection, draw_selected

pytestmark = pytest.mark.usefixtures("coarse_png")


def test_few_plots_are_the_best_network_and_the_learning_curve_as_in_all(drawn_run):
    run, all_files = drawn_run
    few_files = draw_run(run, PlotSelection.RESULT)
    assert set(few_files) == {
        "best/network.svg",
        "plots/network.png",
        "plots/learning_curve.svg",
        "plots/learning_curve.png",
    }
    assert all(all_files[name] == content for name, content in few_files.items())


def test_no_plot_is_drawn_where_plots_are_off(tmp_path):
    assert draw_run(build_run(tmp_path / "run"), PlotSelection.OFF) == {}


def test_a_plot_without_anything_to_show_has_no_file_and_an_unselected_one_is_never_drawn():
    def fail():
        raise AssertionError("an unselected plot was drawn")

    assert draw_selected({"empty": lambda: None, "other": fail}, PlotSelection.RESULT, ["empty"]) == {}
