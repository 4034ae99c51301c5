"""``softbreak serve``: what it refuses, and that it serves."""

import urllib.request

import pytest
from typer.testing import CliRunner

from softbreak.cli.main import app
from softbreak.errors import SoftbreakError
from softbreak.web.cells import Results, cells_of
from softbreak.web.serving import Server
from tests.web.lab import make_results


@pytest.fixture(scope="module")
def out(tmp_path_factory):
    return make_results(tmp_path_factory.mktemp("lab"))


def test_it_serves_on_this_machine_only(out):
    cells = cells_of(str(out))
    server = Server(cells, port=0)
    thread = server.start()
    with urllib.request.urlopen(server.address, timeout=20) as answer:
        assert "3 cells" in answer.read().decode()
    with pytest.raises(SoftbreakError, match="cannot listen"):
        Server(cells, port=server.port)
    server.close(thread)
    cells.store.close()


def test_other_addresses_need_a_token(out, monkeypatch):
    monkeypatch.delenv("SOFTBREAK_TOKEN", raising=False)
    done = CliRunner().invoke(app, ["serve", str(out), "--host", "0.0.0.0", "--port", "0"])
    assert "SOFTBREAK_TOKEN" in str(done.exception)


def test_what_is_not_there_is_told(tmp_path):
    done = CliRunner().invoke(app, ["serve", str(tmp_path / "nothing")])
    assert "expected the folder of a triage" in str(done.exception)


def test_an_archive_that_was_moved_can_be_named(tmp_path):
    place = make_results(tmp_path)
    (tmp_path / "archive").rename(tmp_path / "elsewhere")
    lost, found = Results(place), Results(place, tmp_path / "elsewhere")
    assert lost.archive is None
    assert [row.facts for row in lost.rows()] == [{}, {}, {}]
    assert {row.facts["batch"] for row in found.rows()} > {"one"}
    for one in (lost, found):
        one.store.close()
