"""`python -m local up`, `demo`, `cloud` and `open`.

Exit codes: 0 done, 1 failed with the reason as the last line, 130 Ctrl-C, 143 SIGTERM.
"""

from __future__ import annotations

import argparse
import os
import queue
import signal
import sys
import threading
import traceback
from collections.abc import Callable
from contextlib import suppress

from local.children import Children
from local.console import Say, complain, say
from local.errors import LocalRunError

Command = Callable[[Children, Say, argparse.Namespace], int]
_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_SIGNAL_SECONDS = 0.1
_DEBUG = "STOREFRONT_DEBUG"


def main() -> int:
    """Run the command in a thread; this one waits for its end or for a signal."""
    arguments = _arguments()
    ended: queue.SimpleQueue[int] = queue.SimpleQueue()
    output = Muted(say)
    for number in _SIGNALS:
        signal.signal(number, lambda received, frame: ended.put(128 + received))
    try:
        children = Children()
    except LocalRunError as error:
        complain(str(error))
        return 1
    work = threading.Thread(
        target=lambda: ended.put(_run(arguments.run, children, output, arguments)),
        daemon=True,
    )
    work.start()
    code = first_of(ended)
    if code > 128:
        output(f"stopping: {signal.Signals(code - 128).name}")
    output.muted = True
    children.stop()
    os._exit(code)


def first_of(ended: queue.SimpleQueue[int]) -> int:
    """The first exit code, also when another thread got the signal that ends the run.

    The system may hand a signal to a thread that just ends; that wakes no wait without an end.
    """
    while True:
        with suppress(queue.Empty):
            return ended.get(timeout=_SIGNAL_SECONDS)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m local", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    up = commands.add_parser("up", help="run the whole shop until Ctrl-C")
    up.set_defaults(run=_up)
    demo = commands.add_parser("demo", help="run the shop, place four orders, show how each ended")
    demo.set_defaults(run=_demo)
    cloud = commands.add_parser("cloud", help="run an empty cloud for pulumi up, until Ctrl-C")
    cloud.set_defaults(run=_cloud)
    cloud.add_argument("--region", help="the embedded AWS's region; default: the local stack's")
    for command in (up, demo, cloud):
        command.add_argument("--port", type=int, help="the port to serve on; default: a free one")
    opened = commands.add_parser("open", help="fill and warm the shop that pulumi up has deployed")
    opened.set_defaults(run=_open)
    opened.add_argument(
        "--outputs", metavar="FILE", help="the stack's outputs as JSON, - for standard input"
    )
    return parser.parse_args()


class Muted:
    """Prints lines until it is muted: what ends because the run ends is no news.

    When nobody reads any more it is muted as well, and the run goes on.
    """

    def __init__(self, output: Say) -> None:
        self.muted = False
        self._output = output

    def __call__(self, line: str) -> None:
        """Print one line."""
        if not self.muted:
            try:
                self._output(line)
            except BrokenPipeError:
                self.muted = True


def _run(command: Command, children: Children, output: Muted, arguments: argparse.Namespace) -> int:
    try:
        return command(children, output, arguments)
    except Exception as error:  # noqa: BLE001 - the last stop: one line for the user, all on request
        if not output.muted:
            _explain(error, "" if isinstance(error, LocalRunError) else f"{type(error).__name__}: ")
    return 1


def _explain(error: Exception, kind: str) -> None:
    if os.environ.get(_DEBUG):
        complain("".join(traceback.format_exception(error)))
    complain(f"{kind}{error}")
    if kind and not os.environ.get(_DEBUG):
        complain(f"{_DEBUG}=1 shows where")


def _up(children: Children, output: Say, arguments: argparse.Namespace) -> int:
    from local.up import up

    return up(children, output, arguments.port)


def _demo(children: Children, output: Say, arguments: argparse.Namespace) -> int:
    from local.demo import demo

    return demo(children, output, arguments.port)


def _cloud(children: Children, output: Say, arguments: argparse.Namespace) -> int:
    from local.cloud import cloud
    from local.foundation import REGION

    return cloud(children, output, arguments.port, arguments.region or REGION)


def _open(children: Children, output: Say, arguments: argparse.Namespace) -> int:
    from local.opened import open_deployed

    return open_deployed(output, arguments.outputs)


if __name__ == "__main__":
    sys.exit(main())
