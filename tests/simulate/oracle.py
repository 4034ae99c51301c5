"""The slow, obvious solution: one cell, the equations as they are written, LSODA and brentq."""

from __future__ import annotations

import numpy as np
from scipy.integrate import solve_ivp
from scipy.optimize import brentq

R, F = 8.314462618, 96485.33212
C = {"v0": 0, "v1": 1, "r0": 2, "r1": 3, "xi": 4, "u": 5, "a": 6}
MODES = 5


class Oracle:
    """dy/dt = f(y) for law set "a" without filaments; V from Kirchhoff by bisection."""

    def __init__(self, cell, law):
        self.c = {name: float(cell[name][0]) for name in cell.dtype.names}
        self.p = {n: law[n][0] for n in law.dtype.names}
        self.f0 = float(self.p["a_contact"][0])

    def start(self):
        y = np.zeros(6 + MODES)
        y[2:4] = self.c["interphase"]
        return y

    def contact(self, y):
        return self.f0 * np.exp(-y[:2] / self.p["void_scale"])

    def electronic_conductance(self, y):
        xi, xc = y[4], self.p["reacted_threshold"]
        if self.p["mixed"] == 0.0 or xi <= xc:
            return 0.0
        share = ((xi - xc) / (1.0 - xc)) ** self.p["mixed_power"]
        return self.p["mixed"] * share * self.contact(y).mean()

    def voltage(self, y, x):
        c, f = self.c, self.contact(y)
        kelvin = c["reference"] + 273.15
        v = x * (c["thickness"] / c["sigma"] + c["grain"])
        v += x * np.sum(c["constriction"] / c["sigma"] * (1 - f) / f + y[2:4] / f)
        excess, blocked = 0.0, 1.0 - c["transference"]
        if blocked > 0.0:
            n = 2 * np.arange(MODES) + 1
            excess = y[6:].sum() / c["salt"]
            d = 2 * R * kelvin / F * blocked * c["activity"] / c["salt"]
            d *= blocked * c["thickness"] / (F * c["diffusivity"])
            v += x * d * (1.0 - 8 / np.pi**2 * np.sum(1.0 / n**2))
            v += 2 * R * kelvin / F * blocked * c["activity"] * np.log((1 + excess) / (1 - excess))
        for f_k, s in zip(f, (1 + excess, 1 - excess), strict=True):
            v += 2 * R * kelvin / F * np.arcsinh(x / (2 * c["exchange"] * f_k * np.sqrt(s)))
        return v + y[5]

    def ionic(self, y, j):
        g = self.electronic_conductance(y)
        if g == 0.0:
            return j
        return brentq(lambda x: x + g * self.voltage(y, x) - j, -2 * abs(j), 2 * abs(j), xtol=1e-16)

    def slope(self, y, j):
        c, p = self.c, self.p
        x, f = self.ionic(y, j), self.contact(y)
        dy = np.zeros_like(y)
        for k, strip in enumerate((x, -x)):
            gain = p["void_gain"] * max(strip / f[k] - p["repair"], 0.0) * 1e3 / 3600
            loss = p["refill"] * max(-strip, 0.0) * 1e3 / 3600 * y[k] / (y[k] + 0.2)
            dy[k] = gain - loss - p["fill_rate"] / 3600 * y[k]
            square = p["growth"] + p["growth_charge"] * abs(x) * 1e3
            dy[2 + k] = square / 3600 / (2 * y[2 + k])
        rate = p["reaction_rate"] + p["reaction_charge"] * abs(x) * 1e3
        dy[4] = (p["reacted_end"] - y[4]) * rate / 3600
        grown = (y[2] + y[3]) / 2 / c["interphase"]
        target = x * c["slow"] * 2 * c["interphase"] * grown ** c["slow_power"]
        dy[5] = (target - y[5]) / c["slow_time"]
        if c["transference"] < 1.0:
            n = 2 * np.arange(MODES) + 1
            decay = c["diffusivity"] * (n * np.pi / c["thickness"]) ** 2
            dy[6:] = 4 * (1 - c["transference"]) * x / (F * c["thickness"]) - decay * y[6:]
        return dy

    def half_cycle(self, y, j, times):
        """Return voltage and electronic fraction at times (s since the switch), and the end."""
        found = solve_ivp(
            lambda _, y: self.slope(y, j),
            (0.0, times[-1]),
            y,
            "LSODA",
            t_eval=times,
            rtol=1e-8,
            atol=1e-10,
            max_step=60.0,
        )
        xs = [self.ionic(s, j) for s in found.y.T]
        v = [self.voltage(s, x) for s, x in zip(found.y.T, xs, strict=True)]
        return np.array(v), 1.0 - np.array(xs) / j, found.y[:, -1]
