"""What CloudFront proves itself with to the backends: a header that only it knows.

Backends know digests, so nothing that runs, and nobody who reads its configuration, can make the
header. They accept three generations, the previous, the current and the next: whichever of
CloudFront and a backend changes first, at a rotation both still understand each other.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import pulumi

from components.blocks.generated_secret import GeneratedSecret, GeneratedSecretArgs
from components.blocks.grants import Grant
from components.blocks.keys import Key
from components.naming import Scope

HEADER = "x-origin-verify"
_VARIABLE = "EDGE_ORIGIN_DIGESTS"


@dataclass(frozen=True, kw_only=True)
class OriginSecretArgs:
    """Arguments of `OriginSecret`."""

    scope: Scope
    """names and tags"""
    generation: int
    """1 or more; one more is a rotation"""
    recovery_days: int
    """days in which the deletion of a generation can be taken back"""
    key: Key | None = None
    """customer managed key of the secrets"""


class OriginSecret(pulumi.ComponentResource):
    """`value` is what CloudFront sends in `HEADER` now."""

    value: pulumi.Output[str]

    def __init__(
        self, name: str, args: OriginSecretArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("storefront:blocks:OriginSecret", name, {}, opts)
        previous, current, following = (
            GeneratedSecret(
                f"{name}-{generation}",
                GeneratedSecretArgs(
                    scope=args.scope,
                    role=f"origin-{generation}",
                    recovery_days=args.recovery_days,
                    key=args.key,
                ),
                pulumi.ResourceOptions(parent=self),
            )
            for generation in range(args.generation - 1, args.generation + 2)
        )
        self.value = current.value
        digests = [each.value.apply(_digest) for each in (previous, current, following)]
        # The digest of 256 random bits tells nothing of them, and a preview is to show it.
        self._digests = pulumi.Output.unsecret(pulumi.Output.all(*digests)).apply(",".join)
        self.register_outputs({})

    def grant_check(self) -> Grant:
        """Refuse what did not come through CloudFront; nothing but digests is given away."""
        return Grant(statements=(), environment={_VARIABLE: self._digests})


def _digest(value: str) -> str:
    return hashlib.sha256(value.encode()).hexdigest()
