"""How a training is stopped on its way."""

from __future__ import annotations

import pytest
from dealt import recipe
from few_images import MLP, FewImages, candidates, design, trainer

from wannsearch.evaluators.training.data import on_device
from wannsearch.evaluators.training.train_group import Halted, Plan, course


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


def test_one_step_asks_at_each_layer_on_the_way_and_back_and_ends_where_it_is_told_to() -> None:
    task, of = FewImages(), recipe(trainer())
    step = Plan(lambda epoch: 1, steps=1, tested=False, kept=False)

    def asks(most: int) -> int:
        count = 0

        def going() -> None:
            nonlocal count
            count += 1
            if count == most:
                raise Halted

        course(candidates(design(MLP, task), 2), on_device(task.images(), of), of, step, lambda: None, going)
        return count

    layers = len(MLP.layers) + 1
    assert asks(-1) >= 2 * layers
    for moment in (1, 1 + layers, 1 + 2 * layers):  # before the step, on its way, on its way back
        with pytest.raises(Halted):
            asks(moment)
