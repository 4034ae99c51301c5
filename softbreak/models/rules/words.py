"""Numbers as a colleague would say them, and probabilities from an interval of η_e."""

from __future__ import annotations

import math

from softbreak.verdict import HARD_FROM, HEALTHY_BELOW


def percent(fraction: float) -> str:
    """Return "31 %" for 0.31; a part that is not the whole never reads "100 %"."""
    if 0.995 <= abs(fraction) < 1.0:
        return f"{100 * fraction:.2f} %" if abs(fraction) < 0.99995 else "more than 99.99 %"
    return f"{100 * fraction:.0f} %" if abs(fraction) >= 0.095 else f"{100 * fraction:.1f} %"


def ohm(value: float) -> str:
    """Return a resistance with its unit at a readable scale."""
    size = abs(value)
    if size >= 1e6:
        return f"{value / 1e6:.3g} MΩ"
    if size >= 1e4:
        return f"{value / 1e3:.3g} kΩ"
    return f"{value:.3g} Ω" if size < 1000 else f"{value:.0f} Ω"


def hours(second: float) -> str:
    """Return a moment in hours."""
    return f"{second / 3600:.2f} h" if second < 36_000 else f"{second / 3600:.1f} h"


def normal_cdf(z: float) -> float:
    """Standard normal distribution function."""
    return 0.5 * math.erfc(-z / math.sqrt(2.0))


def state_probabilities(eta: float, deviation: float, trust: float) -> tuple[float, float, float]:
    """Probabilities of healthy, soft and hard from an estimate of η_e.

    Parameters
    ----------
    eta, deviation : float
        Estimate of the electronic fraction and its standard deviation.
    trust : float
        0 to 1: weight of the estimate against knowing nothing (⅔ healthy, ¼ soft, 1/12 hard).
    """
    deviation = max(deviation, 1e-3)
    healthy = normal_cdf((HEALTHY_BELOW - eta) / deviation)
    hard = normal_cdf((eta - HARD_FROM) / deviation)
    soft = max(1.0 - healthy - hard, 0.0)
    rest = 1.0 - trust
    mixed = (
        trust * healthy + rest * 2 / 3,
        trust * soft + rest / 4,
        trust * hard + rest / 12,
    )
    total = sum(mixed)
    return mixed[0] / total, mixed[1] / total, mixed[2] / total
