"""The pair inference on made-up cells whose circuits it does not know: honest or silent."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from softbreak.physics import _pair_fit
from softbreak.physics.circuit_pair import pooled_pair
from softbreak.physics.delta import delta_admittance
from softbreak.physics.pair import ETA_EDGES, PairResult, pair_electronic_fraction
from softbreak.physics.relaxation import relaxations
from tests.physics import circuits

FREQUENCY = np.geomspace(3e6, 0.01, 64)
OMEGA = 2 * np.pi * FREQUENCY


def _shorted(z: np.ndarray, eta: float) -> np.ndarray:
    g = eta / (1 - eta) / z[-1].real
    return z / (1 + g * z)


def _infer(pair: circuits.Pair, rng: np.random.Generator, logged: bool) -> PairResult:
    kelvin = pair.delta_kelvin + 0.5 * rng.standard_normal() if logged else None
    return pair_electronic_fraction(pair.reference, pair.present, delta_temperature_kelvin=kelvin)


@pytest.mark.parametrize("logged", [True, False])
def test_healthy_pairs_are_not_called_short(logged: bool) -> None:
    rng = np.random.default_rng(42)
    results = [
        _infer(circuits.pair(family, kind, rng), rng, logged)
        for family in circuits.FAMILIES
        for kind in circuits.HEALTHY_KINDS
        for _ in range(5)
    ]
    answered = [result for result in results if not result.abstained]
    assert len(answered) >= 70
    assert sum(result.p_soft_or_hard > 0.95 for result in answered) == 0


def test_shorts_are_found_and_their_intervals_hold() -> None:
    rng = np.random.default_rng(43)
    pairs = [
        circuits.pair(family, kind, rng)
        for family in circuits.FAMILIES
        for kind in ("short", "short-growth", "mixed")
        for _ in range(8)
    ]
    results = [_infer(pair, rng, logged=True) for pair in pairs]
    held = [r.lower <= p.eta <= r.upper for p, r in zip(pairs, results, strict=True)]
    away = [abs(r.mean - p.eta) for p, r in zip(pairs, results, strict=True)]
    clear = [r for p, r in zip(pairs, results, strict=True) if p.eta > 0.3]
    assert np.mean(held) > 0.82
    assert np.mean(away) < 0.05
    assert np.mean([r.p_soft_or_hard > 0.95 for r in clear]) > 0.85
    assert np.mean([r.p_soft_or_hard < 0.10 for r in clear]) == 0.0


def test_without_a_temperature_log_a_warmer_cell_is_no_short() -> None:
    rng = np.random.default_rng(44)
    cell = circuits.draw("sulfide-one-arc", rng)
    warm = circuits.stack(cell, OMEGA, kelvin=6.0)
    result = pair_electronic_fraction((FREQUENCY, circuits.stack(cell, OMEGA)), (FREQUENCY, warm))
    assert result.abstained or (result.p_soft_or_hard < 0.95 and result.lower < 0.05)
    told = pair_electronic_fraction(
        (FREQUENCY, circuits.stack(cell, OMEGA)),
        (FREQUENCY, warm),
        delta_temperature_kelvin=6.0,
    )
    assert not told.abstained
    assert told.p_soft_or_hard < 0.3


@pytest.mark.parametrize("kelvin", [-8.0, 4.0, 8.0, 15.0])
@pytest.mark.parametrize("method", [pair_electronic_fraction, pooled_pair])
def test_a_change_of_temperature_that_nobody_logged_is_no_short(method, kelvin) -> None:
    for seed in (53, 54, 55):
        cell = circuits.draw("garnet", np.random.default_rng(seed))
        warm = circuits.stack(cell, OMEGA, kelvin=kelvin)
        result = method((FREQUENCY, circuits.stack(cell, OMEGA)), (FREQUENCY, warm))
        assert result.lower == 0.0
        assert result.p_soft_or_hard < 0.8


def test_a_hidden_short_behind_growth_is_not_called_healthy() -> None:
    # the interphase doubled and 35 % of the current is electronic
    rng = np.random.default_rng(45)
    cell = circuits.draw("sulfide-two-arcs", rng)
    grown = _shorted(circuits.stack(cell, OMEGA, growth=2.0), 0.35)
    result = pair_electronic_fraction(
        (FREQUENCY, circuits.stack(cell, OMEGA)), (FREQUENCY, grown), delta_temperature_kelvin=0.0
    )
    assert result.p_soft_or_hard > 0.9
    assert result.lower <= 0.35 <= result.upper


def test_hard_breakdown_is_hard() -> None:
    rng = np.random.default_rng(46)
    z = circuits.stack(circuits.draw("sulfide-one-arc", rng), OMEGA)
    result = pair_electronic_fraction(
        (FREQUENCY, z), (FREQUENCY, _shorted(z, 0.99)), delta_temperature_kelvin=0.0
    )
    assert result.p_hard > 0.95


def test_cable_artefacts_at_the_top_are_left_out() -> None:
    rng = np.random.default_rng(47)
    z = circuits.stack(circuits.draw("garnet", rng), OMEGA)
    bent = z.copy()
    bent[:2] *= np.array([0.6, 0.85])
    result = pair_electronic_fraction(
        (FREQUENCY, z), (FREQUENCY, bent), delta_temperature_kelvin=0.0
    )
    assert result.chi2_reduced < 1.0
    assert result.p_soft_or_hard < 0.2


def test_another_cell_does_not_fit() -> None:
    rng = np.random.default_rng(48)
    one = circuits.stack(circuits.draw("sulfide-one-arc", rng), OMEGA)
    other = circuits.stack(circuits.draw("garnet", rng), OMEGA) * 3
    result = pair_electronic_fraction(
        (FREQUENCY, one), (FREQUENCY, other), delta_temperature_kelvin=0.0
    )
    assert result.abstained
    assert "far-fetched" in " ".join(result.reasons)


def test_the_gate_names_its_reasons() -> None:
    rng = np.random.default_rng(49)
    z = circuits.stack(circuits.draw("sulfide-two-arcs", rng), OMEGA)
    top = slice(0, 12)
    narrow = pair_electronic_fraction((FREQUENCY, z), (FREQUENCY[top], z[top]))
    assert "decades" in " ".join(narrow.reasons)
    cut = FREQUENCY > 2e3
    arc = 10.0 + 1.0 / (1.0 / 300.0 + 1e-6 * (1j * OMEGA) ** 0.9)
    early = pair_electronic_fraction((FREQUENCY[cut], arc[cut]), (FREQUENCY, arc))
    assert "DC limit" in " ".join(early.reasons)
    jumped = pair_electronic_fraction(
        (FREQUENCY, z), (FREQUENCY, z * np.where(FREQUENCY > 30, 1.0, 1.5))
    )
    assert "Kramers-Kronig" in " ".join(jumped.reasons)
    apart = pair_electronic_fraction((FREQUENCY[:20], z[:20]), (FREQUENCY[-20:], z[-20:]))
    assert apart.abstained
    assert apart.p_soft_or_hard == pytest.approx(0.5)  # the prior: nothing was learnt


def test_posterior_is_a_distribution_and_order_does_not_matter() -> None:
    rng = np.random.default_rng(50)
    pair = circuits.pair("polymer", "mixed", rng)
    result = pair_electronic_fraction(
        pair.reference, pair.present, delta_temperature_kelvin=pair.delta_kelvin
    )
    assert result.posterior.sum() == pytest.approx(1.0)
    assert len(result.eta) == len(ETA_EDGES) - 1
    assert result.lower <= result.mean <= result.upper
    f, z = pair.present
    back = pair_electronic_fraction(
        pair.reference, (f[::-1], z[::-1]), delta_temperature_kelvin=pair.delta_kelvin
    )
    np.testing.assert_allclose(back.posterior, result.posterior, atol=1e-9)


def test_compiled_model_and_jacobian_against_plain_ones() -> None:
    rng = np.random.default_rng(51)
    reference = relaxations(
        FREQUENCY, circuits.stack(circuits.draw("sulfide-two-arcs", rng), OMEGA), beyond=3.0
    )
    m, nodes, eta = len(reference.time_constants), 4, 0.4
    place = np.linspace(0, nodes - 1, m)
    node = np.minimum(place.astype(np.int64), nodes - 2)
    energy = np.linspace(0.4, 0.5, m)
    circuit = (
        reference.ohmic,
        reference.resistances,
        reference.time_constants,
        energy,
        node,
        place - node,
        OMEGA,
    )

    def plain(theta: np.ndarray) -> np.ndarray:
        contact = theta[2] + np.interp(place, np.arange(nodes), theta[3 : 3 + nodes])
        grow = np.interp(place, np.arange(nodes), theta[3 + nodes :]) - energy * theta[0]
        deformed = replace(
            reference,
            ohmic=reference.ohmic * np.exp(theta[1] - 0.34 * theta[0]),
            resistances=reference.resistances * np.exp(contact + grow),
            time_constants=reference.time_constants * np.exp(grow),
        )
        ionic = deformed.impedance(FREQUENCY)
        g = eta / (1 - eta) / deformed.direct_current
        return ionic / (1 + g * ionic)

    theta = 0.2 * rng.standard_normal(3 + 2 * nodes)
    points = len(OMEGA)
    parts, slopes = np.empty(2 * points), np.empty((len(theta), 2 * points))
    _pair_fit._model(theta, eta, circuit, parts, slopes)
    z = parts[:points] + 1j * parts[points:]
    jacobian = slopes[:, :points] + 1j * slopes[:, points:]
    np.testing.assert_allclose(z, plain(theta), rtol=1e-10)
    for p in range(len(theta)):
        step = np.zeros(len(theta))
        step[p] = 1e-6
        slope = (plain(theta + step) - plain(theta - step)) / 2e-6
        np.testing.assert_allclose(jacobian[p], slope, atol=1e-6 * np.abs(z).max())


def test_delta_admittance_is_flat_for_a_pure_short_only() -> None:
    rng = np.random.default_rng(52)
    cell = circuits.draw("sulfide-two-arcs", rng)
    z = circuits.stack(cell, OMEGA)
    cable = 1j * OMEGA * 3e-7
    flat = delta_admittance((FREQUENCY, z + cable), (FREQUENCY, _shorted(z, 0.5) + cable))
    assert flat.is_flat
    assert flat.conductance_siemens == pytest.approx(1.0 / z[-1].real, rel=0.05)
    assert flat.imaginary_ratio < 0.2
    contact = circuits.stack(cell, OMEGA, contact=1.5)
    assert not delta_admittance((FREQUENCY, z), (FREQUENCY, contact)).is_flat
    assert not delta_admittance((FREQUENCY, z), (FREQUENCY, z)).is_flat
    apart = delta_admittance((FREQUENCY[:20], z[:20]), (FREQUENCY[-20:], z[-20:]))
    assert not apart.is_flat
