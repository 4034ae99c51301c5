"""What ``softbreak watch`` is put together from: a source by its address, pictures, a display."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from softbreak.archive.inputs.file_names import perhaps_not_data
from softbreak.archive.inputs.grouping import Group, parts_of
from softbreak.archive.inputs.manifest import Manifest
from softbreak.archive.inputs.manifest_nearby import manifest_of
from softbreak.archive.inputs.scan import scan
from softbreak.archive.inputs.witnesses import several
from softbreak.archive.tables import printable
from softbreak.data.record import Record
from softbreak.errors import SoftbreakError
from softbreak.installed import missing_module
from softbreak.stream.sources.chunk import Source
from softbreak.stream.sources.folder import FolderSource, Found, Patience
from softbreak.stream.store.store import Store

if TYPE_CHECKING:
    from softbreak.stream.sources.http_inbox import InboxSource

_PICTURE_VERDICTS: Final = 20_000


def source_of(address: str, settle_second: float, store: str) -> tuple[Source, str]:
    """Return the source at an address, and where it has to be served (``HOST:PORT``), if so.

    Parameters
    ----------
    address : str
        A folder or file, ``-`` (standard input), ``redis://…`` or ``http://HOST:PORT``.
    settle_second : float
        After which a file that does not grow counts as finished.
    store : str
        The store's own files are no data.
    """
    if address == "-":
        from softbreak.stream.sources.json_lines import LineSource

        return LineSource(sys.stdin.buffer), ""
    if address.startswith(("redis://", "rediss://", "unix://")):
        from softbreak.stream.sources.redis import RedisSource
        from softbreak.stream.sources.redis_address import Address

        return RedisSource(Address.of(address)), ""
    if address.startswith("http://"):
        from softbreak.stream.sources.http_inbox import InboxSource

        return InboxSource(), address.removeprefix("http://").rstrip("/")
    if "://" in address:
        scheme = address.partition("://")[0]
        raise SoftbreakError(f"a source {scheme}://…; expected a folder, -, redis:// or http://")
    cells = _Cells(Path(address), Path(store).name)
    patience = Patience(settle_second, max(settle_second, Patience().ended_second))
    source = FolderSource(cells.folder, cells.discover, several=cells.several, patience=patience)
    return source, ""


class _Cells:
    """Which files are which cell's: as ``triage`` has it, asked again and again."""

    def __init__(self, root: Path, store: str) -> None:
        self._root, self._store = root, store
        self._apart: dict[str, str] = {}
        self._groups: dict[str, Group] = {}
        self.folder = root if root.is_dir() else scan(root, Manifest()).root

    def discover(self) -> list[Found]:
        groups = scan(self._root, manifest_of(self._root)).groups
        parts = [part for group in groups for part in self._parts(group)]
        self._groups = {part.cell_id: part for part in parts}
        return [found for part in parts if (found := self._found(part)).files]

    def several(self, found: Found, records: Sequence[Record]) -> bool:
        group = self._groups.get(found.cell.cell_id)
        reason = "" if group is None or group.named else several(records, group.by)
        if group is None or not reason:
            return False
        self._apart[group.cell_id] = reason
        return True

    def _parts(self, group: Group) -> list[Group]:
        reason = self._apart.get(group.cell_id)
        if not reason:
            return [group]
        apart = parts_of(group, reason)
        if any(part.cell_id == group.cell_id for part in apart):
            return apart
        return [part for one in apart for part in self._parts(one)]

    def _found(self, group: Group) -> Found:
        files = [path for path in group.files if not path.name.startswith(self._store)]
        return Found(
            group.cell,
            tuple(path.as_posix() for path in files),
            group.spares,
            group.columns,
            frozenset(path.as_posix() for path in files if perhaps_not_data(path)),
        )


def picture_of(store: Store) -> Callable[[str], bytes | None]:
    """Return what draws a cell for a notification: overpotential over time, with its states."""
    import numpy as np

    from softbreak.report.drawing import Curve, Figure, Panel, Stripe
    from softbreak.report.number_words import time_scale, voltage_scale
    from softbreak.report.states import coarse_runs, runs_of

    def draw(cell_id: str) -> bytes | None:
        cell = store.cell(cell_id)
        trace = cell.status.get("trace", {}) if cell else {}
        if len(trace.get("volts", ())) < 2:
            return None
        seconds, volts = np.array(trace["times"]), np.array(trace["volts"])
        time, voltage = time_scale(float(np.ptp(seconds))), voltage_scale(volts)
        verdicts = store.verdicts(cell_id).tail(_PICTURE_VERDICTS)
        stripes = tuple(
            Stripe(run.start_second * time.factor, run.end_second * time.factor, run.state, "")
            for run in coarse_runs(runs_of(verdicts))
        )
        curve = Curve(seconds * time.factor, volts * voltage.factor)
        figure = Figure(
            name="watch",
            title=printable(cell_id),
            x_label=f"Time / {time.unit}",
            panels=(Panel(f"Mean overpotential / {voltage.unit}", (curve,)),),
            stripes=stripes,
        )
        with tempfile.TemporaryDirectory(prefix="softbreak-") as folder:
            return figure.save(Path(folder, "cell.png")).read_bytes()

    return draw


def served(address: str, source: Source, token: str) -> tuple[Any, Any]:
    """Start the web server; return it and what it exposes."""
    try:
        from softbreak.web.watching import Exposed, WebServer
    except ModuleNotFoundError as error:
        raise SoftbreakError(missing_module(error, "a web server", "web")) from error
    from softbreak.stream.sources.http_inbox import InboxSource

    inbox: InboxSource | None = source if isinstance(source, InboxSource) else None
    exposed = Exposed(inbox=inbox, token=token)
    return WebServer(address, exposed), exposed
