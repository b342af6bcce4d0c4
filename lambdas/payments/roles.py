"""The ledger's database roles, made by the master user: one that migrates, one that works.

What a role may do to a table is granted by the migration that makes the table, as its owner.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from payments.database import Connection
from payments.migrator import Migration, alone, migrate

APPLICATION = "payments_app"
ROLE_STEPS = 1
"""So many migrations at the beginning make roles, which only the master user may."""
_ROLES = Path(__file__).parent / "roles.sql"


def prepare(master: Connection, steps: Sequence[Migration], connections_max: int) -> None:
    """Make or bring up to this code what `migrate` as payments_migrator needs; again is fine.

    The functions' role may hold at most `connections_max` connections. Raises as `migrate`.
    """
    migrate(master, steps[:ROLE_STEPS])
    with alone(master), master.transaction():
        master.execute(_ROLES.read_bytes())
        master.execute(f"ALTER ROLE {APPLICATION} CONNECTION LIMIT {connections_max:d}".encode())
