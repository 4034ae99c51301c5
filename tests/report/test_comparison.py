"""The page of a comparison: complete, escaped, offline, and drawn from its own tables."""

from __future__ import annotations

import json
import re

import pandas as pd
import pytest

from softbreak.report.comparison import write_comparison
from softbreak.report.comparison_figures import comparison_figures
from softbreak.report.render_static import to_svg
from softbreak.simulate.faults import CONFOUNDERS
from softbreak.training.compare_tables import tables_of
from softbreak.training.judging import Judged
from tests.training.judged import random_judged


def verdicts(name, seed, skill):
    table = random_judged(seed=0).assign(detector=name, setting="all evidence")
    other = random_judged(seed=seed, skill=skill)
    table["state"] = other["state"]
    for confounder in CONFOUNDERS:
        if confounder not in table.columns:
            table[confounder] = False
    return table


@pytest.fixture(scope="module")
def tables():
    names = {"fused": 0.8, "cv-hardened": 0.3, "<b>odd</b>": 0.8}
    cycles = pd.concat(
        [verdicts(name, 0, skill) for name, skill in names.items()], ignore_index=True
    )
    where = {"laws": "a", "setting": "all evidence"}
    own = pd.DataFrame(
        [
            {"detector": n, "cell_id": "c000", "unit": "cycle", "units": 20, "answered": 9} | where
            for n in names
        ]
    )
    costs = pd.DataFrame([{"detector": n, "seconds": 0.1, "cycles": 600} | where for n in names])
    return tables_of(Judged(cycles, own, costs))


@pytest.fixture(scope="module")
def page(tables, tmp_path_factory):
    out = tmp_path_factory.mktemp("comparison")
    return write_comparison(out, tables, facts=[("seed", "7")], command="softbreak compare <x>")


def test_the_page_says_what_it_is(page):
    text = page.read_text(encoding="utf-8")
    assert "measured on simulated cells" in text
    for wanted in ("always healthy", "always soft", "McNemar", "Law set a", "seed", "bootstrap"):
        assert wanted in text
    assert "nan" not in re.sub(r'"[^"]*"|<[^>]*>', "", text).lower().split()


def test_only_differences_that_are_clear_of_zero_are_bold(page, tables):
    text = page.read_text(encoding="utf-8")
    told = tables["differences"]
    names = ("macro_f1", "macro_f1_common", "macro_f1_forced")
    told = told[~told["detector"].isin(["always healthy", "always soft"])]
    clear = sum(((told[f"{n}_lower"] > 0) | (told[f"{n}_upper"] < 0)).sum() for n in names)
    assert 0 < clear < 3 * len(told)
    assert text.count('class="clear"') == clear


def test_names_are_escaped(page):
    text = page.read_text(encoding="utf-8")
    assert "<b>odd</b>" not in text
    assert "&lt;b&gt;odd&lt;/b&gt;" in text
    assert "compare &lt;x&gt;" in text


def test_the_page_needs_no_network(page):
    text = page.read_text(encoding="utf-8")
    assert not re.findall(r'(?:src|href)="(?:https?:)?//', text)
    for name in re.findall(r'(?:src|href)="([^"#]+)"', text):
        assert (page.parent / name).exists(), name


def test_every_table_is_a_csv(page, tables):
    for name, table in tables.items():
        stored = pd.read_csv(page.parent / "tables" / f"{name}.csv")
        assert list(stored.columns) == list(table.columns)
        assert len(stored) == len(table)


def test_figures_are_in_the_page_and_can_be_drawn(page, tables):
    text = page.read_text(encoding="utf-8")
    stored = re.findall(r'<script type="application/json" id="data-[^"]*">(.*?)</script>', text)
    assert len(stored) == 3
    for one in stored:
        assert json.loads(one)["data"]
    own = {name: table for name, table in tables.items() if "laws" in table.columns}
    for figure in comparison_figures(own):
        svg = to_svg(figure)
        assert "fused" in svg
        names = [curve.label for panel in figure.panels for curve in panel.curves]
        assert "always healthy" not in names
