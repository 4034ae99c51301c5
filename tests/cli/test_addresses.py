"""Addresses with passwords: from a variable or a file, and told to nobody."""

import logging

import pytest

from softbreak.cli.addresses import revealed, revealed_one
from softbreak.errors import SoftbreakError

ADDRESS = "mailto://lab:pa55word@uni.example"


def test_from_the_environment(monkeypatch, caplog):
    monkeypatch.setenv("LAB_NOTIFY", f"{ADDRESS} post+https://b.example/x")
    assert revealed("env:LAB_NOTIFY", "--notify") == [ADDRESS, "post+https://b.example/x"]
    assert not caplog.records


def test_from_a_file(tmp_path, caplog):
    path = tmp_path / "notify"
    path.write_text(f"# who hears\n{ADDRESS}\n\n", encoding="utf-8")
    path.chmod(0o600)
    assert revealed_one(f"@{path}", "--notify") == ADDRESS
    assert not caplog.records
    path.chmod(0o644)
    revealed_one(f"@{path}", "--notify")
    assert "chmod 600" in caplog.text


def test_a_password_among_the_arguments_is_warned_of_and_not_repeated(caplog):
    with caplog.at_level(logging.WARNING):
        assert revealed(ADDRESS, "--notify") == [ADDRESS]
        assert revealed("postgresql://lab@localhost/x", "--store") == [
            "postgresql://lab@localhost/x"
        ]
    (record,) = caplog.records
    assert "env:NAME" in record.getMessage()
    assert "pa55word" not in caplog.text


@pytest.mark.parametrize("told", ["env:NOT_THERE", "@/not/there", "@{empty}"])
def test_what_is_not_there_is_said(tmp_path, told):
    empty = tmp_path / "empty"
    empty.touch(mode=0o600)
    with pytest.raises(SoftbreakError, match="--notify"):
        revealed(told.format(empty=empty), "--notify")
