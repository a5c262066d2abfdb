"""Whatever a source answers, through botocore's own parser: no unhandled error, nothing AWS refuses, no markup."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.harness.fake_service import RawAnswer
from tests.harness.hostile_text import anything, texts
from tests.harness.hypothesis_settings import exploring
from tests.harness.notifier_harness import NotifierHarness
from tests.reliability.fuzzed_bulk import BULK
from tests.reliability.fuzzed_fleet import FLEET
from tests.reliability.fuzzed_source import identifiers

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.reliability.fuzzed_source import FuzzedSource

SOURCES = (BULK, FLEET)


def raw(answer: Any) -> RawAnswer:  # noqa: ANN401 - any JSON
    return RawAnswer(200, json.dumps(answer).encode())


no_answers: st.SearchStrategy[RawAnswer] = st.one_of(
    anything.map(raw),
    st.builds(RawAnswer, st.sampled_from([200, 204, 301, 400, 403, 404, 429, 500, 503]), st.binary(max_size=60)),
    st.builds(
        RawAnswer,
        st.sampled_from([400, 404, 500]),
        texts.map(lambda text: json.dumps({"code": "BadRequestException", "message": text, "Message": text}).encode()),
    ),
)


def fuzzing(source: FuzzedSource) -> Callable[[], None]:
    """Return the test of a source."""

    @exploring(examples=150)
    @given(
        received=st.lists(
            st.one_of(source.answers.map(raw), source.answers.map(raw), no_answers), min_size=1, max_size=3
        ),
        pages=st.fixed_dictionaries(
            {}, optional={name: pages.map(raw) | no_answers for name, pages in source.pages.items()}
        ),
        identifier=identifiers,
        other_is_fine=st.booleans(),
    )
    @example(
        received=[raw(source.largest[""])],
        pages={name: raw(page) for name, page in source.largest.items() if name},
        identifier='"' * 1024,
        other_is_fine=True,
    )
    def fuzz(received: list[RawAnswer], pages: dict[str, RawAnswer], identifier: str, *, other_is_fine: bool) -> None:
        harness = NotifierHarness(on_wire=True, unchecked_after_minutes=0, sources=(source.name,))
        harness.watch(identifier, "sound", source=source.name)
        service = harness.fake_of(source.name)
        for deployment_id in ("sound", identifier):
            service.deploy(deployment_id, **source.deployed)
        if not other_is_fine:
            service.answer("sound", RawAnswer(500, b""))
        service.instead |= pages
        for answer in received:
            service.answer(identifier, answer)
            sweep_soundly(harness)
        assert_sound_alerts(harness)

    return fuzz


@pytest.mark.hypothesis
@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.name)
def test_no_answer_stops_a_sweep_or_gets_where_it_does_harm(source: FuzzedSource) -> None:
    fuzzing(source)()


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


def assert_harmless(notification: Any) -> None:  # noqa: ANN401 - any JSON
    """Assert that no text from outside mentions, links or formats: it is escaped, and shown in code spans only."""
    for text in strings(notification):
        assert not MARKUP.search(text), text
    content = notification["content"]
    for text in (content["title"], content["description"], *content["nextSteps"]):
        for line in text.split("\n"):
            assert line.count("`") % 2 == 0, line
            assert not FORMATTING.search(re.sub(r"`[^`]*`", "", line)), line


def strings(value: Any) -> list[str]:  # noqa: ANN401 - any JSON
    """All strings in a JSON value, keys included."""
    if isinstance(value, dict):
        return [text for pair in value.items() for part in pair for text in strings(part)]
    if isinstance(value, list):
        return [text for part in value for text in strings(part)]
    return [value] if isinstance(value, str) else []
