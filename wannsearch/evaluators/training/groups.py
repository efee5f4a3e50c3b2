"""Many candidates: groups of a fixed size, side by side over threads.

Every group is computed by one thread with one core, so results depend neither on the number of threads
nor on which group is done first; on another device groups go one after another.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from contextlib import AbstractContextManager, nullcontext
from dataclasses import fields
from threading import Event, Lock
from typing import Any

import numpy as np
import torch

from wannsearch.core.subnetworks.subnetworks import Subnetworks
from wannsearch.evaluators.training.data import Data
from wannsearch.evaluators.training.settings import Recipe
from wannsearch.evaluators.training.train_group import Halted, Plan, Trained, course, steps_an_epoch

Progress = Callable[[int, int], None]
"""Epochs of groups that are done, and of how many."""


def trained(
    asked: Subnetworks,
    data: Data,
    recipe: Recipe,
    plan: Plan,
    size: int,
    threads: int,
    progress: Progress,
) -> Trained:
    """Train all, `size` together."""
    groups = [asked.take(range(at, min(at + size, len(asked)))) for at in range(0, len(asked), size)]
    halt, lock, done = Event(), Lock(), [0]
    epochs = recipe.epochs * int(getattr(asked.design.rule, "trainings", 1))
    if plan.steps is not None:
        epochs = min(epochs, -(-plan.steps // steps_an_epoch(data, recipe)))

    def going() -> None:
        if halt.is_set():
            raise Halted

    def epoch_done() -> None:
        with lock:
            done[0] += 1
            progress(done[0], epochs * len(groups))

    before = torch.get_num_threads()
    if recipe.device == "cpu":
        torch.set_num_threads(1)
    pool = ThreadPoolExecutor(threads if recipe.device == "cpu" else 1, "trainer")
    try:
        with _exact(recipe):
            futures = [pool.submit(course, group, data, recipe, plan, epoch_done, going) for group in groups]
            wait(futures, return_when=FIRST_EXCEPTION)
        for future in futures:
            if future.done() and not future.cancelled() and future.exception() is not None:
                halt.set()
                future.result()
        return _joined([future.result() for future in futures])
    finally:
        halt.set()
        pool.shutdown(cancel_futures=True)
        torch.set_num_threads(before)


def _exact(recipe: Recipe) -> AbstractContextManager[Any]:
    """Products as precise as they are called, and the same again; CUDA's own choice is neither."""
    if not recipe.device.startswith("cuda"):
        return nullcontext()
    exact: AbstractContextManager[Any] = torch.backends.cudnn.flags(
        enabled=True, benchmark=False, deterministic=True, allow_tf32=False
    )
    return exact


def _joined(parts: list[Trained]) -> Trained:
    """All groups one behind the other."""

    def column(name: str) -> Any:
        values = [getattr(part, name) for part in parts]
        if values[0] is None:
            return None
        if isinstance(values[0], list):
            return [np.concatenate(arrays) for arrays in zip(*values, strict=True)]
        return np.concatenate(values)

    columns = {field.name: column(field.name) for field in fields(Trained) if field.name != "images"}
    return Trained(images=parts[0].images, **columns)
