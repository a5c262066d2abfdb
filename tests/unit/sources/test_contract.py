"""What the source sends, reads and names, compared with botocore's model of the service."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
from botocore import xform_name
from botocore.session import get_session

from deployment_notifier.sources.greengrass_bulk.client import read_list, read_results, read_status
from deployment_notifier.sources.greengrass_bulk.profile import GREENGRASS_BULK
from deployment_notifier.sources.registry import DEFAULT_SOURCE, PROFILES

if TYPE_CHECKING:
    from collections.abc import Callable

    from botocore.model import StructureShape

SERVICE = get_session().get_service_model("greengrass")


def answer(operation: str) -> StructureShape:
    shape = SERVICE.operation_model(operation).output_shape
    assert shape is not None
    return shape


class Recording(dict[str, object]):
    """An answer that keeps the names that were read of it."""

    def __init__(self, members: dict[str, object]) -> None:
        super().__init__(members)
        self.read = set[str]()

    def get(self, name: str, default: object = None) -> object:
        self.read.add(name)
        return super().get(name, default)


@pytest.mark.parametrize(
    ("operation", "read", "least"),
    [
        (
            "GetBulkDeploymentStatus",
            read_status,
            {"BulkDeploymentStatus", "BulkDeploymentMetrics", "CreatedAt", "tags"},
        ),
        ("ListBulkDeployments", read_list, {"BulkDeployments", "NextToken"}),
        ("ListBulkDeploymentDetailedReports", read_results, {"Deployments", "NextToken"}),
    ],
)
def test_what_is_read_is_in_the_model(
    monkeypatch: pytest.MonkeyPatch, operation: str, read: Callable[[dict[str, object]], object], least: set[str]
) -> None:
    shape = answer(operation)
    recording = Recording({"BulkDeploymentStatus": "Running", "BulkDeployments": [], "Deployments": []})
    monkeypatch.setattr("deployment_notifier.sources.sanitize.mapping", lambda value: value or {})
    read(recording)
    assert least <= recording.read <= {*shape.members}


def test_the_entries_and_counts_are_in_the_model() -> None:
    status, listing = answer("GetBulkDeploymentStatus"), answer("ListBulkDeployments")
    reports = answer("ListBulkDeploymentDetailedReports")
    assert {metric.key for metric in GREENGRASS_BULK.metrics} == {*status.members["BulkDeploymentMetrics"].members}  # type: ignore[attr-defined]
    assert {"BulkDeploymentId", "CreatedAt"} <= {*listing.members["BulkDeployments"].member.members}  # type: ignore[attr-defined]
    assert {"GroupArn", "DeploymentStatus", "ErrorMessage", "ErrorDetails"} <= {
        *reports.members["Deployments"].member.members  # type: ignore[attr-defined]
    }
    assert {*status.members["ErrorDetails"].member.members} == {"DetailedErrorCode", "DetailedErrorMessage"}  # type: ignore[attr-defined]


def test_the_statuses_are_in_the_model() -> None:
    status: Any = answer("GetBulkDeploymentStatus").members["BulkDeploymentStatus"]
    statuses = {word.lower() for word in status.enum}
    assert GREENGRASS_BULK.final_statuses | {*GREENGRASS_BULK.stall_hints} == statuses
    assert GREENGRASS_BULK.completed_status.lower() in statuses


def test_the_permissions_and_commands_name_operations_of_the_model() -> None:
    operations = {*SERVICE.operation_names}
    assert {action.removeprefix("greengrass:") for action in GREENGRASS_BULK.required_actions} <= operations
    assert GREENGRASS_BULK.stop_event in operations
    commands = {xform_name(name, "-"): SERVICE.operation_model(name) for name in operations}
    profile = GREENGRASS_BULK
    for command in (
        profile.status_command,
        profile.targets_command,
        profile.stop_command,
        profile.start_command,
        profile.list_command,
    ):
        assert command is not None
        operation, *_ = command.removeprefix("aws greengrass ").split()
        shape = commands[operation].input_shape
        assert shape is not None
        options = {*re.findall(r" --([a-z0-9-]+)", command)} - {"region", "query"}
        assert options <= {xform_name(name, "-") for name in shape.members}


def test_each_source_is_registered_under_its_own_name() -> None:
    assert all(name == profile.name for name, profile in PROFILES.items())
    assert DEFAULT_SOURCE in PROFILES
