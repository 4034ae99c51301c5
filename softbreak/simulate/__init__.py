"""Cells whose truth is known: one hidden state from which every measurement follows.

It imports nothing of the physics, features or models that are graded on its cells. Its public
names are loaded when they are first used:

- :func:`~softbreak.simulate.records.simulate`: random cells as ``(records, truth)``;
- :class:`~softbreak.simulate.population.Recipe` and :func:`~softbreak.simulate.population.blocks`:
  any number of cells, streamed;
- :func:`~softbreak.simulate.presets.write_preset`: archives on disk;
- :func:`~softbreak.simulate.guard.require_training`: refuses cells that only judge.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from softbreak.simulate.guard import JudgingDataError, require_training
    from softbreak.simulate.population import Block, Recipe, blocks
    from softbreak.simulate.presets import SimulationError, write_preset
    from softbreak.simulate.records import block_records, simulate

_HOMES = {
    "JudgingDataError": "guard",
    "require_training": "guard",
    "Block": "population",
    "Recipe": "population",
    "blocks": "population",
    "SimulationError": "presets",
    "write_preset": "presets",
    "block_records": "records",
    "simulate": "records",
}

__all__ = [
    "Block",
    "JudgingDataError",
    "Recipe",
    "SimulationError",
    "block_records",
    "blocks",
    "require_training",
    "simulate",
    "write_preset",
]


def __getattr__(name: str) -> object:
    """Load a public name where it is first used (PEP 562)."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
