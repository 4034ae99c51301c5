"""Real files through the verbs of single measurements: nothing is claimed that is not there."""

import pytest

from softbreak.analysis.coulombic import read_coulombic
from softbreak.analysis.leakage import Assumptions, read_leakage
from softbreak.analysis.protocol import read_protocol
from softbreak.analysis.rate import read_rate
from softbreak.archive.inputs.cells import cells_of

FULL_CELLS = [
    "neware/neware_uio.csv",
    "landt/SINTEF__LiGrR2032__2024-04-30__25degC__Landt.csv",
    "arbin/arbin_example.res",
    "maccor/maccor_001.txt",
    "pec/pec.csv",
]


@pytest.mark.parametrize("name", FULL_CELLS)
def test_charge_curves_of_sound_full_cells_do_not_fluctuate(realdata, name):
    (cell,) = cells_of([realdata / "readers" / name], {})
    found = read_coulombic(cell)
    assert "fluctuation" not in found.verdict
    for cycle in found.data["cycles"]:
        assert cycle["dips"] == 0
    assert "not those of two equal electrodes" in read_rate(cell).verdict


def test_polymer_held_at_its_limit(realdata):
    path = realdata / "symmetric" / "thienenkamp_li_peo_li_POL.txt"
    (cell,) = cells_of([path], {})
    found = read_leakage(cell, assumptions=Assumptions(transference=0.2))
    (hold,) = found.data["holds"]
    # the file: 1.5 V from 3.94 h on, 0.089 to 0.024 mA and still falling
    assert hold["start_second"] == pytest.approx(3.94 * 3600, abs=120)
    assert hold["end_ampere"] == pytest.approx(0.024e-3, rel=0.05)
    assert not hold["settled"]
    assert hold["resistance_lower_ohm"] < 1.5 / 0.024e-3 * 1.05
    assert "does not begin at rest" in found.verdict


def test_chronoamperometry_of_an_ion_blocking_cell(realdata):
    (cell,) = cells_of([realdata / "readers" / "biologic" / "ca.mpr"], {})
    (hold,) = read_leakage(cell).data["holds"]
    assert hold["voltage_volt"] == pytest.approx(0.2986, abs=1e-3)
    assert hold["duration_second"] == pytest.approx(12 * 3600, rel=0.01)
    assert 5e7 < hold["resistance_ohm"] < 2e8


def test_shallow_cycling_fails_the_protocol(realdata):
    (cell,) = cells_of([realdata / "symmetric" / "mb.mpr"], {"area_cm2": 0.785})
    found = read_protocol(cell)
    # 2.8 uA for 1 h: 0.0036 mAh cm-2, 17 nm of lithium
    assert found.data["moved_um"] == pytest.approx(0.0173, rel=0.05)
    status = {check["name"]: check["status"] for check in found.data["checks"]}
    assert status["areal capacity a half-cycle"] == "not met"
    assert status["stack pressure"] == "not stated"
