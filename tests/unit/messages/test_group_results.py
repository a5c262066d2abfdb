"""Each message says how many groups failed, why, and which; and whether more may."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from deployment_notifier.messages import email, render, render_minimal
from deployment_notifier.messages.chat import notification
from deployment_notifier.messages.event import event
from deployment_notifier.messages.headlines import sms, subject
from deployment_notifier.model import Alert, GroupError, GroupTally, Kind, Metrics, Place

PLACE = Place("aws", "eu-west-1", "123456789012", "notifier-Function-1A", "notifier-Table-9Z")


def ids(reason: int, count: int = 10) -> tuple[str, ...]:
    return tuple(f"{reason:08x}-5f60-4718-8293-{number:012x}" for number in range(count))


FOUR_REASONS = (
    GroupError("NoVersion", "The group has no version", 120, ids(1)),
    GroupError(None, "The service role is not associated with this account", 87, ids(2)),
    GroupError("404", "The Lambda function does not exist", 75, ids(3)),
    GroupError(None, None, 18, ids(4)),
)
ALL_VALID = Metrics(10_000, 0, 7)
TALLY = GroupTally(9_700, 300, 0, FOUR_REASONS)


def alert(kind: Kind, tally: GroupTally | None, status: str = "Completed", metrics: Metrics = ALL_VALID) -> Alert:
    return Alert(
        "1b2c3d4e-5f60-4718-8293-a4b5c6d7e8f9",
        datetime(2026, 11, 23, 10, 4, tzinfo=UTC),
        "greengrass-bulk",
        kind,
        from_status="Running",
        to_status=status,
        metrics=metrics,
        groups=tally,
    )


def section(text: str, start: str) -> list[str]:
    """The lines of one section of the email, without its first."""
    (found,) = [part for part in text.split("\n\n") if part.startswith(start)]
    return found.split("\n")[1:]


def description(told: Alert) -> str:
    content: Any = notification(told, PLACE)["content"]
    return str(content["description"])


@pytest.mark.parametrize("kind", [Kind.FAILED, Kind.INVALID_RECORDS, Kind.GROUPS_FAILED, Kind.COMPLETED])
def test_the_email_names_failing_groups_by_reason_the_most_frequent_first(kind: Kind) -> None:
    text = email.text(alert(kind, TALLY), PLACE)
    assert section(text, "Why groups failed, most frequent first:") == [
        "  > 120 groups: The group has no version [NoVersion]",
        *(f"  >   {name}" for name in ids(1, 3)),
        "  >   and 117 more",
        "  > 87 groups: The service role is not associated with this account",
        *(f"  >   {name}" for name in ids(2, 3)),
        "  >   and 84 more",
        "  > 75 groups: The Lambda function does not exist [404]",
        *(f"  >   {name}" for name in ids(3, 3)),
        "  >   and 72 more",
        "  > 18 groups: AWS gave no reason",
        *(f"  >   {name}" for name in ids(4, 3)),
        "  >   and 15 more",
    ]
    assert "Groups:             9,700 succeeded, 300 failed, 0 unfinished\n" in text
    assert len(text) < 3_500


@pytest.mark.parametrize(("reasons", "each"), [(1, 10), (2, 6), (3, 4), (4, 3), (6, 2), (10, 2)])
def test_the_more_reasons_there_are_the_fewer_ids_the_email_names_for_each(reasons: int, each: int) -> None:
    errors = tuple(GroupError(None, f"Reason {n}", 20, ids(n)) for n in range(reasons))
    lines = section(
        email.text(alert(Kind.GROUPS_FAILED, GroupTally(0, 20 * reasons, 0, errors)), PLACE), "Why groups failed"
    )
    assert lines.count(f"  >   and {20 - each} more") == reasons
    assert len(lines) == reasons * (each + 2)


@pytest.mark.parametrize(
    ("tally", "last"),
    [
        (GroupTally(0, 130, 0, FOUR_REASONS[:1]), "  > and 10 groups for other reasons"),
        (GroupTally(0, 121, 0, FOUR_REASONS[:1]), "  > and 1 group for other reasons"),
        (GroupTally(0, 120, 0, FOUR_REASONS[:1]), "  >   and 110 more"),
        # Of twenty reasons the email shows ten; the rest counts among the others.
        (
            GroupTally(0, 50, 0, tuple(GroupError(None, f"Reason {n}", 2) for n in range(20))),
            "  > and 30 groups for other reasons",
        ),
    ],
)
def test_groups_whose_reason_is_not_named_are_counted(tally: GroupTally, last: str) -> None:
    assert section(email.text(alert(Kind.GROUPS_FAILED, tally), PLACE), "Why groups failed")[-1] == last


def test_all_the_ids_are_named_where_they_are_few_and_none_where_aws_named_none() -> None:
    tally = GroupTally(0, 3, 0, (GroupError(None, "Known", 2, ids(1, 2)), GroupError(None, "Nameless", 1)))
    assert section(email.text(alert(Kind.GROUPS_FAILED, tally), PLACE), "Why groups failed") == [
        "  > 2 groups: Known",
        *(f"  >   {name}" for name in ids(1, 2)),
        "  > 1 group: Nameless",
    ]


def test_a_message_that_stands_for_many_groups_does_not_name_the_one_that_it_came_from() -> None:
    shared, own = "00000000-0000-4000-8000-000000000000", ids(1)[0]
    said = f"Group {own} lacks version {shared}"
    many = alert(Kind.GROUPS_FAILED, GroupTally(0, 12, 0, (GroupError(None, said, 12, ids(1)),)))
    one = alert(Kind.GROUPS_FAILED, GroupTally(0, 1, 0, (GroupError(None, said, 1, ids(1, 1)),)))
    assert f"12 groups: Group (its id) lacks version {shared}\n" in email.text(many, PLACE)
    assert f"1 group: {said}\n" in email.text(one, PLACE)


def test_the_chat_names_the_reasons_in_short() -> None:
    lines = description(alert(Kind.GROUPS_FAILED, TALLY)).split("\n")
    start = lines.index("Why groups failed, most frequent first:") + 1
    assert lines[start : start + 8] == [
        "120 groups: `The group has no version [NoVersion]`",
        f"`{ids(1)[0]}` `{ids(1)[1]}` and 118 more",
        "87 groups: `The service role is not associated with this account`",
        f"`{ids(2)[0]}` `{ids(2)[1]}` and 85 more",
        "75 groups: `The Lambda function does not exist [404]`",
        f"`{ids(3)[0]}` `{ids(3)[1]}` and 73 more",
        "18 groups: `AWS gave no reason`",
        f"`{ids(4)[0]}` `{ids(4)[1]}` and 16 more",
    ]
    assert "Groups: `9,700 succeeded, 300 failed, 0 unfinished`" in lines


def test_the_chat_counts_the_reasons_that_it_leaves_out() -> None:
    errors = tuple(GroupError(None, f"Reason {n}", 2) for n in range(8))
    told = description(alert(Kind.GROUPS_FAILED, GroupTally(0, 17, 0, errors)))
    assert "2 groups: `Reason 4`\nand 7 groups for other reasons\n" in told


def test_chat_actions_can_use_the_counts_of_groups() -> None:
    metadata: Any = notification(alert(Kind.GROUPS_FAILED, TALLY), PLACE)["metadata"]
    context = metadata["additionalContext"]
    assert (context["groupsSucceeded"], context["groupsFailed"], context["groupsUnfinished"]) == ("9700", "300", "0")
    assert "groupsErrors" not in context


def test_the_event_carries_the_tally_whole() -> None:
    found: Any = event(alert(Kind.GROUPS_FAILED, TALLY), PLACE)
    assert found["data"]["groups"] == {
        "succeeded": 9_700,
        "failed": 300,
        "unfinished": 0,
        "errors": [
            {
                "code": "NoVersion",
                "message": "The group has no version",
                "count": 120,
                "groups": list(ids(1)),
            },
            {
                "code": None,
                "message": "The service role is not associated with this account",
                "count": 87,
                "groups": list(ids(2)),
            },
            {"code": "404", "message": "The Lambda function does not exist", "count": 75, "groups": list(ids(3))},
            {"code": None, "message": None, "count": 18, "groups": list(ids(4))},
        ],
    }
    assert found == json.loads(json.loads(render(alert(Kind.GROUPS_FAILED, TALLY), PLACE).body)["sqs"])


def test_twenty_reasons_with_the_longest_texts_that_are_let_in_are_not_cut_in_the_event() -> None:
    errors = tuple(GroupError("C" * 128, "m" * 1_024, 500, ids(n)) for n in range(20))
    told = alert(Kind.GROUPS_FAILED, GroupTally(0, 10_000, 0, errors))
    found: Any = json.loads(json.loads(render(told, PLACE).body)["sqs"])
    assert found["data"]["groups"]["errors"] == [
        {"code": each.code, "message": each.message, "count": 500, "groups": list(each.groups)} for each in errors
    ]


@pytest.mark.parametrize(
    ("kind", "tally", "line", "counts"),
    [
        # The headline has the failures; the text message adds what it has not.
        (
            Kind.GROUPS_FAILED,
            TALLY,
            "WARNING: 300 groups of bulk deployment 1b2c3d4e failed",
            "; 9,700 groups succeeded",
        ),
        (
            Kind.GROUPS_FAILED,
            GroupTally(8_500, 300, 1_200),
            "WARNING: 300 groups of bulk deployment 1b2c3d4e have failed so far",
            "; 8,500 groups succeeded; 1,200 unfinished",
        ),
        # A pass that broke off knows of 400 groups alone.
        (
            Kind.GROUPS_FAILED,
            GroupTally(399, 1, 0),
            "WARNING: 1 group of bulk deployment 1b2c3d4e has failed so far",
            "; 399 groups succeeded; 10000 processed",
        ),
        (
            Kind.GROUPS_FAILED,
            GroupTally(9_999, 1),
            "WARNING: 1 group of bulk deployment 1b2c3d4e failed",
            "; 9,999 groups",
        ),
        (Kind.GROUPS_FAILED, None, "WARNING: groups of bulk deployment 1b2c3d4e failed", "; 10000 processed"),
        (
            Kind.COMPLETED,
            TALLY,
            "INFO: bulk deployment 1b2c3d4e completed, but 300 groups failed",
            "; 9,700 groups succeeded; 10000 processed",
        ),
        (
            Kind.COMPLETED,
            GroupTally(9_999, 0, 1),
            "INFO: bulk deployment 1b2c3d4e completed, but 1 group is unfinished",
            "; 9,999 groups succeeded; 1 unfinished",
        ),
        (
            Kind.COMPLETED,
            GroupTally(10_000),
            "INFO: bulk deployment 1b2c3d4e completed: 10,000 groups succeeded",
            "; 10000 processed",
        ),
        # Some are not known yet, so this is no success to report.
        (Kind.COMPLETED, GroupTally(400), "INFO: bulk deployment 1b2c3d4e completed", "; 400 groups succeeded"),
        (Kind.COMPLETED, None, "INFO: bulk deployment 1b2c3d4e completed", "; 10000 processed"),
        (
            Kind.FAILED,
            TALLY,
            "CRITICAL: bulk deployment 1b2c3d4e failed",
            "; 300 groups failed; 9,700 groups succeeded; 10000 processed",
        ),
    ],
)
def test_subject_and_text_message_have_the_counts_of_groups(
    kind: Kind, tally: GroupTally | None, line: str, counts: str
) -> None:
    told = alert(kind, tally)
    assert subject(told, PLACE) == f"{line} (eu-west-1)"
    assert sms(told, PLACE).startswith(f"{line} (eu-west-1){counts}")


@pytest.mark.parametrize(
    ("kind", "tally", "metrics", "said", "unsaid"),
    [
        (
            Kind.GROUPS_FAILED,
            TALLY,
            ALL_VALID,
            ["9,700 groups succeeded, 300 failed, 0 unfinished. The status Completed only means", "their old version"],
            ["More may fail", "Look again"],
        ),
        (
            Kind.GROUPS_FAILED,
            GroupTally(8_000, 300, 1_500),
            ALL_VALID,
            ["300 failed, 1,500 unfinished, 200 not known yet.", "You hear at most once more", "Look again before"],
            [],
        ),
        # Records that are invalid have no group whose result could be missing.
        (Kind.GROUPS_FAILED, TALLY, Metrics(10_012, 12, 7), ["0 unfinished. "], ["not known", "More may fail"]),
        (
            Kind.COMPLETED,
            TALLY,
            ALL_VALID,
            [
                "not all groups got the new version: 9,700 groups succeeded, 300 failed, 0 unfinished.",
                "Start a new bulk",
            ],
            ["may have failed", "If some groups failed", "not known"],
        ),
        (
            Kind.COMPLETED,
            GroupTally(10_000),
            ALL_VALID,
            ["none of the groups failed: 10,000 groups succeeded, 0 failed, 0 unfinished.", "1. Nothing to do."],
            ["may have failed", "old version", "invalid record"],
        ),
        (
            Kind.COMPLETED,
            GroupTally(9_988),
            Metrics(10_000, 12, 7),
            ["none of the groups failed", "The groups of 12 invalid records do not get the new version."],
            ["may have failed", "Nothing to do"],
        ),
        (
            Kind.COMPLETED,
            GroupTally(9_990, 0, 4),
            ALL_VALID,
            ["how some groups ended is not known", "0 failed, 4 unfinished, 6 not known yet.", "no alert tells"],
            ["Nothing to do", "none of the groups failed"],
        ),
        # No result was read, and what is not known must not sound like success.
        (Kind.COMPLETED, None, ALL_VALID, ["some groups may have failed"], ["Nothing to do", "Groups: "]),
        (Kind.COMPLETED, GroupTally(), Metrics(), ["some groups may have failed"], ["Nothing to do"]),
        (
            Kind.FAILED,
            GroupTally(300, 100, 0, FOUR_REASONS[2:3]),
            Metrics(1_000, 0, 0),
            ["300 succeeded, 100 failed, 0 unfinished, 600 not known yet"],
            ["status Completed"],
        ),
    ],
)
def test_the_email_says_how_the_groups_ended_and_whether_that_is_final(
    kind: Kind, tally: GroupTally | None, metrics: Metrics, said: list[str], unsaid: list[str]
) -> None:
    text = email.text(alert(kind, tally, metrics=metrics), PLACE)
    for words in said:
        assert words in text
    for words in unsaid:
        assert words not in text


@pytest.mark.parametrize(("status", "explained"), [("Completed", True), ("Failed", False), ("Stopped", False)])
def test_only_the_status_that_sounds_like_success_is_explained(status: str, explained: bool) -> None:
    words = "The status Completed only means that every record was processed"
    assert (words in email.text(alert(Kind.GROUPS_FAILED, TALLY, status), PLACE)) is explained


def test_failed_groups_that_come_with_another_kind_are_told_of_too() -> None:
    told = Alert(
        "d-1",
        datetime(2026, 11, 23, tzinfo=UTC),
        "greengrass-bulk",
        Kind.INVALID_RECORDS,
        also=(Kind.GROUPS_FAILED, Kind.COMPLETED),
        to_status="Completed",
        metrics=Metrics(10_012, 12, 0),
        groups=TALLY,
    )
    also = "Also GROUPS_FAILED: 300 groups failed. The status Completed only means that every record was processed"
    assert also in email.text(told, PLACE)
    assert also in description(told)


def test_the_minimal_form_has_the_counts_and_no_reason() -> None:
    body = render_minimal(alert(Kind.GROUPS_FAILED, TALLY), PLACE).body
    assert "Groups: 9,700 succeeded, 300 failed, 0 unfinished\n" in body
    assert "no version" not in body


def test_an_unknown_sources_targets_are_called_by_their_general_name() -> None:
    told = Alert(
        "d-1",
        datetime(2026, 11, 23, tzinfo=UTC),
        "some-new-source",
        Kind.GROUPS_FAILED,
        to_status="COMPLETED",
        groups=GroupTally(9, 1, 0, (GroupError(None, "No space", 1, ("core-7",)),)),
    )
    text = email.text(told, PLACE)
    assert text.startswith("WARNING: 1 device of deployment d-1 failed")
    assert "Why devices failed, most frequent first:\n  > 1 device: No space\n  >   core-7\n" in text
    assert "Devices:            9 succeeded, 1 failed, 0 unfinished\n" in text
    assert "group" not in text.lower().replace("groups_failed", "")
