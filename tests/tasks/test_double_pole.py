"""Against states of the authors' own simulator, and the fitness rules of the paper."""

import math

import numpy as np
import pytest

from wannsearch.core.errors import ConfigError
from wannsearch.core.streams import Role
from wannsearch.core.trials import Trials
from wannsearch.evaluators.compiled import Compiled, LanePrecision
from wannsearch.evaluators.reference import Reference
from wannsearch.formats import one_network
from wannsearch.tasks.double_pole import DoublePole, DoublePoleReward

SETTINGS = {
    "observe_velocities": True,
    "observe_last_output": False,
    "reward": DoublePoleReward.SURVIVED,
    "generalization_test": False,
    "start_angle": 1.0,
    "episodes": 1,
    "horizon": 1000,
    "activations": ("tanh",),
}
ONE_DEGREE = (0.0, 0.0, math.radians(1.0), 0.0, 0.0, 0.0)
SEVENTH = (0.0, 0.0, 0.07, 0.0, 0.0, 0.0)
ANYWHERE = (0.1, -0.2, 0.05, 0.1, -0.02, 0.3)
OWN = Trials(shared_weights=None, episodes=1)
COMPILED = Compiled(
    precision=LanePrecision.FLOAT64, threads=1, chunk=None, max_memory=None, vector_bits=None, simplify=True
)


def task(**changed):
    return DoublePole(**SETTINGS | changed)


def placed(motion, played):
    return played.lane_state(np, tuple(np.array([[value]]) for value in motion))


def played(motion, outputs, of=None):
    """The states after each action, and whether it was over."""
    of = of or task()
    state, states = placed(motion, of), []
    for output in outputs:
        state, reward, done = of.step(state, np.array([[[output]]]))
        states.append((np.ravel(state[:6]), float(reward[0]), bool(done[0])))
    return states


@pytest.mark.parametrize(
    ("start", "output", "actions", "expected"),
    [
        (
            SEVENTH,
            0.5,
            10,
            (
                -0.001054579201,
                -0.011131693225,
                0.093241298643,
                0.244518036861,
                0.024827942845,
                0.366882635199,
            ),
        ),
        (
            SEVENTH,
            1.0,
            1,
            (
                0.001935940476,
                0.193608236962,
                0.067307427966,
                -0.269418963476,
                -0.029169097068,
                -2.930648326348,
            ),
        ),
        (
            ONE_DEGREE,
            0.5,
            10,
            (
                -0.000264123466,
                -0.002791276986,
                0.023255876578,
                0.061063743228,
                0.006216742230,
                0.091913560326,
            ),
        ),
        (
            ANYWHERE,
            0.5,
            10,
            (0.059156310637, -0.209468321809, 0.088762280485, 0.307911943471, 0.043834147810, 0.637753636594),
        ),
    ],
)
def test_states_are_those_of_the_released_simulator(start, output, actions, expected):
    assert played(start, [output] * actions)[-1][0] == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize(
    ("start", "output", "last"),
    [(SEVENTH, 0.5, 23), (ONE_DEGREE, 0.5, 29), (ANYWHERE, 0.5, 21)]
    + [(start, 1.0, 5) for start in (SEVENTH, ONE_DEGREE, ANYWHERE)],
)
def test_it_is_over_with_the_action_that_the_released_simulator_ends_with(start, output, last):
    states = played(start, [output] * last)
    assert [over for _, _, over in states] == [False] * (last - 1) + [True]
    assert [paid for _, paid, _ in states] == [1.0] * (last - 1) + [0.0]


def test_outputs_beyond_0_and_1_push_no_harder():
    for output, same in ((7.0, 1.0), (-3.0, 0.0)):
        assert np.array_equal(played(ONE_DEGREE, [output])[0][0], played(ONE_DEGREE, [same])[0][0])


def test_every_episode_starts_with_the_long_pole_leaning_by_the_angle_asked_for():
    start = task(start_angle=4.0).start_values(np.arange(3, dtype=np.uint64))
    assert start.shape == (3, 1, 6)
    assert np.array_equal(start[:, 0], np.tile([0, 0, np.radians(4.0), 0, 0, 0], (3, 1)))


def test_the_network_sees_each_value_scaled_and_no_velocities_unless_asked_for():
    motion = (4.8, 2.0, 0.52, -2.0, 0.26, 1.0)
    full = task()
    assert full.observe(placed(motion, full))[0, 0] == pytest.approx([1, 1, 1, -1, 0.5, 0.5])
    blind = task(observe_velocities=False)
    assert blind.observe(placed(motion, blind))[0, 0] == pytest.approx([1, 1, 0.5])
    assert (full.ports.inputs, blind.ports.inputs) == (6, 3)


@pytest.mark.parametrize("velocities", [True, False])
def test_an_echo_shows_the_last_output_and_nothing_before_the_first(velocities):
    echoing = task(observe_velocities=velocities, observe_last_output=True)
    state = placed(ONE_DEGREE, echoing)
    assert echoing.ports.inputs == (7 if velocities else 4)
    assert echoing.observe(state)[0, 0, -1] == 0.0
    for output, seen in ((0.25, 0.25), (0.75, 0.75), (1.5, 1.0)):
        state, _, _ = echoing.step(state, np.array([[[output]]]))
        assert echoing.observe(state)[0, 0, -1] == seen


def damped(motion, outputs, horizon=1000):
    """What the paper's formula gives over the states, and what is paid."""
    states = played(motion, outputs, task(reward=DoublePoleReward.GRUAU, horizon=horizon))
    over = next(i for i, (_, _, done) in enumerate(states) if done)
    paid = [reward for _, reward, _ in states[: over + 1]]
    fell = abs(states[over][0][0]) > 2.4 or np.abs(states[over][0][[2, 4]]).max() > 0.628329
    alive = [np.abs(state[:4]).sum() for state, _, _ in states[: over + (0 if fell else 1)]]
    late = 0.75 / sum(alive[-100:]) if len(alive) >= 100 else 0.0
    assert set(paid[:-1]) <= {0.0}
    return 0.1 * len(alive) / 1000 + 0.9 * late, paid[-1]


def test_damping_is_paid_at_the_end_as_the_paper_has_it():
    upright = (0.01, 0.0, 0.0, 0.0, 0.0, 0.0)
    for motion, outputs, horizon in (
        (ONE_DEGREE, [0.5] * 40, 1000),  # falls before a hundred actions
        (upright, [0.5] * 150, 150),  # stands to the end
        (upright, [0.5] * 99, 99),
        (upright, [0.5] * 100, 100),
        (upright, [0.5] * 130 + [1.0] * 20, 1000),  # falls after a hundred
    ):
        expected, paid = damped(motion, outputs, horizon)
        assert paid == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("reward", list(DoublePoleReward))
@pytest.mark.parametrize("echo", [True, False])
def test_the_compiled_evaluator_pays_what_the_reference_pays(reward, echo):
    of = task(reward=reward, observe_last_output=echo, horizon=130)
    inputs = of.ports.inputs
    weights = [[0.02, 0.5, 1.5, 0.6, -0.4, -0.3], [0.0, 0.1, -0.2, 0.0, 0.0, 0.0], [1.0] * 6]
    for row in weights:
        network = one_network.from_arrays(
            [1] * (inputs + 2), [0, *range(1, 7)], [inputs + 1] * 7, [0.5, *row]
        )
        one = COMPILED.evaluate(network, of, OWN, np.zeros(1, np.uint64))[0]
        two = Reference().evaluate(network, of, OWN, np.zeros(1, np.uint64))[0]
        assert one.returns == pytest.approx(two.returns, rel=1e-9)
        assert one.steps.tolist() == two.steps.tolist()


@pytest.mark.parametrize(
    "change", [{"start_angle": 40.0}, {"start_angle": float("nan")}, {"horizon": 0}, {"episodes": 0}]
)
def test_an_impossible_setting_is_refused_in_one_line(change):
    with pytest.raises(ConfigError, match=f"task.{next(iter(change))}") as refused:
        task(**change)
    assert "\n" not in str(refused.value)


EXAMINED = {
    "observe_velocities": False,
    "observe_last_output": True,
    "reward": DoublePoleReward.GRUAU,
    "generalization_test": True,
    "horizon": 3000,
}


def test_the_exam_has_the_start_of_every_episode_and_a_grid_of_625():
    exam = task(**EXAMINED)
    seeds = exam.episode_seeds(3, Role.RETEST, 5, 626)
    np.testing.assert_array_equal(seeds, exam.episode_seeds(4, Role.HELD_OUT, 0, 626))
    starts = exam.start_values(seeds)[:, 0]
    np.testing.assert_array_equal(starts[0, :6], ONE_DEGREE)
    grid = starts[1:]
    assert len(np.unique(grid, axis=0)) == 625
    x, x_dot, angle, angle_dot = (np.unique(grid[:, column]) for column in range(4))
    np.testing.assert_allclose(x, 2.16 * np.array([-0.9, -0.5, 0, 0.5, 0.9]))
    np.testing.assert_allclose(x_dot.max(), 0.9 * 1.35)
    np.testing.assert_allclose(angle.max(), 0.9 * 0.06283152, rtol=1e-5)
    np.testing.assert_allclose(angle_dot.max(), 0.9 * 0.15009752, rtol=1e-5)
    np.testing.assert_array_equal(grid[:, 4:6], 0)


def test_episodes_of_a_search_are_no_exam():
    exam = task(**EXAMINED)
    start = exam.start_values(exam.episode_seeds(3, Role.EPISODES, 5, 4))
    np.testing.assert_array_equal(start[:, 0, :6], np.tile(ONE_DEGREE, (4, 1)))
    np.testing.assert_array_equal(start[:, 0, 6], 0)


def test_an_exam_has_no_more_episodes_than_starts_and_is_for_the_damped_only():
    with pytest.raises(ConfigError, match="626"):
        task(**EXAMINED).episode_seeds(0, Role.RETEST, 0, 627)
    with pytest.raises(ConfigError, match="for gruau"):
        task(generalization_test=True)


def exam_returns(evaluator, network, count):
    exam = task(**EXAMINED)
    seeds = exam.episode_seeds(0, Role.RETEST, 0, count)
    return evaluator.evaluate(network, exam, OWN, seeds)[0], exam


def test_who_falls_fails_each_start_and_the_first_625_times():
    idle = one_network.from_arrays([1] * 6, [0], [5], [0.5])
    scores, exam = exam_returns(COMPILED, idle, 626)
    grid = exam.start_values(exam.episode_seeds(0, Role.RETEST, 0, 626))[1:, 0]
    at_rest = (grid[:, 1:6] == 0).all(axis=1)  # upright, unpushed: nothing ever moves
    assert at_rest.sum() == 5
    np.testing.assert_array_equal(scores.returns[0, 0], [-625, *np.where(at_rest, 0, -1)])
    np.testing.assert_array_equal(scores.steps[0, 0, 1:][at_rest], 1000)
    assert (scores.steps[0, 0, 1:][~at_rest] < 1000).all()
    reference, _ = exam_returns(Reference(), idle, 7)
    np.testing.assert_array_equal(scores.returns[..., :7], reference.returns)


def test_a_search_is_paid_as_without_an_exam():
    plain = task(**EXAMINED | {"generalization_test": False, "horizon": 1000})
    exam = task(**EXAMINED)
    idle = one_network.from_arrays([1] * 6, [0], [5], [0.5])
    seeds = exam.episode_seeds(0, Role.EPISODES, 1, 1)
    paid = [COMPILED.evaluate(idle, one, OWN, seeds)[0].returns for one in (exam, plain)]
    np.testing.assert_array_equal(*paid)


def test_it_is_solved_by_the_papers_actions_and_by_200_starts_of_the_test():
    assert task().solved_score is None
    assert task(horizon=100_000).solved_score == 100_000
    assert task(horizon=100_000, reward="gruau").solved_score is None
    assert task(**EXAMINED).solved_score == pytest.approx(-(625 - 200) / 626)
