"""Real spectra, read: every file of every format, and the cell whose resistance is known."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import softbreak
from softbreak.analysis.spectrum_readings import read_spectra

NAMES = (
    "Circuit1_EIS_1.z",
    "Circuit2_EIS_1.z",
    "Circuit3_EIS_1.z",
    "case-multiple-spectra.mpt",
    "data.dfr",
    "data.dta",
    "data.i2b",
    "data.ids",
    "data.mpt",
    "data.z",
    "drift-corrected-data.dta",
    "exampleData.csv",
    "exampleDataAutolab.txt",
    "exampleDataBioLogic.mpt",
    "exampleDataCHInstruments.txt",
    "exampleDataGamry.DTA",
    "exampleDataParstat.txt",
    "exampleDataPowersuite.txt",
    "exampleDataZPlot.z",
)
"""What is not of a solid electrolyte must be read all the same."""


@pytest.mark.parametrize("name", NAMES)
def test_every_spectrum_is_read(realdata: Path, name: str) -> None:
    readings = read_spectra(softbreak.read(realdata / "readers" / "eis" / name))
    assert readings
    for one in readings:
        assert one.fit is not None
        assert np.isfinite(one.check.noise)
        # ideal parts are known to their tolerance, the fit to the test's residual or 1 %
        assert one.fit.noise < max(2.5 * one.check.noise, 0.04)
        if one.bounds is not None:
            # 1/Z = 1/R_e + Y_i with Re Y_i >= 0: R_e >= |Z|²/Re Z at every frequency
            z = one.spectrum.impedance
            certain = (np.abs(z) ** 2 / z.real)[z.real > 0].max()
            assert one.bounds.electronic_resistance_at_least_ohm <= 1.03 * certain


@pytest.mark.parametrize(
    ("name", "ohmic", "total"),
    [("Circuit1_EIS_1.z", 29.1, 75.8), ("Circuit3_EIS_1.z", 1499.0, 6139.0)],
)
def test_dummy_cells_of_real_resistors(
    realdata: Path, name: str, ohmic: float, total: float
) -> None:
    (one,) = read_spectra(softbreak.read(realdata / "readers" / "eis" / name))
    assert one.check.passed
    assert one.ends.reached_direct_current
    assert one.fit is not None
    values = dict(zip(one.fit.circuit.parameters, one.fit.values, strict=True))
    assert values["R0"] == pytest.approx(ohmic, rel=0.02)
    assert one.fit.direct_current == pytest.approx(total, rel=0.01)


def test_the_healthy_cell_stays_healthy(realdata: Path) -> None:
    readings = read_spectra(softbreak.read(realdata / "symmetric" / "mb.mpt"), warmer_kelvin=0.0)
    low = [one.ends.low_frequency_ohm for one in readings]
    # Re Z at 0.1 Hz of the file: 1109, then 1146, 1138 at the last
    assert low[0] == pytest.approx(1109.0, rel=0.005)
    assert max(low) == pytest.approx(1146.0, rel=0.01)
    assert low[-1] == pytest.approx(1138.0, rel=0.01)
    for one in readings[1:]:
        assert one.pair is not None
        assert not one.pair.abstained
        assert one.pair.lower == 0.0
        assert one.pair.p_soft_or_hard < 0.25
        assert 0.9 < one.ratio_as_printed < 1.0
