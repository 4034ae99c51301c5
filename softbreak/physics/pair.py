"""Two spectra of one cell: what a pair says of the electronic fraction.

If only an electronic path appeared, the admittance rose by one real number at every frequency
(:func:`softbreak.physics.delta.delta_admittance`). Contact, temperature and interphase change as
well, so :func:`pair_electronic_fraction` fits them beside the electronic path and says how sure
it is.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Final

import numpy as np
from numpy.typing import ArrayLike

from softbreak.physics import _pair_fit
from softbreak.physics.delta import ascending
from softbreak.physics.relaxation import (
    ComplexArray,
    FloatArray,
    KramersKronig,
    Relaxations,
    checked,
    kramers_kronig,
    relaxations,
)
from softbreak.state_limits import HARD_FROM, HEALTHY_BELOW

PRIOR_HEALTHY: Final = 0.5
"""Prior probability of η_e < 0.05: without evidence the answer is "even odds", never "short"."""
PRIOR_HARD: Final = 0.05

ETA_EDGES: Final = np.array(
    [
        *(0.0, 0.0125, 0.025, 0.0375, 0.05, 0.075, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45),
        *(0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9, 0.925, 0.95, 0.97, 0.98, 0.99, 0.995),
        1.0,
    ]
)
"""Cells of the grid of η_e; the limits 0.05 and 0.95 are edges."""

_CENTRES: Final = 0.5 * (ETA_EDGES[1:] + ETA_EDGES[:-1])

_MISFIT_LIMIT = 2.0
_ARTEFACT = 0.05
_STRAIN_LIMIT = 25.0
_SLOPE_LIMIT = 0.4
_DECADES = 3.0
_INSIDE_90 = 0.2585
"""exp(-1.6449²/2): a density this share of the largest is the end of a 90 % profile interval."""
_KELVIN = 0.1306
"""1/(k_B T²) at 298 K, in 1/(eV K): what one kelvin adds to u."""
LOGGED_KELVIN: Final = 0.4
UNLOGGED_KELVIN: Final = 0.8
"""How far the temperature usually is from its log, or from what it was where there is none (K)."""
_BULK = 0.03
_CONTACT = 0.05
_UNEVEN = 0.03
_SHRINKS = 0.04
_GROWS = 0.05
"""How far each usually moves between two spectra (ln): mostly nothing does, and what moves may move
by anything. A normal prior lets bulk, contact and growth conspire to hide a short, or to feign one;
these were chosen on simulated cells of law set "a"."""


@dataclass(frozen=True, slots=True, eq=False)
class PairResult:
    """Posterior of the electronic fraction of the present spectrum.

    Attributes
    ----------
    eta : numpy.ndarray, shape (k,)
        Centres of the grid's cells (1).
    posterior : numpy.ndarray, shape (k,)
        Probability of each cell; sums to one.
    mean, sd : float
        Of η_e (1).
    lower, upper : float
        Central 90 % interval (1); ``lower`` is 0 where η_e = 0 lies in the 90 % profile interval.
    p_soft_or_hard, p_hard : float
        P(η_e >= 0.05), P(η_e >= 0.95).
    chi2_reduced : float
        Of the best fit, at the assumed noise (1).
    abstained : bool
        Whether the gate closed: the numbers are then for inspection, not for a verdict.
    reasons : tuple of str
        Why the gate closed, in sentences; empty if it did not.
    temperature_kelvin : float
        Change of temperature that the best fit assumes (K).
    growth : float
        Factor on the resistance of the interfaces that the best fit assumes, beyond temperature
        and the electronic path (1).
    method : str
        Which model stood for the reference: "relaxations", or "circuit: " and its name.
    delta_flatness : float
        Reduced chi-square of "the admittance rose by one real number"; NaN where not asked for.
    """

    eta: FloatArray
    posterior: FloatArray
    mean: float
    sd: float
    lower: float
    upper: float
    p_soft_or_hard: float
    p_hard: float
    chi2_reduced: float
    abstained: bool
    reasons: tuple[str, ...]
    temperature_kelvin: float
    growth: float
    method: str = "relaxations"
    delta_flatness: float = float("nan")


def pair_electronic_fraction(
    reference: tuple[ArrayLike, ArrayLike],
    present: tuple[ArrayLike, ArrayLike],
    *,
    delta_temperature_kelvin: float | None = None,
    temperature_sd_kelvin: float = LOGGED_KELVIN,
    noise: float = 0.02,
) -> PairResult:
    """Infer the electronic fraction of a spectrum from an earlier, healthy one of the same cell.

    The reference is written as ``R_0 + Σ R_k / (1 + jωτ_k)``. The present spectrum is modelled as
    ``Z = D / (1 + g D)`` with ``g = η / (1 - η) / D(0)`` and ``D = R_0 e^(a - .34 u) + Σ R_k
    e^(κ_k + γ_k - E_k u) / (1 + jωτ_k e^(γ_k - E_k u))``: u is the temperature, a the bulk, κ the
    contact (it scales resistances down and capacitances up), γ the growth of interphases (it
    scales resistances and time constants up); κ and γ may differ from one 1.5 decades of τ
    to the next. Each has a prior: most likely nothing changed, but what did may have changed by
    anything, growth rather than shrinkage. For every η of a grid
    they are optimised (Gauss–Newton) and integrated out (Laplace). The prior of η puts even
    odds on η < 0.05, so that missing evidence never looks like a short.

    Parameters
    ----------
    reference, present : tuple of (frequency, impedance)
        Hz, positive, in any order; Ω, complex, true sign. The reference is taken as healthy.
    delta_temperature_kelvin : float or None
        Temperature of the present spectrum minus that of the reference (K); None if not logged.
    temperature_sd_kelvin : float
        How far that difference usually is from the truth (K).
    noise : float
        Relative standard deviation of noise and of what the model misses (1).

    Returns
    -------
    PairResult
        With ``abstained`` set where a spectrum fails the Kramers–Kronig test, the two share fewer
        than three decades, the reference is far from its DC limit, no combination fits, or only a
        far-fetched one does.

    Raises
    ------
    ValueError
        If the arrays of a spectrum differ in shape or hold what no spectrum holds.

    References
    ----------
    Definition of the fraction: Joule 2022, doi 10.1016/j.joule.2022.05.020, Equation 2;
    measurement model: doi 10.1149/1.2044210.
    """
    before, now = examined(*reference), examined(*present)
    f_0, f_1 = before.frequency, now.frequency
    reasons = _gate_before(before, now)
    common = (f_1 >= f_0[0] * 0.7) & (f_1 <= f_0[-1] * 1.4)
    if common.sum() < 8:
        return _nothing(reasons)
    own = before.bare[2]
    f_1, z_1, later = (
        now.bare if common.all() else without_cable_artefacts(f_1[common], now.impedance[common])
    )
    z_1 = z_1 - 2j * np.pi * f_1 * later.inductance
    count = _pair_fit.nodes(f_0)
    priors = _priors(delta_temperature_kelvin, temperature_sd_kelvin, count)
    fit = _pair_fit.profile(own, f_1, z_1, _CENTRES, priors, noise)
    posterior = np.exp(fit.log_evidence - fit.log_evidence.max()) * _prior_masses()
    best = int(np.argmax(fit.log_evidence))
    kelvin = float(fit.parameters[best, 0] / _KELVIN)
    chi2 = float(fit.chi2_reduced[best])
    reasons += _gate_after(chi2, float(fit.strain[best]))
    growth = _growth(own, fit.parameters[best])
    return _summary(posterior / posterior.sum(), chi2, reasons, kelvin, growth)


@dataclass(frozen=True, eq=False)
class Examined:
    """A spectrum in ascending frequency, and what both inferences ask of it."""

    frequency: FloatArray
    impedance: ComplexArray

    @cached_property
    def check(self) -> KramersKronig:
        """Whether it obeys the Kramers–Kronig relations."""
        return kramers_kronig(self.frequency, self.impedance)

    @cached_property
    def bare(self) -> tuple[FloatArray, ComplexArray, Relaxations]:
        """The spectrum :func:`without_cable_artefacts`."""
        return without_cable_artefacts(self.frequency, self.impedance)


def examined(frequency: ArrayLike, impedance: ArrayLike) -> Examined:
    """Return a spectrum with what is known of it: a reference is asked for again and again.

    Raises
    ------
    ValueError
        If the arrays differ in shape or hold what no spectrum holds.
    """
    f, z = ascending(*checked(frequency, impedance))
    return _examined(f.tobytes(), z.tobytes())


@lru_cache(maxsize=16)
def _examined(frequency: bytes, impedance: bytes) -> Examined:
    f, z = np.frombuffer(frequency), np.frombuffer(impedance, dtype=np.complex128)
    return Examined(f.copy(), z.copy())  # compiled code is compiled anew for arrays of bytes


def _gate_before(before: Examined, now: Examined) -> tuple[str, ...]:
    reasons = []
    f_0, z_0, f_1 = before.frequency, before.impedance, now.frequency
    for name, check in (("reference", before.check), ("present", now.check)):
        if not check.passed:
            reasons.append(
                f"The {name} spectrum fails the Kramers-Kronig test: residual "
                f"{100 * check.noise:.1f} % of |Z|, limit {100 * check.limit:.1f} %."
            )
    low, high = max(float(f_0[0]), float(f_1[0])), min(float(f_0[-1]), float(f_1[-1]))
    decades = float(np.log10(high / low))
    if decades < _DECADES:
        reasons.append(f"The two spectra share {max(decades, 0.0):.1f} decades; 3 are needed.")
    slope = float(-z_0[0].imag / z_0[0].real) if z_0[0].real > 0.0 else np.inf
    if slope > _SLOPE_LIMIT:
        reasons.append(
            f"The reference ends far from its DC limit (-Im/Re = {slope:.2f} at {f_0[0]:.3g} Hz)."
        )
    return tuple(reasons)


def _gate_after(chi2: float, strain: float) -> tuple[str, ...]:
    reasons = []
    if chi2 > _MISFIT_LIMIT:
        reasons.append(
            f"No temperature, contact, growth and electronic path turn the reference into the "
            f"present spectrum (reduced chi-square {chi2:.1f}, limit {_MISFIT_LIMIT:.1f})."
        )
    if strain > _STRAIN_LIMIT:
        reasons.append(
            f"Only far-fetched changes of temperature, contact and interphase turn the reference "
            f"into the present spectrum (strain {strain:.0f}, limit {_STRAIN_LIMIT:.0f}): is it "
            f"the same cell, and the temperature right?"
        )
    return tuple(reasons)


def without_cable_artefacts(
    f: FloatArray, z: ComplexArray
) -> tuple[FloatArray, ComplexArray, Relaxations]:
    """Drop what no passive cell does at the top of a spectrum: the artefacts of cables.

    From the highest frequency down, points that the relaxations miss by more than 5 % go, at most
    half a decade of them.

    Parameters
    ----------
    f, z : numpy.ndarray, shape (n,)
        Ascending (Hz), true sign (Ω).

    Returns
    -------
    f, z, relaxations
        What is left, and the relaxations that write it.
    """
    kept = len(f)
    lowest = f[-1] / 10.0**0.5
    while True:
        own = relaxations(f[:kept], z[:kept], beyond=3.0)
        at = f[kept - 1]
        model = own.impedance(at) + 2j * np.pi * at * own.inductance
        missed = abs(z[kept - 1] - model) > _ARTEFACT * abs(z[kept - 1])
        if not missed or at < lowest or kept <= 8:
            return f[:kept], z[:kept], own
        kept -= 1


def _priors(delta_kelvin: float | None, sd_kelvin: float, nodes: int) -> FloatArray:
    """Return the priors of (u, a, κ, Δκ…, γ…); see :func:`_pair_fit.profile`."""
    warmth, reach = warming(delta_kelvin, sd_kelvin)
    spread = 0.07 * reach
    common = [warmth, rests(float(np.hypot(_BULK, 0.06 * reach))), rests(_CONTACT)]
    growth = rests(float(np.hypot(_SHRINKS, spread)), float(np.hypot(_GROWS, spread)))
    return np.array(common + [rests(_UNEVEN)] * nodes + [growth] * nodes, dtype=np.float64)


def warming(delta_kelvin: float | None, sd_kelvin: float) -> tuple[list[float], float]:
    """Return the prior of u, and how far u may reach."""
    scale = _KELVIN * (UNLOGGED_KELVIN if delta_kelvin is None else sd_kelvin)
    mean = 0.0 if delta_kelvin is None else _KELVIN * delta_kelvin
    return [mean, scale, scale, 1.0, 1.0], abs(mean) + scale


def normal(mean: float, sd: float) -> list[float]:
    """Return a row of priors: a normal distribution."""
    return [mean, sd, sd, 0.0, 0.0]


def rests(below: float, above: float | None = None) -> list[float]:
    """Return a row of priors: most likely nothing changed, but if it did, by anything."""
    return [0.0, below, below if above is None else above, 1.0, 1.0]


def _prior_masses() -> FloatArray:
    widths = np.diff(ETA_EDGES)
    healthy, hard = _CENTRES < HEALTHY_BELOW, _CENTRES >= HARD_FROM
    soft = ~healthy & ~hard
    masses = np.zeros(len(widths))
    for cells, mass in (
        (healthy, PRIOR_HEALTHY),
        (soft, 1.0 - PRIOR_HEALTHY - PRIOR_HARD),
        (hard, PRIOR_HARD),
    ):
        masses[cells] = mass * widths[cells] / widths[cells].sum()
    return masses


def _summary(
    posterior: FloatArray, chi2: float, reasons: tuple[str, ...], kelvin: float, growth: float
) -> PairResult:
    eta = _CENTRES
    mean = float(posterior @ eta)
    cumulative = np.concatenate([[0.0], np.cumsum(posterior)])
    lower, upper = np.interp(np.array([0.05, 0.95]), cumulative, ETA_EDGES)
    density = posterior / np.diff(ETA_EDGES)
    if density[0] >= _INSIDE_90 * density.max():
        lower = 0.0  # a central interval would exclude a value that the data cannot reject
    return PairResult(
        eta=eta,
        posterior=posterior,
        mean=mean,
        sd=float(np.sqrt(posterior @ (eta - mean) ** 2)),
        lower=float(lower),
        upper=float(upper),
        p_soft_or_hard=float(posterior[eta >= HEALTHY_BELOW].sum()),
        p_hard=float(posterior[eta >= HARD_FROM].sum()),
        chi2_reduced=chi2,
        abstained=bool(reasons),
        reasons=reasons,
        temperature_kelvin=kelvin,
        growth=growth,
    )


def _nothing(reasons: tuple[str, ...]) -> PairResult:
    why = reasons or ("The two spectra share fewer than 8 points.",)
    return _summary(_prior_masses(), float("nan"), why, float("nan"), float("nan"))


def _growth(reference: Relaxations, parameters: FloatArray) -> float:
    """Return the factor on all relaxations together, at the reference's temperature."""
    at_reference = parameters.copy()
    at_reference[:2] = 0.0
    return _pair_fit.scaled(reference, at_reference)
