import itertools

import numpy as np
import pytest

from wannsearch.core.errors import ConfigError
from wannsearch.core.trials import Trials
from wannsearch.evaluators.compiled import Compiled, LanePrecision
from wannsearch.evaluators.reference import Reference
from wannsearch.formats import one_network
from wannsearch.tasks.logic import Gate, Logic, LogicReward

TABLES = {
    "and": lambda row: all(row),
    "or": lambda row: any(row),
    "xor": lambda row: sum(row) == 1,
    "nand": lambda row: not all(row),
    "xnor": lambda row: sum(row) != 1,
    "parity": lambda row: sum(row) % 2 == 1,
}
OWN = Trials(shared_weights=None, episodes=1)
COMPILED = Compiled(
    precision=LanePrecision.FLOAT64, threads=1, chunk=None, max_memory=None, vector_bits=None, simplify=True
)


def logic(gate="xor", bits=2, reward=LogicReward.CLOSENESS):
    return Logic(gate=Gate(gate), bits=bits, reward=reward, episodes=1, activations=("tanh",))


def rows_of(task):
    """The inputs that the network is shown, row by row."""
    return task.observe(task.reset(np.zeros(1, np.uint64)))[0]


def paid(task, outputs):
    """The return of an episode in which row i of the table was answered by outputs[i]."""
    state = task.reset(np.zeros(1, np.uint64))
    _, reward, _ = task.step(state, np.array(outputs, float)[None, :, None])
    return reward[0]


def test_every_gate_has_a_table_here():
    assert {gate.value for gate in Gate} == set(TABLES)


@pytest.mark.parametrize("bits", [2, 3, 5])
def test_every_row_of_the_table_is_shown_once(bits):
    rows = rows_of(logic(bits=bits))
    assert sorted(map(tuple, rows.tolist())) == list(itertools.product((0, 1), repeat=bits))


@pytest.mark.parametrize("bits", [2, 3, 4])
@pytest.mark.parametrize("gate", TABLES)
def test_the_gates_own_table_pays_most_and_its_opposite_0(gate, bits):
    for reward in LogicReward:
        task = logic(gate, bits, reward)
        target = [float(TABLES[gate](row.astype(int).tolist())) for row in rows_of(task)]
        assert paid(task, target) == (4.0**bits if reward is LogicReward.SQUARED_CLOSENESS else 1)
        assert paid(task, [1 - t for t in target]) == 0


@pytest.mark.parametrize("gate", TABLES)
def test_closeness_is_1_less_the_mean_distance_of_the_clipped_output(gate):
    task = logic(gate, 3)
    outputs = np.random.default_rng(0).uniform(-1, 2, 8)
    target = np.array([float(TABLES[gate](row.astype(int).tolist())) for row in rows_of(task)])
    expected = 1 - np.abs(np.clip(outputs, 0, 1) - target).mean()
    assert paid(task, outputs) == pytest.approx(expected, rel=1e-14)


@pytest.mark.parametrize(
    ("outputs", "fitness"),
    [([0, 1, 1, 0], 16.0), ([0.5] * 4, 4.0), ([0, 1, 1, 1], 9.0), ([0.125, 0.875, 0.875, 0.125], 12.25)],
)
def test_squared_closeness_on_xor_is_the_fitness_of_neats_paper(outputs, fitness):
    task = logic(reward=LogicReward.SQUARED_CLOSENESS)
    assert paid(task, outputs) == fitness
    network = one_network.from_arrays([1, 1, 1, 1], [0], [3], [0.5])
    for evaluator in (Reference(), COMPILED):
        scores = evaluator.evaluate(network, task, OWN, np.zeros(1, np.uint64))[0]
        assert scores.returns.item() == 4.0


def test_outputs_beyond_0_and_1_are_clipped():
    assert paid(logic("and"), [-9, -0.5, -1e9, 7]) == 1


@pytest.mark.parametrize("gate", TABLES)
def test_accuracy_is_the_share_of_rows_on_the_targets_side_of_a_half(gate):
    task = logic(gate, 3).accuracy()
    assert task.reward is LogicReward.ACCURACY
    outputs = np.random.default_rng(1).uniform(-1, 2, 8)
    target = np.array([TABLES[gate](row.astype(int).tolist()) for row in rows_of(task)])
    assert paid(task, outputs) == np.mean((outputs > 0.5) == target)


def test_an_output_of_exactly_a_half_is_on_nobodys_side():
    assert paid(logic(reward=LogicReward.ACCURACY), [0.5] * 4) == 0


def test_accuracy_keeps_everything_but_the_reward():
    task = logic("parity", 4)
    graded = task.accuracy()
    assert (graded.gate, graded.bits, graded.episodes) == (task.gate, task.bits, task.episodes)
    assert np.array_equal(rows_of(graded), rows_of(task))


def test_a_table_is_an_episode_of_one_step_the_same_for_every_seed():
    task = logic()
    assert task.horizon == 1
    seen = task.observe(task.reset(np.array([0, 5, 2**64 - 1], np.uint64)))
    assert seen.shape == (3, 4, 2)
    assert np.array_equal(seen[0], seen[1])
    assert np.array_equal(seen[0], seen[2])


@pytest.mark.parametrize(("bits", "episodes"), [(1, 1), (11, 1), (2, 0)])
def test_an_impossible_setting_is_refused_in_one_line(bits, episodes):
    with pytest.raises(ConfigError, match=r"bits is|episodes is") as caught:
        Logic(gate=Gate.AND, bits=bits, reward=LogicReward.ACCURACY, episodes=episodes, activations=("tanh",))
    assert "\n" not in str(caught.value)
