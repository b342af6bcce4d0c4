"""Levels by stack: the engine names the stack in a call that the SDK does not pass on.

It is the first call after the start, before the engine asks for the levels. The environment says
nothing of the stack when a language host runs the pack.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pulumi_policy import policy as sdk


def tell(on_stack: Callable[[str], None]) -> None:
    """Have `on_stack` called with the stack's name, in the pack that is made next.

    It takes the place of a private class of the SDK; a version without it fails here, at the start.
    """
    served: type[Any] = sdk._PolicyAnalyzerServicer

    class StackAware(served):  # type: ignore[misc] # the SDK's class is known at run time only
        def ConfigureStack(self, request: Any, context: Any) -> Any:  # noqa: N802 - the protocol's
            on_stack(request.stack)
            return super().ConfigureStack(request, context)

    sdk._PolicyAnalyzerServicer = StackAware  # type: ignore[misc] # see above
