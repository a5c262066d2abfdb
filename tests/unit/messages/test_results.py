"""Each message says how many groups failed, why, and which; and whether more may."""

from __future__ import annotations

import json
from typing import Any

import pytest

from deployment_notifier.messages import render
from deployment_notifier.messages.content import build_content
from deployment_notifier.messages.email import email_text
from deployment_notifier.model import Alert, FailureReason, Kind, Metrics, ResultsSummary
from tests.unit.messages.example_alerts import IDENTITY, example, example_v2, metrics


def ids(reason: int, count: int = 10) -> tuple[str, ...]:
    return tuple(f"{reason:08x}-5f60-4718-8293-{number:012x}" for number in range(count))


FOUR_REASONS = (
    FailureReason("NoVersion", "The group has no version", 120, ids(1)),
    FailureReason(None, "The service role is not associated with this account", 87, ids(2)),
    FailureReason("404", "The Lambda function does not exist", 75, ids(3)),
    FailureReason(None, None, 18, ids(4)),
)
ALL_VALID = metrics(10_000, 0, 7)
RESULTS = ResultsSummary(9_700, 300, 0, FOUR_REASONS)


def alert(
    kind: Kind,
    results: ResultsSummary | None,
    counts: Metrics = ALL_VALID,
    status: str = "Completed",
    **fields: Any,  # noqa: ANN401 - as in `example`
) -> Alert:
    return example(kind, to_status=status, metrics=counts, results=results, **fields)


def email(alert: Alert) -> str:
    return email_text(build_content(alert, IDENTITY))


def section(text: str, start: str) -> list[str]:
    """The lines of one section of the email, without its first."""
    (found,) = [part for part in text.split("\n\n") if part.startswith(start)]
    return found.split("\n")[1:]


def description(alert: Alert) -> str:
    return str(json.loads(json.loads(render(alert, IDENTITY).body)["https"])["content"]["description"])


@pytest.mark.parametrize("kind", [Kind.FAILED, Kind.INVALID_RECORDS, Kind.GROUPS_FAILED, Kind.COMPLETED])
def test_the_email_names_failed_groups_by_reason_the_most_frequent_first(kind: Kind) -> None:
    text = email(alert(kind, RESULTS))
    assert section(text, "Why groups failed, most frequent first:") == [
        "  > 120 groups: The group has no version [NoVersion]",
        *(f"  >   {name}" for name in ids(1, 2)),
        "  >   and 118 more",
        "  > 87 groups: The service role is not associated with this account",
        *(f"  >   {name}" for name in ids(2, 2)),
        "  >   and 85 more",
        "  > 75 groups: The Lambda function does not exist [404]",
        *(f"  >   {name}" for name in ids(3, 2)),
        "  >   and 73 more",
        "  > 18 groups: AWS gave no reason",
        *(f"  >   {name}" for name in ids(4, 2)),
        "  >   and 16 more",
    ]
    assert "Groups: 9,700 succeeded, 300 failed\n" in text


@pytest.mark.parametrize(("reasons", "each"), [(1, 6), (2, 3), (3, 2), (5, 2)])
def test_the_more_reasons_there_are_the_fewer_ids_are_named_for_each(reasons: int, each: int) -> None:
    found = tuple(FailureReason(None, f"Reason {n}", 20, ids(n)) for n in range(reasons))
    lines = section(email(alert(Kind.GROUPS_FAILED, ResultsSummary(0, 20 * reasons, 0, found))), "Why groups failed")
    assert lines.count(f"  >   and {20 - each} more") == reasons
    assert len(lines) == reasons * (each + 2)


@pytest.mark.parametrize(
    ("results", "last"),
    [
        (ResultsSummary(0, 130, 0, FOUR_REASONS[:1]), "  > 10 groups for other reasons"),
        (ResultsSummary(0, 121, 0, FOUR_REASONS[:1]), "  > 1 group for other reasons"),
        (ResultsSummary(0, 120, 0, FOUR_REASONS[:1]), "  >   and 114 more"),
        # Of twenty reasons five are shown; the rest counts among the others.
        (
            ResultsSummary(0, 50, 0, tuple(FailureReason(None, f"Reason {n}", 2) for n in range(20))),
            "  > 40 groups for other reasons",
        ),
    ],
)
def test_groups_whose_reason_is_not_shown_are_counted(results: ResultsSummary, last: str) -> None:
    assert section(email(alert(Kind.GROUPS_FAILED, results)), "Why groups failed")[-1] == last


def test_all_ids_are_named_if_they_are_few_and_none_if_aws_named_none() -> None:
    reasons = (FailureReason(None, "Known", 2, ids(1, 2)), FailureReason(None, "Nameless", 1))
    assert section(email(alert(Kind.GROUPS_FAILED, ResultsSummary(0, 3, 0, reasons))), "Why groups failed") == [
        "  > 2 groups: Known",
        *(f"  >   {name}" for name in ids(1, 2)),
        "  > 1 group: Nameless",
    ]


def test_a_message_common_to_many_groups_does_not_name_the_one_that_it_came_from() -> None:
    shared, own = "00000000-0000-4000-8000-000000000000", ids(1)[0]
    message = f"Group {own} lacks version {shared}"
    many = ResultsSummary(0, 12, 0, (FailureReason(None, message, 12, ids(1)),))
    one = ResultsSummary(0, 1, 0, (FailureReason(None, message, 1, ids(1, 1)),))
    assert f"12 groups: Group (its id) lacks version {shared}\n" in email(alert(Kind.GROUPS_FAILED, many))
    assert f"1 group: {message}\n" in email(alert(Kind.GROUPS_FAILED, one))


def test_the_chat_names_the_reasons_and_their_groups() -> None:
    lines = description(alert(Kind.GROUPS_FAILED, RESULTS)).split("\n")
    start = lines.index("Why groups failed, most frequent first:") + 1
    assert lines[start : start + 4] == [
        "120 groups: `The group has no version [NoVersion]`",
        f"`{ids(1)[0]}` `{ids(1)[1]}` and 118 more",
        "87 groups: `The service role is not associated with this account`",
        f"`{ids(2)[0]}` `{ids(2)[1]}` and 85 more",
    ]
    assert "Groups: `9,700 succeeded, 300 failed`" in lines


def test_chat_actions_can_use_the_counts_of_groups() -> None:
    metadata = json.loads(json.loads(render(alert(Kind.GROUPS_FAILED, RESULTS), IDENTITY).body)["https"])["metadata"]
    context = metadata["additionalContext"]
    assert (context["targetsSucceeded"], context["targetsFailed"], context["targetsUnfinished"]) == ("9700", "300", "0")
    assert (context["metricsRecordsProcessed"], context["source"]) == ("10000", "greengrass-bulk")
    assert "targetsReasons" not in context


@pytest.mark.parametrize(
    ("kind", "results", "is_followed", "title", "counts"),
    [
        # The title has the failures; the text message adds what it has not.
        (Kind.GROUPS_FAILED, RESULTS, False, "WARNING: Greengrass 1b2c3d4e: 300 groups failed", "; 9,700 groups succe"),
        (
            Kind.GROUPS_FAILED,
            ResultsSummary(8_500, 300, 1_200),
            True,
            "WARNING: Greengrass 1b2c3d4e: 300 groups failed so far",
            "; 8,500 groups succeeded; 1,200 unfinished",
        ),
        # A scan that was interrupted knows of 400 groups alone.
        (
            Kind.GROUPS_FAILED,
            ResultsSummary(399, 1, 0),
            True,
            "WARNING: Greengrass 1b2c3d4e: 1 group failed so far",
            "; 399 groups succeeded; 10,000 processed",
        ),
        (Kind.GROUPS_FAILED, None, False, "WARNING: Greengrass 1b2c3d4e: groups failed", "; 10,000 processed"),
        (
            Kind.RESULTS_INCOMPLETE,
            ResultsSummary(9_995, 0, 5),
            False,
            "WARNING: Greengrass 1b2c3d4e: 5 groups did not finish",
            "; 9,995 groups succeeded",
        ),
        (
            Kind.RESULTS_INCOMPLETE,
            None,
            False,
            "WARNING: Greengrass 1b2c3d4e: results of 10,000 groups unknown",
            "; 10,000 processed",
        ),
        (
            Kind.COMPLETED,
            RESULTS,
            False,
            "INFO: Greengrass 1b2c3d4e completed, but 300 groups failed",
            "; 9,700 groups succeeded; 10,000 processed",
        ),
        (
            Kind.COMPLETED,
            ResultsSummary(9_999, 0, 1),
            False,
            "INFO: Greengrass 1b2c3d4e completed, 1 group unfinished",
            "; 9,999 groups succeeded",
        ),
        (
            Kind.COMPLETED,
            ResultsSummary(10_000),
            False,
            "INFO: Greengrass 1b2c3d4e completed: 10,000 groups succeeded",
            "; 10,000 processed",
        ),
        # Some are not known yet, so this is no success to report.
        (Kind.COMPLETED, ResultsSummary(400), False, "INFO: Greengrass 1b2c3d4e completed", "; 400 groups succeeded"),
        (Kind.COMPLETED, None, False, "INFO: Greengrass 1b2c3d4e completed", "; 10,000 processed"),
        (
            Kind.FAILED,
            RESULTS,
            False,
            "CRITICAL: Greengrass 1b2c3d4e failed",
            "; 300 groups failed; 9,700 groups succeeded; 10,000 processed",
        ),
    ],
)
def test_subject_and_text_message_have_the_counts_of_groups(
    kind: Kind, results: ResultsSummary | None, is_followed: bool, title: str, counts: str
) -> None:
    message = render(alert(kind, results, is_followed=is_followed), IDENTITY)
    subject = f"{title} - 123456789012 eu-west-1"
    assert message.subject == subject
    assert json.loads(message.body)["sms"].startswith(f"{subject}{counts}")


@pytest.mark.parametrize(
    ("shown", "included", "excluded"),
    [
        (
            alert(Kind.GROUPS_FAILED, RESULTS),
            ["300 of 10,000 groups failed.", "The status Completed only means", "their old version"],
            ["follow", "List them again"],
        ),
        (
            alert(Kind.GROUPS_FAILED, ResultsSummary(8_000, 300, 1_500), is_followed=True),
            [
                "300 of 10,000 groups failed.",
                "300 failed, 1,500 unfinished, 200 unknown\n",
                "Results are still followed: one more alert follows at the end if more groups fail.",
                "List them again before",
                "unwatch",
            ],
            ["no longer", "could not be read"],
        ),
        # The last alert promises no other.
        (
            alert(Kind.GROUPS_FAILED, ResultsSummary(9_695, 300, 5)),
            ["Results are no longer followed: 5 groups did not finish.", "List them again before"],
            ["still followed", "more alert", "unwatch"],
        ),
        (
            alert(Kind.GROUPS_FAILED, ResultsSummary(5_195, 300, 5), also=(Kind.RESULTS_INCOMPLETE,)),
            [
                "Also, results are no longer followed, but 5 groups did not finish",
                "the results of 4,500 groups could not be read (RESULTS_INCOMPLETE).",
            ],
            ["Results are", "more alert"],
        ),
        # Records that are invalid have no group whose result could be missing.
        (
            alert(Kind.GROUPS_FAILED, RESULTS, metrics(10_012, 12, 7)),
            ["9,700 succeeded, 300 failed\n"],
            ["unknown", "follow"],
        ),
        (
            alert(Kind.COMPLETED, RESULTS),
            ["completed, but 300 groups failed. AWS does not retry them", "Start another bulk deployment"],
            ["may have failed", "If some failed", "unknown"],
        ),
        (
            alert(Kind.COMPLETED, ResultsSummary(10_000)),
            ["completed, and no group failed.", "1. Nothing to do."],
            ["may have failed", "old version", "invalid record"],
        ),
        (
            alert(Kind.COMPLETED, ResultsSummary(9_988), metrics(10_000, 12, 7)),
            ["no group failed. It has 12 invalid records. AWS does not retry invalid records"],
            ["may have failed", "Nothing to do"],
        ),
        (
            alert(Kind.COMPLETED, ResultsSummary(9_990, 0, 4)),
            [
                "how some groups ended is not known. Results are no longer followed: 4 groups did not finish, ",
                "and the results of 6 groups could not be read.",
                "0 failed, 4 unfinished, 6 unknown\n",
            ],
            ["Nothing to do", "no group failed"],
        ),
        # No result was read, and what is not known must not sound like success.
        (alert(Kind.COMPLETED, None), ["Some groups may have failed"], ["Nothing to do", "Groups: "]),
        (
            alert(Kind.COMPLETED, ResultsSummary(), metrics()),
            ["Some groups may have failed"],
            ["Nothing to do", "no group failed"],
        ),
        (
            alert(Kind.FAILED, ResultsSummary(300, 100, 0, FOUR_REASONS[2:3]), metrics(1_000, 0, 0), "Failed"),
            ["300 succeeded, 100 failed, 600 unknown\n"],
            ["The status", "follow"],
        ),
        (
            alert(Kind.INVALID_RECORDS, RESULTS, also=(Kind.GROUPS_FAILED, Kind.COMPLETED)),
            ["Also, 300 groups failed (GROUPS_FAILED).\nAlso, it completed (COMPLETED).\n"],
            [],
        ),
    ],
)
def test_the_email_says_how_the_groups_ended_and_whether_that_is_final(
    shown: Alert, included: list[str], excluded: list[str]
) -> None:
    text = email(shown)
    for part in included:
        assert part in text
    for part in excluded:
        assert part not in text


@pytest.mark.parametrize(("status", "explained"), [("Completed", True), ("Failed", False), ("Stopped", False)])
def test_only_the_status_that_sounds_like_success_is_explained(status: str, explained: bool) -> None:
    words = "The status Completed only means that every record was processed"
    assert (words in email(alert(Kind.GROUPS_FAILED, RESULTS, status=status))) is explained


def test_examined_devices_whose_reason_is_not_shown_are_told_from_those_that_nobody_looked_at() -> None:
    found = tuple(FailureReason("E", f"reason {n}", 1, (f"d-{n}",)) for n in range(10))
    for failed, rest in (
        (10, "5 devices for other reasons"),
        (37, "5 devices for other reasons, 27 devices not examined"),
    ):
        alert = example_v2(Kind.DEVICES_FAILED, {"Failed": failed}, results=ResultsSummary(0, failed, 0, found))
        assert f"  > {rest}\n" in email_text(build_content(alert, IDENTITY))
