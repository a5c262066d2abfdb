"""No stack, no access, no resource: a clear message, and never a traceback."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.emulated.stack import at
from tests.integration.cli.operated_stack import TABLE, OperatedStack

if TYPE_CHECKING:
    from tests.integration.cli.terminal import Terminal

_ALERT = "an-id/2026-11-23T10:04:00.123Z"
_COMMANDS = [
    ("watch", "an-id"),
    ("unwatch", "an-id"),
    ("list",),
    ("show", "an-id"),
    ("check", "an-id"),
    ("resend", _ALERT),
    ("discard", "--yes", _ALERT),
    ("test-alert",),
    ("doctor",),
]


@pytest.mark.parametrize("command", _COMMANDS, ids=lambda command: command[0])
def test_a_stack_that_does_not_exist_is_named_with_those_that_do(terminal: Terminal, command: list[str]) -> None:
    result = terminal.type(*command, "--stack", "misspelt")

    assert result.exit_code == 3
    assert "There is no stack misspelt in eu-west-1." in result.stderr
    assert "--stack greengrass-deployment-notifier" in result.stderr


def test_the_stack_can_be_named_by_the_environment(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEPLOYMENT_NOTIFIER_STACK", "another")

    assert "There is no stack another" in terminal.type("list").stderr


def test_what_is_no_notifier_is_said_to_be_none(terminal: Terminal) -> None:
    del terminal.parameters["HistoryDays"]
    assert "it lacks the parameter HistoryDays" in terminal.type("list").stderr
    terminal.described["Outputs"] = []

    result = terminal.type("list")

    assert result.exit_code == 3
    assert "it lacks the output FunctionName" in result.stderr
    assert "--stack NAME" in result.stderr


@pytest.mark.parametrize("command", _COMMANDS, ids=lambda command: command[0])
def test_credentials_that_are_rejected_say_how_to_sign_in(terminal: Terminal, command: list[str]) -> None:
    terminal.fail("cloudformation.DescribeStacks", "ExpiredToken", "The token is expired")

    result = terminal.type(*command)

    assert result.exit_code == 3
    assert "aws sso login" in result.stderr


@pytest.mark.parametrize(
    ("command", "operation"),
    [
        (("watch", "an-id"), "dynamodb.PutItem"),
        (("unwatch", "an-id"), "dynamodb.UpdateItem"),
        (("list",), "dynamodb.Query"),
        (("list", "--all"), "dynamodb.Scan"),
        (("show", "an-id"), "dynamodb.Query"),
        (("check", "an-id"), "lambda.GetFunctionConfiguration"),
        (("test-alert",), "sns.Publish"),
    ],
)
def test_a_denied_action_is_named(terminal: Terminal, stack: OperatedStack, command: list[str], operation: str) -> None:
    stack.play(at(0), is_watched=command[0] != "watch")
    terminal.fail(operation)

    result = terminal.type(*command)

    assert result.exit_code == 3
    assert f"AWS denies {operation.replace('.', ':')}" in result.stderr


def test_a_table_or_topic_that_was_deleted_is_said_to_be(terminal: Terminal, stack: OperatedStack) -> None:
    stack.admin("dynamodb").delete_table(TableName=TABLE)
    stack.admin("sns").delete_topic(TopicArn=stack.topic_arn)

    for command in (["list"], ["test-alert"]):
        result = terminal.type(*command)
        assert result.exit_code == 3
        assert "A resource of the stack does not exist" in result.stderr
        assert "'deployment-notifier doctor' says what is missing" in result.stderr
