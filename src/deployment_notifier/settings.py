"""The function's settings: read from the environment and validated once, at start."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import urlsplit

from deployment_notifier.errors import SettingsError
from deployment_notifier.model import DEFAULT_KINDS, Kind, Policy, StackIdentity
from deployment_notifier.sources.registry import PROFILES

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

T = TypeVar("T")

_TOPIC_ARN = re.compile(r"arn:(aws[a-z-]*):sns:([a-z0-9-]+):(\d{12}):[A-Za-z0-9_-]{1,256}")
_NAME = re.compile(r"[A-Za-z0-9_.-]{1,255}")
_URL = re.compile(r"https?://([A-Za-z0-9.-]+|\[[0-9A-Fa-f:]+\])(:[0-9]+)?(/[!-~]*)?")
"""What botocore takes: a host without an underscore, and no spaces."""

_THIS_MACHINE = {"127.0.0.1", "localhost", "::1", "host.docker.internal"}
"""`host.docker.internal` is how a container that `sam local invoke` starts reaches the machine it runs on."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What the stack tells the function.

    Attributes:
        sources: the sources that the operator named; empty for all of them.
        discover_within_hours: the age up to which a deployment is watched without being registered; 0 for none.
        history_days: days after which events, and watches that ended, expire.
    """

    identity: StackIdentity
    topic_arn: str
    sources: frozenset[str]
    policy: Policy
    discover_within_hours: int
    history_days: int


def read_settings(environ: Mapping[str, str]) -> Settings:
    """Read the settings from the environment.

    Args:
        environ: the environment's variables, as in `os.environ`.

    Returns:
        The settings, all of them valid.

    Raises:
        SettingsError: with a line for each variable that is missing or wrong: its name, what it holds and what it
            should hold.
    """
    reader = EnvironmentReader(environ)
    topic_arn, partition, region, account = reader.read(
        "ALERT_TOPIC_ARN",
        "the ARN of an SNS topic, such as arn:aws:sns:eu-west-1:123456789012:alerts",
        topic_parts,
        otherwise=("", "", "", ""),
    )
    settings = Settings(
        identity=StackIdentity(
            partition,
            region,
            account,
            # Lambda sets this one itself: docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html
            function_name=reader.read("AWS_LAMBDA_FUNCTION_NAME", "the function's name", name_or_none, otherwise=""),
            table_name=reader.read("TABLE_NAME", "the name of a DynamoDB table", name_or_none, otherwise=""),
            # Powertools reads this one, too: it is the dimension of the metrics, which the alarms look at.
            stack_name=reader.read("POWERTOOLS_SERVICE_NAME", "the stack's name", name_or_none, otherwise=""),
        ),
        topic_arn=topic_arn,
        sources=reader.read(
            "SOURCES", f"AUTO, or a comma-separated list of {', '.join(PROFILES)}", _sources, otherwise=frozenset()
        ),
        policy=Policy(
            alert_on=reader.read(
                "ALERT_ON",
                f"a comma-separated list of DEFAULT, {', '.join(Kind)}",
                _kinds,
                otherwise=frozenset(),
            ),
            thresholds={
                Kind.INVALID_RECORDS: reader.read_number("INVALID_RECORDS_THRESHOLD", "", 1, 999_999_999),
                Kind.DEVICES_FAILED: reader.read_number("FAILED_DEVICES_THRESHOLD", "", 1, 999_999_999),
            },
            stalled_after_minutes=reader.read_number("STALLED_AFTER_MINUTES", " of minutes", 1, 999_999),
            unchecked_after_minutes=reader.read_number("UNCHECKED_AFTER_MINUTES", " of minutes", 0, 999_999),
            follow_results_minutes=reader.read_number("FOLLOW_RESULTS_MINUTES", " of minutes", 0, 999_999),
            check_every_minutes=reader.read_number("CHECK_EVERY_MINUTES", " of minutes", 1, 60),
        ),
        discover_within_hours=reader.read_number("DISCOVER_WITHIN_HOURS", " of hours", 0, 999_999),
        history_days=reader.read_number("HISTORY_DAYS", " of days", 1, 9_999),
    )
    if settings.discover_within_hours >= 24 * settings.history_days and not reader.problems:
        # Else a deployment whose watch has expired would be discovered again.
        hours, days = environ["DISCOVER_WITHIN_HOURS"], environ["HISTORY_DAYS"]
        reader.problems.append(
            f"DISCOVER_WITHIN_HOURS holds {hours!r}; it should hold fewer hours than there are in HISTORY_DAYS,"
            f" which holds {days!r}"
        )
    # Powertools reads this one by itself.
    reader.read("POWERTOOLS_METRICS_NAMESPACE", "a name, as template.yaml gives it", name_or_none, otherwise="")
    # Empty is as good as unset to botocore, and what `sam local invoke` makes of a variable that is not set.
    for name in ("AWS_ENDPOINT_URL_GREENGRASS", "AWS_ENDPOINT_URL_GREENGRASSV2", "AWS_ENDPOINT_URL_IOT"):
        if environ.get(name):
            expected = "an https:// URL, or an http:// URL of this machine, or not be set"
            reader.read(name, expected, _endpoint, otherwise="")
    reader.raise_if_wrong()
    return settings


class EnvironmentReader:
    """Reads variables and collects what is wrong with them, so that one message names everything.

    Args:
        environ: the environment's variables.

    Attributes:
        problems: a sentence for each variable that is wrong.
    """

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ
        self.problems: list[str] = []

    def read(self, name: str, expected: str, parse: Callable[[str], T | None], *, otherwise: T) -> T:
        """Return the parsed value of a variable; note what is wrong with it, and return `otherwise` then."""
        text = self._environ.get(name)
        value = None if text is None else parse(text)
        if value is not None:
            return value
        held = "is not set" if text is None else f"holds {text[:200]!r}"
        self.problems.append(f"{name} {held}; it should hold {expected}")
        return otherwise

    def read_number(self, name: str, unit: str, least: int, most: int) -> int:
        """Return the whole number that a variable holds; `least` stands in for a wrong one."""

        def parse(text: str) -> int | None:
            return int(text) if re.fullmatch(r"[0-9]{1,9}", text) and least <= int(text) <= most else None

        return self.read(name, f"a whole number{unit} from {least} to {most}", parse, otherwise=least)

    def raise_if_wrong(self) -> None:
        """Raise one SettingsError for everything that was noted."""
        if self.problems:
            raise SettingsError("The function's environment is wrong. " + ". ".join(self.problems) + ".")


def topic_parts(text: str) -> tuple[str, str, str, str] | None:
    """A topic's ARN, and its partition, region and account; None where it is none."""
    match = _TOPIC_ARN.fullmatch(text)
    return (text, match[1], match[2], match[3]) if match else None


def name_or_none(text: str) -> str | None:
    """A resource's name; None where it can't be one."""
    return text if _NAME.fullmatch(text) else None


def _sources(text: str) -> frozenset[str] | None:
    names = frozenset(word.strip() for word in text.split(","))
    if names == {"AUTO"}:
        return frozenset()
    return names if names <= PROFILES.keys() else None


def _kinds(text: str) -> frozenset[Kind] | None:
    kinds = set[Kind]()
    for word in text.split(","):
        try:
            kinds |= DEFAULT_KINDS if word.strip() == "DEFAULT" else {Kind(word.strip())}
        except ValueError:
            return None
    return frozenset(kinds)


def _endpoint(text: str) -> str | None:
    try:
        url = urlsplit(text)
        host, _ = url.hostname, url.port  # a port that is no number raises
    except ValueError:
        return None
    # Requests carry session credentials, so they leave this machine encrypted or not at all.
    is_safe = url.scheme == "https" or (url.scheme == "http" and host in _THIS_MACHINE)
    return text if _URL.fullmatch(text) and is_safe else None
