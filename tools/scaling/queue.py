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
        self._bad: list[tuple[int, int, int, int]] = []
        """(comes back at, sent at, receives, messages)"""
        self._visible = 0
        self.dead_letters = 0

    def send(self, now: int, good: int, bad: int) -> None:
        """Messages arrive; `bad` ones never succeed."""
        if good:
            self._good.append((now, good))
            self._visible += good
        if bad:
            heapq.heappush(self._bad, (now, now, 0, bad))

    def receive(self, now: int, most: int) -> int:
        """Handle at most so many messages; gives how many were."""
        left = most
        while left and self._bad and self._bad[0][0] <= now:
            due, sent, receives, messages = heapq.heappop(self._bad)
            taken = min(messages, left)
            left -= taken
            if taken < messages:
                heapq.heappush(self._bad, (due, sent, receives, messages - taken))
            self._fail(now, sent, receives + 1, taken)
        while left and self._good:
            sent, messages = self._good[0]
            taken = min(messages, left)
            left -= taken
            self._visible -= taken
            if taken < messages:
                self._good[0] = (sent, messages - taken)
            else:
                self._good.popleft()
        return most - left

    def visible(self, now: int) -> int:
        """Messages that a receiver would get."""
        return self._visible + sum(entry[3] for entry in self._bad if entry[0] <= now)

    def oldest_age(self, now: int) -> int:
        """Age of the oldest message, those at rest included."""
        sent = [entry[1] for entry in self._bad if entry[2] < POISON_RECEIVES]
        if self._good:
            sent.append(self._good[0][0])
        return now - min(sent) if sent else 0

    def _fail(self, now: int, sent: int, receives: int, messages: int) -> None:
        if receives >= self._max_receives:
            self.dead_letters += messages
            return
        back = now + backoff_most_seconds(receives)
        heapq.heappush(self._bad, (back, sent, receives, messages))
