"""Deployments of Greengrass V2 do anything while sweeps fail or are left out: nothing is lost or made up."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from tests.harness.fault_injection import FAULTS
from tests.harness.hypothesis_settings import exploring
from tests.harness.notifier_harness import NotifierHarness

if TYPE_CHECKING:
    from tests.harness.fault_injection import Fault

V2 = "greengrass-v2"
NAMES = ("d-1", "d-2", "d-3")
SERVICES = ("dynamodb", "greengrassv2", "iot", "sns")
ENDS = ("CANCELED", "ABORTED", "FAILED", "COMPLETED", "INACTIVE", "deleted")
TELLS = {
    "CANCELED": {"STOPPED"},
    "ABORTED": {"FAILED"},
    "FAILED": {"FAILED"},
    "COMPLETED": {"COMPLETED"},
    "INACTIVE": set[str](),
    "deleted": {"STOPPED"},
}
"""What the end of a deployment is reported as; a newer revision is no event."""

ENDS_OF_DEVICES = ("succeeded", "succeeded", "failed", "timed_out", "rejected")

names = st.sampled_from(NAMES)
sweeps = st.sampled_from([1, 1, 2, 0])


class Fleet(RuleBasedStateMachine):
    """One account and its notifier. What devices have done is never undone, as in a job's counts."""

    def __init__(self) -> None:
        super().__init__()
        self.harness = NotifierHarness(sources=(V2,), stalled_after_minutes=30)
        self.devices: dict[str, Counter[str]] = {}
        self.ended: dict[str, str] = {}
        self.fault: tuple[str, Fault] | None = None
        self.harness.faults.fault = lambda call: self.fault[1] if self.fault and self.fault[0] == call.service else None

    def _deploy(self, name: str, status: str = "ACTIVE", **changes: Any) -> None:  # noqa: ANN401 - what `deploy` takes
        self.harness.fleet.deploy(name, status, **{**changes, **self.devices[name]})

    @rule(name=names, queued=st.integers(0, 9), sweeps=sweeps)
    def starts(self, name: str, queued: int, sweeps: int) -> None:
        if name not in self.devices:
            self.devices[name] = Counter(queued=queued)
            self._deploy(name)
        self._sweep(sweeps)

    @precondition(lambda self: self.active)
    @rule(data=st.data(), most=st.integers(1, 9), to=st.sampled_from(ENDS_OF_DEVICES), sweeps=sweeps)
    def devices_finish(self, data: st.DataObject, most: int, to: str, sweeps: int) -> None:
        self._move(data.draw(st.sampled_from(self.active)), "in_progress", to, most)
        self._sweep(sweeps)

    @precondition(lambda self: self.active)
    @rule(data=st.data(), most=st.integers(1, 9), sweeps=sweeps)
    def devices_take_it(self, data: st.DataObject, most: int, sweeps: int) -> None:
        self._move(data.draw(st.sampled_from(self.active)), "queued", "in_progress", most)
        self._sweep(sweeps)

    @precondition(lambda self: self.active)
    @rule(data=st.data(), count=st.integers(1, 4), sweeps=sweeps)
    def devices_join_and_take_it(self, data: st.DataObject, count: int, sweeps: int) -> None:
        name = data.draw(st.sampled_from(self.active))
        self.devices[name]["queued"] += count
        self._move(name, "queued", "in_progress", 9)
        self._sweep(sweeps)

    def _move(self, name: str, source: str, to: str, most: int) -> None:
        moved = min(most, self.devices[name][source])
        self.devices[name].update({source: -moved, to: moved})
        self._deploy(name)

    @property
    def active(self) -> list[str]:
        return [name for name in self.devices if name not in self.ended]

    @precondition(lambda self: self.active)
    @rule(data=st.data(), how=st.sampled_from(ENDS), sweeps=sweeps)
    def ends(self, data: st.DataObject, how: str, sweeps: int) -> None:
        name = data.draw(st.sampled_from(self.active))
        # What no sweep has seen may be deleted without a trace.
        if not self.harness.transitions(name):
            return
        self.ended[name] = how
        if how == "deleted":
            self.harness.fleet.delete(name)
        elif how == "ABORTED":
            self._deploy(name, "CANCELED", comment="The job was ABORTED by its criteria")
        else:
            self._deploy(name, how, is_latest=how != "INACTIVE")
        self._sweep(sweeps)

    @rule(service=st.sampled_from(SERVICES), fault=st.sampled_from(FAULTS), data=st.data())
    def something_fails(self, service: str, fault: Fault, data: st.DataObject) -> None:
        """It fails for some sweeps, while a deployment may go on."""
        self.fault = (service, fault)
        for _ in range(data.draw(st.sampled_from([1, 2, 15]))):
            if data.draw(st.booleans()) and self.active:
                name = data.draw(st.sampled_from(self.active))
                self._move(name, "queued", "in_progress", 2)
                self._move(name, "in_progress", data.draw(st.sampled_from(ENDS_OF_DEVICES)), 1)
            self._sweep(1)
        self.fault = None

    @rule(minutes=st.sampled_from([1, 1, 1, 5, 20, 60, 24 * 60]))
    def time_passes(self, minutes: int) -> None:
        self.harness.clock.advance(minutes=minutes)

    @rule(number=st.integers(1, 5), seconds=st.sampled_from([50.0, 30.0, 10.0]))
    def sweeps_have_little_time(self, number: int, seconds: float) -> None:
        self._sweep(number, seconds)

    def _sweep(self, number: int, seconds: float = 50.0) -> None:
        for _ in range(number):
            self.harness.sweep(seconds=seconds)
            self.harness.clock.advance(minutes=1)

    @rule()
    def a_new_container_starts(self) -> None:
        self.harness.app = self.harness.build()

    @invariant()
    def nothing_is_made_up(self) -> None:
        assert not self.harness.broken_rules()
        for name in self.devices:
            kinds = Counter(kind for kinds in self.harness.published(name) for kind in set(kinds.split("+")))
            assert not kinds["LOST"]
            assert not kinds["INVALID_RECORDS"] + kinds["GROUPS_FAILED"] + kinds["RESULTS_INCOMPLETE"]

    def teardown(self) -> None:
        """In the end everything works, and what was seen is reported once."""
        self.fault = None
        self.harness.sweep_each_minute(70)
        assert self.harness.waiting() == 0
        ids = [each.id for each in self.harness.sns.published]
        assert set(ids) == {alert_id for alert_id, _ in self.harness.alerts()}
        assert self.harness.queued("CHECK") == sorted([*self.active, f"source:{V2}"])
        for name, devices in self.devices.items():
            self._assert_reported(name, devices)

    def _assert_reported(self, name: str, devices: Counter[str]) -> None:
        stored = [item for (key, _), item in self.harness.table.items.items() if key == name and "Kind" in item]
        kinds = Counter(kind["S"] for item in stored for kind in (item["Kind"], *item["Also"]["L"]))
        end = self.ended.get(name)
        for kind in ("STOPPED", "FAILED"):
            assert kinds[kind] == (end is not None and kind in TELLS[end]), f"{name} ended as {end}: {kinds}"
        assert kinds["COMPLETED"] <= 1
        failures = devices["failed"] + devices["timed_out"]
        processed = failures + devices["succeeded"] + devices["rejected"]
        is_done = processed and not devices["queued"] + devices["in_progress"]
        if end == "COMPLETED" or (end is None and is_done):
            assert kinds["COMPLETED"] == 1
        if failures and end not in ("INACTIVE", "deleted"):
            assert kinds["DEVICES_FAILED"] >= 1
        assert kinds["DEVICES_FAILED"] <= failures
        assert kinds["RESUMED"] <= kinds["STALLED"] <= kinds["RESUMED"] + 1


Fleet.TestCase.settings = exploring(examples=60, steps=40)
TestFleet = Fleet.TestCase
