"""`make migrate STACK=dev`: brings the ledger's schema up to the code that `up` has published.

`up` does it too, before it publishes; here it is proved before a release, and does nothing then.
"""

from __future__ import annotations

import argparse
import sys
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from tools.delivery.errors import DeliveryError, step
from tools.delivery.stack import client

FUNCTION = "storefront-{stack}-payments-migrate"
_LONGEST_SECONDS = 310
"""A little longer than the function may take."""


def migrate(functions: Any, stack: str) -> str:
    """Invoke the stack's migration; raises DeliveryError with what it answered."""
    name = FUNCTION.format(stack=stack)
    try:
        answer = functions.invoke(FunctionName=name, Payload=b"{}")
    except (BotoCoreError, ClientError) as error:
        raise DeliveryError(f"{name} could not be called: {error}") from error
    said = answer["Payload"].read().decode()
    if "FunctionError" in answer:
        raise DeliveryError(f"{name} failed: {said}; nothing is released until it succeeds")
    return f"{name}: {said}"


def main(arguments: list[str]) -> int:
    """0 when the schema fits; 1 with what the migration said."""
    parser = argparse.ArgumentParser(prog="migrate", description=__doc__)
    parser.add_argument("stack")
    given = parser.parse_args(arguments)

    def body() -> str:
        once = {"read_timeout": _LONGEST_SECONDS, "retries": {"max_attempts": 0}}
        return migrate(client("lambda", given.stack, **once), given.stack)

    return step("migrate", body)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
