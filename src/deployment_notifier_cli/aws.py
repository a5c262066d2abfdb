"""AWS as the user is signed in to it: one client for each service."""

from __future__ import annotations

import os
from functools import cached_property
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import boto3
from botocore import exceptions as sdk
from botocore.config import Config
from botocore.utils import is_valid_endpoint_url

from deployment_notifier.sources.registry import create_sources
from deployment_notifier_cli.aws_errors import explain
from deployment_notifier_cli.errors import AwsUnavailableError

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from mypy_boto3_cloudformation import CloudFormationClient
    from mypy_boto3_cloudwatch import CloudWatchClient
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_sns import SNSClient

    from deployment_notifier.sources.port import Source

_CONFIG: Any = Config(
    connect_timeout=5,
    read_timeout=20,
    retries={"total_max_attempts": 3, "mode": "standard"},
    user_agent_extra="deployment-notifier",
)
"""A user waits: long enough for a slow line, short enough not to seem dead."""

_PUBLISH_CONFIG: Any = _CONFIG.merge(Config(retries={"total_max_attempts": 1}))
"""A retry could publish a test alert twice."""


class Aws:
    """The AWS clients of one command.

    Args:
        session: has the user's credentials and region.
    """

    def __init__(self, session: boto3.Session) -> None:
        self._session = session

    @property
    def region(self) -> str | None:
        """The region in use."""
        return self._session.region_name

    def sources(self, environment: Mapping[str, str], names: Collection[str]) -> dict[str, Source]:
        """Return the sources of deployments, asked with the user's credentials at the function's endpoints.

        Args:
            environment: the function's environment.
            names: the sources that the stack watches; empty for all.
        """

        def create_client(service: str, config: Config) -> Any:  # noqa: ANN401 - a client of any service
            endpoint_url = environment.get(f"AWS_ENDPOINT_URL_{service.upper()}") or None
            create: Any = self._session.client
            return create(service, config=config, endpoint_url=endpoint_url)

        return create_sources(create_client, names)

    @cached_property
    def cloudformation(self) -> CloudFormationClient:
        """For the stack."""
        return self._session.client("cloudformation", config=_CONFIG)

    @cached_property
    def dynamodb(self) -> DynamoDBClient:
        """For the table."""
        return self._session.client("dynamodb", config=_CONFIG)

    @cached_property
    def function(self) -> LambdaClient:
        """For the function's configuration."""
        return self._session.client("lambda", config=_CONFIG)

    @cached_property
    def sns(self) -> SNSClient:
        """For the topic; publishes once."""
        return self._session.client("sns", config=_PUBLISH_CONFIG)

    @cached_property
    def cloudwatch(self) -> CloudWatchClient:
        """For the alarms."""
        return self._session.client("cloudwatch", config=_CONFIG)

    def client(self, service: str) -> Any:  # noqa: ANN401 - the development environment has no types for these
        """Return a client of any other service."""
        create: Any = self._session.client
        return create(service, config=_CONFIG)


def connect(region: str | None, profile: str | None) -> Aws:
    """Find the user's credentials and region as the AWS CLI does.

    Args:
        region: in place of the one of the environment or the profile.
        profile: in place of the one of the environment.

    Raises:
        CommandError: there is no such profile, no region, or an endpoint that is no URL.
    """
    for name, value in os.environ.items():
        if name.startswith("AWS_ENDPOINT_URL") and value and not _is_url(value):
            raise AwsUnavailableError(f"{name} is not a URL: {value}", "Correct or unset it.")
    try:
        # The AWS CLI reads AWS_REGION; botocore reads only AWS_DEFAULT_REGION.
        chosen = region or os.environ.get("AWS_REGION") or None
        session = boto3.Session(region_name=chosen, profile_name=profile or None)
    except sdk.BotoCoreError as error:
        raise explain(error) from error
    if session.region_name is None:
        raise explain(sdk.NoRegionError())
    return Aws(session)


def _is_url(text: str) -> bool:
    try:
        return urlsplit(text).scheme in ("http", "https") and is_valid_endpoint_url(text)
    except ValueError:  # such as half an IPv6 address
        return False
