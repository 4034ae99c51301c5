"""Jobs for workers: well-behaved, deadly, endless, greedy. Imports nothing heavy."""

import os
import sys
import time


def warm_up(job):
    return {}


def no_warm_up(job):
    sys.exit("nothing works today")


def double(job):
    sys.stdout.write("chatter that must not reach the parent\n")
    os.write(1, b"nor this\n")
    return {"value": 2 * job["value"]}


def act(job):
    deed = job["deed"]
    if deed == "die":
        os._exit(3)
    if deed == "hang":
        time.sleep(600)
    if deed == "hog":
        hoard = []
        while True:
            hoard.append(bytearray(b"x" * 2**23))
            time.sleep(0.005)
    if deed == "raise":
        raise RuntimeError("a fault of ours")
    return {"pid": os.getpid(), "threads": os.environ["POLARS_MAX_THREADS"]}
