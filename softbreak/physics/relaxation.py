"""Spectra as sums of relaxations: the linear Kramers–Kronig test and a non-negative distribution.

Both write a spectrum as ``Z(ω) = R_0 + jωL + Σ R_k / (1 + jωτ_k)`` on fixed, evenly spaced
ln τ_k, so that only a linear problem remains. The Kramers–Kronig test lets R_k have any sign (and
adds a series capacitance): it fits whatever is linear, causal and stable, and nothing else. The
distribution keeps R_k >= 0: it is smooth enough to be shifted and scaled.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from softbreak.compiled import strict

FloatArray = NDArray[np.float64]
ComplexArray = NDArray[np.complex128]

KRAMERS_KRONIG_LIMIT = 0.02
"""A spectrum whose noise-like residual exceeds 2 % of |Z| cannot be trusted at the 5 % level."""
FEWEST_POINTS = 5
FEWEST_A_DECADE = 2.5
"""Sparser spectra leave a residual of some per cent however exact they are: nothing is tested."""
_PER_DECADE = 4.0
_RIDGE = 1e-11
_SWEEPS = 400


@dataclass(frozen=True, slots=True, eq=False)
class KramersKronig:
    """How well a spectrum obeys the Kramers–Kronig relations.

    Attributes
    ----------
    residual : numpy.ndarray, shape (n,), complex
        ``(Z - Z_fit) / |Z|`` (1), in the order given.
    rms : float
        Root mean square of the real and imaginary residuals (1).
    noise : float
        The same, corrected for the number of fitted elements (1).
    limit : float
        Largest ``noise`` that passes (1).
    elements : int
        Number of relaxations used.
    passed : bool
    inductance_henry : float
        Series inductance of the fit (H).
    untested : str
        Why the spectrum cannot be tested; empty where it was. Then nothing is fitted: ``noise``
        is NaN and ``passed`` False, which is not the same as a failed test.
    """

    residual: ComplexArray
    rms: float
    noise: float
    limit: float
    elements: int
    passed: bool
    inductance_henry: float
    untested: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Relaxations:
    """A spectrum as non-negative relaxations.

    Attributes
    ----------
    ohmic : float
        R_0 (Ω): everything faster than the fastest relaxation.
    inductance : float
        L (H).
    time_constants, resistances : numpy.ndarray, shape (m,)
        τ_k (s), ascending, and R_k (Ω).
    misfit : float
        Root mean square residual of the fit, relative to |Z| (1).
    """

    ohmic: float
    inductance: float
    time_constants: FloatArray
    resistances: FloatArray
    misfit: float

    def impedance(self, frequency: ArrayLike) -> ComplexArray:
        """Return the fitted impedance (Ω) without its inductance at frequencies (Hz)."""
        omega = 2.0 * np.pi * np.asarray(frequency, dtype=np.float64)
        parts = self.resistances / (1.0 + 1j * np.multiply.outer(omega, self.time_constants))
        result: ComplexArray = self.ohmic + parts.sum(axis=-1)
        return result

    @property
    def direct_current(self) -> float:
        """Resistance at zero frequency (Ω), as far as the relaxations know it."""
        return float(self.ohmic + self.resistances.sum())


def kramers_kronig(
    frequency: ArrayLike, impedance: ArrayLike, *, limit: float = KRAMERS_KRONIG_LIMIT
) -> KramersKronig:
    """Test a spectrum against the linear Kramers–Kronig model.

    Weighted linear least squares of ``R_0 + jωL + 1/(jωC) + Σ R_k / (1 + jωτ_k)`` with R_k of
    either sign, four τ_k a decade between the ends of the spectrum, weights 1/\\|Z\\|. A spectrum
    of a cell that drifted, or that left linearity, keeps a residual.

    Parameters
    ----------
    frequency : array_like, shape (n,)
        Positive, in any order (Hz).
    impedance : array_like, shape (n,), complex
        True sign: a capacitor has a negative imaginary part (Ω).
    limit : float
        Largest residual noise that passes (1).

    Returns
    -------
    KramersKronig
        Fewer than five points, or too few a decade, are not tested (``untested`` says why).

    Raises
    ------
    ValueError
        If the arrays differ in shape, a frequency is not positive or a value is not finite.

    References
    ----------
    Boukamp, J. Electrochem. Soc. 142 (1995) 1885, doi 10.1149/1.2044210; Schönleber et al.,
    Electrochim. Acta 131 (2014) 20, doi 10.1016/j.electacta.2014.01.034.
    """
    f, z = checked(frequency, impedance)
    omega = 2.0 * np.pi * f
    decades = float(np.log10(f.max() / f.min()))
    elements = int(min(round(_PER_DECADE * decades) + 1, len(f)))
    if why := _too_sparse(f, decades):
        nothing = np.zeros(len(f), complex)
        return KramersKronig(nothing, np.nan, np.nan, limit, 0, False, np.nan, why)
    tau = np.geomspace(1.0 / omega.max(), 1.0 / omega.min(), elements)
    series = np.stack([np.ones(len(f), complex), 1j * omega, 1.0 / (1j * omega)], axis=1)
    design = np.concatenate([series, 1.0 / (1.0 + 1j * np.multiply.outer(omega, tau))], axis=1)
    coefficients = _weighted_solution(design, z)
    residual = (z - design @ coefficients) / np.abs(z)
    power = float(np.sum(residual.real**2 + residual.imag**2))
    freedom = max(2 * len(f) - design.shape[1], 1)
    noise = float(np.sqrt(power / freedom))
    return KramersKronig(
        residual=residual,
        rms=float(np.sqrt(power / (2 * len(f)))),
        noise=noise,
        limit=limit,
        elements=elements,
        passed=noise <= limit,
        inductance_henry=float(coefficients[1]),
    )


def _too_sparse(f: FloatArray, decades: float) -> str:
    """Say why a spectrum has too few points for the test; empty where it has enough."""
    if len(f) < FEWEST_POINTS:
        return f"too few points ({len(f)}; at least {FEWEST_POINTS} are needed)"
    if decades <= 0.0:
        return "only one frequency"
    a_decade = (len(np.unique(f)) - 1) / decades
    if a_decade < FEWEST_A_DECADE:
        return f"too few points a decade ({a_decade:.2g}; at least {FEWEST_A_DECADE} are needed)"
    return ""


def relaxations(
    frequency: ArrayLike, impedance: ArrayLike, *, beyond: float = 1.0, per_decade: float = 5.0
) -> Relaxations:
    """Write a spectrum as an ohmic resistance, an inductance and non-negative relaxations.

    Parameters
    ----------
    frequency : array_like, shape (n,)
        Positive, in any order (Hz).
    impedance : array_like, shape (n,), complex
        True sign (Ω).
    beyond : float
        How far the time constants reach beyond 1/ω of both ends (factor, >= 1).
    per_decade : float
        Density of time constants.

    Returns
    -------
    Relaxations

    Raises
    ------
    ValueError
        As :func:`kramers_kronig`.

    References
    ----------
    Measurement model: Boukamp 1995, doi 10.1149/1.2044210, with non-negative resistances.
    """
    f, z = checked(frequency, impedance)
    omega = 2.0 * np.pi * f
    span = np.log10(omega.max() / omega.min()) + 2.0 * np.log10(beyond)
    tau = np.geomspace(
        1.0 / (omega.max() * beyond), beyond / omega.min(), max(2, round(per_decade * span) + 1)
    )
    parts = 1.0 / (1.0 + 1j * np.multiply.outer(omega, tau))
    design = np.concatenate([np.ones((len(f), 1)), 1j * omega[:, None], parts], axis=1)
    weighted, target = _real_rows(design, z)
    scale = np.sqrt(np.sum(weighted**2, axis=0))
    scale[scale == 0.0] = 1.0
    weighted /= scale
    gram = weighted.T @ weighted
    gram[np.diag_indices_from(gram)] += 1e-6
    solution = _non_negative(gram, weighted.T @ target, _SWEEPS) / scale
    misfit = float(np.sqrt(np.mean((weighted @ (solution * scale) - target) ** 2)))
    return Relaxations(float(solution[0]), float(solution[1]), tau, solution[2:], misfit)


def checked(frequency: ArrayLike, impedance: ArrayLike) -> tuple[FloatArray, ComplexArray]:
    """Return both as arrays of one length; raise ``ValueError`` on what no spectrum holds."""
    f = np.asarray(frequency, dtype=np.float64)
    z = np.asarray(impedance, dtype=np.complex128)
    if f.ndim != 1 or f.shape != z.shape or not len(f):
        raise ValueError(f"frequency {f.shape} and impedance {z.shape} must be of one length")
    if not (np.isfinite(f).all() and (f > 0.0).all()):
        raise ValueError("every frequency must be positive and finite (Hz)")
    if not np.isfinite(z).all() or (z == 0.0).any():
        raise ValueError("every impedance must be finite and not zero (ohm)")
    return f, z


def _real_rows(design: ComplexArray, z: ComplexArray) -> tuple[FloatArray, FloatArray]:
    """Return the complex problem as a real one, each row relative to |Z|."""
    weight = 1.0 / np.abs(z)
    rows = design * weight[:, None]
    target = z * weight
    return (
        np.concatenate([rows.real, rows.imag]),
        np.concatenate([target.real, target.imag]),
    )


def _weighted_solution(design: ComplexArray, z: ComplexArray) -> FloatArray:
    rows, target = _real_rows(design, z)
    scale = np.sqrt(np.sum(rows**2, axis=0))
    scale[scale == 0.0] = 1.0
    rows = rows / scale
    gram = rows.T @ rows
    gram[np.diag_indices_from(gram)] += _RIDGE * len(gram)
    solution: FloatArray = np.linalg.solve(gram, rows.T @ target) / scale
    return solution


@strict
def _non_negative(gram: Any, moment: Any, sweeps: int) -> Any:
    """Minimise ½xᵀGx - bᵀx over x >= 0 by cyclic coordinate descent."""
    n = len(moment)
    x = np.zeros(n)
    slope = -moment.copy()
    for _ in range(sweeps):
        largest = 0.0
        for i in range(n):
            step = -slope[i] / gram[i, i]
            if x[i] + step < 0.0:
                step = -x[i]
            if step != 0.0:
                x[i] += step
                for j in range(n):
                    slope[j] += gram[i, j] * step
                largest = max(largest, abs(step))
        if largest < 1e-9:
            break
    return x
