"""Fast twins of tsfresh's calculators: the same values, a whole table of half-cycles at a time.

Written from what tsfresh (MIT) documents and computes, tested against it. What has no twin here
is left to tsfresh: see :mod:`softbreak.features.generic.table`.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from softbreak.errors import SoftbreakError
from softbreak.features.generic.tsfresh_equivalents import spectrum
from softbreak.features.generic.tsfresh_equivalents.kernels import change, entropy, shape, trend

KIND: Final = "voltage"
_NAME: Final = re.compile(rf"{KIND}__([a-z][a-z0-9]*(?:_[a-z0-9]+)*)((?:__.+)?)", re.ASCII)
LONGEST_NAME: Final = 200

_Parameters = Sequence[Mapping[str, Any]]
_Twin = Callable[[np.ndarray, np.ndarray, _Parameters], np.ndarray]


@dataclass(frozen=True, slots=True)
class Calculation:
    """What a tsfresh column name says: a calculator and its parameters."""

    calculator: str
    parameters: Mapping[str, Any]


def parsed(name: str) -> Calculation:
    """Read a tsfresh column name such as ``voltage__quantile__q_0.1``.

    Raises
    ------
    SoftbreakError
        If it is none: names come from model files, which are untrusted.
    """
    match = _NAME.fullmatch(name) if len(name) <= LONGEST_NAME else None
    if match is None:
        raise SoftbreakError(f"{name[:LONGEST_NAME]!r} is no feature of tsfresh on a half-cycle")
    parameters: dict[str, Any] = {}
    for part in match.group(2).split("__")[1:]:
        key, _, value = part.rpartition("_")
        try:
            parameters[key] = ast.literal_eval(value)
        except (ValueError, SyntaxError, MemoryError, RecursionError) as error:
            raise SoftbreakError(f"{name!r}: {value!r} is no value of a parameter") from error
    return Calculation(match.group(1), parameters)


def _plain(name: str) -> _Twin:
    column = shape.PLAIN.index(name)
    return lambda values, offsets, _: shape.plain(values, offsets)[:, column : column + 1]


def _each(kernel: Callable[..., np.ndarray], key: str, dtype: type) -> _Twin:
    """Twin of a calculator with one parameter."""

    def twin(values: np.ndarray, offsets: np.ndarray, parameters: _Parameters) -> np.ndarray:
        return kernel(values, offsets, np.array([p[key] for p in parameters], dtype=dtype))

    return twin


def _change_quantiles(
    values: np.ndarray, offsets: np.ndarray, parameters: _Parameters
) -> np.ndarray:
    order = sorted(range(len(parameters)), key=lambda k: _corridor(parameters[k]))
    rows = [parameters[k] for k in order]
    out = np.empty((len(offsets) - 1, len(rows)))
    out[:, order] = change.change_quantiles(
        values,
        offsets,
        np.array([_corridor(p) for p in rows], dtype=np.float64),
        np.array([bool(p["isabs"]) for p in rows]),
        np.array([p["f_agg"] == "var" for p in rows]),
    )
    return out


def _corridor(parameters: Mapping[str, Any]) -> tuple[float, float]:
    return float(parameters["ql"]), float(parameters["qh"])


def _linear_trend(values: np.ndarray, offsets: np.ndarray, parameters: _Parameters) -> np.ndarray:
    picked = [trend.ATTRIBUTES.index(p["attr"]) for p in parameters]
    return trend.linear_trend(values, offsets)[:, picked]


def _agg_linear_trend(
    values: np.ndarray, offsets: np.ndarray, parameters: _Parameters
) -> np.ndarray:
    wanted = [(p["chunk_len"], trend.AGGREGATES.index(p["f_agg"])) for p in parameters]
    lines = sorted(set(wanted))
    lengths, aggregates = np.array(lines, dtype=np.int64).T
    found = trend.agg_linear_trend(values, offsets, lengths.copy(), aggregates.copy())
    attributes = [trend.ATTRIBUTES.index(p["attr"]) for p in parameters]
    return found[:, [lines.index(one) for one in wanted], attributes]


def _approximate_entropy(
    values: np.ndarray, offsets: np.ndarray, parameters: _Parameters
) -> np.ndarray:
    out = np.empty((len(offsets) - 1, len(parameters)))
    for m in sorted({p["m"] for p in parameters}):
        own = [k for k, p in enumerate(parameters) if p["m"] == m]
        limits = np.array([parameters[k]["r"] for k in own], dtype=np.float64)
        out[:, own] = entropy.approximate_entropy(values, offsets, m, limits)
    return out


def _energy_ratio(values: np.ndarray, offsets: np.ndarray, parameters: _Parameters) -> np.ndarray:
    segments = np.array([p["num_segments"] for p in parameters], dtype=np.int64)
    focus = np.array([p["segment_focus"] for p in parameters], dtype=np.int64)
    return shape.energy_ratio_by_chunks(values, offsets, segments, focus)


def _count_beyond(sign: float) -> _Twin:
    def twin(values: np.ndarray, offsets: np.ndarray, parameters: _Parameters) -> np.ndarray:
        limits = np.array([p["t"] for p in parameters], dtype=np.float64)
        return shape.count_beyond(values, offsets, limits, sign)

    return twin


_PARTS: Final[Mapping[str, Callable[[np.ndarray], np.ndarray]]] = {
    "real": np.real,
    "imag": np.imag,
    "abs": np.abs,
    "angle": lambda z: np.angle(z, deg=True),
}


def _fft_coefficient(
    values: np.ndarray, offsets: np.ndarray, parameters: _Parameters
) -> np.ndarray:
    found = spectrum.fourier(values, offsets, max(p["coeff"] for p in parameters) + 1)
    columns = [_PARTS[p["attr"]](found[:, p["coeff"]]) for p in parameters]
    return np.stack(columns, axis=1)


def _spkt_welch_density(
    values: np.ndarray, offsets: np.ndarray, parameters: _Parameters
) -> np.ndarray:
    picked = [p["coeff"] for p in parameters]
    return spectrum.welch_density(values, offsets, max(picked) + 1)[:, picked]


def _cwt_coefficients(
    values: np.ndarray, offsets: np.ndarray, parameters: _Parameters
) -> np.ndarray:
    count = max(p["coeff"] for p in parameters) + 1
    widths = sorted({p["w"] for p in parameters})
    found = {width: spectrum.wavelet(values, offsets, width, count) for width in widths}
    return np.stack([found[p["w"]][:, p["coeff"]] for p in parameters], axis=1)


TWINS: Final[Mapping[str, _Twin]] = {
    **{name: _plain(name) for name in shape.PLAIN},
    "large_standard_deviation": _each(shape.large_standard_deviation, "r", float),
    "symmetry_looking": _each(shape.symmetry_looking, "r", float),
    "ratio_beyond_r_sigma": _each(shape.ratio_beyond_r_sigma, "r", float),
    "quantile": _each(shape.quantiles, "q", float),
    "index_mass_quantile": _each(shape.index_mass_quantile, "q", float),
    "count_above": _count_beyond(1.0),
    "count_below": _count_beyond(-1.0),
    "energy_ratio_by_chunks": _energy_ratio,
    "change_quantiles": _change_quantiles,
    "time_reversal_asymmetry_statistic": _each(change.time_reversal_asymmetry, "lag", int),
    "c3": _each(change.c3, "lag", int),
    "cid_ce": _each(change.cid_ce, "normalize", bool),
    "autocorrelation": _each(change.autocorrelation, "lag", int),
    "number_peaks": _each(change.number_peaks, "n", int),
    "linear_trend": _linear_trend,
    "agg_linear_trend": _agg_linear_trend,
    "approximate_entropy": _approximate_entropy,
    "sample_entropy": lambda values, offsets, _: entropy.sample_entropy(values, offsets),
    "lempel_ziv_complexity": _each(entropy.lempel_ziv_complexity, "bins", int),
    "fft_coefficient": _fft_coefficient,
    "spkt_welch_density": _spkt_welch_density,
    "cwt_coefficients": _cwt_coefficients,
}
"""Calculators that have a twin."""


def _natural(least: int, most: int = 10_000) -> Callable[[Any], bool]:
    return lambda value: type(value) is int and least <= value <= most


def _real(value: Any) -> bool:
    return type(value) in (int, float) and abs(value) < 1e300


def _share(value: Any) -> bool:
    return _real(value) and 0.0 <= value <= 1.0


def _one_of(*words: object) -> Callable[[Any], bool]:
    return lambda value: type(value) in (str, bool) and value in words


_DOMAINS: Final[Mapping[str, Mapping[str, Callable[[Any], bool]]]] = {
    "large_standard_deviation": {"r": _real},
    "symmetry_looking": {"r": _real},
    "ratio_beyond_r_sigma": {"r": _real},
    "quantile": {"q": _share},
    "index_mass_quantile": {"q": _share},
    "count_above": {"t": _real},
    "count_below": {"t": _real},
    "energy_ratio_by_chunks": {"num_segments": _natural(1), "segment_focus": _natural(0)},
    "change_quantiles": {
        "ql": _share,
        "qh": _share,
        "isabs": _one_of(True, False),
        "f_agg": _one_of("mean", "var"),
    },
    "time_reversal_asymmetry_statistic": {"lag": _natural(1)},
    "c3": {"lag": _natural(1)},
    "cid_ce": {"normalize": _one_of(True, False)},
    "autocorrelation": {"lag": _natural(0)},
    "number_peaks": {"n": _natural(1)},
    "linear_trend": {"attr": _one_of(*trend.ATTRIBUTES)},
    "agg_linear_trend": {
        "attr": _one_of(*trend.ATTRIBUTES),
        "chunk_len": _natural(1),
        "f_agg": _one_of(*trend.AGGREGATES),
    },
    "approximate_entropy": {"m": _natural(1, 50), "r": _share},
    "lempel_ziv_complexity": {"bins": _natural(1)},
    "fft_coefficient": {"coeff": _natural(0), "attr": _one_of(*_PARTS)},
    "spkt_welch_density": {"coeff": _natural(0, 128)},
    "cwt_coefficients": {
        "coeff": _natural(0),
        "w": _natural(1, 63),
        "widths": lambda value: isinstance(value, tuple),
    },
}
"""What the twins take: anything else is left to tsfresh."""


def has_twin(one: Calculation) -> bool:
    """Say whether a twin computes this."""
    domain = _DOMAINS.get(one.calculator, {})
    if one.calculator not in TWINS or set(domain) != set(one.parameters):
        return False
    if not all(fits(one.parameters[key]) for key, fits in domain.items()):
        return False
    if one.calculator == "energy_ratio_by_chunks":
        return bool(one.parameters["segment_focus"] < one.parameters["num_segments"])
    if one.calculator == "cwt_coefficients":
        return one.parameters["w"] in one.parameters["widths"]
    return True


def compute(
    calculations: Sequence[Calculation], values: np.ndarray, offsets: np.ndarray
) -> np.ndarray:
    """Compute features by their twins.

    Parameters
    ----------
    calculations : sequence of Calculation
        Each with a twin.
    values : numpy.ndarray of float64
        Series laid end to end, without NaN.
    offsets : numpy.ndarray of int, shape (m + 1,)
        Where each series begins; the last is where the last one ends. Three samples at least.

    Returns
    -------
    numpy.ndarray, shape (m, len(calculations))
    """
    out = np.empty((len(offsets) - 1, len(calculations)))
    plain = shape.plain(values, offsets) if any(_is_plain(c) for c in calculations) else None
    owners: dict[str, list[int]] = {}
    for k, one in enumerate(calculations):
        if plain is not None and _is_plain(one):
            out[:, k] = plain[:, shape.PLAIN.index(one.calculator)]
        else:
            owners.setdefault(one.calculator, []).append(k)
    for calculator, own in owners.items():
        parameters = [calculations[k].parameters for k in own]
        out[:, own] = TWINS[calculator](values, offsets, parameters)
    return out


def _is_plain(one: Calculation) -> bool:
    return one.calculator in shape.PLAIN
