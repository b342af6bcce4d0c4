"""`python -m local up` and `python -m local demo`.

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

from local.children import Children
from local.console import Say, complain, say
from local.errors import LocalRunError

Command = Callable[[Children, Say, int | None], int]
_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_DEBUG = "STOREFRONT_DEBUG"


def main() -> int:
    """Run the command in a thread; this one waits for its end or for a signal."""
    arguments = _arguments()
    command = _up if arguments.command == "up" else _demo
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
        target=lambda: ended.put(_run(command, children, output, arguments.port)),
        daemon=True,
    )
    work.start()
    code = ended.get()
    if code > 128:
        output(f"stopping: {signal.Signals(code - 128).name}")
    output.muted = True
    children.stop()
    os._exit(code)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m local", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    for name, text in (
        ("up", "run the whole shop until Ctrl-C"),
        ("demo", "run the shop, place four orders, show how each ended"),
    ):
        command = commands.add_parser(name, help=text)
        command.add_argument("--port", type=int, help="the port to serve on; default: a free one")
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


def _run(command: Command, children: Children, output: Muted, port: int | None) -> int:
    try:
        return command(children, output, port)
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


def _up(children: Children, output: Say, port: int | None) -> int:
    from local.up import up

    return up(children, output, port)


def _demo(children: Children, output: Say, port: int | None) -> int:
    from local.demo import demo

    return demo(children, output, port)


if __name__ == "__main__":
    sys.exit(main())
