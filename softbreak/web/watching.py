"""The watch's own small server: is it well, what has it counted, and messages by POST."""

from __future__ import annotations

import hmac
import math
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import uvicorn
from fastapi import FastAPI, HTTPException, Request, Response
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

from softbreak.errors import SoftbreakError
from softbreak.stream.counters import Metrics
from softbreak.stream.notify import Postman
from softbreak.stream.sources.http_inbox import InboxSource
from softbreak.stream.store.engine import StoreError
from softbreak.stream.watch import Watch
from softbreak.web.posts import Door


class _Collector:
    def __init__(self, metrics: Metrics, postman: Postman | None) -> None:
        self._metrics, self._postman = metrics, postman

    def collect(self) -> Iterator[Metric]:
        m = self._metrics
        counts = {
            "samples": ("Samples taken in.", m.samples),
            "chunks": ("Chunks taken in.", m.chunks),
            "verdicts": ("Verdicts given, revised ones again.", m.verdicts),
            "alarms": ("Alarms raised or ended.", m.alarms),
            "commits": ("Transactions.", m.commits),
        }
        if self._postman is not None:
            counts["notifications"] = ("Notifications sent.", self._postman.sent)
            counts["notification_failures"] = ("Attempts that failed.", self._postman.failed)
        for name, (about, value) in counts.items():
            yield CounterMetricFamily(f"softbreak_{name}", about, value=value)
        errors = CounterMetricFamily("softbreak_errors", "Errors by kind.", labels=["kind"])
        for kind in ("source", "store", "engine", "fence", "message"):
            errors.add_metric([kind], m.errors[kind])
        yield errors
        polled = time.time() - m.silent_second
        gauges = {
            "cells": ("Cells live in this process.", m.cells),
            "lag_seconds": ("Age of the newest sample when it was stored.", m.lag_second),
            "commit_seconds": ("Duration of the last transaction.", m.commit_second),
            "polled_timestamp_seconds": ("When the source was asked last.", polled),
        }
        for name, (about, number) in gauges.items():
            if math.isfinite(number):
                yield GaugeMetricFamily(f"softbreak_{name}", about, value=number)


def exposition(metrics: Metrics, postman: Postman | None) -> bytes:
    """Return what Prometheus scrapes."""
    registry = CollectorRegistry()
    registry.register(_Collector(metrics, postman))
    return generate_latest(registry)


HANGS_SECOND: Final = 120.0
"""A watch that has not asked its source for so long is not well."""
LAGS_SECOND: Final = 60.0
"""A watch whose messages wait for so long is not well."""
_MOST_HEADER_BYTES: Final = 16_384
_JSON: Final = ("application/json", "application/x-ndjson")
_LOOPBACK: Final = ("127.0.0.1", "localhost", "::1")


@dataclass(slots=True)
class Exposed:
    """What the server shows; the watch is there as soon as it has begun.

    Attributes
    ----------
    watch : Watch or None
    postman : Postman or None
    inbox : InboxSource or None
        Where POSTs go; without one there are none.
    token : str
        What a POST has to bring as ``Authorization: Bearer …``; empty for nothing.
    """

    watch: Watch | None = None
    postman: Postman | None = None
    inbox: InboxSource | None = None
    token: str = ""


def application(exposed: Exposed, host: str = "127.0.0.1") -> FastAPI:
    """Return the server's application: ``/health``, ``/metrics``, ``/chunks``.

    Parameters
    ----------
    exposed : Exposed
    host : str
        Where it listens: on this machine alone, it answers to this machine's names alone.
    """
    app = FastAPI(title="softbreak watch", docs_url=None, redoc_url=None, openapi_url=None)
    door = Door(exposed.inbox) if exposed.inbox is not None else None

    @app.middleware("http")
    async def guard(request: Request, call: Any) -> Any:
        """Refuse what a web page sends, and what was sent to another name."""
        if not _is_of_here(host, request):
            return Response("sent by a web page, or to another host", 403)
        return await call(request)

    @app.get("/health")
    def health() -> Response:
        """Say 200 if the watch polls and the store answers, else 503."""
        fault = _fault(exposed.watch)
        status = 503 if fault else 200
        return Response(fault or "ok", status, media_type="text/plain; charset=utf-8")

    @app.get("/metrics")
    def metrics() -> Response:
        """Counters for Prometheus."""
        if exposed.watch is None:
            raise HTTPException(503, "the watch has not begun")
        told = exposition(exposed.watch.metrics, exposed.postman)
        return Response(told, media_type="text/plain; version=0.0.4; charset=utf-8")

    @app.post("/chunks")
    async def chunks(request: Request) -> Response:
        """Take messages, one a line; answer when they are stored."""
        if door is None:
            raise HTTPException(404, "this watch has another source")
        _authorised(exposed.token, request)
        return await door.take(request)

    return app


def _fault(watch: Watch | None) -> str:
    if watch is None:
        return "the watch has not begun"
    if (silent := watch.metrics.silent_second) > HANGS_SECOND:
        return f"the source was not asked for {silent:.0f} s"
    if watch.metrics.store_fault:
        return f"nothing can be stored: {watch.metrics.store_fault}"
    if watch.source.stalled:
        return f"the source cannot be asked: {watch.source.stalled}"
    if watch.source.behind_second > LAGS_SECOND:
        return f"the watch is {watch.source.behind_second:.0f} s behind its senders"
    try:
        watch.store.check()
    except StoreError as error:
        return f"the store does not answer: {error}"
    return ""


def _authorised(token: str, request: Request) -> None:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind not in _JSON:  # what a foreign web page can send without asking
        raise HTTPException(415, f"expected {' or '.join(_JSON)}")
    told = request.headers.get("authorization", "").encode("utf-8", "replace")
    if token and not hmac.compare_digest(told, f"Bearer {token}".encode()):
        raise HTTPException(401, "expected Authorization: Bearer TOKEN")


def _is_of_here(host: str, request: Request) -> bool:
    """Whether a request was meant for this server: no web page's, nor under another's name.

    A page in the browser of somebody who may come here could otherwise point its own name at this
    machine (DNS rebinding), and read or send what it likes.
    """
    if "origin" in request.headers:
        return False
    told = request.headers.get("host", "").rpartition("]")  # [::1]:8000
    name = (told[0] + told[1] or told[2].partition(":")[0]).strip("[]").lower()
    return host not in _LOOPBACK or name in _LOOPBACK


class WebServer:
    """Serves in a thread of its own.

    Parameters
    ----------
    address : str
        ``HOST:PORT``; port 0 takes a free one.
    exposed : Exposed

    Raises
    ------
    SoftbreakError
        If the address is none or taken, or open to others without a token.
    """

    def __init__(self, address: str, exposed: Exposed) -> None:
        host, port = _split(address)
        if exposed.inbox is not None and host not in _LOOPBACK and not exposed.token:
            raise SoftbreakError(
                f"{address} is open to other machines, and anybody could send data to it; "
                "set the environment variable SOFTBREAK_TOKEN to what senders have to know"
            )
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self._socket = socket.socket(family)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            self._socket.bind((host, port))
            self._socket.listen(1024)
        except OSError as error:
            self._socket.close()
            raise SoftbreakError(
                f"cannot listen on {address}: {error.strerror or error}"
            ) from error
        self.port: int = self._socket.getsockname()[1]
        config: Any = uvicorn.Config(
            application(exposed, host),
            log_level="warning",
            access_log=False,
            lifespan="off",
            h11_max_incomplete_event_size=_MOST_HEADER_BYTES,
            timeout_keep_alive=30,
            backlog=2048,
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        self._server.run(sockets=[self._socket])

    def close(self) -> None:
        """Stop serving."""
        self._server.should_exit = True
        self._thread.join(10.0)
        self._socket.close()


def _split(address: str) -> tuple[str, int]:
    host, _, port = address.removeprefix("http://").rstrip("/").rpartition(":")
    if not host or not port.isdigit() or int(port) > 65_535:
        raise SoftbreakError(f"{address!r}; expected HOST:PORT, for example 127.0.0.1:9300")
    return host.strip("[]"), int(port)
