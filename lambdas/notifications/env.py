"""The environment variables of notifications' functions; each field is one in upper case."""

from __future__ import annotations

from typing import Annotated

import msgspec

_Text = Annotated[str, msgspec.Meta(min_length=1)]


class NotificationsEnvironment(msgspec.Struct, frozen=True, kw_only=True):
    """What both functions read: the inboxes' table, the topic customers opt in to, and where
    API Gateway takes what is for connections."""

    notifications_table_name: _Text
    notifications_alerts_topic_arn: _Text
    notifications_connections_url: _Text


class LiveEnvironment(msgspec.Struct, frozen=True, kw_only=True):
    """What the function reads that lets customers connect."""

    notifications_alerts_url: _Text
    notifications_ticket_seconds: Annotated[int, msgspec.Meta(ge=1)]
    notifications_connections_max: Annotated[int, msgspec.Meta(ge=1)]
