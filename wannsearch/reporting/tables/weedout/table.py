"""The Weedout experiment: is a searched sparse network better than a random one, once both are trained?

After Farahani (2024, arXiv 2403.08265), whose claims are asked here and whose decimals are not known. At
each sparsity the dense parent, random masks and the search's found network stand side by side, compared
repeat by repeat (weedout_figures); rivals are held against both (weedout_rivals); four conditions say
whether the paper's finding is reproduced (weedout_verdict). Runs of different recipes are different
experiments, each with its own parts (weedout_blocks).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from wannsearch.core.errors import ConfigError, at_least, between
from wannsearch.core.settings import convert_fields
from wannsearch.formats.untrusted import is_finite_number
from wannsearch.reporting.plots.style import Picture
from wannsearch.reporting.tables.document import NOT_RUN, Document, Section
from wannsearch.reporting.tables.table import Material
from wannsearch.reporting.tables.weedout import pictures as weedout_pictures
from wannsearch.reporting.tables.weedout import sections as weedout_sections
from wannsearch.reporting.tables.weedout.arms import Arm, Arms, checked
from wannsearch.reporting.tables.weedout.comparison import figures
from wannsearch.reporting.tables.weedout.experiments import Block, blocks
from wannsearch.reporting.tables.weedout.notes import definitions, left_out, named, remarks
from wannsearch.reporting.tables.weedout.rivals import rivals
from wannsearch.reporting.tables.weedout.verdict import Bar, Claims, Judged, conditions, sentence

_OTHER = "other"


@dataclass(frozen=True, kw_only=True)
class Weedout:
    """The arms, and by what they are judged."""

    title: str
    arms: tuple[Arm, ...]
    ignored: tuple[str, ...]  # dotted keys that change no result
    margin: Any  # points; or sparsity -> points, with `other` for those not named
    level: float  # of the two one-sided tests
    leads: tuple[int, ...]  # epochs at which the early lead is shown
    threshold: float  # validation accuracy, a share
    bar: Bar
    paper: Claims

    def __post_init__(self) -> None:
        convert_fields(self)
        checked(self.arms)
        between("table.threshold", self.threshold, 0, 1)
        between("table.level", self.level, 0.001, 0.2)
        between("table.bar.sparsity", self.bar.sparsity, 0, 1)
        between("table.bar.points", self.bar.points, 0, 100)
        at_least("table.bar.repeats", self.bar.repeats, 2)
        for place, epoch in enumerate(self.leads):
            at_least(f"table.leads[{place}]", epoch, 1)
        given = self.margin if isinstance(self.margin, dict) else {_OTHER: self.margin}
        for key, value in given.items():
            if not is_finite_number(value) or not 0 < value <= 100:
                raise ConfigError(
                    f"table.margin has {str(value)[:60]!r} for {str(key)[:30]}; it must be a number above 0, "
                    "at most 100, in points."
                )
            if key != _OTHER and not is_finite_number(key):
                raise ConfigError(
                    f"table.margin has the key {str(key)[:60]!r}; keys are sparsities or {_OTHER}."
                )

    def made(self, material: Material) -> Document:
        """The parts of each experiment, and one verdict each."""
        arms = checked(self.arms)
        runs = [run for group in material.grouped.groups for run in group.runs]
        found = blocks(runs, material.grouped.left_out, arms, self.ignored)
        sections: list[Section] = []
        pictures: dict[str, Picture] = {}
        notes: list[str] = []
        for place, block in enumerate(found.blocks, start=1):
            told = self.judged(block, arms)
            sections += self._sections(block, arms, told)
            notes += remarks(block, arms, told.figures)
            end = "" if place == 1 else f"_{place}"
            pictures |= {f"{name}{end}": one for name, one in self._pictures(block, arms, told).items()}
        if not sections:
            sections = [Section("table", "", ("experiment",), [[NOT_RUN]], [{"state": NOT_RUN}])]
            empty = Block("no run of this experiment", {})
            pictures = {"picture": weedout_pictures.accuracy(empty, arms, [], self.title)}
        notes += named(found.reasons)
        notes += definitions(self.paper.source, arms, self.level, self.threshold)
        return Document(
            self.title,
            sections,
            notes,
            pictures.pop("picture"),
            pictures,
            {"not_in_the_table": left_out(found)},
        )

    def judged(self, block: Block, arms: Arms) -> Judged:
        """A block's figures by these settings.

        The early budget is the block's own where it is of whole epochs, else the first one.
        """
        early = block.settings.get("evaluator.early_epochs")
        whole = isinstance(early, int) and early > 0 and block.settings.get("evaluator.early_steps") is None
        epoch = int(early) if whole else 1  # type: ignore[arg-type]  # it is one
        leads = tuple(sorted({epoch, *self.leads}))
        shown = [figures(block, arms, level, leads, 100 * self.threshold) for level in block.levels]
        return Judged(shown, self.bar, epoch, self._margin, self.level, 100 * self.threshold)

    def _margin(self, sparsity: float) -> float:
        if not isinstance(self.margin, dict):
            return float(self.margin)
        own = next((value for key, value in self.margin.items() if key == sparsity), None)
        found = self.margin.get(_OTHER) if own is None else own
        if found is None:
            raise ConfigError(f"table.margin has no value for sparsity {sparsity:g}; give it, or {_OTHER}.")
        return float(found)

    def _sections(self, block: Block, arms: Arms, told: Judged) -> list[Section]:
        four = conditions(told, self.paper)
        closing = sentence(four, told)
        rows = [[one.name, one.claim, one.words, one.holds.value] for one in four]
        records = [
            {"block": block.label, "condition": one.name, "paper": one.claim, "here": one.words}
            | {"verdict": one.holds.value}
            for one in four
        ]
        rows.append(["in all", "all four", closing, "-"])
        records.append({"block": block.label, "condition": "in all", "here": closing})
        columns = ("condition", "the paper, in words", "here", "verdict")
        parts = [
            weedout_sections.accuracies(block, told.figures, self._margin, self.level),
            Section("verdict", f"Verdict: {block.label}", columns, rows, records),
            weedout_sections.early(block, told.figures, told.threshold),
            weedout_sections.correlation(block, told.figures),
            rivals(block, arms, block.levels),
            weedout_sections.networks(block, arms, block.levels),
            weedout_sections.cells(block, arms, block.levels),
        ]
        return [part for part in parts if part.rows]

    def _pictures(self, block: Block, arms: Arms, told: Judged) -> dict[str, Picture]:
        title = self.title
        return {
            "picture": weedout_pictures.accuracy(block, arms, told.figures, title),
            "curves": weedout_pictures.curves(block, arms, told.figures, title),
            "early_final": weedout_pictures.early_against_final(block, told.figures, title),
        }
