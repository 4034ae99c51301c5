#!/usr/bin/env bash
# Hours of test time in hh:mm:ss change their type after a day, and the 59th day happens twice.
. "$(dirname "$0")/lab.sh"
lab 'pandas==3.1.1' 'numpy==2.4.6' 'openpyxl==3.1.5' 'python-calamine==0.9.1' 'fastexcel==0.21.0' 'polars==2.1.0' 'pyarrow==26.0.1'
python - <<'PY'
import fastexcel
import openpyxl
import pandas as pd
from tell import tell

book = openpyxl.Workbook()
sheet = book.active
sheet.append(["Total Time"])
for hours in (23.5, 24.5, 59 * 24.0, 60 * 24.0):
    sheet.append([hours / 24.0])
    sheet.cell(sheet.max_row, 1).number_format = "hh:mm:ss"
book.save("cell.xlsx")
read = {engine: pd.read_excel("cell.xlsx", engine=engine)["Total Time"] for engine in ("openpyxl", "calamine")}
types = {engine: [type(value).__name__ for value in column[:2]] for engine, column in read.items()}
twice = {engine: bool(column[2] == column[3]) for engine, column in read.items()}
clock = fastexcel.read_excel("cell.xlsx").load_sheet(0).to_polars()["Total Time"].to_list()
twice["fastexcel"] = clock[2] == clock[3]
tell(
    "pandas openpyxl python-calamine fastexcel",
    "one type in a column that has one format; 1416 h and 1440 h a day apart",
    f"types of 23:30 and 24:30 {types}; 1416 h equals 1440 h {twice}",
    holds=all(twice.values()) and all(kinds == ["time", "datetime"] for kinds in types.values()),
)
PY
