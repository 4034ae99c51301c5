"""One row a cycle: a cell against its own past, its spectra and its voltammograms.

Every number is causal (a cycle knows nothing of what was measured after its end), dimensionless
where a model learns from it, and NaN where the evidence is absent.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple, Protocol

import numpy as np
import pandas as pd

from softbreak.features.cycle_catalog import FEATURES
from softbreak.features.evidence import CellEvidence
from softbreak.features.history import (
    ACTIVATION_EV,
    INPUTS,
    OUTPUTS,
    SHORT_EV,
    advance,
    new_state,
)

BOLTZMANN_EV: Final = 8.617333e-5
__all__ = ["COLUMNS", "FEATURES", "Reading", "cycle_features"]

_CLIP: Final = 5.0
"""Logarithms beyond this say no more than that they are large."""
SAME_WINDOW: Final = 0.1
"""Voltammograms whose windows differ by more than this fraction are not compared."""


class Reading(Protocol):
    """What is needed of :class:`softbreak.models.rules.impedance.ImpedanceReading`."""

    @property
    def time_second(self) -> float:
        """When the spectrum was taken."""

    @property
    def high_frequency_ohm(self) -> float:
        """Intercept."""

    @property
    def low_frequency_ohm(self) -> float:
        """Intercept."""

    @property
    def kramers_kronig_residual(self) -> float:
        """Relative."""

    @property
    def wire(self) -> bool:
        """A straight line of metal."""

    @property
    def trusted(self) -> bool:
        """The pair passed its gates."""

    @property
    def eta(self) -> float:
        """Mean of the pair's posterior."""

    @property
    def lower(self) -> float:
        """End of its 90 % interval."""

    @property
    def upper(self) -> float:
        """End of its 90 % interval."""

    @property
    def probability_short(self) -> float:
        """P(η ≥ 0.05)."""

    @property
    def growth(self) -> float:
        """Factor on the interfaces that the fit assumes."""


SPECTRUM_COLUMNS: Final = (
    "eis_eta",
    "eis_lower",
    "eis_upper",
    "eis_probability",
    "eis_ln_growth",
    "eis_trusted",
    "eis_wire",
    "eis_ln_residual",
    "eis_high_change",
    "eis_low_change",
    "eis_arc_change",
    "eis_low_step",
    "eis_high_share",
    "eis_admittance_low",
    "eis_admittance_high",
    "eis_flatness",
    "eis_over_floor",
    "eis_warming",
)
SWEEP_COLUMNS: Final = (
    "cv_chord_change",
    "cv_chord_over_maximum",
    "cv_chord_step",
    "cv_linearity_change",
    "cv_curvature_change",
    "cv_hysteresis_change",
    "cv_largest_jump",
)
AGES: Final = ("eis_age", "cv_age")
COLUMNS: Final = (*OUTPUTS, *SPECTRUM_COLUMNS, *SWEEP_COLUMNS, *AGES)
"""Columns of :func:`cycle_features`."""


def cycle_features(evidence: CellEvidence, readings: Sequence[Reading]) -> pd.DataFrame:
    """Return the features of every cycle of a cell.

    Parameters
    ----------
    evidence : CellEvidence
    readings : sequence of ImpedanceReading
        One a spectrum, in order.

    Returns
    -------
    pandas.DataFrame
        ``COLUMNS``, one row a cycle of ``evidence.timeline.cycles``, in its order.
    """
    cycles = evidence.timeline.cycles
    ends = cycles["end_time_second"].to_numpy(dtype=np.float64)
    rows = _inputs(evidence)
    spectra, spectra_ohm = spectrum_rows(evidence, readings)
    sweeps, chords = sweep_rows(evidence)
    s_newest, s_age = _newest([reading.time_second for reading in readings], ends)
    c_newest, c_age = _newest(evidence.sweeps["end_time_second"].to_list(), ends)
    rows[:, INPUTS.index("ln_spectrum_ohm")] = _taken(spectra_ohm[:, None], s_newest)[:, 0]
    rows[:, INPUTS.index("spectra_seen")] = s_newest + 1
    rows[:, INPUTS.index("ln_chord_ohm")] = _taken(chords[:, None], c_newest)[:, 0]
    rows[:, INPUTS.index("sweeps_seen")] = c_newest + 1
    out = np.empty((len(rows), len(OUTPUTS)))
    advance(new_state(), rows, out)
    table = np.column_stack(
        [out, _taken(spectra, s_newest), _taken(sweeps, c_newest), s_age, c_age]
    )
    return pd.DataFrame(table, columns=list(COLUMNS))


def _newest(times: Sequence[float], ends: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Index of the newest measurement before the end of each cycle (−1: none), and its age.

    The age is in cycles: 0 where it was taken since the cycle before ended.
    """
    newest = np.searchsorted(np.asarray(times, dtype=np.float64), ends, side="right") - 1
    age = np.full(len(ends), np.nan)
    last, count = -1, np.nan
    for k, index in enumerate(newest):
        count = 0.0 if index != last else count + 1.0
        last = int(index)
        if index >= 0:
            age[k] = count
    return newest.astype(np.int64), age


def _taken(values: np.ndarray, newest: np.ndarray) -> np.ndarray:
    """Rows of the newest measurement of each cycle, NaN where there is none."""
    padded = np.vstack([values, np.full((1, values.shape[1]), np.nan)])
    return padded[newest]


# ------------------------------------------------------------------------------- cycling
class KnownCell(NamedTuple):
    """What is known of the cell: a logged temperature, ln of L/(σA) and the °C it holds at."""

    logged: bool
    ln_floor: float
    stated_celsius: float | None


def known_of(evidence: CellEvidence) -> KnownCell:
    """Return what is known of the cell."""
    ln_floor = math.log(_floor(evidence))
    return KnownCell(evidence.temperature_logged, ln_floor, evidence.cell.temperature_celsius)


def _inputs(evidence: CellEvidence) -> np.ndarray:
    """Rows for the fold over cycles; what belongs to spectra and sweeps is still NaN."""
    cycles, half = evidence.timeline.cycles, evidence.timeline.half_cycles
    if not len(cycles):
        return np.full((0, len(INPUTS)), np.nan)
    columns = {name: cycles[name].to_numpy(dtype=np.float64) for name in MEASURED}
    edges = (half["first_voltage_volt"].to_numpy(), half["last_voltage_volt"].to_numpy())
    slopes = mean_slopes(edges, half["cycle_index"].to_numpy(dtype=np.int64), len(cycles))
    events = _event_rows(evidence.timeline.events, len(cycles))
    return input_rows(columns, slopes, events, known_of(evidence))


MEASURED: Final = (
    "start_time_second",
    "end_time_second",
    "current_ampere",
    "resistance_ohm",
    "late_resistance_ohm",
    "noise",
    "asymmetry",
    "temperature_celsius",
    "excursions",
)
"""Columns of a cycle that its features are made of."""


def input_rows(
    columns: Mapping[str, np.ndarray],
    slopes: np.ndarray,
    events: np.ndarray,
    known: KnownCell,
    highest_ohm: float = 0.0,
) -> np.ndarray:
    """Return rows for the fold over cycles, ``INPUTS``; those of spectra and sweeps are NaN.

    Parameters
    ----------
    columns : mapping
        ``MEASURED``, shape (n,).
    slopes : numpy.ndarray, shape (n,)
        See :func:`mean_slopes`.
    events : numpy.ndarray, shape (n, 5)
        See :func:`count_event`.
    known : KnownCell
    highest_ohm : float
        Largest resistance of the cycles before.
    """
    rows = np.full((len(slopes), len(INPUTS)), np.nan)
    late, whole = columns["late_resistance_ohm"], columns["resistance_ohm"]
    top = np.maximum.accumulate(np.where(np.isfinite(whole), np.abs(whole), 0.0))
    floor = np.maximum(1e-4 * np.maximum(top, highest_ohm), 1e-9)  # a dead short rattles
    finite = np.isfinite(late) & np.isfinite(whole)
    rows[:, 0] = np.where(finite, np.log(np.maximum(np.nan_to_num(late), floor)), np.nan)
    rows[:, 1] = np.where(finite, np.log(np.maximum(np.nan_to_num(whole), floor)), np.nan)
    if known.logged:
        rows[:, 2] = 1.0 / (BOLTZMANN_EV * (columns["temperature_celsius"] + 273.15))
    rows[:, 3] = columns["noise"]
    rows[:, 4] = np.clip(columns["asymmetry"], -_CLIP, _CLIP)
    rows[:, 5] = slopes
    rows[:, 6] = np.log(np.maximum(columns["current_ampere"], 1e-15))
    duration = columns["end_time_second"] - columns["start_time_second"]
    rows[:, 7] = np.log(np.maximum(duration, 1e-3))
    rows[:, 8:13] = events
    rows[:, 13] = columns["excursions"]
    rows[:, 14] = known.ln_floor - _bulk_warmth(known.stated_celsius, rows[:, 2])
    return rows


def _floor(evidence: CellEvidence) -> float:
    """L/(σA) at its own temperature (Ω), NaN where it is not known."""
    floor = evidence.cell.ionic_floor_ohm
    return floor if floor else math.nan


def _bulk_warmth(stated: float | None, inverse_ev: np.ndarray) -> np.ndarray:
    """By how much ln of the floor falls between its own temperature (°C) and each cycle's."""
    if stated is None:
        return np.zeros(len(inverse_ev))
    warmth = SHORT_EV * (1.0 / (BOLTZMANN_EV * (stated + 273.15)) - inverse_ev)
    return np.where(np.isfinite(warmth), warmth, 0.0)


def mean_slopes(edges: tuple[np.ndarray, np.ndarray], owner: np.ndarray, count: int) -> np.ndarray:
    """Mean of ln(last over first voltage) over the half-cycles of each cycle."""
    first, last = edges
    with np.errstate(divide="ignore", invalid="ignore"):
        slope = np.log(last / first)
    slope = np.clip(np.where((first > 0) & (last > 0), slope, np.nan), -_CLIP, _CLIP)
    known = np.isfinite(slope)
    total = np.bincount(owner, np.where(known, slope, 0.0), minlength=count)
    with np.errstate(divide="ignore", invalid="ignore"):
        return total / np.bincount(owner, known, minlength=count)


def _event_rows(events: pd.DataFrame, count: int) -> np.ndarray:
    """Counts of drops and rises, the largest of each, and the sum of drops, of each cycle."""
    found = np.zeros((count, 5))
    for cycle, change in zip(
        events["cycle_index"].to_numpy(dtype=np.int64), events["change"].to_numpy(), strict=True
    ):
        if 0 <= cycle < count:
            count_event(found[cycle], change)
    return found


def count_event(row: np.ndarray, change: float) -> None:
    """Add Δ ln R of an event to drops and rises, the largest of each, and the sum of drops."""
    if change < 0:
        row[0] += 1
        row[2] = min(row[2], max(change, -_CLIP))
        row[4] += max(change, -_CLIP)
    else:
        row[1] += 1
        row[3] = max(row[3], min(change, _CLIP))


# ----------------------------------------------------------------------------- impedance
def spectrum_rows(
    evidence: CellEvidence, readings: Sequence[Reading]
) -> tuple[np.ndarray, np.ndarray]:
    """Features of each spectrum against the first sound one and the one before, and ln R_LF."""
    found = np.full((len(readings), len(SPECTRUM_COLUMNS)), np.nan)
    low = np.full(len(readings), np.nan)
    reference: tuple[Reading, float] | None = None
    before = math.nan
    floor = _floor(evidence)
    for k, (reading, spectrum) in enumerate(zip(readings, evidence.spectra, strict=True)):
        warm = 1.0 / (BOLTZMANN_EV * (spectrum.temperature_celsius + 273.15))
        now = reading.low_frequency_ohm
        low[k] = math.log(now) if now > 0.0 else math.nan
        found[k] = _spectrum_row(reading, reference, warm, (low[k] - before, now / floor))
        before = low[k]
        if reference is None and not reading.wire and reading.low_frequency_ohm > 0.0:
            reference = reading, warm
    return found, low


def _spectrum_row(
    reading: Reading,
    reference: tuple[Reading, float] | None,
    warm: float,
    beside: tuple[float, float],
) -> np.ndarray:
    step, over_floor = beside
    growth, residual = reading.growth, reading.kramers_kronig_residual
    row = np.full(len(SPECTRUM_COLUMNS), np.nan)
    row[0:4] = reading.eta, reading.lower, reading.upper, reading.probability_short
    row[4] = math.log(growth) if growth > 0.0 else math.nan
    row[5], row[6] = float(reading.trusted), float(reading.wire)
    row[7] = math.log(max(residual, 1e-6)) if math.isfinite(residual) else math.nan
    row[11] = step
    row[16] = math.log(over_floor) if over_floor > 0.0 else math.nan
    high, low = reading.high_frequency_ohm, reading.low_frequency_ohm
    if reference is None or not (high > 0.0 and low > 0.0):
        return np.clip(row, -20.0, _CLIP)
    first, warm_0 = reference
    # everything at the temperature of the first spectrum, where both are known
    kelvin = warm_0 - warm
    warmth = math.exp(ACTIVATION_EV * kelvin) if math.isfinite(kelvin) else 1.0
    high, low = high * warmth, low * warmth
    row[17] = kelvin
    row[8] = math.log(high / first.high_frequency_ohm) if first.high_frequency_ohm > 0 else math.nan
    row[9] = math.log(low / first.low_frequency_ohm)
    arc, arc_0 = low - high, first.low_frequency_ohm - first.high_frequency_ohm
    row[10] = math.log(arc / arc_0) if arc > 0.0 and arc_0 > 0.0 else math.nan
    row[12] = high / low
    # only an electronic path adds the same real number to the admittance at every frequency
    row[13] = 1.0 - low / first.low_frequency_ohm
    row[14] = low / high - low / first.high_frequency_ohm if first.high_frequency_ohm > 0 else 0.0
    if abs(row[13]) > 0.02:
        row[15] = row[14] / row[13]
    return np.clip(row, -20.0, _CLIP)


# --------------------------------------------------------------------------- voltammetry
def sweep_rows(evidence: CellEvidence) -> tuple[np.ndarray, np.ndarray]:
    """Features of each voltammogram against the first of the same window, and ln of its chord."""
    sweeps = evidence.sweeps
    found = np.full((len(sweeps), len(SWEEP_COLUMNS)), np.nan)
    chord = sweeps["chord_resistance"].to_numpy(dtype=np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        raw = np.where(chord > 0.0, np.log(chord), np.nan)
    kelvin = sweeps["temperature_celsius"].to_numpy(dtype=np.float64) + 273.15
    warm = 1.0 / (BOLTZMANN_EV * kelvin)
    window = sweeps["window"].to_numpy(dtype=np.float64)
    shape = sweeps[["linearity", "curvature", "hysteresis"]].to_numpy(dtype=np.float64)
    jump = sweeps["largest_jump"].to_numpy(dtype=np.float64)
    first, top, before = -1, -math.inf, math.nan
    for k in range(len(sweeps)):
        if not math.isfinite(raw[k]):
            continue
        if first < 0 or abs(window[k] / window[first] - 1.0) > SAME_WINDOW:
            first, top, before = k, -math.inf, math.nan
        warmth = ACTIVATION_EV * (warm[first] - warm[k])
        level = raw[k] + (warmth if math.isfinite(warmth) else 0.0)
        top = max(top, level)
        found[k, 0:3] = level - raw[first], level - top, level - before
        found[k, 3] = (1.0 - shape[k, 0]) - (1.0 - shape[first, 0])
        found[k, 4:6] = shape[k, 1:] - shape[first, 1:]
        found[k, 6] = jump[k]
        before = level
    return np.clip(found, -_CLIP, _CLIP), raw
