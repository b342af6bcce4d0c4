"""Other processes find a running cloud by its file, and are told what to do when they cannot."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from local import cloud_file
from local.database import PostgresServer
from local.errors import LocalRunError
from local.resources import Cloud

_RUN = "aws-abc"


class _Health(BaseHTTPRequestHandler):
    """Answers as the embedded AWS of the run."""

    def do_GET(self) -> None:
        """Its health."""
        body = json.dumps({"edition": _RUN}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@pytest.fixture
def endpoint() -> Iterator[str]:
    """Where a run's embedded AWS answers."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _Health) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.fixture
def path(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """The file that the environment names."""
    monkeypatch.setenv(cloud_file.VARIABLE, str(tmp_path / "cloud.json"))
    return tmp_path / "cloud.json"


def _write(path: Path, serves: str, **changes: object) -> None:
    cloud = Cloud(endpoint=serves, region="eu-west-1", account_id="000000000000")
    cloud_file.write(path, cloud, _RUN, PostgresServer("/run/pg", 5432, "secret"), "127.0.0.1:1")
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))


def test_what_was_written_is_found_from_any_process(path: Path, endpoint: str) -> None:
    _write(path, endpoint)

    cloud = cloud_file.load()

    assert (cloud.endpoint, cloud.region, cloud.account_id) == (
        endpoint,
        "eu-west-1",
        "000000000000",
    )
    database: Any = cloud.database
    assert (database.host, database.port, database.password) == ("/run/pg", 5432, "secret")


def test_a_caller_may_look_at_another_region(path: Path, endpoint: str) -> None:
    _write(path, endpoint)

    assert cloud_file.load(region="us-east-1").region == "us-east-1"


def test_nobody_but_its_owner_may_read_it(path: Path, endpoint: str) -> None:
    _write(path, endpoint)

    assert path.stat().st_mode & 0o777 == 0o600


def test_without_the_variable_the_remedy_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(cloud_file.VARIABLE, raising=False)

    with pytest.raises(LocalRunError, match="STOREFRONT_CLOUD is not set: start one with make cl"):
        cloud_file.load()


def test_a_cloud_that_took_its_file_with_it_has_ended(path: Path) -> None:
    with pytest.raises(LocalRunError, match="that cloud has ended; start one with make cloud"):
        cloud_file.load()


def test_a_path_that_cannot_be_read_is_an_error(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv(cloud_file.VARIABLE, str(tmp_path))

    with pytest.raises(LocalRunError, match="cannot be read"):
        cloud_file.load()


@pytest.mark.parametrize("text", ["", "[]", '{"endpoint": "http://127.0.0.1:1"}'])
def test_a_file_of_something_else_is_an_error(path: Path, text: str) -> None:
    path.write_text(text)

    with pytest.raises(LocalRunError, match="describes no cloud"):
        cloud_file.load()


def test_an_endpoint_beyond_this_machine_is_refused_unasked(path: Path, endpoint: str) -> None:
    _write(path, endpoint, endpoint="https://sqs.eu-west-1.amazonaws.com")

    with pytest.raises(LocalRunError, match="is not on loopback"):
        cloud_file.load()


def test_an_endpoint_where_nobody_answers_is_stale(path: Path) -> None:
    _write(path, "http://127.0.0.1:9")

    with pytest.raises(LocalRunError, match=r"no longer answers at http://127\.0\.0\.1:9"):
        cloud_file.load()


def test_another_run_on_the_same_port_is_not_taken_for_it(path: Path, endpoint: str) -> None:
    _write(path, endpoint, run="aws-xyz")

    with pytest.raises(LocalRunError, match="no longer answers"):
        cloud_file.load()
