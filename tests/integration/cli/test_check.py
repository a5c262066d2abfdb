"""`check`: asks the real source, decides by the sweep's rules, and changes nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from deployment_notifier_cli.commands import check
from local.simulator import Error, FailingGroups, Misbehaviour
from tests.emulated.stack import at
from tests.integration.cli.operated_stack import OperatedStack, fleet

if TYPE_CHECKING:
    from local.simulator import Step
    from tests.integration.cli.terminal import Terminal


def test_a_failed_deployment_would_alert_and_nothing_is_written(terminal: Terminal, stack: OperatedStack) -> None:
    stack.play(at(0, processed=1), at(1, "Failed", processed=2, invalid=1, error=Error("no core")))
    stack.sweep()
    stack.advance(minutes=1)
    before = stack.items()

    result = terminal.type("check", "an-id")

    assert result.exit_code == 1
    for said in (
        "Failed (stored: Running)\n2 processed, 1 invalid, 0 retries\n",
        "> no core",
        "record the change from Running to Failed",
        "send the alert FAILED (critical), also INVALID_RECORDS",
        "Groups: 1 succeeded, 0 failed\n",
        "stop watching it, because it is Failed",
    ):
        assert said in result.stdout
    assert stack.items() == before


@pytest.mark.parametrize(
    ("answer", "sent"),
    [
        (at(1, invalid=5), "INVALID_RECORDS"),
        (at(1, "Failed"), "FAILED"),
        (at(1, "Completed", processed=1), None),
        (at(1), "STALLED"),
        (at(70, processed=1), None),
    ],
)
def test_what_check_says_is_what_the_next_sweep_does(
    terminal: Terminal, stack: OperatedStack, answer: Step, sent: str | None
) -> None:
    stack.play(at(0), answer)
    stack.sweep()
    stack.advance(minutes=70)
    before = len(stack.events("an-id"))

    said = terminal.read("check", "an-id")

    stack.sweep()
    assert (said["wouldAlert"] or {}).get("kind") == sent
    assert [each for each in stack.events("an-id")[before:] if ">" not in each] == ([sent] if sent else [])


def test_a_healthy_deployment_is_no_finding(terminal: Terminal, stack: OperatedStack) -> None:
    stack.play(at(0))
    stack.sweep()

    result = terminal.type("check", "an-id")

    assert result.exit_code == 0
    assert "do nothing: all is as stored" in result.stdout


def test_the_policy_is_the_functions(terminal: Terminal, stack: OperatedStack) -> None:
    terminal.set_environment(ALERT_ON="FAILED", INVALID_RECORDS_THRESHOLD="10")
    stack.play(at(0, invalid=9), at(1, invalid=10))

    assert terminal.read("check", "an-id")["leftOutByAlertOn"] == []
    stack.advance(minutes=1)
    result = terminal.type("check", "an-id")

    assert result.exit_code == 0
    assert "not send INVALID_RECORDS, which the stack's AlertOn leaves out" in result.stdout


def test_a_deployment_that_is_not_watched_is_checked_as_a_new_one(terminal: Terminal, stack: OperatedStack) -> None:
    stack.play(at(0, "Failed"))
    stack.sweep()

    result = terminal.type("check", "an-id")

    assert result.exit_code == 1
    assert "It is not watched. If it were, the next sweep would:" in result.stdout
    assert "record the change from nothing to Failed" in result.stdout
    assert "To watch it: deployment-notifier watch an-id" in result.stdout


def test_an_unknown_id_would_be_lost_after_a_while(terminal: Terminal, stack: OperatedStack) -> None:
    result = terminal.type("check", "unknown")

    assert result.exit_code == 1
    assert "Greengrass V2 does not know this id: ResourceNotFoundException" in result.stdout
    assert "wait: LOST follows if this lasts 10 min more" in result.stdout
    assert "To watch it" not in result.stdout, "watch would refuse it"

    stack.put_watch("unknown")
    stack.play(at(0))
    stack.sweep()
    stack.advance(minutes=10)
    assert terminal.read("check", "unknown")["wouldAlert"]["kind"] == "LOST"
    assert "stop watching it, because it is LOST" in terminal.type("check", "unknown").stdout


def test_a_source_that_answers_nothing_is_the_sources_fault(terminal: Terminal, stack: OperatedStack) -> None:
    stack.play(at(0, misbehaviour=Misbehaviour.THROTTLED))
    stack.sweep()
    stack.advance(minutes=4)

    result = terminal.type("check", "an-id")

    assert result.exit_code == 1
    assert "AWS gave no usable answer" in result.stdout
    assert "wait: SOURCE_UNREACHABLE follows if this lasts 6 min more" in result.stdout
    said = terminal.read("check", "an-id")
    assert (said["answer"], said["sourceAnswers"]) == ("failed", False)
    stack.advance(minutes=6)
    stack.sweep()
    assert "wait for an answer: SOURCE_UNREACHABLE is sent once" in terminal.type("check", "an-id").stdout


def _some_failed(stack: OperatedStack) -> None:
    """Completed after a minute; of twelve groups one fails at once, and two never end."""
    failing = (FailingGroups(1, Error("no core", (("GG-303", "You need a core"),))),)
    stack.play(at(0), at(1, "Completed", processed=12), failing=failing, unfinished=2)
    stack.sweep()
    stack.advance(minutes=1)


def test_failed_groups_are_shown_with_their_reasons_as_the_next_sweep_reports_them(
    terminal: Terminal, stack: OperatedStack
) -> None:
    _some_failed(stack)

    result = terminal.type("check", "an-id")
    said = terminal.read("check", "an-id")

    assert result.exit_code == 1
    for line in (
        "Completed (stored: Running)",
        "Groups: 9 succeeded, 1 failed, 2 unfinished",
        "  > 1 group: You need a core [GG-303]",
        "  - send the alert GROUPS_FAILED (warning)",
        "  - follow the results of its groups; next scan in 1 min",
    ):
        assert f"{line}\n" in result.stdout
    stack.sweep()
    (event,) = stack.received()
    assert said["targets"] == event["data"]["targets"]
    assert said["wouldAlert"]["kind"] == event["data"]["kind"] == "GROUPS_FAILED"
    assert (said["allResultsRead"], said["wouldEnd"], said["followUp"]) == (True, False, None)


def test_one_whose_results_are_followed_is_asked_for_these(terminal: Terminal, stack: OperatedStack) -> None:
    _some_failed(stack)
    stack.sweep()

    result = terminal.type("check", "an-id")
    said = terminal.read("check", "an-id")

    assert result.exit_code == 1
    assert "Completed, which is final; so the results of its groups were read\n" in result.stdout
    assert "With this answer the next scan, in 1 min, would:\n" in result.stdout
    assert (said["answer"], said["status"], said["storedStatus"]) == ("results", None, "Completed")
    assert said["followUp"]["scans"] == 1
    assert "greengrass:GetBulkDeploymentStatus" not in terminal.called["check"]
    stack.advance(minutes=60)
    ended = terminal.type("check", "an-id").stdout
    assert "With this answer the next sweep would:\n" in ended
    assert "stop watching it, because it is Completed" in ended
    assert "send the alert RESULTS_INCOMPLETE (warning)" in ended


def test_failing_devices_are_shown_with_their_reasons_before_and_after_their_alert(
    terminal: Terminal, stack: OperatedStack
) -> None:
    stack.play_fleet(fleet(0, queued=3, in_progress=1, succeeded=4, failed=2))

    result = terminal.type("check", "an-id")
    terminal.type("watch", "an-id")
    stack.sweep()
    again = terminal.type("check", "an-id")

    for line in (
        "Deployment an-id (LINE7-software, revision 1, to thing group LINE7), asked at 2026-11-23 10:04:00 UTC",
        "ACTIVE, under way",
        "3 queued, 1 in progress, 4 succeeded, 2 failed",
        "Devices: 4 succeeded, 2 failed, 4 unfinished",
    ):
        assert f"{line}\n" in result.stdout
        assert f"{line}\n" in again.stdout
    for each in (result, again):
        assert "> 2 devices: FAILED_ROLLBACK_COMPLETE: Failed to download artifact" in each.stdout
        assert each.exit_code == 1
    assert "  - send the alert DEVICES_FAILED (warning)\n" in result.stdout
    assert "  - do nothing: all is as stored\n" in again.stdout
    (event,) = stack.received()
    assert terminal.read("check", "an-id")["targets"] == event["data"]["targets"]


def test_a_v2_deployment_at_rest_is_no_finding(terminal: Terminal, stack: OperatedStack) -> None:
    stack.play_fleet(fleet(0, queued=1, succeeded=4))
    terminal.type("watch", "an-id")
    stack.sweep()

    result = terminal.type("check", "an-id")

    assert result.exit_code == 0
    assert "ACTIVE, at rest\n1 queued, 4 succeeded\n" in result.stdout
    assert terminal.read("check", "--source", "greengrass-v2", "an-id")["answer"] == "status"


def test_a_fleet_that_takes_too_long_is_read_in_part(
    terminal: Terminal, stack: OperatedStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(check, "_PATIENCE_SECONDS", 0.5)
    stack.play(at(0, "Completed", processed=5_000))

    result = terminal.type("check", "an-id")

    assert "Not all were read, for lack of time" in result.stdout
    assert "  - read the results of the remaining groups\n" in result.stdout


def test_results_that_may_not_be_read_are_named(terminal: Terminal, stack: OperatedStack) -> None:
    _some_failed(stack)
    terminal.fail("greengrass.ListBulkDeploymentDetailedReports", "AccessDeniedException", "no right")

    result = terminal.type("check", "an-id")

    assert "Results could not be read: AccessDeniedException (no status): no right" in result.stdout
    assert "  - follow the results of its groups; next scan with the next sweep\n" in result.stdout
    assert result.exit_code == 0


def test_a_watch_of_an_unknown_source_is_named(terminal: Terminal, stack: OperatedStack) -> None:
    stack.put_watch("an-id", Source={"S": "greengrass-v9"})

    result = terminal.type("check", "an-id")

    assert result.exit_code == 1
    assert "The source greengrass-v9 is not known." in result.stderr


def test_settings_that_the_function_cannot_start_with_are_named(terminal: Terminal) -> None:
    terminal.set_environment(STALLED_AFTER_MINUTES="soon")

    result = terminal.type("check", "an-id")

    assert result.exit_code == 3
    assert "STALLED_AFTER_MINUTES holds 'soon'" in result.stderr
