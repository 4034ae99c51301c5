"""Impedance spectra of a cell, read the paper's way and exactly, side by side."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import numpy as np

from softbreak.data.history import CellHistory
from softbreak.data.record import Cell, Technique
from softbreak.features.evidence.cell_evidence import Spectrum, gather
from softbreak.models.rules.certificates_beside import BelowBare, below_bare
from softbreak.physics.circuit_fit import CircuitFit, best_circuit
from softbreak.physics.circuit_pair import pooled_pair
from softbreak.physics.circuits import chemistry_of
from softbreak.physics.equations import ratio_electronic_to_ionic
from softbreak.physics.impedance import (
    ElectronicBounds,
    Intercepts,
    KramersKronig,
    PairResult,
    blocking_end,
    electronic_lower_bounds,
    intercepts,
    kramers_kronig,
)
from softbreak.physics.pair import without_cable_artefacts
from softbreak.physics.wire import ResistiveLine, only_metal, resistive_line

FEWEST_POINTS: Final = 8
_REMARKED: Final = ("left_out", "imaginary_sign")


@dataclass(frozen=True, slots=True, eq=False)
class SpectrumReading:
    """All that one spectrum says.

    Attributes
    ----------
    name : str
        File, and the spectrum's place in it where it holds several.
    spectrum : Spectrum
    check : KramersKronig
    ends : Intercepts
    line : ResistiveLine
        Whether it is a wire.
    bounds : ElectronicBounds or None
        None where the low-frequency resistance is not positive.
    fit : CircuitFit or None
        Best circuit of the chemistry, without artefacts of cables at the top; None for fewer than
        eight points.
    pair : PairResult or None
        Against the reference; None for the reference itself and without one.
    ratio_as_printed : float
        Equation 2 as printed, R_i/R_e, with R_i the reference's and R_e this spectrum's
        low-frequency intercept (1); NaN without a reference.
    blocking : str
        How the spectrum ends where its electrodes block ions; empty where they do not.
    metal : bool
        A straight line of a resistance that only metal has.
    reference : str
        Name of the spectrum that it is held against; empty without one.
    first_ohm : float
        Low-frequency resistance of that one (Ω).
    below : BelowBare or None
        What its low-frequency resistance proves, where ions alone cannot have so little.
    remarks : tuple of str
        What reading the file had to leave out or to put right.
    """

    name: str
    spectrum: Spectrum
    check: KramersKronig
    ends: Intercepts
    line: ResistiveLine
    bounds: ElectronicBounds | None
    fit: CircuitFit | None
    pair: PairResult | None = None
    ratio_as_printed: float = math.nan
    blocking: str = ""
    metal: bool = False
    reference: str = ""
    first_ohm: float = math.nan
    below: BelowBare | None = None
    remarks: tuple[str, ...] = ()

    @property
    def sound(self) -> bool:
        """Whether it is one to hold others against."""
        return self.comparable and self.check.passed and not self.line.is_line

    @property
    def comparable(self) -> bool:
        """Whether others may be held against it."""
        short = self.metal or self.blocking != "" or self.below is not None
        return not short and self.bounds is not None


def read_spectra(
    history: CellHistory, *, cell: Cell | None = None, warmer_kelvin: float | None = None
) -> list[SpectrumReading]:
    """Read every spectrum of a cell; the first sound one is the reference of those after it.

    Parameters
    ----------
    history : CellHistory
    cell : Cell, optional
        What is known of the cell, where more than the history says.
    warmer_kelvin : float, optional
        By how much the later spectra were warmer than the first (K), instead of what was logged.

    Returns
    -------
    list of SpectrumReading
        In order of time. Spectra without a single usable point are left out.
    """
    evidence = gather(history)
    known = cell or evidence.cell
    named = zip(_names(history), _remarks(history), evidence.spectra, strict=True)
    usable = [(name, told, one) for name, told, s in named if (one := _usable(s)) is not None]
    readings: list[SpectrumReading] = []
    reference: SpectrumReading | None = None
    for name, told, spectrum in usable:
        reading = _read(name, spectrum, reference, known, warmer_kelvin)
        readings.append(replace(reading, remarks=told))
        if reading.comparable and (reference is None or (reading.sound and not reference.sound)):
            reference = reading
    return readings


def _remarks(history: CellHistory) -> list[tuple[str, ...]]:
    stated = [record.source.stated for record, _ in history.of(Technique.IMPEDANCE)]
    return [
        tuple(f"{key.replace('_', ' ')}: {one[key]}" for key in _REMARKED if one.get(key))
        for one in stated
    ]


def _names(history: CellHistory) -> list[str]:
    paths = [record.source.path for record, _ in history.of(Technique.IMPEDANCE)]
    names = []
    for place, path in enumerate(paths):
        number = paths[:place].count(path) + 1
        several = paths.count(path) > 1
        names.append(f"{Path(path).name} #{number}" if several else Path(path).name)
    return names


def _usable(spectrum: Spectrum) -> Spectrum | None:
    """Drop points of no impedance at all: a placeholder of some instruments."""
    good = spectrum.impedance != 0.0
    if good.sum() < 2:
        return None
    return Spectrum(
        spectrum.time_second,
        spectrum.frequency[good],
        spectrum.impedance[good],
        spectrum.temperature_celsius,
    )


def _read(
    name: str,
    spectrum: Spectrum,
    reference: SpectrumReading | None,
    cell: Cell,
    warmer_kelvin: float | None,
) -> SpectrumReading:
    f, z = spectrum.frequency, spectrum.impedance
    chemistry = chemistry_of(cell.electrolyte)
    ends = intercepts(f, z)
    low = ends.low_frequency_ohm
    bounds = None
    if low > 0.0:
        bounds = electronic_lower_bounds(
            low, area_cm2=cell.area_cm2, thickness_um=cell.electrolyte_thickness_um
        )
    pair, ratio = None, math.nan
    if reference is not None:
        ratio = float(ratio_electronic_to_ionic(reference.ends.low_frequency_ohm, low))
        pair = pooled_pair(
            (reference.spectrum.frequency, reference.spectrum.impedance),
            (f, z),
            chemistry=chemistry,
            delta_temperature_kelvin=_warming(reference.spectrum, spectrum, warmer_kelvin),
        )
    check = kramers_kronig(f, z)
    sound = (check.passed or check.untested != "") and ends.reached_direct_current
    surely = low + 2.0 * ends.low_frequency_sd_ohm
    warmth = spectrum.temperature_celsius
    what = "The low-frequency resistance"
    line = resistive_line(f, z)
    level = reference.ends.low_frequency_ohm if reference is not None else math.nan
    return SpectrumReading(
        name=name,
        spectrum=spectrum,
        check=check,
        ends=ends,
        line=line,
        bounds=bounds,
        fit=_circuit(f, z, chemistry),
        pair=pair,
        ratio_as_printed=ratio if np.isfinite(ratio) and ratio > 0.0 else math.nan,
        blocking=blocking_end(f, z),
        metal=line.is_line
        and only_metal(line.resistance_ohm, level, cell.ionic_floor_ohm, cell.area_cm2),
        reference=reference.name if reference is not None else "",
        first_ohm=level,
        below=below_bare(surely, cell, warmth, what=what) if sound else None,
    )


def _circuit(f: np.ndarray, z: np.ndarray, chemistry: str) -> CircuitFit | None:
    if len(f) < FEWEST_POINTS:
        return None
    order = np.argsort(f)
    kept_f, kept_z, _ = without_cable_artefacts(f[order], z[order])
    return best_circuit(kept_f, kept_z, chemistry)


def _warming(reference: Spectrum, now: Spectrum, told: float | None) -> float | None:
    if told is not None:
        return told
    change = now.temperature_celsius - reference.temperature_celsius
    return None if math.isnan(change) else change
