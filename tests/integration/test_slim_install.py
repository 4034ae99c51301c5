"""A base install, without any extra, does what it is for; what it cannot it says with its line."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from softbreak.installed import EXTRAS

EXAMPLES = Path(__file__).parents[2] / "examples" / "archive"
BROUGHT = {"plotly", "scipy", "PIL", "fontTools", "requests", "narwhals", "starlette"}
ABSENT = {module for modules in EXTRAS.values() for module in modules} | BROUGHT
SLIM = f"""
import sys
from importlib.abc import MetaPathFinder

class Nothing(MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        top = name.partition(".")[0]
        if top in {ABSENT - {"plotly"}!r}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)

sys.meta_path.insert(0, Nothing())
from softbreak.cli.main import run
run()
"""
"""plotly is looked for, never imported: a tree that was not built has its script from there."""


def slim(*arguments):
    path = os.pathsep.join(path for path in sys.path if path)
    return subprocess.run(
        [sys.executable, "-c", SLIM, *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": path},
    )


@pytest.fixture(scope="module")
def cells(tmp_path_factory):
    place = tmp_path_factory.mktemp("cells")
    shutil.copy(EXAMPLES / "LPSCl_hard.mpt", place)
    shutil.copytree(EXAMPLES / "LGPS_soft", place / "LGPS_soft")
    return place


def test_from_a_file_to_a_report(cells, tmp_path):
    done = slim("triage", cells, "--out", tmp_path, "--workers", "0")
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "report" / "index.html").is_file()
    assert "hard" in done.stdout


@pytest.mark.parametrize("verb", [["diagnose"], ["check"], ["features"]])
def test_one_cell(cells, verb):
    done = slim(*verb, cells / "LPSCl_hard.mpt")
    assert done.returncode == 0, done.stderr


def test_impedance_and_conversion(cells, tmp_path):
    folder = cells / "LGPS_soft"
    done = slim("eis", folder / "eis_before.mpt", folder / "eis_after.mpt")
    assert done.returncode == 0, done.stderr
    done = slim("convert", folder / "cycling.csv", "--out", tmp_path)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("extra", "arguments"),
    [
        ("query", ["query", "SELECT 1", "."]),
        ("watch", ["watch", "."]),
        ("web", ["serve", "."]),
        ("learn", ["diagnose", "eis_before.mpt", "--detector", "models:/a@b"]),
        ("figures", ["eis", "eis_before.mpt", "--png", "x.png"]),
    ],
)
def test_what_is_missing_is_said_with_its_line(cells, tmp_path, monkeypatch, extra, arguments):
    shutil.copy(cells / "LGPS_soft" / "eis_before.mpt", tmp_path)
    monkeypatch.chdir(tmp_path)
    done = slim(*arguments)
    assert done.returncode == 2, done.stdout + done.stderr
    assert f"[{extra}]" in done.stderr
    assert "Traceback" not in done.stderr
