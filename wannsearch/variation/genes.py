"""Keeping the genes of one genome in their order: rising by target, then by source."""

from __future__ import annotations

from typing import Any

from wannsearch.core.kernels.compiling import kernel


@kernel
def put_gene(
    column: int,
    from_slot: int,
    to_slot: int,
    name: int,
    carried: float,
    source: Any,
    target: Any,
    weight: Any,
    enabled: Any,
    innovation: Any,
) -> None:
    """Write an enabled gene into this column; `sort_genes` brings it to its place."""
    source[column], target[column] = from_slot, to_slot
    weight[column], enabled[column], innovation[column] = carried, True, name


@kernel
def sort_genes(edges: int, source: Any, target: Any, weight: Any, enabled: Any, innovation: Any) -> None:
    """Sort the genes in use by target, then source: by insertion, since they are nearly sorted."""
    for gene in range(1, edges):
        from_slot, to_slot, name = source[gene], target[gene], innovation[gene]
        carried, on = weight[gene], enabled[gene]
        place = gene
        while place > 0 and (
            target[place - 1] > to_slot or (target[place - 1] == to_slot and source[place - 1] > from_slot)
        ):
            before = place - 1
            source[place], target[place], innovation[place] = (
                source[before],
                target[before],
                innovation[before],
            )
            weight[place], enabled[place] = weight[before], enabled[before]
            place = before
        source[place], target[place], innovation[place] = from_slot, to_slot, name
        weight[place], enabled[place] = carried, on
