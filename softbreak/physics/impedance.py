"""What one impedance spectrum says of a Li | solid electrolyte | Li cell, and what it does not.

Between electrodes that exchange lithium the DC limit of the impedance is *both* paths side by
side, ``R_LF = R_i ∥ R_e``: one spectrum gives no electronic resistance, only the bound
``R_e >= R_LF``. (The reading ``R_e = R_LF`` belongs to ion-blocking electrodes; Joule 2022, doi
10.1016/j.joule.2022.05.020, uses it, and here it has its own name.) A pair of spectra says more:
:mod:`softbreak.physics.pair`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike

from softbreak.physics.delta import DeltaAdmittance, delta_admittance
from softbreak.physics.pair import PairResult, pair_electronic_fraction
from softbreak.physics.relaxation import (
    KRAMERS_KRONIG_LIMIT,
    ComplexArray,
    FloatArray,
    KramersKronig,
    Relaxations,
    checked,
    kramers_kronig,
    relaxations,
)
from softbreak.physics.wire import ResistiveLine, resistive_line

FEWEST_POINTS: Final = 8
SMALLEST_OHM: Final = 1e-6
"""Below this a spectrum is a placeholder, not a measurement."""

__all__ = [
    "KRAMERS_KRONIG_LIMIT",
    "DeltaAdmittance",
    "ElectronicBounds",
    "Intercepts",
    "KramersKronig",
    "PairResult",
    "Relaxations",
    "ResistiveLine",
    "blocking_end",
    "delta_admittance",
    "electronic_lower_bounds",
    "intercepts",
    "intercepts_of",
    "kramers_kronig",
    "pair_electronic_fraction",
    "relaxations",
    "resistive_line",
]

_CLOSED_PHASE = 0.2
"""−Im Z / Re Z at the highest frequency, without the leads, from which on an arc is not closed."""
_DC_PHASE = 0.05
"""|Im Z| / Re Z at the lowest frequencies below which the DC limit counts as reached."""
_DC_FLATNESS = 0.05
"""Relative rise of Re Z over the lowest decade below which the DC limit counts as reached."""
_LOOP = 0.02
"""Im Z over |Z|, and the share by which Re Z falls, from which a spectrum ends in a loop."""
_MICROMETRE_IN_CM = 1e-4
_BLOCKING_PHASE = 60.0
"""Degrees below the real axis: finite diffusion and depressed arcs stay nearer to it."""
_BLOCKING_RISE = 2.0
"""Factor on −Im Z over the lowest decade; a perfect capacitor's is ten."""


@dataclass(frozen=True, slots=True)
class Intercepts:
    """The two ends of a spectrum on the real axis.

    Attributes
    ----------
    high_frequency_ohm, high_frequency_sd_ohm : float
        Resistance of all that is faster than the spectrum, with the inductance of the leads
        removed (Ω).
    low_frequency_ohm, low_frequency_sd_ohm : float
        Re Z at the lowest frequency, smoothed (Ω). The uncertainty counts how far from the real
        axis the spectrum still is.
    reached_direct_current : bool
        Whether the spectrum is flat and real at its lowest decade. If not, the DC resistance is
        larger than ``low_frequency_ohm``, which is then only a lower bound (and smaller where the
        spectrum ends in an inductive loop).
    inductance_henry : float
        Series inductance (H), not negative.
    high_frequency_resolved : bool
        Whether the spectrum comes down to the real axis at its highest frequency. If not, its
        first arc is not closed there, and ``high_frequency_ohm`` is an extrapolation.
    """

    high_frequency_ohm: float
    high_frequency_sd_ohm: float
    low_frequency_ohm: float
    low_frequency_sd_ohm: float
    reached_direct_current: bool
    inductance_henry: float
    high_frequency_resolved: bool = True


@dataclass(frozen=True, slots=True)
class ElectronicBounds:
    """What the low-frequency resistance bounds.

    Attributes
    ----------
    electronic_resistance_at_least_ohm : float
        ``R_e >= R_LF`` (Ω): certain.
    electronic_conductivity_at_most_s_per_cm : float
        ``σ_e <= L / (R_LF A)`` (S cm⁻¹): certain. NaN without area and thickness.
    sigma_e_as_printed : float
        The same number under the paper's reading ``σ_e = L / (R_LF A)`` (S cm⁻¹). It exceeds the
        true σ_e by the factor 1/η_e between lithium electrodes.
    """

    electronic_resistance_at_least_ohm: float
    electronic_conductivity_at_most_s_per_cm: float
    sigma_e_as_printed: float


def intercepts(frequency: ArrayLike, impedance: ArrayLike) -> Intercepts:
    """Find the high- and the low-frequency resistance of a spectrum.

    The spectrum is written as ``R_0 + jωL + Σ R_k / (1 + jωτ_k)`` with non-negative terms.
    ``R_0`` is the high-frequency resistance: never read Re Z at 7 MHz as it, where 0.3 µH of
    cable are 13 Ω.

    Parameters
    ----------
    frequency : array_like, shape (n,)
        Positive, in any order (Hz).
    impedance : array_like, shape (n,), complex
        True sign: a capacitor has a negative imaginary part (Ω).

    Returns
    -------
    Intercepts

    Raises
    ------
    ValueError
        If the arrays differ in shape, a frequency is not positive or a value is not finite.

    References
    ----------
    Joule 2022, doi 10.1016/j.joule.2022.05.020 (reading of the intercepts); measurement model:
    doi 10.1149/1.2044210.
    """
    f, z = checked(frequency, impedance)
    return intercepts_of(f, z, relaxations(f, z), relaxations(f, z, beyond=3.0))


def intercepts_of(
    f: FloatArray, z: ComplexArray, near: Relaxations, wide: Relaxations
) -> Intercepts:
    """Find the intercepts where the relaxations are known already.

    Parameters
    ----------
    f, z : numpy.ndarray, shape (n,)
        Hz, Ω; checked.
    near, wide : Relaxations
        Of this spectrum, with time constants between its ends and reaching threefold beyond them.

    Returns
    -------
    Intercepts
    """
    fast = wide.ohmic + wide.resistances[wide.time_constants < near.time_constants[0]].sum()
    noise = max(near.misfit, wide.misfit)
    top = f >= f.max() / 10.0**0.5
    low = float(f.min())
    bottom = near.impedance(np.array([low, min(10.0 * low, f.max())]))
    real, imaginary = float(bottom[0].real), float(bottom[0].imag)
    loop = inductive_end(f, z)
    if loop is not None and loop.real < real:  # which no sum of relaxations follows
        real, imaginary = float(loop.real), float(loop.imag)
    rise = (real - float(bottom[1].real)) / real if real else np.inf
    statistical = noise * abs(bottom[0])
    highest = near.impedance(np.array([float(f.max())]))[0]
    closed = -float(highest.imag) < _CLOSED_PHASE * float(highest.real) and near.ohmic > 0.0
    return Intercepts(
        high_frequency_ohm=near.ohmic,
        high_frequency_sd_ohm=float(
            np.hypot(
                noise * np.median(np.abs(z[top])) / np.sqrt(top.sum()), 0.5 * (near.ohmic - fast)
            )
        ),
        low_frequency_ohm=real,
        low_frequency_sd_ohm=float(np.hypot(statistical, 0.5 * abs(imaginary))),
        reached_direct_current=bool(
            loop is None and abs(imaginary) < _DC_PHASE * abs(real) and abs(rise) < _DC_FLATNESS
        ),
        inductance_henry=near.inductance,
        high_frequency_resolved=closed,
    )


def inductive_end(f: FloatArray, z: ComplexArray) -> complex | None:
    """Return Z at the lowest frequencies where the spectrum ends in an inductive loop.

    Below its loop Re Z falls: the DC resistance is smaller still than what is seen there.

    Parameters
    ----------
    f, z : numpy.ndarray, shape (n,)
        Hz, Ω; checked.

    Returns
    -------
    complex or None
        Median over the lowest three points; None where there is no loop.
    """
    order = np.argsort(f)
    last, above = z[order[:3]], z[order[3:]]
    end = complex(np.median(last.real), np.median(last.imag))
    share = z[order].imag / np.abs(z[order])
    passed = np.flatnonzero(share <= 0.0)
    tail = share[: passed[0]] if len(passed) else share  # above the real axis, up from the lowest
    if len(above) < 3 or len(tail) < 3 or not float(np.sort(tail)[-3]) > _LOOP:
        return None
    arc = above[: len(above) // 2]  # faster than that it is the leads
    falls = end.real < (1.0 - _LOOP) * float(above.real[: max(len(arc), 3)].max())
    return end if falls and (arc.imag < 0.0).any() else None


def blocking_end(frequency: ArrayLike, impedance: ArrayLike) -> str:
    """Say how a spectrum ends in a capacitor; empty where it does not.

    Electrodes that exchange no lithium (stainless steel, gold), and leads without contact, leave a
    double layer in series: towards low frequency the spectrum climbs along the imaginary axis. An
    electronic path would bend it back to the real axis, so that such an end is no short of the
    resistance seen there.

    Parameters
    ----------
    frequency : array_like, shape (n,)
        Positive, in any order (Hz).
    impedance : array_like, shape (n,), complex
        True sign (Ω).

    Returns
    -------
    str
        A part of a sentence with the phase and the lowest frequency.

    Raises
    ------
    ValueError
        As :func:`intercepts`.
    """
    f, z = checked(frequency, impedance)
    order = np.argsort(f)
    f, z = f[order], z[order]
    lowest = z[f <= 10.0 * f[0]]
    if len(lowest) < 4:
        return ""
    degrees = -float(np.degrees(np.angle(np.median(lowest[:3].real) + 1j * lowest[1].imag)))
    rise = float(lowest[:3].imag.mean() / lowest[-1].imag) if lowest[-1].imag < 0.0 else 0.0
    if degrees < _BLOCKING_PHASE or rise < _BLOCKING_RISE:
        return ""
    return f"a capacitor (phase −{degrees:.0f}° at {f[0]:.3g} Hz, −Im Z still rising)"


def electronic_lower_bounds(
    low_frequency_resistance: float,
    *,
    area_cm2: float | None = None,
    thickness_um: float | None = None,
) -> ElectronicBounds:
    """Bound the electronic path by the low-frequency resistance of one spectrum.

    ``R_LF = R_i R_e / (R_i + R_e)``, hence ``R_e >= R_LF`` and ``σ_e <= L / (R_LF A)``; equality
    only for a blocked ionic path (η_e → 1).

    Parameters
    ----------
    low_frequency_resistance : float
        R_LF (Ω), or Re Z at the lowest frequency, which lies below it: the bounds hold as well.
    area_cm2, thickness_um : float, optional
        Of the electrolyte (cm², µm).

    Returns
    -------
    ElectronicBounds

    Raises
    ------
    ValueError
        If the resistance is not positive.

    References
    ----------
    Joule 2022, doi 10.1016/j.joule.2022.05.020 (``sigma_e_as_printed``).
    """
    if not low_frequency_resistance > 0.0:
        raise ValueError(f"a resistance of {low_frequency_resistance} ohm bounds nothing")
    sigma = float("nan")
    if area_cm2 and thickness_um:
        sigma = thickness_um * _MICROMETRE_IN_CM / (low_frequency_resistance * area_cm2)
    return ElectronicBounds(low_frequency_resistance, sigma, sigma)
