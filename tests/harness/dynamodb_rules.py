"""What DynamoDB refuses, in its own written rules, because the emulators take it.

Sources, all under docs.aws.amazon.com/amazondynamodb/latest/: `developerguide/ServiceQuotas.html` (sizes, numbers,
nesting, expressions, transactions), `developerguide/Expressions.ExpressionAttributeNames.html` and the reference of
TransactWriteItems, UpdateItem and BatchGetItem (such as `APIReference/API_UpdateItem.html`).
"""

from __future__ import annotations

import re
from collections import Counter
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

ITEM_BYTES = 400 * 1024
TRANSACTION_BYTES = 4 * 1024 * 1024
TRANSACTION_ACTIONS = 100
BATCH_KEYS = 100
PARTITION_KEY_BYTES = 2048
SORT_KEY_BYTES = 1024
EXPRESSION_BYTES = 4 * 1024
SUBSTITUTION_BYTES = 2 * 1024 * 1024
PLACEHOLDER_BYTES = 255
OPERATORS = 300
DIGITS = 38
LEVELS = 32

_KEYS = {"DeploymentId": PARTITION_KEY_BYTES, "Record": SORT_KEY_BYTES}
_INDEX_KEY = "Queue"
_TYPES = {"S", "N", "B", "BOOL", "NULL", "M", "L", "SS", "NS", "BS"}
_EXPRESSIONS = ("KeyConditionExpression", "ConditionExpression", "UpdateExpression", "FilterExpression")
_WORDS = {"SET", "REMOVE", "AND", "OR", "NOT", "attribute_exists", "attribute_not_exists"}
_NOT_RESERVED = {"DeploymentId"}
"""Attribute names that we write without a placeholder; each was looked up in DynamoDB's list of reserved words."""


def broken_rules(operation: str, arguments: Mapping[str, Any]) -> list[str]:
    """What DynamoDB would refuse in a call.

    Args:
        operation: the method of boto3's client, such as `query`.
        arguments: as they are passed to boto3's client.

    Returns:
        A sentence for each rule that is broken. The size that an update gives to an item can't be seen here:
        `item_faults` checks the item as it came out.
    """
    if operation == "batch_get_item":
        return [fault for request in arguments["RequestItems"].values() for fault in _batch_faults(request["Keys"])]
    if operation != "transact_write_items":
        return list(_action_faults(arguments))
    actions = [action for write in arguments["TransactItems"] for action in write.values()]
    faults = [fault for action in actions for fault in _action_faults(action)]
    if not 1 <= len(actions) <= TRANSACTION_ACTIONS:
        faults.append(f"a transaction has 1 to {TRANSACTION_ACTIONS} actions, not {len(actions)}")
    keys = Counter((action["TableName"], *(_key_of(action)[name].get("S") for name in _KEYS)) for action in actions)
    faults += [f"two actions of a transaction are for the item {key}" for key, count in keys.items() if count > 1]
    if sum(_bytes(action.get("Item") or action.get("ExpressionAttributeValues") or {}) for action in actions) > (
        TRANSACTION_BYTES
    ):
        faults.append("a transaction holds more than 4 MB")
    if len(arguments.get("ClientRequestToken", "token")) not in range(1, 37):
        faults.append("a ClientRequestToken has 1 to 36 characters")
    return faults


def item_faults(item: Mapping[str, Any]) -> list[str]:
    """What DynamoDB would refuse in a whole item, keys included: a sentence for each rule."""
    faults = list(_key_faults({name: item.get(name, {}) for name in _KEYS}))
    if _INDEX_KEY in item and not item[_INDEX_KEY].get("S"):
        faults.append(f"{_INDEX_KEY} is the key of an index, so it holds a string that isn't empty, or is absent")
    if (
        _INDEX_KEY in item
        and len(str(item.get("DeploymentId", {}).get("S", "")).encode(errors="replace")) > SORT_KEY_BYTES
    ):
        faults.append(f"DeploymentId is the sort key of the index, so it has at most {SORT_KEY_BYTES} bytes there")
    for name, value in item.items():
        faults += _value_faults(value, name)
    if (size := _bytes(item)) > ITEM_BYTES:
        faults.append(f"an item has at most {ITEM_BYTES} bytes, not {size}")
    return faults


def _batch_faults(keys: list[Mapping[str, Any]]) -> Iterator[str]:
    if not 1 <= len(keys) <= BATCH_KEYS:
        yield f"BatchGetItem takes 1 to {BATCH_KEYS} keys, not {len(keys)}"
    if len({str(key) for key in keys}) < len(keys):
        yield "BatchGetItem takes no key twice"
    for key in keys:
        yield from _key_faults(key)


def _key_of(action: Mapping[str, Any]) -> Mapping[str, Any]:
    return action.get("Key") or {name: action.get("Item", {}).get(name, {}) for name in _KEYS}


def _action_faults(action: Mapping[str, Any]) -> Iterator[str]:
    if "Item" in action:
        yield from item_faults(action["Item"])
    if "Key" in action:
        if set(action["Key"]) != set(_KEYS):
            yield f"a key has the attributes {set(_KEYS)}, not {set(action['Key'])}"
        yield from _key_faults(action["Key"])
    yield from _expression_faults(action)


def _key_faults(key: Mapping[str, Any]) -> Iterator[str]:
    for name, value in key.items():
        text = value.get("S")
        if not isinstance(text, str) or not 1 <= len(text.encode(errors="replace")) <= _KEYS.get(name, 0):
            yield f"the key {name} is a string of 1 to {_KEYS.get(name, 0)} bytes, not {str(value)[:60]}"


def _expression_faults(action: Mapping[str, Any]) -> Iterator[str]:  # noqa: C901 - one rule after the other
    texts = [action[name] for name in _EXPRESSIONS if name in action]
    for text in texts:
        if not 1 <= len(text.encode()) <= EXPRESSION_BYTES:
            yield f"an expression has 1 to {EXPRESSION_BYTES} bytes: {text[:60]}"
    tokens = [token for text in texts for token in re.findall(r"[#:]?\w+", text)]
    for argument, sign in (("ExpressionAttributeNames", "#"), ("ExpressionAttributeValues", ":")):
        given = action.get(argument)
        if given is not None and not given:
            yield f"{argument} must not be empty"
        used = {token for token in tokens if token.startswith(sign)}
        if used != set(given or ()):
            yield f"{argument} and the expressions differ in {sorted(used ^ set(given or ()))}"
        for placeholder in given or ():
            if len(placeholder.encode()) > PLACEHOLDER_BYTES:
                yield f"a placeholder has at most {PLACEHOLDER_BYTES} bytes: {placeholder[:60]}"
    for token in tokens:
        if token[0] not in "#:" and token not in _WORDS | _NOT_RESERVED:
            yield f"{token} may be a reserved word: it needs a placeholder"
    values = action.get("ExpressionAttributeValues") or {}
    for name, value in values.items():
        yield from _value_faults(value, name)
    if _bytes(values) + sum(map(len, action.get("ExpressionAttributeNames") or ())) > SUBSTITUTION_BYTES:
        yield "the substitutions of an expression have at most 2 MB"
    yield from _update_faults(action)


def _update_faults(action: Mapping[str, Any]) -> Iterator[str]:
    text = action.get("UpdateExpression")
    if text is None:
        return
    names = action.get("ExpressionAttributeNames") or {}
    changed = Counter(names.get(token, token) for token in re.findall(r"#\w+", text))
    for name, count in changed.items():
        if count > 1:
            yield f"two document paths overlap: {name}"
        if name in _KEYS:
            yield f"{name} is part of the key and can't be updated"
    if text.count("=") + text.count("+") > OPERATORS:
        yield f"an update has at most {OPERATORS} operators"
    for set_name, placeholder in re.findall(r"(#\w+) = (:\w+)", text):
        value = (action.get("ExpressionAttributeValues") or {}).get(placeholder, {})
        if names.get(set_name) == _INDEX_KEY and not value.get("S"):
            yield f"{_INDEX_KEY} is the key of an index, so it must hold a string that isn't empty"


def _value_faults(value: Mapping[str, Any], where: str, level: int = 1) -> Iterator[str]:  # noqa: C901, PLR0912 - a case a type
    if level > LEVELS:
        yield f"{where[:60]} is nested deeper than {LEVELS} levels"
        return
    if len(value) != 1 or not set(value) <= _TYPES:
        yield f"{where[:60]} has not one type: {list(value)}"
        return
    ((code, held),) = value.items()
    match code:
        case "S":
            yield from _text_faults(held, where)
        case "N":
            yield from _number_faults(held, where)
        case "BOOL" | "NULL":
            if not isinstance(held, bool):
                yield f"{where[:60]} holds {held!r:.60} as {code}"
        case "L":
            for entry in held:
                yield from _value_faults(entry, where, level + 1)
        case "M":
            for name, entry in held.items():
                if not name:
                    yield f"{where[:60]} has an empty attribute name"
                yield from _text_faults(name, where)
                yield from _value_faults(entry, name, level + 1)
        case _:
            if not held:
                yield f"{where[:60]} holds an empty set"


def _text_faults(text: object, where: str) -> Iterator[str]:
    if not isinstance(text, str):
        yield f"{where[:60]} holds {text!r:.60} as a string"
        return
    try:
        text.encode()
    except UnicodeEncodeError:
        yield f"{where[:60]} holds text that no UTF-8 can carry"


def _number_faults(text: object, where: str) -> Iterator[str]:
    try:
        number = Decimal(text) if isinstance(text, str) else Decimal("NaN")
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite():
        yield f"{where[:60]} holds {text!r:.60} as a number"
    elif number and (_digits(number) > DIGITS or not -130 <= number.adjusted() <= 125):
        yield f"{where[:60]} holds a number that is too long or out of range: {text!r:.60}"


def _digits(number: Decimal) -> int:
    """Without zeros at its ends. `Decimal.normalize` would round to the context's precision."""
    return len("".join(map(str, number.as_tuple().digits)).strip("0"))


def _bytes(value: Any, code: str = "M") -> int:  # noqa: ANN401 - what a type code holds differs
    """The size that DynamoDB counts; a number by its digits, which is never too little."""
    match code:
        case "M":
            inner = sum(len(name.encode(errors="replace")) + _wrapped_bytes(entry) for name, entry in value.items())
            return inner + 3
        case "L":
            return sum(_wrapped_bytes(entry) for entry in value) + 3
        case "BOOL" | "NULL":
            return 1
        case "SS" | "NS" | "BS":
            return sum(len(str(entry).encode(errors="replace")) for entry in value)
        case "B":
            return len(value)
        case _:
            return len(str(value).encode(errors="replace")) + (code == "N")


def _wrapped_bytes(value: Mapping[str, Any]) -> int:
    return 1 + sum(_bytes(held, code) for code, held in value.items())
