from pathlib import Path

import pytest

from softbreak.features.catalog import (
    CATALOGUE,
    TELLINGS,
    catalogue_markdown,
    collected,
    feature_of,
)
from softbreak.features.descriptions.feature import TECHNIQUES

PAGE = Path(__file__).parents[2] / "docs" / "features.md"


def test_names_are_unique_and_plain():
    names = [feature.name for feature in CATALOGUE]
    assert len(names) == len(set(names)) > 150
    assert all(name.isidentifier() and name == name.lower() for name in names)


def test_two_of_one_name_are_refused():
    with pytest.raises(ValueError, match="two features are called resistance_ohm"):
        collected([(feature_of("resistance_ohm"),), (feature_of("resistance_ohm"),)])


def test_every_technique_is_there_and_says_where_it_comes_from():
    assert {feature.technique for feature in CATALOGUE} == set(TECHNIQUES)
    assert all(feature.formula and feature.source and feature.unit for feature in CATALOGUE)


def test_columns_with_a_unit_say_so_and_are_not_transferable_by_accident():
    for feature in CATALOGUE:
        if feature.unit in ("V", "Ω", "A", "A s", "J", "°C"):
            assert not feature.transferable, feature.name


def test_the_page_is_what_the_code_says():
    written = PAGE.read_text(encoding="utf-8")
    assert written == catalogue_markdown(), "softbreak features --catalogue > docs/features.md"


def test_every_feature_stands_on_the_page_in_a_whole_row():
    rows = [line for line in catalogue_markdown().splitlines() if line.startswith("| `")]
    assert len(rows) == len(CATALOGUE)
    assert {row.count("|") for row in rows} == {9}


def test_what_is_told_is_in_the_catalogue():
    assert set(TELLINGS) <= {feature.name for feature in CATALOGUE}
