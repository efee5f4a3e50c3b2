"""The oracle: a genome as dictionaries, and what each operator may make of it with which chance.

Written from the published algorithm (Gaier & Ha 2019; operators and layers of the released code), with
names instead of slots and lists of outcomes instead of draws, so that it shares nothing with the arrays.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, fields, replace

import numpy as np

from wannsearch.core.activations import ACTIVATION_IDS, LINEAR_ID
from wannsearch.core.ports import Ports
from wannsearch.core.streams import Role, Stream, make_stream
from wannsearch.core.topologies.genomes import Genomes, make_minimal_genomes
from wannsearch.variation.add_connection import add_connection
from wannsearch.variation.add_node import add_node
from wannsearch.variation.enable_connection import enable_connection
from wannsearch.variation.mutate_activation import mutate_activation
from wannsearch.variation.remove_connection import remove_connection

NEXT_NODE, NEXT_INNOVATION = 10**6, 10**9
"""What the operators under test name their nodes and genes from, beyond every name of `grown`."""

NEW, NEW_SECOND = -1, -2
"""How the oracle calls the node or gene that an operator made, and its second gene."""


@dataclass(frozen=True)
class Gene:
    """A connection between two named nodes."""

    source: int
    target: int
    weight: float
    enabled: bool


@dataclass(frozen=True)
class Plain:
    """One genome: bias is node 0, then inputs, then outputs; every other name is a hidden node."""

    inputs: int
    outputs: int
    activation: dict[int, int]  # node name -> activation id
    genes: dict[int, Gene]  # gene name -> gene

    def is_source(self, node: int) -> bool:
        return 0 <= node <= self.inputs

    def is_output(self, node: int) -> bool:
        return self.inputs < node <= self.inputs + self.outputs

    def is_hidden(self, node: int) -> bool:
        return not self.is_source(node) and not self.is_output(node)

    @property
    def hidden(self) -> list[int]:
        return [node for node in self.activation if self.is_hidden(node)]

    @property
    def frozen(self) -> tuple[frozenset[tuple[int, int]], frozenset[tuple[int, Gene]]]:
        return frozenset(self.activation.items()), frozenset(self.genes.items())

    def is_expressed(self, gene: Gene, keep_hidden: bool) -> bool:
        """Whether the network has this gene; with `keep_hidden` also a disabled one between hidden nodes."""
        return gene.enabled or (keep_hidden and self.is_hidden(gene.source) and self.is_hidden(gene.target))

    def layers(self) -> dict[int, int]:
        """Node name -> layer; genes count whether enabled or not."""
        into: dict[int, list[int]] = {node: [] for node in self.activation}
        for gene in self.genes.values():
            if self.is_hidden(gene.source):
                into[gene.target].append(gene.source)
        layer = {node: 0 for node in self.activation if self.is_source(node)}

        def climb(node: int) -> int:
            if node not in layer:
                layer[node] = 1 + max((climb(source) for source in into[node]), default=0)
            return layer[node]

        last = max((climb(node) for node in self.hidden), default=0)
        return layer | {node: last + 1 for node in self.activation if self.is_output(node)}


Outcomes = Iterator[tuple[float, Plain]]


def connections(parent: Plain, disabled_blocks: bool = True) -> Outcomes:
    """Sources in random order; the first with a free destination in a later layer, one of those at random."""
    layer = parent.layers()
    names = {(gene.source, gene.target): name for name, gene in parent.genes.items()}

    def is_free(source: int, target: int) -> bool:
        name = names.get((source, target))
        known = name is not None and (disabled_blocks or parent.genes[name].enabled)
        return layer[target] > layer[source] and not known

    nodes = list(parent.activation)
    places = {source: [target for target in nodes if is_free(source, target)] for source in nodes}
    able = [source for source in nodes if places[source]]
    if not able:
        yield 1.0, parent
    for source in able:
        for target in places[source]:
            name = names.get((source, target), NEW)
            weight = parent.genes[name].weight if name in parent.genes else 1.0
            genes = parent.genes | {name: Gene(source, target, weight, True)}
            yield 1.0 / len(able) / len(places[source]), replace(parent, genes=genes)


def splits(parent: Plain, activations: list[int]) -> Outcomes:
    """An enabled gene at random is disabled, a node of a random activation set in between."""
    on = [name for name, gene in parent.genes.items() if gene.enabled]
    if not on:
        yield 1.0, parent
    for name in on:
        old = parent.genes[name]
        genes = parent.genes | {
            name: replace(old, enabled=False),
            NEW: Gene(old.source, NEW, 1.0, True),
            NEW_SECOND: Gene(NEW, old.target, old.weight, True),
        }
        for formula in activations:
            child = replace(parent, genes=genes, activation=parent.activation | {NEW: formula})
            yield 1.0 / len(on) / len(activations), child


def enablings(parent: Plain) -> Outcomes:
    """A disabled gene at random is enabled."""
    off = [name for name, gene in parent.genes.items() if not gene.enabled]
    if not off:
        yield 1.0, parent
    for name in off:
        genes = parent.genes | {name: replace(parent.genes[name], enabled=True)}
        yield 1.0 / len(off), replace(parent, genes=genes)


def changes(parent: Plain, activations: list[int]) -> Outcomes:
    """A hidden node at random gets a random different activation."""
    if not parent.hidden:
        yield 1.0, parent
    for node in parent.hidden:
        others = [formula for formula in activations if formula != parent.activation[node]]
        if not others:
            yield 1.0 / len(parent.hidden), parent
        for formula in others:
            child = replace(parent, activation=parent.activation | {node: formula})
            yield 1.0 / len(parent.hidden) / len(others), child


def without(parent: Plain, gone: Collection[int]) -> Plain:
    """The genome without these hidden nodes, and without the genes that start or end there."""
    genes = {
        name: gene
        for name, gene in parent.genes.items()
        if gene.source not in gone and gene.target not in gone
    }
    activation = {node: formula for node, formula in parent.activation.items() if node not in gone}
    return replace(parent, genes=genes, activation=activation)


def dead_nodes(genome: Plain, keep_hidden: bool) -> set[int]:
    """Names of hidden nodes from which no walk over the network's connections ends at an output."""
    alive = {node for node in genome.activation if genome.is_output(node)}
    connections = [gene for gene in genome.genes.values() if genome.is_expressed(gene, keep_hidden)]
    while more := {gene.source for gene in connections if gene.target in alive} - alive:
        alive |= more
    return set(genome.hidden) - alive


def removals(parent: Plain, keep_hidden: bool) -> Outcomes:
    """A random gene of the network is removed; then, in turn, hidden nodes that nothing enters or leaves."""
    expressed = [name for name, gene in parent.genes.items() if parent.is_expressed(gene, keep_hidden)]
    if not expressed:
        yield 1.0, parent
    for name in expressed:
        child = replace(parent, genes={other: gene for other, gene in parent.genes.items() if other != name})
        while True:
            left = {gene.source for gene in child.genes.values()}
            entered = {gene.target for gene in child.genes.values()}
            loose = {node for node in child.hidden if node not in left or node not in entered}
            if not loose:
                break
            child = without(child, loose)
        is_empty = not any(child.is_expressed(gene, keep_hidden) for gene in child.genes.values())
        yield 1.0 / len(expressed), parent if is_empty else child


@dataclass(frozen=True)
class Operator:
    """An operator of the package beside its oracle."""

    apply: Callable[[Genomes, object, Ports, Stream], Genomes]
    outcomes: Callable[[Plain, Ports], Outcomes]


def ids(ports: Ports) -> list[int]:
    return [ACTIVATION_IDS[name] for name in ports.activations]


OPERATORS = {
    "add_connection": Operator(
        lambda genomes, rows, ports, rng: add_connection(genomes, rows, ports, NEXT_INNOVATION, True, rng),
        lambda parent, ports: connections(parent, disabled_blocks=True),
    ),
    "add_connection over disabled genes": Operator(
        lambda genomes, rows, ports, rng: add_connection(genomes, rows, ports, NEXT_INNOVATION, False, rng),
        lambda parent, ports: connections(parent, disabled_blocks=False),
    ),
    "add_node": Operator(
        lambda genomes, rows, ports, rng: add_node(genomes, rows, ports, NEXT_NODE, NEXT_INNOVATION, rng),
        lambda parent, ports: splits(parent, ids(ports)),
    ),
    "enable": Operator(
        lambda genomes, rows, ports, rng: enable_connection(genomes, rows, rng),
        lambda parent, ports: enablings(parent),
    ),
    "set_activation": Operator(
        lambda genomes, rows, ports, rng: mutate_activation(genomes, rows, ports, rng),
        lambda parent, ports: changes(parent, ids(ports)),
    ),
    "remove_connection": Operator(
        lambda genomes, rows, ports, rng: remove_connection(genomes, rows, ports, False, rng),
        lambda parent, ports: removals(parent, keep_hidden=False),
    ),
    "remove_connection with kept hidden genes": Operator(
        lambda genomes, rows, ports, rng: remove_connection(genomes, rows, ports, True, rng),
        lambda parent, ports: removals(parent, keep_hidden=True),
    ),
}


def plain(genomes: Genomes, row: int, ports: Ports) -> Plain:
    """This row as dictionaries; what the operator under test made is called NEW."""
    nodes, edges = int(genomes.nodes[row]), int(genomes.edges[row])
    node_id, made = genomes.node_id[row], {NEXT_NODE + row: NEW}
    named = {NEXT_INNOVATION + 2 * row: NEW, NEXT_INNOVATION + 2 * row + 1: NEW_SECOND}
    name = [made.get(int(node), int(node)) for node in node_id[:nodes]]
    activation = dict(zip(name, genomes.activation[row, :nodes].tolist(), strict=True))
    genes = {}
    for column in range(edges):
        innovation = int(genomes.innovation[row, column])
        genes[named.get(innovation, innovation)] = Gene(
            name[genomes.source[row, column]],
            name[genomes.target[row, column]],
            float(genomes.weight[row, column]),
            bool(genomes.enabled[row, column]),
        )
    assert len(activation) == nodes, "two nodes have one name"
    assert len(genes) == edges, "two genes have one name"
    return Plain(ports.inputs, ports.outputs, activation, genes)


def assert_sound(genomes: Genomes, ports: Ports) -> None:
    """What must always hold of every row, disabled genes included."""
    for row in range(len(genomes)):
        nodes, edges = int(genomes.nodes[row]), int(genomes.edges[row])
        source, target = genomes.source[row, :edges], genomes.target[row, :edges]
        assert (source < target).all(), "a gene does not climb"
        assert ((source >= 0) & (source < nodes - ports.outputs)).all(), "a gene leaves an output or nowhere"
        assert ((target > ports.inputs) & (target < nodes)).all(), "a gene enters an input or nowhere"
        pairs = list(zip(target.tolist(), source.tolist(), strict=True))
        assert pairs == sorted(set(pairs)), "genes are not sorted, or a pair has two"
        genome = plain(genomes, row, ports)
        names = genomes.node_id[row, :nodes].tolist()
        assert names[: ports.first_hidden] == list(range(ports.first_hidden)), "bias and inputs moved"
        outputs = names[nodes - ports.outputs :]
        assert outputs == list(range(ports.first_hidden, ports.first_hidden + ports.outputs))
        for node in outputs:
            assert genome.activation[node] == LINEAR_ID, "an output changed its activation"
        for node in genome.hidden:
            assert genome.activation[node] in ids(ports), "an activation is none of the task's"
        layer = genome.layers()
        in_order = [layer[node] for node in genome.activation]  # which follows the slots
        assert in_order == sorted(in_order), "slots are not sorted by layer"


def started(ports: Ports, size: int, seed: int, share: float = 0.6) -> Genomes:
    """Genomes without hidden nodes, each gene enabled by its own coin."""
    coins = make_stream(seed, Role.START).uniform(size, (1 + ports.inputs) * ports.outputs)
    return make_minimal_genomes(ports, coins < share, LINEAR_ID)


def grown(
    ports: Ports, size: int, steps: int, seed: int, share: float = 0.6, disabled_blocks: bool = True
) -> Genomes:
    """Genomes after so many steps of random operators on random rows."""
    genomes, random = started(ports, size, seed, share), np.random.default_rng(seed)
    for step in range(steps):
        rng = make_stream(seed, Role.TELL, step)
        operator = random.choice(4, size=size, p=[0.35, 0.35, 0.15, 0.15])
        rows = [np.flatnonzero(operator == number) for number in range(4)]
        node, innovation = 1000 + step * size, 1000 + 2 * step * size
        genomes = add_connection(genomes, rows[0], ports, innovation, disabled_blocks, rng.for_purpose(1))
        genomes = add_node(genomes, rows[1], ports, node, innovation, rng.for_purpose(2))
        genomes = enable_connection(genomes, rows[2], rng.for_purpose(3))
        genomes = mutate_activation(genomes, rows[3], ports, rng.for_purpose(4)).copy()
    # Weights that can be told apart; a WANN's are all 1.
    return replace(genomes, weight=random.uniform(-2.0, 2.0, genomes.weight.shape))


def repeated(genomes: Genomes, row: int, times: int) -> Genomes:
    """So many copies of one genome."""
    return genomes.take(np.full(times, row))


def littered(genomes: Genomes, extra: int, seed: int) -> Genomes:
    """The same genomes with more padding, and rubbish in all of it."""
    random = np.random.default_rng(seed)
    wide = genomes.copy(extra_nodes=extra, extra_genes=extra)
    slots = np.arange(wide.activation.shape[1]) >= wide.nodes[:, None]
    columns = ~wide.gene_mask()
    for values, padding, top in (
        (wide.activation, slots, 12),
        (wide.node_id, slots, 2000),
        (wide.source, columns, 50),
        (wide.target, columns, 50),
        (wide.weight, columns, 9),
        (wide.enabled, columns, 2),
        (wide.innovation, columns, 2000),
    ):
        values[padding] = random.integers(0, top, values.shape)[padding]
    return wide


def in_use(genomes: Genomes, row: int) -> list[bytes]:
    """The bytes of what this row uses, field by field."""
    nodes, edges = int(genomes.nodes[row]), int(genomes.edges[row])
    parts = []
    for field in fields(genomes):
        values = getattr(genomes, field.name)[row]
        width = nodes if field.name in ("activation", "node_id") else edges
        parts.append((values[:width] if values.ndim else values).tobytes())
    return parts


def all_bytes(genomes: Genomes) -> list[bytes]:
    """The bytes of every array, padding included."""
    return [getattr(genomes, field.name).tobytes() for field in fields(genomes)]
