"""What every resource handler of the local run is made of.

A handler creates, reads, updates and deletes one Pulumi resource type on the embedded AWS. It knows
neither the engine nor the driver that calls it: properties come and go as plain camelCase values.
"""

from __future__ import annotations

import importlib
import ipaddress
import os
import threading
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Protocol
from urllib.parse import urlsplit

import boto3
import botocore.session
from botocore.config import Config

Properties = dict[str, Any]
"""A resource's properties as Pulumi sends them: camelCase names, plain values."""

ROOT_CREDENTIALS = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
"""The embedded AWS treats this key as the account's root; its IAM refuses it nothing."""

_CONFIG = Config(
    connect_timeout=5,
    read_timeout=310,
    retries={"mode": "standard", "total_max_attempts": 3},
    max_pool_connections=32,
    proxies={},
    inject_host_prefix=False,
    s3={"addressing_style": "path"},
)
_MODELS = importlib.import_module("lambdas.common.aws").Models
"""The functions' reader of service models takes half of botocore's time. Imported by its path from
here: in the functions it is called `common.aws`."""
_NO_USER_FILES = {
    "profile": (None, None, None, None),
    "config_file": (None, None, os.devnull, None),
    "credentials_file": (None, None, os.devnull, None),
}


class ResourceError(Exception):
    """An operation on a resource failed; the message says which, why and what to do."""


class UnhandledTypeError(LookupError):
    """A resource type or provider function that the local run does not know."""


class Database(Protocol):
    """The PostgreSQL server that stands behind every Aurora cluster of the local run."""

    @property
    def host(self) -> str:
        """Host name, or the absolute path of the directory that holds the Unix socket."""

    @property
    def port(self) -> int:
        """TCP port, or the number in the socket's file name."""

    def create_master(self, username: str, password: str) -> None:
        """Create the cluster's master user, or give it this password when it exists."""

    def create_database(self, name: str, owner: str) -> None:
        """Create the database with this owner; an existing one is left as it is."""


@dataclass(frozen=True, kw_only=True)
class Cloud:
    """The embedded AWS a handler works with; raises `ValueError` unless it is on loopback."""

    endpoint: str
    region: str
    account_id: str
    database: Database | None = None
    _clients: dict[str, Any] = field(default_factory=dict, init=False, repr=False, compare=False)
    _elsewhere: dict[str, Cloud] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )
    _lock: Any = field(default_factory=threading.Lock, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        require_loopback(self.endpoint)

    def client(self, service: str) -> Any:
        """The boto3 client of `service`, e.g. `sqs`; one per cloud, shared by all threads."""
        with self._lock:
            if service not in self._clients:
                self._clients[service] = self._session.client(
                    service, endpoint_url=self.endpoint, config=_CONFIG
                )
            return self._clients[service]

    def client_as(self, service: str, credentials: Mapping[str, str]) -> Any:
        """A boto3 client of `service` with the credentials that STS gave."""
        return self._session.client(
            service,
            endpoint_url=self.endpoint,
            config=_CONFIG,
            aws_access_key_id=credentials["AccessKeyId"],
            aws_secret_access_key=credentials["SecretAccessKey"],
            aws_session_token=credentials["SessionToken"],
        )

    def seen_from(self, region: str) -> Cloud:
        """The same AWS in another region; the clients of one region are shared."""
        if region == self.region:
            return self
        with self._lock:
            if region not in self._elsewhere:
                self._elsewhere[region] = replace(self, region=region)
            return self._elsewhere[region]

    @cached_property
    def _session(self) -> boto3.session.Session:
        core = botocore.session.Session(session_vars=_NO_USER_FILES)
        core.register_component("data_loader", _MODELS())
        return boto3.session.Session(
            botocore_session=core, region_name=self.region, **ROOT_CREDENTIALS
        )


@dataclass(frozen=True)
class Created:
    """What a creation gave: the physical id and all properties, inputs included."""

    id: str
    outputs: Properties


class ResourceHandler(ABC):
    """Creates, reads, updates and deletes the resources of one type."""

    handles: str
    """The Pulumi type, e.g. `aws:sqs/queue:Queue`."""
    replace_on: frozenset[str] = frozenset()
    """Inputs whose change needs a new resource: AWS cannot change them in place."""
    unsettled: frozenset[str] = frozenset()
    """Outputs that an update may change although nobody asked for it, such as a version."""
    recorded: bool = False
    """The request is built and validated but not sent: the embedded AWS cannot hold the type."""
    reason: str = ""
    """Why the type is only recorded."""

    @property
    def type_token(self) -> str:
        """The type's token as the engine calls it: `handles`."""
        return self.handles

    @abstractmethod
    def create(self, cloud: Cloud, name: str, inputs: Properties) -> Created:
        """Create the resource; `name` is its logical name, the base of a missing physical one."""

    @abstractmethod
    def read(self, cloud: Cloud, id: str, state: Properties) -> Properties | None:
        """The resource's properties as they are now, laid over `state`; None: it is gone."""

    @abstractmethod
    def update(self, cloud: Cloud, id: str, state: Properties, inputs: Properties) -> Properties:
        """Bring the resource from `state` to `inputs`; gives all its properties."""

    @abstractmethod
    def delete(self, cloud: Cloud, id: str, state: Properties) -> None:
        """Delete the resource; one that is already gone is fine."""


def require_loopback(endpoint: str) -> None:
    """Raises `ValueError` unless `endpoint` is a URL on this machine."""
    host = urlsplit(endpoint).hostname or ""
    try:
        loopback = ipaddress.ip_address(host).is_loopback
    except ValueError:
        loopback = host == "localhost"
    if not loopback:
        raise ValueError(
            f"endpoint {endpoint!r} is not on loopback: the local run only talks to the embedded "
            "AWS on this machine. Give http://127.0.0.1:<port>."
        )
