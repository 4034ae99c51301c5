"""Scores of an entry, with intervals over cells; what is hidden is only known in here."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Callable
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd

from softbreak.bench.cells import cells_of
from softbreak.bench.editions import EDITIONS, PARTS, LawPart
from softbreak.bench.make import edition_of
from softbreak.bench.verdicts_file import FILE, beside_truth, read_verdicts
from softbreak.training import metrics
from softbreak.training.episodes import onset_scores
from softbreak.training.significance import Interval, bootstrap, cell_confusions, draws_of

LOG: Final = "scoring-log.jsonl"
"""Every scoring of the hidden set: who scores often, tunes on it."""
COSTS: Final = "costs.json"
COLUMNS: Final = (
    "coverage",
    "risk",
    "macro_f1",
    "macro_f1_forced",
    "wrong_healthy",
    "false_alarms_1000h",
    "onset_delay_median",
    "onset_missed",
    "eta_error",
    "eta_interval_coverage",
    "eta_interval_width",
    "ece_fault",
    "area_under_risk",
    "ms_per_cycle",
)
"""Of the table, in order."""


@lru_cache(maxsize=16)
def truth_of(edition_name: str, part: LawPart) -> pd.DataFrame:
    """Return the truth of a set, made anew: no file is asked, so none can be bent."""
    edition = EDITIONS[edition_name]
    table = pd.concat([cell.truth for cell in cells_of(edition, part)])
    return table.sort_values(["cell_id", "cycle_index"]).reset_index(drop=True)


def score_folder(folder: Path) -> pd.DataFrame:
    """Score every entry of a benchmark's folder.

    Parameters
    ----------
    folder : Path
        With ``entries/NAME/SET/verdicts.csv``.

    Returns
    -------
    DataFrame
        One row an entry and set: ``entrant, set``, ``COLUMNS``, and ``_lower`` and ``_upper`` of
        ``macro_f1, wrong_healthy, false_alarms_1000h`` (95 %, cells drawn).
    """
    edition, rows = edition_of(folder), []
    for entry in sorted(p for p in (folder / "entries").glob("*") if p.is_dir()):
        for part in PARTS:
            path = entry / part.name / FILE
            if path.exists():
                rows.append(_scored(folder, edition.name, part, entry.name, path))
    return pd.DataFrame(rows)


def _scored(
    folder: Path, edition: str, part: LawPart, entrant: str, path: Path
) -> dict[str, object]:
    judged = beside_truth(read_verdicts(path), truth_of(edition, part))
    if not part.published:
        _log(folder, entrant, path)
    cost = _cost(path.with_name(COSTS), len(judged))
    return {"entrant": entrant, "set": part.name, **scores_of(judged), "ms_per_cycle": cost}


def _cost(path: Path, cycles: int) -> float:
    if not path.exists():
        return math.nan
    seconds = float(json.loads(path.read_text(encoding="utf-8"))["seconds"])
    return 1e3 * seconds / max(cycles, 1)


def _log(folder: Path, entrant: str, path: Path) -> None:
    """Note that an entry was scored on the hidden set; the same verdicts count once."""
    mark = hashlib.sha256(path.read_bytes()).hexdigest()
    known = scorings(folder)
    if ((known["entrant"] == entrant) & (known["verdicts"] == mark)).any():
        return
    told = {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "entrant": entrant,
        "verdicts": mark,
        "number": 1 + int((known["entrant"] == entrant).sum()),
    }
    with (folder / LOG).open("a", encoding="utf-8") as file:
        file.write(json.dumps(told) + "\n")


def scorings(folder: Path) -> pd.DataFrame:
    """Return when which entry was scored on the hidden set, and for the how-many-th time."""
    path = folder / LOG
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    columns = ("at", "entrant", "verdicts", "number")
    return pd.DataFrame([json.loads(line) for line in lines], columns=list(columns))


def scores_of(judged: pd.DataFrame) -> dict[str, float]:
    """Return every score of a judged table; undefined is NaN.

    Parameters
    ----------
    judged : DataFrame
        See :func:`softbreak.bench.verdicts_file.beside_truth`.
    """
    told = metrics.scores(judged)
    out: dict[str, float] = {name: told[name] for name in COLUMNS if name in told}
    answered = judged[judged["state"] != "undetermined"]
    wrong = answered["state"] != answered["state_true"]
    out["risk"] = float(wrong.mean()) if len(answered) else math.nan
    out |= {k: v for k, v in onset_scores(judged).items() if k in COLUMNS}
    out["area_under_risk"] = area_under_risk(judged)
    _, counts = cell_confusions(judged)
    out |= _with_interval("macro_f1", bootstrap(metrics.macro_f1, counts))
    out |= _with_interval("wrong_healthy", _rate(_missed(judged), events=False))
    out |= _with_interval("false_alarms_1000h", _rate(alarm_hours(judged), events=True))
    return out


def _with_interval(name: str, found: Interval) -> dict[str, float]:
    return {name: found.value, f"{name}_lower": found.lower, f"{name}_upper": found.upper}


def _rate(per_cell: np.ndarray, *, events: bool) -> Interval:
    """Return a ratio of sums per thousand, and its interval over cells; ``per_cell`` is (cells, 2).

    Where nothing was counted, drawing cells would say "certainly none"; the upper end is then the
    rule of three: 3 over what was watched, which for shares of cycles is the number of cells,
    for cycles of one cell go wrong together.
    """
    factor = 1000.0

    def ratio(sums: np.ndarray) -> np.ndarray:
        of = sums[..., 1]
        return factor * np.divide(sums[..., 0], of, out=np.full(of.shape, np.nan), where=of > 0)

    drawn = ratio(draws_of(len(per_cell)).astype(np.float64) @ per_cell)
    known = drawn[np.isfinite(drawn)]
    if len(known) and not per_cell[:, 0].any():
        watched = per_cell[:, 1].sum() if events else np.count_nonzero(per_cell[:, 1])
        return Interval(0.0, 0.0, factor * (3.0 / watched if events else min(3.0 / watched, 1.0)))
    low, high = np.percentile(known, [2.5, 97.5]) if len(known) else (math.nan, math.nan)
    return Interval(float(ratio(per_cell.sum(axis=0))), float(low), float(high))


def _missed(judged: pd.DataFrame) -> np.ndarray:
    faulty = judged["eta"] > metrics.CLEARLY_FAULTY
    missed = faulty & (judged["state"] == "healthy")
    return _per_cell(judged, missed.to_numpy(float), faulty.to_numpy(float))


def alarm_hours(judged: pd.DataFrame) -> np.ndarray:
    """Return for each cell how many false alarms began, and its healthy hours.

    An alarm (soft or hard) of a healthy cycle is one with that of the healthy cycle before it.

    Returns
    -------
    ndarray, shape (n_cells, 2)
    """
    healthy = (judged["state_true"] == "healthy").to_numpy()
    false = healthy & judged["state"].isin(["soft", "hard"]).to_numpy()
    same = (judged["cell_id"] == judged["cell_id"].shift()).to_numpy()
    begins = false & ~(np.roll(false, 1) & same)
    seconds = (judged["end_time_second"] - judged["start_time_second"]).to_numpy()
    return _per_cell(judged, begins.astype(float), healthy * seconds / 3600.0)


def _per_cell(judged: pd.DataFrame, *columns: np.ndarray) -> np.ndarray:
    _, owner = np.unique(judged["cell_id"].to_numpy(dtype=object), return_inverse=True)
    return np.stack([np.bincount(owner, one) for one in columns], axis=1)


def area_under_risk(judged: pd.DataFrame) -> float:
    """Return the mean share of errors over all coverages, the surest cycles first; NaN without
    probabilities."""
    covered, risk = metrics.risk_coverage(judged)
    if len(covered) < 2:
        return math.nan
    return float(np.trapezoid(risk, covered) / (covered[-1] - covered[0]))


def by_group(folder: Path, column: str, score: Callable[[pd.DataFrame], float]) -> pd.DataFrame:
    """Return one score of every entry on the hidden set, for each value of a column.

    Parameters
    ----------
    folder : Path
    column : str
        ``family, chemistry, level`` or a confounder.
    score : callable
        Of a judged table.

    Returns
    -------
    DataFrame
        Entrants by values.
    """
    hidden = PARTS[-1]
    truth = truth_of(edition_of(folder).name, hidden)
    rows = {}
    for path in sorted((folder / "entries").glob(f"*/{hidden.name}/{FILE}")):
        judged = beside_truth(read_verdicts(path), truth)
        groups = judged.groupby(column, sort=True)
        rows[path.parent.parent.name] = {str(name): score(part) for name, part in groups}
    return pd.DataFrame(rows).T
