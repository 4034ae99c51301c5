"""``softbreak doctor``: what it says of this installation and of addresses."""

import json
import socket
import subprocess
import sys

import pytest

from softbreak import installed


def test_it_tells_what_is_there(softbreak):
    told = softbreak("doctor", "--json")
    assert told.code == 0
    assert {one["name"] for one in told.json["base"]} >= {"numpy", "polars", "numba"}
    assert all(one["version"] and not one["error"] for one in told.json["base"])
    assert {one["extra"] for one in told.json["extras"]} == set(installed.EXTRAS)
    assert told.json["chart_library"].endswith("plotly.min.js")
    assert told.json["cache"]["free_gigabytes"] > 0


def test_what_is_missing_comes_with_its_line(softbreak, monkeypatch):
    from softbreak.cli import doctor

    real = doctor.find_spec
    monkeypatch.setattr(doctor, "find_spec", lambda name: None if name == "duckdb" else real(name))
    told = softbreak("doctor")
    assert "without duckdb" in told.out
    line = next(row for row in told.out.splitlines() if "[query]" in row)
    assert "install" in line


def test_addresses_are_tried_and_passwords_are_not_said(softbreak):
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        assert softbreak("doctor", f"redis://me:secret@127.0.0.1:{port}/0").code == 0
    told = softbreak("doctor", f"redis://me:secret@127.0.0.1:{port}/0")
    assert told.code == 1
    assert "not reached" in told.out
    assert "secret" not in told.out + told.err
    assert softbreak("doctor", "nonsense", "--json").json["addresses"][0]["error"]


@pytest.mark.parametrize(
    "address",
    [
        "me:secret@127.0.0.1:1",
        "redis://me:secret/1@127.0.0.1:1",
        "postgresql://127.0.0.1:1/x?user=me&password=secret",
    ],
)
def test_no_form_of_a_password_is_said(softbreak, address):
    told = softbreak("doctor", address)
    assert told.code == 1
    assert "secret" not in told.out + told.err


BROKEN = """
import sys
class Broken:
    def find_spec(self, asked, *_):
        if asked.partition(".")[0] == NAME:
            raise RuntimeError("built for another numpy")
sys.meta_path.insert(0, Broken())
sys.argv = ["softbreak", "doctor", "--json"]
from softbreak.cli.main import run
run()
"""


@pytest.mark.parametrize("name", ["fastexcel", "numba"])
def test_a_library_that_breaks_is_told_with_its_words(name):
    command = [sys.executable, "-c", BROKEN.replace("NAME", repr(name))]
    done = subprocess.run(command, capture_output=True, check=False, encoding="utf-8")
    assert done.returncode == 1, done.stderr
    errors = {one["name"]: one["error"] for one in json.loads(done.stdout)["base"] if one["error"]}
    assert errors == {name: "RuntimeError: built for another numpy"}
