"""How a training is stopped on its way."""

from __future__ import annotations

import pytest
from few_images import MLP, FewImages, design, make_candidates, trainer
from training_batches import recipe

from wannsearch.evaluators.training.data import load_on_device
from wannsearch.evaluators.training.train_group import TrainingRun, TrainingStopped, train_group


def test_a_look_at_many_images_ends_on_its_way_when_the_run_is_to_stop() -> None:
    task, candidates, of = FewImages(validation=4000), 0, recipe(trainer())

    def going() -> None:
        nonlocal candidates
        candidates += 1
        if candidates == 2:
            raise TrainingStopped

    untrained = TrainingRun(lambda epoch: 1, max_steps=0, evaluate_test=False, return_weights=False)
    with pytest.raises(TrainingStopped):
        train_group(
            make_candidates(design(MLP, task), 2),
            load_on_device(task.images(), of),
            of,
            untrained,
            lambda: None,
            going,
        )


def test_one_step_asks_at_each_layer_on_the_way_and_back_and_ends_where_it_is_told_to() -> None:
    task, of = FewImages(), recipe(trainer())
    step = TrainingRun(lambda epoch: 1, max_steps=1, evaluate_test=False, return_weights=False)

    def asks(most: int) -> int:
        count = 0

        def going() -> None:
            nonlocal count
            count += 1
            if count == most:
                raise TrainingStopped

        train_group(
            make_candidates(design(MLP, task), 2),
            load_on_device(task.images(), of),
            of,
            step,
            lambda: None,
            going,
        )
        return count

    layers = len(MLP.layers) + 1
    assert asks(-1) >= 2 * layers
    for moment in (1, 1 + layers, 1 + 2 * layers):  # before the step, on its way, on its way back
        with pytest.raises(TrainingStopped):
            asks(moment)
