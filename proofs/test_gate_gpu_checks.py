"""The checks of a GPU fail where two devices do not agree; here both devices are the CPU."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import gpu_checks
import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from wannsearch.evaluators.training import batched_layers, data
from wannsearch.evaluators.training.network import build_network
from wannsearch.evaluators.training.settings import TrainingPrecision
from wannsearch.evaluators.training.train_group import _stack_initial_weights

pytestmark = pytest.mark.long
DEVICES = gpu_checks.Devices("cpu", "cpu", dict.fromkeys(TrainingPrecision, 1e9))
IMAGES = gpu_checks.Pattern(side=8, training=96, validation=40)
WORKLOADS = {
    f"{workload.parent_name} {workload.rule_name}": replace(workload, task=IMAGES)
    for workload in gpu_checks.list_workloads(is_quick=True)
}


@pytest.mark.parametrize("name", ["mlp static", "mlp rigl", "mlp imp"])
def test_the_cpu_agrees_with_itself_in_every_precision(name: str, capsys: Any) -> None:
    assert gpu_checks.check_workload(WORKLOADS[name], DEVICES)
    assert capsys.readouterr().out.count("holds") == len(gpu_checks.PRECISIONS)


def change_checked_trainings(monkeypatch: Any, change: Any) -> None:
    """Every second training, which is that of the checked device, gets a changed trainer."""
    measure, num_calls = gpu_checks.measure_training, [0]

    def measure_changed(trainer: Any, *arguments: Any) -> Any:
        num_calls[0] += 1
        return measure(trainer if num_calls[0] % 2 else change(trainer), *arguments)

    monkeypatch.setattr(gpu_checks, "measure_training", measure_changed)


def test_a_device_that_decays_weights_too_little_is_found(monkeypatch: Any, capsys: Any) -> None:
    change_checked_trainings(
        monkeypatch,
        lambda trainer: replace(trainer, optimizer=replace(trainer.optimizer, weight_decay=4e-4)),
    )
    assert not gpu_checks.check_workload(WORKLOADS["mlp static"], DEVICES)
    assert "BROKEN" in capsys.readouterr().out


def test_a_device_that_rounds_more_than_it_says_is_found(monkeypatch: Any, capsys: Any) -> None:
    change_checked_trainings(
        monkeypatch, lambda trainer: replace(trainer, precision=TrainingPrecision.BFLOAT16)
    )
    assert not gpu_checks.check_workload(WORKLOADS["mlp imp"], DEVICES)
    verdicts = [line.rpartition("|")[2].strip() for line in capsys.readouterr().out.splitlines()]
    assert verdicts == ["BROKEN", "BROKEN", "holds"]


def test_a_cpu_that_repeats_a_training_with_other_bytes_is_found(monkeypatch: Any, capsys: Any) -> None:
    digests = iter(range(100))
    monkeypatch.setattr(gpu_checks, "compute_digest", lambda result: str(next(digests)))
    assert not gpu_checks.check_workload(WORKLOADS["mlp static"], DEVICES)


@pytest.mark.parametrize("name", ["mlp static", "mlp rigl", "wrn_16_1 static", "wrn_16_1 rigl"])
def test_operations_are_those_that_torch_counts(name: str, monkeypatch: Any) -> None:
    monkeypatch.setattr(batched_layers, "_CpuOps", batched_layers._AcceleratorOps)  # products as torch's own
    workload = replace(WORKLOADS[name], num_candidates=1)  # torch counts no groups in a backward pass
    candidates = workload.sample_candidates()
    trainer = workload.make_trainer("cpu", TrainingPrecision.FLOAT32, 1)
    images = data.load_on_device(IMAGES.images(), trainer._training_settings())
    network = build_network(
        candidates.design,
        images.classes,
        _stack_initial_weights(candidates),
        torch.from_numpy(candidates.masks),
    )
    pixels, labels = next(images.train_batches(0, 0, 16))
    operations = gpu_checks.count_operations(workload, candidates)
    with FlopCounterMode(display=False) as counter:
        network.compute_gradients(pixels, labels, False)
    assert counter.get_total_flops() == 16 * operations.training
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        network.logits(pixels, False)
    assert counter.get_total_flops() == 16 * operations.evaluation


def test_without_a_gpu_one_line_says_that_nothing_was_checked(monkeypatch: Any, capsys: Any) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert gpu_checks.main([]) == 0
    assert capsys.readouterr().out == "no CUDA device: nothing was checked\n"


@pytest.mark.parametrize("devices", ["cpu", "cpu,abacus", "cpu,cpu,cpu"])
def test_devices_that_cannot_be_are_refused_in_one_line(devices: str, capsys: Any) -> None:
    assert gpu_checks.main(["--devices", devices, "--quick"]) == 2
    printed = capsys.readouterr()
    assert printed.err.count("\n") == 1
    assert not printed.out


def test_checks_that_time_leaves_out_fail(capsys: Any) -> None:
    assert gpu_checks.main(["--devices", "cpu,cpu", "--quick", "--max-seconds", "0"]) == 1
    assert "6 of 6 workloads were not begun" in capsys.readouterr().out
