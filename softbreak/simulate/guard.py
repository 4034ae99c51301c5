"""The wall between the cells that detectors learn from and those that judge them."""

from __future__ import annotations

from importlib import import_module

import pandas as pd

from softbreak.errors import SoftbreakError
from softbreak.simulate.laws import LawSet

_open = False


class JudgingDataError(SoftbreakError, ValueError):
    """Cells of law set "b" were about to be used for more than judging."""


def law_set(name: str, purpose: str) -> LawSet:
    """Return a law set, if it may be used for the purpose.

    Parameters
    ----------
    name : {"a", "b", "c"}
    purpose : {"train", "judge"}

    Raises
    ------
    JudgingDataError
        If set "b" is asked for with any purpose but "judge".
    ValueError
        If there is no such set or purpose.
    """
    if purpose not in ("train", "judge"):
        raise ValueError(f"purpose is {purpose!r}; expected 'train' or 'judge'")
    if name in ("a", "c"):
        return _named(name)
    if name != "b":
        raise ValueError(f"no law set {name!r}; there are 'a', 'b' and 'c'")
    if purpose != "judge":
        raise JudgingDataError(
            "law set 'b' is never used for training, thresholds or feature choice; "
            "train on laws='a', or say purpose='judge' to score a finished detector"
        )
    global _open  # noqa: PLW0603 (the one door; it never closes again within a process)
    _open = True
    return _named(name)


def _named(name: str) -> LawSet:
    """Load a set: each registers its laws with the compiler when its module is imported."""
    found: LawSet = getattr(import_module(f"softbreak.simulate.draw_{name}"), f"SET_{name.upper()}")
    return found


def require_judging(module: str) -> None:
    """Refuse to load a module of law set "b" that nobody asked for as a judge.

    Parameters
    ----------
    module : str

    Raises
    ------
    JudgingDataError
    """
    if not _open:
        raise JudgingDataError(
            f"{module} may only be reached through laws='b' with purpose='judge'"
        )


def require_training(truth: pd.DataFrame) -> pd.DataFrame:
    """Return a table of truth unchanged if a detector may learn from it.

    Parameters
    ----------
    truth : DataFrame
        With the column ``laws`` that every simulated truth has.

    Raises
    ------
    JudgingDataError
        If any of its cells obeys law set "b", or it does not say which laws it obeys.
    """
    if "laws" not in truth.columns:
        raise JudgingDataError("the truth does not say which laws its cells obey (column 'laws')")
    foreign = truth.loc[truth["laws"] != "a", "laws"]
    if len(foreign):
        raise JudgingDataError(
            f"{len(foreign)} of {len(truth)} rows obey laws {foreign.iloc[0]!r}, "
            "which only judge; train on laws='a'"
        )
    return truth
