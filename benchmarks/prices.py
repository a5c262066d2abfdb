"""Prices of AWS, each with where it was read: AWS's own pages could not be opened. Free tiers are left out."""

from __future__ import annotations

from dataclasses import dataclass

REGION = "us-east-1"
LOOKED_UP = "2026-11-28"


@dataclass(frozen=True, slots=True)
class Price:
    """One price.

    Attributes:
        name: what is bought.
        dollars: the price of one unit.
        per: the number of units for which AWS names the price.
        unit: what is counted.
        source: where it is from.
    """

    name: str
    dollars: float
    per: int
    unit: str
    source: str

    def of(self, units: float) -> float:
        """Return what a number of units costs, in dollars."""
        return units * self.dollars / self.per


READ = Price(
    "DynamoDB, on demand",
    0.125,
    1_000_000,
    "read request units",
    "airbyte.com/data-engineering-resources/dynamodb-pricing",
)
WRITE = Price(
    "DynamoDB, on demand",
    0.625,
    1_000_000,
    "write request units",
    "airbyte.com/data-engineering-resources/dynamodb-pricing",
)
INVOCATION = Price(
    "Lambda", 0.20, 1_000_000, "requests", "git.mcrn.ar/mariano/lambda_local_runner (docs/lambdas-md/lambda-13-cost.md)"
)
DURATION = Price("Lambda, arm64", 13.3334, 1_000_000, "GB-seconds", "cloudchipr.com/blog/aws-lambda-pricing")
PUBLISH = Price(
    "SNS", 0.50, 1_000_000, "publishes", "factualminds.com/blog/amazon-sns-pricing-publishes-fanout-protocols"
)
METRIC = Price("CloudWatch", 0.30, 1, "metrics a month", "signoz.io/guides/cloudwatch-pricing")
ALARM = Price("CloudWatch", 0.10, 1, "alarms a month", "not confirmed")
LOGS = Price(
    "CloudWatch Logs",
    0.50,
    1,
    "GB taken in",
    "factualminds.com/blog/amazon-cloudwatch-pricing-metrics-logs-alarms-dashboards",
)

ALL = (READ, WRITE, INVOCATION, DURATION, PUBLISH, METRIC, ALARM, LOGS)
