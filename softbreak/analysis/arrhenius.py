"""Temperature series: apparent activation energy and the fit of two paths."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from softbreak.analysis.leakage import fraction_data, fraction_words
from softbreak.analysis.reading import Reading, Table
from softbreak.features.evidence.temperature_series import KELVIN, LEAST_SPAN, Series
from softbreak.physics.arrhenius import (
    ActivationEnergy,
    EnergyChange,
    apparent_activation_energy,
    drift_on_return,
    energy_change,
)
from softbreak.physics.two_path import Priors, TwoPathFit, two_path_fraction
from softbreak.report.drawing import BLUE, ORANGE, Curve, Figure, Panel
from softbreak.report.number_words import interval, number, percent

MUST_AGREE = 0.1
"""A change of ln R on return beyond this is a cell that changed during the series."""
MIXED_EV = 0.15
"""Activation energy of a mixed conductor's electronic path (eV)."""
MATTERS = 0.05
"""A difference of η_e that is told."""
CAVEATS = (
    "A low-frequency intercept of metal electrodes is R_i ∥ R_e: its slope mixes both paths, "
    "E_app = (1 − η) E_i + η E_e. That is what lets η be read from it.",
    "A metallic path (E_e ≈ −0.03 eV) separates well. A mixed conductor (0.1 to 0.3 eV) hardly "
    "does above −20 °C: --electronic 0.15 shows how little is then known.",
    "The first temperatures after cycling, and warm ones, let a cell react: go cold, and come back "
    "to the first temperature at the end.",
)


@dataclass(frozen=True, slots=True, eq=False)
class _Read:
    series: Series
    energy: ActivationEnergy
    fit: TwoPathFit | None
    mixed: TwoPathFit | None
    drift: float

    @property
    def changed(self) -> bool:
        """Whether the cell changed while it was measured."""
        return abs(self.drift) > MUST_AGREE

    @property
    def told(self) -> TwoPathFit | None:
        """The fit, where its fraction means something."""
        return self.fit if self.fit is not None and self.fit.fits and not self.changed else None


def read_arrhenius(
    name: str,
    series: Series,
    before: Series | None = None,
    priors: Priors | None = None,
) -> Reading:
    """Read a temperature series, alone or against one from before.

    Parameters
    ----------
    name : str
        Of the cell.
    series, before : Series
        The latest series, and an earlier one of the same cell.
    priors : Priors, optional

    Returns
    -------
    Reading
    """
    known = priors or Priors()
    parts = [("before", before)] if before is not None else []
    read = [(word, _read(part, known)) for word, part in [*parts, ("now", series)]]
    narrow = [
        word
        for word, r in read
        if len(r.series.celsius) < 2 or np.ptp(r.series.celsius) < LEAST_SPAN
    ]
    if narrow:
        which = f" in the series {' and '.join(narrow)}" if before is not None else ""
        return Reading(
            f"Temperature series of {name}",
            verdict=f"There are no two spectra with temperatures 5 K apart{which}. Log the "
            "temperature, or state one a spectrum with --at (of --before: with --before-at).",
        )
    electronic = -0.03 if known.electronic_ev is None else known.electronic_ev
    change = None
    if before is not None:
        change = energy_change(read[0][1].energy, read[1][1].energy, electronic_ev=electronic)
    return Reading(
        f"Temperature series of {name}",
        (_summary(read), _points(read[-1][1])),
        _verdict(read, change),
        (*_remarks(read), *CAVEATS),
        _data(read, change),
        (_figure(read),),
        "Joule 2022, doi 10.1016/j.joule.2022.05.020, Figures S6 and S7; docs/theory/arrhenius.md",
    )


def _read(series: Series, priors: Priors) -> _Read:
    kelvin, ohm = series.kelvin, series.ohm
    fit = mixed = None
    if len(np.unique(np.round(kelvin, 1))) >= 3 and np.ptp(kelvin) >= LEAST_SPAN:
        reference = float(np.clip(298.15, kelvin.min(), kelvin.max()))
        fit = two_path_fraction(kelvin, ohm, priors=priors, reference_kelvin=reference)
        if priors.electronic_ev is None:
            other = replace(priors, electronic_ev=MIXED_EV)
            mixed = two_path_fraction(kelvin, ohm, priors=other, reference_kelvin=reference)
    energy, drift = apparent_activation_energy(kelvin, ohm), drift_on_return(kelvin, ohm)
    return _Read(series, energy, fit, mixed, drift)


def _summary(read: list[tuple[str, _Read]]) -> Table:
    rows = []
    for word, found in read:
        fit, energy = found.fit, found.energy
        rows.append(
            (
                word,
                f"{len(found.series.celsius)} from {number(found.series.celsius.min())} to "
                f"{number(found.series.celsius.max())} °C",
                number(energy.energy_ev),
                f"{number(energy.lower_ev)} to {number(energy.upper_ev)}",
                number(energy.curvature_z, 2),
                interval(fit.fraction, fit.lower, fit.upper) if fit and found.told else "–",
                f"{number(fit.reference_kelvin - KELVIN)} °C" if fit else "–",
                number(fit.reduced_chi2, 2) if fit else "–",
                percent(np.expm1(found.drift), signed=True),
            )
        )
    columns = (
        "series", "spectra", "E_app eV", "90 % interval", "curvature z", "η_e, two paths", "at",
        "misfit χ²/ν", "R on return",
    )  # fmt: skip
    return Table("Activation energy and electronic fraction", columns, tuple(rows))


def _points(found: _Read) -> Table:
    fit, series = found.fit, found.series
    rows = tuple(
        (
            number(series.celsius[k]),
            number(series.ohm[k]),
            number(fit.fitted_resistance[k]) if fit else "–",
            percent(float(fit.fraction_at[k])) if fit else "–",
        )
        for k in range(len(series.celsius))
    )
    return Table("The latest series", ("T °C", "R_LF Ω", "fit Ω", "η_e of the fit"), rows)


def _verdict(read: list[tuple[str, _Read]], change: EnergyChange | None) -> str:
    now = read[-1][1]
    told = [
        f"In the series {word} the resistance changed by "
        f"{percent(np.expm1(found.drift), signed=True)} between two visits of one temperature: the "
        "cell changed while it was measured, and neither an activation energy nor an electronic "
        "fraction follows."
        for word, found in read
        if found.changed
    ]
    if told:
        return " ".join(told)
    if change is not None:
        told.append(
            f"The apparent activation energy changed by {number(change.change_ev)} eV "
            f"({number(change.lower_ev)} to {number(change.upper_ev)}): "
            + (
                "it fell, the paper's sign of a soft breakdown."
                if change.fell
                else "no fall beyond its uncertainty."
            )
            + " If the ionic slope is still that of before, η_e = "
            f"{fraction_words(change.fraction)}."
        )
    fit = now.fit
    if fit is None:
        told.append("Three temperatures at least are needed to tell two paths apart.")
    elif fit.fits:
        told.append(
            f"Two paths fit with η_e = {interval(fit.fraction, fit.lower, fit.upper)} at "
            f"{number(fit.reference_kelvin - KELVIN)} °C{_if_mixed(fit, now.mixed)}."
        )
    else:
        told.append(
            "Two paths do not describe this curve (misfit "
            f"{number(fit.reduced_chi2, 2)}): no electronic fraction."
        )
    return " ".join(told)


def _if_mixed(fit: TwoPathFit, mixed: TwoPathFit | None) -> str:
    """Say what another electronic path would make of it, where the curve does not exclude one."""
    if mixed is None or not mixed.fits or mixed.upper - fit.upper < MATTERS:
        return ""
    other = interval(mixed.fraction, mixed.lower, mixed.upper)
    return f" if the electronic path is a metal, {other} if it is a mixed conductor ({MIXED_EV} eV)"


def _remarks(read: list[tuple[str, _Read]]) -> tuple[str, ...]:
    told = []
    if len(read) > 1 and _in_each_other(read[0][1].series, read[1][1].series):
        told.append(
            "WARNING: the two series lie in each other in time, two different spectra at every "
            "temperature. One cell does not go to and fro: are these files of two cells? The first "
            "of each pair is taken as before."
        )
    for word, found in read:
        if found.changed:
            told.append(
                f"WARNING: in the series {word} the resistance changed by "
                f"{percent(np.expm1(found.drift), signed=True)} between two visits of one "
                "temperature: the cell reacts while it is measured, as LGPS does in the paper. Its "
                "activation energy means nothing."
            )
        elif np.isnan(found.drift):
            told.append(
                f"The series {word} never comes back to a temperature: a cell that changed during "
                "it would not be noticed."
            )
    return tuple(told)


def _in_each_other(one: Series, other: Series) -> bool:
    """Whether neither series is over when the other begins."""
    return bool(one.second[0] < other.second[0] < one.second[-1] < other.second[-1])


def _data(read: list[tuple[str, _Read]], change: EnergyChange | None) -> dict[str, object]:
    told: dict[str, object] = {"series": [_series_data(word, found) for word, found in read]}
    if change is not None:
        told["change"] = {
            "change_ev": change.change_ev,
            "lower_ev": change.lower_ev,
            "upper_ev": change.upper_ev,
            "fell": change.fell,
            **fraction_data(change.fraction),
        }
    return told


def _series_data(word: str, found: _Read) -> dict[str, object]:
    energy, fit = found.energy, found.fit
    told: dict[str, object] = {
        "when": word,
        "temperature_celsius": found.series.celsius.tolist(),
        "resistance_ohm": found.series.ohm.tolist(),
        "apparent_energy_ev": energy.energy_ev,
        "apparent_energy_lower_ev": energy.lower_ev,
        "apparent_energy_upper_ev": energy.upper_ev,
        "curvature_z": energy.curvature_z,
        "drift_on_return": found.drift,
    }
    if fit is not None:
        known = found.told is not None
        told |= {
            "electronic_fraction": fit.fraction if known else np.nan,
            "electronic_fraction_sd": fit.sd if known else np.nan,
            "electronic_fraction_lower": fit.lower if known else np.nan,
            "electronic_fraction_upper": fit.upper if known else np.nan,
            "electronic_fraction_upper_mixed_conductor": found.mixed.upper
            if known and found.mixed is not None and found.mixed.fits
            else np.nan,
            "reference_celsius": fit.reference_kelvin - KELVIN,
            "reduced_chi2": fit.reduced_chi2,
            "fits": fit.fits,
        }
    return told


def _figure(read: list[tuple[str, _Read]]) -> Figure:
    curves, fractions = [], []
    for (word, found), colour in zip(read, (BLUE, ORANGE)[-len(read) :], strict=True):
        order = np.argsort(found.series.kelvin)
        x = 1e3 / found.series.kelvin[order]
        curves.append(Curve(x, found.series.ohm[order], word, colour, 0.0, "circle"))
        if found.fit is not None:
            fitted = found.fit.fitted_resistance[order]
            curves.append(Curve(x, fitted, f"{word}, two paths", colour, 1.2))
            share = 100 * found.fit.fraction_at[order]
            fractions.append(Curve(x, share, "", colour, 1.2, "circle-open"))
    panels = [Panel("R_LF / Ω", tuple(curves), logarithmic=True)]
    if fractions:
        panels.append(Panel("η_e / %", tuple(fractions), limits=(-4.0, 104.0), share=0.6))
    return Figure(
        "arrhenius",
        "Low-frequency resistance over temperature",
        "1000 K / T",
        tuple(panels),
        caption="Points: measured. Lines: an electronic path beside an ionic one. Cold is right.",
        height=12.0,
    )
