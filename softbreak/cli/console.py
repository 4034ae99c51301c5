"""What the commands share: options, consoles, progress, exit codes."""

from __future__ import annotations

import json
import logging
import math
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from softbreak.plain_text import json_text, visible
from softbreak.verdict import State

if TYPE_CHECKING:
    import pandas as pd
    from rich.console import Console
    from rich.progress import Progress

Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Say nothing but results and errors.")]
Verbose = Annotated[
    int, typer.Option("--verbose", "-v", count=True, help="Say more; twice: tracebacks too.")
]
Json = Annotated[bool, typer.Option("--json", help="Print the result as JSON on stdout.")]

DONE, FOUND, FAILED = 0, 1, 2


class FailOn(StrEnum):
    """From which state on a run ends with exit code 1."""

    SOFT = "soft"
    HARD = "hard"


def speak(quiet: bool, verbose: int) -> None:
    """Set how much is said on stderr."""
    levels = (logging.WARNING, logging.INFO, logging.DEBUG)
    level = logging.ERROR if quiet else levels[min(verbose, 2)]
    logging.basicConfig(handlers=[_handler()])
    logging.getLogger("softbreak").setLevel(level)


class _Formatter(logging.Formatter):
    """Writes what names and files say so that it does nothing on a terminal."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        return visible(super().format(record))


def _handler() -> logging.Handler:
    handler = logging.StreamHandler()
    handler.setFormatter(_Formatter("softbreak: %(message)s"))
    return handler


def say(text: str, *, err: bool = False) -> None:
    """Print text; what a name or a file brings along does nothing on a terminal."""
    typer.echo(visible(text), err=err)


def stdout() -> Console:
    """Return the console for results."""
    return _console(err=False)


def stderr() -> Console:
    """Return the console for progress and remarks."""
    return _console(err=True)


def _console(*, err: bool) -> Console:
    """Return a console that shows control characters in texts instead of obeying them."""
    from rich.console import Console, ConsoleOptions
    from rich.segment import Segment

    class Plain(Console):
        def render(
            self, renderable: Any, options: ConsoleOptions | None = None
        ) -> Iterator[Segment]:
            for text, style, control in super().render(renderable, options):
                yield Segment(text if control else visible(text), style, control)

    return Plain(stderr=err, highlight=False)


@contextmanager
def progress_bar(quiet: bool) -> Iterator[Progress]:
    """Show a progress bar on stderr, unless it is no terminal or nobody wants one."""
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    console = stderr()
    with Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=console,
        disable=quiet or not console.is_terminal,
        transient=True,
    ) as progress:
        yield progress


COMPILING: Final = "Compiling, once: later runs are fast"


def compile_first(told: Callable[[int, int], None] | None = None) -> None:
    """Compile what a first run needs with all cores, before it; later runs have it.

    Parameters
    ----------
    told : callable, optional
        Called with how many kernels are compiled, and of how many.
    """
    from softbreak.compile_ahead import compile_ahead, is_first_run

    if is_first_run():
        from softbreak.archive.jobs.process_pool import cores

        compile_ahead(cores(), told)


@contextmanager
def at_work(quiet: bool, doing: str) -> Iterator[None]:
    """Show on stderr that something is done whose end is not known, unless nobody looks."""
    if quiet or not (console := stderr()).is_terminal:
        compile_first()
        yield
        return
    from rich.status import Status

    with Status(doing, console=console) as status:
        compile_first(lambda done, of: status.update(f"{COMPILING} ({done} of {of})"))
        status.update(doing)
        yield


def print_json(value: Mapping[str, Any]) -> None:
    """Print one JSON object on stdout; numbers that are not known are null."""
    typer.echo(json_text(json.dumps(_plain(value), indent=2, ensure_ascii=False, allow_nan=False)))


def rows_of(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Return a table's rows for JSON."""
    return [{str(k): v for k, v in row.items()} for row in frame.to_dict("records")]


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    value = value.item() if hasattr(value, "item") else value
    return None if isinstance(value, float) and not math.isfinite(value) else value


def exit_code(states: Iterator[str] | list[str], failures: int, fail_on: FailOn | None) -> int:
    """Return 1 if files failed, or if a state is as grave as ``--fail-on`` says; else 0."""
    limit = State(fail_on).severity if fail_on else math.inf
    grave = any(State(state).severity >= limit for state in states)
    return FOUND if failures or grave else DONE
