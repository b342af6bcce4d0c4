"""`python -m local.provider <engine address>`: the plugin, which prints its port and serves.

With STOREFRONT_CLOUD set it hands every call to the provider of that cloud. Without, there is no
AWS: it checks, compares and previews, and refuses to create.
"""

from __future__ import annotations

import os
import signal
import sys
import threading

from local.cloud_file import VARIABLE, provider_address
from local.errors import LocalRunError
from local.provider.forward import Forwarder
from local.provider.service import Service
from local.provider.servicer import Servicer
from local.resources import Cloud


def main() -> int:
    """Serve until the engine ends the process."""
    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda received, frame: ended.set())
    forwarder, trouble = None, ""
    if os.environ.get(VARIABLE):
        try:
            forwarder = Forwarder(provider_address())
        except (LocalRunError, ConnectionError) as error:
            trouble = str(error)
    service = Service(*([forwarder] if forwarder else []))
    if forwarder is None:
        service.add(Servicer(_no_cloud, trouble))
    service.start()
    sys.stdout.write(f"{service.port}\n")
    sys.stdout.flush()
    ended.wait()
    if forwarder is not None:
        forwarder.close()
    service.stop()
    return 0


def _no_cloud(region: str) -> Cloud:
    raise LookupError(
        f"there is no embedded AWS to work on: run make cloud, and export the {VARIABLE} it prints"
    )


if __name__ == "__main__":
    sys.exit(main())
