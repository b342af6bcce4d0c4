"""Errors a caller can act on. The HTTP edge turns each into RFC 9457 problem details."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar


class ServiceError(Exception):
    """Something went wrong that the caller is told about in `detail`."""

    status: ClassVar[int] = 500
    kind: ClassVar[str] = "internal-error"
    title: ClassVar[str] = "Internal error"

    def __init__(self, detail: str, *, errors: Sequence[str] = ()) -> None:
        super().__init__(detail)
        self.detail = detail
        self.errors = tuple(errors)


class MalformedError(ServiceError):
    """The request cannot be read: bad JSON, a missing header, a bad cursor."""

    status = 400
    kind = "malformed-request"
    title = "Malformed request"


class ForbiddenError(ServiceError):
    """The caller is known and may not do this."""

    status = 403
    kind = "forbidden"
    title = "Forbidden"


class NotFoundError(ServiceError):
    """There is no such thing, or it belongs to somebody else."""

    status = 404
    kind = "not-found"
    title = "Not found"


class ConflictError(ServiceError):
    """The thing's present state does not allow this."""

    status = 409
    kind = "conflict"
    title = "Conflict"


class TooLargeError(ServiceError):
    """The body is larger than anything that is sent here."""

    status = 413
    kind = "too-large"
    title = "Too large"


class InvalidError(ServiceError):
    """The request can be read but breaks a rule; `errors` names every rule that is broken."""

    status = 422
    kind = "invalid-request"
    title = "Invalid request"


class UnavailableError(ServiceError):
    """A dependency does not answer; the same request may succeed later."""

    status = 503
    kind = "unavailable"
    title = "Temporarily unavailable"
