"""Commands in messages: every value that came from outside is one inert argument."""

from __future__ import annotations

import json
import shlex
from dataclasses import replace

import pytest

from deployment_notifier.messages import render
from deployment_notifier.messages.content import build_content
from deployment_notifier.messages.shell_commands import notifier_command
from deployment_notifier.model import Kind
from tests.unit.messages.example_alerts import IDENTITY, example

HOSTILE = "x'; reboot #\n$(reboot) \"`reboot`"


@pytest.mark.parametrize("kind", Kind)
def test_a_hostile_value_is_one_argument_in_every_command(kind: Kind) -> None:
    identity = replace(IDENTITY, stack_name=HOSTILE, region=HOSTILE, function_name=HOSTILE)
    content = build_content(example(kind, deployment_id=HOSTILE), identity)
    commands = [step.command for step in (*content.steps, *content.more) if step.command is not None]
    assert commands
    for command in commands:
        if command.startswith("aws logs tail"):
            # The inner command's own words are checked: a shell parses "$( )" on its own.
            command = command.removeprefix('aws logs tail "$(').replace(')" --since', " --since")  # noqa: PLW2901
        words = shlex.split(command)
        assert words[0] in {"aws", "deployment-notifier"}
        assert not {"reboot", ";", "#", "$(reboot)", "`reboot`"} & set(words)


@pytest.mark.parametrize("kind", [kind for kind in Kind if not kind.is_about_source])
def test_history_and_silence_name_the_stack_only_if_it_has_a_name_of_its_own(kind: Kind) -> None:
    own = replace(IDENTITY, stack_name="my-notifier")
    alert = example(kind, deployment_id="d-1")
    history = [build_content(alert, identity).more[0].command for identity in (IDENTITY, own)]
    assert history == [
        "deployment-notifier show d-1 --region eu-west-1",
        "deployment-notifier show d-1 --stack my-notifier --region eu-west-1",
    ]


@pytest.mark.parametrize(
    ("kind", "status", "is_followed", "command"),
    [
        (Kind.STALLED, "Running", False, "unwatch d-1"),
        (Kind.UNCHECKED, "Running", False, "unwatch d-1"),
        (Kind.GROUPS_FAILED, "Completed", True, "unwatch d-1"),
        # Nothing more comes about a deployment that is no longer watched.
        (Kind.GROUPS_FAILED, "Completed", False, None),
        (Kind.FAILED, "Failed", False, None),
        (Kind.LOST, "Running", False, None),
        (Kind.SOURCE_UNREACHABLE, None, False, None),
    ],
)
def test_a_deployment_is_silenced_while_it_is_watched_and_else_its_kind(
    kind: Kind, status: str | None, is_followed: bool, command: str | None
) -> None:
    alert = example(kind, deployment_id="d-1", to_status=status, is_followed=is_followed)
    silence = build_content(alert, IDENTITY).more[1]
    if command is None:
        assert silence.command is None
        assert f"leave {kind} out of the stack's parameter AlertOn" in silence.text
    else:
        assert silence.command == f"deployment-notifier {command} --region eu-west-1"


def test_an_id_that_looks_like_an_option_is_no_option() -> None:
    assert notifier_command(IDENTITY, "show", "--help") == ("deployment-notifier show ' --help' --region eu-west-1")


def test_a_command_with_a_backtick_is_not_shown_changed_in_the_chat() -> None:
    message = render(example(Kind.STALLED, deployment_id="a`b"), IDENTITY)
    steps = json.loads(json.loads(message.body)["https"])["content"]["nextSteps"]
    assert "See whether it has progressed since: (the command is in the email)" in steps
    assert not [step for step in steps if "a'b" in step]


def test_half_a_command_is_never_shown_in_the_chat() -> None:
    message = render(example(Kind.STALLED, deployment_id="d" * 400), IDENTITY)
    steps = json.loads(json.loads(message.body)["https"])["content"]["nextSteps"]
    assert [step for step in steps if step.endswith("(the command is in the email)")]
    assert not [step for step in steps if "ddd" in step]
