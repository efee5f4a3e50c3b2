"""Hypothesis strategies of valid networks: with and without edges, any finite weight."""

from hypothesis import strategies as st

from wannsearch.core.activations import ACTIVATION_NAMES, LINEAR_ID
from wannsearch.core.errors import ConfigError, DamagedFile
from wannsearch.core.ports import Ports
from wannsearch.core.topologies.population import Population
from wannsearch.formats import one_network

PORTS = st.builds(Ports, st.integers(1, 4), st.integers(1, 3), st.just(tuple(ACTIVATION_NAMES.values())))

EXTREMES = [5e-324, -5e-324, 1.7976931348623157e308, -1.7976931348623157e308, 0.1, 1 / 3, 2.0**53 + 2]
ANY_WEIGHT = st.sampled_from([0.0, -0.0, *EXTREMES]) | st.floats(allow_nan=False, allow_infinity=False)
NONZERO = ANY_WEIGHT.filter(lambda weight: weight != 0)


@st.composite
def networks(draw, ports: Ports, weights=ANY_WEIGHT) -> Population:
    """One network of these ports, its edges by (target, source)."""
    hidden = draw(st.integers(0, 6))
    nodes = ports.first_hidden + hidden + ports.outputs
    ids = draw(st.lists(st.sampled_from(sorted(ACTIVATION_NAMES)), min_size=nodes, max_size=nodes))
    ids[: ports.first_hidden] = [LINEAR_ID] * ports.first_hidden
    possible = [
        (target, source)
        for target in range(ports.first_hidden, nodes)
        for source in range(min(target, nodes - ports.outputs))
    ]
    edges = sorted(draw(st.lists(st.sampled_from(possible), unique=True, max_size=25)))
    weight = draw(st.lists(weights, min_size=len(edges), max_size=len(edges)))
    target, source = zip(*edges, strict=True) if edges else ((), ())
    return one_network.from_arrays(ids, source, target, weight)


@st.composite
def populations(draw, weights=ANY_WEIGHT) -> tuple[Population, Ports]:
    """A few networks of the same ports, padded to the widest."""
    ports = draw(PORTS)
    return Population.concatenate(draw(st.lists(networks(ports, weights), min_size=1, max_size=4))), ports


def small() -> tuple[Population, Ports]:
    """Two inputs, one hidden node of tanh, one output, four edges."""
    network = one_network.from_arrays([1, 1, 1, 5, 1], [0, 1, 2, 3], [3, 3, 3, 4], [0.1, -2.0, 1.0, 0.5])
    return network, Ports(2, 1, ("tanh",))


def same(a: Population, b: Population) -> bool:
    """Whether all arrays agree bit for bit; -0.0 is not 0.0."""
    return all(
        getattr(a, name).dtype == getattr(b, name).dtype
        and getattr(a, name).shape == getattr(b, name).shape
        and getattr(a, name).tobytes() == getattr(b, name).tobytes()
        for name in ("nodes", "activation", "edges", "source", "target", "weight")
    )


def refused_in_one_line(error, path) -> bool:
    """Whether the message is a single line that names the file and says what is allowed."""
    text = str(error)
    return "\n" not in text and text.isprintable() and str(path) in text and len(text) < 500 + len(str(path))


def mutated(data, original: bytes) -> bytes:
    """The original with a few bytes overwritten, inserted or cut away, as Hypothesis draws them."""
    damaged = bytearray(original)
    for _ in range(data.draw(st.integers(1, 4), label="mutations")):
        at = data.draw(st.integers(0, max(len(damaged) - 1, 0)), label="at")
        stop = at + data.draw(st.sampled_from([0, 1, 1, 1, 5, 200]), label="cut")
        damaged[at:stop] = data.draw(
            st.sampled_from(
                [b"", b"-", b"9", b"e", b"nan", b"NaN", b"\xff", b"{", b"[", b",", b"true", b"\n"]
            )
            | st.binary(max_size=3),
            label="put",
        )
    return bytes(damaged)


def outcome(read):
    """What reading gives: the result, or the error if it is one that a file may cause."""
    try:
        return read()
    except (DamagedFile, ConfigError) as error:
        return error
