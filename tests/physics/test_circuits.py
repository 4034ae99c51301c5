"""Elements against their declared formulas, fits against circuits of known values."""

from __future__ import annotations

import numpy as np
import pytest
import sympy
from sympy.parsing.sympy_parser import parse_expr

from softbreak.physics import _circuit_fit
from softbreak.physics.circuit_fit import best_circuit, fit_circuit, fit_many, starting_values
from softbreak.physics.circuits import (
    CHEMISTRY_CIRCUITS,
    CIRCUITS,
    FORMULAS,
    PARAMETERS,
    Circuit,
    Element,
    chemistry_of,
    circuit_impedance,
)
from softbreak.physics.relaxation import relaxations

FREQUENCY = np.geomspace(7e6, 1e-3, 60)
TYPICAL = {"L": 4e-7, "R": 30.0, "tau": 2e-3, "n": 0.83}
TWO_ARCS = np.array([3e-7, 45.0, 60.0, 3e-5, 0.9, 25.0, 8e-3, 0.8])


def _noisy(z: np.ndarray, size: float, rng: np.random.Generator) -> np.ndarray:
    scatter = rng.standard_normal(z.shape) + 1j * rng.standard_normal(z.shape)
    return z + size * np.abs(z) * scatter


@pytest.mark.parametrize("element", list(Element))
def test_element_against_its_declared_formula(element: Element) -> None:
    names = PARAMETERS[element]
    symbols = {name: sympy.Symbol(name, positive=True) for name in (*names, "omega")}
    declared = parse_expr(FORMULAS[element], local_dict=symbols)
    values = np.array([TYPICAL[name] for name in names])
    circuit = Circuit("alone", (element,), ())
    ours = circuit_impedance(circuit, values, FREQUENCY)
    numbers = sympy.lambdify(list(symbols.values()), declared, "mpmath")
    theirs = [complex(numbers(*values, 2 * np.pi * f)) for f in FREQUENCY]
    np.testing.assert_allclose(ours, theirs, rtol=1e-10)


@pytest.mark.parametrize("element", list(Element))
def test_slopes_against_sympy(element: Element) -> None:
    names = PARAMETERS[element]
    symbols = {name: sympy.Symbol(name, positive=True) for name in (*names, "omega")}
    declared = parse_expr(FORMULAS[element], local_dict=symbols)
    values = np.array([TYPICAL[name] for name in names])
    theta = np.log(values)
    # d/d ln p = p d/dp; d/d logit n = n (1 - n) d/dn
    inner = values.copy()
    for p, name in enumerate(names):
        if name == "n":
            theta[p] -= np.log1p(-values[p])
            inner[p] = values[p] * (1 - values[p])
    points = len(FREQUENCY)
    z, parts = np.empty(2 * points), np.empty((len(names), 2 * points))
    log_omega = np.log(2 * np.pi * FREQUENCY)
    at = (0, points, 0, points)
    _circuit_fit.series(np.array([element]), theta, log_omega, at, z, parts)
    slopes = parts[:, :points] + 1j * parts[:, points:]
    for p, name in enumerate(names):
        slope = sympy.diff(declared, symbols[name])
        numbers = sympy.lambdify(list(symbols.values()), slope, "mpmath")
        theirs = [inner[p] * complex(numbers(*values, 2 * np.pi * f)) for f in FREQUENCY]
        np.testing.assert_allclose(slopes[p], theirs, rtol=1e-8, atol=1e-12)


def test_every_chemistry_names_circuits_that_exist() -> None:
    for names in CHEMISTRY_CIRCUITS.values():
        for name in names:
            circuit = CIRCUITS[name]
            assert circuit.elements[:2] == (Element.INDUCTOR, Element.RESISTOR)
            assert len(circuit.interfaces) == len(circuit.elements) - 2


@pytest.mark.parametrize("name", list(CIRCUITS))
def test_exact_spectra_come_back(name: str) -> None:
    circuit = CIRCUITS[name]
    values, slow = [4e-7, 40.0], 0
    for element in circuit.elements[2:]:
        if element is Element.WARBURG:
            values += [35.0, 60.0]
        else:
            values += [[70.0, 30.0, 20.0][slow], [1e-6, 4e-4, 0.3][slow], [0.95, 0.9, 0.85][slow]]
            slow += 1
    z = circuit_impedance(circuit, values, FREQUENCY)
    fit = fit_circuit(FREQUENCY, z, circuit)
    np.testing.assert_allclose(fit.values, values, rtol=0.02)
    assert fit.direct_current == pytest.approx(sum(v for v in values if v >= 20 and v != 60.0))
    assert np.abs(fit.residual).max() < 1e-3


def test_standard_errors_are_the_scatter_of_repeated_fits() -> None:
    rng = np.random.default_rng(1)
    z = circuit_impedance(CIRCUITS["two arcs"], TWO_ARCS, FREQUENCY)
    batch = fit_many(FREQUENCY, _noisy(np.tile(z, (120, 1)), 0.005, rng), "two arcs", noise=0.005)
    scatter = np.std(np.log(batch.values), axis=0)
    scatter[[4, 7]] = np.std(batch.values[:, [4, 7]], axis=0)
    np.testing.assert_allclose(np.median(batch.relative_sd, axis=0), scatter, rtol=0.3)
    # 120 values of chi-square over 112 degrees of freedom: mean 1 within 4 sd of 0.012
    assert batch.chi2_reduced.mean() == pytest.approx(1.0, abs=0.05)
    assert np.median(batch.noise) == pytest.approx(0.005, rel=0.05)
    np.testing.assert_allclose(np.median(batch.values, axis=0), TWO_ARCS, rtol=0.03)


def test_order_of_points_and_unit_of_resistance_do_not_matter() -> None:
    rng = np.random.default_rng(2)
    z = _noisy(circuit_impedance(CIRCUITS["two arcs"], TWO_ARCS, FREQUENCY), 0.003, rng)
    fit = fit_circuit(FREQUENCY, z, "two arcs")
    back = fit_circuit(FREQUENCY[::-1], z[::-1], "two arcs")
    np.testing.assert_allclose(back.values, fit.values, rtol=1e-9)
    kilo = fit_circuit(FREQUENCY, 1e3 * z, "two arcs")
    np.testing.assert_allclose(kilo.direct_current, 1e3 * fit.direct_current, rtol=1e-4)


def test_the_simplest_circuit_that_fits_is_chosen() -> None:
    rng = np.random.default_rng(3)
    one = circuit_impedance(CIRCUITS["one arc"], TWO_ARCS[:5], FREQUENCY)
    assert best_circuit(FREQUENCY, _noisy(one, 0.005, rng), "sulfide").circuit.name == "one arc"
    two = circuit_impedance(CIRCUITS["two arcs"], TWO_ARCS, FREQUENCY)
    assert best_circuit(FREQUENCY, _noisy(two, 0.005, rng), "sulfide").circuit.name == "two arcs"


@pytest.mark.parametrize(
    ("tau", "name"),
    [
        # the fastest arc has 200 ohm: 1 ns and 10 pF are a bulk, 2 us and 10 nF a grain boundary
        (2e-9, "bulk, grain boundary and interface"),
        (2e-6, "grain boundary and two arcs"),
    ],
)
def test_capacitance_tells_bulk_from_grain_boundary(tau: float, name: str) -> None:
    frequency = np.geomspace(1e9, 1e-2, 90)
    values = [1e-9, 5.0, 200.0, tau, 0.98, 100.0, 3e-4, 0.92, 60.0, 0.3, 0.85]
    z = circuit_impedance(CIRCUITS[name], values, frequency)
    rng = np.random.default_rng(4)
    assert best_circuit(frequency, _noisy(z, 0.003, rng), "garnet").circuit.name == name


def test_an_electronic_path_hides_in_one_spectrum() -> None:
    # PHYSICS: series arcs beside R_e are again series arcs, exactly so for equal exponents
    ionic = circuit_impedance(CIRCUITS["one arc"], [1e-12, 50.0, 70.0, 1e-4, 0.9], FREQUENCY)
    shorted = ionic / (1.0 + ionic / 120.0)
    fit = fit_circuit(FREQUENCY, shorted, "one arc")
    assert fit.noise < 2e-4
    assert fit.direct_current == pytest.approx(60.0, rel=1e-3)  # 120 beside 120


def test_starting_values_are_near() -> None:
    z = circuit_impedance(CIRCUITS["two arcs"], TWO_ARCS, FREQUENCY)
    start = starting_values(CIRCUITS["two arcs"], relaxations(FREQUENCY, z, beyond=3.0), FREQUENCY)
    np.testing.assert_allclose(start[[1, 2, 3, 5, 6]], np.log(TWO_ARCS)[[1, 2, 3, 5, 6]], atol=0.7)


@pytest.mark.parametrize(
    ("spoken", "chemistry"),
    [
        ("Li6PS5Cl", "sulfide"),
        ("LGPS", "sulfide"),
        ("Li10GeP2S12", "sulfide"),
        ("75Li2S-25P2S5 (Li3PS4)", "sulfide"),
        ("Al-doped LLZO", "garnet"),
        ("Na3Zr2Si2PO12", "garnet"),
        ("Li3YCl6", "halide"),
        ("PEO-LiTFSI", "polymer"),
        ("something new", "unknown"),
        (None, "unknown"),
    ],
)
def test_names_of_electrolytes(spoken: str | None, chemistry: str) -> None:
    assert chemistry_of(spoken) == chemistry


def test_what_cannot_be_fitted_is_said() -> None:
    z = circuit_impedance(CIRCUITS["one arc"], TWO_ARCS[:5], FREQUENCY)
    with pytest.raises(ValueError, match="no circuit 'five arcs'; there are one arc"):
        fit_circuit(FREQUENCY, z, "five arcs")
    with pytest.raises(ValueError, match="no chemistry 'oxide'"):
        best_circuit(FREQUENCY, z, "oxide")
    with pytest.raises(ValueError, match="2 frequencies cannot carry the 5 parameters"):
        fit_circuit(FREQUENCY[:2], z[:2], "one arc")
    with pytest.raises(ValueError, match="2 frequencies"):
        best_circuit(FREQUENCY[:2], z[:2])
    with pytest.raises(ValueError, match="takes 5 values"):
        circuit_impedance(CIRCUITS["one arc"], [1.0], FREQUENCY)
    with pytest.raises(ValueError, match="below 1"):
        circuit_impedance(CIRCUITS["one arc"], [1e-7, 1.0, 1.0, 1.0, 1.2], FREQUENCY)
    assert fit_many(FREQUENCY, [], "one arc").values.shape == (0, 5)
    assert "one arc: L" in repr(fit_circuit(FREQUENCY, z, "one arc"))
