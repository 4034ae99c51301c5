"""SIGTERM ends a watch whatever is being read."""

import signal
import subprocess
import sys

PROGRAM = """
import sqlite3, sys, threading
from softbreak.cli.watch import end_on_signal

stop = threading.Event()
end_on_signal(stop, 0.2)
sys.stdout.write("ready\\n")
sys.stdout.flush()
if sys.argv[1] == "library":  # it does not come back, and no handler of Python's is run meanwhile
    sqlite3.connect(":memory:").execute(
        "with recursive c(x) as (select 1 union all select x + 1 from c) select count(*) from c"
    )
stop.wait()
sys.stdout.write("in order\\n")
"""


def ended(within):
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, within], stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout.readline() == "ready\n"
        process.send_signal(signal.SIGTERM)
        told, _ = process.communicate(timeout=60)
    finally:
        process.kill()
        process.wait()
    return process.returncode, told


def test_in_order_where_that_can_be():
    assert ended("ours") == (0, "in order\n")


def test_after_a_grace_where_a_library_does_not_come_back():
    assert ended("library") == (128 + signal.SIGTERM, "")
