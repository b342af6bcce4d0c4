"""Roles of another account, as the policy of a resource lets them in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Guest:
    """Some roles of an account; they need not exist yet when the policy is written."""

    sid: str
    account_id: str
    roles: str
    """name of the role, or a pattern of names"""

    @property
    def principal(self) -> Mapping[str, str]:
        """The account, which then grants by policies of its own."""
        return {"AWS": f"arn:aws:iam::{self.account_id}:root"}

    @property
    def conditions(self) -> Mapping[str, Mapping[str, str]]:
        """Of that account these roles only."""
        return {"ArnLike": {"aws:PrincipalArn": role_arn(self.account_id, self.roles)}}


def role_arn(account_id: str, name: str) -> str:
    """The ARN of a role, or of all whose names match a pattern."""
    return f"arn:aws:iam::{account_id}:role/{name}"
