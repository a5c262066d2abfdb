"""What the simulated service does over time and over several calls."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest

from local.simulator import SCENARIOS, Error, FailingGroups, Metrics, Scenario, Simulator, Step

if TYPE_CHECKING:
    from collections.abc import Iterator

    import boto3
    from mypy_boto3_greengrass import GreengrassClient
    from mypy_boto3_greengrass.type_defs import BulkDeploymentResultTypeDef


def reports(client: GreengrassClient, deployment: str) -> Iterator[BulkDeploymentResultTypeDef]:
    paginator = client.get_paginator("list_bulk_deployment_detailed_reports")
    for page in paginator.paginate(BulkDeploymentId=deployment):
        yield from page["Deployments"]


def test_deployments_are_listed_once_each_from_most_to_least_recent(
    simulator: Simulator, client: GreengrassClient
) -> None:
    days = [3, 1, 0, 4, 2] * 12  # more than one page of 50
    for number, day in enumerate(days):
        simulator.play("completes", deployment_id=f"{number}", age_seconds=86_400.0 * day + number)
    pages = list(client.get_paginator("list_bulk_deployments").paginate(PaginationConfig={"PageSize": 1000}))
    listed = [deployment for page in pages for deployment in page["BulkDeployments"]]
    assert [len(page["BulkDeployments"]) for page in pages] == [50, 10]
    assert sorted(int(it["BulkDeploymentId"]) for it in listed) == list(range(60))
    times = [it["CreatedAt"] for it in listed]
    assert times == sorted(times, reverse=True)


def test_a_list_can_end_with_the_token_null(session: boto3.Session) -> None:
    with Simulator(null_token=True, page_size=2) as simulator:
        for _ in range(3):
            simulator.play("completes", deployment_id="new")
            simulator.play("completes")
        client = session.client("greengrass", endpoint_url=simulator.url)
        tokens = ["", client.list_bulk_deployments()["NextToken"]]
        tokens.append(client.list_bulk_deployments(NextToken=tokens[-1])["NextToken"])
        tokens.append(client.list_bulk_deployment_detailed_reports(BulkDeploymentId="new")["NextToken"])
        assert [each == "null" for each in tokens] == [False, False, True, True]
        client.close()


def test_a_listing_goes_on_where_it_was_when_deployments_come_in_between(
    simulator: Simulator, client: GreengrassClient
) -> None:
    played = [simulator.play("completes") for _ in range(20)]
    seen: list[str] = []
    token: dict[str, str] = {}
    while True:
        page = client.list_bulk_deployments(MaxResults="3", **token)
        seen += [it["BulkDeploymentId"] for it in page["BulkDeployments"]]
        if "NextToken" not in page:
            break
        token = {"NextToken": page["NextToken"]}
        simulator.play("completes")
    assert len(seen) == len(set(seen))
    assert set(played) <= set(seen)


def test_10_000_groups_fail_with_each_reason_as_often_as_the_scenario_says(simulator: Simulator) -> None:
    scenario = SCENARIOS["large-fleet"]
    deployment = simulator.deployment(simulator.play(scenario, age_seconds=1000))
    results = [deployment.report(index, simulator.now) for index in range(10_000)]
    assert len({result["GroupArn"] for result in results}) == 10_000
    expected = {failing.error.message: failing.count for failing in scenario.failing}
    assert sorted(expected.values()) == [28, 44, 87, 141]
    assert Counter(result["ErrorMessage"] for result in results if "ErrorMessage" in result) == expected
    assert {result["DeploymentStatus"] for result in results if "ErrorMessage" in result} == {"Failure"}


def test_group_results_go_on_changing_after_completed_until_they_end(
    simulator: Simulator, client: GreengrassClient
) -> None:
    deployment = simulator.play("groups-fail")
    failed = []
    for moment in (60, 80, 102, 10_000):
        simulator.advance(moment - simulator.now)
        answer = client.get_bulk_deployment_status(BulkDeploymentId=deployment)
        assert answer["BulkDeploymentStatus"] == "Completed"
        statuses = Counter(report["DeploymentStatus"] for report in reports(client, deployment))
        failed.append(statuses["Failure"])
    assert failed == sorted(failed)
    assert failed[0] < failed[1] < failed[2] == failed[3] == 13
    assert statuses == {"Failure": 13, "Success": 45, "InProgress": 2}


def test_only_valid_records_that_were_processed_have_a_report_the_latest_first(
    simulator: Simulator, client: GreengrassClient
) -> None:
    broken = FailingGroups(1, Error("no"))
    steps = (Step(0, "Running"), Step(10, "Running", Metrics(3, 1)), Step(20, "Completed", Metrics(6, 2)))
    deployment = simulator.play(Scenario("own", steps, (broken,)))
    counts = []
    for _ in range(3):
        created = [report["CreatedAt"] for report in reports(client, deployment)]
        assert created == sorted(created, reverse=True)
        counts.append(len(created))
        simulator.advance(10)
    assert counts == [0, 2, 4]
    groups = {report["GroupArn"] for report in reports(client, deployment)}
    of = simulator.deployment(deployment)
    assert groups == {arn for arn in groups for index in range(4) if f"/groups/{of.group_id(index)}/" in arn}


@pytest.mark.parametrize(
    ("steps", "failing"),
    [((), 0), ((Step(1),), 0), ((Step(0), Step(2), Step(1)), 0), ((Step(0, metrics=Metrics(3)),), 4)],
    ids=["no step", "none at 0", "out of order", "more failing groups than groups"],
)
def test_a_scenario_that_cannot_be_played_is_refused(steps: tuple[Step, ...], failing: int) -> None:
    with pytest.raises(ValueError, match="scenario 'wrong'"):
        Scenario("wrong", steps, (FailingGroups(failing, Error("no")),))


def test_a_stall_lasts_longer_than_the_shortest_that_can_be_set() -> None:
    steps = SCENARIOS["stalls-and-resumes"].steps
    progress = [
        later.at
        for earlier, later in pairwise(steps)
        if (later.status, later.metrics and later.metrics.processed)
        != (earlier.status, earlier.metrics and earlier.metrics.processed)
    ]
    assert max(later - earlier for earlier, later in pairwise(progress)) >= 70
