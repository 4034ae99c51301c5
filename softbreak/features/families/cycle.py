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

from softbreak.features.cycles.finished_cycles import Cycles
from softbreak.features.cycles.timeline import cycles_of
from softbreak.features.descriptions.cycle_rows import FEATURES
from softbreak.features.evidence.cell_evidence import CellEvidence
from softbreak.features.kernels.cycle import CYCLE_COLUMNS
from softbreak.features.kernels.cycle_fold import fold
from softbreak.features.kernels.cycle_history import OUTPUTS, new_state
from softbreak.features.kernels.cycle_inputs import CLIP, MEASURED, KnownCell, arguments
from softbreak.physics.constants import ACTIVATION_EV, BOLTZMANN_EV_TRAINED

__all__ = ["COLUMNS", "FEATURES", "CycleFeatures", "Reading", "cycle_features"]

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
    rows = CycleFeatures(evidence, readings).step(cycles_of(evidence.timeline))
    return pd.DataFrame(rows, columns=list(COLUMNS))


class CycleFeatures:
    """Features of a cell's cycles, which may come one by one or many at once.

    Parameters
    ----------
    evidence : CellEvidence
        Its spectra and voltammograms; cycles of its timeline do not count.
    readings : sequence of ImpedanceReading
        One a spectrum, in order.
    """

    def __init__(self, evidence: CellEvidence, readings: Sequence[Reading]) -> None:
        self._known = known_of(evidence)
        self._state = new_state()
        self._highest = 0.0
        spectra, spectra_ohm = spectrum_rows(evidence, readings)
        sweeps, chords = sweep_rows(evidence)
        self._spectra = _Newest([r.time_second for r in readings], spectra, spectra_ohm)
        ends = evidence.sweeps["end_time_second"].to_list() if len(sweeps) else []
        self._sweeps = _Newest(ends, sweeps, chords)

    def step(self, cycles: Cycles) -> np.ndarray:
        """Return ``COLUMNS`` of the next cycles, one row each.

        Parameters
        ----------
        cycles : Cycles
            Every cycle of the cell is given once, in order.
        """
        measured = cycles.rows.take(_MEASURED, axis=1)
        logs = np.empty(4 * len(measured) + len(cycles.edges))
        self._highest = arguments(measured, cycles.edges, self._highest, logs)
        np.log(logs, out=logs)
        beside = np.empty((len(measured), 4))
        beside.fill(np.nan)
        ends = cycles.column("end_time_second")
        out = np.empty((len(measured), len(COLUMNS)))
        out[:, _SPECTRUM], out[:, -2] = self._spectra.at(ends, beside[:, :2])
        out[:, _SWEEP], out[:, -1] = self._sweeps.at(ends, beside[:, 2:])
        changes = np.ascontiguousarray(cycles.changes[:, 1])
        told = (measured, logs, cycles.edges, cycles.half_cycles, changes, cycles.events)
        fold(self._state, told, self._known, beside, out)
        return out


_MEASURED: Final = np.array([CYCLE_COLUMNS.index(name) for name in MEASURED])
_SPECTRUM: Final = slice(len(OUTPUTS), len(OUTPUTS) + len(SPECTRUM_COLUMNS))
_SWEEP: Final = slice(_SPECTRUM.stop, _SPECTRUM.stop + len(SWEEP_COLUMNS))


class _Newest:
    """The newest of several measurements, as of moments that go on.

    Parameters
    ----------
    times : sequence of float
        s, in order.
    rows : numpy.ndarray, shape (n, columns)
        Features of each.
    levels : numpy.ndarray, shape (n,)
        ln R.
    """

    def __init__(self, times: Sequence[float], rows: np.ndarray, levels: np.ndarray) -> None:
        self._times = np.asarray(times, dtype=np.float64)
        count, columns = rows.shape
        self._rows = np.full((count + 1, columns), np.nan)  # none: the last row
        self._rows[:count] = rows
        self._levels = np.full(count + 1, np.nan)
        self._levels[:count] = levels
        self._last, self._age = -1, -1

    def at(self, ends: np.ndarray, beside: np.ndarray) -> tuple[np.ndarray, np.ndarray | float]:
        """Return features of the newest before each moment, and its age in cycles.

        The age is 0 where it was taken since the cycle before ended. ``beside`` gets ln R and how
        many there were.
        """
        if not len(self._times) or not len(ends):
            beside[:, 1] = 0.0
            return self._rows[-1], np.nan
        newest = np.searchsorted(self._times, ends, side="right") - 1
        place = np.arange(len(ends))
        begins = newest != np.append(self._last, newest[:-1])
        age = place - np.maximum.accumulate(np.where(begins, place, -1 - self._age))
        self._last, self._age = int(newest[-1]), int(age[-1])
        beside[:, 0], beside[:, 1] = self._levels[newest], newest + 1
        return self._rows[newest], np.where(newest >= 0, age, np.nan)


def floor_ohm(evidence: CellEvidence) -> float:
    """L/(σA) at its own temperature (Ω), NaN where it is not known."""
    floor = evidence.cell.ionic_floor_ohm
    return floor if floor else math.nan


def known_of(evidence: CellEvidence) -> KnownCell:
    """Return what is known of the cell."""
    stated = evidence.cell.temperature_celsius
    celsius = math.nan if stated is None else float(stated)
    return KnownCell(evidence.temperature_logged, math.log(floor_ohm(evidence)), celsius)


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
        warm = 1.0 / (BOLTZMANN_EV_TRAINED * (spectrum.temperature_celsius + 273.15))
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
    if not len(sweeps):
        return found, np.empty(0)
    chord = sweeps["chord_resistance"].to_numpy(dtype=np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        raw = np.where(chord > 0.0, np.log(chord), np.nan)
    kelvin = sweeps["temperature_celsius"].to_numpy(dtype=np.float64) + 273.15
    warm = 1.0 / (BOLTZMANN_EV_TRAINED * kelvin)
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
