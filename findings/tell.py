"""Say what was expected and what was seen; end with 1 where that has changed."""

import sys
from importlib.metadata import version


def tell(packages: str, expected: str, seen: str, *, holds: bool) -> None:
    """Print a finding and end the program.

    Parameters
    ----------
    packages : str
        Names of distributions, with spaces; their versions are printed.
    expected, seen : str
    holds : bool
        Whether what is seen is still what was found.
    """
    print("versions: " + ", ".join(f"{name} {version(name)}" for name in packages.split()))
    print(f"expected: {expected}")
    print(f"seen:     {seen}")
    print("holds" if holds else "CHANGED: this finding no longer holds")
    sys.exit(0 if holds else 1)
