"""What looks after a delivery: smoke test, comment, watch, and what git knows of releases."""

from __future__ import annotations

import json
import subprocess
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar

import pytest
from botocore.exceptions import ClientError

from tools.delivery import comment, repository, smoke, watch
from tools.delivery.errors import DeliveryError

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)


class Shop(BaseHTTPRequestHandler):
    """Answers by path; keeps what was posted."""

    statuses: ClassVar[dict[str, int]] = {"/products": 200}
    posted: ClassVar[list[dict[str, Any]]] = []

    def do_GET(self) -> None:
        """See `BaseHTTPRequestHandler`."""
        self.send_response(self.statuses.get(self.path, 401))
        self.end_headers()

    def do_POST(self) -> None:
        """See `BaseHTTPRequestHandler`."""
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.posted.append({**json.loads(body), "token": self.headers.get("Authorization")})
        self.send_response(401 if self.path == "/orders" else 201)
        self.end_headers()
        self.wfile.write(b'{"html_url": "https://example.com/comment"}')

    def log_message(self, *_: Any) -> None:
        """Nothing is printed."""


@pytest.fixture
def shop(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setattr(Shop, "statuses", {"/products": 200})
    monkeypatch.setattr(Shop, "posted", [])
    with ThreadingHTTPServer(("127.0.0.1", 0), Shop) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_a_shop_that_answers_as_it_must_is_well(shop: str) -> None:
    assert smoke.smoke(f"{shop}/") == [
        *("GET /products: 200", "GET /orders: 401", "POST /orders: 401"),
        "GET /notifications: 401",
    ]


@pytest.mark.parametrize("status", [500, 403])
def test_a_shop_that_answers_otherwise_is_not(
    shop: str, status: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(Shop.statuses, "/products", status)
    waited: list[float] = []

    with pytest.raises(DeliveryError, match=f"/products answered {status}, must be 200"):
        smoke.smoke(shop, waited.append)
    assert waited == [2.0, 2.0]


def test_an_order_without_a_token_that_is_taken_is_found(
    shop: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(Shop.statuses, "/orders", 200)

    with pytest.raises(DeliveryError, match="/orders answered 200, must be 401"):
        smoke.smoke(shop, lambda _: None)


def test_a_comment_is_the_report_cut_to_what_the_host_takes(shop: str) -> None:
    said = comment.comment("r" * 70_000, "owner/shop", 12, "t", api=shop)

    assert said == "https://example.com/comment"
    assert Shop.posted[0]["token"] == "Bearer t"  # noqa: S105 - of the test
    assert len(Shop.posted[0]["body"]) < 65_100


def test_a_comment_that_is_refused_is_one_sentence() -> None:
    with pytest.raises(DeliveryError, match="owner/shop#12 could not be commented"):
        comment.comment("r", "owner/shop", 12, "t", api="http://127.0.0.1:1")


def execution(minutes: int, status: str = "InProgress") -> dict[str, Any]:
    started = NOW - timedelta(minutes=minutes)
    return {"status": status, "startTime": started, "pipelineExecutionId": "e-1"}


@pytest.mark.parametrize(
    ("name", "executions", "wrong"),
    [
        ("main", [execution(59)], []),
        ("main", [], []),
        ("main", [execution(61, "Succeeded")], []),
        ("main", [execution(5), execution(61)], ["main: execution e-1 has run for 61 minutes"]),
        ("main", [execution(90, "Stopping")], ["main: execution e-1 has run for 90 minutes"]),
        ("drift", [execution(26 * 60, "Succeeded")], []),
        ("drift", [execution(26 * 60 + 1, "Succeeded")], ["drift: did not run last night"]),
    ],
)
def test_an_execution_that_stands_still_is_found(
    name: str, executions: list[dict[str, Any]], wrong: list[str]
) -> None:
    found = list(watch.problems(name, executions, NOW, timedelta(minutes=60)))

    assert [said.startswith(start) for said, start in zip(found, wrong, strict=True)] == [
        True for _ in wrong
    ]


class Pipelines:
    """CodePipeline, as the watch asks it."""

    def __init__(self, unknown: str = "") -> None:
        self.unknown = unknown

    def list_pipeline_executions(self, **asked: Any) -> dict[str, Any]:
        if asked["pipelineName"].endswith(self.unknown or "-none"):
            raise ClientError({"Error": {"Code": "AccessDenied", "Message": "no"}}, "List")
        return {"pipelineExecutionSummaries": [execution(5)]}


def test_every_pipeline_is_looked_at_and_one_that_cannot_be_is_told() -> None:
    longest = timedelta(minutes=60)

    assert watch.watch(Pipelines(), "p-", longest, NOW) == "6 pipelines, none stands still"
    with pytest.raises(DeliveryError, match=r"orders: could not be looked at"):
        watch.watch(Pipelines("orders"), "p-", longest, NOW)


@pytest.fixture
def commits(tmp_path: Path) -> Path:
    """A clone with one commit, and its origin."""
    origin, clone = tmp_path / "origin.git", tmp_path / "clone"
    git(tmp_path, "init", "--quiet", "--bare", str(origin))
    git(tmp_path, "clone", "--quiet", str(origin), str(clone))
    commit(clone, "README.md")
    return clone


def git(where: Path, *arguments: str) -> str:
    identity = ("-c", "user.name=t", "-c", "user.email=t@example.com")
    return subprocess.run(  # noqa: S603
        ["git", *identity, *arguments],  # noqa: S607
        cwd=where,
        check=True,
        capture_output=True,
        text=True,
    ).stdout


def commit(clone: Path, path: str) -> None:
    (clone / path).parent.mkdir(parents=True, exist_ok=True)
    (clone / path).write_text(f"{path}\n")
    git(clone, "add", path)
    git(clone, "commit", "--quiet", "-m", path)


def test_a_commit_is_tagged_once_here_and_at_the_origin(commits: Path) -> None:
    name = repository.tag(NOW, commits)

    assert name == "released-20261125T120000Z"
    assert repository.tag(NOW + timedelta(hours=1), commits) == name
    assert git(commits, "ls-remote", "--tags", "origin").endswith(f"refs/tags/{name}\n")
    assert repository.last_release(commits) == name


def test_a_service_alone_is_what_changed_nothing_else(commits: Path) -> None:
    with pytest.raises(DeliveryError, match="nothing was released yet"):
        repository.alone("orders", commits)
    repository.tag(NOW, commits)
    commit(commits, "lambdas/orders/logic.py")
    commit(commits, "docs/orders/page.md")
    assert repository.alone("orders", commits) == (
        "since released-20261125T120000Z only orders has changed"
    )

    commit(commits, "lambdas/common/text.py")
    with pytest.raises(DeliveryError, match=r"more than orders has changed \(lambdas/common/text"):
        repository.alone("orders", commits)
    with pytest.raises(DeliveryError, match="SERVICE='shop' must be one of orders"):
        repository.alone("shop", commits)
