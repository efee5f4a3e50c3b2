"""The rules of wann.md 1.8 and Q10, played from a script."""

from dataclasses import replace
from pathlib import Path

import hydra
import numpy as np
import pytest

from wannsearch.core.champion import Champion, RetestRule, RetestSettings, update_champion
from wannsearch.core.errors import ConfigError
from wannsearch.core.scores import Scores
from wannsearch.core.topologies.population import Population
from wannsearch.formats import one_network

CONF = Path(__file__).parents[2] / "conf"
EVERY = RetestSettings(repeats=20, rule=RetestRule.EVERY_NEW_BEST, interval=4, prefer_simpler=False)
SAVES = RetestSettings(repeats=20, rule=RetestRule.PUBLISHED_INTERVAL, interval=4, prefer_simpler=False)
STEPS = 7


def scored(*means):
    """Scores of networks with these means, one weight and one episode each."""
    returns = np.array(means, float)[:, None, None]
    return Scores(returns, np.full(returns.shape, STEPS))


def networks(ids):
    """One network for each id, which its own weight names."""
    shape = (len(ids), 1)
    return Population(
        np.full(len(ids), 3, np.int32),
        np.ones((len(ids), 3), np.int8),
        np.ones(len(ids), np.int32),
        np.ones(shape, np.int32),
        np.full(shape, 2, np.int32),
        np.array(ids, float)[:, None],
    )


def complexity(candidates):
    """The second digit of a network's id: a script names its networks so."""
    return candidates.weight[:, 0].astype(int) % 10


class Script:
    """Generations one after another, and a re-test that answers from a list."""

    def __init__(self, retest, *answers):
        self.retest, self.answers = retest, list(answers)
        self.champion, self.generation, self.num_played = Champion(), 0, []

    def play_again(self, network):
        assert len(network) == 1
        self.num_played.append(int(network.weight[0, 0]))
        return scored(self.answers.pop(0))

    def tell(self, **means):
        """One generation of networks a=1.0, b=2.0, ...; a name's letter is its id."""
        self.generation += 1
        ids = np.array([ord(name) for name in means], np.int64)
        self.champion = update_champion(
            self.champion,
            self.retest,
            self.generation,
            networks(ids),
            ids,
            scored(*means.values()),
            self.play_again,
            complexity,
        )
        return self.champion.record


def holds(record, name, score, generation, retested):
    """Whether the record is this network, with this score, of this generation."""
    return (
        record.id == ord(name)
        and record.network.weight[0, 0] == ord(name)
        and record.score == score
        and record.generation == generation
        and record.retested is retested
    )


def test_nobody_is_recorded_before_somebody_played():
    assert Champion().record is None


@pytest.mark.parametrize("name", ["repeats", "interval"])
def test_a_retest_of_nothing_is_refused_in_one_line(name):
    settings = {
        "repeats": 1,
        "interval": 1,
        "rule": RetestRule.PUBLISHED_INTERVAL,
        "prefer_simpler": False,
        name: 0,
    }
    with pytest.raises(ConfigError, match=f"{name} is 0") as caught:
        RetestSettings(**settings)
    assert "\n" not in str(caught.value)


# every_new_best


def test_the_first_best_is_recorded_with_the_mean_of_its_retest():
    script = Script(EVERY, 4.0)
    assert holds(script.tell(a=1.0, b=5.0), "b", 4.0, 1, True)
    assert script.num_played == [ord("b")]
    assert script.champion.retests == 1
    assert script.champion.retest_env_steps == STEPS


def test_whoever_does_not_beat_the_record_is_not_played_again():
    script = Script(EVERY, 4.0)
    script.tell(a=5.0)
    assert holds(script.tell(b=4.0, c=3.0), "a", 4.0, 1, True)
    assert script.champion.retests == 1


def test_whoever_beats_the_record_twice_takes_it_with_the_retested_mean():
    script = Script(EVERY, 4.0, 4.5)
    script.tell(a=5.0)
    assert holds(script.tell(b=6.0), "b", 4.5, 2, True)


@pytest.mark.parametrize("again", [3.9, 4.0, np.nan])
def test_whoever_only_was_lucky_leaves_the_record_as_it_was(again):
    script = Script(EVERY, 4.0, again)
    script.tell(a=5.0)
    assert holds(script.tell(b=6.0), "a", 4.0, 1, True)
    assert script.champion.retests == 2
    assert script.champion.retest_env_steps == 2 * STEPS


def test_the_recorded_best_is_not_played_again_when_it_lives_on():
    script = Script(EVERY, 4.0)
    script.tell(a=5.0)
    assert holds(script.tell(a=9.0, b=1.0), "a", 4.0, 1, True)
    assert script.champion.retests == 1


# published_interval


def test_between_saves_a_new_best_is_recorded_with_its_flattering_mean():
    script = Script(SAVES)
    assert holds(script.tell(a=1.0), "a", 1.0, 1, False)
    assert holds(script.tell(b=2.0), "b", 2.0, 2, False)
    assert holds(script.tell(c=1.5), "b", 2.0, 2, False)
    assert script.num_played == []


def test_at_a_save_a_new_best_that_holds_is_recorded_with_its_retested_mean():
    script = Script(SAVES, 3.5)
    for means in ({"a": 1.0}, {"b": 2.0}, {"c": 3.0}):
        script.tell(**means)
    assert holds(script.tell(d=4.0), "d", 3.5, 4, True)
    assert script.num_played == [ord("d")]


@pytest.mark.parametrize("again", [3.0, 2.5, np.nan])
def test_at_a_save_a_lucky_best_brings_back_the_record_of_interval_less_1_generations_ago(again):
    script = Script(SAVES, again)
    for means in ({"a": 1.0}, {"b": 2.0}, {"c": 3.0}):
        script.tell(**means)
    assert holds(script.tell(d=4.0), "a", 1.0, 1, False)
    assert holds(script.tell(e=1.5), "e", 1.5, 5, False)


def test_later_saves_go_back_as_far_and_no_farther():
    script = Script(SAVES, 1.0)
    for means in ({"a": 10.0}, {"b": 11.0}, {"c": 12.0}, {"d": 1.0}, {"e": 13.0}, {"f": 14.0}, {"g": 15.0}):
        script.tell(**means)
    assert holds(script.tell(h=16.0), "e", 13.0, 5, False)


def test_two_rollbacks_in_a_row_do_not_bring_back_what_was_rolled_back():
    script = Script(SAVES, 1.0, 1.0)
    for means in ({"a": 2.0}, {"b": 3.0}, {"c": 4.0}, {"d": 5.0}, {"e": 1.0}, {"f": 1.0}, {"g": 1.0}):
        script.tell(**means)
    assert holds(script.tell(h=9.0), "a", 2.0, 1, False)


def test_a_save_without_a_fresh_best_plays_nobody():
    script = Script(SAVES)
    for means in ({"a": 1.0}, {"b": 2.0}, {"c": 1.0}):
        script.tell(**means)
    assert holds(script.tell(d=1.9), "b", 2.0, 2, False)
    assert script.champion.retests == 0


# never


NEVER = RetestSettings(repeats=1, rule=RetestRule.NEVER, interval=1, prefer_simpler=False)
NEWEST = RetestSettings(repeats=1, rule=RetestRule.LATEST_GENERATION, interval=1, prefer_simpler=False)


def test_where_nobody_is_played_again_the_best_of_all_generations_stands_as_it_was_judged():
    script = Script(NEVER)
    assert holds(script.tell(a=1.0, b=3.0), "b", 3.0, 1, False)
    assert holds(script.tell(c=2.0, d=2.9), "b", 3.0, 1, False)
    assert holds(script.tell(e=3.0), "b", 3.0, 1, False)  # as good is not better
    assert holds(script.tell(f=3.5), "f", 3.5, 4, False)
    assert script.num_played == []
    assert script.champion.retests == 0


def test_of_the_newest_generation_the_best_stands_whoever_was_better_before():
    script = Script(NEWEST)
    assert holds(script.tell(a=1.0, b=3.0), "b", 3.0, 1, False)
    assert holds(script.tell(c=2.0, d=1.0), "c", 2.0, 2, False)
    assert script.num_played == []


def test_of_equals_the_first_row_is_recorded():
    for retest in (NEVER, NEWEST):
        assert holds(Script(retest).tell(a=1.0, b=2.0, c=2.0), "b", 2.0, 1, False)


# all


@pytest.mark.parametrize("retest", [EVERY, SAVES, NEVER, NEWEST])
def test_networks_that_failed_are_never_recorded(retest):
    script = Script(retest, 1.0)
    assert script.tell(a=np.nan, b=np.nan) is None
    record = script.tell(c=np.nan, d=1.0, e=np.nan)
    assert record.id == ord("d")
    assert script.tell(f=np.nan).id == ord("d")


@pytest.mark.parametrize("retest", [EVERY, SAVES, NEVER, NEWEST])
def test_nan_is_never_the_recorded_score(retest):
    script = Script(retest, *[np.nan] * 8)
    for means in ({"a": 1.0}, {"b": 2.0}, {"c": 3.0}, {"d": 4.0}):
        record = script.tell(**means)
        assert record is None or not np.isnan(record.score)


def test_after_a_first_best_that_failed_its_retest_another_can_be_recorded():
    script = Script(EVERY, np.nan, 2.0)
    script.tell(a=5.0)
    assert holds(script.tell(b=3.0), "b", 2.0, 2, True)


@pytest.mark.parametrize("retest", [EVERY, SAVES, NEVER, NEWEST])
def test_a_challenge_changes_neither_the_champion_before_nor_the_population(retest):
    script = Script(retest, 1.0, 2.0)
    script.tell(a=1.0)
    before, ids = script.champion, np.array([5, 6])
    candidates, scores = networks(ids), scored(3.0, 2.0)
    update_champion(before, retest, 2, candidates, ids, scores, script.play_again, complexity)
    assert before is script.champion
    assert before.record.id == ord("a")
    assert candidates.weight.tolist() == networks(ids).weight.tolist()
    assert scores.returns.ravel().tolist() == [3, 2]


def test_the_record_keeps_its_network_when_the_population_is_written_over():
    candidates, ids = networks([1]), np.array([1])
    champion = update_champion(
        Champion(), EVERY, 1, candidates, ids, scored(1.0), lambda _: scored(1.0), complexity
    )
    record = champion.record
    candidates.weight[:] = 99
    assert record.network.weight.tolist() == [[1.0]]


def test_a_network_that_failed_its_retest_does_not_hide_the_runner_up():
    retest = RetestSettings(repeats=1, rule=RetestRule.EVERY_NEW_BEST, interval=8, prefer_simpler=False)
    true = {0: 1.0, 1: 5.0}
    shown = Scores(np.array([6.0, 5.5]).reshape(2, 1, 1), np.ones((2, 1, 1), np.int64))
    networks = Population.concatenate(
        [one_network.from_arrays([1, 1, 1], [1], [2], [float(row)]) for row in true]
    )

    def play_again(network):
        score = true[int(network.weight[0, 0])]
        return Scores(np.full((1, 1, 1), score), np.ones((1, 1, 1), np.int64))

    champion = Champion()
    for generation in (1, 2, 3):
        champion = update_champion(
            champion, retest, generation, networks, np.array([7, 8]), shown, play_again, complexity
        )
    assert champion.record.id == 8
    assert champion.retests == 2


# prefer_simpler; the last digit of a letter's number is its complexity: d 0, e 1, f 2, g 3

SIMPLER = replace(EVERY, prefer_simpler=True)


def test_the_simplest_of_those_that_score_best_is_played_again():
    script = Script(SIMPLER, 5.0)
    assert holds(script.tell(g=5.0, f=5.0, e=5.0, d=4.0), "e", 5.0, 1, True)
    assert script.num_played == [ord("e")]


def test_a_simpler_network_that_equals_the_record_in_its_retest_takes_its_place():
    script = Script(SIMPLER, 5.0, 5.0)
    script.tell(g=5.0)
    assert holds(script.tell(g=5.0, e=5.0, f=5.0), "e", 5.0, 2, True)


def test_a_simpler_network_whose_retest_is_worse_does_not_and_is_not_asked_again():
    script = Script(SIMPLER, 5.0, 4.9)
    script.tell(g=5.0)
    for _ in range(2):
        assert holds(script.tell(g=5.0, e=5.0), "g", 5.0, 1, True)
    assert script.num_played == [ord("g"), ord("e")]


@pytest.mark.parametrize("other", ["f", "g"])
def test_an_equal_that_is_not_simpler_is_not_played_again(other):
    script = Script(SIMPLER, 5.0)
    script.tell(f=5.0)
    script.tell(f=5.0, **{"p" if other == "f" else other: 5.0})  # p 2
    assert script.num_played == [ord("f")]


def test_one_network_a_generation_is_played_again_at_most():
    script = Script(SIMPLER, 5.0, 4.0, 5.0)
    script.tell(g=5.0)
    script.tell(e=6.0, d=5.0)  # e beats the record, and d equals it
    assert script.num_played == [ord("g"), ord("e")]
    assert holds(script.tell(e=5.0, d=5.0), "d", 5.0, 3, True)
    assert script.num_played == [ord("g"), ord("e"), ord("d")]


def test_a_better_network_wins_however_complex_it_is():
    script = Script(SIMPLER, 5.0, 6.0)
    script.tell(d=5.0)
    assert holds(script.tell(g=6.0, d=5.0), "g", 6.0, 2, True)


@pytest.mark.parametrize("retest", [EVERY, replace(SAVES, prefer_simpler=True)])
def test_without_the_setting_and_under_another_rule_equals_change_nothing(retest):
    script = Script(retest, 5.0, 5.0)
    script.tell(g=5.0)
    assert script.tell(g=5.0, d=5.0).id == ord("g")
    assert script.num_played in ([], [ord("g")])


PUBLISHED = sorted(
    file.stem
    for file in (CONF / "experiment").glob("*.yaml")
    if file.stem.startswith(("wann_swingup", "neat_", "fixed_", "random_"))
)


@pytest.mark.parametrize("experiment", PUBLISHED)
def test_a_published_experiment_keeps_the_first_of_equals(experiment):
    with hydra.initialize_config_dir(str(CONF), version_base="1.3"):
        composed = hydra.compose("config", [f"experiment={experiment}"])
    assert composed.retest.prefer_simpler is False
