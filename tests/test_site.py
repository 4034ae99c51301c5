"""The site of the documentation: what its pages are made of, before they are built."""

import importlib.util
import re
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
TOOLS = ROOT / "docs_site"
pytest.importorskip("latex2mathml", reason="of the dependency group docs")


def tool(name):
    spec = importlib.util.spec_from_file_location(f"docs_site_{name}", TOOLS / f"{name}.py")
    made = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = made
    spec.loader.exec_module(made)
    return made


build, gallery = tool("build"), tool("gallery")
EQUATIONS = [
    page for page in sorted((ROOT / "docs").rglob("*.md")) if "```math" in page.read_text()
]


def test_the_gallery_shows_every_cell_in_every_view():
    page = (ROOT / "docs" / "gallery.md").read_text()
    shown = re.findall(r"\(gallery/(\S+)\.png\)", page)
    assert shown == [f"{one.name}-{view}" for one in gallery.CELLS for view in gallery.VIEWS]


def test_a_cell_of_the_gallery_is_what_it_is_called():
    by_name = {one.name: one for one in gallery.CELLS}
    assert gallery.simulated(by_name["filament"]).summary["state"] == "soft"
    assert gallery.simulated(by_name["hard"]).summary["state"] == "hard"
    assert not gallery.simulated(by_name["warmer"]).summary["ever_short"]


@pytest.mark.parametrize("page", EQUATIONS, ids=lambda page: page.stem)
def test_equations_become_mathml(page):
    text = build.typeset(page.read_text(encoding="utf-8"))
    assert "```math" not in text
    assert text.count("<math") == text.count("</math>") > 0
    assert "merror" not in text
    assert "\\" not in "".join(re.findall(r"<m[ion]>([^<]*)<", text))


def test_links_out_of_the_documentation_become_words():
    page = ROOT / "docs" / "live.md"
    said = build.within("[a](../softbreak/version.py), [b](formats.md#x), [c](https://d.e)", page)
    assert said == "a, [b](formats.md#x), [c](https://d.e)"


@pytest.mark.parametrize(
    ("text", "lowered"),
    [
        ("R_e is 1/η_e", "R<sub>e</sub> is 1/η<sub>e</sub>"),
        ("R_LF,first", "R<sub>LF,first</sub>"),
        ("`R_e` and cells.csv, cell_id", "`R_e` and cells.csv, cell_id"),
        ("[x](a_b.md)", "[x](a_b.md)"),
    ],
)
def test_indices_stand_low(text, lowered):
    assert build.lowered(text) == lowered


def test_every_page_is_in_the_menu():
    menu = set(re.findall(r"(\S+\.md)$", (ROOT / "mkdocs.yml").read_text(), re.MULTILINE))
    pages = {str(page.relative_to(ROOT / "docs")) for page in (ROOT / "docs").rglob("*.md")}
    assert menu == pages | {"changelog.md"}


def test_faults_are_found(tmp_path):
    (tmp_path / "a.html").write_text('<script src="https://x.y/z.js"></script><a href="b.html">')
    assert list(build.faults(tmp_path)) == [
        "a.html loads https://x.y/z.js",
        "a.html leads to b.html, which is not there",
    ]
