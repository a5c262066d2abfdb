"""Watches what sweeps do, and collects what is wrong.

Errors are collected in `Oracle.wrong` and not raised, because a sweep survives what is raised within one check.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from deployment_notifier.model import from_milliseconds
from tests.harness.notifier_harness import SECONDS, START
from tests.reliability.reference_model import (
    COUNTS,
    TERMINAL,
    CheckAnswer,
    Choices,
    History,
    SourceAnswers,
    SourceModel,
    Step,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from deployment_notifier.report import Report
    from tests.harness.fake_dynamodb import Item
    from tests.harness.fake_sns import Published
    from tests.harness.notifier_harness import NotifierHarness
    from tests.reliability.events import RunSweep

SOURCE_ID = "source:greengrass-bulk"
LEASE = timedelta(seconds=SECONDS + 60)
STATUS, REPORTS = "get_bulk_deployment_status", "list_bulk_deployment_detailed_reports"


@dataclass
class Life:
    """A deployment's watch from the moment it was put, and how much of its history each version knew."""

    history: History
    lengths: dict[str | None, int] = field(default_factory=lambda: {None: 0})
    versions: list[int] = field(default_factory=lambda: [0])
    transitions: list[tuple[str | None, str]] = field(default_factory=list)


@dataclass
class Sent:
    """One publish that SNS carried out."""

    alert_id: str
    by: Run
    answer_lost: bool = False


@dataclass
class Run:
    """One sweep: what it met and what it did."""

    plan: RunSweep
    owner: str
    leased_until: datetime = START
    calls: Counter[str] = field(default_factory=Counter)
    remaining: float = SECONDS
    decided_at: datetime = START
    is_dead: bool = False
    is_over: bool = False
    is_alone: bool = True
    saw_jump: bool = False
    met_fault: bool = False
    checks: dict[str, CheckAnswer] = field(default_factory=dict)
    read: dict[str, tuple[Life, int]] = field(default_factory=dict)
    source: SourceModel | None = None
    discovered: int = 0
    listed: set[str] = field(default_factory=set)
    list_pages: int = 0
    listing_failed: bool | None = None
    tried_to_store: set[str] = field(default_factory=set)
    stored_transitions: int = 0
    refused: set[str] = field(default_factory=set)
    published: int = 0

    @property
    def source_answers(self) -> SourceAnswers:
        """What the source answered it."""
        is_watched = bool(self.read) or self.discovered > 0
        return SourceAnswers(tuple(self.checks.values()), is_watched, self.list_pages, self.listing_failed)


class Oracle:
    """Compares what sweeps do with the reference model, and with what must always be true.

    Attributes:
        lives: the watches in the table, by deployment.
        alerts: the alerts that were stored, by id, with all their kinds.
        sent: what SNS carried out.
        wrong: what must not have happened.
        used_times: the times at which something was stored.
        source: what is known of the source.
    """

    def __init__(self, choices: Choices, harness: NotifierHarness) -> None:
        self.choices = choices
        self.harness = harness
        self.table = harness.table
        self.lives: dict[str, Life] = {}
        self.alerts: dict[str, tuple[str, ...]] = {}
        self.sent: list[Sent] = []
        self.wrong: list[str] = []
        self.used_times: set[datetime] = set()
        self._all_lives: dict[str, Life] = {}
        self._ever_failed: dict[str, set[int]] = {}
        self.source = SourceModel()
        self._sources: dict[str, SourceModel] = {}

    def note_put(self, item: Item, run: Run | None = None) -> dict[str, Any]:
        """Note that a watch is put, by a sweep or an operator; return it with a number, by which it is known."""
        deployment_id, number = item["DeploymentId"]["S"], str(len(self._all_lives))
        if run is not None and (deployment_id, "WATCH") in self.table.items:
            return dict(item)  # the condition of the write refuses it
        if run is not None and deployment_id not in run.listed:
            self.wrong.append(f"{deployment_id} was discovered, but not listed")
        self.lives[deployment_id] = self._all_lives[number] = Life(History(self.choices))
        return {**item, "Life": {"N": number}}

    def note_discovered(self, run: Run, deployment_id: str) -> None:
        """Note that a sweep has put a watch, and knows it."""
        run.discovered += 1
        run.read[deployment_id] = (self.lives[deployment_id], 0)

    def note_groups(self, deployment_id: str, groups: list[tuple[str, str | None]]) -> None:
        """Note the results that the groups of a deployment have from now on."""
        failed = {number for number, (status, _) in enumerate(groups) if status == "Failure"}
        self._ever_failed.setdefault(deployment_id, set()).update(failed)

    def note_read(self, run: Run, items: list[Item]) -> None:
        """Note that a sweep has read items of the CHECK queue."""
        run.source = run.source or SourceModel()
        for item in items:
            version: Any = item.get("Version", {}).get("N")
            if item["Record"]["S"] == "WATCH":
                life = self._all_lives[item["Life"]["N"]]
                run.read[item["DeploymentId"]["S"]] = (life, life.lengths[version])
            else:
                run.source = self._sources[str(version)]

    def note_answer(self, run: Run, operation: str, arguments: Mapping[str, Any], answer: object) -> None:
        """Note what Greengrass answered a sweep, or what was raised."""
        is_failure = isinstance(answer, Exception)
        if operation == "list_bulk_deployments":
            run.listing_failed = is_failure
            run.list_pages += not is_failure
            if isinstance(answer, dict):
                run.listed |= {entry["BulkDeploymentId"] for entry in answer["BulkDeployments"]}
            return
        deployment_id = arguments["BulkDeploymentId"]
        before = run.checks.get(deployment_id)
        if operation == STATUS:
            run.checks[deployment_id] = CheckAnswer(is_refused=_is_refusal(answer)) if is_failure else _read(answer)
        elif before is None:
            run.checks[deployment_id] = CheckAnswer(is_refused=_is_refusal(answer), is_scan=True, pages=not is_failure)

    def note_write(self, run: Run, actions: list[tuple[str, Mapping[str, Any]]], before: Mapping[Any, Item]) -> None:
        """Note that a sweep has written a watch or the state of the source, with the events of the same transaction."""
        events = [action["Item"] for verb, action in actions if verb == "Put"]
        key = next(action["Key"] for verb, action in actions if verb != "Put")
        if key["Record"]["S"] == "SOURCE":
            new = self.table.items[SOURCE_ID, "SOURCE"]
            self._note_source(run, new, events)
        else:
            new = self.table.items[key["DeploymentId"]["S"], "WATCH"]
            self._note_watch(run, new, events, before.get((key["DeploymentId"]["S"], "WATCH")))
        self.used_times.add(from_milliseconds(int(new["Version"]["N"])))

    def _note_watch(self, run: Run, new: Item, events: list[Item], old: Item | None) -> None:
        deployment_id = new["DeploymentId"]["S"]
        life = self.lives.get(deployment_id)
        if life is None or old is None:
            self.wrong.append(f"the deleted watch of {deployment_id} was created again")
            return
        check = run.checks[deployment_id]
        answering_since = run.source.answering_since if run.source else None
        expected = life.history.expected(check, run.decided_at, answering_since)
        if not check.is_answered and not run.source_answers.is_working:
            self.wrong.append(f"{deployment_id} was blamed for a source that answers nothing")
        has_ended = "EndedBecause" in new
        is_lost = "LOST" in expected.kinds
        kinds = expected.kinds | self._kinds_of_results(
            new, old, events, is_answered=check.is_answered, is_lost=is_lost
        )
        self._check_events(deployment_id, events, kinds, expected.transition)
        life.transitions += [expected.transition] if expected.transition else []
        life.history.steps.append(Step(check, run.decided_at, kinds))
        version = int(new["Version"]["N"])
        if version <= life.versions[-1]:
            self.wrong.append(f"the version of {deployment_id} fell from {life.versions[-1]} to {version}")
        life.versions.append(version)
        life.lengths[str(version)] = len(life.history.steps)
        counts = {name: int(count["N"]) for name, count in new.get("Metrics", {}).get("M", {}).items()}
        if counts != life.history.counts():
            self.wrong.append(f"the counts of {deployment_id} were stored as {counts}, not {life.history.counts()}")
        if check.status is not None and new.get("Status") != {"S": check.status}:
            self.wrong.append(f"the status of {deployment_id} was stored as {new.get('Status')}, not {check.status}")
        if expected.ends not in (None, has_ended):
            self.wrong.append(f"the watch of {deployment_id} should {'' if expected.ends else 'not '}have ended: {new}")
        if {"Queue" not in new, "ExpiresAt" in new} != {has_ended} or ("FollowUp" in new and has_ended):
            self.wrong.append(f"the watch of {deployment_id} has ended in part: {new}")

    def _kinds_of_results(
        self, new: Item, old: Item, events: list[Item], *, is_answered: bool, is_lost: bool
    ) -> set[str]:
        """Return the kinds that follow from the results, by what was stored of them."""
        deployment_id, kinds = new["DeploymentId"]["S"], set[str]()
        alert = next((event for event in events if "Kind" in event), {})
        results = alert.get("Results", new.get("Results", {})).get("M", {})
        failed, unfinished, succeeded = (
            int(results.get(name, {"N": 0})["N"]) for name in ("Failed", "Unfinished", "Succeeded")
        )
        notified, before = (int(item.get("NotifiedFailedTargets", {"N": 0})["N"]) for item in (new, old))
        if notified != before:
            kinds.add("GROUPS_FAILED")
            if not before < notified <= len(self._ever_failed.get(deployment_id, ())):
                self.wrong.append(f"{notified} failed groups of {deployment_id} after {before}")
            if "Results" in alert and failed != notified:
                self.wrong.append(f"{alert['Record']} speaks of {failed} failed groups, and the watch of {notified}")
        partial = new.get("FollowUp", {}).get("M", {}).get("PartialScan", {}).get("M", {})
        known = max(
            int(each["Failed"]["N"]) for each in (partial.get("Results", {"M": {}})["M"], results, _NONE) if each
        )
        has_ended = "EndedBecause" in new
        # A follow-up that ends because nothing can be read has an alert of another kind, with the results.
        if (known and not notified) or (has_ended and is_answered and failed > notified):
            self.wrong.append(
                f"{max(known, failed)} groups of {deployment_id} have failed, but {notified} are reported"
            )
        if not has_ended or new.get("Status", {}).get("S") not in TERMINAL:
            return kinds
        if new["Status"]["S"] == "Completed":
            kinds.add("COMPLETED")
        expected = max(0, int(new.get("Progress", {"N": 0})["N"]) - int(new.get("Failures", {"N": 0})["N"]))
        is_unknown = "Progress" not in new and not results
        is_incomplete = is_unknown or unfinished > 0 or expected > failed + unfinished + succeeded
        if self.choices.follow_results and not is_lost and is_incomplete:
            kinds.add("RESULTS_INCOMPLETE")
        return kinds

    def _note_source(self, run: Run, new: Item, events: list[Item]) -> None:
        after, kinds = self.source.after(run.source_answers, run.decided_at, self.choices)
        self._check_events(SOURCE_ID, events, kinds, None)
        stored = _time(new.get("AnsweringSince")), _since(new, "Outage"), _since(new, "ListingOutage")
        expected = after.answering_since, _stored_as(after.outage), _stored_as(after.listing_outage)
        if stored != expected:
            self.wrong.append(f"the state of the source was stored as {stored}, not {expected}")
        self.source = self._sources[new["Version"]["N"]] = after

    def _check_events(
        self,
        deployment_id: str,
        events: list[Item],
        kinds: set[str] | frozenset[str],
        transition: tuple[str | None, str] | None,
    ) -> None:
        transitions = [
            (event.get("From", {}).get("S"), event["To"]["S"])
            for event in events
            if event["Record"]["S"].endswith("#1-TRANSITION")
        ]
        if transitions != ([transition] if transition else []):
            self.wrong.append(f"transitions {transitions} of {deployment_id} were recorded, not {transition}")
        found = [event for event in events if "Kind" in event]
        wanted = self.choices.wanted(kinds)
        stored = [(event["Kind"]["S"], *(entry["S"] for entry in event["Also"]["L"])) for event in found]
        if stored != ([wanted] if wanted else []):
            self.wrong.append(f"{deployment_id} has the alerts {stored}, but it should be {wanted}")
        for event, words in zip(found, stored, strict=True):
            if _alert_id(event) in self.alerts:
                self.wrong.append(f"two alerts have the id {_alert_id(event)}")
            self.alerts[_alert_id(event)] = words

    def note_publish(self, run: Run, message: Published) -> None:
        """Note that SNS has carried out a publish."""
        alert_id = message.id
        if self.alerts.get(alert_id) != message.kinds:
            self.wrong.append(f"{alert_id} was published as {message.kinds}, but it is {self.alerts.get(alert_id)}")
        stored = self.table.items.get(_alert_key(alert_id), {})
        # A sweep that slept through its lease may have lost it to another one since.
        if run.decided_at >= run.leased_until:
            self.wrong.append(f"{alert_id} was published under a lease that had run out")
        if stored.get("LeaseOwner") != {"S": run.owner} and not run.saw_jump:
            self.wrong.append(f"{alert_id} was published without a lease")
        for earlier in self.sent:
            if earlier.alert_id != alert_id or run.saw_jump or earlier.by.saw_jump:
                continue
            if "PublishedAt" in stored or not (earlier.answer_lost or earlier.by.is_dead or earlier.by.is_over):
                self.wrong.append(f"{alert_id} was repeated without need")
        if run.is_alone and not self.table.lag:
            sent = {each.alert_id for each in self.sent} | run.refused
            older = [
                _alert_id(item)
                for item in self.table.items.values()
                if item.get("Queue") == {"S": "DELIVER"} and item["DeploymentId"]["S"] == message.deployment_id
            ]
            overtaken = [each for each in older if each < alert_id and each not in sent]
            if overtaken:
                self.wrong.append(f"{alert_id} was published before {overtaken}")
        self.sent.append(Sent(alert_id, run))

    def note_report(self, run: Run, report: Report, lag: int) -> None:
        """Note that a sweep has ended by itself: check what it reports, and what it left undone."""
        checks = run.checks.values()
        answered = sum(each.is_answered for each in checks)
        unknown = sum(each.is_refused for each in checks)
        truth = {
            "errors": 0,
            "unreadable": 0,
            "checked": answered,
            "unknown": unknown,
            "failed": len(run.checks) - answered - unknown,
            "discovered": run.discovered,
            "transitions": run.stored_transitions,
            "published": run.published,
            "unreachable_sources": run.source_answers.was_asked and not run.source_answers.is_working,
        }
        if not run.met_fault and not lag:
            truth |= {"undelivered": self.waiting, "conflicts": 0, "table_failures": 0}
        for name, value in truth.items():
            if getattr(report, name) != value:
                self.wrong.append(f"the report says {name} {getattr(report, name)}, but it was {value}")
        # With the clock moved or little time left it is not known here what was decided on.
        if not run.saw_jump and not run.plan.seconds_per_call:
            self._look_for_what_is_missing(run)

    def _look_for_what_is_missing(self, run: Run) -> None:
        now = self.harness.clock.now
        for deployment_id, check in run.checks.items():
            life, length = run.read[deployment_id]
            if deployment_id in run.tried_to_store or not (check.is_answered or run.source_answers.is_working):
                continue
            answering_since = run.source.answering_since if run.source else None
            expected = life.history.expected(check, now, answering_since, length)
            if expected.is_news:
                self.wrong.append(f"nothing was stored of {check} about {deployment_id}: {expected}")
        # Without any call to the source, a fault may have kept the sweep from reading its watches.
        if SOURCE_ID not in run.tried_to_store and run.source and (run.source_answers.was_asked or not run.met_fault):
            after, kinds = run.source.after(run.source_answers, now, self.choices)
            if kinds or after != run.source:
                self.wrong.append(f"nothing was stored about the source: {run.source_answers}")

    def look(self) -> None:
        """Look for anything wrong while nothing happens."""
        self.wrong += self.harness.broken_rules()
        stored = {_alert_id(item): item for item in self.table.items.values() if "Kind" in item}
        if set(stored) != set(self.alerts):
            self.wrong.append(f"the table's alerts differ from those decided in {set(stored) ^ set(self.alerts)}")
        sent = {each.alert_id for each in self.sent}
        for alert_id, item in stored.items():
            is_marked = "PublishedAt" in item
            if is_marked == (item.get("Queue") == {"S": "DELIVER"}) or is_marked != ("ExpiresAt" in item):
                self.wrong.append(f"{alert_id} is neither waiting nor published: {item}")
            if is_marked and alert_id not in sent:
                self.wrong.append(f"{alert_id} is marked, but was not published")
        for life in self._all_lives.values():
            if [to for _, to in life.transitions[:-1]] != [start for start, _ in life.transitions[1:]]:
                self.wrong.append(f"the transitions of a watch are no chain: {life.transitions}")
        assert not self.wrong, "\n".join(self.wrong)

    def look_at_the_end(self, followed: set[str]) -> None:
        """Look for what is missing when everything works again and has had its time.

        Args:
            followed: the deployments whose results were followed when everything worked again.
        """
        missing = set(self.alerts) - {each.alert_id for each in self.sent}
        assert not missing, f"never published: {missing}"
        assert not self.waiting, "alerts wait though everything works"
        for (deployment_id, record), item in self.table.items.items():
            assert "FollowUp" not in item, f"the follow-up of {deployment_id} does not end: {item}"
            if record == "WATCH" and deployment_id in followed:
                failed = sum(
                    status == "Failure" for status, _ in self.harness.greengrass.deployments[deployment_id].groups
                )
                assert int(item["Results"]["M"]["Failed"]["N"]) == failed, f"{failed} groups failed: {item}"
        if self.choices.discover_within_hours:
            listed = self.harness.greengrass.deployments.items()
            since = self.harness.clock.now - timedelta(hours=self.choices.discover_within_hours)
            unseen = {name for name, each in listed if each.is_listed and each.created > since} - set(self.lives)
            assert not unseen, f"never discovered: {unseen}"
            for words in (("SOURCE_UNREACHABLE", "SOURCE_RECOVERED"), ("DISCOVERY_FAILED", "DISCOVERY_RECOVERED")):
                found = [kind for _, kinds in sorted(self.alerts.items()) for kind in kinds if kind in words]
                if set(words) <= self.choices.alert_on:
                    assert found == list(words) * (len(found) // 2), f"not in pairs: {found}"

    @property
    def waiting(self) -> int:
        """Return the number of alerts that wait to be published."""
        return self.harness.waiting()


_NONE: Mapping[str, Any] = {"Failed": {"N": "0"}}


def _read(answer: Any) -> CheckAnswer:  # noqa: ANN401 - what the fake answers
    reported = answer.get("BulkDeploymentMetrics") or {}
    counts = tuple((name, reported[name]) for name in COUNTS if name in reported)
    return CheckAnswer(answer.get("BulkDeploymentStatus"), counts, answer.get("ErrorMessage"))


def _is_refusal(answer: object) -> bool:
    if not isinstance(answer, ClientError):
        return False
    status, code = answer.response["ResponseMetadata"]["HTTPStatusCode"], answer.response["Error"]["Code"]
    return status == 404 or (status == 400 and code == "BadRequestException")


def _time(value: Mapping[str, Any] | None) -> datetime | None:
    return None if value is None else datetime.fromisoformat(value["S"])


def _since(item: Item, name: str) -> tuple[datetime | None, bool] | None:
    outage = item.get(name, {}).get("M")
    return outage and (_time(outage["Since"]), outage["IsNotified"]["BOOL"])


def _stored_as(outage: Any) -> tuple[datetime, bool] | None:  # noqa: ANN401 - an OutageModel or None
    return outage and (outage.since, outage.is_notified)


def _alert_id(item: Item) -> str:
    return f"{item['DeploymentId']['S']}/{item['Record']['S'].removeprefix('EVENT#').removesuffix('#2-ALERT')}"


def _alert_key(alert_id: str) -> tuple[str, str]:
    deployment_id, _, time = alert_id.rpartition("/")
    return deployment_id, f"EVENT#{time}#2-ALERT"
