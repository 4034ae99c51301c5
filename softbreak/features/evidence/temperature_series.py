"""Temperature series: resistances at temperatures, and which spectrum belongs to which series."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from softbreak.data.history import CellHistory
from softbreak.data.readers.values.units import MELTING_CELSIUS
from softbreak.data.record import Technique
from softbreak.errors import SoftbreakError
from softbreak.features.evidence.cell_evidence import gather
from softbreak.physics.impedance import intercepts

KELVIN: Final = 273.15
LEAST_SPAN: Final = 5.0
"""Kelvin: below it nothing is a temperature series."""
LEAST_FREQUENCIES: Final = 5
"""Fewer make no spectrum."""
LONG_INTERVAL: Final = 5.0
"""A time between two spectra that many times the usual one parts two series …"""
APART_SECOND: Final = 86_400.0
CYCLED_SECOND: Final = 600.0
"""… if it is a day or more, or the cell was cycled for so long in it …"""
SAME_KELVIN: Final = 2.0
"""… and the later spectra come back to two temperatures of the earlier ones, within this."""

LEAST_PAIRS: Final = 3
"""Two series in each other have so many temperatures, at which ln R differs …"""
DIFFERS, MUCH = 0.1, 0.22
"""… by more than this at each, and by this in the middle: settling warmth makes less."""


@dataclass(frozen=True, slots=True, eq=False)
class Series:
    """Resistances at temperatures, in the order of time.

    Attributes
    ----------
    celsius, ohm : numpy.ndarray
        °C; low-frequency resistance (Ω or Ω cm²).
    second, cycled : numpy.ndarray
        Time of each on the cell's clock, and how long the cell had been cycled before it (s).
    """

    celsius: np.ndarray
    ohm: np.ndarray
    second: np.ndarray
    cycled: np.ndarray

    @property
    def kelvin(self) -> np.ndarray:
        """Temperatures in K."""
        return self.celsius + KELVIN

    def part(self, rows: slice | np.ndarray) -> Series:
        """Return some of its points."""
        return Series(self.celsius[rows], self.ohm[rows], self.second[rows], self.cycled[rows])


def series_of(
    history: CellHistory,
    celsius: Sequence[float] | None = None,
    paths: Sequence[Path] = (),
) -> Series:
    """Gather low-frequency resistances over temperature from a cell's spectra.

    Parameters
    ----------
    history : CellHistory
    celsius : sequence of float, optional
        Temperatures of the spectra (°C), where the files do not say them: in the order of
        ``paths``, or of time where no files were named one by one.
    paths : sequence of pathlib.Path
        The files as a person named them.

    Returns
    -------
    Series
        Spectra without a temperature are left out.

    Raises
    ------
    SoftbreakError
        If temperatures are given, and not one a spectrum, or in kelvin.
    """
    spectra = gather(history).spectra
    warmth = [spectrum.temperature_celsius for spectrum in spectra]
    if celsius:
        if len(celsius) != len(spectra):
            raise SoftbreakError(
                f"{len(celsius)} temperatures are given for {len(spectra)} spectra; give one a "
                "spectrum"
            )
        if max(celsius) > MELTING_CELSIUS:
            raise SoftbreakError(
                f"a temperature of {max(celsius):g} °C is given, at which lithium is molten "
                f"({MELTING_CELSIUS} °C); state °C, not kelvin ({max(celsius) - KELVIN:g} °C?)"
            )
        warmth = [celsius[place] for place in _places(history, paths)]
    rows = [
        (
            at,
            intercepts(spectrum.frequency, spectrum.impedance).low_frequency_ohm,
            spectrum.time_second,
            _cycled(history, spectrum.time_second),
        )
        for at, spectrum in zip(warmth, spectra, strict=True)
        if at > -KELVIN and len(spectrum.frequency) >= LEAST_FREQUENCIES
    ]
    table = np.array(rows, dtype=np.float64).reshape(-1, 4)
    good = np.isfinite(table).all(axis=1) & (table[:, 1] > 0)
    return Series(*table[good].T)


def spectra_of(history: CellHistory) -> int:
    """Return how many spectra a cell's files hold, with or without a temperature."""
    return len(history.of(Technique.IMPEDANCE))


def _places(history: CellHistory, paths: Sequence[Path]) -> list[int]:
    """Place of each spectrum, which are in the order of time, in the order of the named files."""
    sources = [record.source for record, _ in history.of(Technique.IMPEDANCE)]
    named = {str(path): place for place, path in enumerate(paths)}
    if not all(source.path in named for source in sources):
        return list(range(len(sources)))
    keys = [(named[source.path], source.position) for source in sources]
    return [sorted(keys).index(key) for key in keys]


def _cycled(history: CellHistory, until: float) -> float:
    """How long (s) the cell had been cycled before a moment of its life."""
    clocks = [clock for _, clock in history.of(Technique.CYCLING) if len(clock)]
    return float(sum(max(min(clock[-1], until) - clock[0], 0.0) for clock in clocks))


def split_at_return(series: Series) -> list[Series]:
    """Cut a life with several series into them.

    By time, where a long pause (or cycling) lies between spectra and the later ones come back to
    temperatures of the earlier ones; else where a jump over the range starts a second sweep of it;
    else every other one, where at every temperature two spectra stand that differ.

    Parameters
    ----------
    series : Series

    Returns
    -------
    list of Series
        In the order of time; one where there is no second series.
    """
    cuts = _cuts_by_time(series) or _cuts_by_jump(series)
    if not cuts and _interleaved(series):
        return [series.part(slice(0, None, 2)), series.part(slice(1, None, 2))]
    return [series.part(rows) for rows in np.split(np.arange(len(series.celsius)), cuts)]


def _interleaved(series: Series) -> bool:
    """Whether two series lie in each other: pairs at one temperature that differ in one sense."""
    celsius, log_r = series.celsius, np.log(series.ohm)
    if len(celsius) < 2 * LEAST_PAIRS or len(celsius) % 2:
        return False
    one, other = slice(0, None, 2), slice(1, None, 2)
    if (np.abs(celsius[one] - celsius[other]) > SAME_KELVIN).any():
        return False
    change = log_r[other] - log_r[one]
    alike = (np.sign(change) == np.sign(change[0])).all()
    return bool(alike and np.abs(change).min() > DIFFERS and np.median(np.abs(change)) > MUCH)


def _cuts_by_time(series: Series) -> list[int]:
    between = np.diff(series.second)
    if not len(between):
        return []
    long = between > LONG_INTERVAL * float(np.median(between))
    long &= (between >= APART_SECOND) | (np.diff(series.cycled) > CYCLED_SECOND)
    cuts: list[int] = []
    for cut in (np.flatnonzero(long) + 1).tolist():
        earlier = series.celsius[cuts[-1] if cuts else 0 : cut]
        later = series.celsius[cut:]
        again = [at for at in earlier if (np.abs(later - at) <= SAME_KELVIN).any()]
        if again and np.ptp(again) >= LEAST_SPAN:
            cuts.append(cut)
    return cuts


def _cuts_by_jump(series: Series) -> list[int]:
    celsius = series.celsius
    span = float(np.ptp(celsius)) if len(celsius) else 0.0
    step = np.diff(celsius)
    cuts = []
    for k in np.flatnonzero(np.abs(step) > 0.8 * span).tolist():
        # the first series may end where it began: the second then begins there once more
        stays = k + 1 < len(step) and abs(step[k + 1]) <= SAME_KELVIN
        cut = k + 2 if stays else k + 1
        turns = k > 0 and np.sign(step[k]) != np.sign(step[k - 1])
        if turns and 1 < cut < len(celsius) - 2:
            cuts.append(cut)
    return cuts
