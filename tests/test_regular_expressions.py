"""No regular expression takes more than linear time, whatever it is given.

Every expression of the package is found in its source, and is asked in each way in which it is
asked there (search, match, fullmatch, findall, sub, split) about long runs of every character that
it names, alone and between others. What is compared is how the work grows: four times the text may
take about four times the work; where it grows with the square, it takes sixteen times.
"""

import ast
import importlib
import re
import time
from functools import cache
from pathlib import Path

import pytest

import softbreak

ROOT = Path(softbreak.__file__).parent
WAYS = ("search", "match", "fullmatch", "findall", "finditer", "sub", "split")
SHORT, LONG = 300, 1200
MOST_GROWTH = 9.0
TOLD = 1e-3
"""Less work (s) than this is none: its growth cannot be told from the machine's own pauses."""


def expressions():
    """Yield (where, pattern, way) of every expression that the package asks."""
    for path in sorted(ROOT.rglob("*.py")):
        source = path.read_text(encoding="utf-8")
        if "re." not in source or "import re\n" not in source:
            continue
        tree = ast.parse(source)
        where = path.relative_to(ROOT.parent).with_suffix("").as_posix().replace("/", ".")
        module = None
        for node in ast.walk(tree):
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
                continue
            way = node.func.attr
            if way not in WAYS:
                continue
            owner = node.func.value
            if isinstance(owner, ast.Name) and owner.id == "re":
                if isinstance(node.args[0], ast.Constant):
                    flags = _flags(node)
                    yield where, re.compile(node.args[0].value, flags), way
                continue
            if isinstance(owner, ast.Name) and owner.id.isupper():
                module = module or importlib.import_module(where)
                found = getattr(module, owner.id, None)
                if isinstance(found, re.Pattern):
                    yield where, found, way


def _flags(node):
    told = [*node.args[2:], *(k.value for k in node.keywords if k.arg == "flags")]
    flags = 0
    for part in told:
        for name in ast.walk(part):
            if isinstance(name, ast.Attribute):
                flags |= getattr(re, name.attr, 0)
    return flags


@cache
def every():
    found = {}
    for where, pattern, way in expressions():
        found.setdefault((pattern.pattern, pattern.flags, way), (where, pattern))
    return found


def runs(pattern, count):
    """Yield long texts: runs of what the pattern names and of usual characters, and mixtures."""
    text = (
        pattern.pattern if isinstance(pattern.pattern, str) else pattern.pattern.decode("latin-1")
    )
    named = {c for c in text if not c.isspace()} - set("\\^$|?*+{}")
    units = {c for c in named if not c.isalnum()} | set(" \t\n0a.,-_/:\"'<[(=")
    words = re.findall(r"[A-Za-z]{2,}", text)[:6]
    for unit in sorted(units):
        for before, after in (("", "\x01"), ("a", "a"), ("0", "\x01"), ("(", ""), ('"', "a")):
            yield before + unit * count + after
    for unit in (" a", "a ", "0 ", " 0", "0.", "a/", "/ ", "- ", "_a", "\n ", " \n", "\t ", *words):
        yield (unit * (count // len(unit) + 1))[:count] + "\x01"


def work(pattern, way, text):
    """Return the least of three measures (s) of the processor's time."""
    given = text if isinstance(pattern.pattern, str) else text.encode("latin-1", "replace")
    ask = getattr(pattern, way)
    arguments = (
        ("" if isinstance(pattern.pattern, str) else b"", given) if way == "sub" else (given,)
    )
    best = float("inf")
    for _ in range(2):
        began = time.process_time()
        answer = ask(*arguments)
        if way == "finditer":
            list(answer)
        best = min(best, time.process_time() - began)
        if best < TOLD:
            break
    return best


def growth(pattern, way):
    """Return the largest growth of the work from a short to a long text, and for which text."""
    worst = (1.0, "")
    for short, long in zip(runs(pattern, SHORT), runs(pattern, LONG), strict=True):
        after = work(pattern, way, long)
        if after < TOLD:
            continue
        before = work(pattern, way, short)
        worst = max(worst, (after / max(before, TOLD / 32.0), long[:12]))
        if worst[0] > MOST_GROWTH:
            break
    return worst


def test_they_are_found():
    assert len(every()) > 60


def test_what_is_worse_than_linear_is_seen():
    """The measure must be able to fail: the expression of units was once like this."""
    assert growth(re.compile(r"^(.*?)\s*(?:/\s*(\S+))?\s*$"), "match")[0] > MOST_GROWTH
    assert growth(re.compile(r"[a-z ]+:"), "search")[0] > MOST_GROWTH
    assert growth(re.compile(r"[a-z ]{1,40}:"), "search")[0] < MOST_GROWTH


@pytest.mark.parametrize(
    "key", every(), ids=lambda key: f"{every()[key][0]}:{key[2]}:{key[0]!r}"[:120]
)
def test_no_expression_is_worse_than_linear(key):
    _, pattern = every()[key]
    for _ in range(3):  # a machine that is busy measures too much, never three times the same
        found, text = growth(pattern, key[2])
        if found < MOST_GROWTH:
            return
    pytest.fail(f"four times {text!r}… takes {found:.0f} times the work")
