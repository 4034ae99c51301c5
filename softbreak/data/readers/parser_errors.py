"""What other people's parsers raise on damaged files, turned into our one error."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

from softbreak.errors import ReadError


@contextmanager
def foreign_errors(path: str | os.PathLike[str], *, expected: str, remedy: str) -> Iterator[None]:
    """Turn whatever a third-party parser raises into :class:`ReadError`.

    Our own ``ReadError`` passes unchanged. A panic of a Rust library arrives as an exception
    that does not derive from ``Exception``; it counts as a damaged file too, while a keyboard
    interrupt or an exit does not.

    Parameters
    ----------
    path : str or os.PathLike
    expected, remedy : str
        As in :class:`ReadError`.

    Raises
    ------
    ReadError
    """
    try:
        yield
    except ReadError:
        raise
    except Exception as error:
        raise _converted(path, error, expected, remedy) from error
    except BaseException as error:
        if type(error).__name__ != "PanicException":
            raise
        raise _converted(path, error, expected, remedy) from error


@contextmanager
def inside(path: str | os.PathLike[str], name: str) -> Iterator[None]:
    """Let errors about a part of a file (a zip's member, a sheet) name the file and the part.

    Raises
    ------
    ReadError
    """
    try:
        yield
    except ReadError as error:
        raise type(error)(
            path,
            found=error.found,
            expected=error.expected,
            remedy=error.remedy,
            place=f"{name}, {error.place}" if error.place else name,
        ) from error


def _converted(
    path: str | os.PathLike[str], error: BaseException, expected: str, remedy: str
) -> ReadError:
    said = " ".join(str(error).split())[:200]
    return ReadError(
        path,
        found=f"content that cannot be parsed ({type(error).__name__}: {said})",
        expected=expected,
        remedy=remedy,
    )
