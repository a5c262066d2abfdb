"""The service itself: which deployments there are and what each call answers, with the time passed in.

Nothing here waits, reads a clock or opens a socket. Where AWS's documents are silent, a docstring says what was chosen.
"""

from __future__ import annotations

import base64
import json
from bisect import bisect_right
from typing import TYPE_CHECKING, Final

from local.simulator.deployment import timestamp
from local.simulator.faults import Fault, Faults
from local.simulator.fleet_service import FleetService
from local.simulator.protocol import Answer, JsonObject, Operation, Request, bad_request

if TYPE_CHECKING:
    from local.simulator.deployment import Deployment

_PAGE_SIZE: Final = 50
"""The most results that one page has; AWS documents neither a maximum nor a default."""


class Service:
    """Greengrass V1's bulk deployments of one account and region.

    Args:
        page_size: the most that one page lists, whatever the call asks for; of V1, AWS does not document its own.
        null_token: end each list with the NextToken `null`, as AWS sometimes does, instead of none.
    """

    def __init__(self, *, page_size: int | None = None, null_token: bool = False) -> None:
        self.faults = Faults()
        self.fleet = FleetService(page_size)
        self.deployments: dict[str, Deployment] = {}
        self._page_size = page_size or _PAGE_SIZE
        self._null_token = null_token

    def answer(self, request: Request, now: float) -> Answer:
        """What a request is answered.

        Args:
            request: any HTTP request.
            now: the service's time, in seconds.
        """
        route = request.route()
        if route is None:
            # What API Gateway, which is in front of the real service, answers to a path that it does not know.
            return Answer.error(403, "MissingAuthenticationTokenException", "Missing Authentication Token")
        operation, deployment_id = route
        fault = self.faults.active(operation, deployment_id) or self._misbehaving(deployment_id, now)
        if operation.is_v2:
            truth = self.fleet.answer(request, operation, deployment_id, now)
        else:
            truth = self._truth(request, operation, deployment_id, now)
        return fault.spoil(truth) if fault else truth

    def _misbehaving(self, deployment_id: str | None, now: float) -> Fault | None:
        """The misbehaviour that the deployment's own scenario plays at this moment."""
        deployment = self.deployments.get(deployment_id or "")
        kind = deployment.step(now).misbehaviour if deployment else None
        return Fault(kind) if kind else None

    def _truth(self, request: Request, operation: Operation, deployment_id: str | None, now: float) -> Answer:
        if operation is Operation.LIST:
            return self._list(request)
        deployment = self.deployments.get(deployment_id or "")
        if deployment is None:
            return bad_request(f"Bulk deployment {deployment_id} does not exist.")
        if operation is Operation.GET_STATUS:
            return Answer.json(deployment.status(now))
        return self._reports(deployment, request, now)

    def _list(self, request: Request) -> Answer:
        """A page, from most to least recent as the API reference has it."""
        try:
            size, after = self._page(request, "list")
            listed = sorted(map(_place, self.deployments.values()))
            first = bisect_right(listed, tuple(json.loads(after))) if after else 0
        except ValueError as error:
            return bad_request(str(error))
        page = listed[first : first + size]
        content: JsonObject = {
            "BulkDeployments": [
                {"BulkDeploymentArn": it.arn, "BulkDeploymentId": it.id, "CreatedAt": timestamp(it.created_at)}
                for it in (self.deployments[deployment_id] for _, deployment_id in page)
            ]
        }
        is_last = first + size >= len(listed)
        return self._with_token(content, "list", None if is_last else json.dumps(page[-1]))

    def _reports(self, deployment: Deployment, request: Request, now: float) -> Answer:
        """A page of the group deployments that have been started, from most to least recent as AWS's guide has it."""
        try:
            size, after = self._page(request, deployment.id)
            end = int(after) if after else deployment.groups_started(now)
        except ValueError as error:
            return bad_request(str(error))
        page = range(max(0, end - size), end)
        content: JsonObject = {"Deployments": [deployment.report(index, now) for index in reversed(page)]}
        return self._with_token(content, deployment.id, str(page.start) if page.start > 0 else None)

    def _with_token(self, content: JsonObject, listing: str, after: str | None) -> Answer:
        """A page with an opaque token that says where the list goes on, whatever is added to it in the meantime."""
        if after is not None:
            content["NextToken"] = base64.urlsafe_b64encode(json.dumps([listing, after]).encode()).decode()
        elif self._null_token:
            content["NextToken"] = "null"
        return Answer.json(content)

    def _page(self, request: Request, listing: str) -> tuple[int, str]:
        """How many results a page has, and what the last page's token says of where it goes on.

        Raises:
            ValueError: `MaxResults` is no number above 0, or `NextToken` is none that this listing gave.
        """
        size = request.query.get("MaxResults", str(self._page_size))
        if not size.isdecimal() or int(size) < 1:
            raise ValueError(f"MaxResults must be a number above 0, not {size}.")
        token = request.query.get("NextToken")
        if token is None:
            return min(int(size), self._page_size), ""
        try:
            of, after = json.loads(base64.urlsafe_b64decode(token))
        except (TypeError, ValueError) as error:
            raise ValueError("NextToken is invalid.") from error
        if of != listing:
            raise ValueError("NextToken is invalid.")
        return min(int(size), self._page_size), str(after)


def _place(deployment: Deployment) -> tuple[float, str]:
    """The sort key of a deployment in the list: the most recent one comes first."""
    return -deployment.created_at.timestamp(), deployment.id
