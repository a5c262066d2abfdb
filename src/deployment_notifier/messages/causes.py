"""From the error that a check brought to what usually causes it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from deployment_notifier.messages.references import reference

if TYPE_CHECKING:
    from deployment_notifier.model import Alert


@dataclass(frozen=True, slots=True)
class _Cause:
    """What errors that match a pattern mostly come from.

    Attributes:
        pattern: looked for anywhere, because the text is AWS's message with botocore's around it. The names are the
            common errors of AWS's APIs and botocore's exceptions.
        for_all: where no check succeeds.
        for_one: where the checks of other deployments succeed.
    """

    pattern: str
    for_all: str
    for_one: str


# The first that matches wins, so the more telling come first; the last matches everything.
_CAUSES = (
    _Cause(
        r"ExpiredToken|InvalidClientTokenId|UnrecognizedClient|SignatureDoesNotMatch|InvalidSignature|NoCredentials"
        r"|IncompleteSignature|security token",
        "AWS does not take the function's credentials. The region is not enabled for the account, or the role was"
        " deleted and made again; then deploy the stack anew",
        "AWS did not take the function's credentials just then. If it stays, deploy the stack anew",
    ),
    _Cause(
        r"AccessDenied|Access Denied|Forbidden|NotAuthorized|not authorized|Unauthorized|\b40[13]\b",
        "AWS denies the call. The function's role lacks {actions}, or a service control policy or a permissions"
        " boundary denies it",
        "AWS denies the call for this one. A policy or permissions boundary names single deployments or tags",
    ),
    _Cause(
        r"Throttl|TooManyRequests|RequestLimitExceeded|Rate exceeded|SlowDown|\b429\b",
        "AWS throttles the call. Something else in the account uses up this API's quota (30 calls a second for the"
        " whole account); find it in CloudTrail and slow it down",
        "AWS throttles the calls, and this one was among those refused. Look for what else in the account calls this"
        " API (30 calls a second for all), and slow it down",
    ),
    _Cause(
        r"Could not connect|EndpointConnection|ConnectTimeout|ReadTimeout|timed? ?out|Name or service|resolve"
        r"|getaddrinfo|SSL|certificate|Connection (?:was|refused|reset|aborted)|ConnectionError|ConnectionClosed",
        "the network. The function was put into a VPC without a way out, the stack's GreengrassEndpointUrl is wrong, or"
        " the service's endpoint no longer exists in this region",
        "AWS is slow or silent for this one alone. That mostly passes; if it stays, ask AWS Support",
    ),
    _Cause(
        r"InternalServer|InternalFailure|InternalError|ServiceUnavailable|ServiceException|\b50[0-9]\b",
        "trouble on AWS's side. See the AWS Health Dashboard; it mostly passes by itself",
        "trouble on AWS's side with this one. It mostly passes; if it stays, ask AWS Support",
    ),
    _Cause(
        r"BadRequest|Invalid|NotFound|UnknownOperation|\b40[04]\b",
        "the service takes no call at all. The stack is in the wrong region, or the API is retired",
        "AWS does not take this id. Compare it with those that AWS lists",
    ),
    _Cause(
        "",
        "not clear from the error. Usual ones: a missing permission of the function's role, throttling, a network or"
        " endpoint setting of the function, trouble on AWS's side",
        "not clear from the error. AWS's answer for this one could not be used; the log has more",
    ),
)


def likely_cause(alert: Alert) -> str:
    """What mostly causes this alert's error, as the end of a sentence, without text from outside."""
    error = alert.error
    said = "" if error is None else " ".join(filter(None, [error.message, *(each.code for each in error.details)]))
    cause = next(each for each in _CAUSES if re.search(each.pattern, said, re.IGNORECASE))
    if not alert.kind.is_about_source:
        return cause.for_one
    return cause.for_all.format(actions=reference(alert.source).required_actions or "a permission for the calls")


def support_note(alert: Alert) -> str | None:
    """What the end of the source's support explains, once it has ended; None before."""
    words = reference(alert.source)
    if words.support_ended is None or alert.at.date() < words.support_ended:
        return None
    return words.support_note
