"""``softbreak doctor``: what it says of this installation and of addresses."""

import socket

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
