"""A POST of messages: checked one by one, answered one by one."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Final

from fastapi import HTTPException, Request, Response
from fastapi.responses import JSONResponse
from starlette.requests import ClientDisconnect

from softbreak.plain_text import one_line
from softbreak.stream.sources.http_inbox import MOST_WAITING, InboxFull, InboxSource, Told
from softbreak.stream.sources.messages import MOST_BYTES, Message, MessageError, parse

ANSWER_SECOND: Final = 60.0
"""So long a sender waits for its messages to be stored."""
MOST_UNDER_WAY: Final = 256 << 20
"""So many bytes of bodies are read at a time."""
_MOST_REFUSALS: Final = 1000
_SENTENCE: Final = 500
_BREATH: Final = 200


@dataclass(slots=True)
class _Answers:
    """What has become of each message of a body, by line."""

    refused: dict[int, tuple[str, str]] = field(default_factory=dict)
    stored: set[int] = field(default_factory=set)
    waiting: set[int] = field(default_factory=set)

    def response(self) -> Response:
        """Return the answer to all of them.

        200: all are stored. 422: none can ever be. 207: some are, the others never can be.
        503: some are not stored yet; only these need be sent again.
        """
        told: dict[str, Any] = {"stored": len(self.stored)}
        if self.refused:
            told["refused"] = [
                {"line": line, "cell_id": cell_id, "reason": reason}
                for line, (cell_id, reason) in sorted(self.refused.items())[:_MOST_REFUSALS]
            ]
        status = 200 if not self.refused else 207 if self.stored else 422
        headers = {}
        if self.waiting:
            status, headers = 503, {"Retry-After": "5"}
            told |= {"detail": "not stored in time; send it again", "again": sorted(self.waiting)}
        return JSONResponse(told, status, headers)


class Door:
    """Where messages come in.

    Parameters
    ----------
    inbox : InboxSource
    """

    def __init__(self, inbox: InboxSource) -> None:
        self._inbox = inbox
        self._under_way = 0

    async def take(self, request: Request) -> Response:
        """Take messages, one a line; answer when they are stored or can never be."""
        sender = request.client.host if request.client else ""
        try:
            body = await self._body(request)
        except ClientDisconnect:
            self._tell(sender, "a POST was broken off")
            return Response(status_code=400)
        try:
            return await self._answered(body, sender)
        finally:
            self._under_way -= len(body)

    async def _answered(self, body: bytes, sender: str) -> Response:
        answers, messages = _Answers(), []
        for number, line in enumerate(body.split(b"\n"), 1):
            if number % _BREATH == 0:
                await asyncio.sleep(0)  # others are answered meanwhile
            if not line.strip():
                continue
            try:
                messages.append((number, parse(line)))
            except MessageError as error:
                answers.refused[number] = ("", str(error)[:_SENTENCE])
        if len(messages) > MOST_WAITING:
            raise HTTPException(413, f"expected at most {MOST_WAITING:,} messages in a POST")
        await self._stored(messages, answers, sender)
        response = answers.response()
        if answers.refused:
            first, (_, reason) = min(answers.refused.items())
            count = len(answers.refused)
            self._tell(sender, f"{count} messages refused; the first, line {first}: {reason}")
        return response

    async def _stored(
        self, messages: list[tuple[int, Message]], answers: _Answers, sender: str
    ) -> None:
        if not messages:
            return
        loop, done = asyncio.get_running_loop(), asyncio.Event()
        answers.waiting = {number for number, _ in messages}

        def settled(number: int, name: str, reason: str) -> None:
            answers.waiting.discard(number)
            if reason:
                answers.refused[number] = (name, reason[:_SENTENCE])
            else:
                answers.stored.add(number)
            if not answers.waiting:
                done.set()

        def teller(number: int, name: str) -> Told:
            return lambda reason: _call(loop, settled, number, name, reason)

        told = [teller(number, message.cell.cell_id) for number, message in messages]
        try:
            self._inbox.offer([message for _, message in messages], told, sender)
        except InboxFull as error:
            raise HTTPException(503, str(error), {"Retry-After": "5"}) from error
        try:
            await asyncio.wait_for(done.wait(), ANSWER_SECOND)
        except TimeoutError:
            return  # what waits still is said in the answer

    async def _body(self, request: Request) -> bytes:
        """Return the body; what is read of all bodies at a time is bounded."""
        body = bytearray()
        try:
            async for part in request.stream():
                body += part
                self._under_way += len(part)
                self._check_room(len(body))
        except BaseException:
            self._under_way -= len(body)
            raise
        return bytes(body)

    def _check_room(self, size: int) -> None:
        if size > MOST_BYTES:
            raise HTTPException(413, f"expected at most {MOST_BYTES:,} bytes")
        if self._under_way > MOST_UNDER_WAY:
            raise HTTPException(503, "the watch is behind", {"Retry-After": "5"})

    def _tell(self, sender: str, sentence: str) -> None:
        """One line a request, whatever was in it."""
        self._inbox.note(f"POST from {one_line(sender, 100)}", one_line(sentence, _SENTENCE))


def _call(loop: asyncio.AbstractEventLoop, function: Any, *arguments: Any) -> None:
    """Run a function in the server's thread, if it is still there."""
    with suppress(RuntimeError):  # the server has ended, and the sender with it
        loop.call_soon_threadsafe(function, *arguments)
