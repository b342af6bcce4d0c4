"""Announcements leave the outbox: at once after the commit, or later by the sweeper."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec

from common.clock import parse_timestamp
from common.observability import logger
from payments.ports import Announcement, Clock, Ledger, Publisher

GRACE = timedelta(seconds=10)
"""How long the process that committed an event has to publish it by itself."""
PER_RUN = 500


class Remaining(msgspec.Struct, frozen=True, kw_only=True):
    """Of what was found unpublished: how many left, how many stay, the age of the oldest."""

    published: int
    unpublished: int
    oldest_seconds: int


class Announcer:
    """Publishes announcements and marks them. One may be published twice, none is lost."""

    def __init__(self, ledger: Ledger, publisher: Publisher, *, clock: Clock) -> None:
        self._ledger = ledger
        self._publisher = publisher
        self._clock = clock

    def announce(self, announcements: Sequence[Announcement]) -> int:
        """Publish what is committed, in order; gives how many left.

        What fails is logged and stays for the sweeper, with all that follows it.
        """
        published: list[str] = []
        try:
            for announcement in announcements:
                self._publisher.publish(announcement)
                published.append(announcement.event.id)
        except Exception:
            logger.exception("event not published", extra={"left": len(announcements)})
        if published:
            self._mark(published)
        return len(published)

    def announce_remaining(self) -> Remaining:
        """Publish what nobody did within the grace."""
        now = self._clock()
        remaining = self._ledger.unpublished(now - GRACE, PER_RUN)
        published = self.announce(remaining)
        return Remaining(
            published=published,
            unpublished=len(remaining) - published,
            oldest_seconds=_age_seconds(remaining[0], now) if remaining else 0,
        )

    def _mark(self, event_ids: Sequence[str]) -> None:
        try:
            self._ledger.mark_published(event_ids, self._clock())
        except Exception:
            logger.exception("published events not marked", extra={"event_ids": event_ids})


def _age_seconds(announcement: Announcement, now: datetime) -> int:
    return int((now - parse_timestamp(announcement.event.occurred_at)).total_seconds())
