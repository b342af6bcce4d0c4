"""`make cloud` and `make open`: the shop works when another process deploys it."""

from __future__ import annotations

import json
import re
import signal
import socket
import warnings
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from local import cloud_file
from local.http import Caller
from local.monitor import deploy
from local.resources import Cloud
from tests.local.command import ROOT, Run
from tests.local.customers import available, eventually, follow, order_body, place

pytestmark = pytest.mark.xdist_group("local")


def test_a_shop_deployed_onto_a_cloud_sells_until_the_cloud_ends(
    run: Callable[..., Run], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    command = run("cloud")
    file = command.wait_for("export STOREFRONT_CLOUD=").partition("=")[2].strip()
    monkeypatch.setenv(cloud_file.VARIABLE, file)
    cloud = cloud_file.load()
    outputs = tmp_path / "outputs.json"
    outputs.write_text(json.dumps(_deploy(cloud)))

    first, second = _open(run, outputs), _open(run, outputs)

    with Caller(second["SHOP"], second["ALICE"]) as alice:
        follow(alice, place(alice, order_body("mug", quantity=2)), "CONFIRMED", "PaymentCaptured")
        assert available(alice, "mug") == 98
        _scale(cloud, "inventory-api", 2)
        _scale(cloud, "inventory-api", 0)
        eventually(lambda: alice.send("GET", "/products/mug")[0] != 200, "nobody sells")
    assert first["ALICE"] != second["ALICE"]
    command.process.send_signal(signal.SIGTERM)
    code, output = command.end()
    assert code == 143
    assert output.endswith("stopping: SIGTERM\n")
    command.assert_nothing_is_left()
    assert not _answers(cloud.endpoint)


def test_nothing_opens_without_a_cloud(
    run: Callable[..., Run], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(cloud_file.VARIABLE, raising=False)

    code, output = run("open", "--outputs", "nowhere.json").end()

    assert code == 1
    assert output.startswith("STOREFRONT_CLOUD is not set: start one with make cloud")


def _deploy(cloud: Cloud) -> dict[str, object]:
    running: Future[Cloud] = Future()
    running.set_result(cloud)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return deploy(ROOT, "local", running, {"aws:region": cloud.region}).outputs


def _open(run: Callable[..., Run], outputs: Path) -> dict[str, str]:
    """What `open` says to export."""
    code, output = run("open", "--outputs", str(outputs)).end()
    assert code == 0, output
    return dict(re.findall(r"^export (\w+)=(.*)$", output, re.MULTILINE))


def _scale(cloud: Cloud, service: str, count: int) -> None:
    """Change what the service desires, and wait until as many containers can be found."""
    ecs, discovery = cloud.client("ecs"), cloud.client("servicediscovery")
    ecs.update_service(
        cluster="storefront-local-inventory",
        service=f"storefront-local-{service}",
        desiredCount=count,
    )
    registry = discovery.list_services()["Services"][0]["Id"]
    eventually(
        lambda: len(discovery.list_instances(ServiceId=registry)["Instances"]) == count,
        f"{count} containers of {service} are registered",
    )


def _answers(endpoint: str) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", urlsplit(endpoint).port)) == 0
