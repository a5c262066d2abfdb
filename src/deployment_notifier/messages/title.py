"""The title of an alert: how severe, what, which and where, the most important first."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from deployment_notifier.messages.escape import ascii_line, cut
from deployment_notifier.messages.formatting import short
from deployment_notifier.messages.kinds import KIND_TEXTS
from deployment_notifier.model import DEFAULT_STACK_NAME
from deployment_notifier.sources.registry import PROFILES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from deployment_notifier.messages.alert_words import AlertWords
    from deployment_notifier.model import Severity

# SNS takes fewer than 100: https://docs.aws.amazon.com/sns/latest/api/API_Publish.html
SUBJECT_CHARACTERS = 99
_TAG_CHARACTERS = 24
_WHERE_CHARACTERS = 24
# The usual names of the tag that tells test from production.
_ENVIRONMENT_TAGS = ("env", "environment", "stage")

Mark = Callable[[str], str]
"""Makes text from outside safe for the place where the title goes."""


@dataclass(frozen=True, slots=True)
class Title:
    """The title of an alert, in parts, because text from outside is marked differently in each place.

    Attributes:
        product: the words before the name.
        name: the deployment's name, or its id in short; text from outside, empty for none.
        predicate: what happened, with the space or colon before it.
        tag: the tag that tells test from production, or the first; text from outside, empty for none.
        stack: the stack's name; empty for the default one.
    """

    severity: Severity
    product: str
    name: str
    predicate: str
    tag: str
    stack: str
    account: str
    region: str

    def happened(self, mark: Mark = str) -> str:
        """Return what happened to which, such as `Greengrass 1b2c3d4e failed`."""
        name = f" {mark(self.name)}" if self.name else ""
        return f"{self.product}{name}{self.predicate}"

    def line(self, mark: Mark = str) -> str:
        """Return the whole title on one line."""
        tag = f"{mark(self.tag)}, " if self.tag else ""
        return f"{self.severity.upper()}: {self.happened(mark)} - {tag}{self.where}"

    @property
    def where(self) -> str:
        """Where it happened: the stack, the account and the region, as far as they are named."""
        return " ".join(filter(None, (self.stack, self.account, self.region)))

    def subject(self) -> str:
        """Return the title within SNS's rules: 1 to 99 printable ASCII characters that start with a letter.

        If it is too long, it goes without the account if the stack has a name of its own; then without the tag; and
        then what happened is cut, but never where.
        """
        shortened = replace(self, account="" if self.stack else self.account)
        for title in (self, shortened, replace(self, tag=""), replace(shortened, tag="")):
            line = ascii_line(title.line(), 1_000)
            if len(line) <= SUBJECT_CHARACTERS:
                return line
        where = ascii_line(f"- {shortened.where}", 2 * _WHERE_CHARACTERS + 10)
        room = SUBJECT_CHARACTERS - len(where) - 1
        return f"{ascii_line(f'{self.severity.upper()}: {self.happened()}', room)} {where}"


def title_of(words: AlertWords) -> Title:
    """Return the title of an alert."""
    alert, identity = words.alert, words.identity
    product, name = words.profile.product, words.name
    if alert.kind.is_about_source:
        is_known = alert.source in PROFILES
        product, name = (words.profile.service, "") if is_known else ("Source", short(alert.source))
    return Title(
        severity=alert.severity,
        product=product,
        name=name,
        predicate=KIND_TEXTS[alert.kind].title(words),
        tag=_tag(alert.tags),
        stack="" if identity.stack_name == DEFAULT_STACK_NAME else cut(identity.stack_name, _WHERE_CHARACTERS),
        account=identity.account,
        region=cut(identity.region, _WHERE_CHARACTERS),
    )


def _tag(tags: Mapping[str, str]) -> str:
    by_name = {key.lower(): f"{key}={value}" for key, value in reversed(list(tags.items()))}
    found = next((by_name[name] for name in _ENVIRONMENT_TAGS if name in by_name), None)
    return cut(found or next((f"{key}={value}" for key, value in tags.items()), ""), _TAG_CHARACTERS)
