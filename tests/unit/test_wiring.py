from __future__ import annotations

import random
from datetime import UTC, timedelta
from typing import TYPE_CHECKING, Any

import boto3

from deployment_notifier import sns_topic, table, wiring
from deployment_notifier.settings import read_settings
from deployment_notifier.sources.calls import CLIENT_CONFIG
from deployment_notifier.sources.registry import PROFILES
from tests.fakes import Clock, FakeSource
from tests.unit.test_settings import GOOD

if TYPE_CHECKING:
    import pytest


def test_each_service_has_one_client_with_the_settings_that_the_deadline_counts_on() -> None:
    made: dict[str, Any] = {}

    def create_client(service: str, *, config: Any) -> Any:  # noqa: ANN401 - as boto3.client
        assert service not in made
        made[service] = config
        return boto3.client(service, config=config)  # type: ignore[call-overload] # any service

    app = wiring.build(read_settings(GOOD), create_client)
    assert made == {
        "dynamodb": table.CLIENT_CONFIG,
        "sns": sns_topic.CLIENT_CONFIG,
        "greengrassv2": CLIENT_CONFIG,
        "iot": CLIENT_CONFIG,
        "greengrass": CLIENT_CONFIG,
    }
    assert {name: source.profile for name, source in app.sources.items()} == PROFILES
    assert wiring.now() - app.clock() < timedelta(minutes=1)
    assert app.shuffle is random.shuffle, "else a container that is short of time would always begin with the same"
    assert app.clock().tzinfo is UTC


def test_the_settings_reach_what_they_are_for() -> None:
    settings = read_settings(GOOD | {"DISCOVER_WITHIN_HOURS": "36", "HISTORY_DAYS": "7"})
    clock, source = Clock(), FakeSource()
    app = wiring.build(settings, boto3.client, clock=clock, sources={"fake": source})
    assert (app.policy, app.identity, app.sources, app.clock) == (
        settings.policy,
        settings.identity,
        {"fake": source},
        clock,
    )
    built: Any = app
    assert (built.discovery.within, built.discovery._history) == (timedelta(hours=36), timedelta(days=7))  # noqa: SLF001
    for part in (built.watches, built.outbox):
        assert (part._table_name, part._history_days) == ("notifier-Table-1AB2", 7)  # noqa: SLF001
    assert built.sns._topic_arn == settings.topic_arn  # noqa: SLF001
    assert built.sns._limiter._interval == 1 / sns_topic.MESSAGES_PER_SECOND  # noqa: SLF001


def test_the_endpoint_of_greengrass_is_botocores_own_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_GREENGRASS", "https://greengrass.example.com")
    app: Any = wiring.build(read_settings(GOOD), boto3.client)
    assert app.sources["greengrass-bulk"]._client.meta.endpoint_url == "https://greengrass.example.com"  # noqa: SLF001
