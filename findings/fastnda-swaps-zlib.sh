#!/usr/bin/env bash
# Reading the first Neware .ndax changes who decompresses for the whole process.
. "$(dirname "$0")/lab.sh"
lab 'fastnda==1.3.1' 'isal==1.9.1'
python - <<'PY'
import io
import zipfile
import zlib

from tell import tell


def whose() -> tuple[str, str]:
    """Module of zlib.decompress, and of what unpacks a zip that has nothing to do with Neware."""
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("table.csv", "time,voltage\n" * 1000)
    with zipfile.ZipFile(data) as archive, archive.open("table.csv") as member:
        assert len(member.read()) == 13_000
        return zlib.decompress.__module__, type(member._decompressor).__module__


before = whose()
import fastnda.ndax  # noqa: E402  - what fastnda.read does when it meets its first .ndax

after = whose()
tell(
    "fastnda isal",
    f"reading a Neware file leaves the standard library alone: {before} before and after",
    f"{after} after the first .ndax: every zip of the process is unpacked by "
    "isal, and what is damaged raises isal's error, no zlib.error",
    holds=before[0] == "zlib" and "isal" in after[0] and before[1] != after[1],
)
PY
