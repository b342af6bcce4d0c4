"""How data outlives mistakes: one decision, three locks."""

from __future__ import annotations

import pulumi


def data_options(
    parent: pulumi.Resource,
    deletion_protected: bool,
    depends_on: list[pulumi.Resource] | None = None,
    ignore_changes: list[str] | None = None,
) -> pulumi.ResourceOptions:
    """Options of a resource that holds data and is `parent`'s child.

    Protected, Pulumi refuses to delete or replace it, and forgets it without deleting it when
    somebody lifts only that; AWS's own deletion protection is the resource's input.
    """
    return pulumi.ResourceOptions(
        parent=parent,
        protect=deletion_protected,
        retain_on_delete=deletion_protected,
        depends_on=depends_on,
        ignore_changes=ignore_changes,
    )
