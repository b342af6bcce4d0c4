"""The relay's environment variables; each field is one in upper case."""

from __future__ import annotations

from typing import Annotated

import msgspec

_Text = Annotated[str, msgspec.Meta(min_length=1)]


class RelayEnvironment(msgspec.Struct, frozen=True, kw_only=True):
    """The table, the topic, and the age at which an unpublished event counts as forgotten."""

    relay_table_name: _Text
    events_topic_arn: _Text
    relay_grace_seconds: Annotated[int, msgspec.Meta(ge=1)]
