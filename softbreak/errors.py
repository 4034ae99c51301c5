"""The one family of exceptions. Every message names the place, the finding and the remedy."""

from __future__ import annotations


class SoftbreakError(Exception):
    """Anything that softbreak raises on purpose."""


class ReadError(SoftbreakError):
    """A file that cannot be read.

    Parameters
    ----------
    path : str or os.PathLike
        The file.
    found : str
        What stands there ("the data module holds column id 9001").
    expected : str
        What should stand there.
    remedy : str
        What the user can do.
    place : str, optional
        Where in the file (line, byte offset, archive member).
    """

    def __init__(
        self, path: object, *, found: str, expected: str, remedy: str, place: str = ""
    ) -> None:
        self.path = str(path)
        self.place = place
        self.found = found
        self.expected = expected
        self.remedy = remedy
        where = f"{self.path} ({place})" if place else self.path
        super().__init__(f"{where}: {found}; expected {expected}. {remedy}")

    def __reduce__(self) -> tuple[object, ...]:
        """Survive the trip between worker processes (keyword-only arguments would not)."""
        return _rebuild, (type(self), self.path, self.found, self.expected, self.remedy, self.place)


def _rebuild(
    kind: type[ReadError], path: str, found: str, expected: str, remedy: str, place: str
) -> ReadError:
    return kind(path, found=found, expected=expected, remedy=remedy, place=place)


class ArgumentError(SoftbreakError, TypeError):
    """An argument of the wrong kind; the message says what to pass."""


class UnknownFormatError(ReadError):
    """No reader recognises the file."""


class StatisticsError(ReadError):
    """A table of statistics (one row a cycle or a step) where samples are wanted."""


class SchemaError(SoftbreakError, ValueError):
    """A table that breaks the column contract of :mod:`softbreak.data.schema`."""


class ManifestError(ReadError):
    """A manifest (``cells.csv`` or ``cells.toml``) that cannot be used."""


class LabelError(ReadError):
    """A file of labels (``labels.csv``) that cannot be used."""


class NotFittedError(SoftbreakError, ValueError, AttributeError):
    """A detector that must be fitted before it can score."""
