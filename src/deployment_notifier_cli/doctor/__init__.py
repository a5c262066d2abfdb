"""`doctor`: is the stack whole, does it work, does anybody hear it."""

from deployment_notifier_cli.doctor.examination import Visit, examine
from deployment_notifier_cli.doctor.findings import Finding, Level

__all__ = ["Finding", "Level", "Visit", "examine"]
