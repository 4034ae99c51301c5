"""Addresses that hold passwords: from the environment or a file; arguments are seen by all."""

from __future__ import annotations

import logging
import os
import stat
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from softbreak.errors import SoftbreakError

ENVIRONMENT, FILE = "env:", "@"
_MOST_BYTES: Final = 65_536

logger = logging.getLogger(__name__)


def revealed(told: str, option: str) -> list[str]:
    """Return the addresses that an option names.

    Parameters
    ----------
    told : str
        ``env:NAME`` (a variable), ``@FILE`` (one address a line; # begins a remark), or an address
        itself, of which a warning says where it can be read if it holds a password.
    option : str
        For messages.

    Raises
    ------
    SoftbreakError
        If there is no such variable or file, or nothing in it. No message holds an address.
    """
    if told.startswith(ENVIRONMENT):
        name = told.removeprefix(ENVIRONMENT)
        found = os.environ.get(name, "").split()
        where = f"the environment variable {name}"
    elif told.startswith(FILE):
        path = Path(told.removeprefix(FILE)).expanduser()
        found = _lines(path, option)
        where = str(path)
    else:
        if _has_password(told):
            logger.warning(
                "%s holds a password, which every user of this machine can read in the list of "
                "processes: better env:NAME (a variable) or @FILE (a file of mode 0600)",
                option,
            )
        return [told]
    if not found:
        raise SoftbreakError(f"{option}: {where} holds no address")
    return found


def revealed_one(told: str, option: str) -> str:
    """Return the one address that an option names; see :func:`revealed`."""
    found = revealed(told, option)
    if len(found) != 1:
        raise SoftbreakError(f"{option}: {len(found)} addresses; expected one")
    return found[0]


def _lines(path: Path, option: str) -> list[str]:
    try:
        mode = path.stat().st_mode
        text = path.read_bytes()[:_MOST_BYTES].decode("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        told = error.strerror if isinstance(error, OSError) else "no text"
        raise SoftbreakError(f"{option}: {path} cannot be read: {told}") from error
    if os.name == "posix" and mode & (stat.S_IRGRP | stat.S_IROTH):
        logger.warning("%s: %s can be read by other users; chmod 600 it", option, path)
    lines = (line.strip() for line in text.splitlines())
    return [line for line in lines if line and not line.startswith("#")]


def _has_password(told: str) -> bool:
    try:
        return "://" in told and urlsplit(told).password is not None
    except ValueError:
        return False
