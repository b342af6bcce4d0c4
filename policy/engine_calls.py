"""Two calls of the engine that the SDK keeps to itself: which stack it is, and what it configures.

The engine names the stack in the first call after the start, before it asks for the levels; the
environment says nothing of it when a language host runs the pack. The configuration of a rule that
does not exist would be kept and never read.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any

import grpc
from pulumi_policy import policy as sdk


def listen(on_stack: Callable[[str], None], rules: Collection[str]) -> None:
    """Have `on_stack` told the stack's name, and configurations of other than `rules` refused.

    For the pack that is made next: it takes the place of a private class of the SDK, and a version
    without that class fails here, at the start.
    """
    served: type[Any] = sdk._PolicyAnalyzerServicer

    class Listening(served):  # type: ignore[misc] # the SDK's class is known at run time only
        def ConfigureStack(self, request: Any, context: Any) -> Any:  # noqa: N802 - the protocol's
            on_stack(request.stack)
            return super().ConfigureStack(request, context)

        def Configure(self, request: Any, context: Any) -> Any:  # noqa: N802 - the protocol's
            if unknown := sorted(set(request.policyConfig) - {*rules, "all"}):
                context.abort(
                    grpc.StatusCode.INVALID_ARGUMENT,
                    f"the configuration names {', '.join(unknown)}, which no rule is called",
                )
            return super().Configure(request, context)

    sdk._PolicyAnalyzerServicer = Listening  # type: ignore[misc] # see above
