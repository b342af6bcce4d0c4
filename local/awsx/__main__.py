"""`python -m local.awsx <engine address>`: the plugin of awsx, as the engine starts it."""

from __future__ import annotations

import signal
import sys

from pulumi.provider import main

from local.awsx.provider import Components

if __name__ == "__main__":
    # The server's own way to end on Ctrl-C prints a traceback of what it had not closed yet.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    main(Components(), sys.argv[1:])
