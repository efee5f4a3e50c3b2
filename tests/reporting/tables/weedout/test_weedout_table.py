"""Found, random and dense repeat by repeat, against numbers computed here with NumPy and SciPy."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.integrate import trapezoid
from scipy.stats import norm, spearmanr, ttest_1samp, wilcoxon
from synthetic_table_runs import make_run
from table_settings import material, table
from weedout_runs import SHOWN, STEPS, make_repeat

from wannsearch.core.errors import ConfigError
from wannsearch.reporting.plots.style import format_minus
from wannsearch.reporting.statistics.interval import bootstrap_interval
from wannsearch.reporting.statistics.sample import build_sample
from wannsearch.reporting.tables.markup import to_csv_files, to_latex, to_markdown

N, MASKS = 8, 5


def made(root: Path, **changed: Any) -> Any:
    return table("weedout", **changed).build(material(root))


def records(document: Any, name: str, **where: Any) -> list[dict[str, Any]]:
    return [
        record
        for section in document.sections
        if section.name == name
        for record in section.csv_records
        if all(record.get(key) == value for key, value in where.items())
    ]


@pytest.fixture(scope="module")
def drawn() -> dict[str, np.ndarray]:
    """Accuracies as 360 test images give them, by repeat (and mask)."""
    rng = np.random.default_rng(0)

    def accuracy(mean: float, *shape: int) -> np.ndarray:
        return np.round(rng.normal(mean, 0.01, shape) * 360) / 360

    return {
        "found": accuracy(0.955, N),
        "random": accuracy(0.95, N, MASKS),
        "dense": accuracy(0.97, N),
        "imp": accuracy(0.98, N, 2),
        "early": rng.uniform(0.3, 0.7, (N, MASKS)),
        "curve": np.sort(rng.uniform(0.4, 1, (N, 4)), axis=1),
        "curves": np.sort(rng.uniform(0.3, 1, (N, MASKS, 4)), axis=2),
    }


@pytest.fixture(scope="module")
def runs(drawn: dict[str, np.ndarray], tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("weedout")
    flat = [[0.5, 0.6, 0.7, 0.8]]
    for seed in range(N):
        found = drawn["found"][seed : seed + 1].tolist()
        curve = [drawn["curve"][seed].tolist()]
        make_repeat(root / f"found{seed}", "found", found, seed=seed, early=[0.66], curves=curve)
        random, early = drawn["random"][seed].tolist(), drawn["early"][seed].tolist()
        curves = drawn["curves"][seed].tolist()
        make_repeat(root / f"random{seed}", "random", random, seed=seed, early=early, curves=curves)
        dense = [float(drawn["dense"][seed])]
        make_repeat(root / f"dense{seed}", "dense", dense, seed=seed, sparsity=0.3, curves=flat)
        imp = drawn["imp"][seed].tolist()
        make_repeat(root / f"imp{seed}", "imp", imp, seed=seed, curves=flat * 2)
    return root


@pytest.fixture(scope="module")
def document(runs: Path) -> Any:
    return made(runs)


def test_the_difference_is_taken_repeat_by_repeat_and_tested_as_scipy_does(
    document: Any, drawn: dict[str, np.ndarray]
) -> None:
    (row,) = records(document, "table")
    d = 100 * (drawn["found"] - drawn["random"].mean(axis=1))
    assert (row["sparsity"], row["n"]) == (0.8, N)
    assert row["difference"] == pytest.approx(d.mean())
    assert row["difference_se"] == pytest.approx(d.std(ddof=1) / np.sqrt(N))
    assert row["difference_p"] == pytest.approx(wilcoxon(d).pvalue)
    ends = bootstrap_interval(build_sample(d), "mean")
    assert (row["difference_low"], row["difference_high"]) == pytest.approx((ends.low, ends.high))
    counts = [row[f"difference_{name}"] for name in ("won", "tied", "lost")]
    assert counts == [(d > 0).sum(), 0, (d < 0).sum()]
    ninety = ttest_1samp(d, 0).confidence_interval(0.9)
    assert (row["equal_low"], row["equal_high"]) == pytest.approx((ninety.low, ninety.high))
    assert row["equal"] is bool(ninety.low > -0.5 and ninety.high < 0.5)
    assert row["repeats_needed"] == np.ceil((2.9 * d.std(ddof=1) / 0.5) ** 2)
    assert row["sd_over_masks"] == pytest.approx(100 * drawn["random"].std(axis=1, ddof=1).mean())


def test_each_arm_has_its_mean_over_repeats(document: Any, drawn: dict[str, np.ndarray]) -> None:
    (row,) = records(document, "table")
    for name in ("found", "random", "dense"):
        values = 100 * drawn[name].reshape(N, -1).mean(axis=1)
        assert row[name] == pytest.approx(values.mean())
        assert row[f"{name}_se"] == pytest.approx(values.std(ddof=1) / np.sqrt(N))


def test_leads_and_epochs_come_from_the_curves_of_the_full_training(
    document: Any, drawn: dict[str, np.ndarray]
) -> None:
    (row,) = records(document, "early")
    leads = 100 * (drawn["curve"] - drawn["curves"].mean(axis=1))
    assert row["early_difference_epoch_1"] == pytest.approx(leads[:, 0].mean())
    assert row["early_difference_epoch_3"] == pytest.approx(leads[:, 2].mean())
    first = bootstrap_interval(build_sample(leads[:, 0]), "mean")
    assert row["early_difference_epoch_1_low"] == pytest.approx(first.low)
    assert "early_difference_epoch_5" not in row  # of four epochs

    def epochs(curves: np.ndarray) -> np.ndarray:
        return 1 + (curves < 0.9).sum(axis=-1)  # they rise: one more than were trained where none is above

    found, random = epochs(drawn["curve"]), epochs(drawn["curves"])
    assert row["epochs_found"] == pytest.approx(found.mean())
    assert row["epochs_random"] == pytest.approx(random.mean())
    assert row["epochs_difference"] == pytest.approx((found - random.mean(axis=1)).mean())
    assert (row["found_not_reached"], row["random_not_reached"]) == ((found == 5).sum(), (random == 5).sum())
    assert (row["found_networks"], row["random_networks"]) == (N, N * MASKS)


def test_the_search_is_told_by_its_best_and_by_all_candidates(document: Any) -> None:
    (row,) = records(document, "early")
    assert row["early_best"] == pytest.approx(0.66)
    half = 0.1 * np.repeat([-1.0, 1.0], 16)  # 32 values with mean 0 and sd 0.1, as a generation has
    every = np.concatenate([0.5 + half, 0.6 + half])
    assert row["early_mean"] == pytest.approx(every.mean())
    assert row["early_sd"] == pytest.approx(every.std(ddof=1))


def test_correlation_is_taken_within_repeats_and_bounds_what_is_gained(
    document: Any, drawn: dict[str, np.ndarray]
) -> None:
    (row,) = records(document, "correlation")
    each = [spearmanr(x, y).statistic for x, y in zip(drawn["early"], drawn["random"], strict=True)]
    assert row["rho"] == pytest.approx(np.mean(each))
    centred = [drawn[name] - drawn[name].mean(axis=1, keepdims=True) for name in ("early", "random")]
    exact = spearmanr(centred[0].ravel(), centred[1].ravel().round(12)).statistic
    assert row["rho_pooled"] == pytest.approx(exact)
    assert (row["masks"], row["candidates"]) == (N * MASKS, 64)
    grid = np.linspace(-8, 8, 20_001)
    largest = trapezoid(grid * 64 * norm.pdf(grid) * norm.cdf(grid) ** 63, grid)
    reach = row["sd_over_masks"] * largest
    (final,) = records(document, "table")
    assert row["gain_at_most"] == pytest.approx(row["rho_high"] * reach)
    assert row["rho_at_most"] == pytest.approx(min(1, final["difference_high"] / reach))


def test_networks_are_told_with_what_they_were_shown(document: Any) -> None:
    (found,) = records(document, "networks", arm="found")
    (random,) = records(document, "networks", arm="random")
    assert (found["live_parameters"], found["parameters"]) == (200, 1000)
    assert (found["mask_sparsity"], found["parameter_sparsity"]) == (0.75, 0.8)
    assert found["images"] == found["images_a_network"] == STEPS + SHOWN
    assert random["images"] == STEPS + MASKS * SHOWN
    assert random["images_a_network"] == random["images"] / MASKS
    assert any("600 images to train, 200 to validate, 100 to test" in note for note in document.notes)


def test_a_rival_is_held_against_both_and_passes_where_its_interval_is_above_none(
    document: Any, drawn: dict[str, np.ndarray]
) -> None:
    (row,) = records(document, "rivals")
    rival = 100 * drawn["imp"].mean(axis=1)
    for name, word in (("found", "beats_found"), ("random", "beats_random")):
        d = rival - 100 * drawn[name].reshape(N, -1).mean(axis=1)
        assert row[f"over_{name}"] == pytest.approx(d.mean())
        assert row[f"over_{name}_p"] == pytest.approx(wilcoxon(d).pvalue)
        ends = bootstrap_interval(build_sample(d), "mean")
        assert ends.low is not None
        assert row[word] is (ends.low > 0)
        assert row[word]


def test_p_values_of_rivals_are_corrected_over_the_rivals_at_a_sparsity(runs: Path, tmp_path: Path) -> None:
    shutil.copytree(runs, tmp_path / "runs")
    for seed in range(N):
        flat = [[0.5, 0.6, 0.7, 0.8]]
        make_repeat(tmp_path / f"runs/he{seed}", "he_scaled", [0.99 - seed / 360], seed=seed, curves=flat)
    found = {row["rival"]: row for row in records(made(tmp_path / "runs"), "rivals")}
    p = sorted(row["over_random_p"] for row in found.values())
    held = sorted(row["over_random_p_holm"] for row in found.values())
    assert held == pytest.approx([2 * p[0], max(2 * p[0], p[1])])


def test_the_dense_parent_stands_beside_every_sparsity_by_seed(runs: Path, tmp_path: Path) -> None:
    shutil.copytree(runs, tmp_path / "runs")
    flat = [[0.5, 0.6, 0.7, 0.8]]
    make_repeat(tmp_path / "runs/more", "found", [0.9], seed=3, sparsity=0.9, curves=flat)
    make_repeat(
        tmp_path / "runs/weights", "found", [0.8], curves=flat, config={"method.granularity": "weights"}
    )
    document = made(tmp_path / "runs")
    means = {(row["experiment"], row["sparsity"]): row["dense"] for row in records(document, "table")}
    assert len(means) == 3
    assert len(set(means.values())) == 1


def test_at_sparsity_none_found_and_random_tie_to_the_last_bit(tmp_path: Path) -> None:
    for seed in range(4):
        accuracy = (340 + 3 * seed) / 360
        make_repeat(tmp_path / f"f{seed}", "found", [accuracy], seed=seed, sparsity=0.0)
        make_repeat(tmp_path / f"r{seed}", "random", [accuracy] * 7, seed=seed, sparsity=0.0)
    document = made(tmp_path)
    (row,) = records(document, "table")
    assert (row["difference"], row["difference_tied"], row["difference_p"]) == (0, 4, 1)
    assert (row["difference_low"], row.get("equal")) == (None, None)
    assert "no spread between repeats: no verdict" in document.sections[0].rows[0]
    (correlation,) = records(document, "correlation")
    assert correlation["rho_repeats"] == 0


@pytest.mark.long
@pytest.mark.usefixtures("pictures_are_saved")
def test_the_same_runs_in_any_order_give_the_same_bytes(runs: Path, document: Any, tmp_path: Path) -> None:
    for place, name in enumerate(sorted(path.name for path in runs.iterdir())):
        shutil.copytree(runs / name, tmp_path / f"{97 - place}_{name}")
    one, two = document, made(tmp_path)
    assert to_csv_files(one) == to_csv_files(two)
    assert (to_markdown(one), to_latex(one)) == (to_markdown(two), to_latex(two))
    assert one.pictures == two.pictures


def test_pictures_show_every_arm_level_and_mask(document: Any) -> None:
    accuracy = document.pictures["accuracy_by_sparsity"].svg.decode()
    assert all(f">{name}<" in accuracy for name in ("found", "random", "dense", "IMP", "0.8"))
    curves = document.pictures["curves"].svg.decode()
    assert all(f">{name}<" in curves for name in ("found", "random", "dense"))
    assert f">sparsity 0.8, n = {N}<" in curves
    (row,) = records(document, "correlation")
    scatter = document.pictures["early_vs_final"].svg.decode()
    assert format_minus(f">0.8: {row['rho']:+.2f}<") in scatter
    assert scatter.count("<use ") >= N * MASKS


def test_a_margin_can_be_given_by_sparsity(runs: Path) -> None:
    (row,) = records(made(runs, margin={0.8: 2.0, "other": 0.5}), "table")
    assert row["margin"] == 2.0
    with pytest.raises(ConfigError, match=r"no value for sparsity 0\.8"):
        made(runs, margin={0.9: 2.0})


def test_without_a_run_of_the_experiment_that_is_said(tmp_path: Path) -> None:
    make_run(tmp_path / "a")
    document = made(tmp_path)
    assert document.sections[0].rows == [["not run"]]
    assert "1 runs of other methods are not of this table." in document.notes


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"margin": 0}, "above 0"),
        ({"margin": {"much": 1.0}}, "keys are sparsities"),
        ({"threshold": 90.0}, r"table\.threshold is 90"),
        ({"alpha": 0.5}, r"table\.alpha is 0\.5"),
        ({"lead_epochs": [0]}, r"table\.lead_epochs\[0\]"),
        ({"arms": []}, "0 arms of role 'found'"),
    ],
)
def test_settings_that_make_no_sense_are_refused(changed: dict[str, Any], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        table("weedout", **changed)


def test_arms_are_one_of_each_role_with_a_label_of_their_own() -> None:
    arms = [
        {
            "label": "a",
            "role": role,
            "method": "weedout",
            "mask_rule": "static",
            "match": {},
            "may_differ": [],
        }
        for role in ("found", "random", "dense")
    ]
    with pytest.raises(ConfigError, match="'a' twice"):
        table("weedout", arms=arms)
    with pytest.raises(ConfigError, match="must map keys"):
        table("weedout", arms=[arms[0] | {"match": 3}])
