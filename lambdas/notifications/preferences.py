"""What changes when a customer chooses where alerts go."""

from __future__ import annotations

from common.errors import ConflictError
from notifications.models import Preferences, StoredPreferences
from notifications.ports import PreferenceStore, Subscriptions

_ATTEMPTS = 3


class PreferenceDesk:
    """Reads and changes a customer's preferences.

    An address gets alerts only once its owner has confirmed (double opt-in), and a former address
    is let go of before the new one is asked: a change that fails half way may be sent again and
    leaves nobody with alerts that are not theirs.
    """

    def __init__(self, store: PreferenceStore, subscriptions: Subscriptions) -> None:
        self._store = store
        self._subscriptions = subscriptions

    def preferences(self, customer_id: str) -> Preferences:
        """The customer's choice; nothing but the inbox where they made none."""
        stored = self._store.preferences(customer_id)
        return Preferences(email=stored.email, sms_number=stored.sms_number)

    def choose(self, customer_id: str, wanted: Preferences) -> Preferences:
        """Replace the customer's choice; the same again sends a lost confirmation anew.

        Raises InvalidError for an address that SNS refuses, ConflictError when others keep
        changing the same preferences.
        """
        for _ in range(_ATTEMPTS):
            before = self._store.preferences(customer_id)
            if self._store.replace(customer_id, self._changed(customer_id, before, wanted)):
                return wanted
        raise ConflictError("these preferences are being changed elsewhere; read them, try again")

    def _changed(
        self, customer_id: str, before: StoredPreferences, wanted: Preferences
    ) -> StoredPreferences:
        former = before.leaving
        if before.subscription_arn and before.email != wanted.email:
            former = (*former, before.subscription_arn)
        leaving = [arn for arn in former if not self._subscriptions.unsubscribe(arn)]
        subscription_arn = None
        if wanted.email:
            subscription_arn = self._subscriptions.subscribe(customer_id, wanted.email)
        return StoredPreferences(
            email=wanted.email,
            sms_number=wanted.sms_number,
            subscription_arn=subscription_arn,
            leaving=tuple(arn for arn in leaving if arn != subscription_arn),
            revision=before.revision + 1,
        )
