"""One row a half-cycle, all features: what each half-cycle could know when it ended.

Voltammograms, spectra, holds and rests are joined *as of* the half-cycle's end: the last one that
was complete by then, with its age beside it. Where a cell offers no cycling, its voltammograms,
spectra or holds are the rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
import pandas as pd

from softbreak.data.history import CellHistory
from softbreak.data.record import Record, Technique
from softbreak.errors import SoftbreakError
from softbreak.features.catalog import CATALOGUE, CYCLE
from softbreak.features.cycles.timeline import Timeline
from softbreak.features.evidence.cell_evidence import CellEvidence, gather
from softbreak.features.evidence.charge import running
from softbreak.features.evidence.constant_voltage_holds import Hold, holds_of
from softbreak.features.families import impedance, rest, voltage, voltammetry
from softbreak.features.families.as_of import as_of, taken
from softbreak.features.families.cycle import cycle_features
from softbreak.features.families.rate import rate_features
from softbreak.features.half_cycles.polarity import rectified, segmented
from softbreak.physics.pair import PairResult

KEYS: Final = (
    "cell_id",
    "unit",
    "half_cycle_index",
    "cycle_index",
    "start_time_second",
    "end_time_second",
    "sign",
)
"""What a row is about; the features follow. ``unit`` is "half-cycle", or "sweep", "spectrum",
"hold" where the cell has no half-cycles."""

AGES: Final = {"cv_": voltammetry.AGE, "eis_": impedance.AGE, "leak_": rest.AGE}
"""Which column tells how old the measurement is, by the beginning of a feature's name."""


def features_of(history: CellHistory, *, pair_fits: bool = True) -> pd.DataFrame:
    """Measure all features of a cell.

    Parameters
    ----------
    history : CellHistory
        What :func:`softbreak.read` gives.
    pair_fits : bool
        Fit every spectrum together with the first one. It takes 25 ms a spectrum, more than all
        other features together; without it the ``eis_pair_`` columns are NaN.

    Returns
    -------
    pandas.DataFrame
        One row a half-cycle: the columns ``KEYS``, then those of
        :data:`softbreak.features.catalog.CATALOGUE`; see there for units and formulas. NaN where
        there is no evidence. No row depends on what was measured after it.

    Raises
    ------
    SoftbreakError
        If it is given anything but a cell's history.
    """
    if not isinstance(history, CellHistory):
        raise SoftbreakError(
            f"features takes what softbreak.read gives, not {type(history).__name__}: "
            "softbreak.features(softbreak.read(path))"
        )
    return feature_table(history, gather(history), pair_fits=pair_fits)


def feature_table(
    history: CellHistory, evidence: CellEvidence, *, pair_fits: bool = True
) -> pd.DataFrame:
    """Do as :func:`features_of` where the evidence is gathered already.

    Parameters
    ----------
    history : CellHistory
    evidence : CellEvidence
        Of that history.
    pair_fits : bool
    """
    holds = holds_of(history)
    pairs = impedance.pair_posteriors(evidence.spectra, evidence.cell) if pair_fits else []
    spectra = _spectra(evidence, pairs)
    rows = _rows(evidence, holds)
    moments = rows["end_time_second"].to_numpy(dtype=np.float64)
    tables = [
        _joined(moments, *_sweeps(evidence), voltammetry.AGE),
        _joined(moments, *spectra, impedance.AGE),
        _joined(moments, *_holds(evidence, holds), rest.AGE),
    ]
    half_cycles = evidence.timeline.half_cycles
    if len(half_cycles):
        tables.append(voltage_table(history, evidence.timeline))
        tables.append(_joined(moments, *rest.rest_features(running(history), half_cycles)))
        tables.append(_rate(half_cycles))
        tables.append(_joined(moments, *_cycles(evidence, spectra[1], pairs)))
    joined = pd.concat([table.reset_index(drop=True) for table in tables], axis=1)
    joined = joined.reindex(columns=[feature.name for feature in CATALOGUE])
    rows.insert(0, "cell_id", evidence.cell.cell_id or history.cell.cell_id)
    return pd.concat([rows, joined], axis=1)


def _rows(evidence: CellEvidence, holds: list[Hold]) -> pd.DataFrame:
    """Keys of the rows, without the cell's name."""
    half_cycles, sweeps = evidence.timeline.half_cycles, evidence.sweeps
    if len(half_cycles) or not (len(sweeps) or evidence.spectra or holds):
        return half_cycles[list(KEYS[2:])].assign(unit="half-cycle")[list(KEYS[1:])]
    if len(sweeps):
        unit, start, end = "sweep", sweeps["start_time_second"], sweeps["end_time_second"]
    elif evidence.spectra:
        start = end = pd.Series([spectrum.time_second for spectrum in evidence.spectra])
        unit = "spectrum"
    else:
        start = pd.Series([hold.start_second for hold in holds])
        end, unit = start + [hold.time[-1] for hold in holds], "hold"
    count = np.arange(len(start))
    columns = (unit, count, count, start.to_numpy(), end.to_numpy(), 0)
    return pd.DataFrame(dict(zip(KEYS[1:], columns, strict=True))).sort_values(
        "end_time_second", kind="stable", ignore_index=True
    )


def voltage_table(history: CellHistory, timeline: Timeline) -> pd.DataFrame:
    """Voltage features of every half-cycle of a timeline.

    Parameters
    ----------
    history : CellHistory
    timeline : Timeline
        Of that history.

    Returns
    -------
    pandas.DataFrame
        One row a half-cycle, the columns of :data:`softbreak.features.families.voltage.FEATURES`.
    """
    half_cycles = timeline.half_cycles
    out = np.full((len(half_cycles), len(voltage.NAMES)), np.nan)
    owner = half_cycles["record"].to_numpy()
    for number, (record, clock) in enumerate(history.of(Technique.CYCLING)):
        mine = np.flatnonzero(owner == number)
        if len(mine):
            out[mine] = _measured(record, clock, half_cycles.iloc[mine], timeline.unipolar)
    return pd.DataFrame(out, columns=list(voltage.NAMES))


def _measured(record: Record, clock: np.ndarray, rows: pd.DataFrame, unipolar: bool) -> np.ndarray:
    """Voltage features of the half-cycles of one record, on its feet."""
    part = segmented(record, clock)
    part = rectified(part) if unipolar else part
    starts = np.searchsorted(part.time, rows["start_time_second"].to_numpy(), side="left")
    stops = np.searchsorted(part.time, rows["end_time_second"].to_numpy(), side="right")
    signs = rows["sign"].to_numpy(dtype=np.int64)

    def measure(volt: np.ndarray) -> np.ndarray:
        return voltage.half_cycle_features(
            part.time, volt, part.imposed, part.temperature, starts, stops, signs
        )

    found = measure(part.voltage)
    along = found[:, voltage.NAMES.index("mean_voltage_volt")]
    if np.nansum(along * rows["voltage_volt"].to_numpy()) < 0.0:  # swapped leads
        found = measure(-part.voltage)
    return found


def _joined(
    moments: np.ndarray, times: np.ndarray, table: pd.DataFrame, age: str = ""
) -> pd.DataFrame:
    """Take the row that was complete at each moment, and say how many moments ago it came."""
    rows = as_of(times, moments)
    out = {name: taken(table[name].to_numpy(dtype=np.float64), rows) for name in table}
    if age:
        since = np.arange(len(rows)) - np.searchsorted(rows, rows, side="left")
        out[age] = np.where(rows >= 0, since, np.nan)
    return pd.DataFrame(out, index=range(len(moments)))


def _sweeps(evidence: CellEvidence) -> tuple[np.ndarray, pd.DataFrame]:
    sweeps = evidence.sweeps.sort_values("end_time_second", kind="stable", ignore_index=True)
    resistance, charge = _cycled(evidence.timeline, sweeps["start_time_second"].to_numpy())
    found = voltammetry.voltammetry_features(
        sweeps,
        cycled_charge=charge,
        cycled_resistance=resistance,
        floor_ohm=_floor(evidence),
    )
    return sweeps["end_time_second"].to_numpy(dtype=np.float64), found


def _spectra(
    evidence: CellEvidence, pairs: Sequence[PairResult | None]
) -> tuple[np.ndarray, pd.DataFrame]:
    times = np.array([spectrum.time_second for spectrum in evidence.spectra], dtype=np.float64)
    found = impedance.impedance_features(
        evidence.spectra,
        evidence.cell,
        pairs=pairs,
        cycled_resistance=_cycled(evidence.timeline, times)[0],
    )
    return times, found


def _cycles(
    evidence: CellEvidence, spectra: pd.DataFrame, pairs: Sequence[PairResult | None]
) -> tuple[np.ndarray, pd.DataFrame]:
    """What whole cycles say, known from their end on. One that still lacks its return waits."""
    readings = impedance.summaries(evidence.spectra, spectra, pairs)
    cycles = evidence.timeline.cycles
    whole = (cycles["directions"].to_numpy() == 2) | evidence.timeline.one_way
    found = cycle_features(evidence, readings).add_prefix(CYCLE)
    return cycles["end_time_second"].to_numpy(dtype=np.float64)[whole], found[whole]


def _holds(evidence: CellEvidence, holds: list[Hold]) -> tuple[np.ndarray, pd.DataFrame]:
    starts = np.array([hold.start_second for hold in holds], dtype=np.float64)
    ends = starts + np.array([hold.time[-1] for hold in holds], dtype=np.float64)
    order = np.argsort(ends, kind="stable")
    found = rest.leakage_features(
        [holds[k] for k in order],
        cycled_resistance=_cycled(evidence.timeline, starts[order])[0],
        floor_ohm=_floor(evidence),
    )
    return ends[order], found


def _cycled(timeline: Timeline, moments: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Resistance (Ω) and charge (C) of the last half-cycle that had ended at each moment."""
    table = timeline.half_cycles
    rows = as_of(table["end_time_second"].to_numpy(dtype=np.float64), moments)
    resistance = taken(table["resistance_ohm"].to_numpy(dtype=np.float64), rows)
    charge = taken(table["charge_ampere_second"].to_numpy(dtype=np.float64), rows)
    return np.where(resistance > 0, resistance, np.nan), np.where(charge > 0, charge, np.nan)


def _rate(half_cycles: pd.DataFrame) -> pd.DataFrame:
    return rate_features(
        half_cycles["current_ampere"].to_numpy(dtype=np.float64),
        half_cycles["voltage_volt"].to_numpy(dtype=np.float64),
    )


def _floor(evidence: CellEvidence) -> float:
    floor = evidence.cell.ionic_floor_ohm
    return floor if floor else np.nan
