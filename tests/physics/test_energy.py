"""The pouch model: every number that the paper quotes of Figure 4, and what must hold always."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from softbreak.physics.energy import (
    ELECTROLYTE_DENSITIES,
    Porosity,
    PouchCard,
    card_from_toml,
    energy_density,
    thickest_separator,
)


def card(electrolyte):
    return PouchCard(separator_density=ELECTROLYTE_DENSITIES[electrolyte])


def test_three_milliampere_hours_by_hand():
    # cathode 3/(0.220 0.85) = 16.043 mg; volume 10 16.043 (.85/4.8 + .12/2 + .03/1.9) = 40.57 um
    # electrolyte 6 mg, 30 um; lithium 2 4.85 3 = 29.10 um, 1.554 mg
    # foils 1.35 + 3.584 mg, 9 um; extra 1.5 mg, 8 um
    mass = (16.043 + 6.0 + 1.554 + 4.934 + 1.5) * 1.06
    height = (40.57 + 30 + 29.10 + 9 + 8) * 1.22
    found = energy_density(3.0)
    assert found.mass_mg_per_cm2 == pytest.approx(mass, rel=1e-4)
    assert found.thickness_um == pytest.approx(height, rel=1e-4)
    assert found.gravimetric == pytest.approx(3.8 * 3 / mass * 1e3, rel=1e-4)
    assert found.volumetric == pytest.approx(3.8 * 3 / height * 1e4, rel=1e-4)


def test_fact_1_below_1_mah_no_inorganic_electrolyte_passes_200_wh_per_kg():
    found = {
        name: float(energy_density(1.0, card=card(name)).gravimetric)
        for name in ("sulfide", "halide", "LLZO", "polymer")
    }
    assert found["sulfide"] == pytest.approx(196, abs=0.5)
    assert found["halide"] == pytest.approx(178, abs=0.5)
    assert found["LLZO"] == pytest.approx(128, abs=0.5)
    # "no matter what kinds of SSEs" does not hold for a light polymer
    assert found["polymer"] == pytest.approx(225, abs=0.5)


def test_fact_2_3_mah_is_the_least_whole_capacity_above_300_wh_per_kg():
    assert energy_density([2.0, 3.0]).gravimetric == pytest.approx([297, 358], abs=0.5)


def test_fact_3_3_mah_reaches_800_wh_per_litre():
    assert energy_density(3.0).volumetric == pytest.approx(801, abs=0.5)


def test_fact_4_4_mah_attains_400_wh_per_kg():
    assert energy_density(4.0).gravimetric == pytest.approx(399, abs=0.6)


def test_facts_5_and_6_500_and_1000_um_stay_below_150_wh_per_kg():
    thick = energy_density(4.0, separator_um=[500.0, 1000.0]).gravimetric
    assert thick == pytest.approx([110, 62], abs=0.5)
    assert energy_density(3.0, separator_um=[500.0, 1000.0]).gravimetric == pytest.approx(
        [87, 48], abs=0.5
    )
    assert (thick <= 150).all()


def test_fact_7_30_um_meets_300_wh_per_kg_with_room_to_spare():
    assert energy_density([3.0, 4.0], separator_um=30.0).gravimetric.min() > 300
    assert thickest_separator(3.0, 300.0) == pytest.approx(59, abs=1)
    assert thickest_separator(4.0, 300.0) == pytest.approx(89.5, abs=1)


def test_fact_8_30_um_is_close_to_900_wh_per_litre_at_4_mah():
    assert energy_density(4.0).volumetric == pytest.approx(891, abs=0.5)


def test_fact_9_ten_percent_of_pores_at_fixed_thickness():
    found = energy_density(4.0, porosity=[0.1, 0.2])
    assert found.gravimetric == pytest.approx([389, 377], abs=0.5)
    assert found.volumetric == pytest.approx([802, 713], abs=0.7)
    assert found.areal_capacity == pytest.approx([3.6, 3.2])


def test_fact_10_at_fixed_capacity_pores_make_a_cell_lighter_and_bulkier():
    dense = energy_density(4.0)
    found = energy_density(4.0, porosity=0.1, convention=Porosity.FIXED_CAPACITY)
    assert found.gravimetric == pytest.approx(406, abs=0.5)
    assert found.gravimetric > dense.gravimetric
    assert found.volumetric < dense.volumetric
    assert found.areal_capacity == 4.0


def test_energy_is_concave_in_capacity():
    # so that "300 at 3" and "400 at 4" cannot both be equalities
    energies = energy_density(np.arange(0.5, 6.0, 0.5)).gravimetric
    assert (np.diff(energies) > 0).all()
    assert (np.diff(energies, 2) < 0).all()


@given(st.floats(0.1, 10), st.floats(5, 1000), st.floats(0, 0.9))
def test_more_electrolyte_is_always_heavier_and_bulkier(capacity, thickness, porosity):
    thin = energy_density(capacity, separator_um=thickness, porosity=porosity)
    thick = energy_density(capacity, separator_um=thickness * 1.1, porosity=porosity)
    assert thick.gravimetric < thin.gravimetric
    assert thick.volumetric < thin.volumetric
    # no pouch beats its bare active materials: 3.8 V 220 mAh/g
    assert 0 < thin.gravimetric < 836


@given(st.floats(0.5, 8), st.floats(0, 0.8))
def test_pores_cost_energy_per_litre_in_both_conventions(capacity, porosity):
    dense = energy_density(capacity)
    for convention in Porosity:
        porous = energy_density(capacity, porosity=porosity, convention=convention)
        assert porous.volumetric <= dense.volumetric * (1 + 1e-12)


@given(st.floats(1, 6), st.floats(100, 350))
def test_thickest_separator_is_the_inverse(capacity, wanted):
    thickness = thickest_separator(capacity, wanted)
    if np.isnan(thickness):
        assert energy_density(capacity, separator_um=0.0).gravimetric < wanted
    else:
        found = energy_density(capacity, separator_um=thickness).gravimetric
        assert found == pytest.approx(wanted, rel=1e-9)


def test_card_from_toml():
    found = card_from_toml('separator = "halide"\nseparator_um = 20\n')
    assert (found.separator_density, found.separator_um) == (2.6, 20)
    assert card_from_toml("[pouch]\nvoltage_volt = 3.4\n").voltage_volt == 3.4
    assert card_from_toml("") == PouchCard()


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("voltage_vlt = 3", "unknown: voltage_vlt"),
        ("separator = 'paper'", "none of sulfide"),
        ("voltage_volt = -1", "describes no cell"),
        ("voltage_volt = 'high'", "must be a number"),
        ("voltage_volt = nan", "describes no cell"),
        ("active_fraction = 0.5", "sum to 0.6500"),
        ("voltage_volt =", "no valid TOML"),
    ],
)
def test_bad_cards_are_refused(text, told):
    with pytest.raises(ValueError, match=told):
        card_from_toml(text)


def test_impossible_cells_are_refused():
    with pytest.raises(ValueError, match="fraction"):
        energy_density(3.0, porosity=1.0)
    with pytest.raises(ValueError, match="positive"):
        energy_density(0.0)
