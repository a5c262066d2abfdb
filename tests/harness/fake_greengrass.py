"""Greengrass V1 in memory, with the operations of boto3's client that this project calls."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from tests.harness.fake_dynamodb import error
from tests.harness.fake_service import FakeService

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.harness.fake_service import Answer

GROUP_ARN = "arn:aws:greengrass:eu-west-1:123456789012:/greengrass/groups/{}/versions/1"

UNKNOWN = error("GetBulkDeploymentStatus", "BadRequestException", "There is no such bulk deployment.")


@dataclass
class FakeDeployment:
    """One bulk deployment.

    Attributes:
        answer: what GetBulkDeploymentStatus answers.
        created: when it was created, which is its place in the listing.
        created_at: `CreatedAt` in the listing; None to leave it out.
        groups: the status and error text of each group's deployment.
        is_listed: whether the listing has it.
    """

    answer: Answer
    created: datetime
    created_at: object
    groups: list[tuple[str, str | None]] = field(default_factory=list)
    is_listed: bool = True


class FakeGreengrass(FakeService):
    """The bulk deployments of one account and region.

    Attributes:
        deployments: by id.
    """

    def __init__(self, clock: Callable[[], datetime]) -> None:
        super().__init__(clock, page_size=50)
        self.deployments: dict[str, FakeDeployment] = {}

    def deploy(
        self,
        deployment_id: str,
        status: str = "Running",
        *,
        processed: int = 0,
        invalid: int = 0,
        error: str | None = None,
        created: datetime | None = None,
    ) -> FakeDeployment:
        """Start a deployment, or change the status of one.

        Args:
            deployment_id: its id.
            status: `BulkDeploymentStatus`.
            processed: `RecordsProcessed`.
            invalid: `InvalidInputRecords`.
            error: `ErrorMessage`.
            created: when it is created; now by default.
        """
        metrics = {"RecordsProcessed": processed, "InvalidInputRecords": invalid, "RetryAttempts": 0}
        answer: dict[str, Any] = {"BulkDeploymentStatus": status, "BulkDeploymentMetrics": metrics}
        return self.answer(deployment_id, answer | ({"ErrorMessage": error} if error else {}), created)

    def answer(self, deployment_id: str, answer: Answer, created: datetime | None = None) -> FakeDeployment:
        """Set what GetBulkDeploymentStatus answers about a deployment."""
        deployment = self.deployments.get(deployment_id)
        if deployment is None:
            created = created or self._clock()
            text = created.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
            deployment = self.deployments[deployment_id] = FakeDeployment(answer, created, text)
            self._listed = None
        deployment.answer = answer
        return deployment

    def set_groups(self, deployment_id: str, *, succeeded: int = 0, failed: int = 0, unfinished: int = 0) -> None:
        """Set the results of a deployment's groups; the failed ones come last."""
        self.deployments[deployment_id].groups = [
            *[("Success", None)] * succeeded,
            *[("InProgress", None)] * unfinished,
            *[("Failure", "The group has no core.")] * failed,
        ]

    def get_bulk_deployment_status(self, *, BulkDeploymentId: str) -> Any:  # noqa: ANN401, N803 - boto3's
        """Return the status of a deployment."""
        deployment = self.deployments.get(BulkDeploymentId)
        return self._answered("get_bulk_deployment_status", deployment.answer if deployment else UNKNOWN)

    def list_bulk_deployments(self, *, NextToken: str = "0") -> Any:  # noqa: ANN401, N803 - boto3's
        """Return a page of deployments, from most to least recent."""
        if self._listed is None:
            listed = sorted(self.deployments.items(), key=lambda item: item[1].created, reverse=True)
            self._listed = [deployment_id for deployment_id, _ in listed]
        start, end = int(NextToken), int(NextToken) + self.page_size
        found = [(name, self.deployments[name]) for name in self._listed[start:end]]
        entries = [
            {"BulkDeploymentId": name} | ({} if each.created_at is None else {"CreatedAt": each.created_at})
            for name, each in found
            if each.is_listed
        ]
        more = {"NextToken": str(end)} if end < len(self._listed) else {}
        return self._answered("list_bulk_deployments", {"BulkDeployments": entries, **more})

    def list_bulk_deployment_detailed_reports(self, *, BulkDeploymentId: str, NextToken: str = "0") -> Any:  # noqa: ANN401, N803 - boto3's
        """Return a page of the deployments to single groups."""
        deployment = self.deployments.get(BulkDeploymentId)
        if deployment is None:
            return self._answered("list_bulk_deployment_detailed_reports", UNKNOWN)
        start, end = int(NextToken), int(NextToken) + self.page_size
        page = deployment.groups[start:end]
        reports = [
            {"GroupArn": GROUP_ARN.format(f"group-{number}"), "DeploymentStatus": status}
            | ({} if message is None else {"ErrorMessage": message})
            for number, (status, message) in enumerate(page, start)
        ]
        more = {"NextToken": str(end)} if end < len(deployment.groups) else {}
        return self._answered("list_bulk_deployment_detailed_reports", {"Deployments": reports, **more})
