"""A queue in numbers: what waits since when, what was put off, what became a dead letter."""

from __future__ import annotations

import heapq
from collections import deque

from inventory.consumer import backoff_most_seconds

POISON_RECEIVES = 3
"""From so many receives on SQS leaves a message out of the age of the oldest."""


class SimulatedQueue:
    """Oldest first. A message that fails rests as the worker puts it off, `max_receives` times."""

    def __init__(self, max_receives: int) -> None:
        self._max_receives = max_receives
        self._good: deque[tuple[int, int]] = deque()
        """(sent at, messages)"""
        self._apart: list[tuple[int, int, int, int, bool]] = []
        """(comes back at, sent at, receives, messages, whether they fail always)"""
        self._visible = 0
        self.dead_letters = 0

    def send(self, now: int, good: int, bad: int) -> None:
        """Messages arrive; `bad` ones never succeed."""
        if good:
            self._good.append((now, good))
            self._visible += good
        if bad:
            heapq.heappush(self._apart, (now, now, 0, bad, True))

    def lose(self, now: int, most: int, visibility_seconds: int) -> None:
        """At most so many of the oldest are received by tasks that end with them in hand."""
        for sent, messages in self._take(most):
            back = now + visibility_seconds
            heapq.heappush(self._apart, (back, sent, 1, messages, False))

    def receive(self, now: int, most: int) -> int:
        """Handle at most so many messages; gives how many were."""
        left = most
        while left and self._apart and self._apart[0][0] <= now:
            due, sent, receives, messages, fails = heapq.heappop(self._apart)
            taken = min(messages, left)
            left -= taken
            if taken < messages:
                heapq.heappush(self._apart, (due, sent, receives, messages - taken, fails))
            if fails:
                self._fail(now, sent, receives + 1, taken)
        return most - left + sum(messages for _, messages in self._take(left))

    def visible(self, now: int) -> int:
        """Messages that a receiver would get."""
        return self._visible + sum(entry[3] for entry in self._apart if entry[0] <= now)

    def oldest_age(self, now: int) -> int:
        """Age of the oldest message, those at rest included."""
        sent = [entry[1] for entry in self._apart if entry[2] < POISON_RECEIVES]
        if self._good:
            sent.append(self._good[0][0])
        return now - min(sent) if sent else 0

    def _fail(self, now: int, sent: int, receives: int, messages: int) -> None:
        if receives >= self._max_receives:
            self.dead_letters += messages
            return
        back = now + backoff_most_seconds(receives)
        heapq.heappush(self._apart, (back, sent, receives, messages, True))

    def _take(self, most: int) -> list[tuple[int, int]]:
        taken: list[tuple[int, int]] = []
        while most and self._good:
            sent, messages = self._good.popleft()
            part = min(messages, most)
            taken.append((sent, part))
            most -= part
            self._visible -= part
            if part < messages:
                self._good.appendleft((sent, messages - part))
        return taken
