"""The whole shop on this machine: what `up`, `demo`, the tests and the benchmarks start."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, Self

from botocore.exceptions import BotoCoreError, ClientError

from local import cloud_file, diagnosis, seed
from local.agent import Agent
from local.children import Children
from local.console import Say, step
from local.deployment import Deployment
from local.emulators import Watch
from local.errors import LocalRunError
from local.foundation import Foundation
from local.postgres import EmbeddedPostgres
from local.processes import TaskProcess
from local.program import Program
from local.resources import Cloud
from local.warm import Waking, known, wake_readers

_THREADS = 16
_LATE_SECONDS = 1.0
"""How long an order that comes with the opening has the machine for itself."""
_NEEDED_SOON = (
    *("cognito-idp", "sts", "ecs", "servicediscovery", "apigatewayv2", "elbv2", "dynamodb"),
)
"""The clients that a start needs after the program has run: made while it runs."""
_DEPTHS = (
    "ApproximateNumberOfMessages",
    "ApproximateNumberOfMessagesNotVisible",
    "ApproximateNumberOfMessagesDelayed",
)


class Shop:
    """A running shop. `with Shop.start() as shop:` ends it; nothing of it stays."""

    base_url: str
    """where customers call; `curl "$SHOP/products"` works"""
    tokens: seed.Tokens
    cloud: Cloud
    """the root's view of the embedded AWS"""
    deployment: Deployment
    seconds: float
    """how long the start took"""

    def __init__(self, children: Children, say: Say, watch: Watch | None = None) -> None:
        self.products = [product.product_id for product in seed.PRODUCTS]
        self._children = children
        self._say = say
        self._foundation = Foundation(self._children, watch=watch)
        self._agent: Agent | None = None
        self._late = ThreadPoolExecutor(1, thread_name_prefix="late")
        self._stopped = threading.Event()
        self._readers: Future[None] | None = None

    @classmethod
    def start(
        cls,
        port: int | None = None,
        say: Say = lambda line: None,
        children: Children | None = None,
        watch: Watch | None = None,
    ) -> Self:
        """A shop that takes orders, on `port` or a free one; raises LocalRunError.

        `children` are given by a caller that must be able to stop a shop while it starts; `watch`
        has what happens in the embedded AWS written down.
        """
        began = time.perf_counter()
        shop = cls(children or Children(), say, watch)
        try:
            shop._open(port)
        except BaseException:
            shop.stop()
            raise
        shop.seconds = time.perf_counter() - began
        shop._readers = shop._late.submit(shop._wake_readers)
        return shop

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *about: object) -> None:
        self.stop()

    def stop(self) -> None:
        """End every process and remove the directory; a second call does nothing."""
        self._stopped.set()
        self._late.shutdown(wait=False, cancel_futures=True)
        if self._agent is not None:
            self._agent.stop()
        self._children.stop()

    @property
    def database(self) -> EmbeddedPostgres:
        """The PostgreSQL behind payments."""
        return self._foundation.database

    @property
    def processes(self) -> list[TaskProcess]:
        """The containers."""
        return self._agent.processes if self._agent is not None else []

    def wait(self, seconds: float | None = None) -> None:
        """Return after `seconds`; raises LocalRunError as soon as what holds the data has died."""
        self._foundation.wait(seconds)

    def all_warm(self) -> None:
        """Return when functions without a part in orders are warm too; raises LocalRunError."""
        if self._readers is not None:
            self._readers.result()

    def stock(self, product_id: str, quantity: int) -> None:
        """Add a product with that many pieces and wait until orders knows it."""
        product = seed.Product(
            product_id=product_id, name=product_id, unit_price=1000, stock=quantity
        )
        self._put([product])

    def invoke(self, function: str, payload: dict[str, Any] | None = None) -> Any:
        """The answer of a function by its logical name, e.g. `orders-sweep`; raises on failure."""
        alias = self.deployment.named(f"{function}-alias").outputs["arn"]
        answer = self.cloud.client("lambda").invoke(
            FunctionName=alias, Payload=json.dumps(payload or {}).encode()
        )
        body = json.loads(answer["Payload"].read() or b"null")
        if answer.get("FunctionError"):
            raise LocalRunError(f"function {function} failed: {body}")
        return body

    def process(self, service: str) -> TaskProcess:
        """The first container process whose service name ends with `service`, e.g. `worker`."""
        for process in self.processes:
            if process.task.service.endswith(service):
                return process
        raise LookupError(f"no container belongs to a service {service!r}")

    def queued_messages(self) -> int:
        """Messages in all queues, in flight and dead letters included."""
        sqs = self.cloud.client("sqs")
        total = 0
        for url in sqs.list_queues().get("QueueUrls", []):
            attributes = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=list(_DEPTHS))
            total += sum(int(attributes["Attributes"].get(name, 0)) for name in _DEPTHS)
        return total

    def counts(self) -> str:
        """`<n> resources created, <m> recorded (<types>)`."""
        entries = self.deployment.registrations
        recorded = [entry for entry in entries if entry.recorded]
        types = ", ".join(sorted({entry.type for entry in recorded}))
        names = f" ({types})" if types else ""
        return f"{len(entries) - len(recorded)} resources created, {len(recorded)} recorded{names}"

    def log_lines(self) -> Iterator[str]:
        """Every line that a function or a container has logged."""
        return diagnosis.log_lines(self.cloud, self._children.directory)

    def why_stopped(self, otherwise: str) -> str:
        """One line that names the service that stopped; `otherwise` when nothing tells."""
        return diagnosis.why(self.cloud, self._children.directory, otherwise)

    def refused(self) -> str:
        """What IAM has refused so far: service, role and action; empty when nothing."""
        found = diagnosis.denials(self.cloud, self._children.directory)
        return "; ".join(str(denial) for denial in found)

    def _open(self, port: int | None) -> None:
        file = self._children.directory / "cloud.json"
        program = Program(self._children, file)
        self.cloud = self._foundation.start(port, self._say)
        foundation = self._foundation
        cloud_file.write(file, self.cloud, foundation.embedded.run, foundation.database)
        try:
            with ThreadPoolExecutor(_THREADS) as pool:
                self._stand_up(program, pool)
        except (LocalRunError, BotoCoreError, ClientError, OSError) as error:
            raise self._explained(error) from error

    def _explained(self, error: Exception) -> LocalRunError:
        """The error, and the service that IAM stopped where the logs of a failed start tell."""
        self._foundation.require_alive()
        denied = diagnosis.why(self.cloud, self._children.directory, error=str(error))
        return LocalRunError(f"{error}\n{denied}" if denied else str(error))

    def _stand_up(self, program: Program, pool: ThreadPoolExecutor) -> None:
        clients = [pool.submit(self.cloud.client, service) for service in _NEEDED_SOON]
        self._agent = Agent.of(self.cloud, self._children, self._say)
        ran = threading.Event()
        early = pool.submit(self._agent.begin_early, ran)
        try:
            with step("Pulumi program has run", self._say):
                self.deployment = program.deployment()
        finally:
            ran.set()
        self.base_url = self.deployment.output("api_url").rstrip("/")
        if said := program.said():
            self._say(said)
        with step("containers are healthy", self._say):
            for client in clients:
                client.result()
            tokens = pool.submit(seed.sign_in, self.cloud, self.deployment.outputs)
            early.result()
            self._agent.bring_up()
            self._agent.supervise()
            self.tokens = tokens.result()
        with step("products are in stock, functions are warm", self._say):
            stocked = pool.submit(self._put, list(seed.PRODUCTS))
            program.wait()
            waking = Waking(pool, known(self.cloud))
            waking.visit(self.base_url, self.tokens.alice)
            waking.wait()
            stocked.result()
            for process in self.processes:
                process.require_unbroken()

    def _wake_readers(self) -> None:
        if not self._stopped.wait(_LATE_SECONDS):
            wake_readers(self.cloud, self.base_url, self.tokens.alice)

    def _put(self, products: list[seed.Product]) -> None:
        table = self.deployment.output("orders_table_name")
        seed.stock_products(self.base_url, self.tokens, products, table, self.cloud)
