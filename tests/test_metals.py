"""The metals of electrodes: their charge by hand, and the words in which labs name them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from softbreak import metals
from softbreak.metals import METALS, electrode_metal, metal_named


def test_a_milliampere_hour_is_4_85_um_of_lithium():
    # by hand: 3600 C/Ah / 96485 C/mol * 6.941 g/mol / 0.534 g/cm3 = 0.48498 cm per Ah/cm2
    assert METALS["Li"].micrometre_per_mah == pytest.approx(4.8498, abs=2e-4)


@pytest.mark.parametrize(
    ("symbol", "per_gram", "per_cm3"),
    # specific and volumetric capacities as reviews of metal anodes print them
    [
        ("Li", 3861, 2062),
        ("Na", 1166, 1129),
        ("K", 685, 591),
        ("Mg", 2205, 3833),
        ("Al", 2980, 8046),
        ("Zn", 820, 5854),
    ],
)
def test_capacities_of_the_literature(symbol, per_gram, per_cm3):
    metal = METALS[symbol]
    assert metal.mah_per_gram == pytest.approx(per_gram, rel=2e-3)
    assert metal.mah_per_gram * metal.density == pytest.approx(per_cm3, rel=6e-3)


def test_figure_1b():
    # the text: 0.01 to 0.5 mAh cm-2 are only 50 nm to 2.5 um, or 0.01 to 0.5 % of 460 um
    assert metals.moved_um([0.01, 0.5]) == pytest.approx([0.05, 2.5], rel=0.04)
    assert metals.foil_fraction([0.01, 0.5], 460.0) == pytest.approx([1e-4, 5e-3], rel=0.06)
    assert metals.foil_capacity(15.0) == pytest.approx(3.09, abs=0.01)
    assert np.isnan(metals.foil_fraction(1.0, 0.0))


@given(st.floats(0.001, 20), st.floats(1, 1000), st.sampled_from(list(METALS.values())))
def test_moved_and_held_metal_are_inverse(capacity, foil, metal):
    moved = metals.moved_um(capacity, metal)
    assert metals.foil_capacity(moved, metal) == pytest.approx(capacity)
    fraction = metals.foil_fraction(capacity, foil, metal)
    assert fraction * metals.foil_capacity(foil, metal) == pytest.approx(capacity)


@pytest.mark.parametrize(
    ("text", "symbol"),
    [
        ("Na", "Na"),
        ("zn", "Zn"),
        ("sodium foil", "Na"),
        ("Natrium", "Na"),
        ("Zn | Zn", "Zn"),
        ("K on Cu", "K"),
        ("aluminum", "Al"),
    ],
)
def test_metals_by_what_people_write(text, symbol):
    assert metal_named(text) is METALS[symbol]


@pytest.mark.parametrize("text", ["InLi", "Li-In", "Na15Sn4", "NMC811", "Li|Na", "", None])
def test_alloys_and_others_are_no_metal_of_the_table(text):
    assert metal_named(text) is None


@pytest.mark.parametrize(
    ("electrolyte", "symbol"),
    [
        (None, "Li"),
        ("LLZO", "Li"),
        ("Al-doped LLZO", "Li"),
        ("Li1.3Al0.3Ti1.7(PO4)3", "Li"),
        ("Na3Zr2Si2PO12", "Na"),
        ("Na-beta-alumina", "Na"),
        ("2 M ZnSO4", "Zn"),
        ("Mg(BH4)2", "Mg"),
    ],
)
def test_the_ion_decides_where_no_electrode_is_stated(electrolyte, symbol):
    assert electrode_metal(None, electrolyte) is METALS[symbol]
    assert electrode_metal("InLi", electrolyte) is None
