"""Holds what went over the wire against botocore's service model of Greengrass."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Self

from botocore.config import Config
from botocore.model import ListShape, MapShape, Shape, StringShape, StructureShape

if TYPE_CHECKING:
    from collections.abc import Iterator

    import boto3
    from botocore.client import BaseClient


def violations(shape: Shape | None, value: object, where: str = "body") -> Iterator[str]:  # noqa: C901, PLR0912 - one case a type
    """What a JSON value has that the shape doesn't allow; nothing when it fits."""
    match shape, value:
        case StructureShape(), dict():
            for name, member in value.items():
                if name in shape.members:
                    yield from violations(shape.members[name], member, f"{where}.{name}")
                else:
                    yield f"{where}.{name} is not in {shape.name}"
        case ListShape(), list():
            for index, member in enumerate(value):
                yield from violations(shape.member, member, f"{where}[{index}]")
        case MapShape(), dict():
            for name, member in value.items():
                yield from violations(shape.value, member, f"{where}[{name!r}]")
        case StringShape(), str():
            if shape.enum and value not in shape.enum:
                yield f"{where} is {value!r}, none of {shape.enum}"
        case Shape(type_name="integer" | "long"), int() if not isinstance(value, bool):
            pass
        case Shape(type_name="boolean"), bool():
            pass
        case Shape(type_name="timestamp"), int() | float() if not isinstance(value, bool):
            pass
        case _:
            yield f"{where} is {value!r}, no {shape and shape.type_name}"


def new_client(session: boto3.Session, url: str, read_timeout: float = 30) -> Any:  # noqa: ANN401 - as boto3 has it
    """A client that takes a busy machine for no outage, unless it is told to be impatient."""
    config = Config(retries={"total_max_attempts": 1}, read_timeout=read_timeout, max_pool_connections=20)
    return session.client("greengrass", endpoint_url=url, config=config)


class Recorder:
    """Remembers, as a context manager, the last response of a client as it came over the wire."""

    def __init__(self, client: BaseClient) -> None:
        self.status = 0
        self.headers: dict[str, str] = {}
        self.raw: Any = None
        self._model = client.meta.service_model
        self._events = client.meta.events

    def __enter__(self) -> Self:
        self._events.register("before-parse.greengrass", self._record)
        return self

    def __exit__(self, *_: object) -> None:
        self._events.unregister("before-parse.greengrass", self._record)

    def _record(self, response_dict: dict[str, Any], **_: object) -> None:
        self.status = response_dict["status_code"]
        self.headers = {name.lower(): value for name, value in response_dict["headers"].items()}
        self.raw = response_dict["body"]

    def check(self, operation: str, parsed: dict[str, Any]) -> None:
        """The last response fits the operation's output, and botocore read from it all that was sent, unchanged.

        Raises:
            AssertionError: it doesn't.
        """
        model = self._model.operation_model(operation)
        sent = json.loads(self.raw)
        assert list(violations(model.output_shape, sent)) == []
        assert self.status == model.http["responseCode"]
        assert self.headers["content-type"] == "application/json"
        assert {name: value for name, value in parsed.items() if name != "ResponseMetadata"} == sent

    def check_error(self, shape: str = "BadRequestException") -> None:
        """The last response is the modelled error, `GeneralError` in AWS's API reference.

        Raises:
            AssertionError: it isn't.
        """
        model = self._model.shape_for(shape)
        sent = json.loads(self.raw)
        assert list(violations(model, sent)) == []
        assert sent["Message"]
        assert self.status == model.metadata["error"]["httpStatusCode"]
        assert self.headers["x-amzn-errortype"] == shape
