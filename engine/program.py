"""Executes one Pulumi program; the language host starts this file by its path.

The request (a serialized RunRequest) comes through standard input, so that configured secrets are
neither in the arguments nor in the environment. The engine's address is the only argument. Exit
codes: 0 done, 32 the program's error is in the engine's log, 130 interrupted, else the program's
own.
"""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import runpy
import signal
import sys
import traceback
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import FrameType

import pulumi
from pulumi.runtime.proto import language_pb2

REPORTED = 32
_INTERRUPTED = 130


def _configure(request: language_pb2.RunRequest, engine: str) -> None:
    pulumi.runtime.set_all_config(dict(request.config), list(request.configSecretKeys))
    pulumi.runtime.configure(
        pulumi.runtime.Settings(
            monitor=request.monitor_address,
            engine=engine,
            project=request.project,
            root_directory=request.info.root_directory,
            stack=request.stack,
            parallel=request.parallel,
            dry_run=request.dryRun,
            organization=request.organization,
        )
    )


def _entry(request: language_pb2.RunRequest) -> Path:
    """The program's file or folder; imports are found beside it, as `python <entry>` does."""
    entry = Path(request.info.program_directory, request.info.entry_point or ".").resolve()
    if entry.is_file():
        sys.path.insert(0, str(entry.parent))
    elif not (entry / "__main__.py").is_file():
        raise pulumi.RunError(f"there is no Python program in {entry}: it needs a __main__.py")
    return entry


def _execute(request: language_pb2.RunRequest) -> None:
    entry = _entry(request)
    sys.argv = [str(entry), *request.args]
    os.chdir(request.pwd)
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    # asyncio complains of every output that a failed program leaves unresolved: no news to anybody.
    logging.getLogger("asyncio").setLevel(logging.CRITICAL)
    executor = ThreadPoolExecutor(max_workers=4 * max(request.parallel, 1))
    loop.set_default_executor(executor)
    try:
        loop.run_until_complete(
            pulumi.runtime.run_in_stack(
                lambda: _discard(runpy.run_path(str(entry), None, "__main__"))
            )
        )
    finally:
        executor.shutdown(wait=True)
        loop.close()


def _discard(_: object) -> None:
    """What the program leaves in its module is not awaited."""


def _of_the_program(error: Exception) -> str:
    """The traceback without the frames above the program's own."""
    frames = traceback.extract_tb(error.__traceback__)
    own = next((index for index, frame in enumerate(frames) if frame.name == "<module>"), 0)
    return "".join(traceback.format_exception(error, limit=own - len(frames)))


def run(request: language_pb2.RunRequest, engine: str) -> int:
    """Run the program in a stack; its errors go to the engine's log."""
    _configure(request, engine)
    try:
        _execute(request)
    except pulumi.RunError as error:
        pulumi.log.error(str(error))
        return REPORTED
    except Exception as error:  # noqa: BLE001 - whatever the program raises is shown to its author
        pulumi.log.error(f"Program failed with an unhandled exception:\n{_of_the_program(error)}")
        return REPORTED
    return 0


def _interrupt(number: int, frame: FrameType | None) -> None:
    """Unwind once and in silence: who interrupts knows it, and a second time changes nothing."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    silence = os.open(os.devnull, os.O_WRONLY)
    os.dup2(silence, sys.stderr.fileno())
    raise KeyboardInterrupt


def main() -> int:
    """Execute the request on standard input."""
    signal.signal(signal.SIGINT, _interrupt)
    request = language_pb2.RunRequest.FromString(sys.stdin.buffer.read())
    gc.disable()  # half a million objects that all stay: looking for garbage costs a second
    return run(request, sys.argv[1])


if __name__ == "__main__":
    try:
        code = main()
    except KeyboardInterrupt:
        sys.stdout.flush()
        os._exit(_INTERRUPTED)
    sys.exit(code)
