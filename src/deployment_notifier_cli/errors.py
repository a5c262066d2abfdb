"""What a command ends with when it can't do what was asked: what is wrong, what to do, and the exit code.

CommandError
NotFoundError      it is not there, or not in the state that this needs: exit code 1
UsageError         what was typed makes no sense: exit code 2
UnavailableError   no stack, no access, no answer: exit code 3
AccessError      AWS denies one action
"""

from __future__ import annotations

from enum import IntEnum

from deployment_notifier.errors import NotifierError


class Exit(IntEnum):
    """The exit codes that scripts can rely on; `--help` tells them."""

    DONE = 0
    FINDING = 1
    USAGE = 2
    UNAVAILABLE = 3


class CommandError(NotifierError):
    """A command can't do what was asked.

    Args:
        what: what is wrong, as a sentence.
        advice: what to do about it: sentences, or commands that can be pasted.
    """

    code = Exit.FINDING

    def __init__(self, what: str, *advice: str) -> None:
        super().__init__(what)
        self.what = what
        self.advice = advice


class NotFoundError(CommandError):
    """The table does not hold it, or not in the state that the command needs."""


class UsageError(CommandError):
    """What was typed makes no sense."""

    code = Exit.USAGE


class UnavailableError(CommandError):
    """There is no such stack, nobody is signed in, or AWS does not answer."""

    code = Exit.UNAVAILABLE


class AccessError(UnavailableError):
    """AWS denies an action to whoever is signed in.

    Args:
        action: the IAM action, such as `sns:Publish`.
        answer: what AWS said.
    """

    def __init__(self, action: str, answer: str) -> None:
        super().__init__(
            f"AWS denies {action}: {answer}", f"Ask for the permission {action}, or use another --profile."
        )
        self.action = action
