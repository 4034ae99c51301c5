"""What softbreak is built from: pinned with hashes, and under licences that bind nobody further."""

import re
from importlib.metadata import PackageNotFoundError, metadata
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
LOCKS = ("requirements.lock", "requirements-test.lock")
FREE = re.compile(
    r"\b(MIT|MIT-0|MIT-CMU|BSD|[023]-Clause|Apache|ISC|PSF|Python Software Foundation|MPL|"
    r"Mozilla Public License|Zlib|Unlicense|HPND|Public Domain|LGPL|0BSD|CC0|SIL|CNRI)\b",
    re.IGNORECASE,
)
BINDING = re.compile(r"(?<!L)(?<!Lesser )(AGPL|GPL|General Public License)", re.IGNORECASE)
LESSER = {"psycopg", "psycopg-binary"}
"""Under the LGPL, used as a library where somebody wants PostgreSQL, and replaceable."""
SAID_ELSEWHERE = {"huey": "MIT", "skops": "MIT"}
"""Packages whose metadata say nothing: the licence stands in their repository."""


def locked(name):
    """Yield (package, version, marker and hashes) of a lock."""
    text = (ROOT / name).read_text(encoding="utf-8").replace("\\\n", " ")
    for line in text.splitlines():
        if line and not line.startswith((" ", "#")):
            found = re.match(r"([A-Za-z0-9_.-]+)(?:\[[^]]*\])?==(\S+)(.*)", line)
            assert found, line
            yield found[1], found[2], found[3]


@pytest.mark.parametrize("name", LOCKS)
def test_every_package_has_one_version_and_its_hashes(name):
    found = list(locked(name))
    assert len(found) > 50
    for package, _, rest in found:
        assert re.search(r"--hash=sha256:[0-9a-f]{64}", rest), package


def test_both_locks_agree():
    tested = {(package, version) for package, version, _ in locked(LOCKS[1])}
    assert {(package, version) for package, version, _ in locked(LOCKS[0])} <= tested


def test_the_locks_are_for_linux_macos_and_windows():
    markers = " ".join(rest for _, _, rest in locked(LOCKS[0]))
    assert "win32" in markers, "a lock for one system alone has no markers"


def licence_of(package):
    try:
        told = metadata(package)
    except PackageNotFoundError:
        return None  # of another system
    said = [told.get("License-Expression") or "", (told.get("License") or "")[:200]]
    said += [line for line in told.get_all("Classifier", []) if line.startswith("License ::")]
    return SAID_ELSEWHERE.get(package) or " ".join(said).strip()


def binds(told, package):
    """Whether a licence would bind whoever uses softbreak; of several one may be chosen."""
    if package in LESSER:
        return "LGPL" not in told
    choices = re.split(r"\s+OR\s+", told)
    return all(BINDING.search(choice) for choice in choices)


def test_no_package_is_under_the_gpl():
    looked_at = 0
    for package, _, _ in locked(LOCKS[1]):
        told = licence_of(package)
        if told is None:
            continue
        looked_at += 1
        assert FREE.search(told), f"{package}: {told!r}"
        assert not binds(told, package), f"{package}: {told!r}"
    assert looked_at > 100


@pytest.mark.parametrize(
    ("told", "bound"),
    [
        ("GPL-3.0-or-later", True),
        ("License :: OSI Approved :: GNU General Public License v3 (GPLv3)", True),
        ("AGPL-3.0", True),
        ("MIT", False),
        ("LGPL-3.0-only", False),
        ("MIT OR GPL-2.0", False),
    ],
)
def test_which_licences_bind(told, bound):
    assert binds(told, "some") is bound
