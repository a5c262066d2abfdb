"""The alert as a text message."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from deployment_notifier.messages.content import Content

# A longer one is sent, and paid, as several.
SMS_CHARACTERS = 140


def sms_text(content: Content) -> str:
    """Return one line of at most 140 ASCII characters: the subject, then as many of the counts as fit."""
    line = content.title.subject()
    for count in content.counts:
        longer = f"{line}; {count}"
        if count not in line and len(longer) <= SMS_CHARACTERS:
            line = longer
    return line
