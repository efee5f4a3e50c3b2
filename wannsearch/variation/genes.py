"""Keeping the genes of one genome in their order: rising by target, then by source."""

from __future__ import annotations

from typing import Any

from wannsearch.core.kernels.compiling import kernel


@kernel
def put_gene(
    column: int,
    source_slot: int,
    target_slot: int,
    innovation_number: int,
    weight_value: float,
    source: Any,
    target: Any,
    weight: Any,
    enabled: Any,
    innovation: Any,
) -> None:
    """Write an enabled gene into this column; `sort_genes` brings it to its place."""
    source[column], target[column] = source_slot, target_slot
    weight[column], enabled[column], innovation[column] = weight_value, True, innovation_number


@kernel
def sort_genes(edges: int, source: Any, target: Any, weight: Any, enabled: Any, innovation: Any) -> None:
    """Sort the genes in use by target, then source: by insertion, since they are nearly sorted."""
    for gene in range(1, edges):
        source_slot, target_slot, innovation_number = source[gene], target[gene], innovation[gene]
        weight_value, is_enabled = weight[gene], enabled[gene]
        column = gene
        while column > 0 and (
            target[column - 1] > target_slot
            or (target[column - 1] == target_slot and source[column - 1] > source_slot)
        ):
            previous = column - 1
            source[column], target[column], innovation[column] = (
                source[previous],
                target[previous],
                innovation[previous],
            )
            weight[column], enabled[column] = weight[previous], enabled[previous]
            column = previous
        source[column], target[column], innovation[column] = source_slot, target_slot, innovation_number
        weight[column], enabled[column] = weight_value, is_enabled
