"""Runs MiniStack with five habits mended: `python -I local/embedded.py`, configured like it.

It asks for a service's whole model, in a session made for it, to learn its protocol: half a second
of a start and 57 MB. Here a model is its metadata, where MiniStack reads no more of it.

It looks for expired sessions in a dictionary that other threads add to, and fails the call whose
look is disturbed: a function that starts beside others. Here such a look finds nothing.

It checks the syntax of a condition for every item that the condition is held against, and reads
every policy of a role for every call: a quarter of its time under load. Here the answers are kept
by the text they are about.

It keeps the whole request of every transaction for ten minutes, to know it when it comes again:
42 MB for 720 orders. Here it keeps a digest.

It keeps the weights of an alias and applies none. Here a call by an alias goes to the version that
the weights say, so that a release moves traffic in steps.
"""

from __future__ import annotations

import functools
import gzip
import hashlib
import json
import random
import re
import runpy
from collections.abc import Callable, Coroutine, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import botocore.session
from botocore.loaders import JSONFileLoader, Loader

WHOLE = frozenset({"cloudfront"})
"""The services whose shapes MiniStack reads."""
_MODEL = "service-2.json.gz"
_HEAD_CHARACTERS = 4096
_KEPT = 1024
_METADATA = re.compile(r'"metadata"\s*:\s*')


class MetadataLoader:
    """Loads botocore's files, and service models without their operations and shapes."""

    def __init__(self) -> None:
        self._files = JSONFileLoader()

    def exists(self, file_path: str) -> bool:
        """Whether there is such a data file."""
        return bool(self._files.exists(file_path))

    def load_file(self, file_path: str) -> Any:
        """The content of a data file; None where there is none."""
        path = Path(f"{file_path}.json.gz")
        if path.name == _MODEL and path.parts[-3] not in WHOLE and path.is_file():
            with gzip.open(path, "rt", encoding="utf-8") as model:
                return {"metadata": _metadata(model.read(_HEAD_CHARACTERS)), "operations": {}}
        return self._files.load_file(file_path)


def undisturbed(look: Callable[[], None]) -> Callable[[], None]:
    """`look`, which gives up when another thread changes what it looks through."""

    def undisturbed_look() -> None:
        with suppress(RuntimeError):
            look()

    return undisturbed_look


def read_once(parse: Callable[[Any], list[Any]]) -> Callable[[Any], list[Any]]:
    """`parse`, which reads the same text once; what is not text is read every time."""
    kept = functools.lru_cache(maxsize=_KEPT)(parse)

    def parse_text_once(document: Any) -> list[Any]:
        return list(kept(document)) if isinstance(document, str) else parse(document)

    return parse_text_once


class Digest:
    """Equals what has the same digest as `document`, which is JSON but for sets."""

    def __init__(self, document: Any) -> None:
        self._digest = _digest(document)

    def __eq__(self, other: object) -> bool:
        return self._digest == _digest(other)

    def __hash__(self) -> int:
        return hash(self._digest)


def remembered(store: Callable[[str, dict[str, Any]], None]) -> Callable[..., None]:
    """`store`, which gets the digest of a transaction's request in place of the request."""

    def store_digest(token: str, entry: dict[str, Any]) -> None:
        store(token, entry | {"signature": Digest(entry["signature"])})

    return store_digest


def weighted(
    resolve: Callable[[Any, str | None], Any], draw: Callable[[], float] = random.random
) -> Callable[[Any, str | None], Any]:
    """`resolve`, which takes an alias for the version that its weights choose."""

    def resolve_by_weight(function: Mapping[str, Any] | None, qualifier: str | None) -> Any:
        alias = ((function or {}).get("aliases") or {}).get(qualifier)
        return resolve(function, drawn(alias, draw()) if alias else qualifier)

    return resolve_by_weight


def invoked_by_weight(
    invoke: Callable[..., Coroutine[Any, Any, Any]], aliases: Callable[[str], Mapping[str, Any]]
) -> Callable[..., Coroutine[Any, Any, Any]]:
    """`invoke`, whose fourth argument or query may name one of a function's `aliases`."""

    async def invoke_by_weight(
        name: str, event: Any, headers: Any, qualifier: str | None = None, query: Any = None
    ) -> Any:
        asked = qualifier or "".join((query or {}).get("Qualifier") or ())
        alias = aliases(name).get(asked)
        chosen = drawn(alias, random.random()) if alias else qualifier  # noqa: S311 - no secret
        return await invoke(name, event, headers, chosen, query)

    return invoke_by_weight


def drawn(alias: Mapping[str, Any], chance: float) -> str:
    """The version of an alias that a call goes to, for a chance from 0 to 1."""
    more = (alias.get("RoutingConfig") or {}).get("AdditionalVersionWeights") or {}
    for version, weight in more.items():
        if chance < weight:
            return str(version)
        chance -= weight
    return str(alias["FunctionVersion"])


def _digest(document: object) -> bytes:
    text = json.dumps(document, sort_keys=True, default=repr)
    return hashlib.sha256(text.encode()).digest()


def _metadata(head: str) -> dict[str, Any]:
    """It stands at the beginning of every model."""
    found = _METADATA.search(head)
    if found is None:
        raise ValueError(f"a service model without metadata in its first {len(head)} characters")
    metadata: dict[str, Any] = json.JSONDecoder().raw_decode(head, found.end())[0]
    return metadata


def main() -> None:
    """Become MiniStack."""
    Loader.FILE_LOADER_CLASS = MetadataLoader
    botocore.session.get_session = functools.cache(botocore.session.get_session)
    from ministack.core import iam_evaluator
    from ministack.services import dynamodb, lambda_svc, sts

    check = functools.lru_cache(maxsize=_KEPT)(dynamodb._condition_syntax_error)
    dynamodb._condition_syntax_error = check
    dynamodb._txn_token_store = remembered(dynamodb._txn_token_store)
    iam_evaluator.parse_policy_document = read_once(iam_evaluator.parse_policy_document)
    sts._evict_expired_sessions = undisturbed(sts._evict_expired_sessions)
    lambda_svc._effective_func_record_for_qualifier = weighted(
        lambda_svc._effective_func_record_for_qualifier
    )
    lambda_svc._invoke = invoked_by_weight(
        lambda_svc._invoke, lambda name: (lambda_svc._functions.get(name) or {}).get("aliases", {})
    )
    runpy.run_module("ministack", run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
