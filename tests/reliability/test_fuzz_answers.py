"""Whatever Greengrass answers, through botocore's own parser: no unhandled error, nothing AWS refuses, no markup."""

from __future__ import annotations

import json
import re
from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st

from tests.harness.fake_greengrass import RawAnswer
from tests.harness.hostile_text import texts
from tests.harness.hypothesis_settings import exploring
from tests.harness.notifier_harness import NotifierHarness

Json = Any

counts: st.SearchStrategy[Json] = st.one_of(
    st.integers(0, 9),
    st.sampled_from(
        [None, -1, -(2**63), 2**53 + 1, 2**63, 10**40 + 1, 1.5, float("inf"), float("nan"), True, "7", [], {}]
    ),
)
anything: st.SearchStrategy[Json] = st.recursive(
    st.one_of(st.none(), st.booleans(), counts, texts), lambda inner: st.lists(inner, max_size=3), max_leaves=4
)
statuses: st.SearchStrategy[Json] = st.one_of(
    st.sampled_from(["Failed", "Completed", "Stopped", "Running", "Initializing"]), texts, anything
)
details: st.SearchStrategy[Json] = st.one_of(
    st.lists(
        st.fixed_dictionaries({}, optional={"DetailedErrorCode": texts, "DetailedErrorMessage": texts}) | anything,
        max_size=25,
    ),
    anything,
)
answers: st.SearchStrategy[Json] = st.fixed_dictionaries(
    {},
    optional={
        "BulkDeploymentStatus": statuses,
        "BulkDeploymentMetrics": st.fixed_dictionaries(
            {}, optional={"RecordsProcessed": counts, "InvalidInputRecords": counts, "RetryAttempts": counts}
        )
        | anything,
        "ErrorMessage": texts | anything,
        "ErrorDetails": details,
        "CreatedAt": texts | st.just("2026-11-23T10:00:00.000Z") | anything,
        "tags": st.dictionaries(texts, texts | anything, max_size=4) | anything,
    },
)
whole_answers: st.SearchStrategy[Json] = st.fixed_dictionaries(
    {
        "BulkDeploymentStatus": st.sampled_from(["Failed", "Completed", "Stopped", "Running"]) | texts,
        "BulkDeploymentMetrics": st.fixed_dictionaries({"InvalidInputRecords": st.integers(0, 9)}),
        "ErrorMessage": texts,
        "ErrorDetails": st.lists(st.fixed_dictionaries({"DetailedErrorCode": texts, "DetailedErrorMessage": texts})),
        "tags": st.dictionaries(texts, texts, max_size=4),
    }
)
LARGEST = '\\"' * 5000
"""What takes most room in a message: quoted three times over."""
LARGEST_ANSWER = {
    "BulkDeploymentStatus": "Failed",
    "ErrorMessage": LARGEST,
    "ErrorDetails": [{"DetailedErrorCode": LARGEST, "DetailedErrorMessage": LARGEST}] * 25,
    "tags": {f"{number}{LARGEST}": LARGEST for number in range(25)},
    "CreatedAt": LARGEST,
}
LARGEST_REPORTS = {
    "Deployments": [
        {"DeploymentStatus": "Failure", "GroupArn": f"/groups/{number}{LARGEST}", "ErrorMessage": f"{number}{LARGEST}"}
        for number in range(60)
    ]
}
tokens: st.SearchStrategy[Json] = st.sampled_from([None, "null", "1", "x" * 10_000]) | anything
listings: st.SearchStrategy[Json] = st.fixed_dictionaries(
    {
        "BulkDeployments": anything
        | st.lists(
            anything
            | st.fixed_dictionaries(
                {},
                optional={
                    "BulkDeploymentId": st.sampled_from(["sound", "a", "x" * 1024, "x" * 2048]) | texts | anything,
                    "CreatedAt": st.just("2026-11-23T10:00:00.000Z") | texts | anything,
                },
            ),
            max_size=4,
        )
    },
    optional={"NextToken": tokens},
)
reports: st.SearchStrategy[Json] = st.fixed_dictionaries(
    {
        "Deployments": anything
        | st.lists(
            anything
            | st.fixed_dictionaries(
                {"DeploymentStatus": st.sampled_from(["Failure", "Success", "InProgress"]) | anything},
                optional={"GroupArn": texts | anything, "ErrorMessage": texts | anything, "ErrorDetails": details},
            ),
            max_size=4,
        )
    },
    optional={"NextToken": tokens},
)


def encoded(answers: st.SearchStrategy[Json]) -> st.SearchStrategy[RawAnswer]:
    return answers.map(lambda answer: RawAnswer(200, json.dumps(answer).encode()))


no_answers = st.one_of(
    encoded(anything),
    st.builds(RawAnswer, st.sampled_from([200, 204, 301, 400, 403, 404, 429, 500, 503]), st.binary(max_size=60)),
    st.builds(
        RawAnswer,
        st.sampled_from([400, 404, 500]),
        texts.map(lambda text: json.dumps({"code": "BadRequestException", "message": text, "Message": text}).encode()),
    ),
)


@exploring(examples=150)
@given(
    received=st.lists(st.one_of(encoded(whole_answers), encoded(answers), no_answers), min_size=1, max_size=3),
    listing=st.none() | encoded(listings) | no_answers,
    results=st.none() | encoded(reports) | no_answers,
    identifier=st.sampled_from(
        ["d-1", "<!here>", "x" * 1024, "`*_~` 'd' \u202e\n", "../../groups", "a/b?c=d#e", "%2e"]
    ),
    other_is_fine=st.booleans(),
)
@example(
    received=[RawAnswer(200, json.dumps(LARGEST_ANSWER).encode())],
    listing=None,
    results=RawAnswer(200, json.dumps(LARGEST_REPORTS).encode()),
    identifier='"' * 1024,
    other_is_fine=True,
)
def test_no_answer_stops_a_sweep_or_gets_where_it_does_harm(
    received: list[RawAnswer],
    listing: RawAnswer | None,
    results: RawAnswer | None,
    identifier: str,
    *,
    other_is_fine: bool,
) -> None:
    harness = NotifierHarness(on_wire=True, unchecked_after_minutes=0)
    harness.watch(identifier, "sound")
    harness.greengrass.deploy("sound")
    if not other_is_fine:
        harness.greengrass.answer("sound", RawAnswer(500, b""))
    harness.greengrass.listing, harness.greengrass.reports = listing, results
    for answer in received:
        harness.greengrass.answer(identifier, answer)
        sweep_soundly(harness)
    assert_sound_alerts(harness)


def sweep_soundly(harness: NotifierHarness) -> None:
    """Run a sweep that no answer has stopped, and go on to the time of the next hour's."""
    report = harness.sweep()
    assert report.errors == 0
    assert report.table_failures == 0
    # What a sweep has written, the next can read.
    assert report.unreadable == 0
    assert report.checked + report.unknown + report.failed <= report.watches
    assert report.deferred == 0
    harness.clock.advance(minutes=61)


def assert_sound_alerts(harness: NotifierHarness) -> None:
    """Assert that every alert was published, in full and harmless."""
    assert harness.waiting() == 0
    assert not harness.broken_rules()
    assert len(harness.sns.published) == len(harness.alerts())
    for message in harness.sns.published:
        # Nothing had to be sent in its minimal form.
        assert not message.is_minimal
        assert_harmless(json.loads(json.loads(message.arguments["Message"])["https"]))


MARKUP = re.compile(r"<|>|&(?!amp;|lt;|gt;)")
FORMATTING = re.compile(r"[*~\[\]|\\]|```|:bomb:|evil|rm -rf|\$\(")


def assert_harmless(notification: Json) -> None:
    """Assert that no text from outside mentions, links or formats: it is escaped, and shown in code spans only."""
    for text in strings(notification):
        assert not MARKUP.search(text), text
    content = notification["content"]
    for text in (content["title"], content["description"], *content["nextSteps"]):
        for line in text.split("\n"):
            assert line.count("`") % 2 == 0, line
            assert not FORMATTING.search(re.sub(r"`[^`]*`", "", line)), line


def strings(value: Json) -> list[str]:
    """All strings in a JSON value, keys included."""
    if isinstance(value, dict):
        return [text for pair in value.items() for part in pair for text in strings(part)]
    if isinstance(value, list):
        return [text for part in value for text in strings(part)]
    return [value] if isinstance(value, str) else []
