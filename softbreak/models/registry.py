"""The detectors: an explicit table, one row each."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache, lru_cache, partial
from pathlib import Path
from typing import Any, Final

import numpy as np

from softbreak.errors import ArgumentError, SoftbreakError
from softbreak.features.cycles.columns import Columns
from softbreak.features.cycles.timeline import cycles_of
from softbreak.features.evidence.cell_evidence import CellEvidence
from softbreak.installed import missing_module
from softbreak.models.carried_forward import on_cycles
from softbreak.models.detector import Judge, LearnedDetector, read_facts
from softbreak.models.learned.learners import LEARNERS, TABLE, Judging, judged_by, load_learned
from softbreak.models.look_back import looked_back
from softbreak.models.rules import fused, voltammetry
from softbreak.models.rules.certificates_beside import sweep_views
from softbreak.models.rules.impedance import ImpedanceReading, reading_verdict
from softbreak.models.verdicts import Verdicts
from softbreak.models.withheld import earned, without_doubtful
from softbreak.verdict import Verdict

Readings = Sequence[ImpedanceReading]


@dataclass(frozen=True, slots=True)
class Detector:
    """A named way to judge.

    Attributes
    ----------
    name, version : str
        Raised whenever a verdict can change.
    about : str
        One line for people.
    unit : {"cycle", "sweep", "spectrum"}
        What a verdict is about: a cycle of galvanostatic cycling, a voltammogram, a spectrum.
    begin : callable, optional
        ``(CellEvidence, readings) -> Judge``: who judges the cycles of one cell; see
        :class:`softbreak.models.detector.Judge`.
    whole : callable, optional
        ``(CellEvidence, readings) -> sequence of Verdict``, one a unit, in order: for what judges
        no cycles, or only all of them together. A running cell is then judged anew whenever
        something ends.
    waveforms : bool
        Looks at the shapes of half-cycles, which live cells do not keep.
    """

    name: str
    version: str
    about: str
    unit: str
    begin: Callable[[CellEvidence, Readings], Judge] | None = None
    whole: Callable[[CellEvidence, Readings], Sequence[Verdict]] | None = None
    waveforms: bool = False

    def unfitted(self) -> LearnedDetector:
        """Return the scikit-learn classifier of that name, not yet fitted; see :func:`unfitted`."""
        return unfitted(self.name)

    def judge(self, evidence: CellEvidence, readings: Readings) -> Verdicts:
        """Judge every unit of a cell, in order.

        Parameters
        ----------
        evidence : CellEvidence
        readings : sequence of ImpedanceReading
            One a spectrum.
        """
        return self.judged(evidence, readings)[0]

    def judged(self, evidence: CellEvidence, readings: Readings) -> tuple[Verdicts, Judge | None]:
        """Do as :meth:`judge`; also return who judges the cycles that follow, if anybody can."""
        if self.begin is not None:
            judge = self.begin(evidence, readings)
            said = judge.step(cycles_of(evidence.timeline))
            return earned(without_doubtful(said, evidence), evidence), judge
        if self.whole is None:
            raise SoftbreakError(f"the detector {self.name} has neither begin nor whole")
        said = without_doubtful(Verdicts.of(self.whole(evidence, readings)), evidence)
        return (earned(said, evidence) if self.unit == "cycle" else said), None


def _cv_literal(evidence: CellEvidence, _: Readings) -> list[Verdict]:
    return voltammetry.literal(sweep_views(evidence), evidence.cell)


def _cv_hardened(evidence: CellEvidence, _: Readings) -> list[Verdict]:
    return voltammetry.hardened(
        sweep_views(evidence),
        evidence.cell,
        temperature_logged=evidence.temperature_logged,
    )


def _eis(evidence: CellEvidence, readings: Readings) -> list[Verdict]:
    obstacle = fused.not_applicable(evidence) if evidence.cell.unlike else None
    return [obstacle or reading_verdict(reading) for reading in readings]


PRETRAINED: Final = Path(__file__).parent / "pretrained"
"""Models that are shipped: a folder each."""


@cache
def _model(name: str) -> LearnedDetector:
    return load_learned(PRETRAINED / name)


def _shipped(name: str, evidence: CellEvidence, readings: Readings) -> Judge:
    model: Any = _model(name)
    judge: Judge = model.begin(evidence, readings)
    return judge


def _hybrid_looking_back(evidence: CellEvidence, readings: Readings) -> list[Verdict]:
    causal = _shipped("hybrid", evidence, readings).step(cycles_of(evidence.timeline))
    return looked_back(causal, evidence, readings)


DETECTORS: Final[dict[str, Detector]] = {
    detector.name: detector
    for detector in (
        Detector(
            "fused",
            "1",
            "physics rule on all evidence: certificate, impedance, events, slow voltage",
            "cycle",
            fused.FusedJudge,
        ),
        Detector(
            "hybrid",
            "1",
            "the rule's certificates and a learned score, with abstention, on all evidence",
            "cycle",
            partial(_shipped, "hybrid"),
        ),
        Detector(
            "hybrid-look-back",
            "1",
            "hybrid on finished records: a cycle may also be settled by what was measured after it",
            "cycle",
            whole=_hybrid_looking_back,
        ),
        Detector(
            "hybrid-voltage",
            "1",
            "the same on voltage and current alone",
            "cycle",
            partial(_shipped, "hybrid-voltage"),
        ),
        Detector(
            "voltage",
            "1",
            "physics rule on voltage and current alone",
            "cycle",
            fused.VoltageJudge,
        ),
        Detector(
            "cv-literal",
            "1",
            "the CV rule as Wang et al. state it: rising current is soft",
            "sweep",
            whole=_cv_literal,
        ),
        Detector(
            "cv-hardened",
            "1",
            "the CV rule at a common voltage, with temperature, hysteresis and abstention",
            "sweep",
            whole=_cv_hardened,
        ),
        Detector(
            "eis",
            "1",
            "impedance pairs: reference against present spectrum",
            "spectrum",
            whole=_eis,
        ),
    )
}
"""Every detector by name."""

DEFAULT: Final = "hybrid"


def detector(name: str = DEFAULT) -> Detector | LearnedDetector:
    """Return a detector: one that judges at once, or one that has yet to learn.

    Parameters
    ----------
    name : str
        A name from ``DETECTORS``, or the folder of a trained model: judges cells
        (:func:`softbreak.diagnose`, :func:`softbreak.triage`, :class:`softbreak.Watcher` take
        it). Or a learner that is not shipped ("lightgbm", "logistic", "net",
        "lightgbm-tsfresh"): a scikit-learn classifier to be fitted.

    Raises
    ------
    SoftbreakError
        If there is none of that name.

    Examples
    --------
    >>> import softbreak as sb
    >>> sb.detector("fused").name
    'fused'
    >>> sb.detector("logistic").get_params()["ridge"]
    0.001
    """
    from softbreak.models.learned.learners import LEARNERS

    if name in LEARNERS and name not in DETECTORS:
        return unfitted(name)
    return detector_of(name)


PIN: Final = "@sha256:"
"""Between a model's folder and its fingerprint, where nothing but that model is to be used."""
_LEAST_PIN: Final = 16


def unfitted(name: str) -> LearnedDetector:
    """Return a learner as a scikit-learn classifier that has yet to be fitted.

    Parameters
    ----------
    name : str
        From ``LEARNERS``; also of those that are shipped, "hybrid", say.

    Raises
    ------
    SoftbreakError
        If there is none of that name, or scikit-learn is not installed.
    """
    from softbreak.models.learned.learners import learner_of

    made = learner_of(name).make({}, seed=0)
    try:
        from softbreak.models.learned.classifier import classifier_of
    except ModuleNotFoundError as error:
        raise SoftbreakError(missing_module(error, "learning")) from error
    return classifier_of(made, {})


def detector_of(name: str | Detector) -> Detector:
    """Return a detector by its name, or by the folder of a model that was trained.

    A detector is returned as it is.

    Raises
    ------
    SoftbreakError
        If there is none of that name.
    """
    if isinstance(name, Detector):
        return name
    if not isinstance(name, str):
        raise ArgumentError(
            f"a detector is given by its name, not by {type(name).__name__}: "
            f'softbreak.detector("{DEFAULT}"); known are {", ".join(DETECTORS)}'
        )
    if name in DETECTORS:
        return DETECTORS[name]
    folder, _, pin = name.partition(PIN)
    if Path(folder).is_dir():
        return folder_detector(Path(folder), pin if PIN in name else None)
    raise SoftbreakError(
        f"there is no detector {name!r}; known are {', '.join(DETECTORS)}, and folders of models"
    )


def live_detector_of(name: str) -> Detector:
    """Return a detector that can judge cells while they run.

    Raises
    ------
    SoftbreakError
        If there is none of that name, or it needs what live cells do not keep.
    """
    found = detector_of(name)
    if found.waveforms:
        raise SoftbreakError(
            f"{found.name} looks at the shapes of whole half-cycles, which a running cell does not "
            "keep: use it with triage or diagnose, and another detector to watch"
        )
    return found


def units_of(evidence: CellEvidence, detector: Detector) -> tuple[Detector, Columns]:
    """Return who judges, and what is judged, one row a verdict.

    Parameters
    ----------
    evidence : CellEvidence
    detector : Detector
        Where a cell offers no cycling, another one judges its voltammograms or its spectra; one
        that judges those is carried forward to the cycles where there are any.

    Returns
    -------
    detector : Detector
    units : Columns
        ``cycle_index, start_time_second, end_time_second, charge_ampere_second``.
    """
    cycles, sweeps, spectra = evidence.timeline.cycle_columns, evidence.sweeps, evidence.spectra
    if detector.unit == "cycle" and not len(cycles) and (len(sweeps) or len(spectra)):
        detector = fallback_for("sweep" if len(sweeps) else "spectrum")
    elif detector.unit != "cycle" and len(cycles):
        detector = replace(
            detector, unit="cycle", whole=partial(on_cycles, detector.unit, detector.judge)
        )
    if detector.unit == "cycle":
        return detector, cycles
    if detector.unit == "sweep":
        start, end, charge = (
            sweeps[name].to_numpy(dtype=np.float64)
            for name in ("start_time_second", "end_time_second", "charge")
        )
    else:
        start = end = np.array([spectrum.time_second for spectrum in spectra], dtype=np.float64)
        charge = np.zeros(len(start))
    return detector, Columns(
        {
            "cycle_index": np.arange(len(start)),
            "start_time_second": start,
            "end_time_second": end,
            "charge_ampere_second": 2.0 * charge,
        }
    )


def fallback_for(unit: str) -> Detector:
    """Return the detector that judges cells which offer only voltammograms or only spectra."""
    return DETECTORS["cv-hardened" if unit == "sweep" else "eis"]


def folder_detector(folder: Path, pin: str | None = None) -> Detector:
    """Return the model of a folder as a detector; read once as long as its files stay the same.

    Parameters
    ----------
    folder : Path
        What ``softbreak train`` wrote.
    pin : str, optional
        Its fingerprint, or the first sixteen or more digits of it: no other model is taken.

    Raises
    ------
    SoftbreakError
        If it holds no model, or another one than the pin says.
    """
    mark = fingerprint(folder)
    if pin is not None and (len(pin) < _LEAST_PIN or not mark.startswith(pin.lower())):
        raise SoftbreakError(
            f"{folder} holds another model than was asked for: its fingerprint is {mark}, "
            f"expected {pin!r} ({_LEAST_PIN} digits or more)"
        )
    return _read(folder.resolve(), mark)


@lru_cache(maxsize=8)
def _read(folder: Path, mark: str) -> Detector:
    facts = read_facts(folder)
    told = facts.get("told")
    learner = LEARNERS.get(str(told.get("model")) if isinstance(told, dict) else "")
    name = learner.name if learner is not None else folder.name
    about = learner.about if learner is not None else f"a trained {facts.get('kind')}"
    features = learner.features if learner is not None else TABLE
    model = load_learned(folder)
    shapes = learner is not None and learner.waveforms
    make = partial(Detector, name, mark[:12], about, "cycle", waveforms=shapes)
    if isinstance(model, Judging):
        return make(begin=model.begin)
    return make(whole=partial(judged_by, model, features=features))


def fingerprint(folder: Path) -> str:
    """Return a hash of every file of a model: equal for equal bits.

    Parameters
    ----------
    folder : Path
    """
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            digest.update(path.relative_to(folder).as_posix().encode("utf-8", "surrogateescape"))
            with path.open("rb") as file:
                while part := file.read(1 << 20):
                    digest.update(part)
    return digest.hexdigest()
