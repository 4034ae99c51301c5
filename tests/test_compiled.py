"""No stale numbers: compiled code expires with every constant and every kernel it was made from."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from softbreak.compiled import exact, fingerprint

PACKAGE = Path(__file__).parents[1] / "softbreak"
ASK = """
import numpy as np
from softbreak.features.kernels.cycle import CYCLE_COLUMNS, cycle_rows
from softbreak.features.kernels.half_cycle import STATISTICS, half_cycle_statistics
time = np.arange(20.0)
voltage = np.where(time < 10, 1.0, 3.0)
ends = (np.array([0]), np.array([20]), np.array([1]))
found = half_cycle_statistics(time, voltage, np.full(20, 0.01), np.empty(0), *ends)
told = dict(zip(STATISTICS, found[0]))
row = cycle_rows(found, np.ones(1), np.zeros(1), np.array([0, 1]))[0]
print(told["first_voltage_volt"], dict(zip(CYCLE_COLUMNS, row))["late_resistance_ohm"])
"""


def ask(folder: Path) -> list[float]:
    """Run in a process of its own, on a copy of the package and its cache of compiled code."""
    env = dict(os.environ, PYTHONPATH=str(folder), PYTHONDONTWRITEBYTECODE="1")
    env.pop("NUMBA_CACHE_DIR", None)
    done = subprocess.run(
        [sys.executable, "-c", ASK],
        cwd=folder,
        env=env,
        capture_output=True,
        text=True,
        check=True,
    )
    return [float(word) for word in done.stdout.split()]


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("copied")
    ignored = shutil.ignore_patterns("__pycache__", "pretrained")
    shutil.copytree(PACKAGE, folder / "softbreak", ignore=ignored)
    return folder


def test_a_changed_constant_of_another_module_is_seen(copy):
    half_cycle = copy / "softbreak" / "features" / "kernels" / "half_cycle.py"
    first, resistance = ask(copy)
    assert (first, resistance) == (1.0, 300.0)
    kept = len(list((copy / "softbreak").rglob("*.nbc")))
    assert kept > 0
    assert ask(copy) == [1.0, 300.0]
    assert len(list((copy / "softbreak").rglob("*.nbc"))) == kept  # nothing was compiled again

    edit(half_cycle, "EDGE_SAMPLES: Final = 3", "EDGE_SAMPLES: Final = 18")
    seen, resistance = ask(copy)
    assert seen > 2.0  # the mean of nearly all samples
    assert resistance == 300.0


def test_a_column_that_moved_is_found_where_it_is(copy):
    """Kernels of other modules take columns by position: a new order must reach them all."""
    half_cycle = copy / "softbreak" / "features" / "kernels" / "half_cycle.py"
    edit(half_cycle, '    "noise_volt",\n', "")
    edit(half_cycle, '    "late_voltage_volt",\n', '    "noise_volt",\n    "late_voltage_volt",\n')
    edit(half_cycle, "row[7] = late_potential", "row[8] = late_potential")
    edit(half_cycle, "row[8] = late_flow", "row[9] = late_flow")
    edit(half_cycle, "row[9] = sign", "row[10] = sign")
    edit(half_cycle, "row[10] = sign * _level(voltage, max", "row[11] = sign * _level(voltage, max")
    edit(half_cycle, "row[11] = highest", "row[12] = highest")
    edit(half_cycle, "row[12] = _noise", "row[7] = _noise")
    assert ask(copy)[1] == 300.0


def test_what_cannot_be_followed_is_no_constant_of_a_kernel():
    settings = {"a": 1}

    @exact
    def kernel(x):
        return x + settings["a"]

    with pytest.raises(TypeError, match="would go unseen"):
        fingerprint(kernel)


def test_arrays_and_callees_are_part_of_a_kernel():
    def made(table):
        @exact
        def inner(k):
            return table[k]

        @exact
        def outer(k):
            return inner(k) + 1.0

        return outer

    one, same, other = (made(np.array(values)) for values in ([1.0], [1.0], [2.0]))
    assert fingerprint(one) == fingerprint(same) != fingerprint(other)


def test_a_fingerprint_is_the_same_in_every_process():
    """Sets have no order of their own; otherwise every process would compile all of it again."""
    ask = (
        "from softbreak.compiled import fingerprint\n"
        "from softbreak.features.kernels.voltage_readings import measure_all\n"
        "print(fingerprint(measure_all))"
    )
    told = {
        subprocess.run(
            [sys.executable, "-c", ask],
            env={**os.environ, "PYTHONHASHSEED": str(seed)},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in range(4)
    }
    assert len(told) == 1


KERNEL = """
from softbreak.compiled import exact

@exact
def inner(x):
    total = 0.0
    for i in range(len(x)):
        total += x[i] * x[i] / (1.0 + x[i])
    return total

@exact
def outer(x):
    return inner(x) + inner(x[::2])
"""
COUNT = """
import numpy as np
from twice import inner, outer
outer(np.arange(9.0))
print(sum(sum(kernel.stats.cache_misses.values()) for kernel in (inner, outer)))
"""


def test_two_processes_compile_a_kernel_once(tmp_path):
    """The other waits for it, and loads it."""
    (tmp_path / "twice.py").write_text(KERNEL, encoding="utf-8")
    env = dict(os.environ, PYTHONPATH=os.pathsep.join([str(tmp_path), str(PACKAGE.parent)]))
    env.pop("NUMBA_CACHE_DIR", None)
    both = [
        subprocess.Popen([sys.executable, "-c", COUNT], env=env, stdout=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    assert sum(int(process.communicate()[0]) for process in both) == 3  # inner for two layouts


def test_a_turn_that_its_process_left_is_free(tmp_path):
    (tmp_path / "twice.py").write_text(KERNEL, encoding="utf-8")
    env = dict(os.environ, PYTHONPATH=os.pathsep.join([str(tmp_path), str(PACKAGE.parent)]))
    dies = "import os, twice; assert twice.inner._cache._turn.taken(); os._exit(3)"
    assert subprocess.run([sys.executable, "-c", dies], env=env, check=False).returncode == 3
    done = subprocess.run(
        [sys.executable, "-c", COUNT], env=env, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "3"


def test_a_turn_ends_with_an_error(tmp_path):
    (tmp_path / "twice.py").write_text(KERNEL, encoding="utf-8")
    env = dict(os.environ, PYTHONPATH=os.pathsep.join([str(tmp_path), str(PACKAGE.parent)]))
    fails = (
        "from numba import TypingError\nfrom twice import inner, outer\n"
        "try:\n    outer('no numbers')\nexcept TypingError:\n"
        "    print(inner._cache._turn.depth, outer._cache._turn.depth)"
    )
    done = subprocess.run(
        [sys.executable, "-c", fails], env=env, capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["0", "0"]


CALLER = """
import numpy as np
from twice import exact, inner

@exact
def other(x):
    return inner(x) - 1.0

inner(np.arange(9.0))
assert sum(inner.stats.cache_hits.values()) == 1
assert other(np.arange(9.0)) == inner(np.arange(9.0)) - 1.0
assert sum(inner.stats.cache_misses.values()) == 0
print("compiled into its caller")
"""


def test_a_loaded_kernel_is_compiled_into_a_new_caller(tmp_path):
    """What calling it does not need is read from the disk when another is compiled with it."""
    (tmp_path / "twice.py").write_text(KERNEL, encoding="utf-8")
    (tmp_path / "caller.py").write_text(CALLER, encoding="utf-8")
    env = dict(os.environ, PYTHONPATH=os.pathsep.join([str(tmp_path), str(PACKAGE.parent)]))
    env.pop("NUMBA_CACHE_DIR", None)
    kept = "import numpy, twice; twice.inner(numpy.arange(9.0))"
    for code in (kept, "import caller"):
        done = subprocess.run(
            [sys.executable, "-c", code], env=env, capture_output=True, text=True, check=True
        )
    assert done.stdout.strip() == "compiled into its caller"
