"""What every evaluator owes about learning: a re-test and a final test change nothing.

The search itself asks for no learning in a re-test; `tests/test_search.py` holds that.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from conf_files import built, files
from few_images import MLP, SGD, FewImages, design, make_candidates
from few_trials import OWN, first
from random_populations import population

from wannsearch.core.candidates import accepted_candidate_type
from wannsearch.core.measurement import TestProtocol
from wannsearch.core.subnetworks.subnetworks import Subnetworks


def make_example(evaluator: Any) -> tuple[Any, Any, Any]:
    """An evaluator of these settings, in its quickest form, with candidates and a task that it accepts."""
    if accepted_candidate_type(evaluator) is Subnetworks:
        quick = replace(evaluator, epochs=2, early_epochs=1, threads=1, optimizer=SGD)
        return quick, make_candidates(design(MLP, FewImages()), 3), FewImages()
    tasks = (
        built("task", file, horizon=20) for file in files("task") if file.stem in ("cartpole", "mountain_car")
    )
    task = next(task for task in tasks if evaluator.can_evaluate(type(task)))
    return evaluator, population(np.random.default_rng(3), task.ports, 6), task


@pytest.mark.parametrize(
    "file", [file for file in files("evaluator") if file.stem != "auto"], ids=lambda file: file.stem
)
def test_a_re_test_and_a_final_test_learn_nothing(file: Any) -> None:
    evaluator, candidates, task = make_example(built("evaluator", file))
    before = {name: array.copy() for name, array in candidates.to_arrays().items()}
    _, returned = evaluator.evaluate(candidates, task, OWN, first(1), learn=False)
    assert returned is candidates
    one = candidates.take([1])
    evaluator.measure(one, task, TestProtocol(None, first(1)))
    for name, array in candidates.to_arrays().items():
        assert np.array_equal(array, before[name]), name
    for name, array in one.to_arrays().items():
        assert np.array_equal(array, before[name][[1]]), name
    if hasattr(evaluator, "close"):
        evaluator.close()
