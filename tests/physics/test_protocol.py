"""Table 1 as a checklist, and the paper's numbers about lithium."""

import numpy as np
import pytest

from softbreak.metals import METALS
from softbreak.physics import protocol as pr
from softbreak.physics.protocol import Facts, Status, standard_protocol

GOOD = Facts(
    porosity=0.05,
    electrolyte_thickness_um=30.0,
    lithium_thickness_um=30.0,
    pressure_mpa=5.0,
    temperature_celsius=25.0,
    areal_capacity=3.0,
    current_density=3.0,
    cycles=500,
    voltammetry_after=True,
    impedance_after=True,
    ramp_lowest=0.3,
    ramp_highest=12.0,
    ramp_capacity=3.0,
    ramp_cycles=5,
    efficiency_capacity=3.0,
    efficiency_foil_um=15.0,
)


def test_foils_of_table_1():
    # 30 um for 3, 40 um for 4 mAh cm-2 at N/P 2
    assert pr.foil_for([3.0, 4.0]) == pytest.approx([30, 40], rel=0.04)


def test_the_ideal_test_meets_everything():
    assert {check.status for check in standard_protocol(GOOD)} == {Status.MET}


def test_nothing_stated_is_not_stated_and_never_met():
    checks = standard_protocol(Facts())
    assert {check.status for check in checks} == {Status.NOT_STATED}
    assert all(np.isnan(check.found) for check in checks)


def test_the_papers_own_argyrodite_cell():
    # 0.2 mA cm-2, 0.2 mAh cm-2, pellet of about 735 um, 50 MPa, room temperature
    facts = Facts(
        porosity=0.15,
        electrolyte_thickness_um=735.0,
        lithium_thickness_um=460.0,
        pressure_mpa=50.0,
        areal_capacity=0.2,
        current_density=0.2,
        voltammetry_after=True,
        impedance_after=True,
    )
    told = [(check.name, check.status) for check in standard_protocol(facts)]
    assert ("areal capacity a half-cycle", Status.NOT_MET) in told
    assert ("current density", Status.NOT_MET) in told
    assert ("thickness of the lithium foil", Status.NOT_MET) in told
    assert ("stack pressure", Status.MET) in told
    assert ("temperature", Status.NOT_STATED) in told
    assert told.count(("porosity of the electrolyte", Status.MET)) == 1  # stated
    assert told.count(("porosity of the electrolyte", Status.NOT_MET)) == 1  # but not below 10 %
    assert ("cyclic voltammetry after cycling", Status.MET) in told


@pytest.mark.parametrize(
    ("change", "name"),
    [
        ({"porosity": 0.10}, "porosity of the electrolyte"),
        ({"electrolyte_thickness_um": 50.0}, "thickness of the electrolyte"),
        ({"lithium_thickness_um": 35.0}, "thickness of the lithium foil"),
        ({"areal_capacity": 2.9}, "areal capacity a half-cycle"),
        ({"current_density": 0.9}, "current density"),
        ({"current_density": 3.2}, "current density"),
        ({"voltammetry_after": False}, "cyclic voltammetry after cycling"),
        ({"ramp_lowest": 0.5}, "critical current density: lowest step"),
        ({"ramp_highest": 10.0}, "critical current density: highest step"),
        ({"ramp_capacity": 0.5}, "critical current density: areal capacity a half-cycle"),
        ({"ramp_cycles": 1}, "critical current density: cycles a step"),
        ({"efficiency_foil_um": 30.0}, "Coulombic efficiency: thin foil"),
        ({"efficiency_capacity": 1.0}, "Coulombic efficiency: areal capacity a half-cycle"),
    ],
)
def test_each_shortcoming_is_found_and_only_that(change, name):
    facts = Facts(**{f: change.get(f, getattr(GOOD, f)) for f in Facts.__slots__})
    assert [c.name for c in standard_protocol(facts) if c.status is not Status.MET] == [name]


def test_a_thicker_foil_is_allowed_for_more_capacity():
    facts = Facts(areal_capacity=4.0, lithium_thickness_um=39.0)
    (foil,) = [c for c in standard_protocol(facts) if c.name == "thickness of the lithium foil"]
    assert foil.status is Status.MET


def test_another_metal_is_as_thick_as_holds_the_same_charge():
    facts = Facts(
        areal_capacity=3.0, lithium_thickness_um=54.0, efficiency_foil_um=27.0, metal=METALS["Na"]
    )
    checks = {check.name: check for check in standard_protocol(facts)}
    # sodium is 8.86 / 4.85 = 1.83 times as thick: 55 um in place of 30, 27 in place of 15
    foil, thin = checks["thickness of the sodium foil"], checks["Coulombic efficiency: thin foil"]
    assert (foil.status, foil.wanted) == (Status.MET, "at most 55 µm within 2 % (N/P 2)")
    assert (thin.status, thin.wanted) == (Status.MET, "27 µm within 10 %")


def test_the_foil_of_an_alloy_is_not_judged():
    facts = Facts(areal_capacity=3.0, lithium_thickness_um=54.0, metal=None)
    (foil,) = [c for c in standard_protocol(facts) if c.name == "thickness of the electrode foil"]
    assert foil.status is Status.NOT_STATED
