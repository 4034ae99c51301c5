"""A model from anywhere: whatever its files hold, it is read or refused in a sentence.

No kernel may see an array that it could leave: each of these would have been read, and most would
have been followed beyond their ends.
"""

import hashlib
import io
import json
import shutil
import zipfile

import numpy as np
import pytest

from softbreak.errors import SoftbreakError
from softbreak.models import model_files
from softbreak.models.detector import write_arrays
from softbreak.models.learned.learners import load_learned
from softbreak.models.registry import PIN, PRETRAINED, detector_of, fingerprint


@pytest.fixture
def model(tmp_path):
    return shutil.copytree(PRETRAINED / "hybrid", tmp_path / "model")


def arrays_of(folder):
    with np.load(folder / "model.npz") as stored:
        return {name: stored[name].copy() for name in stored.files}


def changed(folder, arrays=None, told=None):
    """Write a model that was changed on purpose: its checksum is right."""
    if arrays is not None:
        write_arrays(folder / "model.npz", arrays)
    facts = json.loads((folder / "model.json").read_text(encoding="utf-8"))
    facts["sha256"] = hashlib.sha256((folder / "model.npz").read_bytes()).hexdigest()
    if told is not None:
        told(facts)
    (folder / "model.json").write_text(json.dumps(facts), encoding="utf-8")
    return folder


def refusal(folder):
    with pytest.raises(SoftbreakError) as error:
        load_learned(folder)
    assert str(folder) in str(error.value)
    return str(error.value)


def test_what_was_changed_by_nobody_is_read(model):
    assert load_learned(changed(model, arrays_of(model))).columns_


def field(head, name, place, value):
    def change(arrays):
        arrays[f"{head}.nodes"][name][place] = value

    return change


def root(place, value):
    def change(arrays):
        arrays["fault.roots"][place] = value

    return change


def replaced(name, make):
    def change(arrays):
        arrays[name] = make(arrays[name])

    return change


def shared(arrays):
    """Two nodes with one child: walks would double at each."""
    nodes = arrays["hard.nodes"]
    inner = np.flatnonzero(nodes["feature"] >= 0)
    nodes["right"][inner[0]] = nodes["left"][inner[0]]


def deep(arrays):
    """One tree of a thousand questions in a row."""
    count = 1000
    nodes = np.zeros(2 * count + 1, dtype=arrays["hard.nodes"].dtype)
    nodes["feature"], nodes["left"], nodes["right"] = -1, -1, -1
    inner = 2 * np.arange(count)
    nodes["feature"][inner], nodes["missing"][inner] = 0, 4
    nodes["left"][inner], nodes["right"][inner] = inner + 1, inner + 2
    arrays["hard.nodes"], arrays["hard.roots"] = nodes, np.zeros(1, dtype=np.int32)


CHANGES = {
    "a feature beyond the columns": (field("fault", "feature", 0, 2_000), "column"),
    "a negative feature": (field("fault", "feature", 0, -7), "column"),
    "a child beyond the nodes": (field("fault", "left", 0, 2_000_000_000), "child"),
    "a child that is its parent": (field("fault", "left", 0, 0), "child"),
    "a negative child": (field("fault", "right", 0, -5), "child"),
    "an unknown rule for missing values": (field("fault", "missing", 0, 99), "missing"),
    "a threshold that is none": (field("fault", "threshold", 0, np.nan), "number"),
    "a value that is infinite": (field("fault", "value", 0, np.inf), "number"),
    "a shared child": (shared, "several"),
    "a deep tree": (deep, "deep"),
    "a root beyond the nodes": (root(3, 4350), "beyond"),
    "a negative root": (root(3, -1), "beyond"),
    "a root twice": (root(3, 0), "several"),
    "roots of another type": (replaced("fault.roots", lambda a: a.astype(float)), "whole numbers"),
    "nodes of another type": (replaced("fault.nodes", lambda a: a["threshold"]), "nodes"),
    "nodes that were cut": (replaced("fault.nodes", lambda a: a[:-40]), "node|beyond"),
    "no nodes": (replaced("fault.nodes", lambda a: a[:0]), "beyond"),
    "a map of another length": (replaced("map.fault0.at", lambda a: a[:-1]), "shape"),
    "a map that falls": (replaced("map.fault0.value", lambda a: a[::-1]), "rising"),
    "a map beyond one": (replaced("map.fault0.value", lambda a: a + 1.0), "beyond"),
    "an empty map": (replaced("map.fault0.at", lambda a: a[:0]), "shape|rising"),
    "a scale of zero": (replaced("familiar.scale", lambda a: a * 0.0), "beyond"),
    "an inverse of another shape": (replaced("familiar.inverse", lambda a: a[:5]), "shape"),
    "a centre that is none": (replaced("familiar.centre", lambda a: a * np.nan), "none"),
    "a centre of text": (replaced("familiar.centre", lambda a: a.astype("U8")), "numbers"),
}


@pytest.mark.parametrize("name", CHANGES)
def test_an_array_that_is_not_what_it_should_be(model, name):
    change, words = CHANGES[name]
    arrays = arrays_of(model)
    change(arrays)
    told = refusal(changed(model, arrays))
    assert any(word in told for word in words.split("|")), told


@pytest.mark.parametrize("name", ["fault.nodes", "fault.roots", "map.hard1.at", "familiar.scale"])
def test_an_array_that_is_not_there(model, name):
    arrays = arrays_of(model)
    del arrays[name]
    refusal(changed(model, arrays))


FACTS = {
    "a kind of another": lambda facts: facts.update(kind="Boosted"),
    "an unknown kind": lambda facts: facts.update(kind="os.system"),
    "a kind that is a list": lambda facts: facts.update(kind=["Hybrid"]),
    "an unknown column": lambda facts: facts["columns"].append("nonsense"),
    "a column twice": lambda facts: facts["columns"].append(facts["columns"][0]),
    "fewer columns": lambda facts: facts["columns"].pop(),
    "columns that are numbers": lambda facts: facts.update(columns=[1, 2, 3]),
    "columns that are none": lambda facts: facts.update(columns=None),
    "an unknown parameter": lambda facts: facts["params"].update(nonsense=1),
    "a parameter of another type": lambda facts: facts["params"].update(rounds="many"),
    "limits of another length": lambda facts: facts["params"].update(limits=[0.1]),
    "limits that are text": lambda facts: facts["params"].update(limits="abcde"),
    "evidence that there is not": lambda facts: facts["params"].update(evidence="none"),
    "a margin that is missing": lambda facts: facts["facts"]["margins"].pop("01"),
    "a margin that is text": lambda facts: facts["facts"]["margins"].update({"01": "wide"}),
    "a margin that is no number": lambda facts: facts["facts"]["margins"].update({"01": np.nan}),
    "a limit of zero": lambda facts: facts["facts"].update(familiar=0.0),
    "facts that are a list": lambda facts: facts.update(facts=[1]),
    "no facts": lambda facts: facts.pop("facts"),
    "another format": lambda facts: facts.update(format=99),
    "a checksum that is none": lambda facts: facts.update(sha256=7),
}


@pytest.mark.parametrize("name", FACTS)
def test_a_sidecar_that_is_not_what_it_should_be(model, name):
    refusal(changed(model, told=FACTS[name]))


@pytest.mark.parametrize(
    "text", ["", "{", "[" * 100_000, "[]", "7", "\ud800", '{"format": 1}'], ids=range(7)
)
def test_a_sidecar_that_is_none(model, text):
    (model / "model.json").write_bytes(text.encode("utf-8", "surrogatepass"))
    refusal(model)


def test_a_file_that_was_cut_or_changed_is_told_by_its_checksum(model):
    data = bytearray((model / "model.npz").read_bytes())
    data[len(data) // 2] ^= 1
    (model / "model.npz").write_bytes(data)
    assert "checksum" in refusal(model)


@pytest.mark.parametrize("kept", [0, 10, 1000, 100_000])
def test_a_file_that_was_cut(model, kept):
    (model / "model.npz").write_bytes((model / "model.npz").read_bytes()[:kept])
    refusal(changed(model))


def test_an_archive_that_unpacks_to_more_than_any_model(model, monkeypatch):
    monkeypatch.setattr(model_files, "MOST_BYTES", 1 << 20)
    arrays = arrays_of(model) | {"zeros": np.zeros(1 << 20)}
    assert "unpacks" in refusal(changed(model, arrays))


def with_header(folder, header):
    """Write the model with one array whose header says something else than it holds."""
    arrays = arrays_of(folder)
    write_arrays(folder / "model.npz", arrays)
    with zipfile.ZipFile(folder / "model.npz", "a") as archive:
        buffer = io.BytesIO()
        buffer.write(b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header)
        archive.writestr("more.npy", buffer.getvalue())
    return changed(folder)


@pytest.mark.parametrize(
    "header",
    [
        b"{'descr': '<f8', 'fortran_order': False, 'shape': (100000000000,)}\n",
        b"{'descr': '|O', 'fortran_order': False, 'shape': (1,)}\n",
        b"{'descr': '<f8', 'fortran_order': False, 'shape': (-1,)}\n",
        b"__import__('os')\n",
        b"(" * 3000 + b"\n",
    ],
    ids=["far more than there is", "objects", "negative", "code", "nested"],
)
def test_an_array_whose_header_lies(model, header):
    refusal(with_header(model, header))


def test_a_model_is_pinned_by_its_fingerprint(model):
    mark = fingerprint(model)
    assert detector_of(f"{model}{PIN}{mark[:16]}").name == detector_of(f"{model}{PIN}{mark}").name
    for pin in ("0" * 64, mark[:8], ""):
        with pytest.raises(SoftbreakError, match="another model"):
            detector_of(f"{model}{PIN}{pin}")
    changed(model, told=lambda facts: facts["told"].update(made_by="somebody else"))
    with pytest.raises(SoftbreakError, match="another model"):
        detector_of(f"{model}{PIN}{mark}")


def test_the_shipped_models_say_who_made_them():
    for folder in PRETRAINED.iterdir():
        facts = json.loads((folder / "model.json").read_text(encoding="utf-8"))
        assert facts["told"]["made_by"] == "the softbreak developers"
        assert facts["sha256"] == hashlib.sha256((folder / "model.npz").read_bytes()).hexdigest()
