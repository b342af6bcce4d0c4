"""A payment provider with memory and moods."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from enum import Enum, auto
from typing import TypeVar

from payments.ports import (
    Captured,
    ChargeOutcome,
    ChargeRequest,
    Declined,
    RefundRequest,
    UnknownOutcomeError,
)

T = TypeVar("T")


class Mood(Enum):
    """How the bank takes one call that could move money."""

    ANSWERS = auto()
    LOSES_THE_ANSWER = auto()
    """it does what it is asked, and the caller never hears of it"""
    LOSES_THE_REQUEST = auto()
    """it never hears of what it is asked"""
    KILLS_THE_CALLER = auto()
    """it does what it is asked, and the calling process dies"""


class ProcessKilledError(BaseException):
    """The process ends here: nothing after this line of it runs, no handler either."""


class Bank:
    """A PaymentProvider with memory. Each `moods` entry is for one charge or refund, in order.

    `taken` and `given` count money movements by order; `meanwhile` runs inside the next charge.
    """

    def __init__(self) -> None:
        self.moods: list[Mood] = []
        self.taken: Counter[str] = Counter()
        self.given: Counter[str] = Counter()
        self.calls: list[str] = []
        self.deaf = False
        self.refunds_take_time = False
        self.meanwhile: Callable[[], None] | None = None
        self._outcomes: dict[str, ChargeOutcome] = {}

    def charge(self, request: ChargeRequest) -> ChargeOutcome:
        self.calls.append("charge")
        if self.meanwhile:
            act, self.meanwhile = self.meanwhile, None
            act()
        return self._in_its_mood(lambda: self._charge(request))

    def find(self, request: ChargeRequest) -> ChargeOutcome | None:
        self.calls.append("find")
        if self.deaf:
            raise UnknownOutcomeError("the bank is deaf")
        return self._outcomes.get(request.key)

    def withdraw(self, request: ChargeRequest) -> ChargeOutcome | None:
        self.calls.append("withdraw")
        if self.deaf:
            raise UnknownOutcomeError("the bank is deaf")
        known = self._outcomes.get(request.key)
        self._outcomes.setdefault(request.key, Declined("canceled"))
        return known

    def refund(self, request: RefundRequest) -> bool:
        self.calls.append("refund")
        return self._in_its_mood(lambda: self._refund(request))

    def _charge(self, request: ChargeRequest) -> ChargeOutcome:
        if request.key not in self._outcomes:
            refused = request.payment_token.startswith("tok_declined")
            self._outcomes[request.key] = (
                Declined("card_declined") if refused else Captured(f"bank-{request.key}")
            )
            self.taken[request.order_id] += not refused
        return self._outcomes[request.key]

    def _refund(self, request: RefundRequest) -> bool:
        if not self.given[request.order_id]:
            self.given[request.order_id] += 1
        return not self.refunds_take_time

    def _in_its_mood(self, act: Callable[[], T]) -> T:
        mood = self.moods.pop(0) if self.moods else Mood.ANSWERS
        if mood is Mood.LOSES_THE_REQUEST:
            raise UnknownOutcomeError("the bank did not hear")
        done = act()
        if mood is Mood.LOSES_THE_ANSWER:
            raise UnknownOutcomeError("the bank was not heard")
        if mood is Mood.KILLS_THE_CALLER:
            raise ProcessKilledError
        return done
