"""The environment variables of notifications' functions; each field is one in upper case."""

from __future__ import annotations

from typing import Annotated

import msgspec

_Text = Annotated[str, msgspec.Meta(min_length=1)]


class NotificationsEnvironment(msgspec.Struct, frozen=True, kw_only=True):
    """What both functions read: the inboxes' table, and the topic customers opt in to."""

    notifications_table_name: _Text
    notifications_alerts_topic_arn: _Text
