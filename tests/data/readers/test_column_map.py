"""Names of a line, looked up once for all layouts that ask."""

import pytest

from softbreak.data.readers.tables import column_map
from softbreak.data.readers.tables.column_map import Field, has, match

VOLT = (Field("voltage_volt", ("voltage", "电压"), "V"),)


@pytest.mark.parametrize("line", ["x|Voltage (mV)", 'x|"电压(mV)"', "Voltage|VOLTAGE/mV"])
def test_a_line_says_the_same_each_time(line):
    names = line.split("|")
    first = match(names, VOLT), has(names, "x"), has(names, "voltage")
    assert (match(names, VOLT), has(names, "x"), has(names, "voltage")) == first
    assert first[0]["voltage_volt"].heading in names


@pytest.mark.parametrize("names", [["v"] * 20_000, ["v" * 20_000], ["a", "v" * 9_999]])
def test_an_endless_line_is_not_remembered(names):
    column_map._names_of.cache_clear()
    assert not match(names, VOLT)
    assert column_map._names_of.cache_info().currsize == 0
