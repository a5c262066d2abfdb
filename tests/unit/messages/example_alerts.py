"""Alerts for the tests of their messages."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from deployment_notifier.model import DEFAULT_STACK_NAME, Alert, Kind, Metrics, StackIdentity, source_id
from deployment_notifier.sources.greengrass_bulk.profile import GREENGRASS_BULK
from deployment_notifier.sources.greengrass_v2.profile import GREENGRASS_V2

IDENTITY = StackIdentity(
    "aws", "eu-west-1", "123456789012", "notifier-Function-1A", "notifier-Table-9Z", DEFAULT_STACK_NAME
)
ID = "1b2c3d4e-5f60-4718-8293-a4b5c6d7e8f9"
AT = datetime(2026, 11, 23, 10, 4, 0, 123_000, tzinfo=UTC)


def metrics(processed: int | None = None, invalid: int | None = None, retries: int | None = None) -> Metrics:
    counts = {"RecordsProcessed": processed, "InvalidInputRecords": invalid, "RetryAttempts": retries}
    return GREENGRASS_BULK.to_metrics({name: count for name, count in counts.items() if count is not None})


def example(kind: Kind, **fields: Any) -> Alert:  # noqa: ANN401 - the fields of Alert have many types
    about_source: dict[str, Any] = {"deployment_id": source_id("greengrass-bulk")}
    about_deployment: dict[str, Any] = {
        "deployment_id": ID,
        "from_status": "Running",
        "to_status": "Running",
        "metrics": metrics(1200, 12, 7),
    }
    defaults = about_source if kind.is_about_source else about_deployment
    return Alert(**{"at": AT, "source": "greengrass-bulk", "kind": kind, **defaults, **fields})


def example_v2(kind: Kind, counts: dict[str, int], **fields: Any) -> Alert:  # noqa: ANN401 - as above
    """An alert about a deployment of Greengrass V2 to a thing group."""
    details = {
        "deploymentName": "door-locks 2.4",
        "targetArn": "arn:aws:iot:eu-west-1:123456789012:thinggroup/door-locks",
        "revisionId": "7",
        "iotJobId": "job-1",
    }
    named = {f"numberOf{name}Things": count for name, count in counts.items()}
    defaults = {"source": "greengrass-v2", "from_status": "ACTIVE", "to_status": "ACTIVE", "details": details}
    return example(kind, **{**defaults, "metrics": GREENGRASS_V2.to_metrics(named), **fields})
