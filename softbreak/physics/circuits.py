"""Equivalent circuits of Li | solid electrolyte | Li cells: an explicit table, and their fits.

A circuit is a series of a lead's inductance, a resistance (all that is faster than the
spectrum) and arcs or a diffusion element. An electronic path beside a series of arcs is again a
series of arcs with other values: no single spectrum tells them apart, and none of the fits
(:mod:`softbreak.physics.circuit_fit`) claims to (:mod:`softbreak.physics.circuit_pair` compares
two).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from softbreak.physics import _circuit_fit
from softbreak.physics.relaxation import ComplexArray, FloatArray


class Element(IntEnum):
    """What stands in series; see :data:`FORMULAS`."""

    INDUCTOR = _circuit_fit.INDUCTOR
    RESISTOR = _circuit_fit.RESISTOR
    ARC = _circuit_fit.ARC
    WARBURG = _circuit_fit.WARBURG


PARAMETERS: Final[dict[Element, tuple[str, ...]]] = {
    Element.INDUCTOR: ("L",),
    Element.RESISTOR: ("R",),
    Element.ARC: ("R", "tau", "n"),
    Element.WARBURG: ("R", "tau"),
}
"""Parameters of each element, in order: H, Ω, s, 1. Of an arc, Q = τⁿ/R (S sⁿ)."""

FORMULAS: Final[dict[Element, str]] = {
    Element.INDUCTOR: "I*omega*L",
    Element.RESISTOR: "R",
    Element.ARC: "R/(1 + (I*omega*tau)**n)",
    Element.WARBURG: "R*tanh(sqrt(I*omega*tau))/sqrt(I*omega*tau)",
}
"""The impedance of each element, for readers and for the tests; the code never reads it."""


@dataclass(frozen=True, slots=True)
class Circuit:
    """Elements in series.

    Attributes
    ----------
    name : str
    elements : tuple of Element
        Inductor and resistor first, then arcs from fast to slow, then diffusion.
    interfaces : tuple of bool
        For each element after the resistor: whether its resistance follows the area of contact
        between lithium and electrolyte.
    has_bulk : bool
        Whether the first arc is the bulk's: it then has a geometric capacitance of picofarads.
    """

    name: str
    elements: tuple[Element, ...]
    interfaces: tuple[bool, ...]
    has_bulk: bool = False

    @property
    def parameters(self) -> tuple[str, ...]:
        """Names in order: ``L``, ``R0``, then ``R1, tau1, n1`` and so on."""
        return tuple(
            "L" if element is Element.INDUCTOR else f"{name}{max(place - 1, 0)}"
            for place, element in enumerate(self.elements)
            for name in PARAMETERS[element]
        )

    @property
    def kinds(self) -> NDArray[np.int64]:
        """The elements as compiled code takes them."""
        return np.array(self.elements, dtype=np.int64)


_ENDS: Final = (Element.INDUCTOR, Element.RESISTOR)
_A: Final = Element.ARC

CIRCUITS: Final[dict[str, Circuit]] = {
    circuit.name: circuit
    for circuit in (
        Circuit("one arc", (*_ENDS, _A), (True,)),
        Circuit("two arcs", (*_ENDS, _A, _A), (True, True)),
        Circuit("three arcs", (*_ENDS, _A, _A, _A), (True, True, True)),
        Circuit("grain boundary and interface", (*_ENDS, _A, _A), (False, True)),
        Circuit(
            "bulk, grain boundary and interface",
            (*_ENDS, _A, _A, _A),
            (False, False, True),
            has_bulk=True,
        ),
        Circuit("grain boundary and two arcs", (*_ENDS, _A, _A, _A), (False, True, True)),
        Circuit("arc and Warburg", (*_ENDS, _A, Element.WARBURG), (True, False)),
        Circuit("two arcs and Warburg", (*_ENDS, _A, _A, Element.WARBURG), (True, True, False)),
    )
}
"""Every circuit, by name."""

CHEMISTRY_CIRCUITS: Final[dict[str, tuple[str, ...]]] = {
    "sulfide": ("one arc", "two arcs", "three arcs"),
    "halide": ("one arc", "two arcs", "three arcs"),
    "garnet": (
        "grain boundary and interface",
        "bulk, grain boundary and interface",
        "grain boundary and two arcs",
    ),
    "polymer": ("one arc", "arc and Warburg", "two arcs and Warburg"),
    "unknown": ("one arc", "two arcs", "three arcs", "arc and Warburg", "two arcs and Warburg"),
}
"""Candidates for each class of electrolyte; the Bayesian information criterion chooses."""

BULK_FARAD: Final = 1e-9
"""The geometric capacitance of a bulk lies far below, that of a grain boundary above (F)."""

_SPOKEN: Final = {
    "sulfide": ("sulfide", "ps5", "ps4", "p3s11", "lgps", "lps", "gep2s12", "argyrodite", "sip2s"),
    "halide": ("halide", "ycl6", "incl6", "zrcl6", "ybr6", "ercl6", "sccl6"),
    "garnet": ("garnet", "llzo", "la3zr2", "nasicon", "nzsp", "si2po12", "latp", "lagp", "(po4)3"),
    "polymer": ("polymer", "peo", "polyethylene oxide", "pvdf", "polycarbonate"),
}


def chemistry_of(electrolyte: str | None) -> str:
    """Return the class of an electrolyte by its name.

    Parameters
    ----------
    electrolyte : str or None
        A formula or a usual abbreviation ("Li6PS5Cl", "LLZO", "PEO-LiTFSI").

    Returns
    -------
    str
        A key of :data:`CHEMISTRY_CIRCUITS`; "unknown" where nothing is recognised. Sintered
        oxides and NASICON, of lithium or sodium, count as "garnet": they have grain boundaries.
    """
    text = (electrolyte or "").lower()
    for chemistry, words in _SPOKEN.items():
        if any(word in text for word in words):
            return chemistry
    return "unknown"


def circuit_impedance(circuit: Circuit, values: ArrayLike, frequency: ArrayLike) -> ComplexArray:
    """Return the impedance of a circuit.

    Parameters
    ----------
    circuit : Circuit
    values : array_like, shape (p,)
        In the order of ``circuit.parameters`` (H, Ω, s, 1); positive, every n below 1.
    frequency : array_like, shape (n,)
        Positive (Hz).

    Returns
    -------
    numpy.ndarray, shape (n,), complex
        Ω, true sign.

    Raises
    ------
    ValueError
        If the number of values is not the circuit's, or one is out of its range.
    """
    theta = to_theta(circuit, np.asarray(values, dtype=np.float64))
    log_omega = np.log(2.0 * np.pi * np.asarray(frequency, dtype=np.float64))
    points = len(log_omega)
    z = np.empty(2 * points)
    slopes = np.empty((len(theta), 2 * points))
    _circuit_fit.series(circuit.kinds, theta, log_omega, (0, points, 0, points), z, slopes)
    return z[:points] + 1j * z[points:]


def named_circuit(circuit: Circuit | str) -> Circuit:
    """Return a circuit by its name; raise ``ValueError`` where there is none."""
    if isinstance(circuit, Circuit):
        return circuit
    if circuit not in CIRCUITS:
        raise ValueError(f"no circuit {circuit!r}; there are {', '.join(CIRCUITS)}")
    return CIRCUITS[circuit]


def is_exponent(circuit: Circuit) -> NDArray[np.bool_]:
    """Return which parameters are exponents: of those, the logit is fitted."""
    return np.array([name.startswith("n") for name in circuit.parameters])


def to_theta(circuit: Circuit, values: FloatArray) -> FloatArray:
    """Return logarithms (logits of exponents); raise ``ValueError`` on illegal values."""
    exponent = is_exponent(circuit)
    if values.shape != exponent.shape:
        raise ValueError(f"{circuit.name} takes {len(exponent)} values: {circuit.parameters}")
    if not ((values > 0.0).all() and (values[exponent] < 1.0).all()):
        raise ValueError("every value must be positive, every exponent below 1")
    theta = np.log(values)
    theta[exponent] -= np.log1p(-values[exponent])
    return theta
