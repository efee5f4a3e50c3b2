"""How a training is stopped on its way."""

from __future__ import annotations

import pytest
from dealt import recipe
from few_images import MLP, FewImages, candidates, design, trainer

from wannsearch.evaluators.training.course import Halted, Plan, course
from wannsearch.evaluators.training.data import on_device


def test_a_look_at_many_images_ends_on_its_way_when_the_run_is_to_stop() -> None:
    task, asked, of = FewImages(validation=4000), 0, recipe(trainer())

    def going() -> None:
        nonlocal asked
        asked += 1
        if asked == 2:
            raise Halted

    untrained = Plan(lambda epoch: 1, steps=0, tested=False, kept=False)
    with pytest.raises(Halted):
        course(
            candidates(design(MLP, task), 2),
            on_device(task.images(), of),
            of,
            untrained,
            lambda: None,
            going,
        )
