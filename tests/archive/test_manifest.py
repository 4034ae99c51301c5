import pytest

from softbreak.archive.inputs.manifest import COLUMNS, load_manifest
from softbreak.errors import ManifestError

HEADER = ",".join(COLUMNS)


def csv_of(folder, text, encoding="utf-8"):
    (folder / "cells.csv").write_bytes(text.encode(encoding))
    return load_manifest(folder)


def toml_of(folder, text):
    (folder / "cells.toml").write_text(text, encoding="utf-8")
    return load_manifest(folder)


def test_no_manifest_is_an_empty_one(tmp_path):
    assert load_manifest(tmp_path).rows == ()


def test_columns_are_those_of_the_design():
    assert HEADER == (
        "cell_id,files,configuration,electrode,electrolyte,area_cm2,electrolyte_thickness_um,"
        "ionic_conductivity_s_per_cm,lithium_thickness_um,porosity,temperature_celsius,"
        "pressure_mpa,notes"
    )


def test_a_row_says_what_is_known_and_nothing_else(tmp_path):
    manifest = csv_of(
        tmp_path, HEADER + '\nC1,a/*.mpr; b.csv,symmetric,Li,LPSCl,0.785,,2e-3,,0.1,25,,"x, y"\n\n'
    )
    (row,) = manifest.rows
    assert row.patterns == ("a/*.mpr", "b.csv")
    assert (row.cell.area_cm2, row.cell.porosity, row.cell.temperature_celsius) == (0.785, 0.1, 25)
    assert row.cell.electrolyte_thickness_um is None
    assert row.cell.notes == "x, y"
    assert row.place == "row 2"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
def test_spreadsheets_of_any_country(tmp_path, encoding):
    manifest = csv_of(tmp_path, "cell_id;area_cm2;notes\r\nZelle_ä;0,785;für\r\n", encoding)
    (row,) = manifest.rows
    assert (row.cell.cell_id, row.cell.area_cm2, row.cell.notes) == ("Zelle_ä", 0.785, "für")


@pytest.mark.parametrize(
    ("column", "text", "name", "value"),
    [
        ("area_mm2", "78.5", "area_cm2", 0.785),
        ("area [mm²]", "78.5", "area_cm2", 0.785),
        ("area_cm2", "78.5 mm²", "area_cm2", 0.785),
        ("area_cm2", '"0,785 cm²"', "area_cm2", 0.785),
        ("area_m2", "7.85e-5", "area_cm2", 0.785),
        ("electrolyte_thickness_mm", "0.7", "electrolyte_thickness_um", 700.0),
        ("electrolyte_thickness_um", "700 µm", "electrolyte_thickness_um", 700.0),
        ("ionic_conductivity_mS_per_cm", "1.6", "ionic_conductivity_s_per_cm", 1.6e-3),
        ("ionic_conductivity / mS cm⁻¹", "1.6", "ionic_conductivity_s_per_cm", 1.6e-3),
        ("ionic_conductivity_s_per_cm", "0.16 S/m", "ionic_conductivity_s_per_cm", 1.6e-3),
        ("pressure_bar", "50", "pressure_mpa", 5.0),
        ("area_mm2", "", "area_cm2", None),
    ],
)
def test_other_units_are_taken_where_they_are_named(tmp_path, column, text, name, value):
    found = csv_of(tmp_path, f"cell_id,{column}\nC1,{text}")
    told = getattr(found.rows[0].cell, name)
    assert told == (None if value is None else pytest.approx(value))
    if column != name:
        (tmp_path / "cells.csv").unlink()
        number = text or '""'
        line = f'[[cells]]\ncell_id = "C1"\n"{column}" = {number}'
        assert getattr(toml_of(tmp_path, line).rows[0].cell, name) == told


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("cell_id,aera_cm2\nC1,1", "Did you mean 'area_cm2'"),
        ("cell_id,area\nC1,1", "Did you mean 'area_cm2'"),
        ("cell_id,area_mm2,area_cm2\nC1,1,1", "area_cm2 twice"),
        ("cell_id,area_cm2\nC1,5 feet", r"row 2, column area_cm2\): '5 feet'; expected a number"),
        ("cell_id,Area_cm2\nC1,1", "Did you mean 'area_cm2'"),
        ("name,area_cm2\nC1,1", "expected a column cell_id"),
        ("cell_id,area_cm2,area_cm2\nC1,1,1", "area_cm2 twice"),
        ("cell_id,area_cm2\nC1,big", r"row 2, column area_cm2\): 'big'; expected a number"),
        ("cell_id,area_cm2\nC1,0", "1e-06 to 10000"),
        ("cell_id,porosity\nC1,15", "a fraction, not a percentage"),
        ("cell_id,temperature_celsius\nC1,298.15", "°C, not K"),
        ("cell_id,electrolyte_thickness_um\nC1,0.0007", "µm, not cm"),
        ("cell_id,area_cm2\nC1,inf", "expected 1e-06"),
        ("cell_id,configuration\nC1,symetric", "Did you mean 'symmetric'"),
        ("cell_id,area_cm2\nC1,1\nC1,2", r"row 3, column cell_id\): 'C1'"),
        ("cell_id,area_cm2\n,1", r"row 2, column cell_id\): nothing"),
        (
            'cell_id,notes,area_cm2\nA,"5 t,1\nB,x,1\n',
            r"row 2, column notes\): '\"5 t,1'.*Close the",
        ),
        ('cell_id,files\nA,"a.csv\nB,b.csv"', "row 2, column files.*holds the next line"),
        ('cell_id,files\nA,"a"b', "row 2, column files.*does not end"),
        ("cell_id,files,notes\n\nC1,a", r"row 3\): 2 fields \('C1,a'\); expected 3"),
        ("cell_id,notes\nC1," + "x" * 200_000, r"row 2, column notes\): '\"?x{39,40}"),
        ("cell_id,notes\nC1," + "x" * 20_000, "20,000 characters; expected at most 10,000"),
        ("cell_id,notes\nC1,a,b", r"3 fields \('C1,a,b'\); expected 2"),
    ],
)
def test_errors_name_row_column_finding_and_remedy(tmp_path, text, message):
    with pytest.raises(ManifestError, match=message):
        csv_of(tmp_path, text)


@pytest.mark.parametrize(
    "glob", ["../other/*.csv", "/etc/passwd", "a/../../b", "~/x", "C:\\data\\*.csv", "..\\x"]
)
def test_globs_stay_below_the_manifest(tmp_path, glob):
    with pytest.raises(ManifestError, match="below the manifest's own folder"):
        csv_of(tmp_path, f"cell_id,files\nC1,{glob}")


def test_columns_that_mean_nothing_here_are_kept_apart(tmp_path):
    manifest = csv_of(tmp_path, "cell_id,operator,year\nC1,ab,2024\n")
    assert manifest.ignored == ("operator", "year")


def test_toml_with_columns_for_all_and_for_one(tmp_path):
    manifest = toml_of(
        tmp_path,
        """
        [columns]
        test_time_second = { column = "time/h", scale = 3600 }
        voltage_volt = "U"
        current_ampere = { column = 2, scale = 1e-3 }
        [[cells]]
        cell_id = "A"
        files = ["a.txt", "more/*"]
        area_cm2 = 1
        [[cells]]
        cell_id = "B"
        [cells.columns]
        voltage_volt = 1
        """,
    )
    first, second = manifest.rows
    assert first.patterns == ("a.txt", "more/*")
    assert first.cell.area_cm2 == 1.0
    assert first.columns["test_time_second"] == {"column": "time/h", "scale": 3600.0}
    assert second.columns["voltage_volt"] == {"column": 1, "scale": 1.0}
    assert second.columns["current_ampere"] == {"column": 2, "scale": 0.001}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[[cells]\n", "no valid TOML"),
        pytest.param("x = " + "[" * 3000 + "]" * 3000, r"cells\.toml: .*nested", id="deep"),
        ('[[cells]]\ncell_id = "A"\narea_cm2 = ' + "[" * 90 + "]" * 90, r"\[\[\[\.\.\."),
        ("cells = 3", "another kind"),
        ("cells = [3]", "expected a table"),
        ('[columns]\nvoltage_vol = "U"', "Did you mean 'voltage_volt'"),
        ("[columns]\nvoltage_volt = -1", "a position from 0"),
        ("[columns]\nvoltage_volt = { column = 1, faktor = 2 }", "a position from 0"),
        ('[[cells]]\ncell_id = "A"\nporosty = 0.1', "Did you mean 'porosity'"),
        ('[[cells]]\ncell_id = "A"\narea_cm2 = true', "expected a number"),
    ],
)
def test_toml_errors(tmp_path, text, message):
    with pytest.raises(ManifestError, match=message):
        toml_of(tmp_path, text)


def test_two_manifests_are_one_too_many(tmp_path):
    (tmp_path / "cells.toml").touch()
    with pytest.raises(ManifestError, match=r"both cells\.csv and cells\.toml"):
        csv_of(tmp_path, "cell_id\n")


def test_a_thickness_without_a_layer_is_the_electrolytes(tmp_path):
    (tmp_path / "cells.csv").write_text("cell_id,thickness_um\nC1,700\n")
    with pytest.raises(ManifestError, match="Did you mean 'electrolyte_thickness_um'"):
        load_manifest(tmp_path)


@pytest.mark.parametrize(
    ("column", "odd", "usual"),
    [
        ("ionic_conductivity_s_per_cm", 1.8, 1.8e-3),
        ("electrolyte_thickness_um", 0.7, 700),
        ("area_cm2", 78.5, 0.785),
    ],
)
def test_a_number_of_another_unit_is_asked_about(tmp_path, caplog, column, odd, usual):
    for value, asked in ((usual, False), (odd, True)):
        caplog.clear()
        (tmp_path / "cells.csv").write_text(f"cell_id,{column}\nC1,{value}\n")
        load_manifest(tmp_path)
        assert ("is it in the stated unit?" in caplog.text) == asked


def test_a_technique_may_be_stated(tmp_path):
    (row,) = csv_of(tmp_path, "cell_id,technique\nC1,Voltammetry\n").rows
    assert row.columns == {"technique": "voltammetry"}
    with pytest.raises(ManifestError, match=r"column technique\): 'voltametry'.*'voltammetry'"):
        csv_of(tmp_path, "cell_id,technique\nC1,voltametry\n")


def test_a_text_may_hold_quotes_separators_and_lines(tmp_path):
    first = 'A;"a;b.csv";"two ""quoted"" lines\r\nof it"'
    text = f'cell_id;files;notes\r\n{first}\r\n;;\r\n\r\nB;;5" pellet\r\n'
    one, two = csv_of(tmp_path, text).rows
    assert one.patterns == ("a", "b.csv")
    assert one.cell.notes.splitlines() == ['two "quoted" lines', "of it"]
    assert (two.place, two.cell.notes) == ("row 6", '5" pellet')


@pytest.mark.parametrize(("name", "size"), [("cells.csv", 17 * 2**20), ("cells.toml", 3 * 2**20)])
def test_a_huge_manifest_is_not_opened(tmp_path, name, size):
    with (tmp_path / name).open("wb") as file:
        file.truncate(size)
    with pytest.raises(ManifestError, match=rf"{name}: {size:,} bytes; expected at most"):
        load_manifest(tmp_path)


HOSTILE_TOML = {
    "nested arrays": "x = " + "[" * 5000 + "]" * 5000,
    "nested tables": "x = " + "{a = " * 5000 + "1" + "}" * 5000,
    "a name of very many parts": "a" + ".a" * 400_000 + " = 1",
    "a header of very many parts": "[a" + ".a" * 400_000 + "]",
    "a number of very many digits": "[[cells]]\ncell_id = " + "9" * 5000,
    "a hexadecimal number of very many": "[[cells]]\ncell_id = 0x" + "f" * 5000,
    "a number that is infinite": '[[cells]]\ncell_id = "C"\narea_cm2 = inf',
    "a name that is a list": "[[cells]]\ncell_id = [1, 2]",
    "a name that is a table": "[[cells]]\ncell_id = {a = 1}",
    "a name that is a date": "[[cells]]\ncell_id = 2024-01-01",
    "notes that are a list": '[[cells]]\ncell_id = "C"\nnotes = [1]',
    "files that are tables": '[[cells]]\ncell_id = "C"\nfiles = [{a = 1}]',
    "files that hold a zero": '[[cells]]\ncell_id = "C"\nnotes = "a\\u0000b"',
    "columns that are a number": '[[cells]]\ncell_id = "C"\ncolumns = 7',
    "a column that is a number of many digits": "[columns]\nvoltage_volt = 0x" + "f" * 5000,
    "a scale that is none": '[columns]\nvoltage_volt = {column = "U", scale = nan}',
    "a scale of zero": '[columns]\nvoltage_volt = {column = "U", scale = 0}',
    "cells that are a number": "cells = 7",
    "very many names": "\n".join(f"x{k} = 1" for k in range(2000)),
    "a name that turns the writing": '[[cells]]\ncell_id = "a\u202eb"',
    "a name that moves a cursor": '[[cells]]\ncell_id = "a\\u001b[2Jb"',
    "a very long name": '[[cells]]\ncell_id = "' + "a" * 1000 + '"',
    "half a file": '[[cells]]\ncell_id = "C',
}


@pytest.mark.parametrize("text", HOSTILE_TOML.values(), ids=HOSTILE_TOML)
def test_what_is_no_toml_of_ours_is_refused_in_a_sentence(tmp_path, text):
    with pytest.raises(ManifestError) as error:
        toml_of(tmp_path, text)
    assert "cells.toml" in str(error.value)
    assert len(str(error.value)) < 2000


HOSTILE_CSV = {
    "an open quote": 'cell_id,notes\nC1,"open\nC2,x\n',
    "an open quote at the end": 'cell_id,notes\nC1,x\nC2,"open',
    "letters behind a quote": 'cell_id,notes\nC1,"a"b\n',
    "a very long field": "cell_id,notes\nC1," + "x" * 200_000,
    "a zero": "cell_id,notes\nC1,a\0b\n",
    "very many names": ",".join(["cell_id", *(f"x{k}" for k in range(5000))]) + "\nC1\n",
    "fewer fields": "cell_id,notes,files\nC1,x\n",
    "more fields": "cell_id,notes\nC1,x,y\n",
    "a name that turns the writing": "cell_id\na\u202eb\n",
    "a name that rings": "cell_id\na\ab\n",
}


@pytest.mark.parametrize("text", HOSTILE_CSV.values(), ids=HOSTILE_CSV)
def test_what_is_no_table_of_ours_is_refused_in_a_sentence(tmp_path, text):
    with pytest.raises(ManifestError) as error:
        csv_of(tmp_path, text)
    assert "cells.csv" in str(error.value)
    assert len(str(error.value)) < 2000
