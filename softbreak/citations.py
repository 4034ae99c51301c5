"""What to cite for a run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Citation:
    """A work that a run rests on.

    Attributes
    ----------
    key : str
    text : str
        Authors, title, journal, year.
    doi : str
        Empty where there is none.
    used_for : str
        What in the run rests on it.
    """

    key: str
    text: str
    doi: str
    used_for: str


CITATIONS: Final = (
    Citation(
        "softbreak",
        "The softbreak developers, softbreak: breakdown of solid-electrolyte cells from the files "
        "a lab already has",
        "",
        "this run",
    ),
    Citation(
        "wang2022",
        "C. Wang et al., Identifying soft breakdown in all-solid-state lithium battery, Joule "
        "(2022)",
        "10.1016/j.joule.2022.05.020",
        "the states healthy, soft and hard; cyclic voltammetry and impedance as their evidence",
    ),
    Citation(
        "bdf",
        "Battery Data Alliance, Battery Data Format",
        "",
        "names, units and signs of the columns",
    ),
)


def citations_for(detector: str) -> tuple[Citation, ...]:
    """Return what a run with this detector rests on.

    Parameters
    ----------
    detector : str
        Every detector at hand judges by the paper's states and measurements.
    """
    return tuple(
        Citation(c.key, c.text, c.doi, f"{c.used_for} (detector {detector})")
        if c.key == "softbreak"
        else c
        for c in CITATIONS
    )
