"""Structure-aware inputs: right ones of each kind, and what mutations make of them.

A target takes a random generator, makes one input and gives it to the code that people outside can
reach. Whatever it is, the code understands it or refuses it with an error of ours; anything else
passes through and is a finding. A seed gives the same input again.
"""

import http.client
import json
import random
import shutil
import tempfile
import threading
from functools import partial
from pathlib import Path

import numpy as np

from softbreak.archive.inputs.manifest import load_manifest
from softbreak.errors import SoftbreakError
from softbreak.models.detector import write_arrays
from softbreak.models.learned.learners import load_learned
from softbreak.models.registry import PRETRAINED
from softbreak.stream.sources.messages import parse
from tests import damaged_files, damaged_spectra
from tests.damaged_tables import read_damaged
from tests.damaged_vendors import STYLES, check, read_vendor

ODD = [
    None,
    True,
    0,
    -1,
    1e308,
    -1e-308,
    10**30,
    float("nan"),
    float("inf"),
    "",
    "x" * 300,
    "=1+1",
    "a\x00b",
    "\u202e",
    "\ud800",
    "[" * 50,
    [],
    {},
    [[1.0]],
    {"a": [None]},
    ["x"] * 5,
]
BYTES = [b'"', b"\n", b"[", b"\x00", b",", b"\xff\xfe", b"=", b"\\"]
MESSAGE = {
    "cell_id": "cell7",
    "sequence": 41,
    "technique": "cycling",
    "file": "run",
    "position": 0,
    "started_unix_second": 1.7e9,
    "facts": {
        "area_cm2": 0.785,
        "electrolyte": "LPSCl",
        "notes": "n",
        "configuration": "symmetric",
    },
    "table": {
        "test_time_second": [1.0, 2.0],
        "voltage_volt": [0.1, 0.2],
        "current_ampere": [1e-3, 1e-3],
        "cycle_count": [1, 1],
    },
    "restart": False,
    "end": False,
}


def mutated(value, choose):
    """Return a value of the same structure with one thing changed, dropped, added or swapped."""
    if isinstance(value, dict) and value and choose.random() < 0.85:
        name = choose.choice(list(value))
        changed = dict(value)
        deed = choose.random()
        if deed < 0.15:
            del changed[name]
        elif deed < 0.25:
            changed[choose.choice(["x", "", "cell_id", "é", "table"])] = choose.choice(ODD)
        else:
            changed[name] = mutated(value[name], choose)
        return changed
    if isinstance(value, list) and value and choose.random() < 0.7:
        place = choose.randrange(len(value))
        changed = list(value)
        changed[place : place + 1] = choose.choice(
            [[], [mutated(value[place], choose)], [value[place]] * choose.randrange(1, 50)]
        )
        return changed
    return choose.choice(ODD)


def damaged(data, choose):
    """Return bytes with a few of them cut, doubled, changed or added."""
    data = bytearray(data)
    for _ in range(choose.randrange(1, 4)):
        place = choose.randrange(len(data) + 1)
        deed = choose.randrange(4)
        if deed == 0:
            del data[place : place + choose.randrange(1, 20)]
        elif deed == 1:
            data[place:place] = choose.choice(
                [b'"', b"\n", b"[", b"\x00", b",", b"\xff\xfe", b"=", b"\\"]
            )
        elif deed == 2 and place < len(data):
            data[place] = choose.randrange(256)
        else:
            data[place:place] = data[place : place + 40] * choose.randrange(1, 10)
    return bytes(data)


def message_bytes(choose):
    """Return the bytes of a message with up to three things wrong."""
    told = MESSAGE | {"cell_id": f"cell{choose.randrange(50)}"}
    if choose.random() < 0.5:  # else most are known already
        del told["sequence"]
    for _ in range(choose.randrange(4)):
        told = mutated(told, choose)
    text = json.dumps(told, ensure_ascii=choose.random() < 0.5)
    data = text.encode("utf-8", "surrogatepass")
    return damaged(data, choose) if choose.random() < 0.3 else data


def message(choose):
    """Parse a message; what is understood can be made a record, and be stored as text."""
    parsed = parse(message_bytes(choose))
    record = parsed.record()
    assert record.rows == parsed.samples == len(record.table)
    f"{parsed.cell.cell_id}{parsed.cell.notes}{parsed.file}".encode()
    assert "\0" not in f"{parsed.cell.notes}{parsed.file}"


CSV = (
    b"cell_id,files,configuration,electrolyte,area_cm2,temperature_celsius,notes\n"
    b'C1,a/*.mpr; b.csv,symmetric,LPSCl,0.785,25,"x, y"\n'
    b'C2,,,,"0,5",,\n'
)
TOML = (
    b'[columns]\ntest_time_second = { column = "t/h", scale = 3600 }\nvoltage_volt = "U"\n'
    b"current_ampere = 2\n"
    b'[[cells]]\ncell_id = "C1"\nfiles = ["a.txt", "b/*"]\narea_cm2 = 0.785\nnotes = "n"\n'
    b'[[cells]]\ncell_id = "C2"\n[cells.columns]\nvoltage_volt = 1\n'
)


def manifest(choose):
    """Load a manifest."""
    name, data = choose.choice([("cells.csv", CSV), ("cells.toml", TOML)])
    with tempfile.TemporaryDirectory(prefix="softbreak-") as folder:
        Path(folder, name).write_bytes(damaged(data, choose))
        load_manifest(Path(folder))


_SHIPPED = {}


def _shipped():
    if not _SHIPPED:
        with np.load(PRETRAINED / "hybrid" / "model.npz") as stored:
            _SHIPPED["arrays"] = {name: stored[name] for name in stored.files}
        facts = json.loads((PRETRAINED / "hybrid" / "model.json").read_text(encoding="utf-8"))
        del facts["told"], facts["sha256"]
        _SHIPPED["facts"] = facts
    return _SHIPPED["arrays"], _SHIPPED["facts"]


def _changed_array(array, choose):
    array = array.copy()
    deed = choose.randrange(5)
    if deed == 0:
        return array[: choose.randrange(len(array))]
    if deed == 1:
        return (
            array.astype(choose.choice(["f4", "i1", "U4"]))
            if array.dtype.names is None
            else array[:1]
        )
    if deed == 2:
        return array.reshape(1, -1)
    flat = array.reshape(-1)
    place = choose.randrange(len(flat))
    if array.dtype.names:
        field = choose.choice(array.dtype.names)
        whole = array.dtype[field].kind == "i"
        flat[field][place] = (
            choose.randrange(-(2**15), 2**15) if whole else choose.choice([np.nan, np.inf, 0.0])
        )
    elif array.dtype.kind == "i":
        flat[place] = choose.randrange(-(2**31), 2**31)
    else:
        flat[place] = choose.choice([np.nan, np.inf, -1e308, 0.0, 5.0])
    return array


def model(choose):
    """Load a model; one that is taken judges rows without leaving its arrays."""
    arrays, facts = _shipped()
    arrays = dict(arrays)
    if choose.random() < 0.8:
        name = choose.choice(sorted(arrays))
        arrays[name] = _changed_array(arrays[name], choose)
    if choose.random() < 0.4:
        facts = mutated(facts, choose)
    with tempfile.TemporaryDirectory(prefix="softbreak-") as place:
        folder = Path(place)
        write_arrays(folder / "model.npz", arrays)
        if choose.random() < 0.2:
            path = folder / "model.npz"
            path.write_bytes(damaged(path.read_bytes(), choose))
        text = json.dumps(facts)
        (folder / "model.json").write_text(text, encoding="utf-8")
        loaded = load_learned(folder)
    rows = np.random.default_rng(choose.randrange(1000)).normal(size=(3, len(loaded.columns_)))
    assert np.isfinite(loaded._score(rows)).all()


class Http:
    """A watch that takes POSTs, and a sender."""

    def __init__(self):
        from softbreak.stream.sources.http_inbox import InboxSource
        from softbreak.stream.store.store import Store
        from softbreak.stream.watch import Pace, Watch
        from softbreak.web.watching import Exposed, WebServer
        from tests.stream.steps import StepEngine

        self._folder = tempfile.mkdtemp(prefix="softbreak-")
        inbox = InboxSource()
        exposed = Exposed(inbox=inbox)
        self._store = Store(str(Path(self._folder) / "store.db"))
        self._server = WebServer("127.0.0.1:0", exposed)
        self._watch = Watch(inbox, self._store, StepEngine(), pace=Pace(checkpoint_second=0.0))
        exposed.watch = self._watch
        self._thread = threading.Thread(target=self._watch.run, args=(0.01,))
        self._thread.start()

    @property
    def samples(self):
        """How many were taken."""
        return self._watch.metrics.samples

    def __call__(self, choose):
        """Ask something; every answer is one that a sender can act on."""
        lines = [message_bytes(choose).replace(b"\n", b" ") for _ in range(choose.randrange(6))]
        body = b"\n".join(lines)
        body = damaged(body, choose) if choose.random() < 0.2 else body
        headers = {"Content-Type": choose.choice(["application/json"] * 8 + ["text/plain", "x"])}
        if choose.random() < 0.1:
            headers["Origin"] = "http://page.example"
        path = choose.choice(["/chunks"] * 10 + ["/health", "/metrics", "/", "/chunks/../x"])
        method = choose.choice(["POST"] * 10 + ["GET", "PUT"])
        connection = http.client.HTTPConnection("127.0.0.1", self._server.port, timeout=60)
        try:
            connection.request(method, path, body=body, headers=headers)
            answer = connection.getresponse()
            answer.read()
        finally:
            connection.close()
        assert answer.status in (200, 207, 403, 404, 405, 413, 415, 422, 503), answer.status
        assert self._thread.is_alive(), "the watch has ended"

    def close(self):
        self._watch.stop.set()
        self._thread.join()
        self._server.close()
        self._store.close()
        shutil.rmtree(self._folder)


def reader(choose):
    """Read a damaged copy of a file that the project makes itself."""
    damaged_files.read_one(choose, damaged)


def real_reader(choose):
    """Read a damaged copy of one of these, or of a measured file."""
    damaged_files.read_one(choose, damaged, real=True)


TARGETS = {
    "messages": message,
    "manifests": manifest,
    "models": model,
    "tables": read_damaged,
    "vendors": read_vendor,
    "spectra": damaged_spectra.read_spectrum,
    "readers": reader,
}
ONE_LAYOUT = {
    **{f"vendors-{name}": partial(check, style=style) for name, style in STYLES.items()},
    **{
        f"spectra-{name}": partial(damaged_spectra.check, form=form)
        for name, form in damaged_spectra.FORMS.items()
    },
}


def fuzz(target, seeds):
    """Give a target one input a seed; return how many were understood, and how many refused."""
    understood = refused = 0
    for seed in seeds:
        try:
            target(random.Random(seed))
        except SoftbreakError:
            refused += 1
        except BaseException as error:
            error.add_note(f"seed {seed}")
            raise
        else:
            understood += 1
    return understood, refused
