"""What SNS refuses in a `Publish`, in its own written rules, because the emulators take it.

Sources: docs.aws.amazon.com/sns/latest/api/API_Publish.html and API_MessageAttributeValue.html, and
docs.aws.amazon.com/sns/latest/dg/sns-message-attributes.html. Where an older and a newer text of AWS differ (the
subject was ASCII and had to begin with a letter, number or punctuation mark; today it is UTF-8), the stricter is held.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

MESSAGE_BYTES = 262_144
SMS_CHARACTERS = 1_600
ATTRIBUTES = 10

_PROTOCOLS = {"default", "email", "email-json", "http", "https", "sqs", "lambda", "sms", "application", "firehose"}
_ATTRIBUTE_NAME = re.compile(r"(?!(?:aws|amazon)\.)(?!\.)(?!.*\.\.)[A-Za-z0-9_.-]{1,256}(?<!\.)", re.IGNORECASE)
_SUBJECT = re.compile(r"[!-~][ -~]{0,98}")
# XML 1.0's characters, the ones that SQS, to which SNS hands messages on, takes:
# docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html
_NO_TEXT = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def broken_rules(arguments: Mapping[str, Any]) -> list[str]:
    """What SNS would refuse in a `Publish` to a topic.

    Args:
        arguments: as they are passed to boto3's client.

    Returns:
        A sentence for each rule that is broken.
    """
    attributes = arguments.get("MessageAttributes", {})
    faults = [
        *_subject_faults(arguments.get("Subject")),
        *_text_faults("the message", arguments.get("Message")),
        *_structure_faults(arguments),
        *_attribute_faults(attributes),
    ]
    if not str(arguments.get("TopicArn", "")).startswith("arn:"):
        faults.append("a publish goes to a topic's ARN")
    counted = [arguments.get("Message", "")]
    counted += [str(part) for name, value in attributes.items() for part in (name, *value.values())]
    size = sum(len(part.encode(errors="replace")) for part in counted)
    if size > MESSAGE_BYTES:
        faults.append(f"message and attributes have at most {MESSAGE_BYTES} bytes, not {size}")
    return faults


def _subject_faults(subject: object) -> Iterator[str]:
    if subject is not None and not (isinstance(subject, str) and _SUBJECT.fullmatch(subject)):
        yield f"a subject is 1 to 99 printable ASCII characters that begin with no space: {subject!r:.120}"


def _text_faults(what: str, text: object) -> Iterator[str]:
    if not isinstance(text, str) or not text:
        yield f"{what} is empty"
    elif found := _NO_TEXT.search(text):
        yield f"{what} holds {found.group()!r}, which XML and UTF-8 can't carry"


def _structure_faults(arguments: Mapping[str, Any]) -> Iterator[str]:
    structure = arguments.get("MessageStructure")
    if structure is None:
        return
    if structure != "json":
        yield f"MessageStructure is json or absent, not {structure!r:.60}"
    try:
        bodies = json.loads(arguments["Message"])
    except ValueError:
        bodies = None
    if not isinstance(bodies, dict):
        yield "with MessageStructure json the message is a JSON object"
        return
    if not isinstance(bodies.get("default"), str):
        yield "the message has no body for `default`"
    for protocol, body in bodies.items():
        if protocol not in _PROTOCOLS:
            yield f"no protocol is called {protocol!r:.60}, so that its body is ignored"
        yield from _text_faults(f"the body for {protocol}", body)
    if len(bodies.get("sms", "")) > SMS_CHARACTERS:
        yield f"a text message has at most {SMS_CHARACTERS} characters"


def _attribute_faults(attributes: Mapping[str, Any]) -> Iterator[str]:
    if len(attributes) > ATTRIBUTES:
        yield f"SQS takes at most {ATTRIBUTES} attributes with raw delivery"
    for name, value in attributes.items():
        if not _ATTRIBUTE_NAME.fullmatch(name):
            yield f"no attribute can be called {name!r:.60}"
        if value.get("DataType") not in {"String", "String.Array", "Number", "Binary"}:
            yield f"{name} has the type {value.get('DataType')!r:.60}"
        if "StringValue" in value:
            yield from _text_faults(f"the attribute {name}", value["StringValue"])
        elif not value.get("BinaryValue"):
            yield f"the attribute {name} is empty"
