"""Docstrings and comments name what exists."""

import importlib
import inspect
import pkgutil
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
