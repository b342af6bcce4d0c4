"""Stripe: one PaymentIntent per charge, created first and confirmed second.

Only the confirmation moves money, and Stripe confirms an intent at most once. Creating it again
under the same idempotency key yields the same intent while Stripe keeps the key (24 hours); later
the search finds it by its metadata. A lookup creates nothing: what is older than an hour is
searched, and what is younger is listed, since the search lags and a list never does.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import stripe
from stripe.params import PaymentIntentCreateParams

from payments.ports import (
    Captured,
    ChargeOutcome,
    ChargeRequest,
    Clock,
    Declined,
    ProviderError,
    RefundRequest,
    UnknownOutcomeError,
)

CONNECT_TIMEOUT_SECONDS = 3.0
READ_TIMEOUT_SECONDS = 8.0
KEY_LIFE = timedelta(hours=23)
"""Stripe keeps an idempotency key for 24 hours at least."""
SEARCH_LAG = timedelta(hours=1)
"""Stripe's search knows of everything that is older, even on its slow days."""
CLOCK_SKEW = timedelta(minutes=1)
PAGE = 100

_UNEXPECTED_STATE = "payment_intent_unexpected_state"
_ALREADY_REFUNDED = "charge_already_refunded"
_METHOD = ("payment_method", "payment_method_data")
_TERMS = ("amount", "currency")
_TERMS_CODES = ("amount_too_large", "amount_too_small", "invalid_charge_amount")


def stripe_client(
    api_key: str,
    *,
    api_base: str = stripe.DEFAULT_API_BASE,
    read_timeout: float = READ_TIMEOUT_SECONDS,
) -> stripe.StripeClient:
    """A client with a timeout (seconds) on every call and no retries: the sweeper retries."""
    return stripe.StripeClient(
        api_key,
        base_addresses={"api": api_base},
        http_client=stripe.RequestsClient(timeout=(CONNECT_TIMEOUT_SECONDS, read_timeout)),
        max_network_retries=0,
    )


class StripeProvider:
    """A PaymentProvider on Stripe; `payment_token` is a card token (tok_…) or method (pm_…)."""

    def __init__(self, client: stripe.StripeClient, *, clock: Clock) -> None:
        self._intents = client.v1.payment_intents
        self._refunds = client.v1.refunds
        self._clock = clock

    def charge(self, request: ChargeRequest) -> ChargeOutcome:
        """Confirm the charge's one intent."""
        with _clear_answers():
            try:
                intent = self._intent(request)
                return self._confirm(request, intent.id)
            except stripe.CardError as error:
                return Declined(error.code or "card_declined")
            except stripe.InvalidRequestError as error:
                refusal = _refusal(error)
                if refusal is None:
                    raise
                return refusal

    def find(self, request: ChargeRequest) -> ChargeOutcome | None:
        """Read the charge's one intent as it is now."""
        with _clear_answers():
            intent = self._created(request)
            return None if intent is None else _outcome(intent)

    def withdraw(self, request: ChargeRequest) -> ChargeOutcome | None:
        """Cancel the charge's one intent: Stripe refuses any later confirmation of it.

        Where there is none, none will be confirmed: only the process that has seen an intent being
        created confirms it, and a withdrawn charge is not claimed again.
        """
        with _clear_answers():
            intent = self._created(request)
            outcome = None if intent is None else _outcome(intent)
            if intent is None or outcome is not None:
                return outcome
            try:
                self._intents.cancel(intent.id)
            except stripe.InvalidRequestError as error:
                if error.code != _UNEXPECTED_STATE:
                    raise
                return _outcome(self._intents.retrieve(intent.id))
        return None

    def refund(self, request: RefundRequest) -> bool:
        """Refund the whole intent; one that is refunded already is fine.

        The same key is answered with the refund as it was at first, so its newest is read. A refund
        that failed is told on every call: the sweep's alarm stays until a person has made another,
        which is the newest then.
        """
        with _clear_answers():
            try:
                self._refunds.create(
                    {
                        "payment_intent": request.reference,
                        "metadata": {"order_id": request.order_id},
                    },
                    {"idempotency_key": request.key},
                )
            except stripe.InvalidRequestError as error:
                if error.code != _ALREADY_REFUNDED:
                    raise
            newest = self._refunds.list({"payment_intent": request.reference, "limit": 1}).data[0]
        if newest.status in ("succeeded", "pending"):
            return newest.status == "succeeded"
        raise ProviderError(
            f"Stripe's refund {newest.id} of order {request.order_id} is {newest.status}; "
            f"refund {request.reference} by hand at Stripe: the next sweep finds it"
        )

    def _intent(self, request: ChargeRequest) -> stripe.PaymentIntent:
        if self._clock() - request.started_at > KEY_LIFE:
            found = self._searched(request)
            if found is not None:
                return found
        return self._intents.create(_terms(request), {"idempotency_key": request.key})

    def _created(self, request: ChargeRequest) -> stripe.PaymentIntent | None:
        searchable = self._clock() - SEARCH_LAG
        if request.started_at < searchable:
            found = self._searched(request)
            if found is not None:
                return found
        since = int((max(request.started_at, searchable) - CLOCK_SKEW).timestamp())
        recent = self._intents.list({"created": {"gte": since}, "limit": PAGE})
        mine = (
            intent
            for intent in recent.auto_paging_iter()
            if getattr(intent.metadata, "charge", None) == request.key
        )
        return next(mine, None)

    def _searched(self, request: ChargeRequest) -> stripe.PaymentIntent | None:
        found = self._intents.search({"query": f"metadata['charge']:'{request.key}'"}).data
        return self._intents.retrieve(found[0].id) if found else None

    def _confirm(self, request: ChargeRequest, intent_id: str) -> ChargeOutcome:
        try:
            intent = self._intents.confirm(
                intent_id,
                {"error_on_requires_action": True},
                {"idempotency_key": f"{request.key}-confirm-{request.attempt}"},
            )
        except stripe.InvalidRequestError as error:
            if error.code != _UNEXPECTED_STATE:
                raise
            intent = self._intents.retrieve(intent_id)
        outcome = _outcome(intent)
        if outcome is None:
            raise UnknownOutcomeError(f"Stripe's {intent.id} is {intent.status} after confirming")
        return outcome


def _terms(request: ChargeRequest) -> PaymentIntentCreateParams:
    params: PaymentIntentCreateParams = {
        "amount": request.amount,
        "currency": request.currency.lower(),
        "automatic_payment_methods": {"enabled": True, "allow_redirects": "never"},
        "metadata": {"order_id": request.order_id, "charge": request.key},
    }
    if request.payment_token.startswith("pm_"):
        params["payment_method"] = request.payment_token
    else:
        # Stripe takes card tokens here; its published parameter types leave `card` out.
        method = {"type": "card", "card": {"token": request.payment_token}}
        params["payment_method_data"] = method  # type: ignore[typeddict-item]
    return params


def _outcome(intent: stripe.PaymentIntent) -> ChargeOutcome | None:
    match intent.status:
        case "succeeded":
            return Captured(intent.id)
        case "canceled":
            return Declined("canceled")
        case "requires_payment_method" | "requires_action":
            failure = intent.last_payment_error
            return Declined((failure.code if failure else None) or "card_declined")
        case "requires_confirmation":
            return None
        case _:
            raise UnknownOutcomeError(f"Stripe's {intent.id} is {intent.status}")


def _refusal(error: stripe.InvalidRequestError) -> Declined | None:
    """What Stripe will never take from this order; None for what is wrong with us."""
    about = (error.param or "").split("[")[0]
    if about in _METHOD:
        return Declined("unknown_token")
    if about in _TERMS or error.code in _TERMS_CODES:
        return Declined(error.code or f"invalid_{about}")
    return None


@contextmanager
def _clear_answers() -> Iterator[None]:
    """Turns what Stripe's library raises into the port's two errors."""
    try:
        yield
    except stripe.StripeError as error:
        status = error.http_status
        about = f"Stripe answered {status} {error.code}: {error.user_message}"
        if status is None or status in (409, 429) or status >= 500:
            raise UnknownOutcomeError(about) from error
        raise ProviderError(about) from error
