"""One row a cycle: a cell against its own past, its spectra and its voltammograms.

Every number is causal (a cycle knows nothing of what was measured after its end), dimensionless
where a model learns from it, and NaN where the evidence is absent.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final, Protocol

import numpy as np
import pandas as pd

from softbreak.features.descriptions.cycle_rows import FEATURES
from softbreak.features.evidence.cell_evidence import CellEvidence
from softbreak.features.families.cycle_inputs import (
    BOLTZMANN_EV,
    CLIP,
    EVENT_SUMS,
    MEASURED,
    floor_ohm,
    input_rows,
    known_of,
    tally,
)
from softbreak.features.kernels.cycle_history import (
    ACTIVATION_EV,
    INPUTS,
    OUTPUTS,
    advance,
    new_state,
)

__all__ = ["COLUMNS", "FEATURES", "Reading", "cycle_features"]

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
    return pd.DataFrame(cycle_numbers(evidence, readings), columns=list(COLUMNS))


def cycle_numbers(evidence: CellEvidence, readings: Sequence[Reading]) -> np.ndarray:
    """Return what :func:`cycle_features` does, as an array.

    Parameters
    ----------
    evidence : CellEvidence
    readings : sequence of ImpedanceReading
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
    return np.column_stack([out, _taken(spectra, s_newest), _taken(sweeps, c_newest), s_age, c_age])


def _newest(times: Sequence[float], ends: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Index of the newest measurement before the end of each cycle (−1: none), and its age.

    The age is in cycles: 0 where it was taken since the cycle before ended.
    """
    if not len(times):
        return np.full(len(ends), -1, dtype=np.int64), np.full(len(ends), np.nan)
    newest = np.searchsorted(np.asarray(times, dtype=np.float64), ends, side="right") - 1
    begins = np.append(True, newest[1:] != newest[:-1])[: len(ends)]
    place = np.arange(len(ends))
    age = place - np.maximum.accumulate(np.where(begins, place, 0))
    return newest.astype(np.int64), np.where(newest >= 0, age, np.nan)


def _taken(values: np.ndarray, newest: np.ndarray) -> np.ndarray:
    """Rows of the newest measurement of each cycle, NaN where there is none."""
    if not len(values):
        return np.full((len(newest), values.shape[1]), np.nan)
    padded = np.vstack([values, np.full((1, values.shape[1]), np.nan)])
    return padded[newest]


# ------------------------------------------------------------------------------- cycling
def _inputs(evidence: CellEvidence) -> np.ndarray:
    """Rows for the fold over cycles; what belongs to spectra and sweeps is still NaN."""
    cycles, half, events = (
        evidence.timeline.cycles,
        evidence.timeline.half_cycles,
        evidence.timeline.events,
    )
    measured = np.empty((len(cycles), len(MEASURED)))
    for k, name in enumerate(MEASURED):
        measured[:, k] = cycles[name].to_numpy()
    edges = np.empty((len(half), 2))
    edges[:, 0] = half["first_voltage_volt"].to_numpy()
    edges[:, 1] = half["last_voltage_volt"].to_numpy()
    owner = half["cycle_index"].to_numpy(dtype=np.int64)
    bounds = np.searchsorted(owner, np.arange(len(cycles) + 1)).astype(np.int64)
    sums = np.zeros((len(cycles), EVENT_SUMS))
    change = events["change"].to_numpy(dtype=np.float64)
    tally(events["cycle_index"].to_numpy(dtype=np.int64), change, sums)
    return input_rows(measured, edges, bounds, sums, known_of(evidence))


# ----------------------------------------------------------------------------- impedance
def spectrum_rows(
    evidence: CellEvidence, readings: Sequence[Reading]
) -> tuple[np.ndarray, np.ndarray]:
    """Features of each spectrum against the first sound one and the one before, and ln R_LF."""
    found = np.full((len(readings), len(SPECTRUM_COLUMNS)), np.nan)
    low = np.full(len(readings), np.nan)
    reference: tuple[Reading, float] | None = None
    before = math.nan
    floor = floor_ohm(evidence)
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
        return np.clip(row, -20.0, CLIP)
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
    return np.clip(row, -20.0, CLIP)


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
    return np.clip(found, -CLIP, CLIP), raw
