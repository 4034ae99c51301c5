"""What could not be used: told once, counted always, and never without bound."""

from __future__ import annotations

import logging
import time
from collections import Counter, OrderedDict
from typing import Final

from softbreak.plain_text import one_line
from softbreak.stream.sources.chunk import Problem

MOST_KEPT: Final = 1000
MOST_LINES_A_MINUTE: Final = 60
_SENTENCE: Final = 1000

logger = logging.getLogger("softbreak.stream.watch")


class Problems(OrderedDict[str, str]):
    """The latest word on each file, cell or place; the oldest go when they are too many.

    Parameters
    ----------
    errors : Counter
        Where each is counted, by kind.
    """

    def __init__(self, errors: Counter[str]) -> None:
        super().__init__()
        self._errors = errors
        self._minute, self._lines, self._silent = 0.0, 0, 0

    def tell(self, kind: str, problem: Problem) -> None:
        """Count a problem, and write a line about it unless that stands there already."""
        self._errors[kind] += 1
        key = one_line(problem.key, _SENTENCE)
        sentence = one_line(problem.sentence, _SENTENCE)
        if self.get(key) != sentence and self._may_write():
            logger.warning("%s: %s", key, sentence)
        self[key] = sentence
        self.move_to_end(key)
        while len(self) > MOST_KEPT:
            self.popitem(last=False)

    def _may_write(self) -> bool:
        now = time.monotonic()
        if now - self._minute >= 60.0:
            if self._silent:
                logger.warning("%d more problems in that minute had no line", self._silent)
            self._minute, self._lines, self._silent = now, 0, 0
        self._lines += 1
        self._silent += self._lines > MOST_LINES_A_MINUTE
        return self._lines <= MOST_LINES_A_MINUTE
