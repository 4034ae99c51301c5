"""What the documentation says can be done: Python runs, links lead somewhere, verbs exist."""

import re
import shlex
from pathlib import Path

import pytest

from softbreak.cli.main import COMMANDS

ROOT = Path(__file__).parents[1]
PAGES = sorted([ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").rglob("*.md")])


def blocks(page, language):
    fenced = re.findall(r"^```(\w*)\n(.*?)^```", page.read_text(encoding="utf-8"), re.S | re.M)
    return [text for of, text in fenced if re.fullmatch(language, of)]


@pytest.mark.parametrize("page", PAGES, ids=lambda p: str(p.relative_to(ROOT)))
def test_links_lead_somewhere(page):
    for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text(encoding="utf-8")):
        drawn = target.startswith("gallery/")  # when the site is built: see test_site.py
        if not drawn and not target.startswith(("http://", "https://", "#")):
            assert (page.parent / target.split("#")[0]).exists(), target


@pytest.mark.parametrize("page", PAGES, ids=lambda p: str(p.relative_to(ROOT)))
def test_python_in_the_documentation_runs(page, monkeypatch):
    monkeypatch.chdir(ROOT)
    names: dict = {}
    for code in blocks(page, "python"):
        exec(compile(code, str(page), "exec"), names)


@pytest.mark.parametrize("page", PAGES, ids=lambda p: str(p.relative_to(ROOT)))
def test_commands_in_the_documentation_exist(page):
    for block in blocks(page, "(?:sh|bash|console)?"):
        for line in block.splitlines():
            words = shlex.split(line, comments=True) if line.startswith("softbreak ") else []
            if len(words) > 1 and not words[1].startswith("-"):
                assert words[1] in COMMANDS, line


def test_the_project_speaks_of_no_machine():
    locks = [ROOT / "requirements.lock", ROOT / "requirements-test.lock"]
    rest = [ROOT / "mkdocs.yml", ROOT / "Containerfile", *(ROOT / "packaging").iterdir()]
    for path in [*PAGES, *(ROOT / "softbreak").rglob("*.py"), *locks, *rest]:
        assert not re.search(r"/(?:work|root|home)/", path.read_text(encoding="utf-8")), path
