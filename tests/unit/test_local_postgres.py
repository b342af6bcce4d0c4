"""PostgreSQL refuses root: whoever starts the local run, somebody else runs the server."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from local import unrooted
from local.errors import LocalRunError
from local.postgres import EmbeddedPostgres


@pytest.fixture
def closed() -> Iterator[Path]:
    """A directory that only its owner may enter, short enough for a Unix socket."""
    with tempfile.TemporaryDirectory(prefix="sf-") as name:
        yield Path(name)


@pytest.mark.skipif(not unrooted.available(), reason="this machine allows no user namespaces")
def test_a_program_is_not_run_as_root_and_reads_what_its_owner_reads(closed: Path) -> None:
    secret = closed / "secret"
    secret.write_text("for its owner")
    secret.chmod(0o600)
    program = "import os, sys; print(os.geteuid(), open(sys.argv[1]).read())"

    shown = subprocess.run(  # noqa: S603 - our own script
        [*unrooted.command(), sys.executable, "-c", program, str(secret)],
        capture_output=True,
        text=True,
        check=True,
    )

    assert shown.stdout == "1000 for its owner\n"


@pytest.mark.skipif(not unrooted.available(), reason="this machine allows no user namespaces")
def test_the_server_runs_in_a_directory_that_is_closed_to_others(closed: Path) -> None:
    server = EmbeddedPostgres(closed / "pg")
    try:
        server.start()
        server.create_database("shop", "storefront")
        with server.connect("shop") as connection:
            answer = connection.execute("SELECT current_database()").fetchone()
    finally:
        server.stop()

    assert answer == ("shop",)


def test_a_directory_too_long_for_a_socket_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(LocalRunError, match="107 at most: set TMPDIR to a shorter directory"):
        EmbeddedPostgres(tmp_path / ("x" * 100)).start()
