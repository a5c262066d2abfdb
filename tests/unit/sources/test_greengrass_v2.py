# ruff: noqa: ANN401 - answers have any shape
"""What Greengrass V2 and AWS IoT jobs answer, and what the source makes of it."""

# ruff: noqa: ANN401 - what a service may answer is of any type

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.exceptions import ClientError

from deployment_notifier.model import (
    CheckFailed,
    ErrorDetail,
    Observation,
    Phase,
    ResultsSummary,
    TargetPhase,
    TargetResult,
    UnknownDeployment,
    Watch,
)
from deployment_notifier.rate_limiter import RateLimiter
from deployment_notifier.result_counts import add_results
from deployment_notifier.sources.greengrass_v2.client import GreengrassV2, create
from deployment_notifier.sources.port import Listed, ListPage, ResultsPage

CREATED = datetime(2026, 11, 23, 10, tzinfo=UTC)
GROUP = {
    "deploymentId": "d-1",
    "deploymentName": "LINE7-software",
    "targetArn": "arn:aws:iot:eu-west-1:123456789012:thinggroup/LINE7",
    "revisionId": "3",
    "iotJobId": "job-1",
    "deploymentStatus": "ACTIVE",
    "creationTimestamp": CREATED,
    "isLatestForTarget": False,  # was seen false on the latest ones
    "tags": {"team": "line7"},
}
NEW = Watch("d-1", "greengrass-v2")
KNOWN = replace(NEW, status="ACTIVE", details={"iotJobId": "job-1"})


def error(operation: str, code: str, status: int) -> ClientError:
    metadata: Any = {"HTTPStatusCode": status}
    return ClientError({"Error": {"Code": code, "Message": "no"}, "ResponseMetadata": metadata}, operation)


class Fake:
    """Both clients: answers by operation; an exception is raised."""

    def __init__(self, **answers: Any) -> None:
        self.answers = answers
        self.asked: list[tuple[str, dict[str, Any]]] = []

    def __getattr__(self, operation: str) -> Any:
        def call(**arguments: Any) -> Any:
            self.asked.append((operation, arguments))
            answer = self.answers[operation]
            answer = answer(arguments) if callable(answer) else answer
            if isinstance(answer, Exception):
                raise answer
            return answer

        return call


def source(fake: Fake) -> GreengrassV2:
    client: Any = fake
    free = RateLimiter(1000, clock=lambda: 0.0, sleep=lambda _: None)
    return GreengrassV2(client, client, free, free)


def job(**fields: Any) -> dict[str, Any]:
    names = {name: fields.pop(name) for name in ("comment", "reasonCode", "abortConfig") if name in fields}
    details = {f"numberOf{name}Things": count for name, count in fields.items()}
    return {"job": {"jobId": "job-1", "status": "IN_PROGRESS", "jobProcessDetails": details, **names}}


def status(fake: Fake, watch: Watch = NEW, listed: Listed | None = None) -> Any:
    return source(fake).get_status(watch, listed)


def test_first_sight_asks_for_the_deployment_and_its_job() -> None:
    fake = Fake(
        get_deployment=GROUP, describe_job=job(Queued=1, InProgress=2, Succeeded=3, Failed=4, TimedOut=5, Rejected=6)
    )
    seen = status(fake)
    assert [name for name, _ in fake.asked] == ["get_deployment", "describe_job"]
    assert (seen.status, seen.phase, seen.created_at, seen.tags) == (
        "ACTIVE",
        Phase.ONGOING,
        "2026-11-23T10:00:00.000Z",
        {"team": "line7"},
    )
    assert seen.details == {
        "targetName": "thing group LINE7",
        "deploymentName": "LINE7-software",
        "targetArn": "arn:aws:iot:eu-west-1:123456789012:thinggroup/LINE7",
        "revisionId": "3",
        "iotJobId": "job-1",
    }
    metrics = seen.metrics
    assert (metrics.progress, metrics.failures, metrics.succeeded, metrics.unfinished) == (18, 9, 3, 3)
    assert metrics.counts["numberOfTimedOutThings"] == 5


def test_a_known_deployment_that_is_listed_as_before_costs_one_call() -> None:
    fake = Fake(describe_job=job(InProgress=1))
    seen = status(fake, KNOWN, Listed("d-1", CREATED, "ACTIVE"))
    assert [name for name, _ in fake.asked] == ["describe_job"]
    assert (seen.status, seen.phase) == ("ACTIVE", Phase.ONGOING)


@pytest.mark.parametrize("listed", [None, Listed("d-1", CREATED, "CANCELED")], ids=["not listed", "listed otherwise"])
def test_a_known_deployment_that_is_not_listed_as_before_is_asked_for(listed: Listed | None) -> None:
    fake = Fake(get_deployment=GROUP, describe_job=job(InProgress=1))
    status(fake, KNOWN, listed)
    assert [name for name, _ in fake.asked] == ["get_deployment", "describe_job"]


@pytest.mark.parametrize(
    ("counts", "phase"),
    [
        pytest.param({"InProgress": 1, "Succeeded": 9}, Phase.ONGOING, id="something is in progress"),
        pytest.param({"Queued": 3}, Phase.ONGOING, id="nothing processed, something queued"),
        pytest.param({"Queued": 3, "Succeeded": 1}, Phase.RESTING, id="the rest is offline"),
        pytest.param({"Succeeded": 0}, Phase.RESTING, id="an empty group"),
    ],
)
def test_an_active_deployment_is_under_way_or_at_rest(counts: dict[str, int], phase: Phase) -> None:
    assert status(Fake(get_deployment=GROUP, describe_job=job(**counts))).phase is phase


def test_a_job_that_was_just_canceled_does_not_rest() -> None:
    canceled = job(Succeeded=5, Failed=15, Canceled=30)
    canceled["job"]["status"] = "CANCELED"
    assert status(Fake(describe_job=canceled), KNOWN, Listed("d-1", CREATED, "ACTIVE")).phase is Phase.ONGOING


CRITERION = {"failureType": "FAILED", "thresholdPercentage": 30.0, "minNumberOfExecutedThings": 10}


@pytest.mark.parametrize(
    ("fields", "more", "phase"),
    [
        pytest.param({"deploymentStatus": "COMPLETED"}, {}, Phase.COMPLETED, id="completed"),
        pytest.param({"deploymentStatus": "FAILED"}, {}, Phase.FAILED, id="failed"),
        pytest.param({"deploymentStatus": "INACTIVE"}, {}, Phase.SUPERSEDED, id="inactive"),
        pytest.param({"deploymentStatus": "CANCELED"}, {}, Phase.SUPERSEDED, id="cancelled and not the latest"),
        pytest.param(
            {"deploymentStatus": "CANCELED"},
            {"reasonCode": "JOB_ABORTED"},
            Phase.FAILED,
            id="aborted, though said not to be the latest",
        ),
        pytest.param(
            {"deploymentStatus": "CANCELED"},
            {"Failed": 3, "Succeeded": 7, "abortConfig": {"criteriaList": [CRITERION]}},
            Phase.FAILED,
            id="aborted, though said not to be the latest, as the criteria say",
        ),
        *(
            pytest.param(
                {"deploymentStatus": "CANCELED"},
                {"Rejected": 9, "Succeeded": 1, "abortConfig": {"criteriaList": [CRITERION | {"failureType": kind}]}},
                Phase.SUPERSEDED,
                id=f"rejected as a newer revision came: {kind}",
            )
            for kind in ("ALL", "REJECTED")
        ),
        pytest.param({"deploymentStatus": "INACTIVE"}, {"reasonCode": "JOB_ABORTED"}, Phase.SUPERSEDED, id="replaced"),
        pytest.param({"deploymentStatus": "CANCELED", "isLatestForTarget": True}, {}, Phase.STOPPED, id="cancelled"),
        pytest.param({"deploymentStatus": "CANCELED", "isLatestForTarget": None}, {}, Phase.STOPPED, id="not said"),
        pytest.param(
            {"deploymentStatus": "CANCELED", "isLatestForTarget": True},
            {"reasonCode": "JOB_ABORTED"},
            Phase.FAILED,
            id="aborted, as the job says",
        ),
        pytest.param(
            {"deploymentStatus": "CANCELED", "isLatestForTarget": True},
            {"Failed": 3, "Succeeded": 7, "abortConfig": {"criteriaList": [CRITERION]}},
            Phase.FAILED,
            id="aborted, as the criteria say",
        ),
        pytest.param(
            {"deploymentStatus": "CANCELED", "isLatestForTarget": True},
            {"Failed": 2, "Succeeded": 8, "abortConfig": {"criteriaList": [CRITERION]}},
            Phase.STOPPED,
            id="criteria not met",
        ),
        *(
            pytest.param(
                {"deploymentStatus": "CANCELED", "isLatestForTarget": True},
                {kind: 3, "Succeeded": 7, "abortConfig": {"criteriaList": [CRITERION | {"failureType": "ALL"}]}},
                Phase.FAILED,
                id=f"aborted for any failure: {kind}",
            )
            for kind in ("Failed", "Rejected", "TimedOut")
        ),
        pytest.param({"deploymentStatus": "NEW_WORD"}, {"InProgress": 1}, Phase.ONGOING, id="an unknown word"),
    ],
)
def test_what_a_status_means(fields: dict[str, Any], more: dict[str, Any], phase: Phase) -> None:
    seen = status(Fake(get_deployment=GROUP | fields, describe_job=job(**({"Succeeded": 1} | more))))
    assert seen.phase is phase
    assert (seen.error is not None) == (phase is Phase.FAILED and bool(more))


@pytest.mark.parametrize(("word", "phase"), [("ACTIVE", Phase.RESTING), ("FAILED", Phase.FAILED)])
def test_a_single_thing_has_no_job_and_rests_until_its_end(word: str, phase: Phase) -> None:
    thing = {name: value for name, value in GROUP.items() if name != "iotJobId"}
    seen = status(Fake(get_deployment=thing | {"deploymentStatus": word}))
    assert (seen.phase, seen.metrics.progress) == (phase, None)


def test_a_deployment_that_was_seen_before_and_is_gone_was_deleted() -> None:
    gone = error("GetDeployment", "ResourceNotFoundException", 404)
    assert status(Fake(get_deployment=gone), KNOWN) == Observation("DELETED", Phase.STOPPED)
    assert isinstance(status(Fake(get_deployment=gone), NEW), UnknownDeployment)


def test_an_id_that_is_not_valid_is_unknown_unless_it_was_seen_before() -> None:
    refused = error("GetDeployment", "ValidationException", 400)
    assert isinstance(status(Fake(get_deployment=refused), NEW), UnknownDeployment)
    assert isinstance(status(Fake(get_deployment=refused), KNOWN), CheckFailed)


@pytest.mark.parametrize("name", ["LINE7", "LINE:7"])
def test_a_thing_group_is_named(name: str) -> None:
    fields = GROUP | {"targetArn": f"arn:aws:iot:eu-west-1:123456789012:thinggroup/{name}"}
    seen = status(Fake(get_deployment=fields, describe_job=job(InProgress=1)))
    assert seen.details["targetName"] == f"thing group {name}"


@pytest.mark.parametrize(
    "refused", [error("DescribeJob", "ThrottlingException", 400), error("DescribeJob", "InvalidRequestException", 400)]
)
def test_iot_throttles_with_400_which_refuses_no_id(refused: ClientError) -> None:
    assert isinstance(status(Fake(get_deployment=GROUP, describe_job=refused)), CheckFailed)


def test_a_job_that_was_deleted_leaves_the_deployments_own_status() -> None:
    gone = error("DescribeJob", "ResourceNotFoundException", 404)
    assert status(Fake(get_deployment=GROUP | {"deploymentStatus": "CANCELED"}, describe_job=gone)).status == "CANCELED"


@pytest.mark.parametrize("answer", [{}, {"deploymentStatus": 5}, {"deploymentStatus": ""}, [], None])
def test_an_answer_without_a_status_is_a_failed_check(answer: Any) -> None:
    assert isinstance(status(Fake(get_deployment=answer)), CheckFailed)


@pytest.mark.parametrize(
    "answer", [{}, {"job": None}, {"job": {"jobProcessDetails": {}}}, {"job": {"jobProcessDetails": 1}}]
)
def test_a_job_without_counts_is_a_failed_check(answer: Any) -> None:
    assert isinstance(status(Fake(get_deployment=GROUP, describe_job=answer)), CheckFailed)


def test_each_call_waits_for_its_turn_at_its_own_service(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each of the two has a quota of its own."""
    turns: list[float] = []

    class Limiter(RateLimiter):
        def __init__(self, calls_per_second: float) -> None:
            self.rate = calls_per_second

        def wait(self) -> None:
            turns.append(self.rate)

    monkeypatch.setattr("deployment_notifier.sources.greengrass_v2.client.RateLimiter", Limiter)
    operations = ("list_deployments", "list_job_executions_for_job", "list_effective_deployments")
    fake = Fake(get_deployment=GROUP, describe_job=job(Failed=1), **{name: {} for name in operations})
    made = create(lambda *_, **__: fake)
    made.get_status(NEW, None)
    made.get_status(KNOWN, None)
    made.list_deployments(None)
    for page in (None, "\ncore-1"):
        made.list_results(KNOWN, page)
    of_iot = {"describe_job", "list_job_executions_for_job"}
    assert {name for name, _ in fake.asked} == {"get_deployment", "describe_job", *operations}
    assert turns == [8.0 if name in of_iot else GreengrassV2.profile.calls_per_second for name, _ in fake.asked]


def test_a_list_page_carries_statuses() -> None:
    entries = [
        {"deploymentId": "d-1", "creationTimestamp": CREATED, "deploymentStatus": "ACTIVE"},
        {"deploymentId": "d-2", "creationTimestamp": None, "deploymentStatus": None},
        {"deploymentId": "x" * 1025},
        {},
    ]
    fake = Fake(list_deployments={"deployments": entries, "nextToken": "next"})
    assert source(fake).list_deployments("page") == ListPage(
        (Listed("d-1", CREATED, "ACTIVE"), Listed("d-2", None, None)), "next", unusable=2
    )
    assert fake.asked == [("list_deployments", {"maxResults": 100, "nextToken": "page"})]


@pytest.mark.parametrize("answer", [{}, {"deployments": None}, error("ListDeployments", "AccessDeniedException", 403)])
def test_a_listing_without_a_list_has_failed(answer: Any) -> None:
    assert isinstance(source(Fake(list_deployments=answer)).list_deployments(None), CheckFailed)


# Failing devices


def executions(*names: str) -> dict[str, Any]:
    return {"executionSummaries": [{"thingArn": f"arn:aws:iot:eu-west-1:123456789012:thing/{name}"} for name in names]}


def effective(reason: str, *stack: str) -> dict[str, Any]:
    other = {"deploymentId": "other", "reason": "not this one"}
    details = {"errorStack": list(stack)}
    return {"effectiveDeployments": [other, {"deploymentId": "d-1", "reason": reason, "statusDetails": details}]}


def read_all(fake: Fake, watch: Watch = KNOWN) -> ResultsSummary:
    summary, page = ResultsSummary(), None
    while True:
        answer = source(fake).list_results(watch, page)
        assert isinstance(answer, ResultsPage)
        summary = add_results(summary, answer.results)
        page = answer.next_page
        if page is None:
            return summary


def test_failing_devices_are_named_with_their_reason() -> None:
    by_status = {"FAILED": executions("core-1", "core-2"), "TIMED_OUT": executions("core-3")}
    fake = Fake(
        list_job_executions_for_job=lambda arguments: by_status[arguments["status"]],
        list_effective_deployments=lambda arguments: (
            error("ListEffectiveDeployments", "ResourceNotFoundException", 404)
            if arguments["coreDeviceThingName"] == "core-3"
            else effective("FAILED: no disk", "DEPLOYMENT_FAILURE", "ARTIFACT_DOWNLOAD_ERROR")
        ),
    )
    summary = read_all(fake)
    assert [(reason.code, reason.message, reason.count, reason.targets) for reason in summary.reasons] == [
        ("ARTIFACT_DOWNLOAD_ERROR", "FAILED: no disk", 2, ("core-1", "core-2")),
        (None, None, 1, ("core-3",)),
    ]


def test_executions_that_cannot_be_listed_are_not_taken_for_none() -> None:
    throttled = error("ListJobExecutionsForJob", "ThrottlingException", 400)
    answer = source(Fake(list_job_executions_for_job=throttled)).list_results(KNOWN, None)
    assert isinstance(answer, CheckFailed)


def test_at_most_ten_devices_are_looked_at() -> None:
    fake = Fake(
        list_job_executions_for_job=executions(*(f"core-{number}" for number in range(40))),
        list_effective_deployments=effective("no disk"),
    )
    assert read_all(fake).failed == 10
    assert len(fake.asked) == 11


def test_a_device_that_is_listed_more_than_once_counts_once() -> None:
    """It may have several executions, or time out after it was listed as failed; or the pages go round in a circle."""
    circle = {None: "a", "a": "b", "b": "a"}
    fake = Fake(
        list_job_executions_for_job=lambda arguments: (
            executions("core-1", "core-1") | {"nextToken": circle[arguments.get("nextToken")]}
        ),
        list_effective_deployments=effective("no disk"),
    )
    page: str | None = None
    for _ in range(20):
        answer = source(fake).list_results(KNOWN, page)
        assert isinstance(answer, ResultsPage)
        page = answer.next_page
        assert page is not None
        assert page.split("\n")[1:] == ["core-1"]


def test_failing_devices_on_later_pages_are_found_even_after_an_empty_one() -> None:
    pages = {
        ("FAILED", None): {"nextToken": "a token="},
        ("FAILED", "a token="): executions("core-1") | {"nextToken": "last"},
        ("FAILED", "last"): executions("core-2"),
        ("TIMED_OUT", None): executions("core-3"),
    }
    fake = Fake(
        list_job_executions_for_job=lambda arguments: pages[arguments["status"], arguments.get("nextToken")],
        list_effective_deployments=effective("no disk"),
    )
    assert read_all(fake).reasons[0].targets == ("core-1", "core-2", "core-3")


@pytest.mark.parametrize("token", [None, "", "null"])
def test_the_last_page_of_a_listing_has_no_token_or_the_text_null(token: str | None) -> None:
    page = source(Fake(list_deployments={"deployments": [], "nextToken": token})).list_deployments(None)
    assert page == ListPage((), None)


@pytest.mark.parametrize(("token", "calls"), [("same", 2), ("null", 1)])
def test_a_token_that_comes_again_or_is_the_text_null_ends_the_pages(token: str, calls: int) -> None:
    fake = Fake(list_job_executions_for_job={"nextToken": token})
    assert read_all(fake) == ResultsSummary()
    assert [arguments["status"] for _, arguments in fake.asked] == calls * ["FAILED"] + calls * ["TIMED_OUT"]


def test_a_token_of_two_lines_is_not_taken_for_a_token_and_a_device() -> None:
    fake = Fake(list_job_executions_for_job={"nextToken": "a\nb"})
    assert read_all(fake) == ResultsSummary()
    assert [arguments["status"] for _, arguments in fake.asked] == ["FAILED", "TIMED_OUT"]


def test_a_reason_on_a_later_page_is_found() -> None:
    other = {"effectiveDeployments": [{"deploymentId": "other"}]}
    pages = {None: other | {"nextToken": "a token="}, "a token=": {"nextToken": "last"}, "last": effective("no disk")}
    fake = Fake(list_effective_deployments=lambda arguments: pages[arguments.get("nextToken")])
    page: str | None = "\ncore-1\ncore-2"
    results = []
    while page is not None:
        answer = source(fake).list_results(KNOWN, page)
        assert isinstance(answer, ResultsPage)
        results += [(result.target_id, result.error and result.error.message) for result in answer.results]
        page = answer.next_page
    assert results == [("core-1", "no disk"), ("core-2", "no disk")]


def test_a_devices_token_that_comes_again_ends_its_pages() -> None:
    fake = Fake(list_effective_deployments={"nextToken": "same"})
    assert source(fake).list_results(KNOWN, " same\ncore-1") == ResultsPage(
        (TargetResult(TargetPhase.FAILED, "core-1", None),), None
    )


def test_without_a_job_there_are_no_results() -> None:
    assert read_all(Fake(), NEW) == ResultsSummary()


def test_a_single_thing_is_looked_at_directly() -> None:
    fake = Fake(list_effective_deployments=effective("no disk", "DISK_SPACE_CRITICAL"))
    watch = replace(NEW, details={"targetArn": "arn:aws:iot:eu-west-1:123456789012:thing/core:1"})
    (reason,) = read_all(fake, watch).reasons
    assert (reason.code, reason.message, reason.targets) == ("DISK_SPACE_CRITICAL", "no disk", ("core:1",))
    assert fake.asked == [("list_effective_deployments", {"coreDeviceThingName": "core:1", "maxResults": 100})]


def test_a_name_that_is_no_name_breaks_nothing() -> None:
    odd = {"executionSummaries": [{"thingArn": 5}, {"thingArn": "arn:aws:iot:eu-west-1:1:thing/"}, None, {}]}
    assert read_all(Fake(list_job_executions_for_job=odd)) == ResultsSummary()


def test_a_reason_without_a_code() -> None:
    fake = Fake(
        list_job_executions_for_job=lambda arguments: executions("core-1") if arguments["status"] == "FAILED" else {},
        list_effective_deployments={"effectiveDeployments": [{"deploymentId": "d-1", "statusDetails": None}]},
    )
    assert read_all(fake).reasons[0].targets == ("core-1",)
    assert source(fake).list_results(KNOWN, "\ncore-1") == ResultsPage(
        (add_target("core-1", ErrorDetail(None, None)),), None
    )


def add_target(name: str, detail: ErrorDetail) -> TargetResult:
    return TargetResult(TargetPhase.FAILED, name, detail)
