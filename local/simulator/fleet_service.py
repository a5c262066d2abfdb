"""Greengrass V2's deployments and the AWS IoT jobs behind them: what each call answers, with the time passed in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from local.simulator.protocol import Answer, Operation, Request

if TYPE_CHECKING:
    from local.simulator.fleet import FleetDeployment

_LARGEST_PAGE = {Operation.LIST_DEPLOYMENTS: 100, Operation.LIST_EXECUTIONS: 250, Operation.LIST_EFFECTIVE: 100}
_DEFAULT_PAGE = 50


class FleetService:
    """Greengrass V2 of one account and region.

    Args:
        page_size: the most that one page lists; by default as AWS documents it.
    """

    def __init__(self, page_size: int | None = None) -> None:
        self.deployments: dict[str, FleetDeployment] = {}
        self._page_size = page_size

    def answer(self, request: Request, operation: Operation, name: str | None, now: float) -> Answer:
        """What a request is answered.

        Args:
            request: the request.
            operation: which call it is.
            name: the deployment, job or thing that it names.
            now: the service's time, in seconds.
        """
        match operation:
            case Operation.LIST_DEPLOYMENTS:
                return self._list(request, operation, now)
            case Operation.GET_DEPLOYMENT:
                found = self.deployments.get(name or "")
                return Answer.json(found.described(now)) if found else _not_found("deployment", name)
            case Operation.LIST_EFFECTIVE:
                entries = [each.effective(now, name or "") for each in self.deployments.values()]
                known = [entry for entry in entries if entry is not None]
                return (
                    self._page(request, operation, "effectiveDeployments", known)
                    if known
                    else _not_found("core device", name)
                )
        job = next((each for each in self.deployments.values() if name and each.job_id == name), None)
        if job is None:
            return _not_found("job", name)
        if operation is Operation.DESCRIBE_JOB:
            return Answer.json({"job": job.job(now)})
        status = request.query.get("status", "FAILED")
        executions: list[dict[str, Any]] = [
            {
                "thingArn": f"{job.target_arn.partition(':thing')[0]}:thing/{thing}",
                "jobExecutionSummary": {"status": status, "executionNumber": 1},
            }
            for thing in job.things(now, status)
        ]
        return self._page(request, operation, "executionSummaries", executions)

    def _list(self, request: Request, operation: Operation, now: float) -> Answer:
        """A page of the latest deployment for each target, as `LATEST_ONLY`, the default; AWS promises no order."""
        entries = [each.listed(now) for each in self.deployments.values() if each.step(now).is_latest]
        return self._page(request, operation, "deployments", sorted(entries, key=lambda entry: entry["deploymentId"]))

    def _page(self, request: Request, operation: Operation, name: str, entries: list[dict[str, Any]]) -> Answer:
        size, token = request.query.get("maxResults", str(_DEFAULT_PAGE)), request.query.get("nextToken", "0")
        if not size.isdecimal() or not 1 <= int(size) <= _LARGEST_PAGE[operation] or not token.isdecimal():
            return Answer.error(400, "ValidationException", "maxResults or nextToken is not valid.")
        first, count = int(token), min(int(size), self._page_size or int(size))
        rest = {"nextToken": str(first + count)} if first + count < len(entries) else {}
        return Answer.json({name: entries[first : first + count], **rest})


def _not_found(what: str, name: str | None) -> Answer:
    return Answer.error(404, "ResourceNotFoundException", f"There is no {what} {name}.")
