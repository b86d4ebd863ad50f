"""Where a history is: a file, or a database of a PostgreSQL server. A password goes to the server and nowhere else."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

import psycopg
from psycopg.conninfo import conninfo_to_dict

from flowreport.errors import ReportError
from flowreport.history import VARIABLE

# Seconds that libpq waits for a server that does not answer, unless the URL says otherwise.
_PATIENCE_S = 10
_SCHEMES = ("postgresql://", "postgres://")
_BAD_URL = (
    "the URL of the history cannot be read; write postgresql://USER@HOST:PORT/DATABASE, with %40 for an @ and %2F for "
    "a / in a password"
)


@dataclass(frozen=True)
class Location:
    """`path` for a file; else `server`, what libpq is told. `shown` is for the user and holds no secret."""

    shown: str
    path: Path | None = None
    server: Mapping[str, str] | None = field(default=None, repr=False)

    def without_secrets(self, text: str) -> str:
        """A message of a server or a driver, with the password taken out in case it is in there."""
        password = (self.server or {}).get("password", "")
        return text.replace(password, "***") if password else text


def locate(text: str) -> Location:
    """Read what the user gave: a path or a URL. Raises ReportError, which quotes nothing of a URL."""
    if text.startswith(_SCHEMES):
        return _server(text)
    if re.match("postgres", text, re.IGNORECASE) and ":" in text:
        raise ReportError(_BAD_URL)  # one slash, a capital: taken for a path, it would be printed
    if "://" in text:
        scheme = text.partition("://")[0]
        raise ReportError(f"{scheme}:// is no history: give the path of a file, or a URL postgresql://…")
    if not text:
        raise ReportError(f"the history has no name: give a path or a URL postgresql://… (--history or {VARIABLE})")
    if "\0" in text:
        raise ReportError("the path of the history has a NUL in it")
    return Location(text, path=Path(text))


def _server(url: str) -> Location:
    try:
        server = {name: str(value) for name, value in conninfo_to_dict(url).items()}
    except (psycopg.Error, UnicodeError):
        # libpq's own message may quote a part of the password.
        raise ReportError(_BAD_URL) from None
    host, port, database = (server.get(name, "") for name in ("host", "port", "dbname"))
    # An unescaped sign in the password makes libpq take a part of it for one of these.
    if (port and not port.replace(",", "").isdecimal()) or "@" in host or "@" in database:
        raise ReportError(_BAD_URL)
    user = f"{server['user']}@" if "user" in server else ""
    shown = f"postgresql://{user}{host}{':' if port else ''}{port}/{database}"
    return Location(shown, server={"connect_timeout": str(_PATIENCE_S), **server})


def connect(location: Location) -> "psycopg.Connection[tuple[object, ...]]":
    """Open a connection to the server of a location."""
    return psycopg.connect(**cast("dict[str, str]", location.server))  # type: ignore[arg-type]
