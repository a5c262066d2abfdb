"""The entry point for events of devices: what Lambda hands over, and what it gets back."""

from __future__ import annotations

import importlib
import logging
import sys
from typing import TYPE_CHECKING, Any

import pytest

from deployment_notifier.model import CheckFailed
from tests.template import load_template
from tests.unit.device_events_world import ID, V2, World, message

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType

    from deployment_notifier.deadline import Deadline
    from deployment_notifier.report import Report


@pytest.fixture
def handler(monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    """The module of the handler, started anew with a good environment."""
    variables = load_template()["Resources"]["DeviceEventsFunction"]["Properties"]["Environment"]["Variables"]
    parameters = load_template()["Parameters"]
    for name, value in variables.items():
        if isinstance(value, str):
            monkeypatch.setenv(name, value)
        elif value.get("Ref") in parameters:
            monkeypatch.setenv(name, parameters[value["Ref"]]["Default"])
    monkeypatch.setenv("TABLE_NAME", "deployments")
    monkeypatch.setenv("ALERT_TOPIC_ARN", "arn:aws:sns:eu-west-1:123456789012:alerts")
    monkeypatch.setenv("POWERTOOLS_SERVICE_NAME", "notifier")
    monkeypatch.setenv("AWS_LAMBDA_FUNCTION_NAME", "notifier-DeviceEventsFunction")
    name = "deployment_notifier.device_events_handler"
    sys.modules.pop(name, None)
    yield importlib.import_module(name)
    sys.modules.pop(name, None)
    for logger in [each for each in logging.Logger.manager.loggerDict if each.split(".")[0] == "notifier"]:
        del logging.Logger.manager.loggerDict[logger]


class Context:
    """What Lambda passes to a handler, as far as it is used."""

    function_name = "notifier-DeviceEventsFunction"
    memory_limit_in_mb = 256
    invoked_function_arn = "arn:aws:lambda:eu-west-1:123456789012:function:notifier-DeviceEventsFunction"
    aws_request_id = "52fdfc07-2182-454f-963f-5f0f9a621d72"

    def get_remaining_time_in_millis(self) -> int:
        return 50_000


def test_the_answer_names_the_messages_that_come_again(handler: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    def checked(_app: object, records: list[Any], deadline: Deadline, owner: str) -> tuple[Report, list[str]]:
        assert (deadline.total, len(owner)) == (50.0, 32)
        return World(answers={ID: CheckFailed("throttled")}).run(*records)

    monkeypatch.setattr(handler, "check_reported", checked)

    answer = handler.handler({"Records": [message(1), message(2), {"messageId": "m-3"}]}, Context())

    assert answer == {"batchItemFailures": [{"itemIdentifier": "m-1"}, {"itemIdentifier": "m-2"}]}


def test_an_invocation_without_news_writes_no_metric(
    handler: ModuleType, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    assert handler.handler({"Records": [{"messageId": "m-1", "body": "rubbish"}]}, Context()) == {
        "batchItemFailures": []
    }

    assert "_aws" not in capsys.readouterr().out
    assert [vars(line)["dropped_events"] for line in caplog.records if line.message == "device events"] == [1]


def test_the_entry_point_makes_only_the_source_of_the_events(handler: ModuleType) -> None:
    assert set(handler._app.sources) == {V2}  # noqa: SLF001 - that it makes no more clients than it needs
