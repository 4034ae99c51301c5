"""Where a fault stays what it is: one cell's, one file's, one message's."""

from __future__ import annotations

import logging
from types import TracebackType

logger = logging.getLogger(__name__)


class Boundary:
    """Keeps an exception instead of letting it through.

    What ends a process on purpose (a signal, an exit) is let through.

    Parameters
    ----------
    path : str
        Of what is worked on: named beside the traceback in the log; empty for none.

    Attributes
    ----------
    error : Exception or None
        What happened within.
    """

    def __init__(self, path: str = "") -> None:
        self.path = path
        self.error: Exception | None = None

    def __enter__(self) -> Boundary:
        """Begin."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> bool:
        """Keep the error."""
        if not isinstance(error, Exception):
            return False
        self.error = error
        if self.path:
            logger.debug("%s", self.path, exc_info=error)
        return True


def in_words(error: Exception) -> str:
    """Return an error in one line, of a length that can be shown and stored."""
    return f"{type(error).__name__}: {error}".replace("\n", " ")[:500]
