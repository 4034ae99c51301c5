"""Events of the file system, where there are any."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from threading import Event
from typing import Any


class Waker:
    """Tells that something below a folder has changed.

    Parameters
    ----------
    root : Path
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        self._stop = Event()
        self._changes: Iterator[Any] | None = None
        self._works = True

    def wait(self, second: float) -> bool:
        """Wait for a change; return False if this system cannot tell of any."""
        from watchfiles import watch

        if not self._works:
            return False
        try:
            if self._changes is None:
                self._changes = watch(
                    self._root,
                    watch_filter=None,
                    debounce=100,
                    step=50,
                    rust_timeout=max(int(second * 1000), 1),
                    yield_on_timeout=True,
                    stop_event=self._stop,
                    ignore_permission_denied=True,
                )
            next(self._changes, None)
        except (OSError, RuntimeError):
            self._works = False
        return self._works

    def close(self) -> None:
        """Stop listening."""
        self._stop.set()
        self._changes = None
