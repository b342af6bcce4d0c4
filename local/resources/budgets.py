"""AWS Budgets. The embedded AWS keeps them; nothing is spent there, so nobody is told."""

from __future__ import annotations

from typing import Any

from local.resources.base import Cloud, Properties
from local.resources.lifecycle import Lifecycle, physical_name
from local.resources.shapes import Api

_ADDRESSES = "subscriberEmailAddresses"


class Budget(Lifecycle):
    """A budget; its id is its account and its name."""

    handles = "aws:budgets/budget:Budget"
    replace_on = frozenset({"name"})
    tags_by = "arn"
    api = Api("budgets")

    def make(self, cloud: Cloud, name: str, inputs: Properties) -> str:
        """See `Lifecycle.make`."""
        budget = physical_name(name, inputs)
        cloud.client("budgets").create_budget(
            AccountId=cloud.account_id,
            Budget=_budget(budget, inputs),
            NotificationsWithSubscribers=[
                {"Notification": _notification(each), "Subscribers": _subscribers(each)}
                for each in inputs.get("notifications") or []
            ],
            ResourceTags=[
                {"Key": key, "Value": value} for key, value in (inputs.get("tags") or {}).items()
            ],
        )
        return f"{cloud.account_id}:{budget}"

    def observe(self, cloud: Cloud, id: str, state: Properties) -> Properties:
        """See `Lifecycle.observe`."""
        account, _, name = id.partition(":")
        found = cloud.client("budgets").describe_budget(AccountId=account, BudgetName=name)
        limit = found["Budget"]["BudgetLimit"]
        return {
            "name": name,
            "arn": f"arn:aws:budgets::{account}:budget/{name}",
            "accountId": account,
            "limitAmount": limit["Amount"],
            "limitUnit": limit["Unit"],
        }

    def change(self, cloud: Cloud, id: str, state: Properties, inputs: Properties) -> None:
        """See `Lifecycle.change`; notifications are made again, as they have no id."""
        account, _, name = id.partition(":")
        client = cloud.client("budgets")
        client.update_budget(AccountId=account, NewBudget=_budget(name, inputs))
        old, new = state.get("notifications") or [], inputs.get("notifications") or []
        if old == new:
            return
        at = {"AccountId": account, "BudgetName": name}
        for each in old:
            client.delete_notification(**at, Notification=_notification(each))
        for each in new:
            client.create_notification(
                **at, Notification=_notification(each), Subscribers=_subscribers(each)
            )

    def remove(self, cloud: Cloud, id: str, state: Properties) -> None:
        """See `Lifecycle.remove`."""
        account, _, name = id.partition(":")
        cloud.client("budgets").delete_budget(AccountId=account, BudgetName=name)


def _budget(name: str, inputs: Properties) -> dict[str, Any]:
    return {
        "BudgetName": name,
        "BudgetType": inputs["budgetType"],
        "BudgetLimit": {"Amount": inputs["limitAmount"], "Unit": inputs["limitUnit"]},
        "TimeUnit": inputs["timeUnit"],
        "CostFilters": {
            each["name"]: list(each["values"]) for each in inputs.get("costFilters") or []
        },
    }


def _notification(inputs: Properties) -> dict[str, Any]:
    return {
        "NotificationType": inputs["notificationType"],
        "ComparisonOperator": inputs["comparisonOperator"],
        "Threshold": float(inputs["threshold"]),
        "ThresholdType": inputs["thresholdType"],
    }


def _subscribers(inputs: Properties) -> list[dict[str, str]]:
    return [{"SubscriptionType": "EMAIL", "Address": address} for address in inputs[_ADDRESSES]]


HANDLERS = (Budget(),)
