"""The ledger's backup form, a base backup and the log of all writes, and recovery to an instant."""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from local.children import Child, Children
from local.database import SUPERUSER
from local.errors import LocalRunError
from local.postgres import EmbeddedPostgres

_SECONDS = 30
_POLL_SECONDS = 0.05


class LedgerLog:
    """Receives the write-ahead log of a running server, and takes a base backup below it."""

    def __init__(self, source: EmbeddedPostgres, children: Children, directory: Path) -> None:
        self._source = source
        self._restored = EmbeddedPostgres(directory, children)
        self._restored.password = source.password
        self._restored.prepare()
        self._log = directory / "log"
        self._log.mkdir()
        self._restored.own(self._log)
        self._receiver = self._restored.run(
            "pg_receivewal", ["-D", str(self._log), *self._reach()], self._password()
        )

    def take_base(self) -> None:
        """Copy the cluster while it is written to, and verify the copy against its manifest."""
        target = str(self._restored.data)
        self._finish("pg_basebackup", ["-D", target, "-X", "none", "-c", "fast", *self._reach()])
        self._finish("pg_verifybackup", ["--no-parse-wal", "--quiet", target])

    def close(self) -> None:
        """Have the log up to now, and receive no more; raises LocalRunError."""
        with self._source.connect("postgres") as connection:
            row = connection.execute("SELECT pg_walfile_name(pg_switch_wal())").fetchone()
        wanted = self._log / (row[0] if row else "")
        deadline = time.monotonic() + _SECONDS
        while not wanted.is_file():
            self._receiver.require_alive()
            if time.monotonic() > deadline:
                raise LocalRunError(f"{wanted.name} did not arrive within {_SECONDS} s")
            time.sleep(_POLL_SECONDS)
        self._restored.end(self._receiver, _SECONDS)

    def recover(self, moment: datetime) -> EmbeddedPostgres:
        """A server of its own with what was committed before `moment`; `close` comes first."""
        (self._restored.data / "recovery.signal").touch()
        self._restored.own(self._restored.data / "recovery.signal")
        self._restored.serve(
            {
                "restore_command": f'cp "{self._log}/%f" "%p"',
                "recovery_target_time": moment.isoformat(),
                "recovery_target_inclusive": "off",
                "recovery_target_action": "promote",
                "hot_standby": "off",
            }
        )
        return self._restored

    def _finish(self, program: str, arguments: list[str]) -> None:
        child: Child = self._restored.run(program, arguments, self._password())
        code = child.process.wait(_SECONDS)
        said = child.last_lines()
        self._restored.end(child)
        if code:
            raise LocalRunError(f"{program} ended with code {code}: {said}")

    def _reach(self) -> list[str]:
        source = self._source
        return ["-h", source.host, "-p", str(source.port), "-U", SUPERUSER, "--no-password"]

    def _password(self) -> Mapping[str, str]:
        return {"PGPASSWORD": self._source.password}
