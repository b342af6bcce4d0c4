"""notifications' two functions: `http` serves customers, `events` consumes the queue."""

from __future__ import annotations

from collections.abc import Mapping

from common.events import Envelope
from common.http import Request, Response, Route, http_handler
from common.paging import page_limit
from common.queues import EventHandler, queue_handler
from notifications import bootstrap
from notifications.models import Preferences
from notifications.templates import TEMPLATES

SERVICE = "notifications"


def list_notifications(request: Request) -> Response:
    """`GET /notifications`: the caller's inbox, newest first."""
    page = bootstrap.inbox().page(
        request.customer_id, request.query.get("cursor"), page_limit(request.query)
    )
    return Response(body=page)


def get_preferences(request: Request) -> Response:
    """`GET /notifications/preferences`."""
    return Response(body=bootstrap.preference_desk().preferences(request.customer_id))


def put_preferences(request: Request) -> Response:
    """`PUT /notifications/preferences`."""
    wanted = request.json(Preferences)
    return Response(body=bootstrap.preference_desk().choose(request.customer_id, wanted))


def notify(event: Envelope) -> None:
    """Tell the customer of one event."""
    bootstrap.notifier().notify(event)


ROUTES: Mapping[str, Route] = {
    "GET /notifications": list_notifications,
    "GET /notifications/preferences": get_preferences,
    "PUT /notifications/preferences": put_preferences,
}
EVENTS: Mapping[str, EventHandler] = dict.fromkeys(TEMPLATES, notify)

http = http_handler(SERVICE, ROUTES)
events = queue_handler(SERVICE, EVENTS)
