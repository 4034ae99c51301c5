"""What stands between the network and the page: who may ask, for what, how much and how often.

By default only this machine can reach the page; elsewhere a token is asked for. Host is checked, so
that no foreign name can be made to point here; a change needs POST and an Origin that is the page's
own. Bodies and rates are bounded, and no page may load or run anything from elsewhere.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import secrets
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass, field
from http.cookies import CookieError, SimpleCookie
from typing import Any, Final

from softbreak.archive.inputs import label_file
from softbreak.errors import SoftbreakError

LOOPBACK: Final = ("127.0.0.1", "localhost", "::1")
COOKIE: Final = "softbreak_key"
MOST_HEAD_BYTES: Final = 32 * 1024
"""Of an address and its headers."""
MOST_FORM_BYTES: Final = 64 * 1024
"""Of a form or a review."""
MOST_FILE_BYTES: Final = 256 * 2**20
"""Of a file that is dropped on the page."""
CHANGES_A_MINUTE: Final = 240
"""POSTs from one address."""
WRONG_TOKENS_A_MINUTE: Final = 20
_FILES: Final = {
    "/drop": MOST_FILE_BYTES,
    "/keep": MOST_FILE_BYTES,
    "/labels.csv": label_file.MOST_BYTES,
}
"""Bytes of a body that holds a file."""
_CLIENTS: Final = 4096
_OPEN: Final = ("/login", "/assets/", "/health")
_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS: Final = (
    (b"content-security-policy", _POLICY.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    # "no-referrer" would make browsers send "Origin: null" with the page's own forms
    (b"referrer-policy", b"same-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
)

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]


@dataclass(slots=True)
class Door:
    """Who may come in.

    Attributes
    ----------
    hosts : tuple of str
        Names, with their ports, by which the page may be called.
    token : str
        Empty where anybody on this machine may ask.
    secret : bytes
        Of this process: cookies of another one are worth nothing.
    """

    hosts: tuple[str, ...]
    token: str = ""
    secret: bytes = field(default_factory=lambda: secrets.token_bytes(32))

    @property
    def cookie(self) -> str:
        """What a browser brings after it has told the token."""
        return hmac.new(self.secret, self.token.encode(), hashlib.sha256).hexdigest()

    def knows(self, token: str) -> bool:
        """Return whether a token is the right one."""
        return hmac.compare_digest(token.encode("utf-8", "replace"), self.token.encode())


def door_of(host: str, port: int, token: str, names: tuple[str, ...] = ()) -> Door:
    """Return the door of a page that listens at an address.

    Parameters
    ----------
    host : str
    port : int
    token : str
    names : tuple of str
        Further names by which people call this machine.

    Raises
    ------
    SoftbreakError
        If others could reach the page without a token.
    """
    if host not in LOOPBACK and len(token) < 16:
        raise SoftbreakError(
            f"{host}:{port} is open to other machines; set the environment variable "
            "SOFTBREAK_TOKEN to at least 16 characters that people have to know"
        )
    known = (*LOOPBACK, *names) if host in LOOPBACK else (host, *names, *LOOPBACK)
    shown = [f"[{name}]" if ":" in name else name for name in known]
    return Door(tuple(f"{name}:{port}" for name in shown), token)


class Refused(Exception):  # noqa: N818 - an answer, not a fault
    """A request that is not answered."""

    def __init__(self, status: int, words: str, **headers: str) -> None:
        self.status, self.words, self.headers = status, words, headers
        super().__init__(words)


class Guard:
    """Middleware: checks every request before any page sees it.

    Parameters
    ----------
    app : callable
        ASGI.
    door : Door
    """

    def __init__(self, app: Any, door: Door) -> None:
        self.app, self.door = app, door
        self._changes = Rate(CHANGES_A_MINUTE)
        self._wrong = Rate(WRONG_TOKENS_A_MINUTE)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or hand the request on with its body bounded."""
        if scope["type"] != "http":
            return
        headers = {k.decode("latin-1"): v.decode("latin-1") for k, v in scope["headers"]}
        begun = False

        async def sending(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            self._check(scope, headers)
            await self.app(scope, self._bounded(scope, headers, receive), _with_headers(sending))
        except asyncio.CancelledError:  # the server ends: a request under way is no fault of it
            if begun:
                raise
            await _answer(Refused(503, "the page is being closed"), send)
        except Refused as refused:
            await _answer(refused, send)

    def _check(self, scope: Scope, headers: dict[str, str]) -> None:
        if headers.get("host", "").lower() not in self.door.hosts:
            raise Refused(421, "this name is not one of the page's own")
        head = len(scope["path"]) + len(scope.get("query_string", b""))
        if head + sum(len(k) + len(v) for k, v in scope["headers"]) > MOST_HEAD_BYTES:
            raise Refused(431, f"at most {MOST_HEAD_BYTES:,} bytes of address and headers")
        changes = scope["method"] not in ("GET", "HEAD")
        if changes:
            self._own_page(headers)
        client = (scope.get("client") or ("?", 0))[0]
        if changes and not self._changes.allows(client):
            raise Refused(429, "too many changes in a minute", **{"retry-after": "30"})
        path = scope["path"]
        if self.door.token and not path.startswith(_OPEN) and not self._known(headers):
            if path == "/" and not changes:
                raise Refused(303, "", location="/login")
            raise Refused(401, "a token is needed: log in at /login")
        if path == "/login" and changes and not self._wrong.allows(client):
            raise Refused(429, "too many attempts", **{"retry-after": "60"})

    def _own_page(self, headers: dict[str, str]) -> None:
        """Refuse what another page sent; programs that are no browsers send no Origin."""
        origin = headers.get("origin")
        if origin is not None:
            scheme, _, host = origin.partition("://")
            if scheme not in ("http", "https") or host.lower() != headers.get("host", "").lower():
                raise Refused(403, "another page may not change anything here")
        elif headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
            raise Refused(403, "another page may not change anything here")

    def _known(self, headers: dict[str, str]) -> bool:
        kind, _, told = headers.get("authorization", "").partition(" ")
        if kind == "Bearer" and self.door.knows(told):
            return True
        try:
            found = SimpleCookie(headers.get("cookie", "")).get(COOKIE)
        except CookieError:
            return False
        return found is not None and hmac.compare_digest(
            found.value.encode(), self.door.cookie.encode()
        )

    @staticmethod
    def _bounded(scope: Scope, headers: dict[str, str], receive: Receive) -> Receive:
        most = _FILES.get(scope["path"], MOST_FORM_BYTES)
        stated = headers.get("content-length", "0")
        if not stated.isdigit() or int(stated) > most:
            raise Refused(413, f"at most {most:,} bytes")
        taken = 0

        async def bounded() -> Message:
            nonlocal taken
            message = await receive()
            taken += len(message.get("body", b""))
            if taken > most:
                raise Refused(413, f"at most {most:,} bytes")
            return message

        return bounded


class Rate:
    """How often each address may do something in a minute; a bucket that fills again."""

    def __init__(self, a_minute: float) -> None:
        self._most = a_minute
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def allows(self, client: str) -> bool:
        """Count one, and return whether it is still within the rate."""
        now = time.monotonic()
        left, before = self._left.pop(client, (self._most, now))
        left = min(self._most, left + (now - before) * self._most / 60.0)
        allowed = left >= 1.0
        self._left[client] = (left - 1.0 if allowed else left, now)
        if len(self._left) > _CLIENTS:
            self._left.popitem(last=False)
        return allowed


def _with_headers(send: Send) -> Send:
    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            given = list(message.get("headers", ()))
            names = {name.lower() for name, _ in given}
            given += [pair for pair in HEADERS if pair[0] not in names]
            if b"cache-control" not in names:
                given.append((b"cache-control", b"no-store"))
            message = {**message, "headers": given}
        await send(message)

    return sending


async def _answer(refused: Refused, send: Send) -> None:
    headers = [(b"content-type", b"text/plain; charset=utf-8")]
    headers += [(k.encode(), v.encode()) for k, v in refused.headers.items()]
    sending = _with_headers(send)
    await sending({"type": "http.response.start", "status": refused.status, "headers": headers})
    await sending({"type": "http.response.body", "body": refused.words.encode()})
