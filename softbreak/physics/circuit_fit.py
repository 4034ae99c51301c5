"""Fits of equivalent circuits to spectra, one or thousands: own Levenberg–Marquardt.

Relative residuals (weights ``1/|Z|``), logarithms of all parameters, slopes in closed form, and
starting values from the spectrum's own relaxations.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import ArrayLike

from softbreak.physics import _circuit_fit
from softbreak.physics.circuits import (
    BULK_FARAD,
    CHEMISTRY_CIRCUITS,
    CIRCUITS,
    Circuit,
    Element,
    circuit_impedance,
    is_exponent,
    named_circuit,
)
from softbreak.physics.relaxation import (
    ComplexArray,
    FloatArray,
    Relaxations,
    checked,
    relaxations,
)

_LOOSE_SD: Final = {"L": 8.0, "R": 8.0, "tau": 8.0, "n": 2.0}
"""A prior so wide that it only keeps what the spectrum does not show from running away."""
_LOGIT_N: Final = 2.2
_TYPICAL_HENRY: Final = 3e-7
_LEAST_NOISE: Final = 1e-4


@dataclass(frozen=True, slots=True, eq=False)
class CircuitFit:
    """A circuit fitted to one spectrum.

    Attributes
    ----------
    circuit : Circuit
    values : numpy.ndarray, shape (p,)
        In the order of ``circuit.parameters`` (H, Ω, s, 1).
    relative_sd : numpy.ndarray, shape (p,)
        Standard errors of their logarithms (of n: of n itself), from the residual's size.
    chi2 : float
        Sum of squared relative residuals over ``noise²``.
    chi2_reduced : float
        Over the degrees of freedom (1).
    noise : float
        Relative noise of each part of Z that the residual itself stands for (1).
    residual : numpy.ndarray, shape (n,), complex
        ``(Z - Z_fit) / |Z|`` (1), in ascending frequency.
    criterion : float
        Bayesian information criterion; lower is better, among circuits of one spectrum.
    theta : numpy.ndarray, shape (p,)
        Logarithms of ``values`` (logit of n).
    """

    circuit: Circuit
    values: FloatArray
    relative_sd: FloatArray
    chi2: float
    chi2_reduced: float
    noise: float
    residual: ComplexArray
    criterion: float
    theta: FloatArray

    def __repr__(self) -> str:
        """One line that says what it is."""
        told = ", ".join(
            f"{name} {value:.3g}"
            for name, value in zip(self.circuit.parameters, self.values, strict=True)
        )
        return f"<CircuitFit {self.circuit.name}: {told}; noise {100 * self.noise:.2g} %>"

    def impedance(self, frequency: ArrayLike) -> ComplexArray:
        """Return the fitted impedance (Ω) at frequencies (Hz)."""
        return circuit_impedance(self.circuit, self.values, frequency)

    @property
    def direct_current(self) -> float:
        """Resistance at zero frequency (Ω)."""
        named = zip(self.circuit.parameters, self.values, strict=True)
        return float(sum(value for name, value in named if name.startswith("R")))


def fit_circuit(
    frequency: ArrayLike,
    impedance: ArrayLike,
    circuit: Circuit | str,
    *,
    noise: float | None = None,
    shape: Relaxations | None = None,
) -> CircuitFit:
    """Fit a circuit to a spectrum: relative residuals, Levenberg–Marquardt, logarithms.

    Parameters
    ----------
    frequency : array_like, shape (n,)
        Positive, in any order (Hz).
    impedance : array_like, shape (n,), complex
        True sign (Ω).
    circuit : Circuit or str
        Or its name in :data:`CIRCUITS`.
    noise : float, optional
        Known relative noise of each part of Z (1), for chi-square; without it, the residual's
        own size is taken, and ``chi2_reduced`` is 1.
    shape : Relaxations, optional
        Of the same spectrum, for the starting values, where they are known already.

    Returns
    -------
    CircuitFit

    Raises
    ------
    ValueError
        If the arrays hold what no spectrum holds, there are fewer points than parameters, or
        the circuit has no such name.

    References
    ----------
    Weighting by the modulus and the elements: Orazem and Tribollet, Electrochemical Impedance
    Spectroscopy, Wiley 2008, doi 10.1002/9780470381588.
    """
    f, z = checked(frequency, impedance)
    order = np.argsort(f)
    f, z = f[order], z[order]
    chosen = named_circuit(circuit)
    count = len(chosen.parameters)
    if 2 * len(f) <= count:
        raise ValueError(f"{len(f)} frequencies cannot carry the {count} parameters of a circuit")
    shape = relaxations(f, z, beyond=3.0) if shape is None else shape
    start = starting_values(chosen, shape, f)
    assumed = max(noise or shape.misfit, _LEAST_NOISE)
    theta, fit, matrix, residual = _circuit_fit.levenberg_marquardt(
        chosen.kinds, start, np.log(2.0 * np.pi * f), z, _loose(chosen, start), assumed**-2
    )
    return _fitted(chosen, theta, matrix, residual / np.abs(z), (float(fit), assumed, noise))


def best_circuit(
    frequency: ArrayLike,
    impedance: ArrayLike,
    chemistry: str = "unknown",
    *,
    noise: float | None = None,
    shape: Relaxations | None = None,
) -> CircuitFit:
    """Fit all candidates of a chemistry and return the best by the Bayesian criterion.

    Parameters
    ----------
    frequency, impedance : array_like
        As :func:`fit_circuit`.
    chemistry : str
        A key of :data:`CHEMISTRY_CIRCUITS`.
    noise, shape : optional
        As :func:`fit_circuit`.

    Raises
    ------
    ValueError
        As :func:`fit_circuit`, or if no chemistry has that name.
    """
    if chemistry not in CHEMISTRY_CIRCUITS:
        raise ValueError(f"no chemistry {chemistry!r}; there are {', '.join(CHEMISTRY_CIRCUITS)}")
    f, z = checked(frequency, impedance)
    names = [
        name
        for name in CHEMISTRY_CIRCUITS[chemistry]
        if 2 * len(f) > len(CIRCUITS[name].parameters)
    ]
    if not names:
        raise ValueError(f"{len(f)} frequencies cannot carry the parameters of a circuit")
    order = np.argsort(f)
    shape = relaxations(f[order], z[order], beyond=3.0) if shape is None else shape
    fits = [fit_circuit(f, z, name, noise=noise, shape=shape) for name in names]
    sound = [fit for fit in fits if not fit.circuit.has_bulk or _fastest_farad(fit) < BULK_FARAD]
    return min(sound or fits, key=lambda fit: fit.criterion)


def _fastest_farad(fit: CircuitFit) -> float:
    named = dict(zip(fit.circuit.parameters, fit.values, strict=True))
    return float(named["tau1"] / named["R1"])


@dataclass(frozen=True, slots=True, eq=False)
class CircuitBatch:
    """One circuit fitted to many spectra; row by row as :class:`CircuitFit`."""

    circuit: Circuit
    values: FloatArray
    relative_sd: FloatArray
    chi2_reduced: FloatArray
    noise: FloatArray


def fit_many(
    frequency: ArrayLike,
    impedances: Sequence[ArrayLike] | ComplexArray,
    circuit: Circuit | str,
    *,
    noise: float | None = None,
) -> CircuitBatch:
    """Fit one circuit to thousands of spectra of common frequencies.

    Parameters
    ----------
    frequency : array_like, shape (n,)
        Hz.
    impedances : array_like, shape (k, n), complex
        Ω, one spectrum a row.
    circuit, noise
        As :func:`fit_circuit`.

    Returns
    -------
    CircuitBatch
        With k rows.

    Raises
    ------
    ValueError
        As :func:`fit_circuit`.
    """
    chosen = named_circuit(circuit)
    fits = [fit_circuit(frequency, z, chosen, noise=noise) for z in impedances]
    columns = np.empty((0, len(chosen.parameters)))
    return CircuitBatch(
        chosen,
        np.array([fit.values for fit in fits]) if fits else columns,
        np.array([fit.relative_sd for fit in fits]) if fits else columns,
        np.array([fit.chi2_reduced for fit in fits]),
        np.array([fit.noise for fit in fits]),
    )


def starting_values(circuit: Circuit, shape: Relaxations, frequency: FloatArray) -> FloatArray:
    """Return the logarithms to start from: relaxations gathered into as many heaps as elements.

    Parameters
    ----------
    circuit : Circuit
    shape : Relaxations
        Of the spectrum.
    frequency : numpy.ndarray
        Its frequencies (Hz).
    """
    total = shape.direct_current
    fast = shape.time_constants < 1.0 / (2.0 * np.pi * frequency.max())
    ohmic = shape.ohmic + shape.resistances[fast].sum()
    theta = [np.log(max(shape.inductance, 1e-3 * _TYPICAL_HENRY)), np.log(max(ohmic, 1e-3 * total))]
    heaps = _heaps(
        np.log(shape.time_constants[~fast]), shape.resistances[~fast], len(circuit.elements) - 2
    )
    for element, (weight, centre, variance) in zip(circuit.elements[2:], heaps, strict=True):
        theta.append(np.log(max(weight, 1e-3 * total)))
        if element is Element.WARBURG:
            theta.append(centre + 1.1)  # the slowest mode, at 4τ/π², carries 8/π² of R
        else:
            # the relaxations of an arc spread by the variance π²/3 (1/n² - 1) in ln τ
            n = float(np.clip((1.0 + 3.0 * variance / np.pi**2) ** -0.5, 0.6, 0.97))
            theta += [centre, np.log(n / (1.0 - n))]
    return np.array(theta)


def _heaps(x: FloatArray, weight: FloatArray, count: int) -> list[tuple[float, float, float]]:
    """Cut weights along x into contiguous heaps of least spread; return weight, centre, variance.

    Exact: every set of cuts is tried, for there are at most three heaps.
    """
    weight = weight + 1e-9 * max(float(weight.sum()), 1e-12)
    sums = [np.concatenate([[0.0], np.cumsum(weight * x**power)]) for power in range(3)]
    total, first, second = (s[None, :] - s[:, None] for s in sums)
    with np.errstate(divide="ignore", invalid="ignore"):
        spread = np.where(total > 0.0, second - first**2 / total, np.inf)
    spread[np.tril_indices(len(spread))] = np.inf
    cuts = _best_cuts(spread, count)
    return [
        (
            float(total[i, j]),
            float(first[i, j] / total[i, j]),
            float(max(spread[i, j] / total[i, j], 0.0)),
        )
        for i, j in pairwise((0, *cuts, len(x)))
    ]


def _best_cuts(spread: FloatArray, count: int) -> tuple[int, ...]:
    """Return where to cut for the least sum, from the spread of every stretch [i, j)."""
    if count == 1:
        return ()
    if count == 2:
        return (int(np.argmin(spread[0] + spread[:, -1])),)
    both = spread[0][:, None] + spread + spread[:, -1][None, :]
    first, second = np.unravel_index(np.argmin(both), both.shape)
    return int(first), int(second)


def _loose(circuit: Circuit, start: FloatArray) -> FloatArray:
    priors = np.empty((len(start), 2))
    for p, name in enumerate(circuit.parameters):
        priors[p] = start[p], _LOOSE_SD[name.rstrip("0123456789")]
    priors[0, 0] = np.log(_TYPICAL_HENRY)
    priors[is_exponent(circuit), 0] = _LOGIT_N
    return priors


def _fitted(
    circuit: Circuit,
    theta: FloatArray,
    matrix: FloatArray,
    residual: ComplexArray,
    found: tuple[float, float, float | None],
) -> CircuitFit:
    fit, assumed, known = found
    freedom = max(2 * len(residual) - len(theta), 1)
    power = float(np.sum(residual.real**2 + residual.imag**2))
    own = max(float(np.sqrt(power / freedom)), _LEAST_NOISE)
    sd = np.sqrt(np.diag(np.linalg.pinv(matrix))) * own / assumed
    exponent = is_exponent(circuit)
    values = np.exp(theta)
    values[exponent] = 1.0 / (1.0 + np.exp(-theta[exponent]))
    sd[exponent] *= values[exponent] * (1.0 - values[exponent])
    chi2 = fit if known else fit * (assumed / own) ** 2
    points = 2 * len(residual)
    floor = max(power, points * _LEAST_NOISE**2)
    return CircuitFit(
        circuit=circuit,
        values=values,
        relative_sd=sd,
        chi2=chi2,
        chi2_reduced=chi2 / freedom,
        noise=own,
        residual=residual,
        criterion=float(points * np.log(floor / points) + len(theta) * np.log(points)),
        theta=theta,
    )
