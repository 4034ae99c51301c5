"""Which electrodes a cell has, as people write it."""

import pytest

from softbreak.data.configurations import CONFIGURATIONS, configuration_named


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("Symmetric", "symmetric"),
        ("symmetrical cell", "symmetric"),
        ("symmetrisch", "symmetric"),
        ("Li|Li", "symmetric"),
        ("Na || Na", "symmetric"),
        ("Li | LLZO | Li", "symmetric"),
        ("asym.", "asymmetric"),
        ("Cu|Li", "asymmetric"),
        ("Li || SS", "asymmetric"),
        ("Full cell", "full"),
        ("full-cell", "full"),
        ("half_cell", "full"),
        ("anode-free", "full"),
        ("Vollzelle", "full"),
        ("three-electrode", "three-electrode"),
        ("3-electrode", "three-electrode"),
        ("Three Electrodes", "three-electrode"),
        ("3E", "three-electrode"),
        ("three_electrode cell", "three-electrode"),
        ("三电极", "three-electrode"),
        ("Swagelok", None),
        ("Li|NMC811", None),
        ("symetric", None),
        ("", None),
        (None, None),
    ],
)
def test_what_people_write(text, meant):
    assert configuration_named(text) == meant


@pytest.mark.parametrize("name", CONFIGURATIONS)
def test_a_name_means_itself(name):
    assert configuration_named(name) == name
