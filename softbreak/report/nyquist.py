"""Spectra in the complex plane."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from softbreak.data.history import CellHistory
from softbreak.models.diagnosis.result import Diagnosis
from softbreak.report.chosen import left_out_of, spread
from softbreak.report.diagnosed import diagnosis_of
from softbreak.report.drawing import Curve, Figure, Panel, Rule, in_order
from softbreak.report.number_words import as_float, hours, number, resistance_scale

MOST_SPECTRA = 8
"""The same for impedance spectra."""


def nyquist(cell: Diagnosis | CellHistory) -> list[Figure]:
    """Spectra in the complex plane; those too small to be seen beside the first once more alone.

    Parameters
    ----------
    cell : Diagnosis or CellHistory
    """
    diagnosis = diagnosis_of(cell)
    table = diagnosis.spectra
    groups = sorted(
        table.groupby("spectrum", sort=False),
        key=lambda item: as_float(item[1]["time_second"].iloc[0]),
    )
    chosen = spread(len(groups), MOST_SPECTRA)
    colours = in_order(len(chosen))
    names = [f"EIS {place + 1}" for place in chosen]
    names[0] += " (reference)" if len(chosen) > 1 else ""
    spectra = [groups[place][1] for place in chosen]
    sizes = [_extent(spectrum) for spectrum in spectra]
    small = [i for i, size in enumerate(sizes) if size < max(sizes) / 8.0]
    left_out = left_out_of(len(chosen), len(groups), "spectra")
    area = diagnosis.cell.area_cm2

    def figure(indices: Sequence[int], name: str, title: str) -> Figure:
        return _nyquist(
            [spectra[i] for i in indices],
            [names[i] for i in indices],
            [colours[i] for i in indices],
            area_cm2=area,
            head=(name, title, left_out),
        )

    figures = [figure(range(len(chosen)), "nyquist", "Impedance, first to last")]
    if small:
        figures.append(figure(small, "nyquist-enlarged", "The small spectra, enlarged"))
    return figures


def _nyquist(
    spectra: Sequence[pd.DataFrame],
    names: Sequence[str],
    colours: Sequence[str],
    *,
    area_cm2: float | None,
    head: tuple[str, str, str],
) -> Figure:
    parts = ["real_impedance_ohm", "imaginary_impedance_ohm"]
    ohm = np.concatenate([spectrum[parts].to_numpy(dtype=float).ravel() for spectrum in spectra])
    scale = resistance_scale(ohm, area_cm2)
    curves = []
    for spectrum, label, colour in zip(spectra, names, colours, strict=True):
        real, imaginary = spectrum[parts].to_numpy(dtype=float).T * scale.factor
        hertz = spectrum["frequency_hertz"].to_numpy(dtype=float)
        notes = tuple(
            f"{frequency(f)}: Z = {number(re)} {'−' if im < 0 else '+'} {number(abs(im))} i "
            f"{scale.unit}"
            for f, re, im in zip(hertz, real, imaginary, strict=True)
        )
        low, high = (frequency(f) for f in (np.nanmin(hertz), np.nanmax(hertz)))
        told = f"{label}, {hours(spectrum['time_second'].iloc[0])} ({high} to {low})"
        curves.append(Curve(real, -imaginary, told, colour, 0.8, "circle", notes=notes))
    return Figure(
        name=head[0],
        title=head[1],
        x_label=f"Re Z / {scale.unit}",
        panels=(Panel(f"−Im Z / {scale.unit}", tuple(curves), (Rule(0.0, ""),)),),
        caption="Both axes have one scale. First to last: each line stands out more than the one "
        "before." + head[2],
        equal_aspect=True,
        height=12.0,
    )


def frequency(hertz: float) -> str:
    """Write a frequency (Hz) with its prefix."""
    for size, unit in ((1e6, "MHz"), (1e3, "kHz"), (1.0, "Hz")):
        if hertz >= size:
            return f"{number(hertz / size)} {unit}"
    return f"{number(hertz * 1e3)} mHz"


def _extent(spectrum: pd.DataFrame) -> float:
    return float(
        np.nanmax(np.hypot(spectrum["real_impedance_ohm"], spectrum["imaginary_impedance_ohm"]))
    )
