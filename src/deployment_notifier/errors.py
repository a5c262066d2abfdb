"""The errors of this project.

NotifierError
├─ SettingsError    the environment is wrong: the function can't start
├─ TableError       DynamoDB did not do what was asked
│  ├─ ConflictError   another sweep, or a person, changed the item first: not a fault
│  └─ ItemError       an item that can't be read
├─ PublishError     SNS did not take an alert, for now
│  └─ RefusedError    SNS will never take it as it is
└─ SweepError       something kept a sweep from doing anything at all
"""

from __future__ import annotations


class NotifierError(Exception):
    """What all errors of this project have in common."""


class SettingsError(NotifierError):
    """The environment is missing something or holds something wrong; the message names each variable."""


class TableError(NotifierError):
    """DynamoDB did not do what was asked, or nobody knows whether it did."""


class ConflictError(TableError):
    """The condition of a write was not met: somebody changed the item first, so there is nothing left to do."""


class ItemError(TableError):
    """An item of the table can't be read; the message names the attribute, what it holds and what it should hold."""


class PublishError(NotifierError):
    """SNS did not take an alert; it may later."""


class RefusedError(PublishError):
    """SNS will never take this message as it is."""


class SweepError(NotifierError):
    """DynamoDB, or a fault of this program, kept a sweep from doing anything at all.

    A source or SNS that is down is none: what is due is stored, and alerts of its own tell.
    """
