"""The pair inference on real spectra of a healthy Li | LLZO | Li cell, as measured and shorted."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from softbreak.data.readers.registry import read
from softbreak.data.record import Technique
from softbreak.physics.impedance import intercepts, kramers_kronig, pair_electronic_fraction

Spectrum = tuple[np.ndarray, np.ndarray]


@pytest.fixture(scope="module")
def spectra(realdata: Path) -> list[Spectrum]:
    records = read(realdata / "symmetric" / "mb.mpt")
    return [
        (
            record.array("frequency_hertz"),
            record.array("real_impedance_ohm") + 1j * record.array("imaginary_impedance_ohm"),
        )
        for record in records
        if record.technique is Technique.IMPEDANCE
    ]


def test_low_frequency_resistance_is_the_one_in_the_file(spectra: list[Spectrum]) -> None:
    assert len(spectra) == 8
    for frequency, impedance in spectra:
        found = intercepts(frequency, impedance)
        assert found.reached_direct_current
        assert found.low_frequency_ohm == pytest.approx(impedance[-1].real, rel=0.01)
        assert kramers_kronig(frequency, impedance).passed


@pytest.mark.parametrize("kelvin", [0.0, None])
def test_healthy_cycles_are_not_called_short(spectra: list[Spectrum], kelvin: float | None) -> None:
    for later in spectra[1:]:
        result = pair_electronic_fraction(spectra[0], later, delta_temperature_kelvin=kelvin)
        assert not result.abstained
        assert result.p_soft_or_hard < 0.25


@pytest.mark.parametrize("eta", [0.3, 0.6, 0.9])
def test_an_electronic_path_beside_the_real_cell_is_found(
    spectra: list[Spectrum], eta: float
) -> None:
    for frequency, impedance in spectra[1:]:
        ionic = intercepts(frequency, impedance).low_frequency_ohm
        g = eta / (1 - eta) / ionic
        shorted = impedance / (1 + g * impedance)
        result = pair_electronic_fraction(
            spectra[0], (frequency, shorted), delta_temperature_kelvin=0.0
        )
        assert not result.abstained
        assert result.p_soft_or_hard > 0.95
        assert result.lower - 0.03 <= eta <= result.upper + 0.03
