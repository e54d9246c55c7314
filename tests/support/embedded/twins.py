"""Two equal domains, one behind a real PowerShell and one behind the embedded engine, and what each does.

A case acts through the operator's own operations, so that a parameter that changes there changes here.
What two runs can never share (times, random numbers) is taken out before anything is compared.
"""

from __future__ import annotations

import asyncio
import copy
import copyreg
import itertools
import re
import threading
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from queue import SimpleQueue
from types import MappingProxyType
from typing import Any

from partner_operator.engine.ports import Credentials, Outcome, RunFailed
from partner_operator.products.exchange.operations import ExchangeOperations
from partner_operator.products.lync.operations import LyncOperations
from partner_operator.products.sharepoint.operations import SharePointOperations
from partner_operator.trust.model import (
    Authentication,
    DesiredServer,
    HostState,
    Product,
    TestReport,
)
from partner_operator.winrm import Answer, Endpoint, RemoteRequest, framing
from partner_operator.winrm.answer import Output, understand
from partner_operator.winrm.bootstrap import command_line
from partner_simulator import views
from partner_simulator.certificates import CertificateAuthority
from partner_simulator.embedded import EmbeddedEngine
from partner_simulator.ports import CommandEngine, Logon, LogonKind, PsEnum, Session
from partner_simulator.powershell import PowerShellEngine, WindowsPowerShell
from partner_simulator.web.farm import Farm
from partner_simulator.web.faults import DocumentFault
from partner_simulator.world import names, setup
from partner_simulator.world.domain import Domain
from partner_simulator.world.objects import AuthServer, PartnerApplication, RoleAssignment, User
from partner_simulator.world.switches import Name, Switches
from partner_simulator.world.world import World
from support.embedded.worlds import Arrange, nothing
from support.trust import worlds as trust_worlds
from support.trust.worlds import OURS

EXCHANGE_HOST, LYNC_HOST = names.EXCHANGE_HOSTS[0], names.FRONT_ENDS[0]
SHAREPOINT_HOST = names.SHAREPOINT_HOSTS[0]
_HOSTS = {
    Product.EXCHANGE: names.EXCHANGE_HOSTS,
    Product.LYNC: names.FRONT_ENDS,
    Product.SHAREPOINT: names.SHAREPOINT_HOSTS,
}
_ADMINS = {
    Product.EXCHANGE: names.EXCHANGE_ADMIN,
    Product.LYNC: names.LYNC_ADMIN,
    Product.SHAREPOINT: names.SHAREPOINT_ADMIN,
}
_MUTEX_MILLISECONDS = 60_000
_PATIENCE = 60.0
_NEW = timedelta(minutes=10)
_RANDOM: tuple[tuple[re.Pattern[str], str | Callable[[re.Match[str]], str]], ...] = (
    (re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"), lambda found: _moment(found[0])),
    (re.compile(r"Date: [^\r\n]* GMT"), "Date:"),
    (re.compile(r"(?<=Connection refused) \[::ffff:127\.0\.0\.1\]:\d+"), ""),
    (re.compile(r"RequestId=[0-9a-f-]+,TimeStamp=[^\]]*"), "RequestId="),
    (re.compile(r"\b(?!0000000)[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b"), "<guid>"),
    (re.compile(r"\b[0-9a-f]{32}\b"), "<random>"),
    (re.compile(r"\s+"), " "),
)
_OPENING = ("Open-Exchange", "Open-Farm")
"""Functions that the operator looks for in the position of an error."""
_LOGONS = {"ntlm": LogonKind.NETWORK, "credssp": LogonKind.CREDSSP}


class _Alone(World):
    """A world whose machines share their mutex with no other test run: it goes by the computer's name."""

    def system(self, session: Session, what: str, arguments: Mapping[str, Any]) -> Any:
        """As the world answers, but for the name."""
        answer = super().system(session, what, arguments)
        if what == "environment":
            answer["variables"]["COMPUTERNAME"] = f"{session.host}-{id(self)}"
        return answer


@dataclass
class Twin:
    """One of the two: a domain that is filled anew for each case, and who answers for its hosts."""

    domain: Domain
    world: World
    farm: Farm
    engine: CommandEngine
    serial: Iterator[int] = field(default_factory=itertools.count)

    def become(self, domain: Domain) -> None:
        """From now on this is a copy of `domain`, with web sites of its own."""
        addresses = self.domain.network.names()
        self.domain.network.close()
        vars(self.domain).clear()
        vars(self.domain).update(vars(_copied(domain)))
        for fqdn, ports in addresses.items():
            for port, where in ports.items():
                self.domain.network.register(fqdn, port, *where)


@dataclass(frozen=True)
class Twins:
    """The pair."""

    powershell: Twin
    embedded: Twin

    def told(self, case: Case) -> tuple[Told, Told]:
        """What a case comes to, behind PowerShell and behind the embedded engine."""
        arranged = _copied(stock(case.switches))
        case.arrange(arranged)
        return self._told(self.powershell, arranged, case), self._told(
            self.embedded, arranged, case
        )

    @staticmethod
    def _told(twin: Twin, arranged: Domain, case: Case) -> Told:
        twin.become(arranged)
        for site, fault in case.faults.items():
            twin.farm.spoil_document(site, fault)
        try:
            driver = Driver(twin)
            outcome = asyncio.run(_outcome(case.act(driver)))
            lag = twin.domain.directory.lag_seconds
            time.sleep(lag if lag < 1 else 0)  # what two controllers show must not depend on haste
            return Told(driver.answers, outcome, effects(twin.domain))
        finally:
            for site in case.faults:
                twin.farm.heal_document(site)


Act = Callable[["Driver"], Awaitable[Any]]


@dataclass(frozen=True)
class Case:
    """One row: a world, and what is done in it."""

    name: str
    act: Act
    arrange: Arrange = nothing
    switches: Mapping[Name, Any] = field(default_factory=dict)
    faults: Mapping[str, DocumentFault] = field(default_factory=dict)
    """Sites that publish something wrong."""


@dataclass(frozen=True)
class Told:
    """What it came to, on the wire, for the operator, and on the servers."""

    answers: list[dict[str, Any]]
    outcome: Any
    effects: dict[str, Any]


def differences(wanted: Told, found: Told) -> list[str]:
    """Where two runs of a case differ: the place, what PowerShell's has there, what the other one has."""
    return list(_apart("", asdict(wanted), asdict(found)))


def _apart(place: str, wanted: Any, found: Any) -> Iterator[str]:
    if isinstance(wanted, dict) and isinstance(found, dict):
        for key in {**wanted, **found}:
            yield from _apart(f"{place}.{key}", wanted.get(key), found.get(key))
    elif (
        isinstance(wanted, (list, tuple))
        and isinstance(found, (list, tuple))
        and len(wanted) == len(found)
    ):
        for number, (one, other) in enumerate(zip(wanted, found, strict=True)):
            yield from _apart(f"{place}[{number}]", one, other)
    elif wanted != found:
        yield f"{place}: {wanted!r}, not {found!r}"


class Driver:
    """The operator's operations on one twin, with each answer kept."""

    def __init__(self, twin: Twin) -> None:
        self._twin = twin
        self.domain = twin.domain
        self.password = ""
        """What stands in the Secret; empty: what is right."""
        self.parameters: dict[str, Any] = {}
        """Parameters of scripts that are not as usual."""
        self.answers: list[dict[str, Any]] = []
        self.exchange = ExchangeOperations(self._run)
        self.lync = LyncOperations(self._run)
        self.sharepoint = SharePointOperations(self._run)

    def server(self, product: Product, **changes: Any) -> DesiredServer:
        """The declared server."""
        exchange = product is Product.EXCHANGE
        declared = trust_worlds.server(
            product,
            hosts=_HOSTS[product],
            authentication=Authentication.NTLM if exchange else Authentication.CREDSSP,
        )
        return replace(declared, **changes)

    def logon(self, product: Product) -> Credentials:
        """The administrator's."""
        user = _ADMINS[product]
        account = self.domain.accounts.find(user)
        assert account is not None
        return Credentials(user, self.password or account.password, "digest", OURS)

    async def _run(self, endpoint: Endpoint, request: RemoteRequest) -> Answer:
        parameters = {
            name: self.parameters.get(name, value) for name, value in request.parameters.items()
        }
        line = framing.request_line(
            request.script, parameters, request.secrets, _MUTEX_MILLISECONDS
        )
        kind = _LOGONS[endpoint.authentication]
        session = Session(
            endpoint.host, Logon(endpoint.username, kind), f"shell-{next(self._twin.serial)}"
        )
        running = self._twin.engine.start(session, command_line())
        running.write_stdin(line, end=True)
        output = Output(*_ended(running), phases={})
        found = framing.find_answer(output.stdout, framing.request_digest(line))
        answer: dict[str, Any] = {"operation": request.operation, "code": output.code}
        if found is not None:
            answer |= {"frame": _comparable(found[0]), "console": _text(found[1].decode())}
        self.answers.append(answer)
        told = understand(endpoint.host, output, framing.request_digest(line), [endpoint.password])
        answer["warnings"] = told.streams.warning
        return told


def _ended(running: Any) -> tuple[bytes, bytes, int]:
    stdout = stderr = b""
    while True:
        output = running.read(_PATIENCE)
        stdout += output.stdout
        stderr += output.stderr
        if output.exit_code is not None:
            return stdout, stderr, output.exit_code
        assert output.stdout or output.stderr, "the command does not end"


async def _outcome(acting: Awaitable[Any]) -> Any:
    """What the operator makes of it, without the clocks of two runs."""
    try:
        result = await acting
    except RunFailed as failed:
        words = {name: value for name, value in vars(failed).items() if not name.startswith("__")}
        obstacle = failed.obstacle
        return {**words, "obstacle": replace(obstacle, message=_text(obstacle.message))}
    if isinstance(result, list):
        return [await _outcome(_became(each)) for each in result]
    if isinstance(result, HostState):
        return {"services": sorted(result.running_services), "answers": dict(result.answers)}
    if isinstance(result, TestReport):
        return {"passed": result.passed, "message": _text(result.message)}
    return _text(result) if isinstance(result, str) else None


async def _became(outcome: Outcome) -> str | None:
    """What became of one of several changes, as if it had been alone."""
    if outcome.failure is not None:
        raise outcome.failure
    return outcome.made if outcome.begun else "not begun"


def _comparable(document: dict[str, Any]) -> dict[str, Any]:
    document.pop("to")
    document["host"].pop("clock")
    _without_lines(document.get("error"))
    data = document.get("data")
    if isinstance(data, dict):
        for result in data.get("results", ()):
            _without_lines(result.get("error"))
        data.pop("milliseconds", None)
        data.pop("listeners", None)  # PowerShell shows the ports of the machine that runs this test
        for fetched in data.get("documents", ()):
            fetched.pop("seconds", None)
            # Two timers of .NET run for the same time, and either may be the first.
            if fetched["detail"].endswith("timed out"):
                fetched |= {"fault": "Timeout", "detail": "=The operation has timed out."}
    plain: dict[str, Any] = _plain(document)
    return plain


def _without_lines(error: Any) -> None:
    """Line numbers are PowerShell's own; the operator looks for functions."""
    if isinstance(error, dict) and "position" in error:
        error["position"] = [name for name in _OPENING if name in error["position"]]


def _plain(value: Any) -> Any:
    match value:
        case str():
            return _text(value)
        case dict():
            return {key: _plain(inner) for key, inner in value.items()}
        case list() | tuple():
            return [_plain(inner) for inner in value]
        case PsEnum():
            return value.name
    return value


def _moment(text: str) -> str:
    """An instant that was there before the case; one of the case itself is only new."""
    return "<new>" if datetime.now(UTC) - datetime.fromisoformat(text) < _NEW else text


def _text(value: str) -> str:
    for pattern, instead in _RANDOM:
        value = pattern.sub(instead, value)
    return value.strip()


def effects(domain: Domain) -> dict[str, Any]:
    """Everything that can be seen of the servers afterwards."""
    ledger = domain.ledger
    return {
        "writes": [(w.host, w.who, w.what, _text(w.target), w.kind) for w in ledger.writes()],
        "calls": [
            (c.host, c.who, c.what, _plain(_given(c.parameters)), c.controller)
            for c in ledger.calls()
        ],
        "counts": [ledger.counted(what) for what in ("test-failed", "test-passed")],
        "directory": {name: _directory(domain, name) for name in names.DOMAIN_CONTROLLERS},
        "lync": views.lync_entries(domain),
        "lync token servers": [asdict(one) for one in domain.cms.state.oauth_servers.values()],
        "sharepoint": views.sharepoint_entries(domain),
        "replicas": [(row.fqdn, row.up_to_date) for row in domain.cms.status()],
        "machines": [
            (
                machine.fqdn,
                machine.restarts,
                [(s.name, s.state) for s in machine.service_list()],
                machine.workers_started_at > machine.booted_at + 60,
                len(machine.worker_list()),
            )
            for machine in domain.machines.values()
        ],
        "mailbox": domain.mailboxes.items(f"kenmyer@{names.DOMAIN}"),
        "rejected": dict(domain.accounts.rejected),
    }


def _given(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """A controller without a name is the same as none."""
    return {name: value for name, value in parameters.items() if value != ""}


def _directory(domain: Domain, controller: str) -> list[Any]:
    """What a controller shows, without what is random or a time."""
    users = {user.guid: user.name for user in domain.directory.find(User)}
    items: list[PartnerApplication | AuthServer | User | RoleAssignment] = [
        *domain.directory.find(PartnerApplication, controller),
        *domain.directory.find(AuthServer, controller),
        *domain.directory.find(User, controller),
        *domain.directory.find(RoleAssignment, controller),
    ]
    found = []
    for item in items:
        values = asdict(item)
        values["linked"] = users.get(values.get("linked_account", item.guid))
        found.append({key: _plain(values[key]) for key in sorted(values.keys() - _OF_A_RUN)})
    return found


_OF_A_RUN = {"guid", "linked_account", "assignee", "when_created", "when_changed"}


@cache
def _authority() -> CertificateAuthority:
    return CertificateAuthority()


_STOCK: dict[str, Domain] = {}
_ONE_AT_A_TIME = threading.RLock()


def stock(switches: Mapping[Name, Any]) -> Domain:
    """A stock domain under these switches, where nothing takes long; nobody may change it."""
    with _ONE_AT_A_TIME:
        known = _STOCK.get(repr(switches))
        if known is None:
            known = _STOCK[repr(switches)] = setup.build(Switches(switches), _authority())
            known.test_latency_seconds = 0
            for machine in known.machines.values():
                machine.behaviour.seconds = 0
        return known


def _copied(domain: Domain) -> Domain:
    """Another domain in the same state: keys, certificates and names are shared, as they do not change."""
    shared = (domain.authority, domain.switches)
    with _ONE_AT_A_TIME, _reducers():
        return copy.deepcopy(domain, {id(one): one for one in shared})


@contextmanager
def _reducers() -> Iterator[None]:
    """How to copy what has no copy of its own: locks, counters, proxies."""
    count, cycle = itertools.count(), itertools.cycle(names.DOMAIN_CONTROLLERS)
    reducers: dict[type, Callable[[Any], Any]] = {
        type(threading.Lock()): lambda _: (threading.Lock, ()),
        type(threading.RLock()): lambda _: (threading.RLock, ()),
        MappingProxyType: lambda proxy: (MappingProxyType, (dict(proxy),)),
        type(count): lambda counter: (
            itertools.count,
            (*map(int, re.findall(r"\d+", repr(counter))),),
        ),
        type(cycle): lambda _: (itertools.cycle, (names.DOMAIN_CONTROLLERS,)),
    }
    before = dict(copyreg.dispatch_table)
    copyreg.dispatch_table.update(reducers)
    try:
        yield
    finally:
        copyreg.dispatch_table.clear()
        copyreg.dispatch_table.update(before)


@contextmanager
def _twins(pwsh: Path, folder: Path) -> Iterator[Twins]:
    """Start both; the same processes serve all cases."""
    made: list[Twin] = []
    try:
        for start in (_powershell(pwsh), EmbeddedEngine):
            domain = _copied(stock({}))
            farm, world = Farm(domain), _Alone(domain, folder)
            farm.start()
            made.append(Twin(domain, world, farm, start(world)))
        yield Twins(*made)
    finally:
        for twin in made:
            twin.engine.close()
            twin.farm.stop()
            twin.domain.network.close()


def _powershell(pwsh: Path) -> Callable[[World], CommandEngine]:
    """Two processes: what trusts other authorities needs one of its own."""
    return lambda world: PowerShellEngine(
        pwsh, world, processes=2, windows_powershell=WindowsPowerShell.V4_0
    )


@dataclass
class Rounds:
    """Plays cases on pairs of twins, as many at a time as there are pairs."""

    _free: SimpleQueue[Twins]
    _pool: ThreadPoolExecutor

    def ask(self, case: Case) -> Future[tuple[Told, Told]]:
        """What a case comes to, behind PowerShell and behind the embedded engine."""
        return self._pool.submit(self._play, case)

    def _play(self, case: Case) -> tuple[Told, Told]:
        twins = self._free.get()
        try:
            return twins.told(case)
        finally:
            self._free.put(twins)


@contextmanager
def rounds(pwsh: Path, folder: Path, pairs: int = 2) -> Iterator[Rounds]:
    """Start so many pairs."""
    with ExitStack() as stack:
        free: SimpleQueue[Twins] = SimpleQueue()
        for _ in range(pairs):
            free.put(stack.enter_context(_twins(pwsh, folder)))
        pool = ThreadPoolExecutor(pairs)
        stack.callback(pool.shutdown, cancel_futures=True)
        yield Rounds(free, pool)
