"""Which messages have come already, where the sender numbers them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from softbreak.stream.sources.messages import Message


class Sequences:
    """The last number that came of each cell."""

    def __init__(self) -> None:
        self._last: dict[str, int] = {}

    def resume(self, tokens: Mapping[str, tuple[str, str]]) -> None:
        """Take up from stored tokens."""
        self._last = {cell_id: int(token) for cell_id, token in tokens.values()}

    def is_new(self, message: Message) -> bool:
        """Return whether a message is news, and note that it has come."""
        if message.sequence is None:
            return True
        name = message.cell.cell_id
        if message.sequence <= self._last.get(name, -1) and not message.restart:
            return False
        self._last[name] = message.sequence
        return True

    def tokens(self, messages: Sequence[Message]) -> dict[str, str]:
        """Return the token of messages of one cell."""
        numbers = [m.sequence for m in messages if m.sequence is not None]
        return {messages[0].cell.cell_id: str(numbers[-1])} if numbers else {}
