"""Runs the Pulumi program in a process of its own: what it needs of memory goes when it ends.

`python -m local.deploying <cloud file> <result file>` reads the program while the cloud still
starts, writes what it made or why it failed, and wakes functions until all are warm.
"""

from __future__ import annotations

import gc
import os
import sys
import threading
import traceback
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import msgspec

from local.cloud_file import load
from local.console import complain
from local.deployment import Result
from local.errors import LocalRunError
from local.foundation import REGION
from local.monitor import deploy
from local.outputs import STACK
from local.private import write_private
from local.resources import Cloud
from local.sdk import import_by_class
from local.warm import Waking

ROOT = Path(__file__).resolve().parents[1]
_POLL_SECONDS = 0.01
_THREADS = 16


def main(cloud_file: Path, result_file: Path) -> int:
    """0 when the program has run and every function that it triggers works."""
    import_by_class()
    with ThreadPoolExecutor(_THREADS) as pool:
        cloud = pool.submit(_await_cloud, cloud_file)
        waking = Waking(pool, cloud)
        try:
            deployment = deploy(ROOT, STACK, cloud, {"aws:region": REGION}, waking.created)
        except Exception as error:  # noqa: BLE001 - whatever stopped the program is handed over
            failed = Result(failure=str(error), traceback=traceback.format_exc())
            write_private(result_file, msgspec.json.encode(failed))
            return 1
        made = Result(deployment=deployment)
        write_private(result_file, msgspec.json.encode(made, enc_hook=repr))
        try:
            waking.wait()
        except LocalRunError as error:
            complain(str(error))
            return 1
    return 0


def _await_cloud(file: Path) -> Cloud:
    pause = threading.Event()
    while not file.exists():
        pause.wait(_POLL_SECONDS)
    return load(file=file)


def _exit(code: int) -> None:
    """End at once: taking half a million objects apart would cost a second of the start."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


if __name__ == "__main__":
    gc.disable()
    _exit(main(*(Path(argument) for argument in sys.argv[1:])))
