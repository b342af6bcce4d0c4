"""Orders that cost nothing never reach a provider: none of them takes a charge of zero."""

from __future__ import annotations

from payments.ports import Captured, ChargeOutcome, ChargeRequest, PaymentProvider, RefundRequest

_PREFIX = "free-"


class FreeOfCharge:
    """A PaymentProvider that captures zero by itself, and asks another for everything else."""

    def __init__(self, provider: PaymentProvider) -> None:
        self._provider = provider

    def charge(self, request: ChargeRequest) -> ChargeOutcome:
        """Captured at once where there is nothing to pay."""
        return _free(request) or self._provider.charge(request)

    def find(self, request: ChargeRequest) -> ChargeOutcome | None:
        """As `charge`, which cannot fail for nothing."""
        return _free(request) or self._provider.find(request)

    def withdraw(self, request: ChargeRequest) -> ChargeOutcome | None:
        """As `charge`, which cannot fail for nothing."""
        return _free(request) or self._provider.withdraw(request)

    def refund(self, request: RefundRequest) -> bool:
        """Nothing is given back for nothing."""
        return request.reference.startswith(_PREFIX) or self._provider.refund(request)


def _free(request: ChargeRequest) -> Captured | None:
    return Captured(f"{_PREFIX}{request.key}") if request.amount == 0 else None
