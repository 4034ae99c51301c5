"""What a fresh interpreter loads, and when."""

import json
import os
import subprocess
import sys

import pytest

import softbreak
from softbreak.cli.main import COMMANDS

HEAVY = {
    "numpy",
    "pandas",
    "polars",
    "pyarrow",
    "numba",
    "matplotlib",
    "plotly",
    "torch",
    "mlflow",
    "dask",
    "tsfresh",
    "sklearn",
    "scipy",
    "fastnda",
    "rich",
}


def loaded_after(code):
    told = subprocess.run(
        [sys.executable, "-c", f"{code}\nimport json, sys; print(json.dumps(list(sys.modules)))"],
        capture_output=True,
        text=True,
        check=True,
        env={"PYTHONPATH": os.pathsep.join(path for path in sys.path if path)},
    )
    return {name.partition(".")[0] for name in json.loads(told.stdout.splitlines()[-1])}


def test_the_package_loads_nothing_heavy():
    assert not loaded_after("import softbreak") & HEAVY


def test_help_loads_nothing_heavy_and_no_command():
    code = (
        "import sys; sys.argv = ['softbreak', '--help']\n"
        "from softbreak.cli.main import run\n"
        "try: run()\n"
        "except SystemExit: pass\n"
        "assert 'softbreak.cli.triage' not in sys.modules"
    )
    assert not loaded_after(code) & HEAVY


@pytest.mark.parametrize("command", COMMANDS)
def test_a_commands_help_loads_nothing_heavy(command):
    code = (
        f"import sys; sys.argv = ['softbreak', '{command}', '--help']\n"
        "from softbreak.cli.main import run\n"
        "try: run()\n"
        "except SystemExit: pass\n"
    )
    assert not loaded_after(code) & HEAVY - {"rich"}


def test_every_public_name_is_there():
    for name in softbreak.__all__:
        assert getattr(softbreak, name) is not None
    assert set(softbreak.__all__) <= set(dir(softbreak))


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="has no attribute 'nonsense'"):
        softbreak.nonsense  # noqa: B018
