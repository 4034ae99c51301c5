"""The real work with a reader that dies on some files, as a crashing native library would."""

import gzip
import os
import signal
import time
from pathlib import Path

from softbreak.archive.jobs import arms_length
from softbreak.archive.jobs import cell_job as work
from softbreak.data.readers import registry

_read = registry.read


def _deadly(path, columns=None):
    data = Path(path).read_bytes()
    data = gzip.decompress(data) if data.startswith(b"\x1f\x8b") else data
    if b"POISON" in data:
        os._exit(3)
    if b"HANG" in data:
        time.sleep(600)
    if b"HOG" in data:
        held = []
        while True:
            held.append(bytes(range(256)) * 2**14)
            time.sleep(0.001)
    if b"ONCE" in data and not (seen := Path(path).with_suffix(".seen")).exists():
        seen.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    if b"BUG" in data:
        raise KeyError("a reader's own fault")
    return _read(path, columns)


registry.read = _deadly


def warm_up(job):
    return {}


def run_batch(job):
    return work.run_batch(job)


def probe_job(job):
    return work.probe_job(job)


def read_job(told):
    return arms_length.read_job(told)
