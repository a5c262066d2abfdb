"""No stack, no access: what the operator is told, and never a traceback."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.integration.world import TABLE, World

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
def test_a_stack_that_is_not_there_is_named_with_those_that_are(terminal: Terminal, command: list[str]) -> None:
    result = terminal.type(*command, "--stack", "misspelt")

    assert result.exit_code == 3
    assert "There is no stack misspelt in eu-west-1." in result.stderr
    assert "--stack greengrass-deployment-notifier" in result.stderr


def test_the_stack_can_be_named_by_the_environment(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEPLOYMENT_NOTIFIER_STACK", "another")

    assert "There is no stack another" in terminal.type("list").stderr


def test_where_stacks_cannot_be_listed_it_says_how_to_name_one(terminal: Terminal) -> None:
    terminal.stack["Outputs"] = []

    result = terminal.type("list")

    assert result.exit_code == 3
    assert "lacks the output FunctionName" in result.stderr
    assert "--stack NAME" in result.stderr


@pytest.mark.parametrize("command", _COMMANDS, ids=lambda command: command[0])
@pytest.mark.parametrize("code", ["ExpiredToken", "InvalidClientTokenId", "UnrecognizedClientException"])
def test_credentials_that_are_not_taken_say_how_to_sign_in(terminal: Terminal, command: list[str], code: str) -> None:
    terminal.fail("cloudformation.DescribeStacks", code, "The token is expired")

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
def test_a_denied_action_is_named(terminal: Terminal, world: World, command: list[str], operation: str) -> None:
    world.register("an-id")
    terminal.fail(operation)

    result = terminal.type(*command)

    assert result.exit_code == 3
    assert f"AWS denies {operation.replace('.', ':')}" in result.stderr


def test_a_table_that_is_gone_says_so(terminal: Terminal, world: World) -> None:
    world.person.delete_table(TableName=TABLE)

    result = terminal.type("list")

    assert result.exit_code == 3
    assert "Somebody deleted a part of the stack" in result.stderr
