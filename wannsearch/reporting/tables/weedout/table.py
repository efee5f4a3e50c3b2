"""The Weedout experiment: is a searched sparse network better than a random one, once both are trained?

The table follows Farahani (2024, arXiv 2403.08265), whose claims it tests; the paper's decimals are not
known. At each sparsity the dense parent network, random masks and the network that the search found stand
side by side and are compared repeat by repeat (`comparison`). Rivals are compared with both (`sections`), and
four conditions decide whether the paper's finding is reproduced (`verdict`). Runs of different recipes are
different experiments, each with its own parts (`experiments`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from wannsearch.core.errors import ConfigError, check_at_least, check_between
from wannsearch.core.settings import convert_fields
from wannsearch.core.untrusted import is_finite_number
from wannsearch.reporting.plots.style import Picture
from wannsearch.reporting.tables.document import NOT_RUN, Document, Record, Section, TextOnly, value_column
from wannsearch.reporting.tables.table import TableInput
from wannsearch.reporting.tables.weedout import pictures as weedout_pictures
from wannsearch.reporting.tables.weedout import sections as weedout_sections
from wannsearch.reporting.tables.weedout.arms import Arm, Arms, check_arms
from wannsearch.reporting.tables.weedout.comparison import sparsity_result
from wannsearch.reporting.tables.weedout.experiments import Experiment, group_into_experiments
from wannsearch.reporting.tables.weedout.verdict import (
    Criteria,
    PaperClaims,
    VerdictInput,
    judge_conditions,
    summarize_conditions,
)

_OTHER_SPARSITIES = "other"
_VERDICT_COLUMNS = (
    value_column("condition", "condition"),
    value_column("the paper, in words", "paper"),
    value_column("result", "result"),
    value_column("verdict", "verdict"),
)


@dataclass(frozen=True, kw_only=True)
class WeedoutTable:
    """The table: its arms, and the margins, levels and criteria that judge them."""

    title: str
    arms: tuple[Arm, ...]
    ignored_keys: tuple[str, ...]  # dotted keys that change no result
    margin: Any  # points; or sparsity -> points, with `other` for those not named
    alpha: float  # of the two one-sided tests
    lead_epochs: tuple[int, ...]  # epochs at which the early lead is shown
    threshold: float  # validation accuracy, a share
    criteria: Criteria
    paper: PaperClaims

    def __post_init__(self) -> None:
        convert_fields(self)
        check_arms(self.arms)
        check_between("table.threshold", self.threshold, 0, 1)
        check_between("table.alpha", self.alpha, 0.001, 0.2)
        check_between("table.criteria.sparsity", self.criteria.sparsity, 0, 1)
        check_between("table.criteria.max_loss_points", self.criteria.max_loss_points, 0, 100)
        check_at_least("table.criteria.min_repeats", self.criteria.min_repeats, 2)
        for index, epoch in enumerate(self.lead_epochs):
            check_at_least(f"table.lead_epochs[{index}]", epoch, 1)
        margins = self.margin if isinstance(self.margin, dict) else {_OTHER_SPARSITIES: self.margin}
        for key, value in margins.items():
            if not is_finite_number(value) or not 0 < value <= 100:
                raise ConfigError(
                    f"table.margin has {str(value)[:60]!r} for {str(key)[:30]}; it must be a number above 0, "
                    "at most 100, in points."
                )
            if key != _OTHER_SPARSITIES and not is_finite_number(key):
                raise ConfigError(
                    f"table.margin has the key {str(key)[:60]!r}; keys are sparsities or {_OTHER_SPARSITIES}."
                )

    def build(self, table_input: TableInput) -> Document:
        """Return the document, with the parts, pictures and verdict of each experiment.

        Without a run of the experiment, it has one row, `not run`. From the second experiment on, the names
        of pictures end in its number. Raise ConfigError where `margin` has no value for a sparsity.
        """
        arms = check_arms(self.arms)
        runs = [run for group in table_input.run_groups.groups for run in group.runs]
        grouped = group_into_experiments(runs, table_input.run_groups.excluded, arms, self.ignored_keys)
        sections: list[Section] = []
        pictures: dict[str, Picture] = {}
        notes: list[str] = []
        for number, experiment in enumerate(grouped.experiments, start=1):
            verdict_input = self.make_verdict_input(experiment, arms)
            sections += self._build_sections(experiment, arms, verdict_input)
            notes += weedout_sections.list_remarks(experiment, arms, verdict_input.results)
            suffix = "" if number == 1 else f"_{number}"
            pictures |= {
                f"{name}{suffix}": picture
                for name, picture in self._draw_pictures(experiment, arms, verdict_input).items()
            }
        if not sections:
            sections = [Section("table", "", [value_column("experiment", "state")], [{"state": NOT_RUN}])]
            placeholder = Experiment("no run of this experiment", {})
            picture = weedout_pictures.draw_accuracy(placeholder, arms, [], self.title)
            pictures = {"accuracy_by_sparsity": picture}
        notes += weedout_sections.first_few(grouped.reasons)
        notes += weedout_sections.describe_columns(self.paper.source, arms, self.alpha, self.threshold)
        left_out = weedout_sections.list_left_out(grouped)
        return Document(self.title, sections, notes, pictures, {"not_in_the_table": left_out})

    def make_verdict_input(self, experiment: Experiment, arms: Arms) -> VerdictInput:
        """Return the numbers of an experiment and the settings that judge them.

        The early budget is the experiment's own where it is a number of whole epochs, else one epoch.
        """
        early_epochs = experiment.settings.get("evaluator.early_epochs")
        in_whole_epochs = (
            isinstance(early_epochs, int)
            and early_epochs > 0
            and experiment.settings.get("evaluator.early_steps") is None
        )
        early_epoch = int(early_epochs) if in_whole_epochs else 1  # type: ignore[arg-type]  # it is one
        lead_epochs = tuple(sorted({early_epoch, *self.lead_epochs}))
        results = [
            sparsity_result(experiment, arms, sparsity, lead_epochs, 100 * self.threshold)
            for sparsity in experiment.sparsities
        ]
        return VerdictInput(
            results, self.criteria, early_epoch, self._margin_at, self.alpha, 100 * self.threshold
        )

    def _margin_at(self, sparsity: float) -> float:
        if not isinstance(self.margin, dict):
            return float(self.margin)
        exact = next((value for key, value in self.margin.items() if key == sparsity), None)
        margin = self.margin.get(_OTHER_SPARSITIES) if exact is None else exact
        if margin is None:
            raise ConfigError(
                f"table.margin has no value for sparsity {sparsity:g}; give it, or {_OTHER_SPARSITIES}."
            )
        return float(margin)

    def _build_sections(
        self, experiment: Experiment, arms: Arms, verdict_input: VerdictInput
    ) -> list[Section]:
        sections = [
            weedout_sections.build_accuracy_section(
                experiment, verdict_input.results, self._margin_at, self.alpha
            ),
            self._build_verdict_section(experiment, verdict_input),
            weedout_sections.build_early_section(experiment, verdict_input.results, verdict_input.threshold),
            weedout_sections.build_correlation_section(experiment, verdict_input.results),
            weedout_sections.build_rival_section(experiment, arms, experiment.sparsities),
            weedout_sections.build_network_section(experiment, arms, experiment.sparsities),
            weedout_sections.build_repeat_section(experiment, arms, experiment.sparsities),
        ]
        return [section for section in sections if section.records]

    def _build_verdict_section(self, experiment: Experiment, verdict_input: VerdictInput) -> Section:
        four_conditions = judge_conditions(verdict_input, self.paper)
        records: list[Record] = [
            {
                "experiment": experiment.label,
                "condition": condition.name,
                "paper": condition.claim,
                "result": condition.evidence,
                "verdict": condition.verdict.value,
            }
            for condition in four_conditions
        ]
        records.append(
            {
                "experiment": experiment.label,
                "condition": "in all",
                "paper": TextOnly("all four"),
                "result": summarize_conditions(four_conditions, verdict_input),
            }
        )
        return Section("verdict", f"Verdict: {experiment.label}", _VERDICT_COLUMNS, records)

    def _draw_pictures(
        self, experiment: Experiment, arms: Arms, verdict_input: VerdictInput
    ) -> dict[str, Picture]:
        results, title = verdict_input.results, self.title
        return {
            "accuracy_by_sparsity": weedout_pictures.draw_accuracy(experiment, arms, results, title),
            "curves": weedout_pictures.draw_curves(experiment, arms, results, title),
            "early_vs_final": weedout_pictures.draw_early_vs_final(experiment, results, title),
        }
