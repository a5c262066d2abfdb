"""`doctor`: one line a finding, and what to do under it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rich.text import Text

from deployment_notifier_cli.console import open_console, print_advice, safe_line
from deployment_notifier_cli.health_checks.findings import Level

if TYPE_CHECKING:
    from collections.abc import Sequence

    from deployment_notifier_cli.health_checks.findings import Finding

_STYLES = {Level.OK: "green", Level.WRONG: "bold red", Level.UNKNOWN: "yellow"}
_LEVEL_WIDTH = 9
_ABOUT_WIDTH = 15


def print_finding(finding: Finding) -> None:
    """Print one finding."""
    console = open_console()
    level = finding.level.upper() if finding.level is Level.WRONG else finding.level
    text = Text(f"{level:<{_LEVEL_WIDTH}}", _STYLES[finding.level])
    text.append(f"{finding.about:<{_ABOUT_WIDTH}}", "default").append_text(safe_line(finding.what, "default"))
    console.print(text, soft_wrap=True)
    for each in finding.advice:
        print_advice(console, each, " " * _LEVEL_WIDTH + "-> ")


def print_summary(findings: Sequence[Finding]) -> None:
    """Print the result of all of them."""
    console = open_console()
    problems = sum(finding.level is Level.WRONG for finding in findings)
    unknown = sum(finding.level is Level.UNKNOWN for finding in findings)
    if problems:
        console.print(Text(f"\n{problems} problem{'s' if problems > 1 else ''} found.", "bold red"))
    elif unknown:
        console.print(Text("\nNo problem found, but not everything could be examined.", "bold yellow"))
    else:
        console.print(Text("\nAll is well.", "bold green"))
    if denied := missing_permissions(findings):
        console.print(Text(f"Permissions that you lack: {', '.join(denied)}"), soft_wrap=True)


def missing_permissions(findings: Sequence[Finding]) -> list[str]:
    """Return the IAM actions that AWS denied the user, each once."""
    return sorted({finding.denied for finding in findings if finding.denied})


def findings_json(findings: Sequence[Finding]) -> dict[str, Any]:
    """Return the same for programs."""
    return {
        "healthy": all(finding.level is Level.OK for finding in findings),
        "missingPermissions": missing_permissions(findings),
        "findings": [
            {
                "level": finding.level,
                "about": finding.about,
                "what": finding.what,
                "advice": list(finding.advice),
            }
            for finding in findings
        ],
    }
