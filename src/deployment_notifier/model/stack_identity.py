"""The identity of the deployed stack."""

from __future__ import annotations

from dataclasses import dataclass

DEFAULT_STACK_NAME = "greengrass-deployment-notifier"
"""The stack's name in samconfig.toml, and the command line's default."""


@dataclass(frozen=True, slots=True)
class StackIdentity:
    """Where this notifier runs: the parts of its ARNs, commands and links.

    Attributes:
        partition: `aws`, `aws-cn` or `aws-us-gov`.
        account: the twelve digits of the account's id.
        stack_name: the CloudFormation stack's name, for the command line's `--stack`.
    """

    partition: str
    region: str
    account: str
    function_name: str
    table_name: str
    stack_name: str
