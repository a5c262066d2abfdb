"""Why a command could not do what was asked: what is wrong, what to do about it, and the exit code.

CommandError
├─ NotFoundError        it is not there, or not in the state that the command needs: exit code 1
├─ UsageError           the command line makes no sense: exit code 2
└─ AwsUnavailableError  no stack, no credentials, no answer: exit code 3
   ├─ AccessError           AWS denies an action
   └─ MissingResourceError  a resource of the stack was deleted
"""

from __future__ import annotations

from enum import IntEnum

from deployment_notifier.errors import NotifierError


class Exit(IntEnum):
    """The exit codes. `--help` and docs/command-line.md list them."""

    DONE = 0
    FINDING = 1
    USAGE = 2
    UNAVAILABLE = 3


class CommandError(NotifierError):
    """A command could not do what was asked: what is wrong, and what to do about it."""

    code = Exit.FINDING

    def __init__(self, what: str, *advice: str) -> None:
        super().__init__(what)
        self.what = what
        self.advice = advice


class NotFoundError(CommandError):
    """It is not there, or not in the state that the command needs."""


class UsageError(CommandError):
    """The command line makes no sense."""

    code = Exit.USAGE


class AwsUnavailableError(CommandError):
    """There is no such stack, the user is not signed in, or AWS does not answer."""

    code = Exit.UNAVAILABLE


class AccessError(AwsUnavailableError):
    """AWS denies the user an IAM action, such as `sns:Publish`."""

    def __init__(self, action: str, answer: str) -> None:
        super().__init__(f"AWS denies {action}: {answer}", f"Ask for the permission {action}, or use --profile.")
        self.action = action


class MissingResourceError(AwsUnavailableError):
    """A resource of the stack does not exist."""

    def __init__(self, what: str) -> None:
        super().__init__(
            what,
            "It was deleted outside CloudFormation. 'deployment-notifier doctor' says what is missing, and what helps.",
        )
