"""Drift detectors (river) on V/I in per cent: their bounds suppose a scale, and volts are none."""

from __future__ import annotations

from typing import Any

import numpy as np

from softbreak.bench.entrants.entrant import PlainCell, scored


def _since_drift(cell: PlainCell, detector: Any) -> np.ndarray:
    level = 100.0 * cell.relative
    out, base, fallen = np.full(level.size, np.nan), 100.0, False
    for k, value in enumerate(level):
        if not np.isfinite(value):
            continue
        detector.update(value)
        fallen |= bool(detector.drift_detected) and value < base
        fallen &= value < 0.97 * base
        out[k] = (base - value) / 100.0 if fallen else 0.0
    return out


def adwin(cell: PlainCell) -> np.ndarray:
    """Return what V/I lost since ADWIN saw it drift downwards."""
    from river.drift import ADWIN

    return _since_drift(cell, ADWIN(clock=1, grace_period=3, min_window_length=2))


def page_hinkley(cell: PlainCell) -> np.ndarray:
    """Return what V/I lost since the Page-Hinkley test alarmed."""
    from river.drift import PageHinkley

    return _since_drift(cell, PageHinkley(min_instances=3, delta=1.0, threshold=15.0, mode="down"))


ADWIN_ENTRANT = scored(
    "adwin", "fall of V/I after a drift by ADWIN (river)", adwin, needs=("river",)
)
PAGE_HINKLEY_ENTRANT = scored(
    "page-hinkley", "fall of V/I after a Page-Hinkley alarm (river)", page_hinkley, needs=("river",)
)
