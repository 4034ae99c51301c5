"""Damaged copies of a file of every format: what is read must be a record, the rest refused."""

from __future__ import annotations

import functools
import gzip
import io
import json
import os
import tempfile
import zipfile
from pathlib import Path

import numpy as np

from softbreak.data.readers.registry import read

ROOT = Path(__file__).parents[1]
EXAMPLES = ROOT / "examples" / "archive"
REAL = Path(os.environ.get("SOFTBREAK_REAL_DATA", ROOT.parent / "shared" / "realdata"))
MOST = 200_000
"""Bytes of a file that is damaged: enough for every structure that a format has."""
_TEXT = 12_000
"""Of a text: its preamble and some rows."""


@functools.cache
def seeds(real: bool) -> tuple[tuple[str, bytes], ...]:
    """Return sound files as name and bytes; with ``real`` the measured ones that are here too."""
    paths = [path for path in sorted(EXAMPLES.rglob("*.*")) if path.name != "cells.csv"]
    if real and REAL.is_dir():
        paths += [path for path in sorted(REAL.rglob("*.*")) if path.stat().st_size <= MOST]
    found = [
        (path.name, path.read_bytes()) for path in paths if path.suffix not in (".md", ".toml")
    ]
    return (*((name, _short(data)) for name, data in found), *_made())


def _short(data: bytes) -> bytes:
    """Cut a text after some rows, at the end of a line."""
    if b"\0" in data[:2000] or len(data) <= _TEXT:
        return data
    return data[: data.rfind(b"\n", 0, _TEXT) + 1] or data


def _made() -> list[tuple[str, bytes]]:
    rows = [{"time_s": 60.0 * k, "voltage_v": 0.03, "current_a": 1e-4} for k in range(40)]
    text = "time_s,voltage_v,current_a\n"
    text += "".join(f"{r['time_s']},{r['voltage_v']},{r['current_a']}\n" for r in rows)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("cell.csv", text)
    return [
        ("rows.json", json.dumps(rows).encode()),
        ("rows.ndjson", "\n".join(map(json.dumps, rows)).encode()),
        ("cell.csv.gz", gzip.compress(text.encode(), mtime=0)),
        ("cell.zip", packed.getvalue()),
    ]


def read_one(choose, damaged, *, real=False):
    """Read a damaged file; what is read is a table of as many finite times as rows."""
    name, data = choose.choice(seeds(real))
    with tempfile.TemporaryDirectory(prefix="softbreak-") as folder:
        path = Path(folder, name)
        path.write_bytes(damaged(data, choose))
        records = read(path)
    assert records
    for record in records:
        assert len(record.table) == record.rows > 0
        if record.has("test_time_second"):
            assert np.isfinite(record.array("test_time_second")).all()
