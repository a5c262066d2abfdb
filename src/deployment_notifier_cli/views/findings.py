"""`doctor`: one line a finding, and what to do under it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rich.text import Text

from deployment_notifier_cli.doctor import Level
from deployment_notifier_cli.views.paper import line, paper

if TYPE_CHECKING:
    from collections.abc import Sequence

    from deployment_notifier_cli.doctor import Finding

_STYLES = {Level.OK: "green", Level.WRONG: "bold red", Level.UNKNOWN: "yellow"}
_LEVEL_WIDTH = 9
_ABOUT_WIDTH = 15


def show(finding: Finding) -> None:
    """Print one finding."""
    console = paper()
    text = Text(f"{finding.level.upper() if finding.level is Level.WRONG else finding.level:<{_LEVEL_WIDTH}}")
    text.stylize(_STYLES[finding.level])
    text.append(f"{finding.about:<{_ABOUT_WIDTH}}")
    console.print(text.append(line(finding.what)), soft_wrap=True)
    for each in filter(None, finding.advice):
        console.print(Text(" " * _LEVEL_WIDTH + "-> ").append(line(each)), soft_wrap=True)


def show_sum(findings: Sequence[Finding]) -> None:
    """Print how many of each there are."""
    wrongs = sum(finding.level is Level.WRONG for finding in findings)
    unknowns = sum(finding.level is Level.UNKNOWN for finding in findings)
    sentence = "All is well." if not wrongs else f"{wrongs} thing{'s' if wrongs > 1 else ''} to do."
    if unknowns:
        sentence += f" {unknowns} could not be told."
    paper().print(Text(f"\n{sentence}", "bold red" if wrongs else "bold"))


def as_json(findings: Sequence[Finding]) -> dict[str, Any]:
    """The same for programs."""
    return {
        "healthy": all(finding.level is not Level.WRONG for finding in findings),
        "findings": [
            {
                "level": finding.level,
                "about": finding.about,
                "what": finding.what,
                "advice": list(filter(None, finding.advice)),
            }
            for finding in findings
        ],
    }
