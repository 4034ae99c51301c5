"""One chunk as one JSON object: what stands on a line, in a POST, in an entry of a stream.

::

    {"cell_id": "cell7", "sequence": 41, "technique": "cycling",
     "facts": {"area_cm2": 0.785},
     "table": {"test_time_second": [...], "voltage_volt": [...], "current_ampere": [...]}}

A single sample may be given flat: ``{"cell_id": "cell7", "test_time_second": 1.0,
"voltage_volt": 0.02, "current_ampere": 1e-4}``. Columns, units and signs are those of
:mod:`softbreak.data.schema`. Messages come from outside: nothing in them is trusted.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any, Final, TypeGuard

import numpy as np

from softbreak.data.configurations import CONFIGURATIONS, configuration_named
from softbreak.data.record import ArrayRecord, Cell, Record, Source, Technique, checked_cell
from softbreak.data.schema import COLUMNS, SERIES_COLUMNS, SPECTRUM_COLUMNS
from softbreak.errors import SchemaError, SoftbreakError
from softbreak.plain_text import storable

MOST_BYTES: Final = 32 << 20
"""A message of more bytes is refused."""
MOST_NAME: Final = 200
MOST_FACTS: Final = 16_384
"""What a message says of its cell has at most so many characters: it is kept for every cell."""
MOST_CACHED: Final = 32 << 20
"""So many characters of facts are kept to be compared with the next message's."""
MOST_NUMBER: Final = 1e18
_TECHNIQUES: Final = {technique.value: technique for technique in Technique}
_TEXTS: Final = ("configuration", "electrode", "electrolyte", "notes")
_FLOAT, _INTEGER = np.dtype(np.float64), np.dtype(np.int64)


class MessageError(SoftbreakError):
    """A message that does not say what a message must say."""


@dataclass(frozen=True, slots=True)
class Message:
    """One message, checked.

    Attributes
    ----------
    cell : Cell
    technique : Technique
    columns : mapping of str to numpy.ndarray
        Of one length.
    sequence : int or None
        Rises with every message of a cell, so that one that comes twice counts once.
    file : str
        Where the rows belong: rows of one file continue each other.
    position : int
        The record's place in that file.
    started_unix_second : float or None
        Absolute time of ``test_time_second == 0``.
    restart : bool
        Forget what was told of the cell.
    end : bool
        The last one: judge what there is as if nothing followed.
    """

    cell: Cell
    technique: Technique
    columns: Mapping[str, np.ndarray] = field(repr=False)
    sequence: int | None = None
    file: str = "stream"
    position: int = 0
    started_unix_second: float | None = None
    restart: bool = False
    end: bool = False

    @property
    def samples(self) -> int:
        """Number of rows."""
        return len(next(iter(self.columns.values())))

    def record(self) -> Record:
        """Return the rows as a record."""
        source = Source(
            path=self.file,
            reader="stream",
            started_unix_second=self.started_unix_second,
            position=self.position,
        )
        return ArrayRecord(self.cell, self.technique, self.columns, source)


def parse(data: bytes | str) -> Message:
    """Read one message.

    Parameters
    ----------
    data : bytes or str
        JSON.

    Raises
    ------
    MessageError
        If it is none; the message says what was found and what was expected.
    """
    if len(data) > MOST_BYTES:
        raise MessageError(f"a message of {len(data):,} bytes; expected at most {MOST_BYTES:,}")
    try:
        told = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise MessageError(f"no JSON ({error}); expected one object a message") from error
    if not isinstance(told, dict):
        kind = type(told).__name__
        raise MessageError(f"JSON of the type {kind}; expected an object with cell_id and table")
    try:
        return _message(told)
    except RecursionError as error:  # as deep as can just be parsed, and no longer be shown
        raise MessageError(
            "nested too deeply; expected an object with cell_id and table"
        ) from error


def _message(told: dict[str, Any]) -> Message:
    name = told.get("cell_id")
    if not isinstance(name, str) or not 0 < len(name) <= MOST_NAME or not name.isprintable():
        raise MessageError(
            f"cell_id {str(name)[:40]!r}; expected a name of 1 to {MOST_NAME} letters"
        )
    technique = _TECHNIQUES.get(str(told.get("technique", "cycling")))
    if technique is None:
        raise MessageError(
            f"technique {str(told['technique'])[:40]!r}; expected one of {', '.join(_TECHNIQUES)}"
        )
    return Message(
        _cell(name, _facts(told.get("facts"))),
        technique,
        _columns(told, technique),
        _whole(told, "sequence", None),
        _text("file", told.get("file", "stream")),
        _whole(told, "position", 0) or 0,
        _moment(told),
        told.get("restart") is True,
        told.get("end") is True,
    )


def _facts(told: object) -> str:
    """Return what a message says of its cell as text that can be compared; each a plain value."""
    if not told:
        return ""
    if not isinstance(told, dict):
        raise MessageError(f"facts that are a {type(told).__name__}; expected an object by name")
    for key, value in told.items():
        if key in _TEXTS or isinstance(value, str):
            _text(key, value or "", MOST_FACTS)
        elif value is not None and not _is_number(value):
            raise MessageError(
                f"facts: {key[:40]!r} is {type(value).__name__} {str(value)[:40]!r}; expected text "
                "or a number"
            )
    text = json.dumps(told, sort_keys=True)
    if len(text) > MOST_FACTS:
        raise MessageError(f"facts of {len(text):,} characters; expected at most {MOST_FACTS:,}")
    return text


def _is_number(value: object) -> TypeGuard[int | float]:
    """Whether a value is a number that something can have; not NaN, nor one of 400 digits."""
    return type(value) in (int, float) and abs(value) < MOST_NUMBER  # type: ignore[arg-type]


def _text(name: str, value: object, most: int = MOST_NAME) -> str:
    """Return a text that can be stored."""
    if not isinstance(value, str):
        raise MessageError(f"{name[:40]!r} is {type(value).__name__}; expected text")
    text = value[:most]
    if not storable(text):
        raise MessageError(f"{name[:40]!r} holds half a character or a zero; expected text")
    return text


class _Cells:
    """What was said of cells last: a live channel says the same with every message.

    Bounded by what it holds, not by entries; when it is full it begins again.
    """

    def __init__(self) -> None:
        self._known: dict[tuple[str, str], Cell] = {}
        self._size = 0

    def __call__(self, name: str, facts: str) -> Cell:
        cell = self._known.get((name, facts))
        if cell is None:
            cell = _made_cell(name, facts)
            if self._size > MOST_CACHED:
                self._known, self._size = {}, 0  # another thread may still read the former one
            self._known[name, facts] = cell
            self._size += len(name) + 2 * len(facts) + _CELL_SIZE
        return cell


_CELL_SIZE: Final = 512
_cell: Final = _Cells()


def _made_cell(name: str, facts: str) -> Cell:
    told = json.loads(facts) if facts else {}
    known = {item.name for item in fields(Cell)} - {"cell_id"}
    if not isinstance(told, dict) or not set(told) <= known:
        raise MessageError(f"facts {facts[:80]}; expected some of {', '.join(sorted(known))}")
    stated = told.get("configuration")
    if stated and isinstance(stated, str):
        told["configuration"] = configuration_named(stated)
    if stated and told["configuration"] not in CONFIGURATIONS:
        expected = ", ".join(CONFIGURATIONS)
        raise MessageError(f"facts of {name}: configuration; expected one of {expected}")
    try:
        return checked_cell(Cell(cell_id=name, **told))
    except (SchemaError, TypeError) as error:
        raise MessageError(f"facts of {name}: {error}") from error


def _columns(told: dict[str, Any], technique: Technique) -> dict[str, np.ndarray]:
    table = told.get("table")
    if table is None:
        table = {key: [value] for key, value in told.items() if key in COLUMNS}
    if not isinstance(table, dict):
        raise MessageError(f"a table that is a {type(table).__name__}; expected lists by column")
    required = SPECTRUM_COLUMNS if technique is Technique.IMPEDANCE else SERIES_COLUMNS
    if missing := [column for column in required if column not in table]:
        raise MessageError(f"no column {', '.join(missing)} in a message of {technique}")
    arrays = {str(key): _array(str(key), values) for key, values in table.items()}
    lengths = {len(array) for array in arrays.values()}
    if len(lengths) != 1 or 0 in lengths:
        raise MessageError(f"columns of {sorted(lengths)} rows; expected one length, not 0")
    return arrays


def _array(name: str, values: object) -> np.ndarray:
    column = COLUMNS.get(name)
    if column is None:
        raise MessageError(f"a column {name[:40]!r}; known are {', '.join(COLUMNS)}")
    try:
        array = np.array(values, dtype=_FLOAT)
        finite = bool(np.isfinite(array).all())
        if not finite:
            array = np.where(np.isfinite(array), array, np.nan)
        if np.fmax.reduce(np.abs(array), axis=None, initial=0.0) >= MOST_NUMBER:
            raise MessageError(f"column {name}: a number beyond {MOST_NUMBER:g}; is it cut?")
        if array.ndim == 1 and column.kind == "integer" and finite:
            return array.astype(_INTEGER)
        if array.ndim == 1 and column.kind != "integer":
            return array
    except (ValueError, TypeError, OverflowError):
        pass  # said below, as of every array that is no list of numbers
    raise MessageError(f"column {name}: expected a list of numbers")


def _whole(told: dict[str, Any], name: str, default: int | None) -> int | None:
    value = told.get(name, default)
    if value is None or (type(value) is int and 0 <= value < 1 << 62):
        return value
    raise MessageError(f"{name} {str(value)[:40]!r}; expected a whole number from 0 on")


def _moment(told: dict[str, Any]) -> float | None:
    value = told.get("started_unix_second")
    if value is None:
        return None
    if _is_number(value):
        return float(value)
    raise MessageError("started_unix_second: expected seconds since 1970")


def dump(
    record: Record,
    rows: slice = slice(None),
    sequence: int | None = None,
    *,
    end: bool = False,
) -> str:
    """Write rows of a record as a message.

    Parameters
    ----------
    record : Record
    rows : slice
    sequence : int, optional
    end : bool
        It is the cell's last one.
    """
    table = record.table.iloc[rows]
    facts = {
        item.name: value
        for item in fields(Cell)
        if item.name != "cell_id" and (value := getattr(record.cell, item.name)) not in (None, "")
    }
    told: dict[str, Any] = {
        "cell_id": record.cell.cell_id,
        "technique": record.technique.value,
        "file": record.source.path[:MOST_NAME],
        "position": record.source.position,
    }
    if sequence is not None:
        told["sequence"] = sequence
    if end:
        told["end"] = True
    if record.source.started_unix_second is not None:
        told["started_unix_second"] = record.source.started_unix_second
    if facts:
        told["facts"] = facts
    told["table"] = {str(name): _values(table[name].to_numpy()) for name in table.columns}
    return json.dumps(told, ensure_ascii=False)


def _values(array: np.ndarray) -> Sequence[float | None]:
    values = array.tolist()
    if array.dtype.kind == "f" and not np.isfinite(array).all():
        return [value if math.isfinite(value) else None for value in values]
    return values
