"""A signal ends the run whichever thread the system hands it to."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

_ROOT = Path(__file__).parents[2]
_SIGNALLED_ELSEWHERE = """
import queue, signal, threading, time
from local.__main__ import first_of

ended = queue.SimpleQueue()
signal.signal(signal.SIGTERM, lambda number, frame: ended.put(128 + number))

def get_the_signal():
    time.sleep(0.2)
    signal.pthread_kill(threading.get_ident(), signal.SIGTERM)
    time.sleep(30)

threading.Thread(target=get_the_signal, daemon=True).start()
print(first_of(ended))
"""


def test_a_signal_that_another_thread_got_ends_the_wait() -> None:
    ended = subprocess.run(  # noqa: S603 - our own interpreter and code
        [sys.executable, "-c", _SIGNALLED_ELSEWHERE],
        cwd=_ROOT,
        capture_output=True,
        text=True,
        timeout=10,
        check=True,
    )

    assert ended.stdout == "143\n"
