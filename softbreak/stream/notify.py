"""Telling people: an outbox that is written with the alarm and emptied afterwards.

A notification is committed in the same transaction as its alarm, sent later, and marked as sent
when the receiver has taken it. A process that is killed between sending and marking sends again:
towards the outside it is *at least once*. Every notification carries a key that is the same each
time, so that a receiver that keeps keys sees each of them exactly once.
"""

from __future__ import annotations

import base64
import hashlib
import http.client
import json
import logging
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from threading import Event
from time import time
from typing import Any, Final, Protocol
from urllib.parse import urlsplit

from softbreak.boundary import Boundary, in_words
from softbreak.errors import SoftbreakError
from softbreak.stream.store.store import Store
from softbreak.stream.store.transaction import Waiting

Picture = Callable[[str], bytes | None]
"""A cell's picture as PNG, by its name; None where there is nothing to draw."""

HOLD_SECOND: Final = 60.0
"""So long a sender has for one notification before another may take it."""
_FIRST_DELAY_SECOND, _LONGEST_DELAY_SECOND = 5.0, 3600.0
_TIMEOUT_SECOND: Final = 20.0

logger = logging.getLogger(__name__)


class NotSent(SoftbreakError):  # noqa: N818 - it is tried again
    """The receiver did not take a notification."""


class Channel(Protocol):
    """A way to tell somebody.

    Attributes
    ----------
    name : str
        Stable and without secrets: the outbox is addressed by it.
    """

    name: str

    def send(self, key: str, body: Mapping[str, Any], picture: bytes | None) -> None:
        """Send, or raise :class:`NotSent`."""
        ...


def channel_of(url: str) -> Channel:
    """Return the channel for ``--notify URL``.

    Parameters
    ----------
    url : str
        Any URL of apprise (``mailto://``, ``slack://``, ``msteams://``, ``json://`` ...), or
        ``post+https://…``, which gets the whole notification as JSON with an ``Idempotency-Key``.

    Raises
    ------
    SoftbreakError
        If it is neither.
    """
    if url.startswith(("post+http://", "post+https://")):
        return PostChannel(url)
    return AppriseChannel(url)


def _name(url: str) -> str:
    """A URL holds passwords; its hash does not."""
    return hashlib.sha256(url.encode()).hexdigest()[:16]


class AppriseChannel:
    """Mail, chat and everything else that apprise knows.

    Parameters
    ----------
    url : str
        One of apprise's.
    """

    def __init__(self, url: str) -> None:
        import apprise

        self.name = _name(url)
        self._apprise = apprise.Apprise()
        if not self._apprise.add(url):
            scheme = url.partition("://")[0][:20]
            raise SoftbreakError(
                f"a notification URL ({scheme}://…) that apprise does not understand; "
                "see https://github.com/caronc/apprise/wiki for how it is written"
            )

    def send(self, key: str, body: Mapping[str, Any], picture: bytes | None) -> None:
        """Send title and text, with the picture attached."""
        import apprise
        from apprise.attachment.memory import AttachMemory

        attach = None
        if picture is not None:
            named = AttachMemory(content=picture, name="cell.png", mimetype="image/png")
            attach = apprise.AppriseAttachment(named)
        taken = self._apprise.notify(
            title=str(body["title"]),
            body=f"{body['text']}\n\nKey: {key}",
            notify_type=_kind(body),
            attach=attach,
        )
        if not taken:
            raise NotSent("the service did not take it")


def _kind(body: Mapping[str, Any]) -> Any:
    import apprise

    kinds = apprise.NotifyType
    if body["event"] != "raised":
        return kinds.SUCCESS
    return kinds.FAILURE if body["level"] == "hard" else kinds.WARNING


def _without(told: str, url: str) -> str:
    """Return what an error says if it says nothing of an address, else that it failed."""
    parts = urlsplit(url)
    secrets = [parts.path.strip("/"), parts.query, parts.username, parts.password]
    if any(secret and secret in told for secret in secrets):
        return "the receiver could not be asked"
    return told


class PostChannel:
    """A POST of the whole notification as JSON, for machines.

    Parameters
    ----------
    url : str
        ``post+http://…`` or ``post+https://…``.
    """

    def __init__(self, url: str) -> None:
        self.name = _name(url)
        self._url = url.removeprefix("post+")

    def send(self, key: str, body: Mapping[str, Any], picture: bytes | None) -> None:
        """Send; the receiver tells by its ``Idempotency-Key`` whether it is known already."""
        told = {"key": key, **body}
        if picture is not None:
            told["picture_png_base64"] = base64.b64encode(picture).decode("ascii")
        request = urllib.request.Request(
            self._url,
            data=json.dumps(told, ensure_ascii=False).encode(),
            headers={"Content-Type": "application/json", "Idempotency-Key": key},
            method="POST",
        )
        try:
            with urllib.request.urlopen(request, timeout=_TIMEOUT_SECOND):
                return
        except (urllib.error.URLError, http.client.HTTPException, OSError, ValueError) as error:
            if isinstance(error, urllib.error.HTTPError):
                error.close()  # it holds the connection as long as anybody holds the error
            # what a library says may hold the address, and the address a password
            raise NotSent(_without(str(error), self._url)) from None


class Postman:
    """Empties the outbox.

    Parameters
    ----------
    store : Store
    channels : sequence of Channel
    picture : callable, optional
        A cell's picture; one that cannot be drawn never holds a notification back.
    hold_second : float
        See :data:`HOLD_SECOND`.
    link : callable, optional
        The address of a cell's page, by its name: stands in the text, and as ``link``.

    Attributes
    ----------
    sent, failed : int
        Notifications, and attempts without success, so far.
    """

    def __init__(
        self,
        store: Store,
        channels: Sequence[Channel],
        picture: Picture | None = None,
        hold_second: float = HOLD_SECOND,
        link: Callable[[str], str] | None = None,
    ) -> None:
        self._store = store
        self._channels = {channel.name: channel for channel in channels}
        self._picture = picture
        self._hold_second = hold_second
        self._link = link
        self.sent = 0
        self.failed = 0

    def deliver(self) -> int:
        """Send what is due; return how many notifications were.

        What fails stays in the outbox and is tried again later, at growing intervals, for ever.
        """
        if not self._channels:
            return 0
        due = self._store.claim(list(self._channels), time(), self._hold_second)
        for waiting in due:
            self._send(waiting)
        return len(due)

    def run(self, stop: Event, interval_second: float = 1.0) -> None:
        """Deliver until told to stop; a store that is busy is asked again."""
        while not stop.is_set():
            due = 0
            with Boundary() as boundary:
                due = self.deliver()
            if boundary.error is not None:
                logger.warning("the outbox cannot be used now: %s", in_words(boundary.error))
            if not due:
                stop.wait(interval_second)

    def _send(self, waiting: Waiting) -> None:
        picture = self._drawn(waiting)
        with Boundary() as boundary:
            self._channels[waiting.channel].send(waiting.key, self._body(waiting), picture)
        error = boundary.error
        if error is not None:
            if not isinstance(error, NotSent):  # of a library, which may say the address
                logger.debug("not sent", exc_info=error)
                error = NotSent(type(error).__name__)
            self.failed += 1
            doubled = 2.0 ** min(waiting.attempts, 16)  # weeks of attempts overflow
            delay = min(_FIRST_DELAY_SECOND * doubled, _LONGEST_DELAY_SECOND)
            logger.warning("not sent, again in %.0f s: %s: %s", delay, waiting.key, error)
            self._store.failed(waiting.key, waiting.attempts + 1, time() + delay, str(error))
        else:
            self.sent += 1
            self._store.sent(waiting.key)

    def _body(self, waiting: Waiting) -> Mapping[str, Any]:
        if self._link is None:
            return waiting.body
        link = self._link(waiting.cell_id)
        return {**waiting.body, "text": f"{waiting.body['text']}\n{link}", "link": link}

    def _drawn(self, waiting: Waiting) -> bytes | None:
        if self._picture is None:
            return None
        with Boundary() as boundary:
            return self._picture(waiting.cell_id)
        if boundary.error is not None:
            logger.warning("no picture of %s: %s", waiting.cell_id, in_words(boundary.error))
        return None
