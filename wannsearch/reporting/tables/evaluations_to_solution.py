"""How many runs solve a task, and what it takes; after Stanley and Miikkulainen (2002), section 4.

Papers seldom say what "solved" is, so each table states its rule. Evaluations are counted to the
network that solved it: with P networks a generation, the one in row r of generation g is number

    P (g - 1) + r + 1  =  id - P + 1,

since its id is P g + r. Runs that ended unsolved are failures: they are counted in the share and in the
median, and no mean contains them.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from wannsearch.core.errors import ConfigError
from wannsearch.core.settings import convert_fields
from wannsearch.records.reader import Origin
from wannsearch.reporting.plots import style
from wannsearch.reporting.statistics.interval import interval
from wannsearch.reporting.statistics.sample import sample
from wannsearch.reporting.statistics.targets import ToTarget, to_target
from wannsearch.reporting.tables.bands import Band, Check, accept
from wannsearch.reporting.tables.document import Document, Record, Section, number
from wannsearch.reporting.tables.groups import Group
from wannsearch.reporting.tables.solved_runs import (
    QUANTITIES,
    Rule,
    Solved,
    collect_values,
    needed,
    quantities_of,
)
from wannsearch.reporting.tables.table import Material

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_COLUMNS = (
    "runs of", "n", "solved [95 %]", "evaluations, mean ± std [95 %]", "median (quartiles)",
    "generations, mean", "hidden, mean ± std", "one hidden", "connections, mean ± std",
)  # fmt: skip
_COLOURS = (style.BLUE, style.VERMILION, style.GREEN, style.PURPLE, style.ORANGE, style.SKY)


@dataclass(frozen=True, kw_only=True)
class Published:
    """Others' figures; None where they are not told."""

    label: str
    source: str
    runs: int | None
    solved: float | None  # share
    evaluations: float | None
    evaluations_std: float | None
    median: float | None
    generations: float | None  # mean
    generations_median: float | None  # where only that is told
    hidden: float | None
    hidden_std: float | None
    one_hidden: float | None  # share of solutions
    connections: float | None
    connections_std: float | None

    def __post_init__(self) -> None:
        convert_fields(self)


@dataclass(frozen=True, kw_only=True)
class ToSolution:
    """Our runs beside published ones, and whether they are accepted."""

    title: str
    task: str
    match: Any
    method: str  # whose bands are checked
    solved: tuple[Rule, ...]
    published: tuple[Published, ...]
    bands: tuple[Band, ...]
    bands_source: str

    def __post_init__(self) -> None:
        convert_fields(self)
        if not isinstance(self.match, dict):
            raise ConfigError(f"table.match is {str(self.match)[:60]!r}; it must map keys to values.")
        for band in self.bands:
            if not isinstance(band.match, dict):
                raise ConfigError(
                    f"table.bands: match is {str(band.match)[:60]!r}; it must map keys to values."
                )
            if band.quantity not in QUANTITIES:
                known = ", ".join(QUANTITIES)
                raise ConfigError(f"table.bands has {band.quantity[:60]!r}; allowed: {known}.")

    def made(self, material: Material) -> Document:
        """Ours first, published ones below."""
        rows, records, notes = [], [], []
        shown: dict[str, ToTarget] = {}
        checks: list[Check] = []
        exact = True
        for group in material.grouped.groups:
            if not group.fits(self.task, None, self.match):
                continue
            rule = next((r for r in self.solved if group.fits(self.task, None, r.match)), None)
            if rule is None:
                notes.append(f"{group.label}: there is no rule for when it is solved, so it is left out.")
                continue
            name = self._name(group, rule, material)
            by_run = [(run, needed(run, rule)) for run in group.runs]
            found = [one for _, one in by_run if one is not None]
            notes += [
                f"{run.folder}: it is left out, since its history does not say whether it solved it."
                for run, one in by_run
                if one is None
            ]
            if not found:
                continue
            exact = exact and all(one.exact for one in found)
            quantities = quantities_of(found)
            shown[name] = to_target(one.evaluations for one in found)
            rows.append(_row(name, found, quantities))
            records.append(_record(name, "ours", rule.words, quantities))
            notes.append(f"{name}, solved: {rule.words}")
            if group.method == self.method:
                checks.append(Check(name, group, quantities, collect_values(found)))
        if not rows:
            rows.append([f"ours, {self.method}: not run", "0", *["-"] * (len(_COLUMNS) - 2)])
        for one in self.published:
            rows.append(_published_row(one))
            records.append(_published_record(one))
            notes.append(f"{one.label}: {one.source}")
        notes.append(
            "Evaluations are counted to the network that solved it. Unsolved runs count in the share (with "
            "Wilson's interval) and in the median, and are in no mean. ±: std over runs, ddof 0."
        )
        if not exact:
            notes.append(
                "Some histories do not say which network it was: there, its whole generation is counted."
            )
        sections = [Section("table", "", _COLUMNS, rows, records)]
        if checks:
            sections.append(accept(self.task, self.bands, checks))
            notes.append(f"Bands: {self.bands_source}")
        return Document(self.title, sections, notes, self._picture(shown))

    def _name(self, group: Group, rule: Rule, material: Material) -> str:
        """The rule's, where no other setting of this method has the same."""
        same = [
            other
            for other in material.grouped.groups
            if other.fits(self.task, group.method, self.match | rule.match)
        ]
        return group.label if rule.label is None or len(same) > 1 else f"{group.method}, {rule.label}"

    def _picture(self, shown: dict[str, ToTarget]) -> style.Picture:
        def fill(figure: Figure) -> None:
            axes = figure.subplots()
            last = max(
                (float(one.spent[np.isfinite(one.spent)].max(initial=1)) for one in shown.values()), default=1
            )
            for place, (label, one) in enumerate(shown.items()):
                solved = one.spent[np.isfinite(one.spent)]
                name = f"{style.plain(label, 60)} (n = {one.n})"
                steps = np.concatenate([[0], solved, [last * 1.05]])
                shares = np.concatenate([[0], np.arange(1, len(solved) + 1), [len(solved)]]) / one.n
                axes.step(steps, shares, where="post", color=_COLOURS[place % len(_COLOURS)], label=name)
            for place, told in enumerate(self.published):
                if told.evaluations is not None:
                    line = (":", "--", "-.")[place % 3]
                    axes.axvline(told.evaluations, color=style.GREY, ls=line, label=f"mean, {told.label}")
            axes.set_ylim(-0.02, 1.02)
            axes.xaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")
            axes.set_xlabel("evaluations (networks proposed)")
            axes.set_ylabel("share of runs that solved it")
            if axes.get_legend_handles_labels()[0]:
                axes.legend(loc="lower right", fontsize=9)
            style.headed(figure, Origin(), self.title)

        return style.rendered(fill)


def _plus_minus(mean: float | None, std: float | None) -> str:
    shown = number(mean)
    return shown if std is None or std != std else f"{shown} ± {number(std)}"


def _mean_or_median(mean: float | None, median: float | None) -> str:
    return number(mean) if mean is not None or median is None else f"median {number(median)}"


def _percent(share: float | None) -> str:
    return "-" if share is None or share != share else f"{100 * share:.3g} %"


def _row(name: str, found: list[Solved], of: dict[str, float]) -> list[str]:
    spent = [one.evaluations for one in found if math.isfinite(one.evaluations)]
    mean = interval(sample(spent), "mean") if spent else None
    between = "" if mean is None or mean.low is None else f" [{number(mean.low)}, {number(mean.high)}]"
    return [
        f"ours, {name}",
        str(len(found)),
        f"{_percent(of['solved'])} [{_percent(of['solved_low'])}, {_percent(of['solved_high'])}]",
        _plus_minus(of["evaluations"], of["evaluations_std"]) + between,
        f"{number(of['evaluations_median'])} ({number(of['evaluations_quartile_1'])}, "
        f"{number(of['evaluations_quartile_3'])})",
        number(of["generations"]),
        _plus_minus(of["hidden"], of["hidden_std"]),
        _percent(of["one_hidden"]),
        _plus_minus(of["connections"], of["connections_std"]),
    ]


def _record(label: str, who: str, rule: str, quantities: dict[str, float]) -> Record:
    finite = {name: value if math.isfinite(value) else None for name, value in quantities.items()}
    return {"runs_of": label, "who": who, "solved_rule": rule, **finite}


def _published_row(one: Published) -> list[str]:
    return [
        one.label,
        "-" if one.runs is None else str(one.runs),
        _percent(one.solved),
        _plus_minus(one.evaluations, one.evaluations_std),
        number(one.median),
        _mean_or_median(one.generations, one.generations_median),
        _plus_minus(one.hidden, one.hidden_std),
        _percent(one.one_hidden),
        _plus_minus(one.connections, one.connections_std),
    ]


def _published_record(one: Published) -> Record:
    return {
        "runs_of": one.label,
        "who": "published",
        "n": one.runs,
        "solved": one.solved,
        "evaluations": one.evaluations,
        "evaluations_std": one.evaluations_std,
        "evaluations_median": one.median,
        "generations": one.generations,
        "generations_median": one.generations_median,
        "hidden": one.hidden,
        "hidden_std": one.hidden_std,
        "one_hidden": one.one_hidden,
        "connections": one.connections,
        "connections_std": one.connections_std,
    }
