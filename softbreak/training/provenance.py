"""What a run and a registered model say of themselves: sources, machine, and how to read them."""

from __future__ import annotations

import os
import platform
import subprocess
from pathlib import Path
from typing import Final

from softbreak.version import __version__

ABOUT: Final = (
    "Judges the cycles of symmetric metal | solid electrolyte | metal cells: features in, "
    "probabilities of healthy, soft and hard out. Each version has its card. Use it as "
    "`softbreak triage my_cells/ --detector models:/NAME@champion`. Not for full cells, nor for "
    "decisions about safety."
)
"""What stands on the page of the registered model."""
EXPERIMENT_NOTE: Final = (
    "Trainings of softbreak detectors. A run's headline metrics are numbered and carry their "
    "units; under each stand this model, the rules and the trivial baselines, judged on the same "
    "cells. What is scored on simulated cells says so in the tag `cells`."
)
"""What stands on the page of the experiment."""


def git_state() -> dict[str, str]:
    """Return commit and cleanliness of the source tree; empty outside of one."""
    here = Path(__file__).parent

    def ask(*words: str) -> str | None:
        try:
            done = subprocess.run(
                ["git", "-C", str(here), *words],
                capture_output=True,
                text=True,
                check=True,
                timeout=20,
            )
        except (OSError, subprocess.SubprocessError):
            return None
        return done.stdout.strip()

    commit = ask("rev-parse", "HEAD")
    if commit is None:
        return {}
    dirty = ask("status", "--porcelain", "--untracked-files=no", "--", str(here.parent))
    return {"git.commit": commit, "git.clean": "no" if dirty else "yes"}


def machine() -> dict[str, str]:
    """Return version and machine: what a run's speed depends on."""
    return {
        "softbreak": __version__,
        "python": platform.python_version(),
        "machine": f"{platform.machine()}, {os.cpu_count()} cores",
    }
