"""`make smoke STACK=dev` or `URL=https://...`: whether the shop answers as a customer needs it.

Nothing is ordered: the catalogue is read, and what needs a customer refuses one who has no token.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

from tools.delivery.errors import DeliveryError, step
from tools.delivery.stack import opened

_SECONDS = 10.0
_ATTEMPTS = 3
_PAUSE_SECONDS = 2.0


@dataclass(frozen=True)
class Question:
    """A request, and the status that it must be answered with."""

    method: str
    path: str
    expected: int


QUESTIONS = (
    Question("GET", "/products", 200),
    Question("GET", "/orders", 401),
    Question("POST", "/orders", 401),
    Question("GET", "/notifications", 401),
)


def smoke(url: str, pause: Callable[[float], None] = time.sleep) -> list[str]:
    """A line for each question; raises DeliveryError with the first that is answered otherwise."""
    if urlsplit(url).scheme not in ("http", "https"):
        raise DeliveryError(f"URL={url!r} must be the API's address, http:// or https://")
    return [_asked(url.rstrip("/"), question, pause) for question in QUESTIONS]


def _asked(url: str, question: Question, pause: Callable[[float], None]) -> str:
    """Several times before it counts: a new instance may still be starting."""
    found = 0
    for attempt in range(_ATTEMPTS):
        if attempt:
            pause(_PAUSE_SECONDS)
        found = _status(url + question.path, question.method)
        if found == question.expected:
            return f"{question.method} {question.path}: {found}"
    raise DeliveryError(
        f"{question.method} {url}{question.path} answered {found or 'nothing'}, must be "
        f"{question.expected}; take the release back with make release BACK=1"
    )


def _status(url: str, method: str) -> int:
    """The status of the answer; 0 where there was none."""
    body = b"{}" if method == "POST" else None
    request = Request(url, method=method, data=body)  # noqa: S310 - http or https, as checked
    try:
        with urlopen(request, timeout=_SECONDS) as answer:  # noqa: S310
            return int(answer.status)
    except HTTPError as error:
        return error.code
    except (URLError, TimeoutError, ConnectionError):
        return 0


def main(arguments: list[str]) -> int:
    """0 when every answer is as it must be; 1 with the first that is not."""
    parser = argparse.ArgumentParser(prog="smoke", description=__doc__)
    parser.add_argument("--stack", default="")
    parser.add_argument("--url", default="")
    given = parser.parse_args(arguments)
    return step("smoke", lambda: "\n".join(smoke(given.url or _url_of(given.stack))))


def _url_of(stack: str) -> str:
    if not stack:
        raise DeliveryError("neither URL nor STACK is given: name the API, or the stack it is of")
    return str(json.loads(opened(stack).run("stack", "output", "--json", quiet=True))["api_url"])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
