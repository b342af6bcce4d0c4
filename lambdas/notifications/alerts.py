"""Ways to reach a customer: SNS, by a topic with a filter per customer and by SMS, and WebSockets.

API Gateway holds the connections; a client that is gone is no failure.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, TypeVar

from botocore.exceptions import BotoCoreError, ClientError

from common.errors import InvalidError, UnavailableError
from notifications.models import Message

_REFUSED = {"InvalidParameter", "InvalidParameterValue"}
_GONE = "GoneException"
_PENDING = "pending confirmation"

T = TypeVar("T")


class SnsAlerts:
    """Both ports on one SNS client."""

    def __init__(self, sns: Any, topic_arn: str) -> None:
        self._sns = sns
        self._topic_arn = topic_arn

    def publish(self, customer_id: str, message: Message) -> None:
        """SNS hands it to the subscriptions whose filter names the customer."""
        _call(
            lambda: self._sns.publish(
                TopicArn=self._topic_arn,
                Subject=f"Your order {message.order_id}",
                Message=message.text,
                MessageAttributes={"customer_id": _text(customer_id)},
            )
        )

    def send_text(self, number: str, message: Message) -> bool:
        """A direct publication; False when SNS says that the number is none."""

        def send() -> bool:
            try:
                self._sns.publish(
                    PhoneNumber=number,
                    Message=message.text,
                    MessageAttributes={"AWS.SNS.SMS.SMSType": _text("Transactional")},
                )
            except ClientError as error:
                if _code(error) in _REFUSED:
                    return False
                raise
            return True

        return _call(send)

    def subscribe(self, customer_id: str, email: str) -> str:
        """SNS writes to the address and sends alerts only after its owner has confirmed.

        SNS also refuses an address that another customer gave: it has one filter per address.
        """

        def subscribe() -> str:
            try:
                answer = self._sns.subscribe(
                    TopicArn=self._topic_arn,
                    Protocol="email",
                    Endpoint=email,
                    Attributes={"FilterPolicy": json.dumps({"customer_id": [customer_id]})},
                    ReturnSubscriptionArn=True,
                )
            except ClientError as error:
                if _code(error) in _REFUSED:
                    raise InvalidError(
                        "the body breaks a rule",
                        errors=["email: alerts cannot be sent to this address; use another"],
                    ) from error
                raise
            return str(answer["SubscriptionArn"])

        return _call(subscribe)

    def unsubscribe(self, subscription_arn: str) -> bool:
        """SNS forgets by itself, within days, what nobody confirms."""

        def unsubscribe() -> bool:
            try:
                self._sns.unsubscribe(SubscriptionArn=subscription_arn)
            except ClientError as error:
                if _code(error) in _REFUSED and _PENDING in str(error):
                    return False
                if _code(error) != "NotFound":
                    raise
            return True

        return _call(unsubscribe)


def _text(value: str) -> dict[str, str]:
    return {"DataType": "String", "StringValue": value}


def _code(error: ClientError) -> str:
    return str(error.response["Error"]["Code"])


def _call(call: Callable[[], T]) -> T:
    try:
        return call()
    except (BotoCoreError, ClientError) as error:
        raise UnavailableError(f"customer alerts do not answer: {error}") from error


class GatewayPusher:
    """A `Pusher` of one API's stage; `connect` gives its client, which is made when needed."""

    def __init__(self, connect: Callable[[], Any]) -> None:
        self._connect = connect

    def post(self, connection_id: str, text: bytes) -> bool:
        """One call."""
        return self._call(
            lambda: self._connect().post_to_connection(ConnectionId=connection_id, Data=text)
        )

    def close(self, connection_id: str) -> bool:
        """One call."""
        return self._call(lambda: self._connect().delete_connection(ConnectionId=connection_id))

    def _call(self, call: Callable[[], object]) -> bool:
        try:
            call()
        except ClientError as error:
            if error.response["Error"]["Code"] == _GONE:
                return False
            raise UnavailableError(f"the connections do not answer: {error}") from error
        except BotoCoreError as error:
            raise UnavailableError(f"the connections do not answer: {error}") from error
        return True
