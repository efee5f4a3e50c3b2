"""Many candidates: groups of a fixed size, side by side over threads.

One thread computes a group with one core. So results depend neither on the number of threads nor on the
order in which groups finish. On any device but a processor, groups run one after another.
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
from wannsearch.evaluators.training.data import DeviceImages
from wannsearch.evaluators.training.settings import TrainingSettings
from wannsearch.evaluators.training.train_group import (
    TrainingResult,
    TrainingRun,
    TrainingStopped,
    steps_per_epoch,
    train_group,
)

ProgressCallback = Callable[[int, int], None]
"""A function of the number of epochs done, over all groups, and of their total."""


def train_in_groups(
    candidates: Subnetworks,
    data: DeviceImages,
    settings: TrainingSettings,
    training_run: TrainingRun,
    candidates_per_batch: int,
    num_threads: int,
    report_progress: ProgressCallback,
) -> TrainingResult:
    """Train all P candidates, `candidates_per_batch` together, and return one result for all.

    `report_progress` is called after each epoch, from the thread of its group. The first exception of a group
    stops the other groups and is raised. On a processor torch has one thread a group meanwhile.
    """
    groups = [
        candidates.take(range(start, min(start + candidates_per_batch, len(candidates))))
        for start in range(0, len(candidates), candidates_per_batch)
    ]
    stop, lock, num_done = Event(), Lock(), [0]
    num_epochs = settings.epochs * candidates.design.mask_rule.num_trainings
    if training_run.max_steps is not None:
        num_epochs = min(num_epochs, -(-training_run.max_steps // steps_per_epoch(data, settings)))

    def check_stop() -> None:
        if stop.is_set():
            raise TrainingStopped

    def epoch_done() -> None:
        with lock:
            num_done[0] += 1
            report_progress(num_done[0], num_epochs * len(groups))

    num_threads_before = torch.get_num_threads()
    if settings.device == "cpu":
        torch.set_num_threads(1)
    pool = ThreadPoolExecutor(num_threads if settings.device == "cpu" else 1, "trainer")
    try:
        with _deterministic_cudnn(settings):
            futures = [
                pool.submit(train_group, group, data, settings, training_run, epoch_done, check_stop)
                for group in groups
            ]
            wait(futures, return_when=FIRST_EXCEPTION)
        for future in futures:
            if future.done() and not future.cancelled() and future.exception() is not None:
                stop.set()
                future.result()
        return _concatenate_results([future.result() for future in futures])
    finally:
        stop.set()
        pool.shutdown(cancel_futures=True)
        torch.set_num_threads(num_threads_before)


def _deterministic_cudnn(settings: TrainingSettings) -> AbstractContextManager[Any]:
    """Return a context with deterministic convolutions without TF32; CUDA's default is neither."""
    if not settings.device.startswith("cuda"):
        return nullcontext()
    flags: AbstractContextManager[Any] = torch.backends.cudnn.flags(
        enabled=True, benchmark=False, deterministic=True, allow_tf32=False
    )
    return flags


def _concatenate_results(results: list[TrainingResult]) -> TrainingResult:
    """Return one result with the candidates of all groups in order."""

    def concatenate_field(name: str) -> Any:
        values = [getattr(result, name) for result in results]
        if values[0] is None:
            return None
        if isinstance(values[0], list):
            return [np.concatenate(arrays) for arrays in zip(*values, strict=True)]
        return np.concatenate(values)

    arrays_by_name = {
        field.name: concatenate_field(field.name)
        for field in fields(TrainingResult)
        if field.name != "images_shown"
    }
    return TrainingResult(images_shown=results[0].images_shown, **arrays_by_name)
