"""Publishing: in which order, when it pauses, and what is stored of it. The topic and the outbox are fakes here."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from deployment_notifier import publisher as module
from deployment_notifier.deadline import PUBLISH_ALERT, PUBLISH_PENDING, WRITE, Deadline
from deployment_notifier.errors import ItemError, PublishError, RefusedError
from deployment_notifier.messages import Message
from deployment_notifier.model import Alert, Kind, milliseconds, timestamp
from deployment_notifier.publisher import Publisher
from deployment_notifier.report import Report
from deployment_notifier.table import Lease, PendingAlert, PendingAlerts, Unreadable
from tests.cases import cases
from tests.fakes import IDENTITY, START, Clock, FakeOutbox, FakeSns, a_fault

if TYPE_CHECKING:
    from collections.abc import Callable

DOWN = PublishError("InternalError: said SNS")
REFUSED = RefusedError("InvalidParameter: said SNS")
TIMEOUT = 50.0
LEASE = Lease("this-sweep", START + timedelta(seconds=TIMEOUT + 60))


def alert(name: str, minute: int = 0) -> Alert:
    at = START - timedelta(minutes=60 - minute)
    return Alert(name, at, "greengrass-bulk", Kind.FAILED, from_status="Running", to_status="Failed")


def waiting(name: str, minute: int = 0, *, paused: float = 0, leased: float = 0, attempts: int = 0) -> PendingAlert:
    """An alert that waits, with a pause or another sweep's lease that ends in so many minutes."""
    until = (milliseconds(START + timedelta(minutes=minutes)) if minutes else 0 for minutes in (paused, leased))
    return PendingAlert(alert(name, minute), attempts, *until)


def render(alert: Alert, _: object) -> Message:
    """A message whose body says which alert it is, and in which form."""
    return Message("full", f"{alert.deployment_id} {timestamp(alert.at)}", {})


def render_minimal(alert: Alert, identity: object) -> Message:
    return replace(render(alert, identity), subject="minimal")


@pytest.fixture(autouse=True)
def short_messages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "render", render)
    monkeypatch.setattr(module, "render_minimal", render_minimal)


@dataclass
class Setting:
    """A publisher with its fakes.

    Attributes:
        tried: the messages that were published, in order.
    """

    outbox: FakeOutbox = field(default_factory=FakeOutbox)
    errors: Callable[[Message], Exception | None] = lambda _: None
    clock: Clock = field(default_factory=Clock)
    left: float = TIMEOUT
    report: Report = field(default_factory=lambda: Report(logging.getLogger("deployment_notifier.test")))

    def __post_init__(self) -> None:
        self.tried: list[Message] = []
        self.sns = FakeSns(self._answer)
        port: Any = self.outbox
        sns: Any = self.sns
        deadline = Deadline(lambda: TIMEOUT)
        self.publisher = Publisher(
            port, sns, IDENTITY, self.clock, deadline=deadline, owner=LEASE.owner, report=self.report
        )
        deadline._remaining = lambda: self.left - self.clock.seconds  # noqa: SLF001 - less than at the start

    def _answer(self, message: Message) -> Exception | None:
        self.tried.append(message)
        return self.errors(message)

    @property
    def sent(self) -> list[str]:
        return [message.body.split()[0] for message in self.tried]

    def publish_new(self, name: str = "new") -> None:
        """Do what a sweep does with a new alert."""
        new = alert(name, 59)
        self.publisher.publish_new(new, self.publisher.lease_for(new))

    def finish(self) -> tuple[int, int | None]:
        self.publisher.finish()
        return self.report.undelivered, self.report.oldest_undelivered_seconds


def with_queue(*alerts: PendingAlert, **changes: Any) -> Setting:  # noqa: ANN401 - any attribute of a setting
    """After a sweep's first step, with these alerts in the queue."""
    setting = Setting(FakeOutbox(PendingAlerts(sorted(alerts, key=lambda each: each.alert.at))), **changes)
    setting.publisher.publish_pending()
    return setting


def failing(*names: str, error: Exception = DOWN) -> Callable[[Message], Exception | None]:
    return lambda message: error if message.body.split()[0] in names or not names else None


# One alert


def test_an_alert_is_leased_published_and_marked() -> None:
    setting = with_queue(waiting("a"))
    pending = alert("a")
    assert setting.outbox.acquired == [pending.id]
    assert setting.tried == [render(pending, IDENTITY)]
    assert setting.outbox.published == [(pending.id, "message-1")]
    assert setting.finish() == (0, 0)
    assert (setting.report.published, setting.report.accomplished) == (1, 1)


def test_a_new_alert_is_published_with_the_lease_that_it_was_stored_with() -> None:
    setting = with_queue()
    assert setting.publisher.lease_for(alert("new")) == LEASE
    setting.publish_new()
    assert (setting.sent, setting.outbox.acquired) == (["new"], [])
    assert (setting.report.alerts, setting.report.published) == (1, 1)
    assert setting.publisher.lease_for(None) is None


def test_an_alert_whose_lease_another_sweep_has_is_left_to_it() -> None:
    setting = Setting(FakeOutbox(PendingAlerts([waiting("a")]), is_free=False))
    setting.publisher.publish_pending()
    assert (setting.sent, setting.outbox.failed, setting.finish()) == ([], [], (0, 0))
    setting.publish_new("a")
    assert setting.sent == [], "it may be published just now, so a newer one must wait"


def test_an_alert_whose_lease_is_not_known_to_be_had_is_not_published() -> None:
    queue = PendingAlerts([waiting("a"), waiting("b", 1), waiting("c", 2, paused=9)])
    setting = Setting(FakeOutbox(queue, broken={"acquire"}))
    setting.publisher.publish_pending()
    assert (setting.sent, setting.finish(), setting.report.table_failures) == ([], (3, 3600), 2)
    setting.publish_new("a")
    assert setting.sent == [], "a newer one must wait for it"


@pytest.mark.parametrize(("seconds", "forms"), [(-0.001, ["full"]), (0, [])])
def test_an_alert_is_published_only_until_its_lease_runs_out(seconds: float, forms: list[str]) -> None:
    """By then another sweep may have it."""
    setting = with_queue()
    new = alert("new")
    lease = setting.publisher.lease_for(new)
    setting.clock.now = LEASE.until + timedelta(seconds=seconds)
    setting.publisher.publish_new(new, lease)
    assert [message.subject for message in setting.tried] == forms
    assert len(setting.outbox.published) == len(forms)
    assert setting.outbox.failed == []
    assert setting.finish()[0] == 1 - len(forms)


def test_an_alert_whose_lease_runs_out_in_the_wait_for_its_turn_is_left() -> None:
    setting = with_queue()
    setting.sns.wait = lambda: setattr(setting.clock, "now", LEASE.until)
    setting.publish_new()
    assert (setting.tried, setting.outbox.failed, setting.finish()[0]) == ([], [], 1)


def test_the_minimal_message_too_is_published_only_until_the_lease_runs_out() -> None:
    setting = with_queue()

    def refuse_slowly(_: Message) -> Exception:
        setting.clock.now = LEASE.until
        return REFUSED

    setting.errors = refuse_slowly
    setting.publish_new()
    assert [message.subject for message in setting.tried] == ["full"]
    assert (setting.outbox.failed, setting.report.publish_failures, setting.finish()[0]) == ([], 0, 1)


def test_what_sns_refuses_is_published_in_its_minimal_form() -> None:
    setting = with_queue(waiting("a"), errors=lambda message: REFUSED if message.subject == "full" else None)
    assert [message.subject for message in setting.tried] == ["full", "minimal"]
    assert len(setting.outbox.published) == 1
    assert setting.report.publish_failures == 0


def test_a_fault_in_the_rendering_does_not_withhold_an_alert(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "render", a_fault)
    setting = with_queue(waiting("a"))
    assert [message.subject for message in setting.tried] == ["minimal"]
    assert (setting.report.errors, setting.report.published) == (1, 1)


def test_an_alert_that_cannot_even_be_rendered_in_its_minimal_form_stays_and_stops_no_other(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail_for_a(pending: Alert, identity: object) -> Message:
        return a_fault() if pending.deployment_id == "a" else render(pending, identity)

    monkeypatch.setattr(module, "render", fail_for_a)
    monkeypatch.setattr(module, "render_minimal", fail_for_a)
    setting = with_queue(waiting("a"), waiting("b"))
    assert [each[:2] for each in setting.outbox.failed] == [(alert("a").id, 1)]
    assert (setting.report.errors, setting.sent, setting.finish()) == (2, ["b"], (1, 3600))


@pytest.mark.parametrize(("error", "forms"), [(DOWN, ["full"]), (REFUSED, ["full", "minimal"])])
def test_an_alert_that_sns_does_not_take_stays_with_its_error(
    caplog: pytest.LogCaptureFixture, error: Exception, forms: list[str]
) -> None:
    setting = with_queue(waiting("a"), errors=failing(error=error))
    assert [message.subject for message in setting.tried] == forms
    assert setting.outbox.failed == [(alert("a").id, 1, str(error), START + timedelta(minutes=1))]
    assert (setting.outbox.published, setting.report.publish_failures, setting.finish()) == ([], 1, (1, 3600))
    (line,) = [vars(each) for each in caplog.records if each.message == "alert not published: it stays in the queue"]
    assert (line["deployment_id"], line["alert_id"], line["error"]) == ("a", alert("a").id, str(error))


@pytest.mark.parametrize(
    ("attempts", "minutes"), [(0, 1), (1, 2), (2, 4), (3, 8), (4, 16), (5, 30), (50, 30), (10**6, 30)]
)
def test_a_pause_doubles_from_one_minute_to_thirty(attempts: int, minutes: int) -> None:
    setting = with_queue(waiting("a", attempts=attempts), errors=failing())
    ((_, noted, _, not_before),) = setting.outbox.failed
    assert (noted, not_before) == (attempts + 1, START + timedelta(minutes=minutes))


def test_what_is_kept_of_an_error_is_cut() -> None:
    setting = with_queue(waiting("a"), errors=failing(error=PublishError("x" * 10_000)))
    assert len(setting.outbox.failed[0][2]) == 1000


def test_an_alert_that_cannot_be_marked_counts_as_published_and_will_be_repeated(
    caplog: pytest.LogCaptureFixture,
) -> None:
    setting = Setting(FakeOutbox(PendingAlerts([waiting("a")]), broken={"mark_published"}))
    setting.publisher.publish_pending()
    assert (setting.report.published, setting.finish()) == (1, (0, 0))
    assert "alert published but not marked: it will be repeated" in caplog.messages


def test_a_failure_that_cannot_be_noted_leaves_the_alert_waiting() -> None:
    setting = Setting(FakeOutbox(PendingAlerts([waiting("a")]), broken={"mark_failed"}), failing())
    setting.publisher.publish_pending()
    assert (setting.report.publish_failures, setting.finish()) == (1, (1, 3600))


def test_the_log_names_the_deployment_the_alert_and_the_message(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    with_queue(waiting("a"))
    (record,) = (vars(record) for record in caplog.records if record.message == "alert published")
    assert (record["deployment_id"], record["alert_id"], record["kind"]) == (
        "a",
        f"a/{timestamp(alert('a').at)}",
        "FAILED",
    )
    assert record["message_id"] == "message-1"


# The order of several


@cases(
    "queue, sent",
    ("oldest first", [waiting("b", 2), waiting("a", 1)], ["a", "b"]),
    ("the oldest is tried although it pauses", [waiting("a", 1, paused=9)], ["a"]),
    (
        "once SNS takes one, the other pauses end",
        [waiting("a", 1, paused=9), waiting("b", 2, paused=9), waiting("a", 3, paused=30)],
        ["a", "b", "a"],
    ),
    ("another sweep has it", [waiting("a", 1, leased=1)], []),
    ("another sweep had it", [waiting("a", 1, leased=-1)], ["a"]),
    (
        "a newer one of a deployment waits; another one ends the pauses",
        [waiting("a", 1, leased=1), waiting("a", 2), waiting("b", 3, paused=9), waiting("c", 4)],
        ["c", "b"],
    ),
    (
        "no alert comes before an older one of its deployment that pauses",
        [waiting("a", 1, leased=1), waiting("b", 2, paused=9), waiting("b", 3)],
        [],
    ),
)
def test_alerts_of_earlier_sweeps(queue: list[PendingAlert], sent: list[str]) -> None:
    assert with_queue(*queue).sent == sent


def test_a_pause_and_a_lease_end_at_their_time() -> None:
    now = milliseconds(START)
    first = waiting("x", leased=1)
    for not_before, sent in ((now, ["a"]), (now + 1, [])):
        assert with_queue(first, replace(waiting("a", 1), paused_until=not_before)).sent == sent
        assert with_queue(first, replace(waiting("a", 1), leased_until=not_before)).sent == sent


@cases(
    "failed, sent", ("only that deployment's alerts wait", ["a"], ["a", "b"]), ("all of both", ["a", "b"], ["a", "b"])
)
def test_after_a_failure_the_newer_alerts_of_a_deployment_wait(failed: list[str], sent: list[str]) -> None:
    setting = with_queue(waiting("a", 1), waiting("a", 2), waiting("b", 3), errors=failing(*failed))
    assert setting.sent == sent
    setting.publish_new("a")
    assert setting.sent == sent, "a new one waits as well"
    setting.publish_new("c")
    assert setting.sent == [*sent, "c"]


def test_while_sns_is_down_the_other_pauses_go_on() -> None:
    setting = with_queue(waiting("a", 1, paused=9), waiting("b", 2, paused=9), waiting("c", 3), errors=failing())
    assert setting.sent == ["a", "c"]
    setting.publish_new("b")
    assert setting.sent == ["a", "c"], "an older one of its deployment pauses"


def test_after_three_failures_in_a_row_the_rest_is_left_to_the_next_sweep() -> None:
    setting = with_queue(*(waiting(name, n) for n, name in enumerate("abcde")), errors=failing())
    assert setting.sent == ["a", "b", "c"]
    assert setting.publisher.lease_for(alert("new")) is None
    setting.publish_new()
    assert (setting.sent, setting.finish()[0]) == (["a", "b", "c"], 6)


def test_a_publish_that_succeeds_ends_a_row_of_failures() -> None:
    setting = with_queue(*(waiting(name, n) for n, name in enumerate("abcde")), errors=failing("a", "b", "d", "e"))
    assert setting.sent == list("abcde")
    assert setting.publisher.lease_for(alert("new")) is not None


def test_refused_alerts_do_not_keep_others_waiting() -> None:
    """SNS has answered, so it is not down; and a message that it will never take must not hold up newer ones."""
    queue = (waiting(name, n) for n, name in enumerate("abcda"))
    setting = with_queue(*queue, errors=failing("a", "b", "c", "d", error=REFUSED))
    assert setting.sent == [name for name in "abcda" for _ in range(2)], "each in both forms"
    assert setting.publisher.lease_for(alert("new")) is not None


def test_an_alert_that_sns_never_takes_does_not_leave_the_others_to_their_pauses() -> None:
    """The oldest alert shows whether SNS is back; one that is refused for good shows nothing, so the next is tried."""
    queue = [waiting(name, n, paused=9) for n, name in enumerate("abcd")]
    setting = with_queue(*queue, errors=failing("a", "b", error=REFUSED))
    assert setting.sent == ["a", "a", "b", "b", "c", "d"], "the refused ones in both forms"
    setting = with_queue(*queue, errors=failing("a"))
    assert setting.sent == ["a"], "SNS is down, so the pauses go on"


# Time, and what cannot be read


@pytest.mark.parametrize(("left", "sent"), [(PUBLISH_PENDING, ["a"]), (PUBLISH_PENDING - 0.1, [])])
def test_a_waiting_alert_is_published_only_if_that_leaves_time_to_the_checks(left: float, sent: list[str]) -> None:
    setting = with_queue(waiting("a"), left=left)
    assert setting.sent == sent
    setting.publish_new("a")
    assert setting.sent == sent or setting.sent[1:] == ["a"]


@pytest.mark.parametrize(("left", "leased"), [(WRITE + PUBLISH_ALERT, True), (WRITE + PUBLISH_ALERT - 0.1, False)])
def test_a_new_alert_is_leased_only_if_it_can_be_published_in_time(left: float, leased: bool) -> None:
    setting = with_queue(left=left)
    assert (setting.publisher.lease_for(alert("new")) is not None) == leased
    setting.publish_new()
    assert setting.sent == ["new"] * leased
    assert setting.finish() == ((0, 0) if leased else (1, 60))
    setting.left = TIMEOUT
    assert (setting.publisher.lease_for(alert("new")) is not None) == leased, "a newer one waits for it"


def test_while_the_queue_cannot_be_read_new_alerts_wait() -> None:
    """An older one of the same deployment may be waiting."""
    setting = Setting(FakeOutbox(broken={"read"}))
    setting.publisher.publish_pending()
    setting.publish_new()
    assert (setting.sent, setting.report.table_failures, setting.finish()) == ([], 1, (0, None))


def test_alerts_that_cannot_be_read_are_counted_and_do_not_stop_the_others() -> None:
    unreadable = Unreadable("x", "EVENT#", str(ItemError("Kind is missing")))
    setting = Setting(FakeOutbox(PendingAlerts([waiting("a")], [unreadable])))
    setting.publisher.publish_pending()
    assert (setting.sent, setting.report.unreadable) == (["a"], 1)
