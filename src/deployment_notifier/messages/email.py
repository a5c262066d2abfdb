"""The alert as plain text: the email, and what any other protocol gets by default."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from deployment_notifier.messages.content import Content, Detail
    from deployment_notifier.messages.next_steps import Step


def email_text(content: Content) -> str:
    """Return the text below the subject: what it means, the numbers, the causes, what to do, the identifiers."""
    sections: tuple[Iterable[str], ...] = (
        (content.explanation,),
        content.also,
        _details(content.numbers),
        _error(content),
        _reasons(content),
        _steps(content.steps),
        _more(content),
        _details(content.identifiers),
    )
    return "\n\n".join(filter(None, ("\n".join(section) for section in sections))) + "\n"


def _details(details: Iterable[Detail]) -> Iterator[str]:
    return (f"{label}: {value}" for label, value in details)


def _error(content: Content) -> Iterator[str]:
    """Quoted line by line, so that text from outside cannot pass for a part of this message."""
    if content.error_heading:
        yield content.error_heading
    yield from (f"  > {line}" for entry in content.error for line in entry.split("\n"))


def _reasons(content: Content) -> Iterator[str]:
    """Quoted too; one id a line, to be copied from."""
    if content.reasons_heading:
        yield content.reasons_heading
    for each in content.reasons:
        yield f"  > {each.who}: {each.text}"
        yield from (f"  >   {name}" for name in each.targets)
        if each.more:
            yield f"  >   and {each.more:,} more"
    if content.other_reasons:
        yield f"  > {content.other_reasons}"


def _steps(steps: Iterable[Step]) -> Iterator[str]:
    yield "What to do:"
    for number, step in enumerate(steps, start=1):
        yield f"  {number}. {step.text}"
        if step.command is not None:
            yield f"     {step.command}"


def _more(content: Content) -> Iterator[str]:
    for step in content.more:
        yield step.text
        if step.command is not None:
            yield f"  {step.command}"
    if content.console is not None:
        yield f"AWS console: {content.console}" + (f" ({content.console_way})" if content.console_way else "")
