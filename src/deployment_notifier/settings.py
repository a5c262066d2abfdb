"""The function's settings: read from the environment and validated once, at start."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import urlsplit

from deployment_notifier.errors import SettingsError
from deployment_notifier.model import DEFAULT_KINDS, Kind, Place, Policy

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

T = TypeVar("T")

_TOPIC_ARN = re.compile(r"arn:(aws[a-z-]*):sns:([a-z0-9-]+):(\d{12}):[A-Za-z0-9_-]{1,256}")
_NAME = re.compile(r"[A-Za-z0-9_.-]{1,255}")
_THIS_MACHINE = {"127.0.0.1", "localhost", "::1", "host.docker.internal"}
"""`host.docker.internal` is how a container that `sam local invoke` starts reaches the machine it runs on."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What the stack tells the function.

    Attributes:
        history_days: days after which events, and watches that ended, expire.
    """

    place: Place
    topic_arn: str
    policy: Policy
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
    reader = _Reader(environ)
    topic_arn, partition, region, account = reader.read(
        "ALERT_TOPIC_ARN",
        "the ARN of an SNS topic, such as arn:aws:sns:eu-west-1:123456789012:alerts",
        _topic,
        otherwise=("", "", "", ""),
    )
    settings = Settings(
        place=Place(
            partition,
            region,
            account,
            # Lambda sets this one itself: docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html
            function_name=reader.read("AWS_LAMBDA_FUNCTION_NAME", "the function's name", _name, otherwise=""),
            table_name=reader.read("TABLE_NAME", "the name of a DynamoDB table", _name, otherwise=""),
        ),
        topic_arn=topic_arn,
        policy=Policy(
            alert_on=reader.read(
                "ALERT_ON",
                f"a comma-separated list of DEFAULT, {', '.join(Kind)}",
                _kinds,
                otherwise=frozenset(),
            ),
            invalid_records_threshold=reader.read_number("INVALID_RECORDS_THRESHOLD", "", 1, 999_999_999),
            stalled_after_minutes=reader.read_number("STALLED_AFTER_MINUTES", " of minutes", 1, 999_999),
            unchecked_after_minutes=reader.read_number("UNCHECKED_AFTER_MINUTES", " of minutes", 0, 999_999),
        ),
        history_days=reader.read_number("HISTORY_DAYS", " of days", 1, 9_999),
    )
    if "AWS_ENDPOINT_URL_GREENGRASS" in environ:
        reader.read(
            "AWS_ENDPOINT_URL_GREENGRASS",
            "an https:// URL, or an http:// URL of this machine, or not be set",
            _endpoint,
            otherwise="",
        )
    reader.raise_if_wrong()
    return settings


class _Reader:
    """Reads variables and collects what is wrong with them, so that one message names everything."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ
        self._problems: list[str] = []

    def read(self, name: str, expected: str, parse: Callable[[str], T | None], *, otherwise: T) -> T:
        """The parsed value of a variable; where it is wrong, that is noted and `otherwise` stands in."""
        text = self._environ.get(name)
        value = None if text is None else parse(text.strip())
        if value is not None:
            return value
        held = "is not set" if text is None else f"holds {text[:200]!r}"
        self._problems.append(f"{name} {held}; it should hold {expected}")
        return otherwise

    def read_number(self, name: str, unit: str, least: int, most: int) -> int:
        """The same for a whole number."""

        def parse(text: str) -> int | None:
            return int(text) if re.fullmatch(r"[0-9]{1,9}", text) and least <= int(text) <= most else None

        return self.read(name, f"a whole number{unit} from {least} to {most}", parse, otherwise=least)

    def raise_if_wrong(self) -> None:
        """Raise one SettingsError for everything that was noted."""
        if self._problems:
            raise SettingsError("The function's environment is wrong. " + ". ".join(self._problems) + ".")


def _topic(text: str) -> tuple[str, str, str, str] | None:
    match = _TOPIC_ARN.fullmatch(text)
    return (text, match[1], match[2], match[3]) if match else None


def _name(text: str) -> str | None:
    return text if _NAME.fullmatch(text) else None


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
        host = url.hostname
    except ValueError:
        return None
    # Requests carry session credentials, so they leave this machine encrypted or not at all.
    is_safe = url.scheme == "https" or (url.scheme == "http" and host in _THIS_MACHINE)
    return text if host and is_safe else None
