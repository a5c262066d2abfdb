"""Each kind of alert, an alarm, and anything else, as a person reads them in Slack."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from deployment_notifier.messages import render_minimal
from deployment_notifier.messages.content import build_content
from deployment_notifier.messages.event import decode, encode
from deployment_notifier.messages.test_message import render_test
from deployment_notifier.model import Alert, Error, ErrorDetail, FailureReason, Kind, ResultsSummary, Severity
from deployment_notifier.slack.slack_message import bare_slack_message, slack_message
from deployment_notifier.slack.sns_record import parse_record
from deployment_notifier.sources.greengrass_bulk.profile import GREENGRASS_BULK
from deployment_notifier.sources.registry import PROFILES
from local.slack import active_markup, violations
from local.slack import render as shown
from tests.unit.slack.samples import ALARM, AT, FAILED, ID, IDENTITY, RESULTS, alert, published, record, text_of

RED, YELLOW, BLUE, GREEN, GREY = "#e01e5a", "#ecb22e", "#36c5f0", "#2eb67d", "#868686"
LOOKS = {Severity.CRITICAL: ("🔴", RED), Severity.WARNING: ("🟠", YELLOW), Severity.INFO: ("🔵", BLUE)}
SINCE = AT - timedelta(minutes=62)
ENDED: dict[str, Any] = {"from_status": "Completed", "to_status": "Completed"}

ALERTS = [
    FAILED,
    alert(Kind.INVALID_RECORDS),
    alert(Kind.DEVICES_FAILED, source="greengrass-v2", to_status="ACTIVE", results=RESULTS),
    alert(Kind.GROUPS_FAILED, **ENDED, results=RESULTS, is_followed=True),
    alert(Kind.RESULTS_INCOMPLETE, **ENDED, results=RESULTS),
    alert(Kind.STALLED, since=SINCE),
    alert(Kind.LOST, since=SINCE, error=Error("BadRequestException: no such id")),
    alert(Kind.UNCHECKED, since=SINCE, error=Error("ReadTimeoutError")),
    alert(Kind.STOPPED, to_status="Stopped"),
    alert(Kind.COMPLETED, to_status="Completed", results=RESULTS),
    alert(Kind.RESUMED, since=SINCE),
    alert(Kind.SOURCE_UNREACHABLE, since=SINCE, error=Error("AccessDeniedException: no")),
    alert(Kind.SOURCE_RECOVERED, since=SINCE),
    alert(Kind.DISCOVERY_FAILED, since=SINCE, error=Error("AccessDeniedException: no")),
    alert(Kind.DISCOVERY_RECOVERED, since=SINCE),
]


def checked(found: dict[str, Any], identity: Any = IDENTITY) -> dict[str, Any]:  # noqa: ANN401 - a StackIdentity
    """The message for a record, which Slack takes and in which nothing acts."""
    message = slack_message(parse_record(found), identity)
    assert violations(message) == []
    assert active_markup(message) == []
    return message


def message_of(alert: Alert) -> dict[str, Any]:
    return checked(published(alert))


def colour(message: dict[str, Any]) -> str:
    return str(message["attachments"][0]["color"])


def title(message: dict[str, Any]) -> str:
    return str(message["blocks"][0]["text"]["text"])


def buttons(message: dict[str, Any]) -> list[str]:
    blocks = message["attachments"][0]["blocks"]
    return [each["url"] for block in blocks if block["type"] == "actions" for each in block["elements"]]


def test_every_kind_has_a_case() -> None:
    assert [each.kind for each in ALERTS] == list(Kind)


@pytest.mark.parametrize("alert", ALERTS, ids=lambda each: each.kind)
def test_an_alert_has_all_its_content_in_order_in_the_colour_of_its_severity(alert: Alert) -> None:
    message = message_of(alert)
    content = build_content(alert, IDENTITY)
    sign, bar = LOOKS[alert.severity]
    assert title(message) == message["text"] == f"{sign} {content.title.line()}"  # `text` is the notification's
    assert colour(message) == bar
    assert buttons(message) == [content.console]
    text = text_of(message)
    at = 0
    for expected in (
        content.explanation,
        *content.also,
        *(f"*{label}:* `{value}`" for label, value in content.numbers),
        *([f"*{content.error_heading}*"] if content.error_heading else []),
        *(f"`{entry}`" for entry in content.error),
        *(f"{each.who}: `{each.text}`\n`{each.targets[0]}`" for each in content.reasons),
        "*What to do:*",
        *(f"{number}. {step.text}" for number, step in enumerate(content.steps, start=1)),
        *(step.text for step in content.more),
        *(f"{label}: {value}" for label, value in content.identifiers),
    ):
        assert expected in text[at:]
        at = text.index(expected, at)
    commands = [step.command for step in (*content.steps, *content.more) if step.command]
    assert [command for command in commands if f"```{command}```" not in text] == []


def test_reasons_are_named_with_some_of_their_targets() -> None:
    text = text_of(message_of(alert(Kind.FAILED, results=RESULTS)))
    assert "287 groups: `The group has no version [GG-303]`\n`group-1` `group-2` `group-3` and 284 more\n" in text
    assert "1 group: `The core is offline`\n`group-4`\n12 groups for other reasons\n" in text


def test_a_long_error_is_shortened_and_its_rest_counted() -> None:
    details = tuple(ErrorDetail(f"E{n}", "x" * 900) for n in range(9))
    text = text_of(message_of(alert(Kind.FAILED, error=Error("y" * 900 + "\nsecond line", details))))
    assert "`" + "y" * 299 + "…`\n`second line`\n" in text
    assert "[E1]" in text
    assert "[E2]" not in text
    assert "and 4 more lines" in text


def test_the_words_of_a_source_are_no_markup(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(PROFILES, "greengrass-bulk", replace(GREENGRASS_BULK, noun="R&D <job>"))
    text = text_of(message_of(alert(Kind.FAILED, to_status="Failed")))
    assert "The R&D <job> ended" in text
    assert "Start another R&D <job> with" in text


def test_a_long_list_of_reasons_with_hostile_text_fits() -> None:
    ids = tuple(f"1b2c3d4e-5f60-4718-8293-a4b5c6d7{n:04}" for n in range(10))
    reasons = tuple(FailureReason(f"E{n}", "<!channel> `x` " + "y" * 900, 50 - n, ids) for n in range(20))
    message_of(alert(Kind.FAILED, results=ResultsSummary(5, 2_000, 0, reasons)))


@pytest.mark.parametrize("deployment_id", ["a`b", "x" * 2_000])
def test_a_command_that_slack_would_change_is_left_out(deployment_id: str) -> None:
    # A backtick would end the block, so that what follows is markup and the command another one.
    text = text_of(message_of(alert(Kind.STALLED, deployment_id=deployment_id)))
    assert "(the command is in the email)" in text
    assert "```" not in text


def test_a_partition_whose_console_is_not_known_has_no_button() -> None:
    for found in (published(FAILED), record(json.dumps(ALARM))):
        assert buttons(checked(found, replace(IDENTITY, partition="aws-iso"))) == []


@pytest.mark.parametrize("alert", ALERTS, ids=lambda each: each.kind)
def test_an_alert_in_its_minimal_form_says_that_it_is_not_the_whole(alert: Alert) -> None:
    minimal = render_minimal(alert, IDENTITY)
    message = checked(record(json.loads(minimal.body)["lambda"], subject=minimal.subject))
    text = text_of(message)
    assert colour(message) == LOOKS[alert.severity][1]
    assert "This alert could not be sent in full. Its history has the rest." in text
    assert f"```deployment-notifier show {alert.deployment_id} --stack notifier --region eu-west-1```" in text
    if alert.to_status:
        assert f"tatus:* `{alert.to_status}`\n" in f"{text}\n"
    assert "(first check)" not in text
    assert "could not be sent" not in text_of(message_of(alert))


def test_an_alert_of_a_kind_that_is_newer_than_this_function_is_shown_as_it_is() -> None:
    body: dict[str, Any] = encode(FAILED, IDENTITY)
    body["data"] |= {"kind": "ROLLED_BACK", "targets": {"failed": 87, "reasons": [{"code": "404", "count": 75}]}}
    assert decode(body) is None
    message = checked(record(json.dumps(body), subject="WARNING: 87 groups failed", severity="warning"))
    assert title(message) == "🟠 WARNING: 87 groups failed"
    assert colour(message) == YELLOW
    text = text_of(message)
    assert "data.targets.failed: 87\ndata.targets.reasons.1.code: 404\ndata.targets.reasons.1.count: 75" in text


@pytest.mark.parametrize("as_kind", [None, Kind.FAILED])
def test_a_test_alert_says_that_nothing_is_wrong_and_looks_like_no_real_one(as_kind: Kind | None) -> None:
    sent = render_test(IDENTITY, AT, as_kind)
    message = checked(
        record(json.loads(sent.body)["lambda"], subject=sent.subject, severity=sent.attributes["severity"])
    )
    assert title(message) == f"⚪ {sent.subject}"
    assert colour(message) == GREY
    text = text_of(message)
    assert "This is a test. Nothing is wrong" in text
    assert "Time: 2026-11-23T10:04:00.123Z\nAlert: TEST test/2026-11-23T10:04:00.123Z" in text
    assert "specversion" not in text


def test_plain_text_is_shown_line_by_line_without_its_markup_acting() -> None:
    message = checked(record("Hello <!channel>,\n*all* is `well` :bomb: @here"))
    assert title(message) == "⚪ Message on the alert topic"
    assert colour(message) == GREY
    assert "Hello <!channel>,\n*all* is `well` :bomb: @here" in text_of(message)


def test_an_alarm_shows_its_state_what_it_means_and_why() -> None:
    message = checked(record(json.dumps(ALARM), subject='ALARM: "x" in EU (Ireland)'))
    assert title(message) == "🔴 ALARM: notifier-UndeliveredAlertsAlarm-1A2B (eu-west-1)"
    assert colour(message) == RED
    text = text_of(message)
    for expected in (
        "This CloudWatch alarm is in ALARM state (was OK).",
        "an alert has waited for more than 15 minutes. Run deployment-notifier doctor.",
        "*Why:* `Threshold Crossed: 1 datapoint [960.0",
        "*Metric:* `OldestUndeliveredAlertAge`",
        "Alarm: notifier-UndeliveredAlertsAlarm-1A2B\nAWS account: 123456789012, eu-west-1",
    ):
        assert expected in text
    (link,) = buttons(message)
    assert link.startswith("https://eu-west-1.console.aws.amazon.com/cloudwatch/home?region=eu-west-1#alarmsV2:alarm/")
    assert link.endswith("/notifier-UndeliveredAlertsAlarm-1A2B")


@pytest.mark.parametrize(
    ("old", "new", "heading", "bar"),
    [
        ("ALARM", "OK", "🟢 OK: alarm X is over (eu-west-1)", GREEN),
        ("INSUFFICIENT_DATA", "OK", "🟢 OK: X (eu-west-1)", GREEN),  # of an alarm that was just created
        ("OK", "INSUFFICIENT_DATA", "⚪ INSUFFICIENT DATA: X (eu-west-1)", GREY),
        ("ALARM", "INSUFFICIENT_DATA", "⚪ INSUFFICIENT DATA: X (eu-west-1)", GREY),
        ("INSUFFICIENT_DATA", "ALARM", "🔴 ALARM: X (eu-west-1)", RED),
    ],
)
def test_only_an_open_alarm_says_what_to_do(old: str, new: str, heading: str, bar: str) -> None:
    changes = {"AlarmName": "X", "OldStateValue": old, "NewStateValue": new}
    message = checked(record(json.dumps(ALARM | changes)))
    assert (title(message), colour(message)) == (heading, bar)
    assert f"This CloudWatch alarm is in {new} state (was {old})." in text_of(message)
    assert ("Run deployment-notifier doctor" in text_of(message)) == (new == "ALARM")


def test_an_alarm_with_only_a_name_and_a_state_is_shown() -> None:
    bare = {"AlarmName": "composite <one> & two", "NewStateValue": "ALARM", "AlarmRule": "ALARM(a) OR ALARM(b)"}
    message = checked(record(json.dumps(bare)))
    assert title(message) == "🔴 ALARM: composite <one> & two (eu-west-1)"
    assert message["text"] == "🔴 ALARM: composite &lt;one&gt; &amp; two (eu-west-1)"
    assert "AWS account: 123456789012, eu-west-1" in text_of(message)
    assert buttons(message)[0].endswith("#alarmsV2:alarm/composite%20%3Cone%3E%20%26%20two")


@pytest.mark.parametrize("old", ["ALARM", "<!channel>", "", None, 5])
def test_a_state_before_is_shown_only_if_it_is_another_one(old: object) -> None:
    changes = {"OldStateValue": old, "NewStateReason": " ", "AWSAccountId": "999999999999"}
    text = text_of(checked(record(json.dumps(ALARM | changes))))
    assert "This CloudWatch alarm is in ALARM state.\n" in text
    assert "*Why:*" not in text
    assert "AWS account: 999999999999, eu-west-1" in text


@pytest.mark.parametrize("changes", [{"AlarmName": 5}, {"NewStateValue": "FINE"}, {"NewStateValue": ["OK"]}])
def test_a_message_that_only_resembles_an_alarm_is_shown_as_it_is(changes: dict[str, object]) -> None:
    assert title(checked(record(json.dumps(ALARM | changes)))) == "⚪ Message on the alert topic"


def test_deeply_nested_json_is_shown_down_to_a_readable_depth() -> None:
    assert "a.a.a.a.a.a: ..." in text_of(checked(record('{"a":' * 9 + "1" + "}" * 9)))


def test_the_form_without_layout_has_the_title_and_what_was_published() -> None:
    message = bare_slack_message(parse_record(record('{"a": "<!here>"}', subject="CRITICAL: it failed")))
    assert message == {"text": '`CRITICAL: it failed`\n`{"a": "&lt;!here&gt;"}`'}
    long = bare_slack_message(parse_record(record(("x" * 600 + "\n") * 200)))
    for each in (message, long):
        assert violations(each) == []
        assert active_markup(each) == []


def test_the_stand_in_shows_a_message_as_a_person_reads_it() -> None:
    lines = shown(message_of(replace(FAILED, error=Error("<b> & co"))), 80).split("\n")
    command = f"aws greengrass get-bulk-deployment-status --bulk-deployment-id {ID} --region eu-west-1"
    assert lines[0] == "🔴 CRITICAL: Greengrass 1b2c3d4e failed - team=edge, notifier 123456789012 eu-west-1"
    for expected in ("Status: Failed (was Running)", "<b> & co", f"    {command}", "Tags: team=edge"):
        assert f"▌ {expected}" in lines
    assert any(line.startswith("▌ [ Open the AWS console ]  https://") for line in lines)
