"""Sees what sweeps do, and says what is wrong by the model of section 4.

What is wrong is collected in `Witness.wrong` and not raised, because a sweep survives what is raised within one check.
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from tests.reliability import sns_rules
from tests.reliability.model_of_section_4 import Choices, History, Outage, Said, Step

if TYPE_CHECKING:
    from collections.abc import Mapping

    from deployment_notifier.report import Report
    from tests.reliability.fake_dynamodb import FakeTable, Item
    from tests.reliability.happenings import Sweeping

START = datetime(2026, 11, 23, 10, 4, tzinfo=UTC)
SOURCE_KEY = ("source:greengrass-bulk", "SOURCE")
BUDGET_SECONDS = 50.0
LEASE = timedelta(seconds=BUDGET_SECONDS + 60)


@dataclass
class Life:
    """A deployment's watch from the moment somebody put it, and where in its history each version stands."""

    history: History
    lengths: dict[str | None, int] = field(default_factory=lambda: {None: 0})
    versions: list[int] = field(default_factory=list)


@dataclass
class Published:
    """One publish that SNS carried out."""

    alert_id: str
    by: Run
    answer_lost: bool = False


@dataclass
class Run:
    """One sweep: what it met and what it did."""

    plan: Sweeping
    owner: str
    calls: Counter[str] = field(default_factory=Counter)
    remaining: float = BUDGET_SECONDS
    decided_at: datetime = START
    leased_until: datetime = START
    is_dead: bool = False
    is_over: bool = False
    saw_jump: bool = False
    met_mishap: bool = False
    said: dict[str, Said] = field(default_factory=dict)
    read: dict[str, tuple[Life, int]] = field(default_factory=dict)
    read_outage: tuple[Outage, int] | None = None
    listed: bool = False
    has_read_watches: bool = False
    tried_to_store: set[str] = field(default_factory=set)
    stored_transitions: int = 0
    published: int = 0

    @property
    def was_asked(self) -> bool:
        """Whether the source was asked anything."""
        return self.listed or bool(self.said)

    @property
    def was_answered(self) -> bool:
        """Whether the source said anything that it only says when it works."""
        return self.listed or any(said.status is not None for said in self.said.values())


class Witness:
    """Holds what sweeps do against a model of what must come of it.

    Attributes:
        lives: the watches that stand in the table, by deployment.
        told: the alerts that the model expects, by id, with kind and `also`.
        published: what SNS carried out.
        wrong: what must not have happened.
        kinds_seen: which kinds applied so far.
        used_times: the times at which something was stored.
    """

    def __init__(self, choices: Choices, table: FakeTable) -> None:
        self.choices = choices
        self.table = table
        self.lives: dict[str, Life] = {}
        self.told: dict[str, tuple[str, ...]] = {}
        self.published: list[Published] = []
        self.wrong: list[str] = []
        self.kinds_seen: set[str] = set()
        self.used_times: set[datetime] = set()
        self._all_lives: dict[str, Life] = {}
        self._transitions: dict[str, list[tuple[str | None, str]]] = {}
        self._outage = Outage(choices)
        self._outages: dict[str, tuple[Outage, int]] = {}

    def note_put(self, deployment_id: str, number: str) -> None:
        """Somebody has put the watch of a deployment, with a number of its own in the attribute `Life`."""
        self.lives[deployment_id] = self._all_lives[number] = Life(History(self.choices))

    def note_read(self, run: Run, items: list[Item]) -> None:
        """A sweep has read these items of the CHECK queue."""
        run.has_read_watches = True
        for item in items:
            if item["Record"]["S"] == "WATCH":
                life = self._all_lives[item["Life"]["N"]]
                version = item.get("Version", {}).get("N")
                run.read[item["DeploymentId"]["S"]] = (life, life.lengths[version])
            else:
                run.read_outage = self._outages[item["Version"]["N"]]

    def note_write(self, run: Run, actions: list[tuple[str, Mapping[str, Any]]], before: Mapping[Any, Item]) -> None:
        """A sweep has written a watch or a source's trouble, with the events of the same transaction."""
        self.used_times.add(run.decided_at)
        events = [action["Item"] for verb, action in actions if verb == "Put"]
        key = next(action["Key"] for verb, action in actions if verb != "Put")
        if key["Record"]["S"] == "SOURCE":
            self._note_source(run, actions, events)
        else:
            self._note_watch(run, key["DeploymentId"]["S"], events, before)

    def _note_watch(self, run: Run, deployment_id: str, events: list[Item], before: Mapping[Any, Item]) -> None:
        life = self.lives.get(deployment_id)
        old = before.get((deployment_id, "WATCH"))
        new = self.table.items[deployment_id, "WATCH"]
        if life is None or old is None:
            self.wrong.append(f"the watch of {deployment_id} was raised from the dead")
            return
        said = run.said[deployment_id]
        expected = life.history.expected(said, run.decided_at)
        if said.status is None and not run.was_answered:
            self.wrong.append(f"a silent source was held against {deployment_id}")
        self._hold_events(deployment_id, new["Life"]["N"], events, expected.told, expected.transition)
        life.history.steps.append(Step(said, run.decided_at, expected.kinds))
        self.kinds_seen |= expected.kinds
        version = new["Version"]["N"]
        if life.versions and int(version) <= life.versions[-1]:
            self.wrong.append(f"the version of {deployment_id} fell from {life.versions[-1]} to {version}")
        life.versions.append(int(version))
        life.lengths[version] = len(life.history.steps)
        counts = tuple(
            int(new[name]["N"]) if name in new else None
            for name in ("RecordsProcessed", "InvalidInputRecords", "RetryAttempts")
        )
        if counts != life.history.counts():
            self.wrong.append(f"the counts of {deployment_id} were stored as {counts}, not {life.history.counts()}")
        if said.status is not None and new.get("Status") != {"S": said.status}:
            self.wrong.append(f"the status of {deployment_id} was stored as {new.get('Status')}, not {said.status}")
        if (new.get("Queue") != {"S": "CHECK"}) != expected.ends or ("ExpiresAt" in new) != expected.ends:
            self.wrong.append(f"the watch of {deployment_id} should {'' if expected.ends else 'not '}have ended: {new}")

    def _note_source(self, run: Run, actions: list[tuple[str, Mapping[str, Any]]], events: list[Item]) -> None:
        outage = self._outage
        kinds = frozenset[str]()
        if run.was_asked:
            kinds = outage.expected(answered=run.was_answered, at=run.decided_at)
        elif run.read:
            self.wrong.append("a sweep that did not ask a source said something about it")
        told = tuple(kind for kind in kinds if kind in self.choices.alert_on)
        self._hold_events(SOURCE_KEY[0], None, events, told, None)
        self.kinds_seen |= kinds
        if actions[0][0] == "Delete":
            if run.read and not run.was_answered:
                self.wrong.append("a source's trouble was forgotten while it lasts")
            if not run.read and outage.is_told:
                self.wrong.append("a source's trouble was forgotten after it was told")
            self._outage = Outage(self.choices)
            return
        if run.was_answered or not run.read:
            self.wrong.append("a source is said to be in trouble that isn't")
        outage.steps.append(Step(Said(), run.decided_at, kinds))
        item = self.table.items[SOURCE_KEY]
        self._outages[item["Version"]["N"]] = (outage, len(outage.steps))
        if datetime.fromisoformat(item["FailingSince"]["S"]) != outage.steps[0].at:
            self.wrong.append(f"the source fails since {outage.steps[0].at}, but {item['FailingSince']} is stored")

    def _hold_events(
        self,
        deployment_id: str,
        life: str | None,
        events: list[Item],
        told: tuple[str, ...],
        transition: tuple[str | None, str] | None,
    ) -> None:
        transitions = [
            (event.get("From", {}).get("S"), event["To"]["S"])
            for event in events
            if event["Record"]["S"].endswith("#1-TRANSITION")
        ]
        if transitions != ([transition] if transition else []):
            self.wrong.append(f"transitions {transitions} of {deployment_id} were recorded, not {transition}")
        self._transitions.setdefault(f"{deployment_id} {life}", []).extend(transitions)
        alerts = [event for event in events if event["Record"]["S"].endswith("#2-ALERT")]
        found = [(event["Kind"]["S"], *(entry["S"] for entry in event["Also"]["L"])) for event in alerts]
        if found != ([told] if told else []):
            self.wrong.append(f"{deployment_id} alerts {found}, but it should be {told}")
        for event, kinds in zip(alerts, found, strict=True):
            time = event["Record"]["S"].removeprefix("EVENT#").removesuffix("#2-ALERT")
            alert_id = f"{deployment_id}/{time}"
            if alert_id in self.told:
                self.wrong.append(f"two alerts have the id {alert_id}")
            self.told[alert_id] = kinds

    def note_publish(self, run: Run, arguments: Mapping[str, Any]) -> None:
        """SNS has carried out a publish."""
        self.wrong += sns_rules.broken_rules(arguments)
        if "MessageStructure" in arguments:
            event = json.loads(json.loads(arguments["Message"])["sqs"])
            alert_id, kinds = event["id"], (event["data"]["kind"], *event["data"]["also"])
        else:
            lines = dict(line.partition(": ")[::2] for line in arguments["Message"].split("\n"))
            alert_id = lines["Alert"]
            kinds = (lines["Kind"].split(",")[0], *self.told.get(alert_id, ())[1:])
        if self.told.get(alert_id) != kinds:
            self.wrong.append(f"{alert_id} was published as {kinds}, but it is {self.told.get(alert_id)}")
        stored = self.table.items.get(_alert_key(alert_id), {})
        # Its own lease, that is; whoever slept through it may have lost it to another sweep since.
        if run.decided_at >= run.leased_until:
            self.wrong.append(f"{alert_id} was published under a lease that had run out")
        if stored.get("LeaseOwner") != {"S": run.owner} and not run.saw_jump:
            self.wrong.append(f"{alert_id} was published without a lease")
        for earlier in self.published:
            if earlier.alert_id != alert_id or run.saw_jump or earlier.by.saw_jump:
                continue
            if "PublishedAt" in stored or not (earlier.answer_lost or earlier.by.is_dead or earlier.by.is_over):
                self.wrong.append(f"{alert_id} was repeated without need")
        self.published.append(Published(alert_id, run))

    def note_report(self, run: Run, report: Report, now: datetime, lag: int) -> None:
        """A sweep has ended by itself: hold what it says of itself, and what it left undone."""
        said = run.said.values()
        observed = sum(each.status is not None for each in said)
        refused = sum(each.status is None and each.refused for each in said)
        truth = {
            "errors": 0,
            "unreadable": 0,
            "checked": observed,
            "refused": refused,
            "failed": len(run.said) - observed - refused,
            "transitions": run.stored_transitions,
            "published": run.published,
        }
        if not run.met_mishap and not lag:
            truth |= {"undelivered": self.waiting, "conflicts": 0, "table_failures": 0}
        for name, value in truth.items():
            if getattr(report, name) != value:
                self.wrong.append(f"the report says {name} {getattr(report, name)}, but it was {value}")
        # With the clock moved or little time left it is not known here what was decided on.
        if not run.saw_jump and not run.plan.seconds_per_call:
            self._look_for_what_is_missing(run, now)

    def _look_for_what_is_missing(self, run: Run, now: datetime) -> None:
        for deployment_id, each in run.said.items():
            life, length = run.read[deployment_id]
            if deployment_id in run.tried_to_store or (each.status is None and not run.was_answered):
                continue
            expected = life.history.expected(each, now, length)
            if expected.is_news:
                self.wrong.append(f"nothing was stored of {each} about {deployment_id}: {expected}")
        if SOURCE_KEY[0] in run.tried_to_store or not run.has_read_watches:
            return
        outage, length = run.read_outage or (Outage(self.choices), 0)
        if run.was_asked:
            is_news = bool(length) if run.was_answered else not length
            is_news |= bool(outage.expected(answered=run.was_answered, at=now, length=length))
        else:
            is_news = not run.read and bool(length) and not outage.is_told
        if is_news:
            self.wrong.append("nothing was stored about the source, which has news")

    def look(self) -> None:
        """Look for anything wrong while nothing happens."""
        self.wrong += self.table.broken_rules
        stored = {_alert_id(item): item for item in self.table.items.values() if "Kind" in item}
        if set(stored) != set(self.told):
            self.wrong.append(f"the table's alerts differ from those told in {set(stored) ^ set(self.told)}")
        heard = {each.alert_id for each in self.published}
        for alert_id, item in stored.items():
            is_marked = "PublishedAt" in item
            if is_marked == (item.get("Queue") == {"S": "DELIVER"}) or is_marked != ("ExpiresAt" in item):
                self.wrong.append(f"{alert_id} is neither waiting nor published: {item}")
            if is_marked and alert_id not in heard:
                self.wrong.append(f"{alert_id} is marked, but nobody heard of it")
        for key, chain in self._transitions.items():
            if [to for _, to in chain[:-1]] != [start for start, _ in chain[1:]]:
                self.wrong.append(f"the transitions of {key} are no chain: {chain}")
        assert not self.wrong, "\n".join(self.wrong)

    def look_at_the_end(self) -> None:
        """Look for what is missing when everything works again and has had its time."""
        missing = set(self.told) - {each.alert_id for each in self.published}
        assert not missing, f"never published: {missing}"
        assert not self.waiting, "alerts wait though everything works"

    @property
    def waiting(self) -> int:
        """How many alerts wait to be published."""
        return sum(item.get("Queue") == {"S": "DELIVER"} for item in self.table.items.values())


def _alert_id(item: Item) -> str:
    return f"{item['DeploymentId']['S']}/{item['Record']['S'].removeprefix('EVENT#').removesuffix('#2-ALERT')}"


def _alert_key(alert_id: str) -> tuple[str, str]:
    deployment_id, _, time = alert_id.rpartition("/")
    return deployment_id, f"EVENT#{time}#2-ALERT"
