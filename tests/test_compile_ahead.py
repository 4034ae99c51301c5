"""What a first run compiles, ahead of it and by several processes."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from numba import typeof

from softbreak import compile_ahead
from softbreak.compile_ahead import LIST, entry_of, is_first_run, kernel_of, signature_of
from softbreak.compile_ahead import compile_ahead as ahead
from softbreak.features.kernels.cycle_inputs import KnownCell

ROOT = Path(__file__).parents[1]
KERNELS = """
from softbreak.compiled import strict
@strict
def {name}(values):
    return values[0] + {number}
"""


def test_the_list_names_what_a_first_run_calls():
    told = subprocess.run(
        [sys.executable, ROOT / "benchmarks" / "kernel_list.py"],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert told.returncode == 0, told.stderr


def test_entries_become_the_types_that_they_were_made_of():
    records = np.zeros(3, [("a", "f8"), ("b", "i8", (2,)), ("c", "?")])
    values = np.zeros((4, 2))
    readonly = np.zeros(2, dtype=np.int64)
    readonly.flags.writeable = False
    given = (records, values, values[:, 0], readonly, (1.0, True), KnownCell(True, 1.0, 2.0), 3)
    kernel = kernel_of(json.loads(LIST.read_text("utf-8"))[0])
    kinds = tuple(map(typeof, given))
    stored = json.loads(json.dumps(entry_of(kernel, kinds)))
    assert kernel_of(stored) is kernel
    assert signature_of(stored) == kinds


def test_a_type_that_the_list_cannot_tell_is_an_error():
    kernel = kernel_of(json.loads(LIST.read_text("utf-8"))[0])
    with pytest.raises(TypeError, match="unicode_type"):
        entry_of(kernel, [typeof("words")])


def test_all_are_compiled_at_once_and_but_once(tmp_path, monkeypatch):
    package = tmp_path / "made_up_kernels.py"
    package.write_text("".join(KERNELS.format(name=f"add_{n}", number=n) for n in range(3)))
    array = {"of": "<f8", "dimensions": 1, "layout": "C", "readonly": False}
    listed = [
        {"kernel": f"made_up_kernels:add_{n}", "arguments": [array]} for n in (0, 1, "missing", 2)
    ]
    (tmp_path / "list.json").write_text(json.dumps(listed))
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(compile_ahead, "LIST", tmp_path / "list.json")
    monkeypatch.setattr(compile_ahead, "_MODULE", "ahead_of_these")
    shutil.copy(compile_ahead.__file__, tmp_path / "ahead_of_these.py")
    shutil.copy(tmp_path / "list.json", tmp_path / "ahead_of_these.json")
    assert ahead(1) == 0  # one alone gains nothing
    assert is_first_run()
    told = []
    found = ahead(2, lambda done, of: told.append((done, of)))
    assert 2 <= found <= 3  # "missing" ended the process that was given it
    assert told[0] == (0, 4)
    assert told[-1] == (found, 4)
    assert not is_first_run()


@pytest.mark.parametrize("name", ["softbreak.compiled:missing", "softbreak.missing:fold"])
def test_a_list_that_is_out_of_date_stops_nobody(name, tmp_path, monkeypatch):
    monkeypatch.setattr(compile_ahead, "LIST", tmp_path / "list.json")
    (tmp_path / "list.json").write_text(json.dumps([{"kernel": name, "arguments": []}]))
    assert not is_first_run()


def test_a_process_that_ends_in_between_leaves_the_rest_to_others(tmp_path, monkeypatch):
    leaves = "import os; os.read(0, 9); os.close(0); print('done', flush=True)"
    (tmp_path / "leaves_early.py").write_text(leaves)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(compile_ahead, "_MODULE", "leaves_early")
    assert ahead(2) == 2
