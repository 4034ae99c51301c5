"""The rise of admittance between two spectra: flat and real if only an electronic path appeared."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from softbreak.physics.relaxation import ComplexArray, FloatArray, checked, relaxations

FLAT_BELOW = 2.0
"""Reduced chi-square below which a rise counts as flat."""


@dataclass(frozen=True, slots=True)
class DeltaAdmittance:
    """The rise of admittance between two spectra, and how flat it is.

    Attributes
    ----------
    conductance_siemens, conductance_sd_siemens : float
        Weighted mean of Re ΔY (S); an electronic path that appeared adds exactly this.
    flatness : float
        Reduced chi-square of "ΔY is one real number" (1): near 1 or below is flat.
    imaginary_ratio : float
        Mean |Im ΔY| over mean |ΔY| (1): 0 for a purely electronic change.
    is_flat : bool
        Flat within the assumed noise, and the rise is positive by more than two sd.
    """

    conductance_siemens: float
    conductance_sd_siemens: float
    flatness: float
    imaginary_ratio: float
    is_flat: bool


def delta_admittance(
    before: tuple[ArrayLike, ArrayLike], after: tuple[ArrayLike, ArrayLike], *, noise: float = 0.01
) -> DeltaAdmittance:
    """Test whether the admittance rose by one real number at every frequency.

    If only R_e changed, ``Y_after(ω) - Y_before(ω) = g_e``: real and independent of frequency.
    The inductance of the leads is fitted and removed from both first.

    Parameters
    ----------
    before, after : tuple of (frequency, impedance)
        Hz, positive; Ω, complex, true sign. The earlier one is interpolated in ln f.
    noise : float
        Relative standard deviation of each part of the impedance (1).

    Returns
    -------
    DeltaAdmittance
        NaN and not flat where the two share fewer than five frequencies' range.

    Raises
    ------
    ValueError
        If the arrays of a spectrum differ in shape or hold what no spectrum holds.

    References
    ----------
    Kirchhoff's law on Equation 1 of Joule 2022, doi 10.1016/j.joule.2022.05.020.
    """
    return delta_without_leads(
        _without_inductance(*checked(*before)), _without_inductance(*checked(*after)), noise
    )


def delta_without_leads(
    before: tuple[FloatArray, ComplexArray], after: tuple[FloatArray, ComplexArray], noise: float
) -> DeltaAdmittance:
    """Do as :func:`delta_admittance`, where the inductance is removed and f ascends already.

    Parameters
    ----------
    before, after : tuple of (frequency, impedance)
        Hz, ascending; Ω.
    noise : float
        Relative standard deviation of each part of the impedance (1).
    """
    (f_0, z_0), (f_1, z_1) = before, after
    common = (f_1 >= f_0[0]) & (f_1 <= f_0[-1])
    if common.sum() < 5:
        return DeltaAdmittance(np.nan, np.nan, np.nan, np.nan, False)
    f_1, z_1 = f_1[common], z_1[common]
    earlier = _interpolated(f_1, f_0, z_0)
    rise = 1.0 / z_1 - 1.0 / earlier
    sd = noise * np.hypot(1.0 / np.abs(z_1), 1.0 / np.abs(earlier))
    weight = 1.0 / sd**2
    mean = float(np.sum(weight * rise.real) / np.sum(weight))
    mean_sd = float(1.0 / np.sqrt(np.sum(weight)))
    chi2 = float(np.sum(weight * ((rise.real - mean) ** 2 + rise.imag**2)))
    flatness = chi2 / (2 * len(f_1) - 1)
    size = float(np.mean(np.abs(rise)))
    ratio = float(np.mean(np.abs(rise.imag))) / size if size else 0.0
    return DeltaAdmittance(
        mean, mean_sd, flatness, ratio, bool(flatness < FLAT_BELOW and mean > 2.0 * mean_sd)
    )


def ascending(f: FloatArray, z: ComplexArray) -> tuple[FloatArray, ComplexArray]:
    """Return a spectrum in order of rising frequency."""
    order = np.argsort(f)
    return f[order], z[order]


def _without_inductance(f: FloatArray, z: ComplexArray) -> tuple[FloatArray, ComplexArray]:
    f, z = ascending(f, z)
    return f, z - 2j * np.pi * f * relaxations(f, z).inductance


def _interpolated(at: FloatArray, f: FloatArray, z: ComplexArray) -> ComplexArray:
    x, known = np.log(at), np.log(f)
    result: ComplexArray = np.interp(x, known, z.real) + 1j * np.interp(x, known, z.imag)
    return result
