"""Every reason for which a human is waited for: how an organisation comes to it, and the way out that
docs/reasons.md gives. More than one object is in the state at a time where the state is an object's.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

from partner_operator.engine import unserved
from partner_operator.engine.ports import (
    Credentials,
    CredentialsProblem,
    LogonRefused,
    OperationFailed,
    RunFailed,
)
from partner_operator.engine.process_memory import ProcessMemory
from partner_operator.products.failures import run_failed
from partner_operator.products.sharepoint.permissions import obstacle
from partner_operator.trust.conditions import find
from partner_operator.trust.model import (
    AllowedTokenServer,
    ConnectivityTest,
    DesiredServer,
    DocumentFault,
    DocumentReading,
    Entry,
    Mode,
    ObjectKey,
    Product,
    RestartPolicy,
    RestartWindow,
    Right,
    TokenServer,
    behind_token_server,
)
from partner_operator.trust.obstacle import Next, Obstacle
from partner_operator.trust.reasons import ConditionType, Reason
from partner_operator.trust.status import ChangeKind, Condition, Intent
from partner_operator.winrm import (
    Blocked,
    BlockedBy,
    Busy,
    ErrorDetails,
    Forbidden,
    ProtocolViolation,
    QuotaExceeded,
    RemoteRunError,
    ScriptError,
    TimedOut,
    TlsFailed,
    Unreachable,
)
from support.engine.servers import FakeOrganisation
from support.engine.world import EXCHANGE_ON_LYNC, World
from support.trust import worlds as values
from support.trust.worlds import OURS

STEP = timedelta(minutes=11)
"""From one pass to the next at the latest: the interval, and a tenth of it."""


class Always(list[RunFailed]):
    """The same failure for every operation."""

    def pop(self, index: object = 0) -> RunFailed:
        """It stays."""
        return self[0]


@dataclass
class Hall:
    """One organisation with some applications, all as declared."""

    product: Product
    count: int
    world: World = field(default_factory=World)
    names: list[str] = field(default_factory=list)
    server: str = ""
    gone: DesiredServer | None = None
    """The server object, where it was deleted."""
    watched: list[str] = field(default_factory=list)
    """Applications that come into the state, where they are not those of before."""

    def __post_init__(self) -> None:
        """Declare and register them."""
        self.server = self.product.lower()
        if self.product is Product.SHAREPOINT:
            self.world.join_farm()
        self.world.cluster.change_server(self.server, allowed_partners=OURS)
        self.world.memories = {}
        partner = Product.LYNC if self.product is Product.EXCHANGE else Product.EXCHANGE
        for number in range(self.count):
            name = f"papp-{number}"
            url = f"https://partner-{number}.litwareinc.com/metadata/json/1"
            self.documents = (
                *self.documents,
                values.reading(partner, url, realm=f"realm-{number}"),
            )
            desired = values.application(
                partner, name, url, server_name=self.server, identity=name, has_finalizer=False
            )
            self.world.cluster.add(
                replace(desired, partner=replace(desired.partner, server_name=None))
            )
            self.names.append(name)
        self.world.settle()
        if self.product is Product.SHAREPOINT:
            # Nobody restarts a farm but its administrator.
            self.reset()
        assert self.world.all_ready()

    # ---- what is there

    @property
    def organisation(self) -> FakeOrganisation:
        """The servers."""
        return self.world.organisations[self.product]

    @property
    def documents(self) -> tuple[DocumentReading, ...]:
        """What the server gets when it fetches documents."""
        return self.organisation.model.documents

    @documents.setter
    def documents(self, documents: tuple[DocumentReading, ...]) -> None:
        self.organisation.model.documents = documents

    @property
    def hosts(self) -> tuple[str, ...]:
        """As declared now."""
        return self.world.cluster.servers[self.server].hosts

    def partners(self, change: Callable[[DocumentReading], DocumentReading]) -> None:
        """The partners' documents change; the server's own one does not."""
        own = values.URLS[self.product]
        self.documents = tuple(
            one if one.url in {own, *values.URLS.values()} else change(one)
            for one in self.documents
        )

    # ---- what people do

    def each(self, **changes: object) -> None:
        """`kubectl apply` of a change of every application."""
        for name in self.names:
            self.world.cluster.change(name, **changes)

    def anew(self, **changes: object) -> None:
        """Each application is deleted without a finalizer, and applied again with a change."""
        for name in self.names:
            self.world.cluster.recreate(name)
        self.each(**changes)

    def declare(self, **changes: object) -> None:
        """`kubectl apply` of a change of the server."""
        self.world.cluster.change_server(self.server, **changes)

    def restarts(self, **changes: object) -> None:
        """`kubectl apply` of a change of spec.restart."""
        rules = self.world.cluster.servers[self.server].restart
        self.declare(restart=replace(rules, **changes))  # type: ignore[arg-type]  # its fields

    def disable(self) -> None:
        """Somebody disables every entry by hand."""
        model = self.organisation.model
        model.entries = tuple(replace(entry, enabled=False) for entry in model.entries)

    def ask(self) -> None:
        """The annotation reconcile-requested-at, on every application."""
        for name in self.names:
            self.world.cluster.request(name, f"asked at {self.world.clock.now()}")

    def ask_server(self) -> None:
        """The same on the server."""
        servers = self.world.cluster.servers
        word = f"asked at {self.world.clock.now()}"
        servers[self.server] = replace(servers[self.server], reconcile_requested_at=word)

    def approve(self) -> None:
        """The annotation approve-restart."""
        self.world.cluster.approve(self.server, f"approved at {self.world.clock.now()}")

    def reset(self) -> None:
        """An administrator runs iisreset on every host, and the next pass notices."""
        for host in self.hosts:
            self.organisation.iisreset(host)
        self.passes()

    def fail(self, failure: RunFailed) -> None:
        """Every remote run fails."""
        self.organisation.failures = Always([failure])

    def mend(self) -> None:
        """What was wrong with the servers is over."""
        organisation = self.organisation
        organisation.failures, organisation.refusal = [], ""
        organisation.organization = organisation.signs_with = organisation.incomplete = None
        organisation.unreachable.clear()
        for name in ("apply", "observe", "_own_certificates"):
            organisation.__dict__.pop(name, None)

    # ---- time

    def passes(self, number: int = 1) -> None:
        """Passes over the server, one after the other."""
        for _ in range(number):
            self.world.clock.instant += STEP
            self._pass()

    def _pass(self) -> None:
        if self.server in self.world.cluster.servers:
            self.world.run_pass(self.server)
            return
        self.world.due[self.server] = self.world.clock.now() + unserved.AGAIN
        asyncio.run(unserved.answer_all(self.world.ports(), ProcessMemory(), lambda why: None))

    def live(self, length: timedelta) -> int:
        """The operator works for so long, whenever it is due. Returns how many passes it made."""
        end, passes = self.world.clock.now() + length, 0
        while True:
            due = self.world.due.get(self.server)
            if due is None or due > end:
                break
            self.world.clock.instant = max(self.world.clock.now(), due)
            self._pass()
            passes += 1
        self.world.clock.instant = max(end, self.world.clock.now())
        return passes

    # ---- what is told

    def conditions(self) -> list[tuple[Condition, ...]]:
        """Of the applications that are watched."""
        cluster = self.world.cluster
        names = [name for name in self.watched or self.names if name in cluster.applications]
        return [cluster.status(name).conditions for name in names]

    def server_conditions(self) -> list[tuple[Condition, ...]]:
        """Of the server."""
        cluster = self.world.cluster
        return [cluster.server_statuses[cluster.servers[self.server].key.uid].conditions]


@dataclass(frozen=True)
class Parked:
    """A state that a human ends."""

    reach: Callable[[Hall], None]
    leave: Callable[[Hall], None]
    says: str = ""
    """Words of the way out in the message; empty where the sentence is the edge's own, and tested there."""
    product: Product = Product.EXCHANGE
    on_server: bool = False
    where: ConditionType = ConditionType.READY
    passes: bool = False
    """It also ends by itself within the hour."""

    def seen(self, hall: Hall) -> list[Condition]:
        """The conditions in which the reason is looked for, those that are missing left out."""
        told = hall.server_conditions() if self.on_server else hall.conditions()
        found = [find(conditions, self.where) for conditions in told]
        return [condition for condition in found if condition is not None]


def _behind(hall: Hall, *there: TokenServer) -> None:
    """The applications are declared anew, each behind a token server; the server has these."""
    hall.documents = (*hall.documents, values.sts())
    hall.declare(allowed_token_servers=(AllowedTokenServer("sts.litwareinc.com"),))
    for number, name in enumerate(hall.names):
        hall.world.cluster.recreate(name)
        identifier = f"0d0c0b0a-1111-2222-3333-{number:012x}"
        partner = behind_token_server(identifier, "", values.STS_URL)
        hall.world.cluster.change(name, partner=partner, identity=None)
    _token_servers(hall, *there)


def _token_servers(hall: Hall, *there: TokenServer) -> None:
    hall.organisation.model.token_servers = there
    hall.passes()


def _without_account(hall: Hall) -> None:
    """The account that the applications shall act with is not there."""
    hall.organisation.model.accounts = {ACCOUNT: 0}
    _behind(hall, values.token_server())
    line = AllowedTokenServer("sts.litwareinc.com", linked_accounts=(ACCOUNT,))
    hall.declare(allowed_token_servers=(line,))
    hall.each(linked_account=ACCOUNT)
    hall.passes()


def _account_made(hall: Hall) -> None:
    hall.organisation.model.accounts = {ACCOUNT: 1}
    hall.passes()


ACCOUNT = "litwareinc.com/Users/HR-ApplicationAccount"
RECONCILE = "partner-operator.io/reconcile-requested-at"
APPROVE = "partner-operator.io/approve-restart"
RELEASE = "partner-operator.io/release"


def _pretends(hall: Hall) -> None:
    """Every change says that it is done, and nothing is done."""

    async def pretend(*_: object, **__: object) -> None:
        return None

    hall.organisation.apply = pretend  # type: ignore[method-assign]  # the server lies


def _observes(hall: Hall, **changes: object) -> None:
    """What is read is otherwise."""
    observe = hall.organisation.observe

    async def otherwise(*arguments: Any, **options: Any) -> Any:
        return replace(await observe(*arguments, **options), **changes)  # type: ignore[arg-type]

    hall.organisation.observe = otherwise  # type: ignore[method-assign]  # reads and changes


def _no_root_site(hall: Hall) -> None:
    """What partners may do cannot be read there."""
    kind = "Microsoft.SharePoint.PowerShell.SPCmdletPipeBindException"
    fault = obstacle(kind, "Cannot find it.", "https://portal")
    hall.declare(max_permission=Right.READ)
    hall.each(permission=Right.READ)
    model = hall.organisation.model
    model.entries = tuple(replace(entry, permission_fault=fault) for entry in model.entries)


def _drift_persists(hall: Hall) -> None:
    hall.disable()
    _pretends(hall)
    hall.passes(5)


def _another_writer(hall: Hall) -> None:
    hall.restarts(policy=RestartPolicy.NEVER)
    for _ in range(7):
        hall.disable()
        hall.passes()


def _restart_due(**rules: object) -> Callable[[Hall], None]:
    def reach(hall: Hall) -> None:
        hall.restarts(**rules)
        hall.disable()
        hall.passes(2)

    return reach


def _waiting_for_hosts(hall: Hall) -> None:
    hall.organisation.unreachable.add(hall.hosts[1])
    hall.disable()
    hall.passes(2)


def _activation_unknown(hall: Hall) -> None:
    _waiting_for_hosts(hall)
    hall.organisation.iisreset(hall.hosts[0])
    hall.passes(2)


def _restart_refused(hall: Hall) -> None:
    hall.organisation.refusal = "iisreset on ex1 ended with 1 and said: Access denied."
    hall.disable()
    hall.passes(2)


def _not_replicated(hall: Hall) -> None:
    organisation = hall.organisation
    organisation.replication = 10**6
    model = organisation.model
    model.entries = tuple(replace(entry, trust_level="Partial") for entry in model.entries)
    organisation._replicated()
    hall.passes(2)


def _replicated(hall: Hall) -> None:
    hall.organisation.replication = hall.organisation._lag = 0
    hall.organisation._replicated()


def _wrong_object(reason: Reason) -> Parked:
    def reach(hall: Hall) -> None:
        for name in hall.names:
            hall.world.cluster.blockers[name] = Obstacle(reason, "As the reader says.", Next.HUMAN)
        hall.passes(2)

    def leave(hall: Hall) -> None:
        hall.world.cluster.blockers.clear()
        hall.each()

    return Parked(reach, leave)


def _twins(hall: Hall) -> None:
    for name in hall.names:
        old = hall.world.cluster.applications[name]
        twin = replace(
            old,
            key=ObjectKey("trust", f"{name}-twin", f"uid-{name}-twin"),
            created_at=hall.world.clock.now(),
            has_finalizer=False,
        )
        hall.world.cluster.add(twin)
        hall.watched.append(twin.key.name)
    hall.passes(2)


def _only_the_twins(hall: Hall) -> None:
    hall.declare(removal_settle=timedelta(0))
    for name in hall.names:
        hall.world.cluster.delete(name)
    hall.ask_server()


def _another_server(hall: Hall) -> None:
    cluster = hall.world.cluster
    old = cluster.servers[hall.server]
    key = ObjectKey("trust", "second", "uid-second")
    cluster.add_server(replace(old, key=key, created_at=hall.world.clock.now()))
    hall.server = "second"
    hall.passes(2)


def _only_one_server(hall: Hall) -> None:
    hall.world.cluster.servers.pop("exchange")


def _ambiguous(hall: Hall) -> None:
    hall.anew()
    model = hall.organisation.model

    def named(entry: Entry, number: int) -> Entry:
        identity = f"{entry.identity} {number}"
        return replace(entry, identity=identity, reference=f"{entry.reference} {number}")

    model.entries = tuple(named(entry, number) for entry in model.entries for number in (1, 2))
    hall.passes(2)


def _without_copies(hall: Hall) -> None:
    model = hall.organisation.model
    model.entries = tuple(entry for entry in model.entries if not entry.identity.endswith(" 2"))


def _absent(hall: Hall) -> None:
    hall.organisation.model.entries = ()
    for host in hall.organisation.hosts:
        hall.organisation.running[host] = ()


def _creates_nothing(hall: Hall) -> None:
    # One of them: several would ask where they went together.
    name = hall.names[0]
    hall.watched = [name]
    hall.world.cluster.recreate(name)
    model = hall.organisation.model
    model.entries = tuple(entry for entry in model.entries if entry.identity != name)
    _pretends(hall)
    hall.passes()


def _not_registered(hall: Hall) -> None:
    # Objects that remember an entry would ask where all of them went together.
    hall.anew(mode=Mode.OBSERVE)
    _absent(hall)
    hall.passes(2)


def _deletion_blocked(hall: Hall) -> None:
    hall.organisation.unreachable.update(hall.hosts)
    for name in hall.names:
        hall.world.cluster.delete(name)
    hall.passes(2)


def _release(hall: Hall) -> None:
    applications = hall.world.cluster.applications
    for name in hall.names:
        applications[name] = replace(
            applications[name], release_requested=applications[name].key.uid
        )


def _observed_drift(hall: Hall) -> None:
    hall.each(mode=Mode.OBSERVE)
    hall.disable()
    hall.passes(2)


def _outcome_unknown(hall: Hall) -> None:
    cluster = hall.world.cluster
    intent = Intent(ChangeKind.UPDATE, hall.world.clock.now(), hall.hosts[0], needs_restart=True)
    for name in hall.names:
        uid = cluster.applications[name].key.uid
        cluster.statuses[uid] = replace(cluster.statuses[uid], intent=intent)
    hall.organisation.unreachable.add(hall.hosts[0])
    hall.world.clock.instant += timedelta(seconds=30)
    hall.world.run_pass(hall.server)


def _then_passes(change: Callable[[Hall], None], number: int = 2) -> Callable[[Hall], None]:
    def reach(hall: Hall) -> None:
        change(hall)
        hall.passes(number)

    return reach


def _mended_and_asked(hall: Hall) -> None:
    hall.mend()
    hall.ask_server()


def _mended_and_asked_each(hall: Hall) -> None:
    hall.mend()
    hall.ask()


def _mended_and_approved(hall: Hall) -> None:
    hall.mend()
    hall.approve()


def _failing(error: RemoteRunError) -> Parked:
    """Every run fails so; the human mends what the message names, and says so on the server."""

    def reach(hall: Hall) -> None:
        hall.fail(run_failed(error, product=hall.product, operation="observe", host=hall.hosts[0]))
        hall.passes(3)

    return Parked(reach, _mended_and_asked, on_server=True)


def _script_error(error_id: str = "x") -> ScriptError:
    details = ErrorDetails(
        error_id, "System.Exception", "System.Exception", "NotSpecified", ("no",)
    )
    return ScriptError(details)


def _contract_violated(hall: Hall) -> None:
    hall.fail(OperationFailed(Reason.CONTRACT_VIOLATED, "ex1 answered with something else."))
    hall.passes(3)


def _rolled(hall: Hall) -> None:
    """Every partner publishes another certificate."""
    hall.partners(lambda one: _publishing(one, values.ROLLED))
    hall.passes(2)


def _publishing(one: DocumentReading, thumbprint: str) -> DocumentReading:
    assert one.document is not None
    certificates = (values.certificate(thumbprint),)
    return replace(one, document=replace(one.document, certificates=certificates))


def _farm_busy(hall: Hall) -> None:
    """Somebody else is at work in the farm whenever it is asked for a change."""

    async def fail(*_: object, **__: object) -> None:
        raise OperationFailed(Reason.FARM_BUSY, "As products/sharepoint says.", no_attempt=True)

    hall.organisation.apply = fail  # type: ignore[method-assign]  # the others win
    _rolled(hall)
    hall.passes(3)


def _no_service_application(hall: Hall) -> None:
    # Objects that remember an entry would ask where all of them went together.
    hall.anew()
    _absent(hall)
    missing = "As products/sharepoint says."
    _observes(hall, unready=Obstacle(Reason.SERVICE_APPLICATION_MISSING, missing, Next.HUMAN))
    hall.passes(2)


def _documents(**fault: object) -> Parked:
    """Every partner's document is bad in this way, then good again."""

    def reach(hall: Hall) -> None:
        hall.partners(lambda one: replace(one, **fault))  # type: ignore[arg-type]
        hall.passes(3)

    return Parked(reach, _good_documents)


def _bad_certificates(**changes: Any) -> Parked:
    def reach(hall: Hall) -> None:
        def spoiled(one: DocumentReading) -> DocumentReading:
            assert one.document is not None
            bad = values.certificate(values.ROLLED, **changes)
            return replace(one, document=replace(one.document, certificates=(bad,)))

        hall.partners(spoiled)
        hall.passes(3)

    return Parked(reach, _good_documents)


def _good_documents(hall: Hall) -> None:
    partner = Product.LYNC if hall.product is Product.EXCHANGE else Product.EXCHANGE

    def good(one: DocumentReading) -> DocumentReading:
        number = one.url.removeprefix("https://partner-").partition(".")[0]
        return values.reading(partner, one.url, realm=f"realm-{number}")

    hall.partners(good)
    hall.ask()


def _alternates(hall: Hall) -> None:
    hall.restarts(policy=RestartPolicy.NEVER)
    for number in range(10):
        thumbprint = (values.ROLLED, values.THUMBPRINT)[number % 2]

        def turned(one: DocumentReading, found: str = thumbprint) -> DocumentReading:
            return _publishing(one, found)

        hall.partners(turned)
        hall.passes()


def _of_the_server(reach: Callable[[Hall], None], says: str = "") -> Parked:
    """The server's own certificate; mended by hand, and noticed."""
    return Parked(_then_passes(reach), _mended_and_asked, says, on_server=True)


def _own_certificates(hall: Hall, **changes: Any) -> None:
    certificate = values.certificate(**changes)
    own = hall.organisation._own_certificates

    def bad(found: Any) -> Any:
        return tuple(replace(one, certificate=certificate) for one in own(found))

    hall.organisation._own_certificates = bad  # type: ignore[method-assign]


def _test_fails(hall: Hall) -> None:
    hall.each(
        connectivity_test=ConnectivityTest("sip:a@litwareinc.com", interval=timedelta(days=9))
    )
    hall.organisation.passes = lambda: False
    hall.passes(4)


def _test_passes(hall: Hall) -> None:
    hall.organisation.passes = lambda: True
    hall.ask()


def _never_tested(hall: Hall) -> None:
    """No Front End ever gets the change, so there is nowhere to test."""
    hall.each(
        connectivity_test=ConnectivityTest("sip:a@litwareinc.com", interval=timedelta(days=9))
    )
    _not_replicated(hall)


def _secret_back(hall: Hall) -> None:
    hall.world.cluster.credentials_by_server[hall.server] = Credentials(
        "admin", "geheim", "new", OURS
    )
    hall.world.cluster.problems.clear()
    hall.ask_server()


def _secret_problem(reason: Reason) -> Parked:
    def reach(hall: Hall) -> None:
        problem = CredentialsProblem(reason, "As kube/secrets says.")
        hall.world.cluster.credentials_by_server[hall.server] = problem
        hall.passes(2)

    return Parked(reach, _secret_back, on_server=True)


def _foreign_hosts(hall: Hall) -> None:
    elsewhere = Credentials("admin", "geheim", "new", ("*.fabrikam.example",))
    hall.world.cluster.credentials_by_server[hall.server] = elsewhere


def _unwritable(hall: Hall) -> None:
    hall.disable()
    hall.world.cluster.refusals.update(("application_status", name) for name in hall.names)


def _too_old(hall: Hall) -> None:
    told = Obstacle(Reason.CRD_TOO_OLD, "As kube/kinds says.", Next.HUMAN)
    hall.world.cluster.problems[hall.server] = told


def _server_gone(hall: Hall) -> None:
    hall.gone = hall.world.cluster.servers.pop(hall.server)
    hall.passes(2)


def _server_back(hall: Hall) -> None:
    assert hall.gone is not None
    hall.world.cluster.servers[hall.server] = hall.gone


def _counterpart_waits(hall: Hall) -> None:
    """The declared other direction waits for an approval."""
    world = hall.world
    rules = world.cluster.servers["exchange"].restart
    world.cluster.change_server("exchange", restart=replace(rules, policy=RestartPolicy.MANUAL))
    world.declare()
    hall.watched = [EXCHANGE_ON_LYNC]
    world.run_round()
    world.run_round()


def _counterpart_approved(hall: Hall) -> None:
    hall.world.cluster.approve("exchange", "go on")
    hall.world.run_round()


NEVER_OPEN = RestartWindow("0 0 29 2 *", timedelta(hours=1))
"""Once in four years."""


PARKED: dict[Reason, Parked] = {
    Reason.SUSPENDED: Parked(
        _then_passes(lambda hall: hall.anew(mode=Mode.SUSPEND)),
        lambda hall: hall.each(mode=Mode.ENFORCE),
        "Set mode to Enforce",
        where=ConditionType.SUSPENDED,
    ),
    Reason.DRIFT_OBSERVED: Parked(
        _observed_drift, lambda hall: hall.each(mode=Mode.ENFORCE), "Mode is Observe"
    ),
    Reason.DRIFT_PERSISTS: Parked(_drift_persists, _mended_and_asked_each, RECONCILE),
    Reason.ANOTHER_WRITER: Parked(_another_writer, Hall.ask, RECONCILE),
    Reason.WAITING_FOR_WINDOW: Parked(_restart_due(windows=(NEVER_OPEN,)), Hall.approve, APPROVE),
    Reason.WAITING_FOR_HOSTS: Parked(_waiting_for_hosts, Hall.approve, APPROVE),
    Reason.RESTART_APPROVAL_NEEDED: Parked(
        _restart_due(policy=RestartPolicy.MANUAL), Hall.approve, APPROVE
    ),
    Reason.RESTART_BUDGET_SPENT: Parked(_restart_due(max_per_day=1), Hall.approve, APPROVE),
    Reason.RESTART_FAILED: Parked(_restart_refused, _mended_and_approved, APPROVE),
    Reason.RESTART_PENDING: Parked(
        _restart_due(policy=RestartPolicy.NEVER),
        lambda hall: hall.restarts(policy=RestartPolicy.AUTOMATIC),
        "restart.policy is Never",
    ),
    Reason.ACTIVATION_UNKNOWN: Parked(
        _activation_unknown,
        lambda hall: hall.declare(hosts=hall.hosts[:1]),
        "take it out of spec.hosts",
    ),
    Reason.WAITING_FOR_ACTIVATION: Parked(
        _rolled, Hall.reset, "iisreset on each of them", product=Product.SHAREPOINT
    ),
    Reason.FARM_BUSY: Parked(
        _farm_busy, _mended_and_asked_each, product=Product.SHAREPOINT, passes=True
    ),
    Reason.SERVICE_APPLICATION_MISSING: Parked(
        _no_service_application, _mended_and_asked_each, product=Product.SHAREPOINT
    ),
    Reason.WAITING_FOR_REPLICATION: Parked(
        _not_replicated,
        _replicated,
        "Invoke-CsManagementStoreReplication",
        product=Product.LYNC,
    ),
    Reason.WAITING_FOR_COUNTERPART: Parked(
        _counterpart_waits,
        _counterpart_approved,
        "runs when PartnerApplication",
        product=Product.LYNC,
        passes=True,
    ),
    Reason.SERVER_NOT_FOUND: Parked(_server_gone, _server_back, "Create it"),
    **{
        reason: _wrong_object(reason)
        for reason in (
            Reason.PARTNER_NOT_FOUND,
            Reason.PRODUCT_MISMATCH,
            Reason.UNSUPPORTED_PAIR,
            Reason.INVALID_OBJECT,
        )
    },
    Reason.PARTNER_NOT_ALLOWED: Parked(
        _then_passes(lambda hall: hall.declare(allowed_partners=())),
        lambda hall: hall.declare(allowed_partners=OURS),
        "allowedPartners",
    ),
    Reason.TOKEN_SERVER_MISSING: Parked(
        lambda hall: _behind(hall),
        lambda hall: _token_servers(hall, values.token_server()),
        f"New-AuthServer -Name 'sts.litwareinc.com' -AuthMetadataUrl '{values.STS_URL}'",
    ),
    Reason.TOKEN_SERVER_DISABLED: Parked(
        lambda hall: _behind(hall, values.token_server(enabled=False)),
        lambda hall: _token_servers(hall, values.token_server()),
        "Set-AuthServer -Identity 'sts' -Enabled $true",
    ),
    Reason.TOKEN_SERVER_DIFFERS: Parked(
        lambda hall: _behind(hall, values.token_server(realm="old.example")),
        lambda hall: _token_servers(hall, values.token_server()),
        "Set-AuthServer -Identity 'sts' -RefreshAuthMetadata",
    ),
    Reason.LINKED_ACCOUNT_MISSING: Parked(
        _without_account, _account_made, "Make it (New-MailUser)"
    ),
    Reason.PERMISSION_NOT_ALLOWED: Parked(
        _then_passes(lambda hall: hall.each(permission=Right.READ)),
        lambda hall: hall.declare(max_permission=Right.READ),
        "maxPermission",
    ),
    Reason.HOST_NOT_ALLOWED: Parked(
        _then_passes(_foreign_hosts), _secret_back, "The key hosts of Secret", on_server=True
    ),
    Reason.CRD_TOO_OLD: Parked(
        _then_passes(_too_old), lambda hall: hall.world.cluster.problems.clear(), on_server=True
    ),
    Reason.NOT_WRITTEN: Parked(
        _then_passes(_unwritable),
        lambda hall: hall.world.cluster.refusals.clear(),
        "Change what refuses it",
        on_server=True,
    ),
    Reason.CONFLICT: Parked(_twins, _only_the_twins, "Delete one of the two"),
    Reason.DUPLICATE_SERVER: Parked(
        _another_server, _only_one_server, "Delete one of the two", on_server=True
    ),
    Reason.CREDENTIALS_MISSING: _secret_problem(Reason.CREDENTIALS_MISSING),
    Reason.CREDENTIALS_INVALID: _secret_problem(Reason.CREDENTIALS_INVALID),
    Reason.CREDENTIALS_REJECTED: Parked(
        _then_passes(lambda hall: hall.fail(LogonRefused("The account is locked out."))),
        _mended_and_asked,
        RECONCILE,
        on_server=True,
    ),
    Reason.CA_BUNDLE_MISSING: Parked(
        _then_passes(lambda hall: hall.world.cluster.lose_ca_bundle(hall.server)),
        _secret_back,
        on_server=True,
    ),
    Reason.UNREACHABLE: _failing(Unreachable("ex1 cannot be reached.")),
    Reason.TLS_FAILED: _failing(TlsFailed("ex1: TLS failed.")),
    Reason.FORBIDDEN: _failing(Forbidden("ex1 let the user log on, but not run commands.")),
    Reason.QUOTA_EXCEEDED: _failing(QuotaExceeded("ex1 allows no further shell.")),
    Reason.BUSY: _failing(Busy("Another run works on ex1.")),
    Reason.TIMED_OUT: _failing(TimedOut("ex1 did not answer in time.")),
    Reason.PROTOCOL_ERROR: _failing(ProtocolViolation("ex1 is no WinRM.", nothing_ran=True)),
    Reason.BLOCKED: _failing(Blocked("Antimalware.", BlockedBy.ANTIMALWARE, nothing_ran=True)),
    Reason.REMOTE_ERROR: _failing(_script_error()),
    Reason.WRONG_PRODUCT: _failing(_script_error("Modules_ModuleNotFound,x")),
    Reason.CONTRACT_VIOLATED: Parked(_contract_violated, _mended_and_asked, on_server=True),
    Reason.OUTCOME_UNKNOWN: Parked(
        _outcome_unknown, Hall.ask_server, RECONCILE, on_server=True, passes=True
    ),
    Reason.OTHER_ORGANIZATION: Parked(
        _then_passes(
            lambda hall: hall.organisation.__dict__.update(
                organization="CN=Fabrikam", signs_with="EE" * 20
            )
        ),
        Hall.ask_server,
        RECONCILE,
        on_server=True,
    ),
    Reason.INCOMPLETE_READ: Parked(
        _then_passes(lambda hall: hall.organisation.__dict__.update(incomplete="A warning.")),
        _mended_and_asked,
        on_server=True,
    ),
    Reason.ROOT_SITE_MISSING: Parked(
        _then_passes(_no_root_site), lambda hall: hall.each(permission=Right.NONE), "New-SPSite"
    ),
    Reason.METADATA_UNREACHABLE: _documents(document=None, fault=DocumentFault.UNREACHABLE),
    Reason.METADATA_INVALID: _documents(document=None, fault=DocumentFault.INVALID),
    Reason.METADATA_WRONG_PRODUCT: _documents(document=values.metadata(Product.SHAREPOINT)),
    Reason.METADATA_ALTERNATES: Parked(_alternates, Hall.ask, RECONCILE),
    Reason.CERTIFICATE_EXPIRED: _bad_certificates(not_after=values.NOW - timedelta(days=1)),
    Reason.CERTIFICATE_WEAK: _bad_certificates(key_bits=1024),
    Reason.CERTIFICATE_NOT_YET_VALID: _bad_certificates(
        not_before=values.NOW + timedelta(days=300), not_after=values.NOW + timedelta(days=600)
    ),
    Reason.CERTIFICATE_EXPIRES_SOON: replace(
        _of_the_server(
            lambda hall: _own_certificates(hall, not_after=values.NOW + timedelta(days=10)),
            "Set-AuthConfig",
        ),
        where=ConditionType.CERTIFICATE_EXPIRING,
    ),
    Reason.CERTIFICATE_MISSING: _of_the_server(
        lambda hall: _observes(hall, own_certificates=()), "Set-AuthConfig"
    ),
    Reason.CERTIFICATE_UNREADABLE: _of_the_server(
        lambda hall: _observes(hall, own_certificates_fault="No access."), "check it first"
    ),
    Reason.CERTIFICATE_NOT_PUBLISHED: _of_the_server(
        lambda hall: hall.organisation.__dict__.update(signs_with="EE" * 20), "Set-AuthConfig"
    ),
    Reason.NOT_REGISTERED: Parked(
        _not_registered,
        lambda hall: hall.each(mode=Mode.ENFORCE),
        where=ConditionType.REGISTERED,
    ),
    Reason.AMBIGUOUS: Parked(_ambiguous, _without_copies, "remove the others"),
    Reason.CREATED_NOTHING: Parked(
        _creates_nothing, _mended_and_asked_each, "tries again", passes=True
    ),
    Reason.DELETION_BLOCKED: Parked(_deletion_blocked, _release, RELEASE),
    Reason.HOSTS_UNLISTED: Parked(
        _then_passes(lambda hall: hall.declare(hosts=hall.hosts[:1])),
        lambda hall: hall.declare(hosts=hall.organisation.hosts),
        "spec.hosts does not list",
        on_server=True,
        where=ConditionType.UNLISTED_HOSTS,
    ),
    Reason.CONNECTIVITY_TEST_FAILED: Parked(
        _test_fails, _test_passes, RECONCILE, product=Product.LYNC
    ),
    Reason.NOT_TESTED: Parked(
        _never_tested, _replicated, product=Product.LYNC, where=ConditionType.CONNECTED
    ),
}
