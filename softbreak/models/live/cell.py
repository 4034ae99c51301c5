"""A cell that is judged while it runs: the same code as for a finished one, a chunk at a time.

A spectrum or a voltammogram speaks for cycles before it too: with each, all cycles are judged anew.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, replace
from typing import Any, Final, NamedTuple

import numpy as np
import pandas as pd

from softbreak.data.record import Cell, Record, Source, Technique, plain_cell
from softbreak.errors import ArgumentError
from softbreak.features.cycles.columns import Columns
from softbreak.features.cycles.finished_cycles import Arranged, first_cycles
from softbreak.features.cycles.live_cycles import LivePairing, PairingRevised
from softbreak.features.evidence.cell_evidence import CellRecords, Placed, evidence_of
from softbreak.features.evidence.joins import in_order
from softbreak.features.half_cycles.measured import SLICE_SECOND
from softbreak.features.half_cycles.samples import TALLIES
from softbreak.features.half_cycles.state_bytes import pack, unpack
from softbreak.models.detector import Judge
from softbreak.models.diagnosis.result import UNIT_COLUMNS, verdict_row, verdict_table
from softbreak.models.live.changes import Change, Kind, warning_change
from softbreak.models.registry import DEFAULT, Detector, detector_of, live_detector_of, units_of
from softbreak.models.rules.fused import not_applicable
from softbreak.models.rules.impedance import SpectrumReader
from softbreak.models.withheld import is_too_little, lies_below_a_range
from softbreak.verdict import Evidence, State, Verdict

ONE_WAY_SECOND: Final = 6 * 3600.0
"""A current that has not reversed for so long is judged in slices; the first half-cycle of an
ordinary cell is not."""


class Told(NamedTuple):
    """One verdict and what it is about: cycle, start and end (s)."""

    unit: tuple[int, float, float]
    verdict: Verdict


class LiveCell:
    """One cell, fed as it runs.

    Feeding its records in any chunks and then :meth:`finish` gives exactly the verdicts that
    :func:`softbreak.models.diagnosis.diagnose.examine` gives for the whole records.

    Parameters
    ----------
    cell : Cell
        What is known of it besides its files.
    detector : str
        A name from :data:`softbreak.models.registry.DETECTORS`.

    Attributes
    ----------
    cell : Cell
    detector : str
    """

    def __init__(self, cell: Cell, detector: str = DEFAULT) -> None:
        if not isinstance(cell, Cell):
            raise ArgumentError(
                f"LiveCell takes what is known of a cell, not {type(cell).__name__}: "
                'softbreak.LiveCell(softbreak.Cell("cell7"))'
            )
        self.cell = plain_cell(cell)
        self.detector = detector
        self._chosen = live_detector_of(detector)
        self._records = CellRecords(watchful=True)
        self._reader = SpectrumReader()
        self._running: str | None = None
        self._slices = 0
        self._logged = False
        self._applies = self._chosen.unit == "cycle" and not cell.unlike
        self._judge: Judge | None = None
        self._pairing: LivePairing | None = None
        self._measured = -np.inf
        self._told: list[Told] = []
        self._reworded: set[int] = set()
        self._by: Detector = self._chosen
        self._named: tuple[Source, Technique, str] | None = None

    def __repr__(self) -> str:
        """One line that says what it is."""
        return (
            f"<LiveCell {self.cell.cell_id}: {self.counts['samples']:,} samples, "
            f"{len(self._told)} verdicts by {self.detector}>"
        )

    @property
    def verdicts(self) -> pd.DataFrame:
        """The verdicts so far: the columns of ``verdicts.parquet``."""
        rows = np.array([told.unit for told in self._told], dtype=np.float64).reshape(-1, 3)
        units = Columns(dict(zip(UNIT_COLUMNS, rows.T, strict=True)))
        said = [told.verdict for told in self._told]
        return verdict_table(self.cell.cell_id, units, said, self._by).frame

    @property
    def counts(self) -> dict[str, int]:
        """How much was fed, and what was wrong with it.

        ``samples`` (rows of all techniques), ``records``, ``half_cycles``, and of the cycling
        samples ``missing_times``, ``missing_voltages``, ``backward`` (times that step back) and
        ``repeated`` (told twice in a row).
        """
        streams = self._records.stream.records.values()
        tallies = sum((stream.tallies for stream in streams), np.zeros(len(TALLIES), np.int64))
        return {
            "samples": sum(entry.meter.rows for entry in self._records.entries.values()),
            "records": len(self._records.entries),
            "half_cycles": sum(len(stream.done) for stream in streams),
            **dict(zip(TALLIES, tallies.tolist(), strict=True)),
        }

    def update(self, records: Sequence[Record]) -> list[Change]:
        """Take new rows in and say what changes.

        Parameters
        ----------
        records : sequence of Record
            Each holds rows that were not seen before, in their order. Rows with the same
            ``source.path``, ``source.position`` and technique belong to one record. Single
            samples are taken quickest as :class:`softbreak.data.record.ArrayRecord`.

        Returns
        -------
        list of Change
        """
        completed, otherwise = 0, False
        names = [self._name(record) for record in records]
        if len(names) > 1 and len(set(names)) > 1:
            records = in_order(records, names, self._records.entries)
            names = [self._name(record) for record in records]
        for record, name in zip(records, names, strict=True):
            done, other = self._take(record, name)
            completed += done
            otherwise |= other
        news = self._news()
        if self._pairing is not None and not otherwise:
            if not completed:
                return news
            try:
                return news + self._tell_more(self._next_verdicts())
            except PairingRevised:
                pass
        return news + self._judge_anew(ended=False) if completed or otherwise else news

    def finish(self) -> list[Change]:
        """Judge what there is as if nothing followed; more may follow all the same."""
        for stream in self._records.stream.records.values():
            stream.resolve()
        return self._news() + self._judge_anew(ended=True)

    def _name(self, record: Record) -> str:
        """Name the record to which rows belong; a channel's samples share their source."""
        if not isinstance(record, Record):
            raise ArgumentError(
                f"update takes a list of records, not one of {type(record).__name__}"
            )
        source, technique = record.source, record.technique
        named = self._named
        if named is None or named[0] is not source or named[1] is not technique:
            name = f"{source.path}\n{source.position}\n{technique.value}"
            self._named = named = source, technique, name
        return named[2]

    def _news(self) -> list[Change]:
        """Early warnings and their ends, where the rules apply to the cell at all."""
        found: list[Change] = []
        for key, stream in self._records.stream.records.items():
            if not stream.news:
                continue
            shift = dict(self._records.placed())[key]
            if self._applies:
                found += [
                    warning_change(self.cell, len(self._told), news, warning, shift)
                    for news, warning in stream.news
                ]
            stream.news.clear()
        return found

    def _take(self, record: Record, own: str) -> tuple[int, bool]:
        """Take rows in; return half-cycles completed, and whether all must be judged anew."""
        name, offset = self._records.name_of(own, record)
        key, entries = str(name), self._records.entries
        fresh = bool(entries) and key not in entries
        completed = self._records.feed(key, record, offset)
        technique = entries[key].technique
        if technique is Technique.REST:
            return 0, False
        if technique is not Technique.CYCLING:
            return 0, True
        warmed = not self._logged and entries[key].meter.logged
        # of a cell that was never judged the first whole half-cycle will be early enough
        begun = self._pairing is not None or bool(self._told)
        anew = fresh or (begun and (key != self._running or warmed))
        self._running = key
        if not self._records.stream.reversed:
            slices = self._slice_count(key)
            anew |= slices != self._slices
            self._slices = slices
        return completed, anew

    def _slice_count(self, key: str) -> int:
        """Slices of one-way plating that the running record has seen."""
        intake = self._records.stream.records[key].intake
        return 0 if intake is None else int((intake.last - intake.first) // SLICE_SECOND)

    # ---------------------------------------------------------------------------- judging
    def _judge_anew(self, *, ended: bool) -> list[Change]:
        placed = self._records.placed()
        closed = self._records.arranged(placed, running=None if ended else self._running)
        found = closed if ended else self._complete(placed, closed)
        evidence = evidence_of(self._records, self.cell, placed, found)
        readings = self._reader.read(evidence)
        chosen, units = units_of(evidence, self._chosen)
        said, self._judge = chosen.judged(evidence, readings)
        rows = zip(*(units[name].tolist() for name in UNIT_COLUMNS), strict=True)
        told = [
            Told((int(k), start, end), verdict)
            for (k, start, end), verdict in zip(rows, said, strict=True)
        ]
        self._logged = evidence.temperature_logged
        self._applies = chosen.unit == "cycle" and not_applicable(evidence) is None
        self._pairing = None
        # what a doubtful current says, what too little says and what begins beyond the range of its
        # channel is looked over as a whole
        whole = bool(evidence.current_in_doubt) or is_too_little(evidence)
        whole = whole or lies_below_a_range(evidence)
        if not ended and self._judge is not None and not whole:
            times = [reading.time_second for reading in readings]
            times += evidence.sweeps["end_time_second"].tolist()
            self._measured = max(times, default=-np.inf)
            self._pairing = self._new_pairing(placed, closed, len(units))
        return self._tell(told, chosen, all_of_it=ended)

    def _new_pairing(self, placed: Placed, closed: Arranged, complete: int) -> LivePairing | None:
        """Return how cycles go on from here one by one, if they do."""
        cycling = self._records.of(placed, Technique.CYCLING)
        if not cycling or cycling[-1][0] != self._running:
            return None
        key, shift = cycling[-1]
        parts = self._records.parts(placed, running=key)
        try:
            return LivePairing(closed, parts, self._records.stream.records[key], shift, complete)
        except PairingRevised:
            return None

    def _next_verdicts(self) -> list[Told]:
        """Judge the cycles that have become complete.

        Raises
        ------
        PairingRevised
            If everything must be judged anew.
        """
        if self._pairing is None or self._judge is None:
            raise PairingRevised
        cycles = self._pairing.advance()
        if not len(cycles.numbers):
            return []  # every other half-cycle begins one
        starts, ends = cycles.column("start_time_second"), cycles.column("end_time_second")
        if any(start <= self._measured for start in starts.tolist()):
            raise PairingRevised  # a spectrum or a voltammogram was taken meanwhile
        units = zip(cycles.numbers.tolist(), starts.tolist(), ends.tolist(), strict=True)
        said = self._judge.step(cycles)
        return [Told(unit, verdict) for unit, verdict in zip(units, said, strict=True)]

    def _complete(self, placed: Placed, closed: Arranged) -> Arranged:
        """Half-cycles of the cycles that are complete."""
        if len(closed.sign) and not closed.one_way:
            return first_cycles(closed, self._finished_cycles(closed))
        whole = self._records.arranged(placed)
        length = whole.statistics[:, 1] - whole.statistics[:, 0]
        if not whole.one_way or length.sum() < ONE_WAY_SECOND:
            return first_cycles(closed, 0)
        return first_cycles(whole, len(whole.sign) - 1)

    def _finished_cycles(self, closed: Arranged) -> int:
        """How many cycles are complete: the last one is when its second half is."""
        last = int(closed.cycle[-1])
        stream = self._records.stream.records[self._running] if self._running else None
        following = stream.intake.open_sign if stream is not None and stream.intake else 0
        signs = closed.sign[closed.cycle == last]
        return last + int(len(set(signs.tolist())) == 2 and following != signs[-1])

    def _tell_more(self, told: list[Told]) -> list[Change]:
        """Say what the cycles are that have just become complete."""
        self._told += told
        return [
            Change(
                Kind.VERDICT,
                unit[0],
                unit[2],
                verdict_row(self.cell.cell_id, unit, verdict, self._by),
            )
            for unit, verdict in told
        ]

    def _tell(self, told: list[Told], by: Detector, *, all_of_it: bool) -> list[Change]:
        """Say what is new or other than before.

        Verdicts of which only the words changed are told at the end.
        """
        other = by.name != self._by.name
        changes = []
        for k, item in enumerate(told):
            before = self._told[k] if k < len(self._told) else None
            if before is not None and not other and not _differ(before, item):
                if _reworded(before, item):
                    self._reworded.add(k)
                if not (all_of_it and k in self._reworded):
                    continue
            self._reworded.discard(k)
            row = verdict_row(self.cell.cell_id, item.unit, item.verdict, by)
            changes.append(
                Change(Kind.VERDICT, item.unit[0], item.unit[2], row, before is not None)
            )
        for item in self._told[len(told) :]:
            row = {"cell_id": self.cell.cell_id, "cycle_index": item.unit[0]}
            changes.append(Change(Kind.REMOVED, item.unit[0], item.unit[2], row, True))
        self._told, self._by = told, by
        return changes

    # ----------------------------------------------------------------------------- memory
    def dump(self) -> bytes:
        """Return all that it remembers, as bytes; see :meth:`load`."""
        return pack(
            {
                "cell": asdict(self.cell),
                "detector": [self.detector, self._chosen.version],
                "book": self._records.dump(),
                "running": self._running,
                "slices": self._slices,
                "known": [self._logged, self._applies],
                "told": [_plain(told) for told in self._told],
                "reworded": sorted(self._reworded),
                "by": self._by.name,
            }
        )

    @classmethod
    def load(cls, stored: bytes) -> LiveCell:
        """Take up a cell where :meth:`dump` left it; it goes on exactly as if nothing happened.

        Raises
        ------
        SoftbreakError
            If the bytes are damaged, or of another version of this format.
        """
        tree = unpack(stored)
        live = cls(Cell(**tree["cell"]), tree["detector"][0])
        live._records = CellRecords.load(tree["book"])
        live._running, live._slices = tree["running"], tree["slices"]
        live._logged, live._applies = tree["known"]
        live._told = [_told(item) for item in tree["told"]]
        live._reworded = set(tree["reworded"])
        live._by = detector_of(tree["by"])
        return live


def _differ(before: Told, now: Told) -> bool:
    """Whether a verdict says something else, in whatever words."""
    ours, theirs = before.verdict, now.verdict
    if ours is theirs:
        return before.unit != now.unit
    numbers = [repr(replace(verdict, evidence=())) for verdict in (ours, theirs)]
    return before.unit != now.unit or numbers[0] != numbers[1]


def _reworded(before: Told, now: Told) -> bool:
    """Whether the evidence reads otherwise."""
    ours, theirs = before.verdict.evidence, now.verdict.evidence
    return ours is not theirs and repr(ours) != repr(theirs)


def _plain(told: Told) -> list[Any]:
    verdict = told.verdict
    values = [getattr(verdict, name) for name in Verdict.__slots__[:-1]]
    evidence = [[getattr(item, name) for name in Evidence.__slots__] for item in verdict.evidence]
    return [list(told.unit), values, evidence]


def _told(stored: list[Any]) -> Told:
    (cycle, start, end), (state, *values), evidence = stored
    found = tuple(Evidence(*item) for item in evidence)
    named = dict(zip(Verdict.__slots__, [State(state), *values, found], strict=True))
    return Told((cycle, start, end), Verdict(**named))
