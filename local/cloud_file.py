"""How other processes find a running `make cloud`: a file that only its owner may read.

`STOREFRONT_CLOUD` holds the file's path. The file is in the run's directory and goes with it.
"""

from __future__ import annotations

import os
from pathlib import Path

import msgspec

from local.database import PostgresServer
from local.emulators import run_at
from local.errors import LocalRunError
from local.private import write_private
from local.resources import Cloud

VARIABLE = "STOREFRONT_CLOUD"
_REMEDY = f"start one with make cloud, and paste its line export {VARIABLE}=... here"


class _Postgres(msgspec.Struct, frozen=True, kw_only=True):
    host: str
    """the directory of the Unix socket"""
    port: int
    password: str
    """the superuser's"""


class _Descriptor(msgspec.Struct, frozen=True, kw_only=True):
    endpoint: str
    run: str
    """what the embedded AWS of this run calls itself: another run may get the same port later"""
    region: str
    account_id: str
    provider: str
    """where its provider for the Pulumi engine serves, `127.0.0.1:<port>`; empty: nowhere"""
    postgres: _Postgres


def write(path: Path, cloud: Cloud, run: str, server: PostgresServer, provider: str = "") -> None:
    """Describe a running cloud in a new file, mode 0600.

    `run`: see `Embedded.run`; `provider`: the address that its provider serves at.
    """
    descriptor = _Descriptor(
        endpoint=cloud.endpoint,
        run=run,
        region=cloud.region,
        account_id=cloud.account_id,
        provider=provider,
        postgres=_Postgres(host=server.host, port=server.port, password=server.password),
    )
    write_private(path, msgspec.json.format(msgspec.json.encode(descriptor)))


def load(region: str | None = None, file: Path | None = None) -> Cloud:
    """The cloud that `file` or else `STOREFRONT_CLOUD` names, seen from `region` or else its own.

    Raises LocalRunError when the variable, the file or the cloud is missing, and when the endpoint
    is not on loopback.
    """
    path, descriptor = _described(file)
    held = descriptor.postgres
    try:
        cloud = Cloud(
            endpoint=descriptor.endpoint,
            region=region or descriptor.region,
            account_id=descriptor.account_id,
            database=PostgresServer(held.host, held.port, held.password),
        )
    except ValueError as error:
        raise LocalRunError(f"{VARIABLE}={path}: {error}") from error
    if run_at(cloud.endpoint) != descriptor.run:
        raise LocalRunError(
            f"{VARIABLE}={path}: its embedded AWS no longer answers at {cloud.endpoint}; {_REMEDY}"
        )
    return cloud


def provider_address() -> str:
    """Where the provider of that cloud serves; raises LocalRunError like `load`."""
    path, descriptor = _described()
    if not descriptor.provider:
        raise LocalRunError(f"{VARIABLE}={path} belongs to make up, not to make cloud; {_REMEDY}")
    return descriptor.provider


def _described(file: Path | None = None) -> tuple[str, _Descriptor]:
    path = str(file or os.environ.get(VARIABLE, ""))
    if not path:
        raise LocalRunError(f"{VARIABLE} is not set: {_REMEDY}")
    return path, _read(Path(path))


def _read(path: Path) -> _Descriptor:
    try:
        return msgspec.json.decode(path.read_bytes(), type=_Descriptor)
    except FileNotFoundError as error:
        raise LocalRunError(f"{VARIABLE}={path}: that cloud has ended; {_REMEDY}") from error
    except OSError as error:
        raise LocalRunError(
            f"{VARIABLE}={path} cannot be read ({error.strerror}): it belongs to who ran "
            "make cloud; run this as the same user"
        ) from error
    except msgspec.MsgspecError as error:
        raise LocalRunError(f"{VARIABLE}={path} describes no cloud ({error}); {_REMEDY}") from error
