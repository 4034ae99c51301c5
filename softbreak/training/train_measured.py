"""A model that learns from a lab's labelled cells beside simulated ones, and is tried on both."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd

from softbreak.data.expert_labels import digest_of
from softbreak.errors import SoftbreakError
from softbreak.models.detector import LearnedDetector
from softbreak.models.learned.learners import Learner, learner_of
from softbreak.models.registry import detector_of, fingerprint
from softbreak.training.compare import JUDGING_SEED
from softbreak.training.judging import judge, label_of
from softbreak.training.logged import headlines
from softbreak.training.measured import Archive, doubts, judged_cells, splits_of
from softbreak.training.measured_tables import BETTER_THAN, Gate, gate, measured_tables
from softbreak.training.population import build
from softbreak.training.recipes import PopulationRecipe, Stratum, training_recipe
from softbreak.training.served import chances
from softbreak.training.together import held_together
from softbreak.training.validate import Lesson, lesson_of
from softbreak.version import __version__

CANDIDATE: Final = "this model"
EXAMPLE_ROWS: Final = 5
Told = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class MeasuredPlan:
    """What is trained on, and how it is tried.

    Attributes
    ----------
    model : str
        Name of a learner.
    cells : int
        Simulated cells of law set "a" to learn from.
    seed : int
        Below 1000.
    weight : float
        Simulated cells that one measured cell counts as; all measured cells together count at
        most as much as all simulated ones.
    folds : int
        Of the measured cells, by lab group.
    judging : int
        Simulated cells of law set "b" that judge the model.
    """

    model: str = "hybrid"
    cells: int = 600
    seed: int = 1
    weight: float = 10.0
    folds: int = 5
    judging: int = 64


@dataclass(frozen=True, slots=True, eq=False)
class TrainedMeasured:
    """What came of it.

    Attributes
    ----------
    plan : MeasuredPlan
    folder : Path
        Holds the model.
    card : dict
    tables : dict of str to DataFrame
        ``scores`` and ``differences`` on held-out measured cells; empty where none was held out.
    gate : Gate
        Whether it may be champion.
    doubts : tuple of str
        Why the labels are too few to claim anything.
    truth, example, said : DataFrame
        What it learnt from; a few rows of features, and what the model says of them.
    """

    plan: MeasuredPlan
    folder: Path
    card: dict[str, Any]
    tables: dict[str, pd.DataFrame] = field(repr=False)
    gate: Gate
    doubts: tuple[str, ...]
    truth: pd.DataFrame = field(repr=False)
    example: pd.DataFrame = field(repr=False)
    said: pd.DataFrame = field(repr=False)


def train_measured(
    plan: MeasuredPlan,
    known: tuple[Archive, pd.DataFrame],
    out: Path,
    *,
    population: Path | None = None,
    workers: int = 1,
    told: Told = lambda _what, _done, _total: None,
) -> TrainedMeasured:
    """Train a model on measured and simulated cells into a folder, and try it on both.

    Parameters
    ----------
    plan : MeasuredPlan
    known : (Archive, DataFrame)
        Labelled cells, and the table that they have their labels from; its hash is kept.
    out : Path
        Receives the model.
    population : Path, optional
        Where the simulated cells are kept for another time.
    workers : int
    told : callable
        Told (what is being done, how much, of how much).
    """
    learner, (archive, labels) = learner_of(plan.model), known
    if learner.waveforms:
        raise SoftbreakError(
            f"{plan.model} looks at the shapes of half-cycles; with labels of one's own only "
            "hybrid, hybrid-voltage, lightgbm and logistic can be trained"
        )
    with tempfile.TemporaryDirectory(prefix="softbreak-train-") as place:
        recipe = training_recipe(plan.cells, plan.seed)
        cells = build(
            recipe,
            population or Path(place),
            workers=workers,
            progress=lambda done, total: told("Simulating cells", done, total),
        )
        mix = Mix.of(learner, lesson_of(cells, learner, workers=workers), archive, plan)
        measured = _held_out(mix, archive, plan, Path(place), told)
        told("Training on all cells", 0, 1)
        model = mix.fitted(np.arange(len(archive.truth)))
        card = _card(plan, archive, labels, mix, model)
        model.save(out, card)
    told("Judging simulated cells", 0, 1)
    simulated = _simulated(out, plan, workers)
    shut = gate(CANDIDATE, {"measured": measured, "simulated": simulated})
    tables = {} if measured is None else measured_tables(measured)
    example = mix.table[list(model.columns_)].head(EXAMPLE_ROWS).astype("float64")
    return TrainedMeasured(
        plan,
        out,
        card,
        tables,
        shut,
        tuple(doubts(archive.truth)),
        archive.truth,
        example,
        chances(model, example),
    )


@dataclass(frozen=True, slots=True, eq=False)
class Mix:
    """Features, weights and truth of simulated and of measured cycles.

    Attributes
    ----------
    learner : Learner
    plan : MeasuredPlan
    lesson : Lesson
        Simulated.
    table : DataFrame
        Features of the measured cycles, row by row beside ``archive.truth``.
    archive : Archive
    """

    learner: Learner
    plan: MeasuredPlan
    lesson: Lesson
    table: pd.DataFrame
    archive: Archive

    @classmethod
    def of(cls, learner: Learner, lesson: Lesson, archive: Archive, plan: MeasuredPlan) -> Mix:
        """Measure the features of the measured cells."""
        maker, parts = learner.maker(), []
        for cell_id, known in archive.truth.groupby("cell_id", sort=False):
            one = archive.cells[str(cell_id)]
            index = one.evidence.timeline.cycles["cycle_index"].to_numpy()
            rows = np.searchsorted(index, known["cycle_index"].to_numpy())
            parts.append(maker(one.evidence, one.readings).iloc[rows])
        return cls(learner, plan, lesson, pd.concat(parts, ignore_index=True), archive)

    def weights(self, rows: np.ndarray) -> np.ndarray:
        """Return how much each measured cycle counts, in simulated ones.

        A cell counts the same however many of its cycles are labelled; a doubtful label counts by
        its confidence.
        """
        truth = self.archive.truth.iloc[rows]
        simulated = self.lesson.weights.sum()
        cells = truth["cell_id"].nunique()
        share = self.plan.weight * cells / self.lesson.truth["cell_id"].nunique()
        weight = truth["confidence"].to_numpy(dtype=np.float64).copy()
        weight /= truth.groupby("cell_id")["cell_id"].transform("size").to_numpy()
        return weight * min(share, 1.0) * simulated / max(cells, 1)

    def fitted(self, rows: np.ndarray) -> LearnedDetector:
        """Return a model that learnt from all simulated and some measured cycles.

        It calibrates itself on cells that it was not shown: whole lab groups, and all simulated
        cells of a law of failure, are left out, about a fifth of them at a time.
        """
        truth = self.archive.truth.iloc[rows]
        simulated = self.lesson.truth
        table = pd.concat([self.lesson.table, self.table.iloc[rows]], ignore_index=True)
        model = self.learner.make({}, self.plan.seed)
        return model.fit(
            table,
            [*simulated["state"], *truth["state"]],
            groups=[*held_together(simulated), *("lab " + truth["group"])],
            weights=np.concatenate([self.lesson.weights, self.weights(rows)]),
            fractions=np.concatenate(
                [simulated["eta"].to_numpy(), self.archive.known_fractions()[rows]]
            ),
        )


def _held_out(
    mix: Mix, archive: Archive, plan: MeasuredPlan, place: Path, told: Told
) -> pd.DataFrame | None:
    """What models say of measured cells that they were not shown, the references beside them."""
    splits = list(splits_of(archive, plan.folds, plan.seed))
    found = []
    for number, split in enumerate(splits):
        told("Holding lab groups out", number, len(splits))
        folder = place / f"fold-{number}"
        mix.fitted(split.train).save(folder, {"model": plan.model})
        cells = archive.truth.iloc[split.test]["cell_id"].unique().tolist()
        found.append(judged_cells(archive, detector_of(str(folder)), CANDIDATE, cells))
    if not found:
        return None
    beside = [judged_cells(archive, detector_of(name), name) for name in BETTER_THAN]
    return pd.concat([*found, *beside], ignore_index=True)


def _simulated(folder: Path, plan: MeasuredPlan, workers: int) -> pd.DataFrame | None:
    """What the model and the references say of simulated cells of laws that nobody learnt from."""
    if not plan.judging:
        return None
    recipe = PopulationRecipe(plan.judging, JUDGING_SEED, "b", "judge", strata=(Stratum(),))
    judged = judge(recipe, [str(folder), *BETTER_THAN], workers=workers).cycles
    names = {label_of(str(folder)): CANDIDATE}
    return judged.assign(detector=judged["detector"].replace(names))


def _card(
    plan: MeasuredPlan, archive: Archive, labels: pd.DataFrame, mix: Mix, model: LearnedDetector
) -> dict[str, Any]:
    truth = archive.truth
    every = np.arange(len(truth))
    measured = float(mix.weights(every).sum())
    share = measured / (measured + float(mix.lesson.weights.sum()))
    cells = truth["cell_id"].nunique()
    return {
        "model": plan.model,
        "softbreak": __version__,
        "trained_on": f"{plan.cells} simulated cells of law set a and {cells} measured cells "
        f"({len(truth)} labelled cycles), which count {share:.0%} of all",
        "plan": asdict(plan),
        "labels_sha256": digest_of(labels),
        "measured_cells": cells,
        "measured_cycles": _counts(truth),
        "measured_share_of_weight": round(share, 6),
        "doubts": doubts(truth),
        "cells": plan.cells + cells,
        "cycles": len(mix.lesson.truth) + len(truth),
        "features": list(model.columns_),
        "parameters": model.get_params(),
        "not_for": "full cells, cells with liquid electrolyte, decisions about safety",
    }


def _counts(truth: pd.DataFrame) -> Mapping[str, int]:
    return {str(name): int(count) for name, count in truth["state"].value_counts().items()}


def log_measured(
    run: Any, trained: TrainedMeasured, *, source: str, register: str, alias: str, force: bool
) -> str:
    """Log a training: plan, labels' hash, the dataset, scores, model; name the champion.

    Parameters
    ----------
    run : softbreak.training.tracking.Run
    trained : TrainedMeasured
    source : str
        Where the labels came from.
    register : str
        Name in the registry; not registered where empty.
    alias : str
        Given only if the gate is open, or by force.
    force : bool
        Give it all the same; the registry says so.

    Returns
    -------
    str
        URI of the model.
    """
    card = trained.card
    run.parameters({**asdict(trained.plan), "labels_sha256": card["labels_sha256"]})
    shut = not trained.gate.open
    run.tags(
        {
            "cells": card["trained_on"],
            "fingerprint": fingerprint(trained.folder),
            "labels.sha256": card["labels_sha256"],
            "champion": ("forced" if force else "refused") if shut else "allowed",
        }
    )
    run.dataset(trained.truth, "labels", digest=card["labels_sha256"], source=source)
    run.json(card, "card.json")
    text = measured_card(trained, forced=shut and force)
    run.describe(text)
    for name, table in trained.tables.items():
        run.text(table.to_csv(index=False, float_format="%.6g"), f"tables/{name}.csv")
    if "scores" in trained.tables:
        run.metrics(headlines(trained.tables["scores"], trained.plan.model))
        for row in trained.tables["scores"].to_dict("records"):
            numbers = {k: v for k, v in row.items() if isinstance(v, float)}
            run.metrics({f"{row['detector']}/{k}": v for k, v in numbers.items()})
    aliases = (alias,) if alias and (trained.gate.open or force) else ()
    return str(
        run.model(
            trained.folder,
            trained.example,
            trained.said,
            card=text,
            register=register or None,
            aliases=aliases,
        )
    )


def measured_card(trained: TrainedMeasured, *, forced: bool = False) -> str:
    """Return what must be known of the model, as Markdown."""
    card = trained.card
    lines = [
        f"**{card['model']}**, softbreak {card['softbreak']}. Trained on {card['trained_on']}; "
        f"labels {card['labels_sha256'][:16]}.",
        "",
        *(f"- {one}" for one in trained.doubts),
        *(f"- Not champion: {one}" for one in trained.gate.reasons),
    ]
    if forced:
        lines.append("- Made champion by force (--force), against these figures.")
    return "\n".join([*lines, "", f"Not for {card['not_for']}."])
