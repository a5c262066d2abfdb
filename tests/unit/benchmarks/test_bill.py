from __future__ import annotations

from dataclasses import replace

import pytest

from benchmarks import bill, prices
from benchmarks.bill import Use
from tests.template import load_template

NOTHING = Use(read_units=0, write_units=0, seconds=0)
RESOURCES = load_template()["Resources"]


def test_nothing_costs_the_invocations_and_lambdas_own_log_lines() -> None:
    month = bill.month(NOTHING)
    assert (month.dynamodb, month.sns) == (0, 0)
    assert month.aws_lambda == pytest.approx(0.00876)
    assert month.cloudwatch == pytest.approx(43_800 * 350 / 1e9 * 0.5)


def test_each_use_costs_its_price_once_a_sweep() -> None:
    def more(**use: float) -> float:
        return bill.month(replace(NOTHING, **use)).total - bill.month(NOTHING).total  # type: ignore[arg-type] # counts

    assert more(read_units=10) == pytest.approx(0.05475)
    assert more(write_units=10) == pytest.approx(0.27375)
    assert more(publishes=10) == pytest.approx(0.219)
    assert more(seconds=10) == pytest.approx(43_800 * 2.5 * 0.0000133334)
    assert more(log_bytes=10_000) == pytest.approx(0.219)


def test_metrics_and_alarms_cost_once_a_month() -> None:
    month = bill.month(replace(NOTHING, metrics=2, alarms=3))
    assert month.cloudwatch - bill.month(NOTHING).cloudwatch == pytest.approx(0.9)
    assert month.total == pytest.approx(month.aws_lambda + month.cloudwatch)


def test_it_counts_with_the_memory_and_the_alarms_of_the_template() -> None:
    assert RESOURCES["NotifierFunction"]["Properties"]["MemorySize"] / 1024 == bill.MEMORY_GB
    alarms = [each for each in RESOURCES.values() if each["Type"] == "AWS::CloudWatch::Alarm"]
    assert len([each for each in alarms if each.get("Condition") != "HasSlackWebhook"]) == bill.ALARMS


def test_every_price_has_a_source() -> None:
    assert all(price.source and price.dollars > 0 for price in prices.ALL)
