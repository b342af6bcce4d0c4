"""A provider without money or memory, for every environment that is not real.

The token decides, the same in every process:

    tok_approved*  captured
    tok_declined*  declined: card_declined
    tok_timeout*   no answer to the charge; looking it up finds it captured
    tok_lost*      no answer to the first charge; looking it up finds nothing; the next is captured
    anything else  declined: unknown_token

Where there is no answer the sweep looks it up, every `payments:sweep_interval_minutes`: until then,
a minute at most where that is 1, the order is not confirmed.
"""

from __future__ import annotations

from payments.ports import (
    Captured,
    ChargeOutcome,
    ChargeRequest,
    Declined,
    RefundRequest,
    UnknownOutcomeError,
)

_NO_ANSWER = "the sandbox does not answer, as the token asks"


class SandboxProvider:
    """A PaymentProvider whose tokens decide the outcome; every refund succeeds."""

    def charge(self, request: ChargeRequest) -> ChargeOutcome:
        """What the token says."""
        if request.payment_token.startswith("tok_timeout") or _is_lost(request):
            raise UnknownOutcomeError(_NO_ANSWER)
        return _outcome(request)

    def find(self, request: ChargeRequest) -> ChargeOutcome | None:
        """What the token says has become of the charge."""
        return None if _is_lost(request) else _outcome(request)

    def withdraw(self, request: ChargeRequest) -> ChargeOutcome | None:
        """As `find`."""
        return self.find(request)

    def refund(self, request: RefundRequest) -> bool:
        """Done."""
        return True


def _is_lost(request: ChargeRequest) -> bool:
    return request.payment_token.startswith("tok_lost") and request.attempt == 1


def _outcome(request: ChargeRequest) -> ChargeOutcome:
    if request.payment_token.startswith(("tok_approved", "tok_timeout", "tok_lost")):
        return Captured(f"sandbox-{request.key}")
    if request.payment_token.startswith("tok_declined"):
        return Declined("card_declined")
    return Declined("unknown_token")
