"""What an impedance spectrum says alone, and beside the first sound one of its cell.

Between lithium electrodes the low-frequency resistance is both paths together. One spectrum bounds
R_e; a pair says more, and that is here twice: in cheap numbers (ratios, the rise of admittance),
and, where the caller has them, in the posterior of the pair fit, which costs 25 ms a spectrum.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import pandas as pd

from softbreak.data.record import Cell
from softbreak.features.descriptions.impedance_rows import AGE, FEATURES, TELLINGS
from softbreak.features.evidence.cell_evidence import Spectrum
from softbreak.features.families.as_of import earlier, earlier_max
from softbreak.physics.circuit_pair import pooled_pair
from softbreak.physics.circuits import chemistry_of
from softbreak.physics.delta import delta_without_leads
from softbreak.physics.impedance import FEWEST_POINTS, SMALLEST_OHM, intercepts_of
from softbreak.physics.pair import PairResult
from softbreak.physics.relaxation import Relaxations, kramers_kronig, relaxations
from softbreak.physics.voltammetry import at_reference_temperature
from softbreak.physics.wire import only_metal, resistive_line

__all__ = ["AGE", "FEATURES", "TELLINGS", "impedance_features", "pair_posteriors"]

NOISE: Final = 0.01
"""Relative noise that the flatness of ΔY assumes."""
SLOW_SECOND: Final = 1.0 / (2.0 * math.pi)
"""Relaxations below 1 Hz are slow."""
LEAST_SLOPE: Final = 0.03
"""A change of ln R_LF below this gives no slope."""


@dataclass(frozen=True, slots=True, eq=False)
class _Measured:
    """One sound spectrum, ascending in frequency, with its relaxations."""

    frequency: np.ndarray
    without_leads: np.ndarray
    celsius: float
    numbers: dict[str, float]

    @property
    def low(self) -> float:
        return self.numbers["eis_low_frequency_ohm"]

    @property
    def high(self) -> float:
        return self.numbers["eis_high_frequency_ohm"]

    @property
    def is_reference(self) -> bool:
        """Whether later spectra can be held against it."""
        return not self.numbers["eis_wire"] and math.isfinite(self.low)


def impedance_features(
    spectra: Sequence[Spectrum],
    cell: Cell,
    *,
    pairs: Sequence[PairResult | None] = (),
    cycled_resistance: np.ndarray | float = np.nan,
) -> pd.DataFrame:
    """Features of every spectrum.

    Parameters
    ----------
    spectra : sequence of Spectrum
        Of one cell, in order of time.
    cell : Cell
        Its geometry says what the electrolyte alone would have, and what is a wire.
    pairs : sequence of PairResult or None
        What :func:`pair_posteriors` gave; empty leaves those columns NaN.
    cycled_resistance : array_like, shape (spectra,)
        V/I of the cycling before each spectrum (Ω).

    Returns
    -------
    pandas.DataFrame
        One row a spectrum, the columns of ``FEATURES`` (without ``AGE``); all NaN for one that is
        too short or not passive. A row depends on earlier rows only.
    """
    rows: list[dict[str, float]] = []
    first: _Measured | None = None
    for k, spectrum in enumerate(spectra):
        found = _measured(spectrum, cell, math.nan if first is None else first.low)
        row = {} if found is None else dict(found.numbers)
        if found is not None and first is not None:
            row |= _against(first, found)
        if k < len(pairs):
            row |= _posterior(pairs[k])
        rows.append(row)
        if first is None and found is not None and found.is_reference:
            first = found
    names = [feature.name for feature in FEATURES if feature.name != AGE]
    table = pd.DataFrame(rows, columns=names, index=range(len(rows)), dtype=np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        ohm = table["eis_low_frequency_ohm"].to_numpy()
        low = np.log(np.where(ohm > 0, ohm, np.nan))
        table["eis_ln_low_over_previous"] = low - earlier(low)
        table["eis_ln_low_over_running_max"] = low - earlier_max(low)
        table["eis_ln_low_over_cycling"] = low - np.log(cycled_resistance)
        table["eis_ln_low_over_floor"] = low - np.log(cell.ionic_floor_ohm or np.nan)
    return table


def pair_posteriors(spectra: Sequence[Spectrum], cell: Cell) -> list[PairResult | None]:
    """Fit every spectrum together with the first sound one (25 ms each).

    Parameters
    ----------
    spectra : sequence of Spectrum
    cell : Cell
        Its electrolyte names the circuit.

    Returns
    -------
    list of PairResult or None
        None for the reference, for those before it, for wires and for those that cannot be read.
    """
    chemistry = chemistry_of(cell.electrolyte)
    found: list[PairResult | None] = []
    first: tuple[Spectrum, float] | None = None
    for spectrum in spectra:
        now = _measured(spectrum, cell, math.nan if first is None else first[1])
        useful = now is not None and now.is_reference
        found.append(_pair(first[0], spectrum, chemistry) if useful and first else None)
        if now is not None and useful and first is None:
            first = spectrum, now.low
    return found


@dataclass(frozen=True, slots=True)
class SpectrumSummary:
    """What the fold over cycles takes of a spectrum.

    Attributes
    ----------
    time_second : float
    high_frequency_ohm, low_frequency_ohm : float
    kramers_kronig_residual : float
        Relative.
    wire, trusted : bool
        A straight line of metal; the pair passed its gates.
    eta, lower, upper, probability_short, growth : float
        Of the pair's posterior; NaN without one.
    """

    time_second: float
    high_frequency_ohm: float
    low_frequency_ohm: float
    kramers_kronig_residual: float
    wire: bool = False
    trusted: bool = False
    eta: float = math.nan
    lower: float = math.nan
    upper: float = math.nan
    probability_short: float = math.nan
    growth: float = math.nan


def summaries(
    spectra: Sequence[Spectrum], table: pd.DataFrame, pairs: Sequence[PairResult | None]
) -> list[SpectrumSummary]:
    """Put spectra into the form that :mod:`softbreak.features.families.cycle` takes.

    Parameters
    ----------
    spectra : sequence of Spectrum
    table : pandas.DataFrame
        Their features, :func:`impedance_features`.
    pairs : sequence of PairResult or None
        Empty, or one a spectrum.
    """
    found = []
    for k, (spectrum, row) in enumerate(zip(spectra, table.to_dict("records"), strict=True)):
        pair = pairs[k] if k < len(pairs) else None
        plain = SpectrumSummary(
            spectrum.time_second,
            row["eis_high_frequency_ohm"],
            row["eis_low_frequency_ohm"],
            row["eis_kramers_kronig_residual"],
            row["eis_wire"] == 1.0,
        )
        found.append(plain if pair is None else _with_pair(plain, pair))
    return found


def _with_pair(plain: SpectrumSummary, pair: PairResult) -> SpectrumSummary:
    return replace(
        plain,
        trusted=not pair.abstained,
        eta=pair.mean,
        lower=pair.lower,
        upper=pair.upper,
        probability_short=pair.p_soft_or_hard,
        growth=pair.growth,
    )


def _pair(first: Spectrum, spectrum: Spectrum, chemistry: str) -> PairResult:
    change = spectrum.temperature_celsius - first.temperature_celsius
    return pooled_pair(
        (first.frequency, first.impedance),
        (spectrum.frequency, spectrum.impedance),
        chemistry=chemistry,
        delta_temperature_kelvin=None if math.isnan(change) else change,
    )


def _sound(spectrum: Spectrum) -> bool:
    """True where there are points enough, and the real part is of something that takes energy."""
    if len(spectrum.frequency) < FEWEST_POINTS or np.ptp(spectrum.frequency) <= 0.0:
        return False
    real = spectrum.impedance.real
    return bool(np.median(real) > SMALLEST_OHM and real[-3:].min() > 0.0)


def _measured(spectrum: Spectrum, cell: Cell, level: float) -> _Measured | None:
    """Read one spectrum; None where it cannot be read. ``level`` is the reference's R_LF (Ω)."""
    if not _sound(spectrum):
        return None
    order = np.argsort(spectrum.frequency)
    f, z = spectrum.frequency[order], spectrum.impedance[order]
    near = relaxations(f, z)
    ends = intercepts_of(f, z, near, relaxations(f, z, beyond=3.0))
    line = resistive_line(f, z)
    bare = z - 2j * np.pi * f * near.inductance
    low, high = ends.low_frequency_ohm, max(ends.high_frequency_ohm, 0.0)
    numbers = {
        "eis_low_frequency_ohm": low,
        "eis_high_frequency_ohm": high,
        "eis_wire": float(
            line.is_line
            and only_metal(line.resistance_ohm, level, cell.ionic_floor_ohm, cell.area_cm2)
        ),
        "eis_ln_low_over_high": _ln(low, high),
        "eis_arc_share": (low - high) / low if low > 0 else np.nan,
        "eis_arc_over_real": line.arc_ratio,
        "eis_real_flatness": line.flatness,
        "eis_inductive_fraction": float(np.mean(z.imag > 0.0)),
        "eis_low_frequency_phase": float(-z[0].imag / z[0].real),
        "eis_kramers_kronig_residual": kramers_kronig(f, z).noise,
        **_arc(f, bare, low - high),
        **_distribution(near),
    }
    return _Measured(f, bare, spectrum.temperature_celsius, numbers)


def _arc(f: np.ndarray, bare: np.ndarray, width: float) -> dict[str, float]:
    """The highest arc: its apex, its depression, its capacitance."""
    k = int(np.argmax(-bare.imag))
    height = float(-bare.imag[k])
    if not 0 < k < len(f) - 1 or height <= 0.0 or width <= 0.0:
        return {"eis_ln_apex_hertz": np.nan, "eis_arc_exponent": np.nan, "capacitance": np.nan}
    apex = _vertex(np.log(f[k - 1 : k + 2]), -bare.imag[k - 1 : k + 2])
    return {
        "eis_ln_apex_hertz": apex,
        "eis_arc_exponent": 4.0 / np.pi * math.atan(2.0 * height / width),
        "capacitance": -math.log(2.0 * np.pi * width) - apex,  # ln C, ω_apex R C = 1
    }


def _vertex(x: np.ndarray, y: np.ndarray) -> float:
    """Abscissa of the maximum of the parabola through three points."""
    one, two = (y[1] - y[0]) / (x[1] - x[0]), (y[2] - y[1]) / (x[2] - x[1])
    bend = (two - one) / (x[2] - x[0])
    if bend >= 0.0:
        return float(x[1])
    return float(np.clip(0.5 * (x[0] + x[1]) - 0.5 * one / bend, x[0], x[2]))


def _distribution(found: Relaxations) -> dict[str, float]:
    """Where the relaxations lie, weighted by their resistances."""
    total = float(found.resistances.sum())
    if total <= 0.0:
        return {"eis_relaxation_decades": np.nan, "eis_slow_share": np.nan}
    weight, place = found.resistances / total, np.log10(found.time_constants)
    middle = float(weight @ place)
    return {
        "eis_relaxation_decades": float(np.sqrt(weight @ (place - middle) ** 2)),
        "eis_slow_share": float(weight[found.time_constants > SLOW_SECOND].sum()),
    }


def _against(first: _Measured, now: _Measured) -> dict[str, float]:
    """A spectrum beside the reference."""
    was, numbers = first.numbers, now.numbers
    low, high = _ln(now.low, first.low), _ln(now.high, first.high)
    delta = delta_without_leads(
        (first.frequency, first.without_leads), (now.frequency, now.without_leads), NOISE
    )
    at_first = at_reference_temperature(1.0, now.celsius, first.celsius)
    known = np.isfinite(now.celsius) and np.isfinite(first.celsius)
    return {
        "eis_ln_low_over_reference": low,
        "eis_ln_low_temperature_corrected": low + float(np.log(at_first)) if known else np.nan,
        "eis_ln_high_over_reference": high,
        "eis_low_over_high_change": low - high,
        "eis_high_per_low_slope": high / low if abs(low) > LEAST_SLOPE else np.nan,
        "eis_ln_arc_over_reference": _ln(now.low - now.high, first.low - first.high),
        "eis_ln_apex_over_reference": numbers["eis_ln_apex_hertz"] - was["eis_ln_apex_hertz"],
        "eis_ln_capacitance_over_reference": numbers["capacitance"] - was["capacitance"],
        "eis_delta_admittance": delta.conductance_siemens * first.low,
        "eis_delta_ln_misfit": _ln(delta.flatness, 1.0),
        "eis_delta_imaginary": delta.imaginary_ratio,
    }


def _posterior(pair: PairResult | None) -> dict[str, float]:
    if pair is None:
        return {}
    return {
        "eis_pair_fraction": pair.mean,
        "eis_pair_fraction_sd": pair.sd,
        "eis_pair_short_probability": pair.p_soft_or_hard,
        "eis_pair_ln_misfit": _ln(pair.chi2_reduced, 1.0),
        "eis_pair_ln_growth": _ln(pair.growth, 1.0),
        "eis_pair_abstained": float(pair.abstained),
    }


def _ln(value: float, base: float) -> float:
    """ln(value / base), NaN where either is not positive."""
    return math.log(value / base) if value > 0.0 and base > 0.0 else math.nan
