"""The title says how severe, what, which and where, and tells test from production."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from deployment_notifier.messages.content import build_content
from deployment_notifier.model import Kind, ResultsSummary, StackIdentity
from tests.unit.messages.example_alerts import AT, IDENTITY, example, metrics


def subject(kind: Kind, identity: StackIdentity = IDENTITY, **fields: object) -> str:
    return build_content(example(kind, **fields), identity).title.subject()


def test_what_happened_to_which_deployment_is_in_the_first_forty_characters() -> None:
    assert subject(Kind.FAILED)[:40].startswith("CRITICAL: Greengrass 1b2c3d4e failed")


@pytest.mark.parametrize(
    ("stack", "where"),
    [
        ("greengrass-deployment-notifier", "123456789012 eu-west-1"),
        ("", "123456789012 eu-west-1"),
        ("greengrass-test", "greengrass-test 123456789012 eu-west-1"),
        ("n" * 128, f"{'n' * 23}... 123456789012 eu-west-1"),
    ],
)
def test_a_stack_with_a_name_of_its_own_is_named_and_the_account_where_it_fits(stack: str, where: str) -> None:
    title = subject(Kind.FAILED, replace(IDENTITY, stack_name=stack))
    assert title == f"CRITICAL: Greengrass 1b2c3d4e failed - {where}"


@pytest.mark.parametrize(
    ("tags", "tag"),
    [
        ({"team": "edge", "Environment": "production"}, "Environment=production, "),
        ({"application": "press", "stage": "beta", "env": "test"}, "env=test, "),
        ({"team": "edge", "owner": "ops"}, "owner=ops, "),
        ({"note": "a very long value, which is cut"}, "note=a very long value,..., "),
        ({}, ""),
    ],
)
def test_the_tag_that_tells_test_from_production_is_before_the_account(tags: dict[str, str], tag: str) -> None:
    assert subject(Kind.FAILED, tags=tags) == f"CRITICAL: Greengrass 1b2c3d4e failed - {tag}123456789012 eu-west-1"


def test_a_tag_that_does_not_fit_is_left_out() -> None:
    title = subject(Kind.STALLED, since=AT - timedelta(hours=25), tags={"environment": "production"})
    assert title == "WARNING: Greengrass 1b2c3d4e has made no progress for 1 d 1 h - 123456789012 eu-west-1"


def test_an_account_that_does_not_fit_beside_the_stack_and_the_tag_is_left_out() -> None:
    identity = replace(IDENTITY, stack_name="greengrass-production")
    title = subject(Kind.INVALID_RECORDS, identity, tags={"env": "prod"})
    assert title.endswith(" has 12 invalid records - env=prod, greengrass-production eu-west-1")


def test_a_title_that_is_too_long_still_says_where() -> None:
    identity = replace(IDENTITY, region="ap-southeast-2-a-region-of-the-future", stack_name="n" * 128)
    title = subject(
        Kind.RESULTS_INCOMPLETE,
        identity,
        deployment_id="a-thing-group-with-a-long-name",
        metrics=metrics(2**53, 0, 0),
        results=ResultsSummary(0, 0, 2**52),
    )
    assert len(title) <= 99
    assert "..." in title
    assert title.endswith(" - nnnnnnnnnnnnnnnnnnnnnnn... ap-southeast-2-a-region...")


@pytest.mark.parametrize("kind", [kind for kind in Kind if kind is not Kind.RESULTS_INCOMPLETE])
def test_a_title_of_ordinary_length_is_never_cut(kind: Kind) -> None:
    identity = replace(IDENTITY, region="ap-southeast-2")
    title = subject(
        kind, identity, since=AT - timedelta(minutes=62), metrics=metrics(99_999, 1_234), results=ResultsSummary(1, 999)
    )
    assert title.endswith(" - 123456789012 ap-southeast-2")
    assert "..." not in title


def test_the_title_of_an_id_that_is_no_uuid_has_its_start() -> None:
    title = subject(Kind.FAILED, deployment_id="LINE7-software-of-the-second-shift")
    assert title.startswith("CRITICAL: Greengrass LINE7-software-of-t... failed - ")
