"""What SNS's `Publish` takes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

MAXIMUM_BYTES = 262_144
"""The default of a topic's MaximumMessageSize.

https://docs.aws.amazon.com/sns/latest/api/API_MessageAttributeValue.html says that attributes count with name, type and
value. Whether the subject does is not said, so it is counted.
"""


@dataclass(frozen=True, slots=True)
class Message:
    """One message for all subscribers of a topic.

    Attributes:
        subject: 1 to 99 printable ASCII characters.
        body: JSON with a body for each protocol.
        attributes: message attributes of type String, for filter policies.
    """

    subject: str
    body: str
    attributes: Mapping[str, str]

    @property
    def size(self) -> int:
        """The bytes that SNS counts."""
        attributes = sum(len(f"{name}String{value}".encode()) for name, value in self.attributes.items())
        return len(self.body.encode()) + len(self.subject) + attributes

    @property
    def arguments(self) -> dict[str, Any]:
        """The arguments of boto3's `publish`, but for the topic."""
        return {
            "Subject": self.subject,
            "Message": self.body,
            "MessageStructure": "json",
            "MessageAttributes": {
                name: {"DataType": "String", "StringValue": value} for name, value in self.attributes.items()
            },
        }
