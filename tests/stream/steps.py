"""A small engine with a memory: enough to see whether anything is lost or counted twice.

A cycle is two half-cycles, a half-cycle ends when the current changes its sign, and a cycle is
judged by its mean resistance against that of the first. Every sample counts: a lost or a doubled
one changes ``rows``, which stands in each verdict.
"""

import json

from softbreak.models.live.changes import Change, Kind

DROP = 0.7


class StepEngine:
    def __init__(self, model="steps 1"):
        self.model = model

    def make(self, cell):
        return StepLive(cell.cell_id, self.model)

    def load(self, state):
        told = json.loads(state)
        live = StepLive(told["cell_id"], told["model"])
        live.__dict__.update(told)
        return live


class StepLive:
    def __init__(self, cell_id, model):
        self.cell_id, self.model = cell_id, model
        self.rows = 0
        self.sign = self.halves = 0
        self.total = self.count = 0.0
        self.first = self.before = None
        self.warned = None

    def dump(self):
        return json.dumps(self.__dict__).encode()

    def finish(self):
        return []

    def update(self, records):
        changes = []
        for record in records:
            if record.technique == "impedance":
                continue
            columns = ("test_time_second", "voltage_volt", "current_ampere")
            for time, volt, ampere in zip(
                *(record.array(c).tolist() for c in columns), strict=True
            ):
                self.sample(time, volt, ampere, changes)
        return changes

    def sample(self, time, volt, ampere, changes):
        self.rows += 1
        if ampere == 0.0:
            return
        sign = 1 if ampere > 0 else -1
        if sign != self.sign:
            if self.sign:
                self.end(time, changes)
            self.sign, self.before = sign, None
        ohm = abs(volt / ampere)
        self.total, self.count = self.total + ohm, self.count + 1
        if self.before and ohm < DROP * self.before and self.warned is None:
            self.warned = ohm
            changes.append(Change(Kind.WARNING, self.halves // 2, time, {"sentence": "a drop"}))
        self.before = ohm

    def end(self, time, changes):
        if self.warned is not None:
            held = self.before < 1.2 * self.warned
            kind = Kind.CONFIRMED if held else Kind.WITHDRAWN
            changes.append(Change(kind, self.halves // 2, time, {"sentence": "the end"}))
            self.warned = None
        self.halves += 1
        if self.halves % 2 == 0:
            changes.append(self.verdict(self.halves // 2 - 1, time))
            self.total = self.count = 0.0

    def verdict(self, cycle, time):
        ohm = self.total / self.count
        self.first = self.first or ohm
        ratio = ohm / self.first
        state = "hard" if ratio < 0.05 else "soft" if ratio < 0.8 else "healthy"
        return Change(Kind.VERDICT, cycle, time, row(self.cell_id, cycle, state, time, self.rows))


def row(cell_id, cycle, state, time, rows=0, sure=0.95):
    p = {name: sure if name == state else (1 - sure) / 2 for name in ("healthy", "soft", "hard")}
    return {
        "cell_id": cell_id,
        "cycle_index": cycle,
        "start_time_second": time - 1.0,
        "end_time_second": time,
        "state": state,
        "p_healthy": p["healthy"],
        "p_soft": p["soft"],
        "p_hard": p["hard"],
        "electronic_fraction": float("nan") if state == "healthy" else 0.5,
        "electronic_fraction_lower": 0.1,
        "electronic_fraction_upper": 0.9,
        "transient_short": False,
        "wanted_measurement": "",
        "basis": "",
        "evidence": [
            {"feature": "rows", "value": rows, "baseline": 0.0, "sentence": f"{rows} rows by now."}
        ],
        "detector": "steps",
        "detector_version": "1",
    }


def volts(cycles, *, breaks=None, hard=None, samples=10):
    """Times, voltages and currents of a cell that breaks in a cycle, as rows of a CSV."""
    time = 0
    for half in range(2 * cycles):
        sign = 1 if half % 2 == 0 else -1
        for k in range(samples):
            time += 60
            cycle = half // 2
            ohm = 100.0
            if breaks is not None and (cycle > breaks or (cycle == breaks and k >= samples // 2)):
                ohm = 40.0
            if hard is not None and cycle >= hard:
                ohm = 1.0
            yield time, sign * ohm * 1e-3, sign * 1e-3


def csv(cycles, **how):
    """A cell as a file of the Battery Data Format."""
    lines = ["test_time_second,voltage_volt,current_ampere"]
    lines += [f"{t:.1f},{v:.6f},{i:.6f}" for t, v, i in volts(cycles, **how)]
    return ("\n".join(lines) + "\n").encode()
