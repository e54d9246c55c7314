"""One of several operators works: the Lease, against the real API server."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import urllib.request
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from kubernetes import client

from partner_operator.cli import remote
from partner_operator.kube import kubeconfig
from partner_operator.kube.client import ApiUnreachable, Connection
from partner_operator.kube.leader import lead
from partner_operator.kube.lease import (
    Lease,
    LeaseLost,
    LeaseUncertain,
    NoLease,
    Timing,
    lease_name,
)
from partner_operator.winrm import Endpoint, RemoteRequest
from partner_testbed import ControlPlane
from support.kube.cluster import Cluster
from support.waiting import until

pytestmark = pytest.mark.controlplane

QUICK = Timing(renew=0.05, look=0.05, answer=10.0)
NAME = "partner-operator"


@dataclass
class Watchclock:
    """Seconds that tests move: each machine has its own."""

    seconds: float = 0.0

    def __call__(self) -> float:
        return self.seconds


@dataclass
class Machine:
    """One operator's hold on the Lease, and its clock."""

    lease: Lease
    clock: Watchclock = field(default_factory=Watchclock)


@pytest.fixture
def make(cluster: Cluster, connection: Connection) -> Callable[[str], Machine]:
    """Make operators that meet at one Lease."""

    def machine(identity: str) -> Machine:
        clock = Watchclock()
        lease = Lease(
            connection, cluster.namespace, NAME, identity=identity, timing=QUICK, clock=clock
        )
        return Machine(lease, clock)

    return machine


@pytest.fixture
def leases(api: Any) -> Any:
    """The administrator's way to Leases."""
    return client.CoordinationV1Api(api)


def spec(leases: Any, cluster: Cluster) -> Any:
    """What the Lease says now."""
    return leases.read_namespaced_lease(NAME, cluster.namespace).spec


@contextlib.asynccontextmanager
async def waiting(machine: Machine) -> AsyncIterator[asyncio.Task[None]]:
    """An operator that stands by."""
    task = asyncio.create_task(machine.lease.acquire())
    try:
        yield task
    finally:
        task.cancel()
        await asyncio.wait({task})


async def looks_on(machine: Machine) -> None:
    """Let a stand-by look a few times more."""
    await asyncio.sleep(0.3)
    assert not machine.lease.is_certain


async def test_one_works_and_the_other_one_goes_on_as_soon_as_it_is_given_back(
    make: Callable[[str], Machine], cluster: Cluster, leases: Any
) -> None:
    first, second = make("first"), make("second")
    await first.lease.acquire()
    first.lease.must_be_certain()
    async with waiting(second) as standing:
        await looks_on(second)
        await first.lease.release()
        assert not first.lease.is_certain
        await asyncio.wait_for(standing, 30)
    second.lease.must_be_certain()
    found = spec(leases, cluster)
    assert (found.holder_identity, found.lease_transitions) == ("second", 2)
    assert found.lease_duration_seconds == QUICK.length
    assert found.acquire_time == found.renew_time


async def test_a_killed_holder_is_waited_for_by_the_clock_of_the_one_that_waits(
    make: Callable[[str], Machine], cluster: Cluster, leases: Any
) -> None:
    """The times in the Lease are the holder's clock, hours ahead or behind: nobody goes by them."""
    killed, heir = make("killed"), make("heir")
    await killed.lease.acquire()
    for year in (2001, 2099):
        body = {"spec": {"renewTime": f"{year}-01-01T00:00:00.000000Z"}}
        leases.patch_namespaced_lease(NAME, cluster.namespace, body)
    heir.clock.seconds = 5000.0
    async with waiting(heir) as standing:
        await looks_on(heir)
        heir.clock.seconds += QUICK.length - 1
        await looks_on(heir)
        heir.clock.seconds += 2
        await asyncio.wait_for(standing, 30)
    heir.lease.must_be_certain()


async def test_a_holder_that_renews_is_never_overtaken(
    make: Callable[[str], Machine], cluster: Cluster, leases: Any
) -> None:
    holder, other = make("holder"), make("other")
    await holder.lease.acquire()
    acquired = spec(leases, cluster).acquire_time
    keeping = asyncio.create_task(holder.lease.keep())
    async with waiting(other):
        for _ in range(5):
            await looks_on(other)
            other.clock.seconds += QUICK.length - 1
            holder.clock.seconds += QUICK.length - 1
    keeping.cancel()
    await asyncio.wait({keeping})
    found = spec(leases, cluster)
    assert (found.holder_identity, found.lease_transitions) == ("holder", 1)
    assert found.acquire_time == acquired
    assert found.renew_time > acquired


async def the_one(machines: list[Machine]) -> Machine:
    """All stand by at once; the one that has it after a while."""
    async with contextlib.AsyncExitStack() as stack:
        for machine in machines:
            await stack.enter_async_context(waiting(machine))
        await asyncio.sleep(0.3)
        for machine in machines:
            machine.clock.seconds += QUICK.length + 1
        await until(lambda: any(machine.lease.is_certain for machine in machines))
        await asyncio.sleep(0.5)
        (holder,) = [machine for machine in machines if machine.lease.is_certain]
    return holder


async def test_of_many_that_come_at_once_one_has_it(make: Callable[[str], Machine]) -> None:
    """Also of many that see at the same moment that nobody renews it any more."""
    machines = [make(f"operator-{number}") for number in range(8)]
    first = await the_one(machines)
    others = [machine for machine in machines if machine is not first]
    second = await the_one(others)
    assert second is not first


async def test_without_renewal_nothing_new_is_begun_long_before_another_one_may(
    make: Callable[[str], Machine], connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The API server cannot be reached. When it answers again and nobody came meanwhile, the work goes on."""
    machine = make("cut off")
    await machine.lease.acquire()
    request = connection.request

    async def no_answer(*arguments: Any, **options: Any) -> dict[str, Any]:
        raise ApiUnreachable("cut off")

    monkeypatch.setattr(connection, "request", no_answer)
    keeping = asyncio.create_task(machine.lease.keep())
    machine.clock.seconds += QUICK.certain - 1
    machine.lease.must_be_certain()
    machine.clock.seconds += 1
    with pytest.raises(LeaseUncertain, match="another operator may work now"):
        machine.lease.must_be_certain()
    assert QUICK.certain <= QUICK.length - 10
    await asyncio.sleep(0.2)
    assert not keeping.done()
    monkeypatch.setattr(connection, "request", request)
    await until(lambda: machine.lease.is_certain)
    keeping.cancel()
    await asyncio.wait({keeping})


async def test_a_request_that_hangs_is_given_up(
    cluster: Cluster, connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    timing = replace(QUICK, answer=0.5)
    clock = Watchclock()
    machine = Machine(Lease(connection, cluster.namespace, NAME, timing=timing, clock=clock), clock)
    await machine.lease.acquire()
    request, asked = connection.request, 0

    async def hangs(*arguments: Any, **options: Any) -> dict[str, Any]:
        nonlocal asked
        asked += 1
        await asyncio.Event().wait()
        raise AssertionError

    monkeypatch.setattr(connection, "request", hangs)
    keeping = asyncio.create_task(machine.lease.keep())
    await until(lambda: asked > 2)
    machine.clock.seconds += QUICK.certain
    assert not machine.lease.is_certain
    monkeypatch.setattr(connection, "request", request)
    await until(lambda: machine.lease.is_certain)
    keeping.cancel()
    await asyncio.wait({keeping})


async def test_a_renewal_whose_answer_was_lost_is_no_loss(
    make: Callable[[str], Machine], connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine = make("unlucky")
    await machine.lease.acquire()
    request, lost = connection.request, 0

    async def loses_the_answer(*arguments: Any, **options: Any) -> dict[str, Any]:
        nonlocal lost
        answer = await request(*arguments, **options)
        if arguments[0] == "PUT" and lost < 2:
            lost += 1
            raise ApiUnreachable("the answer was lost")
        return answer

    monkeypatch.setattr(connection, "request", loses_the_answer)
    keeping = asyncio.create_task(machine.lease.keep())
    machine.clock.seconds += QUICK.certain
    await until(lambda: machine.lease.is_certain)
    assert lost == 2
    keeping.cancel()
    await asyncio.wait({keeping})


@pytest.mark.parametrize("how", ["taken", "deleted", "cleared"])
async def test_whose_it_is_decides_when_somebody_else_wrote_it(
    make: Callable[[str], Machine], cluster: Cluster, leases: Any, how: str
) -> None:
    machine = make("old")
    await machine.lease.acquire()
    if how == "deleted":
        leases.delete_namespaced_lease(NAME, cluster.namespace)
    else:
        body = {"spec": {"holderIdentity": "new" if how == "taken" else ""}}
        leases.patch_namespaced_lease(NAME, cluster.namespace, body)
    keeping = asyncio.create_task(machine.lease.keep())
    if how == "taken":
        with pytest.raises(LeaseLost, match=r"Operator new holds Lease .*/partner-operator"):
            await asyncio.wait_for(keeping, 30)
        assert not machine.lease.is_certain
        await machine.lease.release()
        assert spec(leases, cluster).holder_identity == "new"
        return
    machine.clock.seconds += QUICK.certain
    await until(lambda: machine.lease.is_certain)
    assert spec(leases, cluster).holder_identity == "old"
    keeping.cancel()
    await asyncio.wait({keeping})


async def test_where_it_may_not_be_had_a_sentence_says_what_to_apply(
    plane: ControlPlane, cluster: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    account = {"metadata": {"name": "partner-operator"}}
    cluster.core.create_namespaced_service_account(cluster.namespace, account)
    path = plane.service_account_kubeconfig(
        cluster.namespace, "partner-operator", tmp_path / "kubeconfig"
    )
    monkeypatch.setenv("KUBECONFIG", str(path))
    async with await Connection.open() as connection:
        with pytest.raises(NoLease, match="RoleBinding partner-operator-lease of manifests/"):
            await Lease(connection, cluster.namespace, NAME, timing=QUICK).acquire()


async def test_a_namespace_that_is_not_there_is_said_too(connection: Connection) -> None:
    with pytest.raises(NoLease, match='namespaces "nowhere" not found'):
        await Lease(connection, "nowhere", NAME, timing=QUICK).acquire()


def test_the_name_is_that_of_the_scope() -> None:
    """Two of one scope meet; two of different scopes, wherever they overlap, do not block each other."""
    assert lease_name("trust", []) == "partner-operator-all-namespaces"
    assert lease_name("trust", ["trust"]) == "partner-operator"
    assert lease_name("ops", ["trust"]) == "partner-operator.trust"
    assert lease_name("ops", ["b", "a", "b"]) == lease_name("ops", ["a", "b"])
    scopes: list[list[str]] = [
        [],
        ["ops"],
        ["a"],
        ["b"],
        ["a", "b"],
        ["ops", "a"],
        ["all-namespaces"],
    ]
    scopes += [[f"{'n' * 60}{number}" for number in range(9)], [f"{'n' * 60}{i}" for i in range(8)]]
    names = [lease_name("ops", scope) for scope in scopes]
    assert len(set(names)) == len(names)
    assert all(len(name) <= 253 for name in names)


async def test_what_is_uncertain_writes_nothing(
    cluster: Cluster, plane: ControlPlane, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Reads go on; nothing that changes anything leaves the process."""
    monkeypatch.setenv("KUBECONFIG", str(plane.kubeconfig))

    def refuse() -> None:
        raise LeaseUncertain("not now")

    path = f"/api/v1/namespaces/{cluster.namespace}/configmaps"
    async with await Connection.open(refuse) as guarded:
        body = {"metadata": {"name": "never"}}
        for method in ("POST", "PUT", "PATCH", "DELETE"):
            with pytest.raises(LeaseUncertain, match="not now"):
                await guarded.request(method, path, body=body)
        assert await guarded.get(f"{path}/never") is None


@dataclass
class Work:
    """Stands for the operator: works until it is told to stop, and then brings something to its end."""

    begun: asyncio.Event = field(default_factory=asyncio.Event)
    told: asyncio.Event = field(default_factory=asyncio.Event)
    may_end: asyncio.Event = field(default_factory=asyncio.Event)
    ended: bool = False

    async def __call__(self, stop: asyncio.Event) -> None:
        self.begun.set()
        await stop.wait()
        self.told.set()
        await self.may_end.wait()
        self.ended = True


async def test_a_loss_stops_the_work_and_what_has_begun_comes_to_its_end(
    make: Callable[[str], Machine], cluster: Cluster, leases: Any
) -> None:
    machine, work = make("old"), Work()
    leading = asyncio.create_task(lead(machine.lease, None, work))
    await asyncio.wait_for(work.begun.wait(), 30)
    body = {"spec": {"holderIdentity": "new"}}
    leases.patch_namespaced_lease(NAME, cluster.namespace, body)
    await asyncio.wait_for(work.told.wait(), 30)
    assert not machine.lease.is_certain
    assert not leading.done()
    work.may_end.set()
    with pytest.raises(LeaseLost, match="This one begins nothing more"):
        await asyncio.wait_for(leading, 30)
    assert work.ended
    assert spec(leases, cluster).holder_identity == "new"


async def test_it_is_renewed_until_the_last_run_is_over_and_then_given_back(
    make: Callable[[str], Machine], cluster: Cluster, leases: Any
) -> None:
    machine, heir = make("old"), make("heir")
    over = asyncio.Event()

    async def work(_: asyncio.Event) -> None:
        """The operator has been told to end; a remote run is still under way."""
        await over.wait()

    leading = asyncio.create_task(lead(machine.lease, None, work))
    await until(lambda: machine.lease.is_certain)
    async with waiting(heir) as standing:
        renewed = spec(leases, cluster).renew_time
        await until(lambda: spec(leases, cluster).renew_time > renewed)
        await looks_on(heir)
        over.set()
        await asyncio.wait_for(leading, 30)
        await asyncio.wait_for(standing, 30)


@pytest.mark.parametrize("error", [RuntimeError("broke"), None])
async def test_the_end_of_the_work_gives_it_back_however_it_ended(
    make: Callable[[str], Machine], cluster: Cluster, leases: Any, error: Exception | None
) -> None:
    machine = make("old")

    async def work(_: asyncio.Event) -> None:
        if error is not None:
            raise error

    with pytest.raises(RuntimeError, match="broke") if error else contextlib.nullcontext():
        await asyncio.wait_for(lead(machine.lease, None, work), 30)
    assert spec(leases, cluster).holder_identity in ("", None)


async def test_a_stand_by_answers_probes_and_ends_by_sigterm(
    make: Callable[[str], Machine], unused_tcp_port: int
) -> None:
    holder, machine, work = make("holder"), make("stands by"), Work()
    await holder.lease.acquire()
    url = f"http://127.0.0.1:{unused_tcp_port}/healthz"
    standing = asyncio.create_task(lead(machine.lease, url, work))

    def probe() -> bool:
        with contextlib.suppress(OSError), urllib.request.urlopen(url, timeout=5) as answer:
            return bool(answer.status == 200)
        return False

    await until(probe)
    await looks_on(machine)
    os.kill(os.getpid(), signal.SIGTERM)
    await asyncio.wait_for(standing, 30)
    assert not work.begun.is_set()
    await until(lambda: not probe())
    holder.lease.must_be_certain()


def test_each_process_has_an_identity_of_its_own() -> None:
    """Also in one pod, whose name stays when its container starts again."""
    assert Lease(None, "a", NAME).identity != Lease(None, "a", NAME).identity  # type: ignore[arg-type]  # not used


async def test_in_a_pod_the_lease_is_in_its_own_namespace_and_elsewhere_nowhere(
    plane: ControlPlane, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """KUBECONFIG in a pod names another cluster perhaps, where the pod's namespace means nothing."""
    token, namespace = tmp_path / "token", tmp_path / "namespace"
    token.write_text("a-token")
    namespace.write_text("ops\n")
    monkeypatch.setattr(kubeconfig, "_SERVICE_ACCOUNT", str(token))
    monkeypatch.setattr(kubeconfig, "_NAMESPACE", namespace)
    monkeypatch.setattr(kubeconfig, "load_incluster_config", lambda **_: None)
    monkeypatch.setenv("KUBECONFIG", str(plane.kubeconfig))
    async with await Connection.open() as outside:
        assert outside.namespace is None
    monkeypatch.delenv("KUBECONFIG")
    async with await Connection.open() as inside:
        assert inside.namespace == "ops"


async def test_no_remote_run_begins_while_it_is_uncertain(
    make: Callable[[str], Machine], monkeypatch: pytest.MonkeyPatch
) -> None:
    begun: list[object] = []
    monkeypatch.setattr(remote, "run", lambda endpoint, request, channels: begun.append(request))
    machine = make("only")
    there = Endpoint("ex1.litwareinc.com", 5986, "ntlm", "user", "password!")
    look = RemoteRequest("observe", "", {})
    with ThreadPoolExecutor(1) as pool:
        runner = remote.on_threads(pool, machine.lease.must_be_certain)
        with pytest.raises(LeaseUncertain):
            await runner(there, look)
        assert begun == []
        await machine.lease.acquire()
        await runner(there, look)
        assert len(begun) == 1
