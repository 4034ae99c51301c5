"""Detectors score; the alarm decides: when to speak, when to speak louder, when it is over.

Verdicts come and go, people must not be woken by each. An alarm climbs (early warning, soft, hard)
and never flutters: it takes several cycles to be raised unless the evidence is strong, it ends only
after several cycles in a row that are clearly healthy, cycles in between (undetermined, doubtful)
count neither way, and each recovery and each withdrawn warning makes the next one slower. So the
number of alarms of a cell grows at most with the logarithm of its cycles until the slowest pace is
reached, however wildly its verdicts jump.

What stands is a function of the verdicts and warnings in the order of the cell's time alone, not of
how they were cut into chunks: a verdict that is revised later (a spectrum came in) is folded in as
if it had been so from the beginning, and alarms that have lost their ground end as "revised".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any, Final

from softbreak.models.live.changes import Change, Kind
from softbreak.verdict import State, cycle_number


class Level(StrEnum):
    """How loud an alarm is."""

    WARNING = "early warning"
    SOFT = "soft"
    HARD = "hard"

    @property
    def rank(self) -> int:
        """1 for a warning, 2 for soft, 3 for hard."""
        return _RANK[self]


_RANK: Final = {Level.WARNING: 1, Level.SOFT: 2, Level.HARD: 3}


@dataclass(frozen=True, slots=True)
class AlarmLimits:
    """When an alarm is raised and when it ends.

    Attributes
    ----------
    short_from : float
        A cycle speaks for a short if P(soft) + P(hard) reaches this.
    clear_below : float
        It speaks for recovery only below this: what lies between counts neither way.
    sure_from : float
        One cycle so probable is enough for soft.
    short_cycles, hard_cycles : int
        Otherwise so many, with none clearly healthy between; one after a confirmed warning.
    recover_cycles : int
        Clearly healthy cycles, in a row, that end an alarm.
    slowest : int
        Each recovery doubles the next one's cycles, and each withdrawn warning those for which
        further warnings are kept back, up to 2 to this power.
    """

    short_from: float = 0.5
    clear_below: float = 0.2
    sure_from: float = 0.98
    short_cycles: int = 2
    hard_cycles: int = 2
    recover_cycles: int = 3
    slowest: int = 5


@dataclass(frozen=True, slots=True)
class Alarm:
    """One alarm of one cell.

    Attributes
    ----------
    key : str
        "cell/soft/cycle", "cell/early warning/second": the same alarm has the same key in every
        run over the same data.
    level : Level
    cycle_index : int
        A warning's: the cycle that was under way.
    time_second : float
        On the cell's clock, when it was raised.
    sentence : str
    end : {"", "escalated", "recovered", "withdrawn", "revised"}
        Empty while it stands.
    end_cycle : int or None
    end_time_second : float or None
    """

    key: str
    level: Level
    cycle_index: int
    time_second: float
    sentence: str
    end: str = ""
    end_cycle: int | None = None
    end_time_second: float | None = None


_SURE_HARD, _HARD, _SURE, _SHORT, _CLEAR, _NEUTRAL = "HhSscn"
_SAID: Final = {Level.SOFT: "soft breakdown", Level.HARD: "hard breakdown"}
_WARN, _CONFIRM, _WITHDRAW = "!+-"
_RANKS: Final = {_WARN: 0, _CONFIRM: 1, _WITHDRAW: 1}
_FIRST: Final = (float("-inf"), 0)
_LETTERS: Final = {
    Kind.WARNING: _WARN,
    Kind.CONFIRMED: _CONFIRM,
    Kind.WITHDRAWN: _WITHDRAW,
}


def code_of(row: Mapping[str, Any], limits: AlarmLimits) -> str:
    """Return what a verdict counts as: one letter."""
    state = State(row["state"])
    hard, short = float(row["p_hard"]), float(row["p_soft"]) + float(row["p_hard"])
    if state is State.HARD:
        return _SURE_HARD if hard >= limits.sure_from else _HARD
    if state is State.SOFT and short >= limits.short_from:
        return _SURE if short >= limits.sure_from else _SHORT
    return _CLEAR if state is State.HEALTHY and short < limits.clear_below else _NEUTRAL


@dataclass(slots=True, eq=False)
class _Entry:
    """One input of the fold: a verdict's code, or a warning's letter."""

    cycle: int
    letter: str
    time: float

    @property
    def is_verdict(self) -> bool:
        return self.letter not in _RANKS

    @property
    def place(self) -> tuple[float, int]:
        """In the cell's time; a half-cycle's warning ends before its cycle is judged."""
        return self.time, _RANKS.get(self.letter, 2)


@dataclass(slots=True)
class _Fold:
    """The walk over a cell's cycles."""

    limits: AlarmLimits
    cell_id: str
    alarms: dict[str, Alarm] = field(default_factory=dict)
    standing: Alarm | None = None
    confirmed: bool = False
    short_run: int = 0
    hard_run: int = 0
    clear_run: int = 0
    recoveries: int = 0
    withdrawals: int = 0
    muted_until: int = 0
    under_way: int = 0

    def take(self, entry: _Entry, sentence: str) -> None:
        if entry.is_verdict:
            self.under_way = entry.cycle + 1
            self._verdict(entry.letter, entry.cycle, entry.time, sentence)
        else:
            self._warning(entry.letter, self.under_way, entry.time, sentence)

    def _warning(self, letter: str, cycle: int, time: float, sentence: str) -> None:
        if letter == _WARN and self.standing is None and cycle >= self.muted_until:
            self._raise(Level.WARNING, cycle, time, sentence)
        elif self.standing is None or self.standing.level is not Level.WARNING:
            return
        elif letter == _CONFIRM:
            self.confirmed = True
        elif letter == _WITHDRAW and not self.confirmed:
            self._end("withdrawn", cycle, time)
            self.withdrawals = min(self.withdrawals + 1, self.limits.slowest)
            self.muted_until = cycle + 2**self.withdrawals

    def _verdict(self, code: str, cycle: int, time: float, sentence: str) -> None:
        if code == _CLEAR:
            self.short_run = self.hard_run = 0
            self.clear_run += 1
        elif code != _NEUTRAL:
            self.clear_run = 0
            self.short_run += 1
            self.hard_run = self.hard_run + 1 if code in (_HARD, _SURE_HARD) else 0
        level = self._level(code)
        if level is not None and (self.standing is None or level.rank > self.standing.level.rank):
            self._raise(level, cycle, time, sentence)
        elif self.standing and self.clear_run >= self.limits.recover_cycles << self.recoveries:
            self._end("recovered", cycle, time)
            self.recoveries = min(self.recoveries + 1, self.limits.slowest)

    def _level(self, code: str) -> Level | None:
        limits = self.limits
        known = self.standing is not None and (
            self.confirmed or self.standing.level is not Level.WARNING
        )
        hard = self.hard_run and self.confirmed
        if hard or self.hard_run >= limits.hard_cycles or (code == _SURE_HARD and known):
            return Level.HARD
        sure = code in (_SURE, _SURE_HARD) or (known and self.short_run)
        return Level.SOFT if sure or self.short_run >= limits.short_cycles else None

    def _raise(self, level: Level, cycle: int, time: float, sentence: str) -> None:
        self._end("escalated", cycle, time)
        place = f"{time:.0f}" if level is Level.WARNING else str(cycle)
        alarm = Alarm(f"{self.cell_id}/{level}/{place}", level, cycle, time, sentence)
        self.standing, self.clear_run = alarm, 0
        self.alarms[alarm.key] = alarm

    def _end(self, how: str, cycle: int, time: float) -> None:
        if self.standing is not None:
            ended = replace(self.standing, end=how, end_cycle=cycle, end_time_second=time)
            self.alarms[ended.key] = ended
        self.standing, self.confirmed = None, False
        if how == "recovered":
            self.clear_run = 0


class AlarmBook:
    """One cell's alarms.

    Parameters
    ----------
    cell_id : str
    limits : AlarmLimits
    """

    def __init__(self, cell_id: str, limits: AlarmLimits | None = None) -> None:
        self.cell_id = cell_id
        self.limits = limits or AlarmLimits()
        self._log: list[_Entry] = []
        self._verdicts: dict[int, _Entry] = {}
        self._last = _FIRST
        self._fold = _Fold(self.limits, cell_id)

    @property
    def standing(self) -> Alarm | None:
        """The alarm that stands, if one does."""
        return self._fold.standing

    @property
    def alarms(self) -> list[Alarm]:
        """All alarms so far, in order."""
        return list(self._fold.alarms.values())

    def apply(self, changes: Sequence[Change]) -> list[Alarm]:
        """Take news in.

        Parameters
        ----------
        changes : sequence of Change

        Returns
        -------
        list of Alarm
            Those that were raised or have ended; one that did both appears once, ended.
        """
        before = dict(self._fold.alarms)
        words: dict[_Entry, str] = {}
        stale = False
        for change in changes:
            stale |= self._take(change, words)
        new = sorted(words, key=lambda entry: entry.place)
        if stale or (new and new[0].place < self._last):
            self._refold({key: alarm.sentence for key, alarm in before.items()}, words)
        else:
            for entry in new:
                self._fold.take(entry, words[entry])
            self._last = new[-1].place if new else self._last
        now = self._fold.alarms
        lost = [
            replace(alarm, end="revised", end_cycle=alarm.cycle_index)
            for key, alarm in before.items()
            if key not in now
        ]
        return lost + [alarm for key, alarm in now.items() if before.get(key) != alarm]

    def _take(self, change: Change, words: dict[_Entry, str]) -> bool:
        """Write an input into the log; return whether the past has changed."""
        if change.kind is Kind.REMOVED:
            return self._remove(change.cycle_index)
        cycle, time = change.cycle_index, change.time_second
        if change.kind is Kind.VERDICT:
            letter = code_of(change.row, self.limits)
            known = self._verdicts.get(cycle)
            if known is not None:
                changed = (known.letter, known.time) != (letter, time)
                known.letter, known.time = letter, time
                if changed or known in words:
                    words[known] = sentence_of(change)
                return changed
            entry = self._verdicts[cycle] = _Entry(cycle, letter, time)
        else:
            entry = _Entry(cycle, _LETTERS[change.kind], time)
        self._log.append(entry)
        words[entry] = sentence_of(change)
        return False

    def _remove(self, cycle: int) -> bool:
        """Forget the verdict of a cycle that turned out to be none."""
        entry = self._verdicts.pop(cycle, None)
        if entry is None:
            return False
        self._log.remove(entry)
        return True

    def _refold(self, known: Mapping[str, str], words: Mapping[_Entry, str]) -> None:
        fold = self._fold = _Fold(self.limits, self.cell_id)
        self._log.sort(key=lambda entry: entry.place)
        for entry in self._log:
            fold.take(entry, words.get(entry, ""))
        self._last = self._log[-1].place if self._log else _FIRST
        for key, alarm in fold.alarms.items():
            sentence = known.get(key) or alarm.sentence or _generic(alarm)
            fold.alarms[key] = replace(alarm, sentence=sentence)
        if fold.standing is not None:
            fold.standing = fold.alarms[fold.standing.key]

    def dump(self) -> dict[str, Any]:
        """Return everything as plain JSON."""
        return {
            "log": [[entry.cycle, entry.letter, entry.time] for entry in self._log],
            "sentences": {alarm.key: alarm.sentence for alarm in self.alarms},
        }

    @classmethod
    def load(
        cls, cell_id: str, told: Mapping[str, Any], limits: AlarmLimits | None = None
    ) -> AlarmBook:
        """Undo :meth:`dump`."""
        book = cls(cell_id, limits)
        book._log = [_Entry(cycle, letter, time) for cycle, letter, time in told.get("log", ())]
        book._verdicts = {entry.cycle: entry for entry in book._log if entry.is_verdict}
        book._refold(told.get("sentences", {}), {})
        return book


def _generic(alarm: Alarm) -> str:
    said = _SAID.get(alarm.level, "an abrupt change inside a half-cycle")
    return f"Cycle {cycle_number(alarm.cycle_index)}: {said}."


def sentence_of(change: Change) -> str:
    """Return a change's most telling sentence."""
    if change.kind is not Kind.VERDICT:
        return str(change.row.get("sentence", ""))
    evidence = change.row.get("evidence")
    first = next(iter(evidence), None) if evidence is not None else None
    return (
        str(first["sentence"])
        if first
        else f"Cycle {cycle_number(change.cycle_index)}: {change.row['state']}."
    )
