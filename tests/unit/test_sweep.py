"""The loop: what it does in which order, and what keeps it from doing the rest. Everything around it is a fake here."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from deployment_notifier.deadline import APPLY, CHECK_RESERVE, CONCLUDE, Deadline
from deployment_notifier.discovery import Discovery
from deployment_notifier.model import (
    Alert,
    CheckFailed,
    Kind,
    Observation,
    Outage,
    Phase,
    Policy,
    ResultsFollowUp,
    SourceState,
    UnknownDeployment,
    Watch,
)
from deployment_notifier.sources.greengrass_bulk.profile import GREENGRASS_BULK
from deployment_notifier.sources.port import Listed, ListPage
from deployment_notifier.sweep import Notifier, sweep
from deployment_notifier.table import PendingAlert, PendingAlerts, Unreadable
from tests.fakes import IDENTITY, RUNNING, START, Clock, FakeOutbox, FakeSns, FakeSource, FakeWatches, a_fault

if TYPE_CHECKING:
    from deployment_notifier.model import Outcome
    from deployment_notifier.report import Report

SOURCE = GREENGRASS_BULK.name
FAILED = Observation("Failed", Phase.FAILED)
GONE = UnknownDeployment("BadRequestException (400): unknown id")
DOWN = CheckFailed("ServiceUnavailable (503): down")
CALL = GREENGRASS_BULK.seconds_per_call
TIMEOUT = 50.0


@dataclass
class Setting:
    """A notifier with its fakes; each sweep has 50 seconds, unless a test sets less."""

    source: FakeSource = field(default_factory=FakeSource)
    table: FakeWatches = field(default_factory=FakeWatches)
    outbox: FakeOutbox = field(default_factory=FakeOutbox)
    sns: FakeSns = field(default_factory=FakeSns)
    clock: Clock = field(default_factory=Clock)
    policy: Policy = field(default_factory=lambda: Policy(frozenset(Kind), follow_results_minutes=0))
    discover: timedelta = timedelta(0)
    left: float = TIMEOUT

    def __post_init__(self) -> None:
        table: Any = self.table
        outbox: Any = self.outbox
        sns: Any = self.sns
        self.app = Notifier(
            watches=table,
            outbox=outbox,
            discovery=Discovery(table, self.discover, timedelta(days=90), self.clock),
            sns=sns,
            sources={SOURCE: self.source},
            policy=self.policy,
            identity=IDENTITY,
            clock=self.clock,
            log=logging.getLogger("deployment_notifier.test"),
            workers=1,  # so that the order is known; asking.py has tests of its own
            shuffle=list.reverse,
        )

    def sweep(self) -> dict[str, Any]:
        """Run one sweep, and return the counts that are not 0 or unknown."""
        return {name: count for name, count in self.run().as_dict().items() if count}

    def run(self) -> Report:
        end = self.clock.now + timedelta(seconds=self.left)

        def remaining() -> float:
            return (end - self.clock.now).total_seconds()

        return sweep(self.app, Deadline(remaining), "an-owner")

    @property
    def sent(self) -> list[str]:
        return [call for call in self.sns.calls if call != "drop"]


def watching(outcomes: dict[str, Outcome], **changes: Any) -> Setting:  # noqa: ANN401 - any attribute of a setting
    """Deployments that are watched, with the answers about them."""
    source = changes.pop("source", FakeSource())
    source.outcomes = outcomes
    table = FakeWatches({name: Watch(name, SOURCE, version=1) for name in outcomes}, **changes.pop("table", {}))
    return Setting(source, table, **changes)


def slow(setting: Setting, seconds: float, answer: Outcome) -> Any:  # noqa: ANN401 - a function for FakeSource
    """An answer that takes some seconds."""

    def outcome() -> Outcome:
        setting.clock.advance(seconds)
        return answer

    return outcome


def test_a_check_is_decided_on_stored_and_its_alert_published() -> None:
    setting = watching({"a": FAILED, "b": RUNNING})
    assert setting.sweep() == {
        "watches": 2,
        "checked": 2,
        "transitions": 2,
        "alerts": 1,
        "published": 1,
        "accomplished": 4,
    }
    assert {name: watch.status for name, watch in setting.table.watches.items()} == {"a": "Failed", "b": "Running"}
    assert {key: lease and lease.owner for key, lease in setting.table.leases.items()} == {
        "a": "an-owner",
        "b": None,
        SOURCE: None,
    }
    assert len(setting.sent) == 1


def test_what_did_not_change_is_not_written() -> None:
    setting = watching({"a": RUNNING})
    setting.sweep()
    setting.table.leases.clear()
    assert setting.sweep() == {"watches": 1, "checked": 1, "accomplished": 1}
    assert setting.table.leases == {}


def test_alerts_of_earlier_sweeps_are_published_first_even_if_the_watches_cannot_be_read() -> None:
    left = PendingAlert(Alert("old", START - timedelta(minutes=2), SOURCE, Kind.FAILED))
    setting = Setting(table=FakeWatches(broken={"load_active"}), outbox=FakeOutbox(PendingAlerts([left])))
    report = setting.run()
    assert (report.published, report.table_failures, report.undelivered) == (1, 1, 0)
    assert report.oldest_undelivered_seconds == 0


def test_a_fault_in_publishing_does_not_keep_deployments_from_being_checked() -> None:
    setting = watching({"a": RUNNING})
    setting.outbox.read = a_fault  # type: ignore[method-assign]
    assert setting.sweep() == {"watches": 1, "checked": 1, "transitions": 1, "accomplished": 2, "errors": 1}


def test_items_that_cannot_be_read_and_watches_of_unknown_sources_are_reported(
    caplog: pytest.LogCaptureFixture,
) -> None:
    setting = watching({"a": RUNNING}, table={"unreadable": [Unreadable("x", "WATCH", "Status holds 1")]})
    setting.table.watches["other"] = Watch("other", "greengrass-v9")
    assert setting.sweep()["unreadable"] == 2
    reasons = [vars(record)["reason"] for record in caplog.records if hasattr(record, "reason")]
    assert reasons == ["Status holds 1", "Source holds 'greengrass-v9'; it should hold one of greengrass-bulk"]
    assert setting.source.asked == ["a"]


@pytest.mark.parametrize(("fails", "count"), [("changed", "conflicts"), ("broken", "table_failures")])
def test_a_decision_that_is_not_stored_sends_no_alert_and_stops_no_other(fails: str, count: str) -> None:
    setting = watching({"a": FAILED, "b": FAILED}, table={fails: {"a"}})
    counts = setting.sweep()
    assert (counts[count], counts["alerts"], counts["published"]) == (1, 1, 1)
    assert setting.table.watches["a"].status is None


def test_a_fault_in_one_check_or_one_decision_stops_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    setting = watching({"a": RUNNING, "b": RUNNING})
    setting.source.outcomes["c"] = a_fault
    setting.table.watches["c"] = Watch("c", SOURCE)
    assert setting.sweep() == {"watches": 3, "checked": 2, "transitions": 2, "accomplished": 3, "errors": 1}
    monkeypatch.setattr("deployment_notifier.sweep.decide", a_fault)
    assert setting.sweep() == {"watches": 3, "checked": 2, "errors": 3}


def test_a_fault_in_discovery_does_not_keep_deployments_from_being_checked() -> None:
    setting = watching({"a": RUNNING}, discover=timedelta(days=1))
    setting.source.listing = a_fault
    assert setting.sweep() == {"watches": 1, "checked": 1, "transitions": 1, "accomplished": 2, "errors": 1}


def test_a_deployment_that_was_discovered_is_checked_at_once() -> None:
    listing = ListPage((Listed("new", START),))
    setting = Setting(FakeSource(outcomes={"new": FAILED}, listing=listing), discover=timedelta(days=1))
    counts = setting.sweep()
    assert (counts["discovered"], counts["watches"], counts["published"]) == (1, 1, 1)
    assert setting.table.states[SOURCE].listed_at == START


# Sources, and checks without an answer


def test_while_the_source_answers_nothing_only_the_source_gets_an_alert() -> None:
    setting = watching({"a": DOWN, "b": DOWN}, policy=Policy(frozenset(Kind), unchecked_after_minutes=0))
    assert setting.sweep() == {
        "watches": 2,
        "failed": 2,
        "unreachable_sources": 1,
        "alerts": 1,
        "published": 1,
        "accomplished": 2,
    }
    assert {watch.failing_since for watch in setting.table.watches.values()} == {None}
    assert setting.table.states[SOURCE].outage == Outage(START, is_notified=True, last_error=DOWN.reason)


def test_a_recovery_is_decided_before_the_deployments_that_still_do_not_answer() -> None:
    """Else each of them would get an alert in the minute in which the source answers again."""
    setting = watching({"a": RUNNING, "b": DOWN})
    hour_ago = START - timedelta(hours=1)
    setting.table.states[SOURCE] = SourceState(SOURCE, 1, outage=Outage(hour_ago, is_notified=True))
    setting.table.watches["b"] = replace(setting.table.watches["b"], failing_since=hour_ago)
    counts = setting.sweep()
    assert (counts["alerts"], counts["failed"]) == (1, 1)
    assert setting.table.states[SOURCE].answering_since == START
    assert not setting.table.watches["b"].notified_unchecked


@pytest.mark.parametrize(("listing", "lost"), [(ListPage(()), True), (DOWN, False)])
def test_if_every_id_is_unknown_a_listing_tells_whether_the_source_answers(listing: Any, lost: bool) -> None:  # noqa: ANN401
    setting = watching(
        {"a": GONE}, source=FakeSource(listing=listing), policy=Policy(frozenset(Kind), unchecked_after_minutes=0)
    )
    counts = setting.sweep()
    assert (counts["unknown"], setting.source.listed) == (1, [None])
    assert counts.get("unreachable_sources", 0) == (not lost)
    assert (setting.table.watches["a"].ended_because == "LOST") == lost


@pytest.mark.parametrize("fails", ["changed", "broken"])
def test_a_source_that_cannot_be_stored_sends_no_alert(fails: str) -> None:
    setting = watching({"a": DOWN}, table={fails: {SOURCE}}, policy=Policy(frozenset(Kind), unchecked_after_minutes=0))
    counts = setting.sweep()
    assert ("alerts" in counts, setting.sent) == (False, [])
    assert counts["conflicts" if fails == "changed" else "table_failures"] == 1


@pytest.mark.parametrize("watched", [True, False])
def test_an_outage_is_forgotten_only_if_nothing_is_watched(watched: bool) -> None:
    setting = watching({"a": RUNNING} if watched else {}, left=CALL + CHECK_RESERVE - 1)  # no time to ask
    setting.table.states[SOURCE] = SourceState(SOURCE, 1, outage=Outage(START))
    setting.sweep()
    assert (setting.table.states[SOURCE].outage is not None) == watched


def test_results_that_are_not_due_are_not_asked_for() -> None:
    setting = watching({"a": RUNNING})
    follow_up = ResultsFollowUp(Phase.FAILED, START, 1, START + timedelta(minutes=1))
    setting.table.watches["a"] = Watch("a", SOURCE, status="Failed", follow_up=follow_up)
    assert setting.sweep() == {"watches": 1}
    setting.clock.advance(minutes=1)
    assert setting.sweep()["scans"] == 1


def test_a_first_scan_is_counted_and_its_failure_logged(caplog: pytest.LogCaptureFixture) -> None:
    setting = watching({"a": FAILED}, policy=Policy(frozenset(Kind)))
    assert setting.sweep()["scans"] == 1
    setting = watching({"a": FAILED}, source=FakeSource(results={"a": DOWN}), policy=Policy(frozenset(Kind)))
    assert "scans" not in setting.sweep()
    assert "results not read" in caplog.messages


# Time


def test_checks_that_have_no_time_are_deferred_and_come_first_in_the_next_sweep() -> None:
    setting = watching(dict.fromkeys("abcdefgh", RUNNING))
    for name in setting.source.outcomes:
        setting.source.outcomes[name] = slow(setting, CALL, RUNNING)
    counts = setting.sweep()
    assert (counts["checked"], counts["deferred"]) == (4, 4), "the fifth could not be concluded in time"
    assert setting.source.asked == list("hgfe"), "as the shuffle has them"
    assert setting.clock.seconds + CHECK_RESERVE <= TIMEOUT
    setting.sweep()
    assert {*"bcd"} < {*setting.source.asked[4:]}
    setting.table.watches["new"] = Watch("new", SOURCE)
    setting.source.outcomes["new"] = RUNNING
    setting.sweep()
    assert {*"abcdefgh", "new"} == {*setting.source.asked}, "nothing waits for a third sweep"


@pytest.mark.parametrize(("left", "asked"), [(CALL + CHECK_RESERVE, 1), (CALL + CHECK_RESERVE - 0.1, 0)])
def test_a_check_is_started_only_if_it_can_be_stored_and_the_source_concluded(left: float, asked: int) -> None:
    setting = watching({"a": RUNNING}, left=left)
    counts = setting.sweep()
    assert (len(setting.source.asked), counts.get("deferred", 0)) == (asked, 1 - asked)


@pytest.mark.parametrize(("left", "written"), [(APPLY, True), (APPLY - 0.1, False)])
def test_a_decision_is_stored_only_if_there_is_time_for_the_write(left: float, written: bool) -> None:
    setting = watching({"a": RUNNING})
    setting.source.outcomes["a"] = slow(setting, TIMEOUT - left, RUNNING)
    counts = setting.sweep()
    assert ("a" in setting.table.leases) == written
    assert counts.get("deferred", 0) == (not written)


@pytest.mark.parametrize(("left", "written"), [(CONCLUDE, True), (CONCLUDE - 0.1, False)])
def test_the_source_is_concluded_only_if_there_is_time_for_the_write(left: float, written: bool) -> None:
    setting = watching({"a": DOWN})
    setting.source.outcomes["a"] = slow(setting, TIMEOUT - left, DOWN)
    setting.sweep()
    assert (SOURCE in setting.table.states) == written


def test_no_listing_is_asked_for_without_time() -> None:
    setting = watching({"a": GONE})
    setting.source.outcomes["a"] = slow(setting, TIMEOUT - CALL - CHECK_RESERVE + 0.1, GONE)
    setting.sweep()
    assert setting.source.listed == []
