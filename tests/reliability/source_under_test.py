"""What a source contributes to the state machine: its answers, how they are set, and what the model makes of them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, ClassVar

from botocore.exceptions import ClientError, ConnectTimeoutError
from hypothesis import strategies as st

from tests.harness.fake_dynamodb import error

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from tests.harness.fake_dynamodb import Item
    from tests.harness.notifier_harness import NotifierHarness
    from tests.reliability.reference_model import Choices, Words
    from tests.reliability.runs import Run

    Answer = Mapping[str, Any] | Exception


class SourceUnderTest(ABC):
    """A source, its fake service, and what is expected of it.

    Args:
        harness: holds the fake service.
        choices: what the operator chose.

    Attributes:
        name: the source's name.
        words: what the model must know of its deployments.
        operations: those that a sweep calls; the first one lists.
        counts_key: where an answer holds its counts.
        count_names: the counts that may move by themselves.
        running: an answer about a sound deployment.
        failed: an answer about one that has failed.
        answers: any answers about a deployment.
        targets_answers: about one whose targets' results may go on.
        outages: errors that all operations may raise at once.
        errors: errors that one of them may raise.
        reported: the deployments that events speak of in a run; none for a sweep.
        set_answers: what the service now answers, by deployment.
        wrong: what must not have happened.
    """

    name: ClassVar[str]
    words: ClassVar[Words]
    operations: ClassVar[tuple[str, ...]]
    counts_key: ClassVar[str]
    count_names: ClassVar[st.SearchStrategy[str]]
    running: ClassVar[Mapping[str, Any]]
    failed: ClassVar[Mapping[str, Any]]
    answers: ClassVar[st.SearchStrategy[Answer]]
    targets_answers: ClassVar[st.SearchStrategy[Answer]]
    outages: ClassVar[tuple[Exception, ...]]
    errors: ClassVar[tuple[Exception, ...]]
    reported: ClassVar[st.SearchStrategy[tuple[str, ...]]] = st.just(())

    def __init__(self, harness: NotifierHarness, choices: Choices) -> None:
        self.harness = harness
        self.choices = choices
        self.service = harness.fake_of(self.name)
        self.service.page_size = 2
        self.id = f"source:{self.name}"
        self.set_answers: dict[str, Answer] = {}
        self.wrong: list[str] = []

    def set_answer(self, deployment_id: str, answer: Answer) -> None:
        """Let the service answer something about a deployment from now on; it starts if it is new."""
        self.set_answers[deployment_id] = answer
        self._set(deployment_id, answer)

    def repair(self) -> None:
        """Let everything be answered again."""
        self.service.outage = None
        self.service.instead.clear()
        for deployment_id, answer in self.set_answers.items():
            if isinstance(answer, Exception) or not answer:
                self.set_answer(deployment_id, self.running)

    def note_answer(self, run: Run, operation: str, arguments: Mapping[str, Any], answer: object) -> None:
        """Note what a sweep was answered, or what was raised."""
        if operation != self.operations[0]:
            self._note_check(run, operation, arguments, answer)
            return
        run.listing_failed = isinstance(answer, Exception)
        if isinstance(answer, dict):
            run.list_pages += 1
            run.listed |= self._listed_in(answer)

    @abstractmethod
    def look_at_the_end(self, followed: set[str]) -> None:
        """Look for results that are missing though everything works again.

        Args:
            followed: the deployments whose results were followed when everything worked again.
        """

    @abstractmethod
    def set_targets(self, deployment_id: str, succeeded: int, failed: int, unfinished: int) -> None:
        """Set the results of a deployment's targets."""

    @abstractmethod
    def listed_since(self, since: datetime) -> set[str]:
        """Return the deployments that the listing has and that were created since."""

    @abstractmethod
    def kinds_of_results(self, new: Item, old: Item, alert: Item, *, is_lost: bool) -> set[str]:
        """Return the kinds that follow from the results, by what was stored of them in a watch.

        Args:
            new: the watch.
            old: the watch before.
            alert: the alert that was stored with it; empty for none.
            is_lost: whether the deployment is reported as lost.
        """

    @abstractmethod
    def _set(self, deployment_id: str, answer: Answer) -> None: ...

    @abstractmethod
    def _note_check(self, run: Run, operation: str, arguments: Mapping[str, Any], answer: object) -> None: ...

    @abstractmethod
    def _listed_in(self, page: Mapping[str, Any]) -> set[str]: ...


def outages(operation: str, throttled: str) -> tuple[Exception, ...]:
    """Return the errors that say nothing about a deployment.

    Args:
        operation: the operation that raises them.
        throttled: the error code for too many calls.
    """
    return (
        error(operation, throttled, "Rate exceeded", 429),
        error(operation, "AccessDeniedException", "No.", 403),
        error(operation, "InternalServerErrorException", "Sorry.", 500),
        ConnectTimeoutError(endpoint_url="https://greengrass"),
    )


def is_error(answer: object, status: int, *codes: str) -> bool:
    """Return whether an answer is an error with an HTTP status, and one of these codes if there are any."""
    if not isinstance(answer, ClientError):
        return False
    response = answer.response
    return response["ResponseMetadata"]["HTTPStatusCode"] == status and (
        not codes or response["Error"]["Code"] in codes
    )
