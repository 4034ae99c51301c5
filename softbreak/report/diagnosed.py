"""What a figure is drawn of: a diagnosis, or a cell that is judged for it."""

from __future__ import annotations

from softbreak.data.history import CellHistory
from softbreak.errors import SoftbreakError
from softbreak.models.diagnosis.diagnose import examine
from softbreak.models.diagnosis.result import Diagnosis


def diagnosis_of(cell: Diagnosis | CellHistory) -> Diagnosis:
    """Return the diagnosis; of a cell, that of the default detector.

    Parameters
    ----------
    cell : Diagnosis or CellHistory

    Raises
    ------
    SoftbreakError
        If it is neither.
    """
    if isinstance(cell, Diagnosis):
        return cell
    if isinstance(cell, CellHistory):
        return examine(cell)
    raise SoftbreakError(
        f"a figure is drawn of what softbreak.read or softbreak.examine gives, not of "
        f"{type(cell).__name__}: softbreak.figures.timeline(softbreak.read(path))"
    )
