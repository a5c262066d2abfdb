"""`deployment-notifier test-alert`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from deployment_notifier.messages.test_message import id_of_test_alert, render_test
from deployment_notifier.model import Kind
from deployment_notifier_cli.console import print_message
from deployment_notifier_cli.errors import Exit
from deployment_notifier_cli.json_output import print_json
from deployment_notifier_cli.subscriptions import (
    Subscription,
    filter_policy,
    how_to_confirm,
    how_to_subscribe,
    list_subscriptions,
)

if TYPE_CHECKING:
    from deployment_notifier_cli.operator_session import Operator


def _kind(name: str) -> Kind:
    try:
        return Kind(name.upper())
    except ValueError:
        raise typer.BadParameter(f"{name!r} is not known. Known: {', '.join(Kind)}.") from None


def send_test_alert(
    operator: Operator,
    *,
    as_kind: Annotated[
        Kind | None,
        typer.Option(
            "--as",
            parser=_kind,
            help="Send it with the message attributes of this kind, such as FAILED, to test a filter policy.",
            metavar="KIND",
        ),
    ] = None,
) -> Exit:
    """Publish an alert that is marked as a TEST to every subscriber, and list who gets it.

    Its event has the type greengrass-deployment.TEST and data.test = true. Exit code 1 if no subscription is confirmed.

    Example:  deployment-notifier test-alert
    """
    at, stack = operator.now(), operator.stack
    message = render_test(stack.identity, at, as_kind)
    message_id = operator.aws.sns.publish(TopicArn=stack.topic_arn, **message.arguments)["MessageId"]
    found = [(each, filter_policy(operator.aws, each)) for each in list_subscriptions(operator.aws, stack.topic_arn)]
    if operator.as_json:
        subscriptions = [_as_json(each, policy) for each, policy in found]
        print_json({"alertId": id_of_test_alert(at), "messageId": message_id, "subscriptions": subscriptions})
    else:
        print_message(f"Published the test alert {id_of_test_alert(at)}, SNS message {message_id}.")
        for each, policy in found:
            _print_subscription(operator, each, policy)
        if not found:
            print_message("No subscriber: the topic has no subscription.", how_to_subscribe(stack), style="bold red")
    return Exit.DONE if any(each.is_confirmed for each, _ in found) else Exit.FINDING


def _as_json(subscription: Subscription, policy: str | None) -> dict[str, Any]:
    return {
        "protocol": subscription.protocol,
        "endpoint": subscription.endpoint,
        "confirmed": subscription.is_confirmed,
        "filterPolicy": policy,
    }


def _print_subscription(operator: Operator, subscription: Subscription, policy: str | None) -> None:
    if not subscription.is_confirmed:
        advice = how_to_confirm(subscription, operator.stack)
        print_message(f"{subscription} does NOT get it: the subscription is not confirmed.", *advice, style="bold red")
    elif policy:
        print_message(f"{subscription} gets it if its filter policy matches: {policy}", style="yellow")
    else:
        print_message(f"{subscription} gets it.", style="green")
