"""What people said of cycles, in the store: rows are added in one transaction, never changed."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime
from typing import Any, Final

import pandas as pd
from sqlalchemy import Engine, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DBAPIError

from softbreak.data.expert_labels import COLUMNS, SOURCES, STATES, moment, no_labels
from softbreak.plain_text import storable
from softbreak.stream.store.engine import READING, StoreError, passes
from softbreak.stream.store.store import StoreBusy
from softbreak.stream.store.tables import REVIEWS

_LATER: Final = ("start_time", "end_time")
"""Columns that the first stores of reviews did not have."""
_MOST_NUMBER: Final = 1e18
_LIMITS: Final = {
    "cell_id": 400,
    "reviewer": 200,
    "note": 4000,
    "detector_version": 200,
    "file_sha256": 64,
    "reviewed_at": 40,
    "key": 64,
}


@dataclass(frozen=True, slots=True)
class Review:
    """One statement of one person about a range of cycles of one cell.

    Attributes
    ----------
    cell_id : str
    state : str
        Of :data:`softbreak.data.expert_labels.STATES`.
    reviewer : str
    first_cycle, last_cycle : float
        From 0, ends included; NaN where only times are known.
    start_time_second, end_time_second : float
        Cell-life time of the samples: what the review holds on to, where no file tells the date.
    start_time, end_time : str
        Their absolute time (ISO 8601); empty where it is not known.
    source : str
        Of :data:`softbreak.data.expert_labels.SOURCES`.
    confidence : float
        0 to 1.
    note : str
    file_sha256 : str
        Of the files that the reviewer saw.
    detector_version : str
        Of the verdict that the page had.
    opinion_seen : bool
        Whether the reviewer had seen it before the answer.
    reviewed_at : str
        ISO 8601; now where it is empty.
    key : str
        Equal keys are one review; one is made of content and moment where it is empty.
    """

    cell_id: str
    state: str
    reviewer: str
    first_cycle: float = math.nan
    last_cycle: float = math.nan
    start_time_second: float = math.nan
    end_time_second: float = math.nan
    start_time: str = ""
    end_time: str = ""
    source: str = "trace"
    confidence: float = 1.0
    note: str = ""
    file_sha256: str = ""
    detector_version: str = ""
    opinion_seen: bool = False
    reviewed_at: str = ""
    key: str = ""

    def __post_init__(self) -> None:
        """Refuse what no table of labels can hold."""
        _check_types(self)
        if self.state not in STATES or self.source not in SOURCES:
            raise StoreError(
                f"a review says {self.state!r} from {self.source!r}; expected one of "
                f"{', '.join(STATES)}, from one of {', '.join(SOURCES)}"
            )
        if not self.cell_id or not self.reviewer:
            raise StoreError("a review names its cell and its reviewer; one of them is empty")
        if not 0.0 <= self.confidence <= 1.0:
            raise StoreError(f"a confidence of {self.confidence}; expected 0 to 1")
        for name, most in _LIMITS.items():
            if len(getattr(self, name)) > most:
                raise StoreError(f"{name} is longer than {most} characters; shorten it")
        _range_of(self)


def _check_types(review: Review) -> None:
    """Refuse what is no text that can be stored, or no number: it may come from anywhere."""
    for item in fields(review):
        value = getattr(review, item.name)
        number = isinstance(value, int | float) and type(value) is not bool
        if item.type == "str" and not (isinstance(value, str) and storable(value)):
            raise StoreError(f"a review's {item.name} is no text that can be stored")
        if item.type == "float" and not (number and not abs(value) >= _MOST_NUMBER):
            raise StoreError(f"a review's {item.name} is no number")
        if item.type == "bool" and not isinstance(value, bool):
            raise StoreError(f"a review's {item.name} is neither true nor false")


def _range_of(review: Review) -> None:
    cycles = (review.first_cycle, review.last_cycle)
    times = (review.start_time_second, review.end_time_second)
    moments = (moment(review.start_time), moment(review.end_time))
    known = [pair for pair in (cycles, times, moments) if all(math.isfinite(end) for end in pair)]
    if not known or any(low > high for low, high in known):
        raise StoreError(
            f"a review of cycles {cycles[0]:g} to {cycles[1]:g}, {times[0]:g} s to {times[1]:g} s; "
            "expected a range whose end is not before its beginning"
        )


class Reviews:
    """The reviews of a store.

    Parameters
    ----------
    engine : sqlalchemy.Engine
        Of a :class:`softbreak.stream.store.store.Store`.
    closed : str
        Why nothing can be added; empty where it can.
    """

    def __init__(self, engine: Engine, closed: str = "") -> None:
        self.engine, self.closed = engine, closed

    def add(self, reviews: Iterable[Review]) -> int:
        """Store reviews, all or none; return how many were new.

        Raises
        ------
        StoreBusy
            If the store cannot take it now; nothing is stored then.
        """
        if self.closed:
            raise StoreError(self.closed)
        rows = [_row(review) for review in reviews]
        if not rows:
            return 0
        dialect = postgresql if self.engine.dialect.name == "postgresql" else sqlite
        insert = dialect.insert(REVIEWS).on_conflict_do_nothing(index_elements=["key"])
        try:
            with self.engine.begin() as connection:
                answers = [
                    connection.execute(insert.values(row).returning(REVIEWS.c.number)).first()
                    for row in rows
                ]
        except DBAPIError as error:
            kind = StoreBusy if passes(error) else StoreError
            raise kind(f"the review was not stored: {error.orig}") from error
        return sum(answer is not None for answer in answers)

    def table(self, cell_id: str | None = None) -> pd.DataFrame:
        """Return reviews as labels, in the order in which they were stored.

        Parameters
        ----------
        cell_id : str, optional
            All cells where not given.

        Returns
        -------
        DataFrame
            :data:`softbreak.data.expert_labels.COLUMNS`.
        """
        columns = [REVIEWS.c[name] for name in COLUMNS]
        query = select(*columns).order_by(REVIEWS.c.number)
        if cell_id is not None:
            query = query.where(REVIEWS.c.cell_id == cell_id)
        try:
            with self.engine.connect().execution_options(**{READING: True}) as connection:
                rows = [tuple(row) for row in connection.execute(query)]
        except DBAPIError as error:
            kind = StoreBusy if passes(error) else StoreError
            raise kind(str(error.orig)) from error
        found = pd.DataFrame(rows, columns=list(COLUMNS))
        found[list(_LATER)] = found[list(_LATER)].fillna("")  # not known of older reviews
        return found.astype(no_labels().dtypes.to_dict())

    def take(self, labels: pd.DataFrame, reviewer: str = "") -> int:
        """Store the rows of a ``labels.csv``; rows that are there already count once.

        Parameters
        ----------
        labels : DataFrame
            :data:`softbreak.data.expert_labels.COLUMNS`.
        reviewer : str
            Of rows that name none.
        """
        known = {_key(row) for row in self.table().to_dict("records")}
        rows = [_of_label(row, reviewer) for row in labels[list(COLUMNS)].to_dict("records")]
        return self.add([row for row in rows if row.key not in known])


def _of_label(row: dict[Any, Any], reviewer: str) -> Review:
    told = {str(name): value for name, value in row.items()}
    told["reviewer"] = told["reviewer"] or reviewer or "imported"
    return Review(**told, key=_key(told))


def _row(review: Review) -> dict[str, Any]:
    row = asdict(review)
    row["opinion_seen"] = int(review.opinion_seen)
    row["reviewed_at"] = review.reviewed_at or datetime.now(UTC).isoformat(timespec="microseconds")
    row["key"] = review.key or _key(row)  # with its moment: what is said again counts again
    return {name: _known(value) for name, value in row.items()}


def _key(row: dict[Any, Any]) -> str:
    """Return a hash of what a row says: the same row of a file is not taken twice."""
    told = [name for name in COLUMNS if row[name] or name not in _LATER]  # as it was without them
    text = "\x1f".join(str(row[name]) for name in told)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _known(value: Any) -> Any:
    return None if isinstance(value, float) and math.isnan(value) else value
