"""What the registry tells: what the page says, nothing that a partner chose, and nothing of what is gone."""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

import pytest
from prometheus_client import Metric
from prometheus_client.parser import text_string_to_metric_families

from partner_operator import __version__
from partner_operator.engine.bell import Bell
from partner_operator.engine.ports import DeclaredApplication, ServerName
from partner_operator.kube.lease import LeaseUncertain
from partner_operator.metrics.collector import State
from partner_operator.metrics.families import FAMILIES, PREFIX, RUNS, Type
from partner_operator.metrics.runs import SUCCEEDED
from partner_operator.trust.model import DocumentReading, Mode, Product
from partner_operator.trust.reasons import ConditionStatus, ConditionType, Reason
from partner_operator.trust.status import ApplicationStatus, HostRestartState
from partner_operator.winrm import Busy, RemoteRunError, Unreachable
from support.docs.pages import DOCS
from support.engine.world import EXCHANGE_HOSTS, EXCHANGE_ON_LYNC, LYNC_ON_EXCHANGE, disable
from support.metrics.expressions import known
from support.metrics.film import series_in
from support.metrics.remote import REQUEST, run_once
from support.metrics.story import Story
from support.metrics.world import MeasuredWorld, converged_and_measured, text_of
from support.trust import worlds as values

BOMB = 'bomb"\n},{\\ \u202e' + "x" * 253
EXCHANGE = ServerName("trust", "exchange")


ITEM = re.compile(r"- `(partner_\w+)` \((\w+)(?:; ([^)]*))?\): (.*?)(?= - `partner_| ## )")
"""One metric of docs/metrics.md: its name, type, labels and meaning."""


def _families(state: State) -> dict[str, Metric]:
    return {
        family.name: family
        for family in text_string_to_metric_families(text_of(state))
        if family.name.startswith(PREFIX)
    }


def _full() -> State:
    """A state in which every family has a series."""
    story = Story()
    story.run_something_remotely()
    story.requests["GET", "200"] += 1
    story.minutes(2)
    return story.world.state


def test_the_page_is_the_registry() -> None:
    page = " ".join((DOCS / "metrics.md").read_text().split())
    rows = {name: (type_, labels, text) for name, type_, labels, text in ITEM.findall(page)}
    told = {}
    for name, family in _families(State()).items():
        total = "_total" if family.type == "counter" else ""
        told[name + total] = (family.type, family.documentation)
    assert {name: (type_, text) for name, (type_, _, text) in rows.items()} == told
    labels = {
        name: tuple(part.strip("`") for part in cell.split(", ") if part)
        for name, (_, cell, _) in rows.items()
    }
    assert labels == {family.name: family.labels for family in FAMILIES}


def test_every_metric_has_exactly_its_labels() -> None:
    labels = known()
    seen = set()
    for family in _families(_full()).values():
        for sample in family.samples:
            assert frozenset(sample.labels) == labels[sample.name], sample
            seen.add(sample.name)
    assert seen == {name for name in labels if ":" not in name}


def _words() -> set[str]:
    """All values of labels that are no names of objects: closed lists."""
    outcomes = {SUCCEEDED, "ended", "broken", *_outcomes()}
    enums = (ConditionType, ConditionStatus, Reason, Mode, Product, HostRestartState)
    return {
        *(str(word) for enum in enums for word in enum),
        *outcomes,
        *("PartnerServer", "PartnerApplication", "own", "partner", ""),
        __version__,
    }


def _outcomes() -> set[str]:
    return {error.__name__ for error in RemoteRunError.__subclasses__()}


def test_nothing_that_a_partner_or_a_server_says_is_a_label() -> None:
    """Every text that comes from a server, a document or a certificate is a bomb here."""
    world = converged_and_measured()
    for organisation in (world.exchange, world.lync):
        organisation.organization = BOMB
        organisation.model.documents = tuple(_bombs(organisation.model.documents))
        organisation.model.entries += (values.entry(reference=BOMB, identity=BOMB, realm=BOMB),)
        organisation.answers = {f"/{BOMB}": BOMB}
    world.cluster.change_server("exchange", allowed_partners=values.OURS)
    disable(world)
    for _ in range(4):
        world.run_round()
    for organisation in (world.exchange, world.lync):
        organisation.organization = None
    for _ in range(4):
        world.run_round()
    statuses = [*world.cluster.server_statuses.values(), *world.cluster.statuses.values()]
    assert [repr(status).count("bomb") > 0 for status in statuses] == [True] * len(statuses)
    text = text_of(world.state)
    assert "bomb" not in text
    assert not [one for one in ("geheim", "-admin", *EXCHANGE_HOSTS) if one in text]
    names = {"trust", *world.cluster.servers, *world.cluster.applications}
    for family in _families(world.state).values():
        for sample in family.samples:
            told = {value for key, value in sample.labels.items() if key != "python"}
            assert told <= names | _words(), sample


def _bombs(readings: tuple[DocumentReading, ...]) -> list[DocumentReading]:
    found = []
    for number, reading in enumerate(readings):
        assert reading.document is not None
        certificate = values.certificate("F" * 39 + str(number), subject=BOMB)
        document = replace(
            reading.document, issuer=BOMB, realm=BOMB, name=BOMB, certificates=(certificate,)
        )
        found.append(replace(reading, document=document))
    return found


def test_names_as_long_as_names_can_be_are_told_whole() -> None:
    world = converged_and_measured()
    name = "n" * 253
    world.cluster.add(values.application(Product.LYNC, name, server_name="exchange"))
    world.run_round()
    assert f'name="{name}"' in text_of(world.state)


def test_what_is_no_name_of_kubernetes_breaks_no_line() -> None:
    """The CRD refuses it; should another one not, the text stays readable."""
    state = State()
    desired = values.application(Product.LYNC, BOMB, server_name=BOMB)
    state.objects.note_unserved([DeclaredApplication(desired, ApplicationStatus())])
    [sample] = _families(state)["partner_operator_application_info"].samples
    assert sample.labels["name"] == BOMB


def test_asking_changes_nothing() -> None:
    state = _full()
    text = "\n".join(line for line in text_of(state).splitlines() if line.startswith(PREFIX))
    again = "\n".join(line for line in text_of(state).splitlines() if line.startswith(PREFIX))
    assert text == again


def test_an_object_that_is_gone_has_no_series() -> None:
    world = converged_and_measured()
    disable(world)
    world.settle()
    world.settle()
    repaired = f'partner_operator_repairs_total{{name="{LYNC_ON_EXCHANGE}",namespace="trust"}}'
    assert series_in(text_of(world.state))[repaired] == 1
    world.cluster.delete(LYNC_ON_EXCHANGE)
    world.settle()
    assert LYNC_ON_EXCHANGE not in text_of(world.state)
    again = values.application(
        Product.LYNC, LYNC_ON_EXCHANGE, server_name="exchange", has_finalizer=False
    )
    world.cluster.add(again)
    world.settle()
    assert series_in(text_of(world.state))[repaired] == 0


def test_an_object_that_went_without_us_has_no_series_after_the_next_pass() -> None:
    world = converged_and_measured()
    del world.cluster.applications[LYNC_ON_EXCHANGE]
    world.run_round()
    assert LYNC_ON_EXCHANGE not in text_of(world.state)


def test_a_test_that_is_declared_no_more_has_no_series() -> None:
    """Its last result stands in the status, and would grow older for ever."""
    world = converged_and_measured()
    assert "partner_operator_test_last_run_timestamp_seconds{" in text_of(world.state)
    world.cluster.change(EXCHANGE_ON_LYNC, connectivity_test=None)
    world.run_round()
    assert "partner_operator_test_last_run_timestamp_seconds{" not in text_of(world.state)


def test_a_server_that_is_gone_takes_all_its_series_along() -> None:
    world = converged_and_measured()
    del world.cluster.applications[LYNC_ON_EXCHANGE]
    del world.cluster.applications[EXCHANGE_ON_LYNC]
    del world.cluster.servers["exchange"]
    world.run_pass("exchange")
    assert 'name="exchange"' not in text_of(world.state)


def test_a_stand_by_tells_that_it_stands_by_and_nothing_of_objects() -> None:
    told = series_in(text_of(State()))
    assert told["partner_operator_lease_held{}"] == 0
    assert not [series for series in told if "namespace=" in series]


def test_an_object_in_two_hands_is_told_once() -> None:
    """An application whose server has just come: both workers have read it."""
    world = converged_and_measured()
    status = world.cluster.status(LYNC_ON_EXCHANGE)
    mine = DeclaredApplication(world.cluster.applications[LYNC_ON_EXCHANGE], status)
    world.state.objects.note_unserved([mine])
    lines = [line for line in text_of(world.state).splitlines() if not line.startswith("#")]
    assert [series for series, count in Counter(map(_series_of, lines)).items() if count > 1] == []
    assert any(LYNC_ON_EXCHANGE in line and 'product="Exchange"' in line for line in lines)


def _series_of(line: str) -> str:
    return line.rpartition(" ")[0]


def test_of_two_objects_of_one_name_the_present_one_is_told() -> None:
    """Deleted, and made anew for another server, before the first server's worker has looked."""
    world = converged_and_measured()
    old = world.cluster.applications[LYNC_ON_EXCHANGE]
    key = replace(old.key, uid="new")
    new = replace(old, key=key, server_name="lync", created_at=old.created_at + timedelta(days=1))
    world.state.objects.note_unserved([DeclaredApplication(new, ApplicationStatus())])
    samples = _families(world.state)["partner_operator_application_info"].samples
    assert [s.labels["server"] for s in samples if s.labels["name"] == LYNC_ON_EXCHANGE] == ["lync"]


def test_what_the_api_server_refuses_is_not_told() -> None:
    """The metric is what stands in the cluster."""
    world = converged_and_measured()
    before = series_in(text_of(world.state))
    world.cluster.refusals.add(("application_status", LYNC_ON_EXCHANGE))
    disable(world)
    world.run_round()
    assert world.cluster.refused
    conditions = {one for one in before if "condition{" in one and LYNC_ON_EXCHANGE in one}
    told = series_in(text_of(world.state))
    assert conditions <= told.keys()
    mine = f'{{kind="PartnerApplication",name="{LYNC_ON_EXCHANGE}",namespace="trust"}}'
    assert told[f"partner_operator_not_written{mine}"] == 1
    assert sum(value for series, value in told.items() if "not_written" in series) == 1
    world.cluster.refusals.clear()
    world.clock.instant += timedelta(hours=1)
    world.run_round()
    assert series_in(text_of(world.state))[f"partner_operator_not_written{mine}"] == 0


@pytest.mark.parametrize("jump", [timedelta(days=-400), timedelta(days=400)])
def test_a_clock_that_jumps_breaks_nothing(jump: timedelta) -> None:
    story = Story()
    story.minutes(2)
    story.world.clock.instant += jump
    frames = [*story.film.frames[-1:]]
    for worker in story.workers.values():
        asyncio.run(worker._pass(["the clock was set"]))
        frames.append(series_in(text_of(story.world.state)))
    for frame in frames:
        budget = frame['partner_operator_restart_budget_left{name="exchange",namespace="trust"}']
        assert 0 <= budget <= 50
    ends = [series for series in frames[0] if "certificate_end" in series]
    assert ends
    for before, after in pairwise(frames):
        assert all(after[series] == before[series] for series in ends)
        for series, value in before.items():
            if "_total" in series:
                assert after[series] >= value, series


class TestWorkers:
    """What a worker knew goes with it; one that broke is started again."""

    def _world(self) -> MeasuredWorld:
        return converged_and_measured()

    def _known(self, world: MeasuredWorld) -> bool:
        text = text_of(world.state)
        return LYNC_ON_EXCHANGE in text

    def test_its_end(self) -> None:
        world = self._world()
        with world.state.serving(EXCHANGE, Bell()):
            assert series_in(text_of(world.state))["partner_operator_workers{}"] == 1
        assert not self._known(world)
        assert series_in(text_of(world.state))["partner_operator_workers{}"] == 0

    def test_its_cancellation(self) -> None:
        world = self._world()
        with pytest.raises(asyncio.CancelledError), world.state.serving(EXCHANGE, Bell()):
            raise asyncio.CancelledError
        assert not self._known(world)

    def test_its_breaking(self) -> None:
        world = self._world()
        with pytest.raises(ZeroDivisionError), world.state.serving(EXCHANGE, Bell()):
            raise ZeroDivisionError
        assert self._known(world)


class TestRuns:
    """Remote runs are counted by what became of them."""

    def _counts(self, state: State) -> dict[str, float]:
        samples = _families(state)[RUNS.name].samples
        return {
            sample.labels["outcome"]: sample.value
            for sample in samples
            if sample.name.endswith("_count")
        }

    async def test_each_outcome(self) -> None:
        state = State()
        for error in (None, None, Busy("busy"), Unreachable("gone")):
            await run_once(state.runs, error)
        assert self._counts(state) == {SUCCEEDED: 2, "Busy": 1, "Unreachable": 1}
        assert state.runs.under_way == 0

    async def test_what_never_began_is_none(self) -> None:
        state = State()
        for error in (LeaseUncertain("lost"), asyncio.CancelledError()):
            with pytest.raises(type(error)):
                await run_once(state.runs, error)
        assert self._counts(state) == {}
        assert state.runs.under_way == 0

    def test_every_outcome_is_on_the_page(self) -> None:
        assert all(f"`{name}`" in RUNS.meaning for name in _outcomes())

    async def test_buckets_are_cumulative_and_end_with_all(self) -> None:
        state = State()
        await run_once(state.runs)
        state.runs._add(REQUEST, SUCCEEDED, 7.0)
        state.runs._add(REQUEST, SUCCEEDED, 1000.0)
        buckets = {
            sample.labels["le"]: sample.value
            for sample in _families(state)[RUNS.name].samples
            if sample.name.endswith("_bucket")
        }
        assert (buckets["0.5"], buckets["5.0"], buckets["10.0"], buckets["+Inf"]) == (1, 1, 2, 3)

    def test_the_type_of_the_family(self) -> None:
        assert RUNS.type is Type.HISTOGRAM


def test_a_pass_that_broke_off_is_counted() -> None:
    story = Story()
    story.minutes(1)
    name = 'namespace="trust",outcome="broken"'
    broken = f'partner_operator_passes_total{{name="exchange",{name}}}'
    ended = broken.replace("broken", "ended")
    assert story.film.frames[-1][broken] == 0
    assert story.film.frames[-1][ended] == 1

    async def fails(*_: object) -> None:
        raise ZeroDivisionError

    story.world.exchange.observe = fails  # type: ignore[method-assign,assignment]  # takes anything
    story.minutes(1)
    assert story.film.frames[-1][broken] == 1
    assert story.film.frames[-1][ended] == 1
