"""Files that grow as a cycler's do, and what of them should have been handed on."""

import os
import time

import pandas as pd

from softbreak.data.readers import registry
from softbreak.data.record import Cell
from softbreak.stream.sources.folder import FolderSource, Found, Patience


class Cycler:
    """Writes the bytes of finished files bit by bit into a folder."""

    def __init__(self, root):
        self.root = root

    def write(self, name, data, *, age=0.0):
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        moment = time.time() - age
        os.utime(path, (moment, moment + self._tick()))
        return path

    _ticks = 0

    def _tick(self):
        """Let every write have a time of its own, however quickly they follow each other."""
        self._ticks += 1
        return self._ticks * 1e-3


def folder(root, cells=None, *, settle=3600.0, ended=3600.0, events=False):
    """A source over a folder: each subfolder, or each file in the root, is one cell."""

    def discover():
        grouped = {}
        for path in sorted(root.rglob("*")):
            if path.is_file():
                name = path.relative_to(root).as_posix()
                grouped.setdefault(name.split("/")[0].split(".")[0], []).append(name)
        return [Found(Cell(cell_id=k), tuple(v)) for k, v in grouped.items()]

    patience = Patience(settle, max(settle, ended), 0.0)
    return FolderSource(root, cells or discover, patience=patience, events=events)


class Received:
    """Gathers chunks as a cell's engine would."""

    def __init__(self):
        self.rows, self.restarts, self.tokens, self.chunks = {}, 0, {}, 0

    def take(self, source):
        for chunk in source.poll():
            self.chunks += 1
            if chunk.restart:
                self.restarts += 1
                self.rows = {k: v for k, v in self.rows.items() if k[0] != chunk.cell.cell_id}
            for record in chunk.records:
                key = (chunk.cell.cell_id, record.source.path, record.source.position)
                self.rows.setdefault(key, []).append(record)
            self.tokens |= {k: (chunk.cell.cell_id, v) for k, v in chunk.tokens.items()}
        return self

    def tables(self):
        return {
            key[1:]: (
                records[0].technique,
                pd.concat([record.table for record in records], ignore_index=True),
            )
            for key, records in self.rows.items()
        }


def batch(root, names):
    """What the readers make of the finished files."""
    found = {}
    for name in names:
        for record in registry.read(root / name):
            found[(name, record.source.position)] = (record.technique, record.table)
    return found


def assert_same(received, expected):
    got = received.tables()
    assert got.keys() == expected.keys()
    for key, (technique, table) in expected.items():
        assert got[key][0] is technique, key
        pd.testing.assert_frame_equal(got[key][1], table.reset_index(drop=True), check_dtype=False)
