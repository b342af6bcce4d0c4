"""The output of a child process, as it comes."""

from __future__ import annotations

import enum
import os
import queue
import subprocess
import threading
from collections.abc import Iterator

_CHUNK_BYTES = 64 * 1024


class Output(enum.Enum):
    """Where a child wrote to."""

    STDOUT = "stdout"
    STDERR = "stderr"


def chunks(child: subprocess.Popen[bytes]) -> Iterator[tuple[Output, bytes]]:
    """What it writes to either pipe, in the order of arrival, until both are closed."""
    arrived: queue.SimpleQueue[tuple[Output, bytes]] = queue.SimpleQueue()

    def read(source: Output) -> None:
        pipe = child.stdout if source is Output.STDOUT else child.stderr
        if pipe:
            with pipe:
                while data := os.read(pipe.fileno(), _CHUNK_BYTES):
                    arrived.put((source, data))
        arrived.put((source, b""))

    for source in Output:
        threading.Thread(target=read, args=(source,), daemon=True).start()
    is_open = len(Output)
    while is_open:
        source, data = arrived.get()
        if data:
            yield source, data
        else:
            is_open -= 1
