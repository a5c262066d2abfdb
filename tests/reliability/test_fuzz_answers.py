"""Whatever Greengrass answers, through botocore's own parser: no unhandled error, nothing AWS refuses, no markup."""

from __future__ import annotations

import json
import re
from functools import cache
from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st

from deployment_notifier.model import Kind, Policy
from tests.reliability.exploring import exploring
from tests.reliability.nasty import texts
from tests.reliability.wire import Wire
from tests.reliability.wired import Notifier

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
bodies: st.SearchStrategy[tuple[int, bytes]] = st.one_of(
    whole_answers.map(lambda answer: (200, json.dumps(answer).encode())),
    whole_answers.map(lambda answer: (200, json.dumps(answer).encode())),
    answers.map(lambda answer: (200, json.dumps(answer).encode())),
    anything.map(lambda answer: (200, json.dumps(answer).encode())),
    st.tuples(st.sampled_from([200, 204, 301, 400, 403, 404, 429, 500, 503]), st.binary(max_size=60)),
    st.tuples(
        st.sampled_from([400, 404, 500]),
        texts.map(lambda text: json.dumps({"code": "BadRequestException", "message": text, "Message": text}).encode()),
    ),
)
EVERYTHING = Policy(alert_on=frozenset(Kind), unchecked_after_minutes=0)


@cache
def shared_wire() -> Wire:
    return Wire()


@exploring(examples=150)
@given(
    said=st.lists(bodies, min_size=1, max_size=3),
    identifier=st.sampled_from(
        ["d-1", "<!here>", "x" * 2048, "`*_~` 'd' \u202e\n", "../../groups", "a/b?c=d#e", "%2e"]
    ),
    other_is_fine=st.booleans(),
)
@example(said=[(200, json.dumps(LARGEST_ANSWER).encode())], identifier='"' * 2048, other_is_fine=True)
def test_no_answer_stops_a_sweep_or_gets_where_it_does_harm(
    said: list[tuple[int, bytes]], identifier: str, *, other_is_fine: bool
) -> None:
    wire = shared_wire()
    wire.reset()
    notifier = Notifier(wire, policy=EVERYTHING)
    notifier.watch(identifier, "sound")
    wire.answers["sound"] = (200, b'{"BulkDeploymentStatus": "Running"}') if other_is_fine else (500, b"")
    for answer in said:
        wire.answers[identifier] = answer
        report = notifier.sweep()
        assert report.errors == 0
        assert report.table_failures == 0
        # What a sweep has written, the next can read.
        assert report.unreadable == 0
        assert report.checked + report.refused + report.failed == report.watches
        notifier.clock.advance(minutes=61)
    assert notifier.waiting() == 0
    assert not wire.broken_rules
    assert len(wire.published) == len(notifier.alerts())
    # Nothing had to be sent in its plainest form.
    assert all("MessageStructure" in message for message in wire.published)
    for message in wire.published:
        hold_chat(json.loads(message["Message"])["https"])


MARKUP = re.compile(r"<|>|&(?!amp;|lt;|gt;)")
FORMATTING = re.compile(r"[*~\[\]|\\]|```|:bomb:|evil|rm -rf|\$\(")


def hold_chat(body: str) -> None:
    """No text from outside mentions, links or formats: it stands escaped, and in code spans wherever it is shown."""
    notification = json.loads(body)
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
