"""What an entrant hands in: ``verdicts.csv``, read strictly, and laid beside the truth."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd

from softbreak.errors import SoftbreakError
from softbreak.verdict import HARD_FROM, HEALTHY_BELOW, State

FILE: Final = "verdicts.csv"
STATES: Final = tuple(str(state) for state in State)
NUMBERS: Final = ("probability", "eta", "eta_lower", "eta_upper")
"""Optional: of soft or hard; of the electronic fraction with its interval. All from 0 to 1."""
_SAID: Final = {
    "eta": "electronic_fraction",
    "eta_lower": "electronic_fraction_lower",
    "eta_upper": "electronic_fraction_upper",
}


def _refuse(path: Path, told: str) -> SoftbreakError:
    return SoftbreakError(f"{path}: {told}; docs/bench.md says what {FILE} looks like")


def read_verdicts(path: Path) -> pd.DataFrame:
    """Return what an entrant said.

    Parameters
    ----------
    path : Path
        A CSV with ``cell``; ``cycle`` or ``start_s`` and ``end_s``; ``state``; optionally any of
        ``NUMBERS``.

    Returns
    -------
    DataFrame
        All of these columns, NaN where they were not given.

    Raises
    ------
    SoftbreakError
        Which names the file, the column, the row and the text.
    """
    if not path.is_file():
        raise _refuse(path, "there is no such file")
    try:
        table = pd.read_csv(path, dtype={"cell": "str", "state": "str"})
    except (ValueError, UnicodeDecodeError) as error:
        raise _refuse(path, f"it is no CSV ({error})") from error
    missing = {"cell", "state"} - set(table.columns)
    if missing:
        raise _refuse(path, f"there is no column {min(missing)!r}")
    by_time = {"start_s", "end_s"} <= set(table.columns)
    if not by_time and "cycle" not in table.columns:
        raise _refuse(path, "there is neither a column 'cycle' nor 'start_s' and 'end_s'")
    wrong = np.flatnonzero(~table["state"].isin(STATES))
    if len(wrong):
        at = int(wrong[0])
        told = f"row {at + 2} has the state {table['state'].iloc[at]!r}, not one of"
        raise _refuse(path, f"{told} {', '.join(STATES)}")
    columns = {"cell": table["cell"], "state": table["state"]}
    for name in ("cycle", "start_s", "end_s", *NUMBERS):
        columns[name] = _numbers(path, table, name)
    out = pd.DataFrame(columns)
    places = ["start_s", "end_s"] if by_time else ["cycle"]
    if out[places].isna().any(axis=None):
        raise _refuse(path, f"a row has no number in the column {places[0]!r}")
    if not by_time and out.duplicated(["cell", "cycle"]).any():
        twice = out[out.duplicated(["cell", "cycle"])].iloc[0]
        raise _refuse(path, f"cycle {twice['cycle']:g} of {twice['cell']} is judged twice")
    return out


def _numbers(path: Path, table: pd.DataFrame, name: str) -> pd.Series:
    if name not in table.columns:
        return pd.Series(np.nan, index=table.index)
    values = pd.to_numeric(table[name], errors="coerce")
    bad = table[name].notna() & values.isna()
    if name in NUMBERS:
        bad |= (values < 0.0) | (values > 1.0)
    if bad.any():
        at = int(np.flatnonzero(bad)[0])
        told = f"row {at + 2} has {str(table[name].iloc[at])!r} in the column {name!r}"
        raise _refuse(path, f"{told}, not a number{' from 0 to 1' if name in NUMBERS else ''}")
    return values.astype(np.float64)


def beside_truth(verdicts: pd.DataFrame, truth: pd.DataFrame) -> pd.DataFrame:
    """Lay verdicts beside the truth: one row a true cycle, in order.

    A verdict that names a cycle is that cycle's; one that names times belongs to every cycle
    with which it shares most. A cycle of which nothing was said is undetermined.

    Parameters
    ----------
    verdicts : DataFrame
        See :func:`read_verdicts`.
    truth : DataFrame
        See :func:`softbreak.bench.cells.truth_columns`.

    Returns
    -------
    DataFrame
        A judged table (:mod:`softbreak.training.metrics`).

    Raises
    ------
    SoftbreakError
        If a cell is judged that the set has not.
    """
    unknown = set(verdicts["cell"]) - set(truth["cell_id"])
    if unknown:
        raise SoftbreakError(f"the set has no cell {min(unknown)!r}, yet it is judged")
    by_cell = dict(iter(verdicts.groupby("cell", sort=False)))
    places = [
        _places(by_cell.get(name), known) for name, known in truth.groupby("cell_id", sort=False)
    ]
    order = truth.groupby("cell_id", sort=False).indices
    at = np.concatenate([order[name] for name in order]) if len(truth) else np.empty(0, int)
    said = verdicts.iloc[:0].drop(columns=["cell"])
    rows = np.full(len(truth), -1)
    rows[at] = np.concatenate(places) if places else rows
    said = verdicts.reindex(np.where(rows >= 0, rows, -1)).reset_index(drop=True)
    out = truth.reset_index(drop=True).assign(state=said["state"].fillna("undetermined"))
    for name, column in _SAID.items():
        out[column] = said[name].to_numpy()
    return out.assign(**_probabilities(out["state"], said["probability"]))


def _places(said: pd.DataFrame | None, known: pd.DataFrame) -> np.ndarray:
    """Return for each true cycle of a cell which row speaks of it; -1 for none."""
    if said is None:
        return np.full(len(known), -1)
    labels = said.index.to_numpy()
    if said["start_s"].notna().all():
        begin, end = said["start_s"].to_numpy(), said["end_s"].to_numpy()
        starts, ends = (
            known[c].to_numpy()[:, None] for c in ("start_time_second", "end_time_second")
        )
        shared = np.minimum(end, ends) - np.maximum(begin, starts)
        best = shared.argmax(axis=1)
        return np.where(shared[np.arange(len(known)), best] > 0.0, labels[best], -1)
    row = dict(zip(said["cycle"].astype(int), labels, strict=True))
    return np.array([row.get(int(cycle), -1) for cycle in known["cycle_index"]])


def _probabilities(state: pd.Series, fault: pd.Series) -> dict[str, np.ndarray]:
    """Return the three probabilities: what is no fault is healthy; a fault is of the kind said."""
    p, hard = fault.to_numpy(), (state == "hard").to_numpy()
    return {
        "p_healthy": 1.0 - p,
        "p_soft": np.where(hard, 0.0, p),
        "p_hard": np.where(hard, p, 0.0),
    }


def state_of_fraction(eta: float) -> str:
    """Return the state that an electronic fraction stands for (nothing is held against noise)."""
    return "hard" if eta >= HARD_FROM else "soft" if eta >= HEALTHY_BELOW else "healthy"
