"""A watch's counters in Prometheus' words."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

from softbreak.stream.counters import Metrics
from softbreak.stream.notify import Postman


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
