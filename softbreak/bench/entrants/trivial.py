"""What a score means nothing without: never an alarm, and alarms by chance."""

from __future__ import annotations

import zlib
from collections.abc import Sequence

import numpy as np
import pandas as pd

from softbreak.bench.entrants.entrant import Entrant, Lesson, PlainCell


def _never(cell: PlainCell, _: None) -> pd.DataFrame:
    return pd.DataFrame({"cycle": cell.cycles, "state": "healthy", "probability": 0.0, "eta": 0.0})


def _shares(lessons: Sequence[Lesson]) -> pd.Series:
    state = pd.concat([one.truth["state_true"] for one in lessons])
    return state.value_counts(normalize=True).reindex(["healthy", "soft", "hard"], fill_value=0.0)


def _chance(cell: PlainCell, shares: pd.Series) -> pd.DataFrame:
    draw = np.random.default_rng(zlib.crc32(cell.name.encode()))
    state = draw.choice(shares.index.to_numpy(), len(cell.cycles), p=shares.to_numpy())
    fault = 1.0 - float(shares["healthy"])
    return pd.DataFrame({"cycle": cell.cycles, "state": state, "probability": fault})


NEVER = Entrant("always-healthy", "says healthy of everything", _never)
CHANCE = Entrant("by-chance", "draws states as often as they are", _chance, learn=_shares)
