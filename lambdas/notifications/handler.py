"""notifications' functions: `http` serves customers, `events` consumes the queue.

`http` serves connections for live alerts as well: few come, and it is awake.
"""

from __future__ import annotations

from collections.abc import Mapping

from common.events import Envelope
from common.http import Request, Response, Route, http_handler
from common.paging import page_limit
from common.queues import EventHandler, queue_handler
from common.sockets import Connection, SocketRoute, by_kind, socket_handler
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


def issue_ticket(request: Request) -> Response:
    """`POST /notifications/tickets`."""
    url = bootstrap.live_environment().notifications_alerts_url
    ticket = bootstrap.live_desk().issue(request.customer_id, url)
    return Response(status=201, body=ticket, headers={"cache-control": "no-store"})


def connect(connection: Connection) -> None:
    """`$connect`: a browser can send no header with it, so the ticket is in the query."""
    bootstrap.live_desk().connect(connection.query.get("ticket", ""), connection.connection_id)


def disconnect(connection: Connection) -> None:
    """`$disconnect`."""
    bootstrap.live_desk().disconnect(connection.connection_id)


def notify(event: Envelope) -> None:
    """Tell the customer of one event."""
    bootstrap.notifier().notify(event)


ROUTES: Mapping[str, Route] = {
    "GET /notifications": list_notifications,
    "GET /notifications/preferences": get_preferences,
    "PUT /notifications/preferences": put_preferences,
    "POST /notifications/tickets": issue_ticket,
}
SOCKET_ROUTES: Mapping[str, SocketRoute] = {"$connect": connect, "$disconnect": disconnect}
EVENTS: Mapping[str, EventHandler] = dict.fromkeys(TEMPLATES, notify)

http = by_kind(http_handler(SERVICE, ROUTES), socket_handler(SERVICE, SOCKET_ROUTES))
events = queue_handler(SERVICE, EVENTS)
