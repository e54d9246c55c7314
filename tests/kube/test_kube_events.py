"""Events: one per happening, counted up, and never a reason for anything to fail."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import pytest

from partner_operator.engine.ports import Kind, Severity
from partner_operator.kube import events
from partner_operator.kube.client import Connection
from partner_operator.kube.events import KubernetesAnnouncer, event_name
from partner_operator.trust.model import ObjectKey
from partner_operator.trust.reasons import Reason
from support.kube.cluster import Cluster
from support.kube.objects import application

pytestmark = pytest.mark.controlplane

DRIFT = (Severity.WARNING, Reason.DRIFT_DETECTED, "enabled: False -> True")


async def test_the_same_happening_is_one_event_that_counts(
    cluster: Cluster, connection: Connection
) -> None:
    """Also after a restart of the operator, which forgets its counts."""
    key = cluster.key(cluster.create(application("lync-on-exchange")))
    for announcer in (KubernetesAnnouncer(connection), KubernetesAnnouncer(connection)):
        for _ in range(2):
            await announcer.announce(Kind.APPLICATION, key, *DRIFT)
    (event,) = cluster.events()
    assert event.count == 4
    assert (event.type, event.reason, event.message) == ("Warning", "DriftDetected", DRIFT[2])
    assert event.involved_object.uid == key.uid
    assert event.involved_object.kind == "PartnerApplication"
    assert event.source.component == "partner-operator"


async def test_times_of_an_event_move_with_its_count(
    cluster: Cluster, connection: Connection
) -> None:
    key = cluster.key(cluster.create(application("lync-on-exchange")))
    times = iter([datetime(2026, 11, 25, hour, tzinfo=UTC) for hour in (8, 9)])
    announcer = KubernetesAnnouncer(connection, lambda: next(times))
    await announcer.announce(Kind.APPLICATION, key, *DRIFT)
    await announcer.announce(Kind.APPLICATION, key, *DRIFT)
    (event,) = cluster.events()
    assert event.first_timestamp == datetime(2026, 11, 25, 8, tzinfo=UTC)
    assert event.last_timestamp == datetime(2026, 11, 25, 9, tzinfo=UTC)


async def test_an_event_that_expired_begins_anew(cluster: Cluster, connection: Connection) -> None:
    key = cluster.key(cluster.create(application("lync-on-exchange")))
    announcer = KubernetesAnnouncer(connection)
    await announcer.announce(Kind.APPLICATION, key, *DRIFT)
    cluster.core.delete_collection_namespaced_event(cluster.namespace)
    await announcer.announce(Kind.APPLICATION, key, *DRIFT)
    await announcer.announce(Kind.APPLICATION, key, *DRIFT)
    (event,) = cluster.events()
    assert event.count == 2


async def test_more_happenings_at_once_than_are_remembered_are_counted_all_the_same(
    cluster: Cluster, connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is remembered of one may be forgotten for another one while its Event is found to be gone."""
    monkeypatch.setattr(events, "REMEMBERED", 2)
    keys = [cluster.key(cluster.create(application(f"papp-{number}"))) for number in range(12)]
    announcer = KubernetesAnnouncer(connection)

    async def tell(key: ObjectKey) -> None:
        await announcer.announce(Kind.APPLICATION, key, *DRIFT)

    for _ in range(5):
        cluster.core.delete_collection_namespaced_event(cluster.namespace)
        await asyncio.gather(*map(tell, reversed(keys)))
        keys.reverse()
    assert {event.involved_object.uid for event in cluster.events()} == {key.uid for key in keys}


async def test_another_sentence_is_another_event(cluster: Cluster, connection: Connection) -> None:
    key = cluster.key(cluster.create(application("lync-on-exchange")))
    announcer = KubernetesAnnouncer(connection)
    await announcer.announce(Kind.APPLICATION, key, *DRIFT)
    await announcer.announce(Kind.APPLICATION, key, *DRIFT[:2], "realm: a -> b")
    assert sorted(event.message for event in cluster.events()) == [DRIFT[2], "realm: a -> b"]


async def test_a_long_sentence_is_cut_where_the_api_server_would_refuse_it(
    cluster: Cluster, connection: Connection
) -> None:
    key = cluster.key(cluster.create(application("lync-on-exchange")))
    announcer = KubernetesAnnouncer(connection)
    await announcer.announce(Kind.APPLICATION, key, *DRIFT[:2], "測試" * 1000)
    (event,) = cluster.events()
    assert event.message.startswith("測試")
    assert event.message.endswith(" ...")
    assert len(event.message.encode()) <= 1024


async def test_an_event_that_cannot_be_written_is_logged_and_no_more(
    connection: Connection, caplog: pytest.LogCaptureFixture
) -> None:
    key = ObjectKey("no-such-namespace", "lync-on-exchange", "uid")
    await KubernetesAnnouncer(connection).announce(Kind.APPLICATION, key, *DRIFT)
    assert "could not be written" in caplog.text


def test_names_of_events_are_names_that_the_api_server_takes() -> None:
    key = ObjectKey("n", "a" * 199 + "." + "b" * 53, "uid")
    name = event_name(key, *DRIFT)
    assert len(name) <= 253
    assert ".." not in name
