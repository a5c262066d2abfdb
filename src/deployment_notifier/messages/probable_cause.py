"""The usual causes of the errors that checks bring."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from deployment_notifier.sources.registry import profile_of

if TYPE_CHECKING:
    from deployment_notifier.model import Alert


@dataclass(frozen=True, slots=True)
class _Cause:
    """The usual cause of the errors that match a pattern.

    Attributes:
        pattern: looked for anywhere, because the text is AWS's message with botocore's around it. The names are the
            common errors of AWS's APIs and botocore's exceptions.
        for_all: as a sentence, when no request of this sort succeeds.
        for_one: as a sentence, when the checks of other deployments succeed.
    """

    pattern: str
    for_all: str
    for_one: str


# The first that matches wins, so the more specific come first; the last matches everything.
_CAUSES = (
    _Cause(
        r"ExpiredToken|InvalidClientTokenId|UnrecognizedClient|SignatureDoesNotMatch|InvalidSignature|NoCredentials"
        r"|IncompleteSignature|security token",
        "AWS rejects the function's credentials: the region is not enabled for the account, or the role was deleted and"
        " created again. In the second case, deploy the stack again.",
        "AWS rejected the function's credentials. If this persists, deploy the stack again.",
    ),
    _Cause(
        r"AccessDenied|Access Denied|Forbidden|NotAuthorized|not authorized|Unauthorized|\b40[13]\b",
        "AWS denies the request: the function's role lacks {actions}; or a service control policy or permissions"
        " boundary denies it.",
        "AWS denies the request for this one: a policy or permissions boundary names single deployments or tags.",
    ),
    _Cause(
        r"Throttl|TooManyRequests|RequestLimitExceeded|Rate exceeded|SlowDown|\b429\b",
        "AWS throttles the requests: something else in the account uses up the API's quota{quota}. Find it in"
        " CloudTrail and slow it down.",
        "AWS throttles the requests. Find in CloudTrail what else in the account calls this API{quota}, and slow it"
        " down.",
    ),
    _Cause(
        r"Could not connect|EndpointConnection|ConnectTimeout|ReadTimeout|timed? ?out|Name or service|resolve"
        r"|getaddrinfo|SSL|certificate|Connection (?:was|refused|reset|aborted)|ConnectionError|ConnectionClosed",
        "The network: the stack's GreengrassEndpointUrl is wrong, or the service has no endpoint in this region any"
        " more.",
        "AWS is slow or silent for this one only. This usually passes; if it persists, ask AWS Support.",
    ),
    _Cause(
        r"InternalServer|InternalFailure|InternalError|ServiceUnavailable|ServiceException|\b50[0-9]\b",
        "A fault in AWS, which usually passes. See the AWS Health Dashboard.",
        "A fault in AWS with this one. This usually passes; if it persists, ask AWS Support.",
    ),
    _Cause(
        r"BadRequest|Invalid|NotFound|UnknownOperation|\b40[04]\b",
        "The service accepts no request: the stack is in the wrong region, or the API is retired.",
        "AWS does not accept this id. Compare it with those that AWS lists.",
    ),
    _Cause(
        "",
        "Not clear from the error. Usual ones are a missing permission of the function's role, throttling, a wrong"
        " endpoint, a fault in AWS.",
        "Not clear from the error: AWS's answer for this one could not be used. The log has more.",
    ),
)


def probable_cause(alert: Alert) -> str:
    """Return what usually causes this alert's error, as sentences without text from outside."""
    error = alert.error
    found = "" if error is None else " ".join(filter(None, [error.message, *(each.code for each in error.details)]))
    cause = next(each for each in _CAUSES if re.search(each.pattern, found, re.IGNORECASE))
    profile = profile_of(alert.source)
    return (cause.for_all if alert.kind.is_about_source else cause.for_one).format(
        actions=f"one of {', '.join(profile.required_actions)}" if profile.required_actions else "a permission",
        quota=f" ({profile.quota})" if profile.quota else "",
    )


def support_note(alert: Alert) -> str | None:
    """Return what the end of the source's support explains, once it has ended; None before."""
    profile = profile_of(alert.source)
    if profile.support_ended is None or alert.at.date() < profile.support_ended:
        return None
    return profile.support_note
