"""Put plotly.js into the package, so that a report needs no plotly (61 MB) beside it.

The script is the one that the pinned plotly of ``[build-system]`` carries; it is not kept in git.
"""

from importlib.util import find_spec
from pathlib import Path
from shutil import copyfile

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

SCRIPT = "plotly.min.js"


class ChartLibrary(BuildHookInterface):
    """Copies the script where :func:`softbreak.report.render_plotly.library_path` looks first."""

    def initialize(self, version: str, build_data: dict) -> None:
        """Run before a wheel, or an editable install, is made."""
        del version, build_data
        spec = find_spec("plotly")
        if spec is None or spec.origin is None:
            raise RuntimeError("building softbreak needs plotly, see [build-system] in pyproject")
        place = Path(self.root, "softbreak", "report", "chart_library")
        place.mkdir(exist_ok=True)
        copyfile(Path(spec.origin).parent / "package_data" / SCRIPT, place / SCRIPT)
