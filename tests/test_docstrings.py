"""Docstrings and comments name what exists."""

import doctest
import importlib
import importlib.util
import inspect
import pkgutil
import pydoc
import re
from pathlib import Path

import pytest

import softbreak

ROOT = Path(softbreak.__file__).parent
JUDGING_ONLY = ("softbreak.simulate.draw_b", "softbreak.simulate.laws_b")
ROLE = re.compile(r":(?:func|class|mod|data|meth|attr|exc):`~?([\w.]+)`")
BARE = re.compile(r"`(softbreak(?:\.\w+)+)`")
NAMES = sorted(
    module.name
    for module in pkgutil.walk_packages([str(ROOT)], "softbreak.")
    if "migrations" not in module.name
    and not module.name.endswith("__main__")
    and module.name not in JUDGING_ONLY
)


def source_of(name):
    return Path(importlib.util.find_spec(name).origin).read_text(encoding="utf-8")


def exists(name: str, home: object) -> bool:
    """Whether a dotted name leads to a module or to something in one."""
    if name.startswith("."):
        name = home.__name__.rpartition(".")[0] + name
    if not name.startswith("softbreak"):
        first, _, rest = name.partition(".")
        if hasattr(home, first):
            value = getattr(home, first)
            return not rest or hasattr(value, rest) or rest in getattr(value, "__slots__", ())
        members = [m for m in vars(home).values() if inspect.isclass(m)]
        if any(hasattr(m, first) or first in getattr(m, "__annotations__", {}) for m in members):
            return True
        try:  # of another library
            importlib.import_module(first)
        except ImportError:
            return False
        return True
    parts = name.split(".")
    for stop in range(len(parts), 0, -1):
        try:
            value = importlib.import_module(".".join(parts[:stop]))
        except ImportError:
            continue
        for part in parts[stop:]:
            known = hasattr(value, part) or part in getattr(value, "__annotations__", {})
            if not known:
                return False
            value = getattr(value, part, None)
        return True
    return False


@pytest.mark.parametrize("name", NAMES)
def test_no_reference_dangles(name):
    home = importlib.import_module(name)
    text = Path(home.__file__).read_text(encoding="utf-8")
    named = set(ROLE.findall(text)) | set(BARE.findall(text))
    assert [one for one in sorted(named) if not exists(one, home)] == []


WITH_EXAMPLES = [name for name in NAMES if ">>>" in source_of(name)]


@pytest.mark.parametrize("name", WITH_EXAMPLES)
def test_every_example_runs(name, monkeypatch):
    monkeypatch.chdir(ROOT.parent)
    told = doctest.testmod(importlib.import_module(name), optionflags=doctest.ELLIPSIS)
    assert told.failed == 0


def test_there_are_examples():
    assert "softbreak.features" in WITH_EXAMPLES
    assert "softbreak.models.registry" in WITH_EXAMPLES


def test_the_features_explain_themselves():
    text = pydoc.render_doc(softbreak.features)
    assert "pair_fits" in text
    assert "One row a half-cycle" in text
    assert list(inspect.signature(softbreak.features).parameters) == ["history", "pair_fits"]


def test_only_public_names_are_listed():
    assert dir(softbreak) == sorted(softbreak.__all__)


@pytest.mark.parametrize(
    ("call", "told"),
    [
        (lambda: softbreak.read(3), r'softbreak.read\("cell7/"'),
        (lambda: softbreak.read("x", area=3), "did you mean 'area_cm2'"),
        (lambda: softbreak.features("x"), r"softbreak.features\(softbreak.read\(path\)\)"),
        (lambda: softbreak.diagnose("x"), r"softbreak.diagnose\(softbreak.read\(path\)\)"),
        (lambda: softbreak.detector(3), r'softbreak.detector\("hybrid"\)'),
        (lambda: softbreak.detector("hybird"), "known are fused, hybrid"),
        (lambda: softbreak.cycle_table("x"), r"cycle_table\(\[softbreak.read\(path\)\]\)"),
        (lambda: softbreak.LiveCell("x"), r'softbreak.LiveCell\(softbreak.Cell\("cell7"\)\)'),
        (lambda: softbreak.Watcher("x"), "known are fused, hybrid"),
    ],
)
def test_a_wrong_argument_is_told_what_to_pass(call, told):
    with pytest.raises(softbreak.SoftbreakError, match=told):
        call()
