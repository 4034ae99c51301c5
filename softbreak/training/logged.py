"""What of a training goes to MLflow, and how a card reads."""

from __future__ import annotations

import hashlib
import json
import tempfile
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

import pandas as pd

from softbreak.models.registry import fingerprint
from softbreak.training.baselines import BASELINES
from softbreak.training.tracking import Run
from softbreak.training.train import Trained

SHOWN: Final = (
    "coverage",
    "macro_f1",
    "macro_f1_clear",
    "macro_f1_forced",
    "wrong_healthy",
    "false_alarms",
    "ece",
    "brier",
    "eta_error",
    "eta_interval_coverage",
    "onset_delay_median",
    "onset_missed",
)
"""Scores of a card, in reading order."""

HEADLINES: Final[tuple[tuple[str, str, float], ...]] = (
    ("coverage", "answered - percent of cycles", 100.0),
    ("macro_f1", "macro F1 of what is answered - 0 to 1", 1.0),
    ("wrong_healthy", "wrong healthy - per 1000 clearly short cycles", 1.0),
    ("false_alarms", "false alarms - per 1000 healthy cycles", 1.0),
    ("macro_f1_forced", "macro F1 with open cycles as errors - 0 to 1", 1.0),
    ("onset_delay_median", "onset delay - median cycles", 1.0),
    ("onset_missed", "onsets missed - percent", 100.0),
    ("eta_error", "error of the electronic fraction - percent of the current", 100.0),
    ("eta_interval_coverage", "90 percent interval of it holds - percent", 100.0),
    ("ece", "calibration error - percent", 100.0),
    ("brier", "Brier score - 0 is best", 1.0),
    ("soft_recall", "soft cycles found - percent", 100.0),
)
"""Score, name with its unit, and factor into that unit: what a person reads first."""
THIS_MODEL: Final = "this model"


def headlines(scores: pd.DataFrame, mine: str) -> dict[str, float]:
    """Return the headline metrics: numbered, so that they stand first and in reading order.

    Under each name stand this model and, beside it, rules and baselines on the same cells.

    Parameters
    ----------
    scores : DataFrame
        One row a detector.
    mine : str
        The detector that was trained.
    """
    found: dict[str, float] = {}
    for number, (score, name, factor) in enumerate(HEADLINES, start=1):
        if score not in scores:
            continue
        for row in scores.to_dict("records"):
            who = THIS_MODEL if row["detector"] == mine else row["detector"]
            found[f"{number:02d} {name}/{who}"] = factor * float(row[score])
    return found


def log(
    run: Run,
    trained: Trained,
    *,
    figures: Path | None = None,
    register: str | None = None,
    aliases: tuple[str, ...] = (),
) -> str:
    """Log a training: plan, recipe, scores, tables, figures, importances, model.

    Parameters
    ----------
    run : Run
    trained : Trained
    figures : Path, optional
        Folder of pictures.
    register : str, optional
        Name in the registry.
    aliases : tuple of str

    Returns
    -------
    str
        URI of the model.
    """
    card = trained.card
    run.parameters(
        {**asdict(trained.plan), **{f"model.{k}": v for k, v in card["parameters"].items()}}
    )
    run.parameters({f"data.{name}": value for name, value in card["recipe"].items()})
    told = {
        "cells": "SIMULATED, law set a",
        "fingerprint": fingerprint(trained.folder),
        "learner": str(card["model"]),
        "made by": str(card.get("made_by", "not said")),
    }
    run.tags(told)
    recipe = json.dumps(card["recipe"], sort_keys=True)
    run.recipe(
        f"simulated, law set a, seed {trained.plan.seed}",
        digest=hashlib.sha256(recipe.encode()).hexdigest(),
        source=recipe,
    )
    run.describe(card_text(card))
    run.json(card, "card.json")
    run.metrics(_metrics(trained))
    with tempfile.TemporaryDirectory(prefix="softbreak-tables-") as place:
        for name, table in _tables(trained).items():
            table.to_csv(Path(place) / f"{name}.csv", index=False, float_format="%.6g")
        run.file(Path(place), "tables")
    for trial, value in enumerate(trained.trials.get("utility", ())):
        run.metrics({"search/utility": float(value)}, step=trial)
    if figures is not None:
        run.file(figures, "figures")
    uri = run.model(
        trained.folder,
        trained.example,
        trained.said,
        card=card_text(card),
        register=register,
        aliases=aliases,
    )
    if register is not None:
        run.tag_version(uri, told)
    return uri


def _tables(trained: Trained) -> dict[str, pd.DataFrame]:
    told = trained.importances.rename_axis("feature").rename("importance").reset_index()
    tables = {**trained.tables, "importances": told}
    return tables if trained.trials.empty else {**tables, "trials": trained.trials}


def _metrics(trained: Trained) -> dict[str, float]:
    """Scores on unseen families: overall, by family and chemistry, and of rules and baselines."""
    if not trained.tables:
        return {}
    mine = trained.plan.model
    found = headlines(trained.tables["scores"], mine)
    for row in trained.tables["scores"].to_dict("records"):
        if row["detector"] == mine:
            found |= {str(k): v for k, v in row.items() if isinstance(v, float)}
        else:
            trivial = row["detector"] in BASELINES
            names = ("macro_f1", "wrong_healthy", "false_alarms") if trivial else SHOWN
            group = f"baseline {row['detector']}" if trivial else row["detector"]
            found |= {f"{group}/{name}": float(row[name]) for name in names}
    for table, column in (("families", "family"), ("chemistries", "chemistry")):
        part = trained.tables[table]
        for row in part[part["detector"] == mine].to_dict("records"):
            for name in ("macro_f1", "coverage", "wrong_healthy", "false_alarms", "soft_recall"):
                found[f"{column} {row[column]}/{name}"] = float(row[name])
    alarms = trained.tables["false_alarms"]
    for row in alarms[alarms["detector"] == mine].to_dict("records"):
        found[f"false alarms/{row['family']}"] = float(row["false_alarms"])
    return found


def card_text(card: Mapping[str, Any]) -> str:
    """Return a card as Markdown.

    Parameters
    ----------
    card : mapping
        As the sidecar of a model holds it.
    """
    scores = card.get("families_left_out", {})
    lines = [
        f"**{card['model']}**, softbreak {card['softbreak']}. Trained on {card['cells']:,} "
        f"simulated cells ({card['cycles']:,} cycles) of law set a, seed {card['plan']['seed']}.",
        "",
        f"Made by: {card.get('made_by', 'not said')}. Not for {card['not_for']}.",
    ]
    if scores:
        lines += [
            "",
            "On **simulated** cells of failure families that it had not seen:",
            "",
            "| score | value |",
            "|---|---|",
        ]
        known = [
            (text, factor * scores[name]) for name, text, factor in HEADLINES if name in scores
        ]
        lines += [f"| {text} | {value:.3g} |" for text, value in known]
    return "\n".join(lines)
