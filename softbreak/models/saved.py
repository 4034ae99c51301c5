"""A model in a folder as a detector: what ``--detector FOLDER`` means."""

from __future__ import annotations

import hashlib
from functools import lru_cache, partial
from pathlib import Path

from softbreak.features.evidence.cell_evidence import CellEvidence
from softbreak.models.detector import LearnedDetector, read_facts
from softbreak.models.learned.learners import LEARNERS, TABLE, judged_by, load_learned
from softbreak.models.registry import Detector, Readings
from softbreak.verdict import Verdict


def folder_detector(folder: Path) -> Detector:
    """Return the model of a folder as a detector; read once as long as its files stay the same.

    Parameters
    ----------
    folder : Path
        What ``softbreak train`` wrote.

    Raises
    ------
    SoftbreakError
        If it holds no model.
    """
    return _read(folder.resolve(), fingerprint(folder))


@lru_cache(maxsize=8)
def _read(folder: Path, mark: str) -> Detector:
    facts = read_facts(folder)
    told = facts.get("told")
    learner = LEARNERS.get(str(told.get("model")) if isinstance(told, dict) else "")
    name = learner.name if learner is not None else folder.name
    about = learner.about if learner is not None else f"a trained {facts.get('kind')}"
    features = learner.features if learner is not None else TABLE
    model = load_learned(folder)
    judge = partial(_judge, model, features)
    begin = getattr(model, "begin", None)  # who can judge cycle by cycle says so
    shapes = learner is not None and learner.waveforms
    return Detector(name, mark[:12], about, "cycle", judge, begin, waveforms=shapes)


def _judge(
    model: LearnedDetector, features: str, evidence: CellEvidence, readings: Readings
) -> list[Verdict]:
    return judged_by(model, evidence, readings, features)


def fingerprint(folder: Path) -> str:
    """Return a hash of every file of a model: equal for equal bits.

    Parameters
    ----------
    folder : Path
    """
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            digest.update(path.relative_to(folder).as_posix().encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()
