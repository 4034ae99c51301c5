"""Detectors that do not look: what every score has to be read beside."""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd

from softbreak.verdict import State

ALWAYS_HEALTHY: Final = "always healthy"
ALWAYS_SOFT: Final = "always soft"
BASELINES: Final = {ALWAYS_HEALTHY: State.HEALTHY, ALWAYS_SOFT: State.SOFT}


def baseline(judged: pd.DataFrame, name: str) -> pd.DataFrame:
    """Return what a baseline says of the same cycles.

    Parameters
    ----------
    judged : DataFrame
        Of any detector.
    name : str
        One of ``BASELINES``. It is sure of itself: its probability is one.
    """
    state = BASELINES[name]
    fraction = {State.HEALTHY: 0.0, State.SOFT: 0.5}[state]
    return judged.assign(
        detector=name,
        state=str(state),
        p_healthy=float(state is State.HEALTHY),
        p_soft=float(state is State.SOFT),
        p_hard=0.0,
        electronic_fraction=fraction,
        electronic_fraction_lower=np.nan,
        electronic_fraction_upper=np.nan,
    )
