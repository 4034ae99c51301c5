"""The verdicts of many cycles as numbers: objects and sentences are made when somebody asks."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any, Final, NamedTuple, overload

import numpy as np

from softbreak.models.shown import FACTS, rounded
from softbreak.verdict import CERTIFIES, HEALTHY_BELOW, SETTLES, Basis, Evidence, State, Verdict

STATES: Final = (State.HEALTHY, State.SOFT, State.HARD, State.UNDETERMINED)
"""States by number."""
HEALTHY, SOFT, HARD, OPEN = range(4)
TEXT: Final = -1
"""Words that stand among the texts as they are, at the place that is told first."""
_REMEMBERED: Final = 1 << 13
TOLD: Final = 7
"""How many numbers a sentence has at most."""

NUMBERS: Final = np.dtype(
    [
        ("state", "<i8"),
        ("p_healthy", "<f8"),
        ("p_soft", "<f8"),
        ("p_hard", "<f8"),
        ("electronic_fraction", "<f8"),
        ("electronic_fraction_lower", "<f8"),
        ("electronic_fraction_upper", "<f8"),
        ("transient_short", "<i8"),
        ("wanted", "<i8"),
    ]
)
"""A :class:`softbreak.verdict.Verdict` without its evidence: the state as a number, the wanted
measurement as a place among the texts."""
FOUND: Final = np.dtype(
    [
        ("feature", "<i8"),
        ("words", "<i8"),
        ("value", "<f8"),
        ("baseline", "<f8"),
        ("told", "<f8", (TOLD,)),
    ]
)
"""A :class:`softbreak.verdict.Evidence`: its feature as a place among the texts, and instead of
the sentence which words to say, with which numbers (zeros where there are fewer)."""


class Wording(NamedTuple):
    """How evidence is put into words.

    Attributes
    ----------
    say : callable
        ``(area_cm2, words, *told) -> str``, from numbers as they are shown.
    manner : numpy.ndarray of int, shape (number of words, TOLD)
        How each number is shown: :mod:`softbreak.models.shown`.
    facts : numpy.ndarray of FACTS
        Of a model's inputs.
    area_cm2 : float or None
        Resistances are told per area where it is known.
    """

    say: Callable[..., str]
    manner: np.ndarray
    facts: np.ndarray
    area_cm2: float | None = None

    @classmethod
    def of(cls, say: Callable[..., str], manner: np.ndarray, facts: np.ndarray) -> Wording:
        """Return it so that what was said lately is not made again: cycles are alike."""
        return cls(lru_cache(maxsize=_REMEMBERED)(say), manner, facts)


class Verdicts(Sequence[Verdict]):
    """Verdicts in the order of their cycles.

    Parameters
    ----------
    numbers : numpy.ndarray of NUMBERS, shape (n,)
    found : numpy.ndarray of FOUND, shape (m,)
        The evidence of all.
    bounds : numpy.ndarray of int, shape (n + 1,)
        Where the evidence of each begins.
    texts : sequence of str
    wording : Wording
    """

    __slots__ = ("_basis", "_sentences", "bounds", "found", "numbers", "texts", "wording")

    def __init__(
        self,
        numbers: np.ndarray,
        found: np.ndarray,
        bounds: np.ndarray,
        texts: Sequence[str],
        wording: Wording,
    ) -> None:
        self.numbers, self.found, self.bounds = numbers, found, bounds
        self.texts, self.wording = texts, wording
        self._sentences: list[str] | None = None
        self._basis: list[str] | None = None

    @classmethod
    def of(cls, verdicts: Sequence[Verdict], texts: Sequence[str] = ()) -> Verdicts:
        """Return verdicts of any kind as this one.

        Parameters
        ----------
        verdicts : sequence of Verdict
        texts : sequence of str
            With which the texts of objects are to begin.
        """
        return verdicts if isinstance(verdicts, cls) else _recorded(verdicts, texts, _WORDLESS)

    def __len__(self) -> int:
        """Verdicts there are."""
        return len(self.numbers)

    @overload
    def __getitem__(self, place: int) -> Verdict: ...
    @overload
    def __getitem__(self, place: slice) -> list[Verdict]: ...
    def __getitem__(self, place: int | slice) -> Verdict | list[Verdict]:
        """Return one of them, or several."""
        if isinstance(place, slice):
            return [self[k] for k in range(*place.indices(len(self)))]
        k = range(len(self))[place]
        first, stop = self.bounds[k : k + 2].tolist()
        return self._verdict(self.numbers[k].item(), self._evidence(first, stop))

    def __iter__(self) -> Iterator[Verdict]:
        """Yield all of them."""
        evidence, places = self._evidence(0, len(self.found)), self.bounds.tolist()
        spans = zip(self.numbers.tolist(), places, places[1:], strict=False)
        for numbers, first, stop in spans:
            yield self._verdict(numbers, evidence[first:stop])

    def replaced(self, changes: Mapping[int, Verdict]) -> Verdicts:
        """Return them with others at some places.

        Parameters
        ----------
        changes : mapping of int to Verdict
        """
        if not changes:
            return self
        others = _recorded([*changes.values()], self.texts, self.wording)
        numbers, places = self.numbers.copy(), np.array([*changes])
        numbers[places] = others.numbers
        begins, lengths = self.bounds[:-1].copy(), np.diff(self.bounds)
        begins[places] = others.bounds[:-1] + len(self.found)
        lengths[places] = np.diff(others.bounds)
        bounds = np.append(0, np.cumsum(lengths))
        rows = np.repeat(begins - bounds[:-1], lengths) + np.arange(bounds[-1])
        found = np.concatenate([self.found, others.found])[rows]
        return Verdicts(numbers, found, bounds, others.texts, self.wording)

    # ----------------------------------------------------------------------------- columns
    @property
    def state(self) -> np.ndarray:
        """States as numbers, shape (n,)."""
        numbers: np.ndarray = self.numbers["state"]
        return numbers

    @property
    def fault(self) -> np.ndarray:
        """P(soft or hard), shape (n,)."""
        total: np.ndarray = self.numbers["p_soft"] + self.numbers["p_hard"]
        return total

    @property
    def wanted(self) -> list[str]:
        """The wanted measurement of each."""
        return list(map(self.texts.__getitem__, self.numbers["wanted"].tolist()))

    @property
    def sentences(self) -> list[str]:
        """The sentences of all evidence, made once."""
        if self._sentences is None:
            self._sentences = self._said(self.found)
        return self._sentences

    def named(self, names: Collection[str]) -> np.ndarray:
        """Whether evidence is one of these features, shape (m,)."""
        places = [place for place, text in enumerate(self.texts) if text in names]
        feature, found = self.found["feature"], np.zeros(len(self.found), dtype=bool)
        for place in places:
            found |= feature == place
        return found

    def shows(self, names: Collection[str]) -> np.ndarray:
        """Whether each has evidence that is one of these features, shape (n,)."""
        named = self.named(names)
        if not named.any():
            return np.zeros(len(self), dtype=bool)
        return self._of_each(self.owners, named)

    @property
    def owners(self) -> np.ndarray:
        """Whose each piece of evidence is, shape (m,)."""
        return np.repeat(np.arange(len(self)), np.diff(self.bounds))

    @property
    def settled(self) -> np.ndarray:
        """See :attr:`softbreak.verdict.Verdict.settled`, shape (n,)."""
        names = self.named({SETTLES})
        if not names.any():
            return np.zeros(len(self), dtype=bool)
        owners = self.owners
        short = self.state[owners] != HEALTHY
        says_so = names & ((self.found["value"] < HEALTHY_BELOW) != short)
        return np.asarray(self._of_each(owners, says_so) & (self.state != OPEN))

    @property
    def basis(self) -> list[str]:
        """What each stands on, made once: :attr:`softbreak.verdict.Verdict.basis`."""
        if self._basis is None:
            state = self.state
            stands = np.ones(len(self), dtype=np.int64)
            stands[self.settled] = 2
            stands[self.shows(CERTIFIES)] = 3
            stands[state == HEALTHY] = 1
            stands[state == OPEN] = 0
            self._basis = list(map(_BASES.__getitem__, stands.tolist()))
        return self._basis

    def features(self, place: int) -> list[str]:
        """Names of the evidence of one of them, the most telling first.

        Parameters
        ----------
        place : int
            Negative: from the end.
        """
        k = range(len(self))[place]
        mine = self.found["feature"][self.bounds[k] : self.bounds[k + 1]]
        return list(map(self.texts.__getitem__, mine.tolist()))

    def _of_each(self, owners: np.ndarray, flags: np.ndarray) -> np.ndarray:
        """Whether any evidence of each is flagged."""
        any_of: np.ndarray = np.bincount(owners[flags], minlength=len(self)) > 0
        return any_of

    # ----------------------------------------------------------------------------- objects
    def _said(self, found: np.ndarray) -> list[str]:
        texts, (say, manner, facts, area) = self.texts, self.wording
        words, told = found["words"].copy(), found["told"].copy()
        rounded(words, told, manner, facts, area or 0.0)
        return [
            texts[int(shown[0])] if word == TEXT else say(area, word, *shown)
            for word, shown in zip(words.tolist(), told.tolist(), strict=True)
        ]

    def _evidence(self, first: int, stop: int) -> list[Evidence]:
        found, made = self.found[first:stop], self._sentences
        names = map(self.texts.__getitem__, found["feature"].tolist())
        values, baselines = plain_floats(found["value"]), plain_floats(found["baseline"])
        sentences = self._said(found) if made is None else made[first:stop]
        return list(map(Evidence, names, values, baselines, sentences))

    def _verdict(self, numbers: tuple[Any, ...], evidence: Sequence[Evidence]) -> Verdict:
        state, healthy, soft, hard, eta, lower, upper, transient, wanted = numbers
        passed, text, found = transient != 0, self.texts[wanted], tuple(evidence)
        return Verdict(STATES[state], healthy, soft, hard, eta, lower, upper, passed, text, found)


_BASES: Final = tuple(
    basis.value for basis in (Basis.NONE, Basis.RELATIVE, Basis.IMPEDANCE, Basis.GEOMETRY)
)


def plain_floats(values: np.ndarray) -> list[float]:
    """Return an array as a list in which NaN is one object, and so equal to itself in a list."""
    return [one if one == one else math.nan for one in values.tolist()]  # noqa: PLR0124


def _nothing(*_: float | None) -> str:
    """Say what has no words: all sentences stand among the texts."""
    return ""


_WORDLESS: Final = Wording(_nothing, np.zeros((0, TOLD), dtype=np.int64), np.zeros(0, FACTS))


def _recorded(verdicts: Sequence[Verdict], texts: Sequence[str], wording: Wording) -> Verdicts:
    """Take objects apart; what is not among the texts is added to them."""
    places = {text: k for k, text in reversed([*enumerate(texts)])}
    known = list(texts)

    def place(text: str) -> int:
        if text not in places:
            places[text] = len(known)
            known.append(text)
        return places[text]

    numbers = np.empty(len(verdicts), NUMBERS)
    flat = [item for verdict in verdicts for item in verdict.evidence]
    found = np.zeros(len(flat), FOUND)
    for k, one in enumerate(verdicts):
        numbers[k] = (
            STATES.index(one.state),
            one.p_healthy,
            one.p_soft,
            one.p_hard,
            one.electronic_fraction,
            one.electronic_fraction_lower,
            one.electronic_fraction_upper,
            one.transient_short,
            place(one.wanted_measurement),
        )
    rest = (0.0,) * (TOLD - 1)
    for k, item in enumerate(flat):
        told = (place(item.sentence), *rest)
        found[k] = (place(item.feature), TEXT, item.value, item.baseline, told)
    bounds = np.cumsum([0, *(len(verdict.evidence) for verdict in verdicts)])
    return Verdicts(numbers, found, bounds, known, wording)
