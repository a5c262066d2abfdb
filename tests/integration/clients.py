"""The clients of a world, made once for all tests."""

from __future__ import annotations

from typing import TYPE_CHECKING

import boto3
from botocore.config import Config

from deployment_notifier import delivery, table
from deployment_notifier.sources import greengrass_bulk
from tests.conftest import REGION
from tests.integration.aws_calls import Recorder

if TYPE_CHECKING:
    from local.simulator import Simulator

_READ_TIMEOUT = Config(read_timeout=0.3)


class Clients:
    """The clients, made once for all tests, since that takes longer than most of these. Close them at the end.

    Attributes:
        recorder: what the three clients of the notifier call.
        person, rollouts, sqs, sns_admin: what a person or another program would use; not recorded.
    """

    def __init__(self, simulator: Simulator) -> None:
        session = boto3.Session("testing", "testing", region_name=REGION)
        self.dynamodb = session.client("dynamodb", config=table.CLIENT_CONFIG)
        self.sns = session.client("sns", config=delivery.CLIENT_CONFIG)
        self.greengrass = session.client(
            "greengrass", endpoint_url=simulator.url, config=greengrass_bulk.CLIENT_CONFIG.merge(_READ_TIMEOUT)
        )
        self.recorder = Recorder()
        for client in (self.dynamodb, self.sns, self.greengrass):
            self.recorder.watch(client)
        self.person = session.client("dynamodb")
        self.rollouts = session.client("greengrass", endpoint_url=simulator.url)
        self.sqs = session.client("sqs")
        self.sns_admin = session.client("sns")

    def close(self) -> None:
        """Close all connections."""
        ours = (self.dynamodb, self.sns, self.greengrass)
        for client in (*ours, self.person, self.rollouts, self.sqs, self.sns_admin):
            client.close()
