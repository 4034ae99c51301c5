"""``softbreak replay``: finished records, played again."""

from __future__ import annotations

import logging
import math
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from softbreak.cli.console import Quiet, Verbose, speak
from softbreak.errors import ReadError, SoftbreakError

if TYPE_CHECKING:
    from softbreak.data.history import CellHistory
    from softbreak.stream.replay import Clock

logger = logging.getLogger(__name__)
app = typer.Typer(rich_markup_mode=None, add_completion=False)

_PAGE = 500


@app.command(
    epilog="Example: softbreak replay simulated --speed 3600 --to - | softbreak watch -    "
    "softbreak replay my_cells/ --speed 1000 --to growing/"
)
def replay(
    record: Annotated[
        str, typer.Argument(help="A file, a folder of cells, or the word simulated.")
    ],
    speed: Annotated[
        float, typer.Option(min=0.0, help="Times faster than it was; 0 is as fast as it goes.")
    ] = 1.0,
    to: Annotated[
        str, typer.Option(help="- (JSON lines), a folder for growing files, or redis://…")
    ] = "-",
    step: Annotated[
        float, typer.Option(min=0.001, help="Seconds of a cell's time in one message.")
    ] = 60.0,
    cells: Annotated[int, typer.Option(min=1, help="How many, of simulated ones.")] = 4,
    seed: Annotated[int, typer.Option(min=0, help="Of simulated ones.")] = 0,
    quiet: Quiet = False,
    verbose: Verbose = 0,
) -> None:
    """Play finished or simulated records again, to try a watch on them.

    All cells begin at once. Exit code: 0 done; 2 could not run.
    """
    from softbreak.stream.replay import Clock

    speak(quiet, verbose)
    clock = Clock(speed or math.inf)
    with ExitStack() as stack:
        root = Path(record)
        if record == "simulated":
            folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="softbreak-"))
            root = _simulated(Path(folder), cells, seed)
        try:
            told = _played(root, to, step, clock)
        except BrokenPipeError:  # who was listening has gone
            raise typer.Exit(0) from None
    if not quiet:
        typer.echo(told, err=True)


def _simulated(folder: Path, cells: int, seed: int) -> Path:
    from softbreak.simulate.population import Recipe
    from softbreak.simulate.presets import write_preset

    recipe = Recipe(cells, seed, cycles=40)
    return write_preset("population", folder, seed=seed, recipe=recipe).archive


def _played(root: Path, to: str, step: float, clock: Clock) -> str:
    from softbreak.stream.replay import messages

    if to != "-" and "://" not in to:
        return _grown(root, Path(to), clock)
    told = messages(_histories(root), step)
    if to == "-":
        count = _printed(told, clock)
    elif to.startswith(("redis://", "rediss://", "unix://")):
        count = _sent(told, to, clock)
    else:
        raise SoftbreakError(f"--to {to}; expected -, a folder, or redis://HOST:PORT")
    return f"{count:,} messages"


def _printed(told: Iterator[tuple[float, str, str]], clock: Clock) -> int:
    count = 0
    for moment, _, message in told:
        clock.until(moment)
        typer.echo(message)
        count += 1
    return count


def _sent(told: Iterator[tuple[float, str, str]], to: str, clock: Clock) -> int:
    from softbreak.stream.sources.redis_address import Address, RedisSink

    sink = RedisSink(Address.of(to))
    page: list[tuple[str, str]] = []
    count = 0
    for moment, cell_id, message in told:
        if page and (len(page) >= _PAGE or moment > clock.now()):
            sink.send(page)
            page.clear()
            clock.until(moment)
        page.append((cell_id, message))
        count += 1
    sink.send(page)
    sink.close()
    return count


def _grown(root: Path, target: Path, clock: Clock) -> str:
    from softbreak.stream.replay import grow, spans

    if target.exists() and any(target.iterdir()):
        raise SoftbreakError(f"{target} is not empty; growing files would be added to what it has")
    folder = root if root.is_dir() else root.parent
    for name in ("cells.csv", "cells.toml"):
        if root.is_dir() and (root / name).is_file():
            target.mkdir(parents=True, exist_ok=True)
            (target / name).write_bytes((root / name).read_bytes())
    files = spans(_histories(root))
    size = grow(files, folder, target, clock)
    return f"{len(files):,} files, {size:,} bytes in {target}"


def _histories(root: Path) -> Iterator[CellHistory]:
    """Read an archive's cells as ``triage`` groups them, with paths relative to it."""
    from softbreak.archive.inputs.manifest_nearby import manifest_of
    from softbreak.archive.inputs.scan import scan
    from softbreak.data.history import assemble
    from softbreak.data.readers import registry

    found = scan(root, manifest_of(root))
    for group in found.groups:
        records = []
        for path in group.files:
            try:
                read = registry.read(found.root / path, group.columns or None)
            except ReadError as error:
                logger.warning("left out: %s", error)
                continue
            name = path.as_posix()
            records += [replace(r, source=replace(r.source, path=name)) for r in read]
        if records:
            yield assemble(replace(group.cell, cell_id=group.cell_id), records)
