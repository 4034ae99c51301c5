"""The Kramers-Kronig test passes what is linear and causal, fails what drifts; relaxations fit."""

from __future__ import annotations

import numpy as np
import pytest

from softbreak.physics.relaxation import kramers_kronig, relaxations

FREQUENCY = np.geomspace(1e6, 0.1, 60)
OMEGA = 2 * np.pi * FREQUENCY


def _noisy(z: np.ndarray, noise: float, seed: int = 1) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return z + noise * np.abs(z) * (rng.standard_normal(60) + 1j * rng.standard_normal(60))


def _arc(r: float, q: float, n: float) -> np.ndarray:
    return 1.0 / (1.0 / r + q * (1j * OMEGA) ** n)


SPECTRA = {
    "resistor": np.full(60, 5.0 + 0j),
    "resistor and cable": 5.0 + 1j * OMEGA * 3e-7,
    "arc": 50.0 + _arc(100.0, 1e-5, 1.0),
    "depressed arcs": 50.0 + _arc(100.0, 1e-6, 0.85) + _arc(300.0, 1e-4, 0.75) + 1j * OMEGA * 5e-7,
    "blocking": 50.0 + _arc(100.0, 1e-6, 0.9) + 1.0 / (1j * OMEGA * 1e-3),
    "diffusion": 50.0 + 80.0 * np.tanh(np.sqrt(1j * OMEGA * 2.0)) / np.sqrt(1j * OMEGA * 2.0),
    "inductive loop": 50.0 + 100.0 / (1 + 1j * OMEGA * 1e-4) - 20.0 / (1 + 1j * OMEGA * 0.1),
}


@pytest.mark.parametrize("name", list(SPECTRA))
def test_causal_circuits_pass(name: str) -> None:
    clean = kramers_kronig(FREQUENCY, SPECTRA[name])
    assert clean.passed
    assert clean.rms < 3e-3
    noisy = kramers_kronig(FREQUENCY, _noisy(SPECTRA[name], 0.01))
    assert noisy.passed
    assert noisy.noise == pytest.approx(0.01, rel=0.35)


def test_a_cell_that_changed_during_the_sweep_fails() -> None:
    z = SPECTRA["depressed arcs"] * np.where(FREQUENCY > 10.0, 1.0, 1.3)
    assert not kramers_kronig(FREQUENCY, z).passed


def test_a_wrong_sign_of_the_imaginary_part_fails() -> None:
    assert not kramers_kronig(FREQUENCY, np.conj(SPECTRA["depressed arcs"])).passed


def test_inductance_and_order_of_points() -> None:
    found = kramers_kronig(FREQUENCY, SPECTRA["depressed arcs"])
    assert found.inductance_henry == pytest.approx(5e-7, rel=0.1)
    back = kramers_kronig(FREQUENCY[::-1], SPECTRA["depressed arcs"][::-1])
    np.testing.assert_allclose(back.residual[::-1], found.residual, atol=1e-6)


def test_too_few_points_never_pass() -> None:
    assert not kramers_kronig(FREQUENCY[:4], SPECTRA["arc"][:4]).passed
    assert not kramers_kronig(np.ones(9), np.ones(9, complex)).passed


@pytest.mark.parametrize(
    ("name", "resistance"),
    [("arc", 150.0), ("depressed arcs", 450.0), ("diffusion", 130.0), ("resistor and cable", 5.0)],
)
def test_relaxations_reproduce_passive_spectra(name: str, resistance: float) -> None:
    z = SPECTRA[name]
    found = relaxations(FREQUENCY, z, beyond=3.0)
    assert (found.resistances >= 0.0).all()
    assert found.misfit < 6e-3
    model = found.impedance(FREQUENCY) + 1j * OMEGA * found.inductance
    np.testing.assert_allclose(model, z, rtol=0.03)
    assert found.direct_current == pytest.approx(resistance, rel=0.02)


@pytest.mark.parametrize(
    ("frequency", "impedance"),
    [
        ([1.0, 2.0], [1.0]),
        ([], []),
        ([1.0, -1.0], [1.0, 1.0]),
        ([1.0, np.nan], [1.0, 1.0]),
        ([1.0, 2.0], [1.0, np.inf]),
        ([1.0, 2.0], [1.0, 0.0]),
    ],
)
def test_nonsense_is_refused(frequency: list, impedance: list) -> None:
    with pytest.raises(ValueError, match=r"one length|positive and finite|not zero"):
        kramers_kronig(frequency, impedance)
