"""The loop: what it does in which order, and what keeps it from doing the rest. Everything around it is a fake here."""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from deployment_notifier.applying import Notifier
from deployment_notifier.deadline import APPLY, CHECK_RESERVE, CONCLUDE, Deadline
from deployment_notifier.discovery import Discovery
from deployment_notifier.model import (
    Alert,
    CheckFailed,
    Kind,
    Metrics,
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
from deployment_notifier.sources.greengrass_v2.profile import GREENGRASS_V2
from deployment_notifier.sources.port import Listed, ListPage
from deployment_notifier.sweep import sweep
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


@pytest.mark.parametrize("is_fault", [True, False])
def test_alerts_of_earlier_sweeps_are_published_even_if_the_watches_cannot_be_read(is_fault: bool) -> None:
    left = PendingAlert(Alert("old", START - timedelta(minutes=2), SOURCE, Kind.FAILED))
    setting = Setting(table=FakeWatches(broken={"load_active"}), outbox=FakeOutbox(PendingAlerts([left])))
    if is_fault:
        setting.table.load_active = a_fault  # type: ignore[method-assign]
    report = setting.run()
    assert (report.published, report.errors, report.table_failures) == (1, is_fault, not is_fault)
    assert report.undelivered == 0
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


def test_a_fault_in_one_decision_without_an_answer_stops_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    setting = watching({"a": RUNNING, "b": DOWN, "c": DOWN})
    monkeypatch.setattr("deployment_notifier.sweep.decide_unanswered", a_fault)
    assert setting.sweep()["errors"] == 2


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


# Several sources, of which an account may have only one

V2 = "greengrass-v2"
QUICK = Policy(frozenset(Kind), unchecked_after_minutes=0, follow_results_minutes=0)


@dataclass
class Sources:
    """A notifier with both sources. Nothing is watched, unless a test sets it."""

    v2: FakeSource = field(default_factory=lambda: FakeSource(GREENGRASS_V2))
    v1: FakeSource = field(default_factory=FakeSource)
    named: frozenset[str] = frozenset()
    policy: Policy = QUICK

    def __post_init__(self) -> None:
        self.setting = Setting(policy=self.policy, discover=timedelta(days=1))
        self.setting.app.sources = {V2: self.v2, SOURCE: self.v1}
        self.setting.app.required_sources = self.named

    def sweep(self, minutes: int = 1) -> list[dict[str, Any]]:
        counts = []
        for _ in range(minutes):
            counts.append(self.setting.sweep())
            self.setting.clock.advance(minutes=1)
        return counts

    @property
    def titles(self) -> list[str]:
        """The kind and the source of each alert."""
        alerts = [json.loads(json.loads(body)["lambda"]) for body in self.setting.sent]
        return [f"{alert['data']['kind']} {alert['subject']}" for alert in alerts]


@pytest.mark.parametrize(("there", "away"), [("v1", "v2"), ("v2", "v1")])
def test_an_account_without_one_of_the_sources_never_hears_of_it(there: str, away: str) -> None:
    both = Sources()
    getattr(both, away).listing = DOWN
    counts = both.sweep(121)
    assert both.setting.sent == []
    assert not any({"unreachable_sources", "failed_listings"} & set(count) for count in counts)
    assert len(getattr(both, there).listed) == 121
    assert len(getattr(both, away).listed) == 3, "once an hour, it may have come to be"
    assert list(both.setting.table.states) == [getattr(both, there).profile.name], "nothing is stored of it"


@pytest.mark.parametrize("step", ["is_due", "decide_source"])
def test_a_fault_in_one_source_stops_no_other(step: str, monkeypatch: pytest.MonkeyPatch) -> None:
    both = Sources()
    for source in (both.v2, both.v1):
        name = source.profile.name
        source.outcomes[name] = RUNNING
        both.setting.table.watches[name] = Watch(name, name, version=1)
    monkeypatch.setattr(f"deployment_notifier.sweep.{step}", lambda *_, **__: a_fault())
    assert [count["errors"] for count in both.sweep()] == [2]


def test_a_source_that_comes_to_answer_is_relied_upon_from_then_on() -> None:
    both = Sources(v1=FakeSource(listing=DOWN))
    both.sweep(5)
    both.v1.listing = ListPage(())
    both.sweep(60)
    both.v1.listing = DOWN
    counts = both.sweep(5)
    assert [count.get("unreachable_sources") for count in counts] == [1] * 5
    assert both.titles == ["SOURCE_UNREACHABLE greengrass-bulk"]


@pytest.mark.parametrize("silent", ["v1", "v2"])
def test_a_source_that_was_relied_upon_and_falls_silent_is_reported_once(silent: str) -> None:
    both = Sources()
    both.sweep(2)
    getattr(both, silent).listing = DOWN
    both.sweep(90)
    name = getattr(both, silent).profile.name
    assert both.titles == [f"SOURCE_UNREACHABLE {name}"]
    getattr(both, silent).listing = ListPage(())
    both.sweep(2)
    assert both.titles == [f"SOURCE_UNREACHABLE {name}", f"SOURCE_RECOVERED {name}"]


def test_a_source_that_is_named_is_relied_upon_though_it_never_answered() -> None:
    both = Sources(v1=FakeSource(listing=DOWN), named=frozenset({V2, SOURCE}))
    both.sweep(70)
    assert both.titles == ["SOURCE_UNREACHABLE greengrass-bulk"]


def test_a_source_with_a_watch_is_relied_upon_though_it_never_answered() -> None:
    both = Sources(v1=FakeSource(listing=DOWN, outcomes={"a": DOWN}))
    both.setting.table.watches["a"] = Watch("a", SOURCE, version=1)
    both.sweep(70)
    assert both.titles == ["SOURCE_UNREACHABLE greengrass-bulk"]


def test_if_no_source_answers_at_all_both_are_reported() -> None:
    """Else a wrong region, or a missing permission, would look like an account without deployments."""
    both = Sources(FakeSource(GREENGRASS_V2, listing=DOWN), FakeSource(listing=DOWN))
    counts = both.sweep(70)
    assert both.titles == ["SOURCE_UNREACHABLE greengrass-v2", "SOURCE_UNREACHABLE greengrass-bulk"]
    assert {count.get("unreachable_sources") for count in counts} == {2}


# Deployments that rest

RESTING = Observation("ACTIVE", Phase.RESTING, Metrics({}, 1, 0, 1, 0))


def at_rest(count: int, **changes: Any) -> Setting:  # noqa: ANN401 - of a setting
    """Deployments at rest that are listed and were looked at before, and their answers."""
    names = [f"d-{number:04}" for number in range(count)]
    watch = Watch("", V2, 1, "ACTIVE", RESTING.metrics, is_resting=True, has_rested=True, highest_progress=1)
    watch = replace(watch, progress_at=START, notified_completed=True)
    table = FakeWatches({name: replace(watch, deployment_id=name) for name in names})
    listing = ListPage(tuple(Listed(name, START, "ACTIVE") for name in names))
    source = FakeSource(GREENGRASS_V2, outcomes=dict.fromkeys(names, RESTING), listing=listing)
    setting = Setting(source, table, **changes)
    setting.app.sources = {V2: source}
    return setting


@pytest.mark.parametrize(
    ("count", "every", "turns"), [(1, 1, 1), (40, 1, 15), (750, 1, 15), (751, 1, 16), (100, 10, 20)]
)
def test_of_those_at_rest_a_few_have_their_turn(count: int, every: int, turns: int) -> None:
    setting = at_rest(count, policy=replace(QUICK, check_every_minutes=every))
    for _ in range(3):
        counts = setting.sweep()
        assert (counts["watches"], counts["checked"]) == (count, turns)
        setting.clock.advance(minutes=every)
    assert len(setting.source.asked) == 3 * turns
    assert len(set(setting.source.asked)) == min(count, 3 * turns), "nothing has two turns before all had one"


@pytest.mark.parametrize(("count", "every"), [(1, 1), (700, 1), (1300, 1), (300, 15), (30, 60)])
def test_each_one_at_rest_has_its_turn_within_the_hour(count: int, every: int) -> None:
    setting = at_rest(count, policy=replace(QUICK, check_every_minutes=every))
    for _ in range(60 // every):
        setting.sweep()
        setting.clock.advance(minutes=every)
    assert set(setting.source.asked) == set(setting.source.outcomes)


def test_those_that_a_part_of_a_long_listing_lacks_come_after_those_that_are_listed() -> None:
    setting = at_rest(100, left=GREENGRASS_V2.seconds_per_call + CHECK_RESERVE + 4)
    first = sorted(setting.source.outcomes)[:50]

    def listing(page: str | None) -> ListPage:
        assert page is None, "there is time for one page"
        setting.clock.advance(1.5)
        return ListPage(tuple(Listed(name, START, "ACTIVE") for name in first), "2")

    setting.source.listing = listing
    setting.sweep()
    assert len(setting.source.asked) == 15
    assert set(setting.source.asked) < set(first)


def test_one_that_is_under_way_is_asked_about_in_each_sweep_beside_those_at_rest() -> None:
    setting = at_rest(100)
    setting.table.watches["d-0042"] = replace(setting.table.watches["d-0042"], is_resting=False)
    setting.source.outcomes["d-0042"] = Observation("ACTIVE", Phase.ONGOING, Metrics({}, 1, 0, 1, 1))
    for _ in range(4):
        setting.sweep()
        setting.clock.advance(minutes=1)
    assert setting.source.asked.count("d-0042") == 4
    assert len(setting.source.asked) == 4 * 16


def test_those_under_way_leave_turns_to_those_at_rest_even_if_they_could_fill_every_sweep() -> None:
    setting = at_rest(160)
    rests = {f"d-{number:04}" for number in range(10)}
    moving = Observation("ACTIVE", Phase.ONGOING, Metrics({}, 1, 0, 1, 1))
    for name, watch in setting.table.watches.items():
        setting.source.outcomes[name] = slow(setting, 0.5, RESTING if name in rests else moving)
        setting.table.watches[name] = replace(watch, is_resting=name in rests)
    for _ in range(4):
        assert setting.sweep()["deferred"] > 100, "there is no time for all"
        setting.clock.advance(minutes=1)
    assert rests < set(setting.source.asked)
    assert 10 * sum(each in rests for each in setting.source.asked) <= len(setting.source.asked)


def test_one_whose_listed_status_changed_is_asked_about_at_once() -> None:
    setting = at_rest(500)
    name = "d-0499"
    canceled = Listed(name, START, "CANCELED")
    entries = [each for each in setting.source.listing.deployments if each.deployment_id != name]  # type: ignore[union-attr]
    setting.source.listing = ListPage((*entries, canceled))
    setting.source.outcomes[name] = Observation("CANCELED", Phase.STOPPED)
    setting.sweep()
    assert setting.source.asked[0] == name
    assert setting.table.watches[name].ended_because == "CANCELED"


@pytest.mark.parametrize("is_complete", [True, False])
def test_one_that_a_complete_listing_lacks_is_asked_about_at_once(is_complete: bool) -> None:
    """A newer revision for its target took its place, or somebody deleted it."""
    setting = at_rest(500)
    lacked = sorted(setting.source.outcomes)[:20]
    entries = [each for each in setting.source.listing.deployments if each.deployment_id not in lacked]  # type: ignore[union-attr]
    pages: dict[str | None, Any] = {None: ListPage(tuple(entries), None if is_complete else "2"), "2": DOWN}
    setting.source.listing = pages.__getitem__
    for name in lacked:
        setting.source.outcomes[name] = Observation("INACTIVE", Phase.SUPERSEDED)
    setting.sweep()
    assert (set(lacked) <= set(setting.source.asked)) == is_complete
    assert setting.sent == []


def test_without_discovery_those_at_rest_are_listed_all_the_same() -> None:
    setting = at_rest(3)
    assert setting.discover == timedelta(0)
    setting.source.listing = ListPage((Listed("d-0000", START, "ACTIVE"), Listed("other", START, "ACTIVE")))
    setting.sweep()
    assert setting.source.listed == [None]
    assert "other" not in setting.table.watches
