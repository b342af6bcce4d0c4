"""Stripe's webhooks, proved by its own library."""

from __future__ import annotations

import stripe

from payments.ports import UnprovenError

TOLERANCE_SECONDS = 300


class StripeWebhookVerifier:
    """A WebhookVerifier for an endpoint's signing secret (whsec_…)."""

    def __init__(self, secret: str) -> None:
        self._secret = secret

    def verify(self, body: bytes, signature: str) -> None:
        """Raises UnprovenError unless a signature fits and is 300 s old at most.

        The library raises others than its own for text that is not UTF-8 or not ASCII.
        """
        try:
            stripe.WebhookSignature.verify_header(body, signature, self._secret, TOLERANCE_SECONDS)
        except stripe.SignatureVerificationError as error:
            raise UnprovenError(error.user_message or "Stripe's library refuses it") from error
        except (TypeError, ValueError) as error:
            raise UnprovenError("body or signature is not the text it must be") from error
