"""Watches what sweeps do, and collects what is wrong.

Errors are collected in `Oracle.wrong` and not raised, because a sweep survives what is raised within one check.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from deployment_notifier.model import from_milliseconds
from tests.harness.notifier_harness import SECONDS
from tests.reliability.reference_model import History, Step
from tests.reliability.runs import Life, Run, Sent
from tests.reliability.source_model import SourceModel

if TYPE_CHECKING:
    from collections.abc import Mapping

    from deployment_notifier.report import Report
    from tests.harness.fake_dynamodb import Item
    from tests.harness.fake_sns import Published
    from tests.reliability.source_under_test import SourceUnderTest

LEASE = timedelta(seconds=SECONDS + 60)


class Oracle:
    """Compares what sweeps do with the reference model, and with what must always be true.

    Attributes:
        tested: the source whose deployments are watched.
        lives: the watches in the table, by deployment.
        alerts: the alerts that were stored, by id, with all their kinds.
        sent: what SNS carried out.
        wrong: what must not have happened.
        used_times: the times at which something was stored.
        source: what is known of the source.
    """

    def __init__(self, tested: SourceUnderTest) -> None:
        self.tested = tested
        self.choices = tested.choices
        self.harness = tested.harness
        self.table = tested.harness.table
        self.lives: dict[str, Life] = {}
        self.alerts: dict[str, tuple[str, ...]] = {}
        self.sent: list[Sent] = []
        self.wrong = tested.wrong
        self.used_times: set[datetime] = set()
        self._all_lives: dict[str, Life] = {}
        self.source = SourceModel()
        self._sources: dict[str, SourceModel] = {}

    def note_put(self, item: Item, run: Run | None = None) -> dict[str, Any]:
        """Note that a watch is put, by a sweep or an operator; return it with a number, by which it is known."""
        deployment_id, number = item["DeploymentId"]["S"], str(len(self._all_lives))
        if run is not None and (deployment_id, "WATCH") in self.table.items:
            return dict(item)  # the condition of the write refuses it
        if run is not None and deployment_id not in run.listed and not run.answered(deployment_id):
            self.wrong.append(f"{deployment_id} was discovered, but neither listed nor reported")
        self.lives[deployment_id] = self._all_lives[number] = Life(History(self.choices, self.tested.words))
        return {**item, "Life": {"N": number}}

    def note_discovered(self, run: Run, deployment_id: str) -> None:
        """Note that a sweep has put a watch, and knows it."""
        run.discovered += 1
        run.read[deployment_id] = (self.lives[deployment_id], 0)

    def note_read(self, run: Run, items: list[Item]) -> None:
        """Note that a sweep has read items of the CHECK queue, or that a watch was read that an event speaks of."""
        run.source = run.source or SourceModel()
        for item in items:
            version: Any = item.get("Version", {}).get("N")
            if item["Record"]["S"] == "WATCH":
                if "Queue" not in item:
                    continue  # it has ended
                life = self._all_lives[item["Life"]["N"]]
                run.read[item["DeploymentId"]["S"]] = (life, life.lengths[version])
            else:
                run.source = self._sources[str(version)]

    def note_write(self, run: Run, actions: list[tuple[str, Mapping[str, Any]]], before: Mapping[Any, Item]) -> None:
        """Note that a sweep has written a watch or the state of the source, with the events of the same transaction."""
        events = [action["Item"] for verb, action in actions if verb == "Put"]
        key = next(action["Key"] for verb, action in actions if verb != "Put")
        if key["Record"]["S"] == "SOURCE":
            new = self.table.items[self.tested.id, "SOURCE"]
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
        alert = next((event for event in events if "Kind" in event), {})
        is_lost = "LOST" in expected.kinds
        kinds = expected.kinds | self.tested.kinds_of_results(new, old, alert, is_lost=is_lost)
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

    def _note_source(self, run: Run, new: Item, events: list[Item]) -> None:
        after, kinds = self.source.after(run.source_answers, run.decided_at, self.choices)
        self._check_events(self.tested.id, events, kinds, None)
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
        if run.called_at >= run.leased_until:
            self.wrong.append(f"{alert_id} was published under a lease that had run out")
        if stored.get("LeaseOwner") != {"S": run.owner} and not run.saw_jump:
            self.wrong.append(f"{alert_id} was published without a lease")
        for earlier in self.sent:
            if earlier.alert_id != alert_id or run.saw_jump or earlier.by.saw_jump:
                continue
            if "PublishedAt" in stored or not (earlier.answer_lost or earlier.by.is_dead or earlier.by.is_over):
                self.wrong.append(f"{alert_id} was repeated without need")
        if not self.table.lag:
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
        truth = {
            "errors": 0,
            "unreadable": 0,
            "checked": sum(run.answered(deployment_id) for deployment_id in run.read),
            "unknown": sum(each.is_refused for each in checks),
            "failed": sum(not (each.is_answered or each.is_refused) for each in checks),
            "discovered": run.discovered,
            "transitions": run.stored_transitions,
            "published": run.published,
        }
        if not run.plan.reported:
            truth["unreachable_sources"] = run.source_answers.was_asked and not run.source_answers.is_working
        if not run.met_fault and not lag:
            truth |= {"conflicts": 0, "table_failures": 0}
            # What waits is read for events only if there is an alert.
            truth |= {} if run.plan.reported else {"undelivered": self.waiting}
        for name, value in truth.items():
            if getattr(report, name) != value:
                self.wrong.append(f"the report says {name} {getattr(report, name)}, but it was {value}")
        # With the clock moved or little time left it is not known here what was decided on.
        if not run.saw_jump and not run.plan.seconds_per_call:
            self._look_for_what_is_missing(run)

    def _look_for_what_is_missing(self, run: Run) -> None:
        now = self.harness.clock.now
        if not run.met_fault:
            unasked = {name for name, (life, length) in run.read.items() if not life.history.has_ended(length)}
            unasked -= set(run.checks)
            self.wrong += [f"{deployment_id} was not asked about" for deployment_id in unasked]
        for deployment_id in set(run.checks) & set(run.read) - run.tried_to_store:
            check, (life, length) = run.checks[deployment_id], run.read[deployment_id]
            # Of what is not answered, sweeps alone decide.
            if not check.is_answered and (run.plan.reported or not run.source_answers.is_working):
                continue
            answering_since = run.source.answering_since if run.source else None
            expected = life.history.expected(check, now, answering_since, length)
            if expected.is_news:
                self.wrong.append(f"nothing was stored of {check} about {deployment_id}: {expected}")
        if run.plan.reported or run.source is None or self.tested.id in run.tried_to_store:
            return
        # Without any call to the source, a fault may have kept the sweep from reading its watches.
        if run.source_answers.was_asked or not run.met_fault:
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
        for (deployment_id, _), item in self.table.items.items():
            assert "FollowUp" not in item, f"the follow-up of {deployment_id} does not end: {item}"
        self.tested.look_at_the_end(followed)
        if self.choices.discover_within_hours:
            since = self.harness.clock.now - timedelta(hours=self.choices.discover_within_hours)
            unseen = self.tested.listed_since(since) - set(self.lives)
            assert not unseen, f"never discovered: {unseen}"
            for words in (("SOURCE_UNREACHABLE", "SOURCE_RECOVERED"), ("DISCOVERY_FAILED", "DISCOVERY_RECOVERED")):
                found = [kind for _, kinds in sorted(self.alerts.items()) for kind in kinds if kind in words]
                if set(words) <= self.choices.alert_on:
                    assert found == list(words) * (len(found) // 2), f"not in pairs: {found}"

    @property
    def waiting(self) -> int:
        """Return the number of alerts that wait to be published."""
        return self.harness.waiting()


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
