"""Runs MiniStack with two habits mended; `python -I local/embedded.py`, configured as MiniStack is.

It asks for a service's whole model, in a session made for it, to learn its protocol: half a second
of a start and 57 MB. Here a model is its metadata, where MiniStack reads no more of it.

It looks for expired sessions in a dictionary that other threads add to, and fails the call whose
look is disturbed: a function that starts beside others. Here such a look finds nothing.
"""

from __future__ import annotations

import functools
import gzip
import json
import re
import runpy
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import botocore.session
from botocore.loaders import JSONFileLoader, Loader

WHOLE = frozenset({"cloudfront"})
"""The services whose shapes MiniStack reads."""
_MODEL = "service-2.json.gz"
_HEAD_CHARACTERS = 4096
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
    from ministack.services import sts

    sts._evict_expired_sessions = undisturbed(sts._evict_expired_sessions)
    runpy.run_module("ministack", run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
