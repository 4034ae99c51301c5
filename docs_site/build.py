"""Build the documentation as a site that works offline: ``python docs_site/build.py``.

The pages in ``docs/`` read well where they stand. For the site they are staged first: equations
become MathML (no script, no network), links into the source tree become plain words, and the
changelog joins them. What the site then points to must exist, and lie within it.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from latex2mathml.converter import convert

ROOT = Path(__file__).parents[1]
DOCS, STAGE, SITE = ROOT / "docs", ROOT / "build" / "docs", ROOT / "site"
LINK = re.compile(r"(?<!!)\[([^\]\n]*)\]\(([^)\s]+)\)")
EQUATION = re.compile(r"^```math\n(.*?)^```$", re.DOTALL | re.MULTILINE)
FENCED = re.compile(r"(^```.*?^```$)", re.DOTALL | re.MULTILINE)
SYMBOL = re.compile(
    r"(?<![\w\\.-])([A-Za-zηστρωΔ]{1,2})_([A-Za-z0-9₊]{1,8}(?:,[a-z]{1,8})?)(?!\w|\.\w|\()"
)
SPAN = re.compile(r"(`[^`\n]*`|\]\([^)\s]*\)|<[^>\n]*>)")
ROLE = re.compile(r":(?:func|class|mod|data|meth|attr|exc):<code>(~?)([^<]*)</code>")
SHIM = "https://unpkg.com/iframe-worker/shim"
INWARD = re.compile(r'(?:src|href)="([^"#?][^"]*)"')


def typeset(text: str) -> str:
    """Turn the blocks of LaTeX in a page into MathML; a line of a block is an equation."""

    def drawn(found: re.Match[str]) -> str:
        lines = [line.strip() for line in found[1].splitlines() if line.strip()]
        made = "\n".join(convert(line, display="block") for line in lines)
        return f'<div class="equations">\n{made}\n</div>'

    return EQUATION.sub(drawn, text)


def within(text: str, page: Path) -> str:
    """Make plain words of links that lead out of the documentation; code is left alone."""

    def kept(found: re.Match[str]) -> str:
        words, target = found[1], found[2].partition("#")[0]
        if not target or "://" in target:
            return found[0]
        place = (page.parent / target).resolve()
        return found[0] if place.is_relative_to(DOCS) and place.is_file() else words

    parts = FENCED.split(text)
    return "".join(part if k % 2 else LINK.sub(kept, part) for k, part in enumerate(parts))


def lowered(text: str) -> str:
    """Set the indices of symbols in prose low: R_e, η_e; code and links are left alone."""

    def prose(part: str) -> str:
        pieces = SPAN.split(part)
        return "".join(
            piece if k % 2 else SYMBOL.sub(r"\1<sub>\2</sub>", piece)
            for k, piece in enumerate(pieces)
        )

    parts = FENCED.split(text)
    return "".join(part if k % 2 else prose(part) for k, part in enumerate(parts))


def stage() -> None:
    """Write what the site is built from."""
    shutil.rmtree(STAGE, ignore_errors=True)
    shutil.copytree(DOCS, STAGE)
    for page in DOCS.rglob("*.md"):
        text = lowered(within(page.read_text(encoding="utf-8"), page))
        (STAGE / page.relative_to(DOCS)).write_text(typeset(text), encoding="utf-8")
    changes = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    (STAGE / "changelog.md").write_text(changes, encoding="utf-8")


def finish(site: Path) -> None:
    """Let pages load nothing from elsewhere, and show names of code as readers know them."""
    for page in site.rglob("*.html"):
        up = "../" * (len(page.relative_to(site).parts) - 1)
        text = page.read_text(encoding="utf-8")
        text = text.replace(SHIM, f"{up}javascripts/iframe-worker.js")
        text = ROLE.sub(lambda found: f"<code>{_named(*found.groups())}</code>", text)
        page.write_text(text, encoding="utf-8")


def _named(short: str, name: str) -> str:
    return name.rpartition(".")[2] if short else name


def faults(site: Path) -> Iterator[str]:
    """Yield what a page loads from elsewhere, and where it leads to nothing."""
    for page in sorted(site.rglob("*.html")):
        text = page.read_text(encoding="utf-8")
        name = page.relative_to(site)
        loaded = re.findall(r'<(?:script|img|iframe)[^>]*src="((?:https?:)?//[^"]+)"', text)
        loaded += re.findall(r'<link[^>]*rel="stylesheet"[^>]*href="((?:https?:)?//[^"]+)"', text)
        yield from (f"{name} loads {one}" for one in loaded)
        if name.name == "404.html":
            continue
        for target in INWARD.findall(text):
            place = target.partition("#")[0].partition("?")[0]
            if "://" in place or place.startswith(("//", "data:", "mailto:", "javascript:")):
                continue
            if not (page.parent / place).exists():
                yield f"{name} leads to {target}, which is not there"


def main() -> int:
    """Draw the gallery where it is not drawn, build, and look for faults."""
    from gallery import CELLS, PLACE, VIEWS
    from gallery import main as draw

    if any(not (PLACE / f"{one.name}-{view}.png").is_file() for one in CELLS for view in VIEWS):
        draw([])
    stage()
    done = subprocess.run(
        [sys.executable, "-m", "zensical", "build", "--clean", "--strict"], cwd=ROOT, check=False
    )
    if done.returncode:
        return done.returncode
    finish(SITE)
    found = sorted(set(faults(SITE)))
    for fault in found:
        print(fault, file=sys.stderr)  # noqa: T201
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main())
