import re

import pytest

from softbreak.archive.results.pack import key_of
from tests.archive.files import write_cell


@pytest.fixture
def results(softbreak, tmp_path):
    for name in ("a", "b's"):
        write_cell(tmp_path / "archive" / f"{name}.csv")
    softbreak("triage", tmp_path / "archive", "-o", tmp_path / "out", "--workers", "0", "--pages=0")
    return tmp_path / "out"


def test_pages_are_made_when_they_are_wanted(softbreak, results):
    pages = results / "report" / "cell"
    assert list(pages.iterdir()) == []
    told = softbreak("report", results, "--cell", "b's")
    assert told.code == 0
    (page,) = pages.iterdir()
    assert told.out.splitlines() == [str(page), str(results / "report" / "index.html")]
    softbreak("report", results, "--all", "-q")
    assert len(list(pages.iterdir())) == 2


def test_a_name_that_is_not_known(softbreak, results):
    told = softbreak("report", results, "--cell", "c")
    assert told.code == 2
    assert "no result of a cell 'c'" in told.err


def test_pages_lead_to_the_served_page(softbreak, results):
    told = softbreak("report", results, "--cell", "a", "--page", "http://lab:8765/")
    assert told.code == 0
    (page,) = (results / "report" / "cell").iterdir()
    link = re.search(r'href="http://lab:8765/cell/([^"]+)"', page.read_text())
    assert link[1] == key_of("a")
    for page in ("http://[lab:8765", "http://lab:port"):
        assert softbreak("report", results, "--cell", "a", "--page", page).code == 2
    told = softbreak("report", results, "--cell", "a", "--page", "javascript:alert(1)")
    assert told.code == 2
    assert "expected http://HOST:PORT" in told.err
