"""The IAM actions that each command needs. docs/command-line.md lists them for the user."""

from __future__ import annotations

from deployment_notifier.sources.registry import PROFILES

_SOURCES = tuple(action for profile in PROFILES.values() for action in profile.required_actions)
_STACK = "cloudformation:DescribeStacks"
_FUNCTION = "lambda:GetFunctionConfiguration"
_CHANGE = (_STACK, "dynamodb:Query", "dynamodb:UpdateItem")

ACTIONS: dict[str, tuple[str, ...]] = {
    "watch": (_STACK, _FUNCTION, "dynamodb:Query", "dynamodb:PutItem", *_SOURCES),
    "unwatch": _CHANGE,
    "list": (_STACK, "dynamodb:Query", "dynamodb:Scan"),
    "show": (_STACK, "dynamodb:Query"),
    "check": (_STACK, _FUNCTION, "dynamodb:Query", *_SOURCES),
    "resend": _CHANGE,
    "discard": _CHANGE,
    "test-alert": (_STACK, "sns:Publish", "sns:ListSubscriptionsByTopic", "sns:GetSubscriptionAttributes"),
    "doctor": (
        _STACK,
        "cloudformation:ListStackResources",
        _FUNCTION,
        "lambda:GetFunctionConcurrency",
        "lambda:ListEventSourceMappings",
        "events:DescribeRule",
        "sqs:GetQueueAttributes",
        "iam:SimulatePrincipalPolicy",
        "scheduler:GetSchedule",
        "logs:FilterLogEvents",
        "dynamodb:Query",
        "sns:ListSubscriptionsByTopic",
        "cloudwatch:DescribeAlarms",
    ),
}
"""The IAM actions that each command needs. `list` needs Scan only with --all."""
