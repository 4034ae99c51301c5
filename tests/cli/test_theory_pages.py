"""The pages of docs/theory name only verbs and options that exist, and pages that are there."""

import re
from pathlib import Path

import pytest

from softbreak.cli.main import COMMANDS, LazyGroup

PAGES = sorted((Path(__file__).parents[2] / "docs" / "theory").glob("*.md"))
LINE = re.compile(r"softbreak ([a-z]+)((?: [^`\n]*)?)`")


def options_of(verb):
    command = LazyGroup().get_command(None, verb)
    return {name for parameter in command.params for name in parameter.opts}


def test_there_is_a_page_for_every_method():
    assert len(PAGES) >= 9
    index = (PAGES[0].parent / "README.md").read_text(encoding="utf-8")
    for page in PAGES:
        assert page.name == "README.md" or f"({page.name})" in index


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_commands_on_the_page_exist(page):
    for verb, rest in LINE.findall(page.read_text(encoding="utf-8")):
        assert verb in COMMANDS
        assert set(re.findall(r"--[a-z-]+", rest)) <= options_of(verb)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_links_between_pages_lead_somewhere(page):
    for target in re.findall(r"\]\(([a-z_]+\.md)\)", page.read_text(encoding="utf-8")):
        assert (page.parent / target).is_file()


def test_options_are_looked_up_in_the_real_commands():
    assert "--growth-sd" in options_of("leakage")
