"""`watch` and `unwatch`, with sweeps between."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from deployment_notifier.model import milliseconds
from local.simulator import Misbehaviour, Operation
from tests.emulated.stack import at
from tests.integration.cli.operated_stack import OperatedStack, fleet

if TYPE_CHECKING:
    from tests.integration.cli.terminal import Terminal

_ARN = "arn:aws:greengrass:eu-west-1:123456789012:/greengrass/bulk/deployments/"


def test_watch_asks_aws_first_and_says_when_the_first_check_is(terminal: Terminal, stack: OperatedStack) -> None:
    stack.play(at(0), is_watched=False)

    result = terminal.type("watch", "an-id")

    assert result.exit_code == 0
    assert "an-id (bulk deployment, Greengrass V1) is watched; it is first checked within 5 minutes." in result.stdout
    assert "deployment-notifier show an-id" in result.stdout
    assert "greengrass:GetBulkDeploymentStatus" in terminal.called["watch"]
    assert stack.sweep().checked == 1


def test_an_id_that_aws_does_not_know_is_not_watched(terminal: Terminal, stack: OperatedStack) -> None:
    stack.play(at(0), deployment_id="good", is_watched=False)

    result = terminal.type("watch", "nope", "good")

    assert result.exit_code == 1
    assert "nope is not watched: AWS does not know this id. ResourceNotFoundException (404)" in result.stdout
    assert "deployment-notifier watch --force --source NAME nope" in result.stdout
    assert stack.queued("CHECK") == ["good"]


def test_without_an_answer_nothing_is_watched(terminal: Terminal, stack: OperatedStack) -> None:
    stack.play(at(0, misbehaviour=Misbehaviour.THROTTLED), is_watched=False)

    result = terminal.type("watch", "an-id")

    assert result.exit_code == 3
    assert "Greengrass V2 did not answer. TooManyRequests" in result.stdout
    assert stack.items() == []


def test_force_watches_without_asking(terminal: Terminal, stack: OperatedStack) -> None:
    without = terminal.type("watch", "--force", "nope")
    assert (without.exit_code, without.stderr.count("Name it: --source NAME")) == (2, 1)

    assert terminal.type("watch", "--force", "--source", "greengrass-bulk", "nope").exit_code == 0

    assert stack.queued("CHECK") == ["nope"]
    assert "greengrass:GetBulkDeploymentStatus" not in terminal.called["watch"]


def test_an_active_watch_stays_as_it_is(terminal: Terminal, stack: OperatedStack) -> None:
    stack.play(at(0, processed=3))
    stack.sweep()
    before = stack.item("an-id")

    result = terminal.type("watch", "an-id")

    assert result.exit_code == 0
    assert "an-id is already watched." in result.stdout
    assert stack.item("an-id") == before


def test_watching_an_ended_deployment_starts_over_and_keeps_its_history(
    terminal: Terminal, stack: OperatedStack
) -> None:
    stack.play(at(0, "Failed"))
    stack.sweep()

    terminal.type("watch", "an-id")
    stack.advance(minutes=1)
    stack.sweep()

    assert stack.events("an-id") == ["None>Failed", "FAILED", "None>Failed", "FAILED"]


def test_a_deployment_can_be_named_by_its_arn(terminal: Terminal, stack: OperatedStack) -> None:
    stack.play(at(0), is_watched=False)

    assert terminal.type("watch", f"{_ARN}an-id").exit_code == 0
    assert stack.queued("CHECK") == ["an-id"]
    assert "an-id" in terminal.type("show", f"{_ARN}an-id").stdout
    assert terminal.type("unwatch", f"{_ARN}an-id").exit_code == 0


def test_the_source_that_knows_an_id_is_stored_with_its_watch(terminal: Terminal, stack: OperatedStack) -> None:
    stack.play(at(0), deployment_id="old", is_watched=False)
    stack.play_fleet(fleet(0, in_progress=2), deployment_id="new")

    result = terminal.type("watch", "new", "old")

    assert result.exit_code == 0
    assert "new (deployment, Greengrass V2) is watched" in result.stdout
    assert stack.item("new")["Source"] == {"S": "greengrass-v2"}
    assert stack.item("old")["Source"] == {"S": "greengrass-bulk"}
    assert stack.sweep().checked == 2


def test_the_arn_of_a_v2_deployment_says_its_source(terminal: Terminal, stack: OperatedStack) -> None:
    arn = "arn:aws:greengrass:eu-west-1:123456789012:deployments:an-id"
    stack.play_fleet(fleet(0, in_progress=2))

    assert terminal.type("watch", "--source", "greengrass-bulk", arn).exit_code == 2
    assert terminal.type("watch", arn).exit_code == 0

    assert stack.item("an-id")["Source"] == {"S": "greengrass-v2"}
    assert "greengrass:GetBulkDeploymentStatus" not in terminal.called["watch"]


def test_an_id_that_only_v2_could_know_is_not_asked_for_elsewhere(terminal: Terminal, stack: OperatedStack) -> None:
    stack.play(at(0), is_watched=False)

    assert terminal.type("watch", "--source", "greengrass-v2", "an-id").exit_code == 1
    unknown = terminal.type("watch", "--source", "greengrass-v9", "an-id")

    assert stack.items() == []
    assert (unknown.exit_code, unknown.stderr.count("greengrass-v9' is not known")) == (2, 1)


def test_a_source_that_the_stack_does_not_watch_is_not_asked(terminal: Terminal) -> None:
    terminal.set_environment(SOURCES="greengrass-v2")
    terminal.parameters["Sources"] = "greengrass-v2"

    result = terminal.type("watch", "--source", "greengrass-bulk", "an-id")

    assert result.exit_code == 1
    assert "The stack does not watch the source greengrass-bulk" in result.stderr
    assert "Its parameter Sources is greengrass-v2." in result.stderr


@pytest.mark.parametrize(("sources", "code"), [("AUTO", 1), ("greengrass-v2,greengrass-bulk", 3)])
def test_a_source_without_an_answer_matters_only_if_it_is_relied_upon(
    terminal: Terminal, stack: OperatedStack, sources: str, code: int
) -> None:
    terminal.set_environment(SOURCES=sources)
    terminal.parameters["Sources"] = sources
    stack.simulator.fault(Misbehaviour.DENIED, operation=Operation.GET_STATUS)

    assert terminal.type("watch", "an-id").exit_code == code
    assert stack.items() == []


def test_unwatch_keeps_the_item_and_no_sweep_checks_it(terminal: Terminal, stack: OperatedStack) -> None:
    stack.play(at(0, processed=3))
    stack.sweep()
    before = stack.item("an-id")
    stack.advance(minutes=1)

    result = terminal.type("unwatch", "an-id")

    item = stack.item("an-id")
    assert result.exit_code == 0
    assert "Queue" not in item
    assert (item["EndedBecause"], item["Status"]) == ({"S": "UNWATCHED"}, {"S": "Running"})
    assert int(item["Version"]["N"]) == milliseconds(stack.now) > int(before["Version"]["N"])
    # The 30 days of the stack's HistoryDays.
    assert int(item["ExpiresAt"]["N"]) == int(item["Version"]["N"]) // 1000 + 30 * 86_400
    assert stack.sweep().watches == 0


@pytest.mark.parametrize("deployment_id", ["two words", " two  spaces ", "-x", "it's", "$(id)"])
def test_an_id_with_unusual_characters_can_be_unwatched(
    terminal: Terminal, stack: OperatedStack, deployment_id: str
) -> None:
    stack.put_watch(deployment_id)

    assert terminal.type("unwatch", "--", deployment_id).exit_code == 0
    assert stack.queued("CHECK") == []


def test_spaces_around_an_id_come_from_pasting_unless_the_table_knows_it_with_them(
    terminal: Terminal, stack: OperatedStack
) -> None:
    stack.play(at(0), is_watched=False)

    assert "an-id (bulk deployment" in terminal.type("watch", " an-id\n").stdout
    assert terminal.read("show", "an-id ")["deploymentId"] == "an-id"
    assert terminal.read("show", f"\t{_ARN}an-id ")["deploymentId"] == "an-id"
    assert terminal.read("check", " an-id")["deploymentId"] == "an-id"
    stack.put_watch(" an-id ")
    assert [terminal.read("unwatch", id_)[0]["deploymentId"] for id_ in (" an-id ", " an-id")] == [" an-id ", "an-id"]


def test_unwatching_what_has_ended_or_was_never_watched_says_so(terminal: Terminal, stack: OperatedStack) -> None:
    stack.play(at(0, "Completed"))
    stack.sweep()
    before = stack.item("an-id")

    ended, unknown = terminal.type("unwatch", "an-id"), terminal.type("unwatch", "unknown")

    assert (ended.exit_code, unknown.exit_code) == (0, 1)
    assert "its watch had ended before" in ended.stdout
    assert "it was never watched" in unknown.stdout
    assert stack.item("an-id") == before


def test_one_whose_results_are_followed_can_be_unwatched(terminal: Terminal, stack: OperatedStack) -> None:
    stack.play(at(0, "Completed", processed=2), unfinished=1)
    stack.sweep()

    assert terminal.type("unwatch", "an-id").exit_code == 0

    assert "FollowUp" not in stack.item("an-id")
    assert terminal.read("list", "--all")["deployments"][0]["followUp"] is None


def test_a_sweep_between_read_and_write_does_not_hinder_unwatch(terminal: Terminal, stack: OperatedStack) -> None:
    stack.play(at(0), at(1, processed=5))
    stack.sweep()
    stack.advance(minutes=1)
    terminal.before("dynamodb.UpdateItem", stack.sweep)

    assert terminal.type("unwatch", "an-id").exit_code == 0

    item = stack.item("an-id")
    assert (item["EndedBecause"], item["Progress"]) == ({"S": "UNWATCHED"}, {"N": "5"})


def test_a_sweep_that_read_the_watch_before_does_not_revive_it(terminal: Terminal, stack: OperatedStack) -> None:
    stack.play(at(0), at(1, "Failed"))
    stack.sweep()
    stack.advance(minutes=1)
    stack.before["dynamodb.TransactWriteItems"] = lambda: terminal.type("unwatch", "an-id")

    assert stack.sweep().conflicts == 1

    item = stack.item("an-id")
    assert (item["EndedBecause"], item["Status"]) == ({"S": "UNWATCHED"}, {"S": "Running"})


@pytest.mark.parametrize("attribute", [{"Version": {"S": "nonsense"}}, {"Status": {"N": "7"}}])
def test_a_watch_that_cannot_be_read_can_be_started_over(
    terminal: Terminal, stack: OperatedStack, attribute: dict[str, dict[str, str]]
) -> None:
    stack.play(at(0))
    stack.put_watch("an-id", **attribute)
    assert stack.sweep().unreadable == 1

    assert terminal.type("unwatch", "an-id").exit_code == 0
    assert terminal.type("watch", "an-id").exit_code == 0

    assert stack.sweep().checked == 1


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("arn:aws:s3:::bucket", "is the ARN of something else"),
        ("arn:aws:greengrass:eu-north-1:123456789012:deployments:an-id", "--region eu-north-1"),
        ("source:greengrass-bulk", "names a source"),
        ("", "The id is empty"),
        ("  ", "The id is empty"),
        ("a\x1bb", "holds a control character"),
        ("x" * 1025, "more than 1,024 bytes"),
        ("é" * 513, "more than 1,024 bytes"),
    ],
)
@pytest.mark.parametrize("command", ["watch", "unwatch", "check"])
def test_what_is_no_id_is_refused_before_anything_is_called(
    terminal: Terminal, stack: OperatedStack, command: str, typed: str, said: str
) -> None:
    result = terminal.type(command, typed)

    assert result.exit_code == 2
    assert said in result.stderr
    assert terminal.called == {}
    assert stack.items() == []


def test_programs_get_json(terminal: Terminal, stack: OperatedStack) -> None:
    stack.put_watch("old")
    stack.play(at(0), deployment_id="new", is_watched=False)
    stack.play(at(0, misbehaviour=Misbehaviour.DENIED), deployment_id="denied", is_watched=False)

    assert {each["deploymentId"]: each["result"] for each in terminal.read("watch", "old", "new", "no", "denied")} == {
        "old": "already watched",
        "new": "watched",
        "no": "unknown",
        "denied": "no answer",
    }
    assert terminal.read("unwatch", "old", "no") == [
        {"deploymentId": "old", "result": "unwatched"},
        {"deploymentId": "no", "result": "unknown"},
    ]
