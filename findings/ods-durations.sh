#!/usr/bin/env bash
# In a LibreOffice sheet the elapsed time becomes null after a day, and altogether if read as text.
. "$(dirname "$0")/lab.sh"
lab 'fastexcel==0.21.0' 'polars==2.1.0' 'pyarrow==26.0.1'
python - <<'PY'
import zipfile

import fastexcel
from tell import tell

SPACES = " ".join(
    f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
    for name in ("office", "table", "text")
)
MANIFEST = (
    '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0" '
    'manifest:version="1.2"><manifest:file-entry manifest:full-path="/" manifest:media-type='
    '"application/vnd.oasis.opendocument.spreadsheet"/><manifest:file-entry manifest:full-path='
    '"content.xml" manifest:media-type="text/xml"/></manifest:manifest>'
)


def cell(kind, told, shown):
    return f'<table:table-cell office:value-type="{kind}"{told}><text:p>{shown}</text:p></table:table-cell>'


rows = cell("string", "", "Time") + cell("string", "", "Voltage(V)")
lines = [f"<table:table-row>{rows}</table:table-row>"]
for hours, minutes in ((0, 30), (23, 59), (24, 0), (30, 15)):
    clock = cell("time", f' office:time-value="PT{hours:02d}H{minutes:02d}M00S"', f"{hours:02d}:{minutes:02d}:00")
    lines.append(f'<table:table-row>{clock}{cell("float", " office:value=" + chr(34) + "0.02" + chr(34), "0.02")}</table:table-row>')
content = (
    f'<?xml version="1.0" encoding="UTF-8"?><office:document-content {SPACES} office:version="1.2">'
    '<office:body><office:spreadsheet><table:table table:name="record">'
    + "".join(lines)
    + "</table:table></office:spreadsheet></office:body></office:document-content>"
)
with zipfile.ZipFile("cell.ods", "w") as file:
    file.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
    file.writestr("META-INF/manifest.xml", '<?xml version="1.0" encoding="UTF-8"?>' + MANIFEST)
    file.writestr("content.xml", content)
book = fastexcel.read_excel("cell.ods")
typed = book.load_sheet(0).to_polars()["Time"].is_null().to_list()
text = book.load_sheet(0, dtypes={"Time": "string"}).to_polars()["Time"].is_null().to_list()
tell(
    "fastexcel polars",
    "0:30, 23:59, 24:00 and 30:15 all come out, as durations or as the text that the sheet shows",
    f"null as durations: {typed}; null as text: {text}",
    holds=typed == [False, False, True, True] and all(text),
)
PY
