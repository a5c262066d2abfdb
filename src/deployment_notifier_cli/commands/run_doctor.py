"""`deployment-notifier doctor`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deployment_notifier_cli.errors import Exit
from deployment_notifier_cli.health_checks.findings import Level
from deployment_notifier_cli.health_checks.run import examine
from deployment_notifier_cli.json_output import print_json
from deployment_notifier_cli.views.findings_view import findings_json, print_finding, print_summary

if TYPE_CHECKING:
    from deployment_notifier_cli.operator_session import Operator


def run_doctor(operator: Operator) -> Exit:
    """Examine the stack: its resources, permissions, sweeps, sources, subscriptions and alarms. Says what to do.

    Exit code 0 only if everything was examined and is well; 1 if there is a problem; 3 if no problem was found, but not
    everything could be examined: the permissions that you lack are listed at the end.

    Example:  deployment-notifier doctor --stack greengrass-deployment-notifier --region eu-west-1
    """
    findings = []
    for finding in examine(operator):
        findings.append(finding)
        if not operator.as_json:
            print_finding(finding)
    if operator.as_json:
        print_json(findings_json(findings))
    else:
        print_summary(findings)
    levels = {finding.level for finding in findings}
    if Level.WRONG in levels:
        return Exit.FINDING
    return Exit.UNAVAILABLE if Level.UNKNOWN in levels else Exit.DONE
