"""A PostgreSQL server of the tests' own: in a temporary folder, on a socket there, gone when they are done."""

import os
import pwd
import shutil
import subprocess
import tempfile
from pathlib import Path
from uuid import uuid4

import psycopg

USER = "flowreport"
GUARDED, PASSWORD = "guarded", "s3cr3t/@:pass"
_DEBIAN = Path("/usr/lib/postgresql")
# The first line that fits decides: one user needs a password, all others none.
_ACCESS = f"local all {GUARDED} scram-sha-256\nlocal all all trust\n"
_SETTINGS = (
    "-c listen_addresses='' -c fsync=off -c synchronous_commit=off -c full_page_writes=off -c shared_buffers=16MB "
    "-c max_connections=20 -c autovacuum=off -c log_min_messages=fatal"
)


class MissingServerError(Exception):
    """There is no PostgreSQL server on this machine; says what to install."""


def binaries() -> Path:
    """The folder with initdb and pg_ctl: the newest of Debian's, else where PATH has them."""
    found = sorted(_DEBIAN.glob("*/bin/initdb"), key=lambda path: float(path.parts[-3]))
    if found and (found[-1].parent / "postgres").exists():
        return found[-1].parent
    on_path = shutil.which("initdb")
    if on_path is None or shutil.which("postgres") is None:
        raise MissingServerError(
            "these tests start a PostgreSQL server: apt-get install postgresql (scripts/bootstrap test does it)"
        )
    return Path(on_path).resolve().parent


class Server:
    """Started when made. Root may not run it, so it runs as postgres or nobody then."""

    def __init__(self) -> None:
        self._binaries = binaries()
        # Not pytest's folder: a socket's path has 107 bytes at most, and the server's user must reach it.
        self.folder = Path(tempfile.mkdtemp(prefix="flowreport-pg-", dir="/tmp"))
        self._user = self._other_user()
        if self._user is not None:
            os.chown(self.folder, self._user.pw_uid, self._user.pw_gid)
        self._data = self.folder / "data"
        try:
            self._run(
                "initdb", "-D", self._data, "-U", USER, "--auth=trust", "--no-sync", "--no-instructions",
                "--encoding=UTF8", "--locale=C",
            )  # fmt: skip
            (self._data / "pg_hba.conf").write_text(_ACCESS)
            options = f"{_SETTINGS} -c unix_socket_directories='{self.folder}'"
            self._run("pg_ctl", "-D", self._data, "-w", "-l", self.folder / "log", "-o", options, "start")
            quoted = PASSWORD.replace("'", "''")
            self.execute(f"CREATE ROLE {GUARDED} LOGIN PASSWORD '{quoted}'")
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """End the server and remove everything of it."""
        if (self._data / "postmaster.pid").exists():
            self._run("pg_ctl", "-D", self._data, "-m", "immediate", "-w", "stop")
        shutil.rmtree(self.folder)

    def url(self, database: str, user: str = USER) -> str:
        """The URL of a database, as a user would write it."""
        return f"postgresql://{user}@/{database}?host={self.folder}"

    def new_database(self) -> str:
        """The URL of an empty database."""
        name = f"t{uuid4().hex}"
        self.execute(f"CREATE DATABASE {name}")
        return self.url(name)

    def execute(self, statement: str, database: str = "postgres") -> None:
        """Run one statement outside a transaction."""
        with psycopg.connect(self.url(database), autocommit=True) as connection:
            connection.execute(statement.encode())

    def _other_user(self) -> pwd.struct_passwd | None:
        if os.geteuid() != 0:
            return None
        known = {entry.pw_name: entry for entry in pwd.getpwall()}
        return known.get("postgres") or known["nobody"]

    def _run(self, program: str, *arguments: str | Path) -> None:
        user = self._user
        clean = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
        # Into a file: the server inherits the descriptors of pg_ctl, and a pipe would stay open with it.
        log = self.folder / f"{program}.log"
        with log.open("w") as out:
            done = subprocess.run(
                [self._binaries / program, *arguments],
                stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT, cwd=self.folder, env=clean, check=False,
                user=None if user is None else user.pw_uid, group=None if user is None else user.pw_gid,
                extra_groups=None if user is None else [],
            )  # fmt: skip
        if done.returncode:
            raise RuntimeError(f"{program} failed: {log.read_text()}")
