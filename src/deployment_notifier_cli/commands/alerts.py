"""`resend`, `discard` and `test-alert`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from deployment_notifier.model import Kind  # noqa: TC001 - Typer reads the annotation
from deployment_notifier_cli import trial
from deployment_notifier_cli.changes import alert_key
from deployment_notifier_cli.errors import Exit, UsageError
from deployment_notifier_cli.options import JsonOption, ProfileOption, RegionOption, StackOption, operator
from deployment_notifier_cli.stack import DEFAULT_NAME
from deployment_notifier_cli.subscriptions import Subscription, how_to_confirm, how_to_subscribe, subscriptions
from deployment_notifier_cli.views.paper import say, say_json

if TYPE_CHECKING:
    from deployment_notifier_cli.stack import Stack

AlertArgument = Annotated[
    str,
    typer.Argument(
        help="An alert's id, as messages and 'show' have it: <deployment's id>/<time>.",
        metavar="ALERT",
        show_default=False,
    ),
]


def resend(
    context: typer.Context,
    alert: AlertArgument,
    *,
    stack: StackOption = DEFAULT_NAME,
    region: RegionOption = None,
    profile: ProfileOption = None,
    as_json: JsonOption = False,
) -> None:
    """Publish an alert again, or at once when it rests after a failure.

    It goes with the next sweep and has the same id, so a program that drops repeats drops it.

    Example:  deployment-notifier resend 1b2c3d4e-5f60-7182-93a4-b5c6d7e8f901/2026-11-23T10:04:00.123Z
    """
    alert_key(alert)
    here = operator(context, stack, region, profile)
    before = here.changes.resend(alert)
    if as_json:
        say_json({"alertId": alert, "before": before.state, "goesWithinMinutes": here.stack.check_every_minutes})
        return
    say(
        f"{before.alert.kind} {alert} goes with the next sweep, {here.next_sweep}. It was {before.state}.",
        f"See how it went: deployment-notifier show {before.alert.deployment_id}",
    )


def discard(  # noqa: PLR0913 - one more than a command's usual options
    context: typer.Context,
    alert: AlertArgument,
    *,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    stack: StackOption = DEFAULT_NAME,
    region: RegionOption = None,
    profile: ProfileOption = None,
    as_json: JsonOption = False,
) -> None:
    """Give up an alert that waits to be published. It stays in the story, marked as discarded.

    This is for one that can't be delivered or can't be read. Nobody will get it, unless it is resent.

    Example:  deployment-notifier discard 1b2c3d4e-5f60-7182-93a4-b5c6d7e8f901/2026-11-23T10:04:00.123Z
    """
    alert_key(alert)
    here = operator(context, stack, region, profile)
    if not yes:
        _ask(f"Discard {alert}, so that nobody gets it?")
    here.changes.discard(alert)
    if as_json:
        say_json({"alertId": alert, "result": "discarded"})
    else:
        say(f"{alert} is discarded: it will not be sent.", f"Undo: deployment-notifier resend {alert}")


def _ask(question: str) -> None:
    try:
        agreed = typer.confirm(question, err=True)
    except typer.Abort:
        # Nobody is there to answer: a pipe or a scheduled job.
        typer.echo(err=True)
        raise UsageError("Not confirmed, so nothing was changed.", "Add --yes where nobody can answer.") from None
    if not agreed:
        say("Nothing was changed.")
        raise typer.Exit(Exit.FINDING)


def try_out(
    context: typer.Context,
    *,
    as_kind: Annotated[
        Kind | None,
        typer.Option("--as", help="Carry this kind's message attributes, to try a subscription that filters."),
    ] = None,
    stack: StackOption = DEFAULT_NAME,
    region: RegionOption = None,
    profile: ProfileOption = None,
    as_json: JsonOption = False,
) -> None:
    """Publish an alert that says in its subject and each body that it is a TEST, and say who gets it.

    Its event has the type greengrass-deployment.TEST and data.test = true. Exit code 1 when nobody gets it.

    Example:  deployment-notifier test-alert
    """
    here = operator(context, stack, region, profile)
    at = here.now()
    message_id = trial.publish(here.aws.sns, here.stack, trial.make(here.stack, at, as_kind))
    found = subscriptions(here.aws, here.stack.topic_arn)
    if as_json:
        say_json(
            {
                "alertId": trial.identity(at),
                "messageId": message_id,
                "subscriptions": [_as_json(each) for each in found],
            }
        )
    else:
        say(f"Published the test alert {trial.identity(at)}, message {message_id}.")
        _say_who_hears(found, here.stack)
    if not any(each.is_confirmed for each in found):
        raise typer.Exit(Exit.FINDING)


def _as_json(subscription: Subscription) -> dict[str, Any]:
    return {
        "protocol": subscription.protocol,
        "endpoint": subscription.endpoint,
        "confirmed": subscription.is_confirmed,
        "filterPolicy": subscription.filter_policy,
    }


def _say_who_hears(found: list[Subscription], stack: Stack) -> None:
    if not found:
        say("Nobody gets it: the topic has no subscription.", how_to_subscribe(stack), style="bold red")
    for each in found:
        name = f"{each.protocol} {each.endpoint}"
        if not each.is_confirmed:
            say(f"{name} does NOT get it: the subscription is not confirmed.", *how_to_confirm(each, stack))
        elif each.filter_policy:
            say(f"{name} gets it if its filter lets it through: {each.filter_policy}", style="yellow")
        else:
            say(f"{name} gets it.", style="green")
