"""The line that brings what is missing is true for how softbreak was installed."""

import json
import sys
import tomllib
from importlib.metadata import PackageNotFoundError
from pathlib import Path

import pytest

from softbreak import installed

ROOT = Path(__file__).parents[1]


class Installed:
    def __init__(self, installer, url=None):
        self.files = {"INSTALLER": f"{installer}\n", "direct_url.json": url and json.dumps(url)}

    def read_text(self, name):
        return self.files[name]


@pytest.fixture
def line(monkeypatch, tmp_path):
    """Return the line for an extra, as softbreak would be installed."""

    def told(found, prefix=tmp_path, extra="learn"):
        monkeypatch.setattr(sys, "prefix", str(prefix))
        monkeypatch.setattr(sys, "executable", "/venv/bin/python")
        monkeypatch.setattr("shutil.which", lambda _: "/venv/bin/python")
        monkeypatch.setattr(installed, "distribution", lambda _: found)
        return installed.install_line(extra)

    return told


def test_from_an_index(line):
    assert line(Installed("pip")) == 'python -m pip install "softbreak[learn]"'
    assert line(Installed("uv")) == 'uv pip install "softbreak[learn]"'


def test_from_a_clone(line):
    clone = {"url": "file:///home%20of/softbreak", "dir_info": {"editable": True}}
    asked = line(Installed("pip", clone))
    assert asked.startswith('python -m pip install -e "')
    assert asked.endswith('softbreak[learn]"')
    assert "home of" in asked


def test_from_a_wheel_and_from_git(line):
    wheel = {"url": "file:///w/softbreak-0.1.0-py3-none-any.whl", "archive_info": {}}
    assert line(Installed("pip", wheel)) == (
        'python -m pip install "softbreak[learn] @ file:///w/softbreak-0.1.0-py3-none-any.whl"'
    )
    git = {"url": "https://host/softbreak", "vcs_info": {"vcs": "git", "commit_id": "abc"}}
    assert '"softbreak[learn] @ git+https://host/softbreak@abc"' in line(Installed("pip", git))


def test_by_tools_that_keep_programs_apart(line, tmp_path):
    for mark, wanted in (("pipx_metadata.json", "pipx install"), ("uv-receipt.toml", "uv tool")):
        prefix = tmp_path / mark.partition(".")[0]
        prefix.mkdir()
        (prefix / mark).touch()
        assert line(Installed("pip"), prefix).startswith(wanted)


def test_by_conda_the_libraries_are_named(line):
    assert line(Installed("conda"), extra="web") == (
        "conda install -c conda-forge fastapi uvicorn prometheus-client"
    )


def test_the_interpreter_is_named_where_python_is_another(line, monkeypatch):
    line(Installed("pip"))
    monkeypatch.setattr("shutil.which", lambda _: "/usr/bin/python")
    assert installed.install_line("web").startswith("/venv/bin/python -m pip")


def test_not_installed_at_all(monkeypatch):
    def nowhere(name):
        raise PackageNotFoundError(name)

    monkeypatch.setattr(installed, "distribution", nowhere)
    assert f'-e "{ROOT}[web]"' in installed.install_line("web")
    assert "not installed" in installed.how_installed()


def test_a_missing_library_is_said_with_its_line():
    said = installed.missing_module(ModuleNotFoundError(name="mlflow.pyfunc"), "tracking")
    assert said.startswith("tracking needs mlflow, which is not installed")
    assert "[learn]" in said
    assert "nonsense" in installed.missing_module(ModuleNotFoundError(name="nonsense"))


def test_the_extras_are_those_of_the_project():
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"][
        "optional-dependencies"
    ]
    assert set(installed.EXTRAS) == set(installed.JOBS) == set(extras) - {"lab"}
    names = {"sklearn": "scikit-learn", "prometheus_client": "prometheus-client"}
    for extra, modules in installed.EXTRAS.items():
        asked = " ".join(extras[extra])
        for module in modules:
            assert names.get(module, module) in asked, (extra, module)
