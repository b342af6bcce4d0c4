"""The sandbox's webhooks, signed as Stripe signs: 339 modules of its library less to import."""

from __future__ import annotations

import hashlib
import hmac
import re

from payments.ports import Clock, UnprovenError

TOLERANCE_SECONDS = 300
_MOMENT = re.compile(r"(?:^|,)t=([0-9]{1,12})(?:,|$)")
_SIGNATURE = re.compile(r"(?:^|,)v1=([0-9a-f]{64})(?=,|$)")


class SandboxWebhookVerifier:
    """A WebhookVerifier: `t=<Unix seconds>,v1=<HMAC-SHA256 of "t.body">`, one `v1` or more."""

    def __init__(self, secret: str, *, clock: Clock) -> None:
        if not secret:
            raise ValueError("the webhook secret is empty; anybody could sign with it: set one")
        self._secret = secret.encode()
        self._clock = clock

    def verify(self, body: bytes, signature: str) -> None:
        """Raises UnprovenError unless a signature fits and is 300 s old at most."""
        moment = _MOMENT.search(signature)
        if moment is None:
            raise UnprovenError("the signature names no moment")
        content = moment[1].encode() + b"." + body
        expected = hmac.new(self._secret, content, hashlib.sha256).hexdigest()
        given = _SIGNATURE.findall(signature)
        if not any(hmac.compare_digest(expected, each) for each in given):
            raise UnprovenError("no signature fits the body")
        if int(moment[1]) < self._clock().timestamp() - TOLERANCE_SECONDS:
            raise UnprovenError("the signature is too old")
