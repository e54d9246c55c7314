"""Every operation of both products on stand-ins whose values a culture could spoil: I's, dates, numbers."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from partner_operator.engine.ports import RunFailed
from partner_operator.products.exchange.operations import SUCCEEDED, ExchangeOperations
from partner_operator.products.lync.operations import LyncOperations
from partner_operator.trust.model import (
    ConnectivityTest,
    EntryKind,
    HostState,
    Observed,
    Product,
    RestartReport,
    TestReport,
)
from partner_operator.trust.plan import Change, Difference, Field
from partner_operator.trust.status import ChangeKind
from partner_operator.winrm import Answer, Endpoint, RemoteRequest
from support.scripts import exchange as scripts_exchange
from support.scripts import lync as scripts_lync
from support.scripts.exchange import CREDENTIALS, NOT_FOUND, exchange
from support.scripts.exchange_changes import change, seen, writable
from support.scripts.lync import lync, replica
from support.scripts.stubs import Code, Stubs, literal
from support.trust import worlds as trust_worlds
from support.trust.worlds import application, server

Runner = Callable[[Endpoint, RemoteRequest], Awaitable[Answer]]
LETTERS = "LIGHT Imaging \u0130stanbul \u0131l\u0131k \u00df \u0e01 \u0627"
"""Names with all four I's of Turkish, and letters that other languages treat specially."""
LATE = datetime(2026, 11, 25, 7, 30, 1, tzinfo=UTC)
LEAP = datetime(2028, 2, 29, 23, 59, 59, tzinfo=UTC)
NOBODY = "127.0.0.1"
TITLE = "CN=TITLE-INVITE,DC=LITWAREINC"


@dataclass(frozen=True, slots=True)
class Case:
    """One operation: the stand-ins, and what is done with them."""

    name: str
    make: Callable[[], Stubs]
    act: Callable[[Runner], Awaitable[Any]]


def _local(instant: datetime) -> Code:
    return Code(f"{literal(instant)}.ToLocalTime()")


def _entry(**changes: Any) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "Name": LETTERS,
        "DistinguishedName": f"CN={LETTERS}",
        "WhenChangedUTC": LATE,
    }
    return scripts_exchange.entry() | shown | changes


def _organisation() -> Stubs:
    stubs = exchange([scripts_exchange.STOCK, _entry(), _entry(Name="title", Realm="INIT.example")])
    configuration = {
        "CurrentCertificateThumbprint": "ab" * 20,
        "PreviousCertificateThumbprint": None,
        "NextCertificateThumbprint": "CD" * 20,
        "NextCertificateEffectiveDate": _local(LEAP),
    }
    return stubs.cmdlet("Get-AuthConfig", [configuration])


def _exchange(act: Callable[[ExchangeOperations], Awaitable[Any]]) -> Callable[[Runner], Any]:
    return lambda runner: act(ExchangeOperations(runner))


def _lync(act: Callable[[LyncOperations], Awaitable[Any]]) -> Callable[[Runner], Any]:
    return lambda runner: act(LyncOperations(runner))


def _on_exchange(wanted: Change, **declared: Any) -> Callable[[Runner], Any]:
    return _exchange(
        lambda o: o.on(server(), CREDENTIALS, seen().host).apply(
            seen(), wanted, application(**declared)
        )
    )


def _registering(folder: Path) -> Stubs:
    """The shipped script makes an entry whose identifiers differ from ours in case only."""
    path = folder / "Scripts\\Configure-EnterprisePartnerApplication.ps1"
    path.write_text(
        "param($AuthMetadataUrl, $ApplicationType, $DomainController)\n"
        f"$global:made = @({literal(_entry(Realm='LITWAREINC.COM', AuthMetadataUrl=''))})\n"
        f"[Console]::Out.Write('{SUCCEEDED}')\n",
        encoding="ascii",
    )
    stubs = writable().state("$global:made = @()")
    return stubs.cmdlet("Get-PartnerApplication", Code("$global:made"))


def _updating() -> Stubs:
    stubs = writable([scripts_exchange.STOCK, _entry(DistinguishedName=TITLE)])
    stubs.state("$global:users = 0")
    stubs.cmdlet("Get-ManagementRoleAssignment", [{"Role": "userapplication"}, {"Role": "\u0131"}])
    return stubs.cmdlet(
        "Get-User", Code(f"if ($global:users++ -gt 0) {{ @{{ Identity = '{TITLE}' }} }}")
    )


def _behind_title() -> dict[str, Any]:
    """What the application behind a token server has on Exchange, in another realm."""
    identifier = trust_worlds.hr().partner.identifier.upper()
    title = {"Name": "title", "DistinguishedName": TITLE, "UseAuthServer": True}
    return _entry(ApplicationIdentifier=identifier, AuthMetadataUrl="", **title)


def _behind(product: Product, kind: ChangeKind) -> Callable[[Runner], Any]:
    """An application behind a token server: everything about it and about the token server differs."""
    lync = product is Product.LYNC
    host = scripts_lync.HOST if lync else scripts_exchange.HOST
    old = trust_worlds.token_server("\u0130STS", thumbprints=("EE" * 20,))
    before = trust_worlds.observed(
        product, (), [trust_worlds.sts()], host=host, domain_controller="DC1", token_servers=(old,)
    )
    desired = trust_worlds.hr(
        realm="INIT.example", identity=LETTERS, linked_account="LITWAREINC/I/TITLE"
    )
    fields = (Field.ENTRY, Field.TOKEN_SERVER) if kind is ChangeKind.REGISTER else tuple(Field)
    there = None
    if kind is not ChangeKind.REGISTER:
        there = trust_worlds.entry(
            Product.LYNC, product, reference=TITLE, identity=TITLE, kind=EntryKind.TOKEN_SERVER
        )
    told = tuple(Difference(field, "old", "new") for field in fields)
    wanted = Change(kind, desired.key, there, told, needs_restart=False)
    operations: Any = LyncOperations if lync else ExchangeOperations
    return lambda runner: (
        operations(runner).on(server(product), CREDENTIALS, host).apply(before, wanted, desired)
    )


def _machine() -> Stubs:
    running = Code("[ServiceProcess.ServiceControllerStatus]::Running")
    names = ("W3SVC", "WAS", "MSExchangeIS", "msexchangeimap4", "MSEXCHANGEIMAP4BE", "Spooler")
    stubs = Stubs()
    started = [{"CreationDate": _local(LATE)}, {"CreationDate": _local(LEAP)}]
    stubs.tool("Get-CimInstance", "ClassName Filter", started)
    return stubs.tool("Get-Service", "Name", [{"Name": n, "Status": running} for n in names])


def _restarting(folder: Path) -> Stubs:
    program = folder / "System32" / "iisreset.exe"
    program.parent.mkdir(exist_ok=True)
    program.write_text("#!/bin/sh\necho 'Internetdienste \u0130'\nexit 0\n", encoding="utf-8")
    program.chmod(0o755)
    stubs = Stubs()
    return stubs.tool("Get-CimInstance", "ClassName Filter", [{"CreationDate": None}])


def exchange_cases(folder: Path, urls: tuple[str, ...]) -> list[Case]:
    """What is done on Exchange. `folder` is `ExchangeInstallPath` and `windir`."""
    host = scripts_exchange.HOST
    look = _exchange(
        lambda o: o.on(server(), CREDENTIALS, host).observe(urls, "DC1.LITWAREINC.COM")
    )
    everything = change(
        ChangeKind.UPDATE, *Field, reference=TITLE, identity="title", linked_account=None
    )
    remove = change(ChangeKind.REMOVE, reference=TITLE.lower())
    register = change(ChangeKind.REGISTER, Field.ENTRY)
    return [
        Case("exchange observe", _organisation, look),
        Case("exchange account gone", lambda: _organisation().cmdlet("Get-User", NOT_FOUND), look),
        Case(
            "exchange denied",
            lambda: _organisation().cmdlet("Get-AuthConfig", Code("Write-Error '1,5 \u0130'")),
            look,
        ),
        Case(
            "exchange register",
            lambda: _registering(folder),
            _on_exchange(register, identity=LETTERS),
        ),
        Case(
            "exchange register again",
            lambda: writable(
                [_entry(ApplicationIdentifier="00000004-0000-0FF1-CE00-000000000000")]
            ),
            _on_exchange(register),
        ),
        Case("exchange update", _updating, _on_exchange(everything, identity="TITLE \u0130")),
        Case(
            "exchange remove",
            lambda: writable([_entry(DistinguishedName=TITLE)]),
            _on_exchange(remove),
        ),
        *(
            Case(
                f"exchange {kind} behind",
                lambda: writable([scripts_exchange.STOCK, _behind_title()]).cmdlet(
                    "Get-AuthServer"
                ),
                _behind(Product.EXCHANGE, kind),
            )
            for kind in (ChangeKind.REGISTER, ChangeKind.UPDATE)
        ),
        Case(
            "exchange host state",
            _machine,
            _exchange(lambda o: o.on(server(), CREDENTIALS, NOBODY).host_state()),
        ),
        Case(
            "exchange restart",
            lambda: _restarting(folder),
            _exchange(lambda o: o.on(server(), CREDENTIALS, NOBODY).restart(LATE)),
        ),
    ]


def _deployment() -> Stubs:
    stubs = lync(
        [scripts_lync.entry(LETTERS), scripts_lync.entry("TITLE"), scripts_lync.entry("\u0131")]
    )
    certificate = {
        "Thumbprint": "AB" * 20,
        "PreviousThumbprint": None,
        "Subject": "CN=I\u0130\u0131i",
        "NotBefore": _local(LATE),
        "NotAfter": _local(LEAP),
        "EffectiveDate": _local(LATE + timedelta(days=1)),
    }
    stubs.cmdlet("Get-CsManagementStoreReplicationStatus", [replica("INIT.example")])
    return stubs.cmdlet("Get-CsCertificate", [certificate])


def _of_lync(kind: ChangeKind, reference: str, **declared: Any) -> Callable[[Runner], Any]:
    old = trust_worlds.entry(
        Product.EXCHANGE, on=Product.LYNC, reference=reference, identity=reference
    )
    wanted = Change(
        kind=kind,
        application=application(Product.EXCHANGE).key,
        entry=None if kind is ChangeKind.REGISTER else old,
        differences=tuple(Difference(field, "old", "new") for field in Field),
        needs_restart=False,
    )
    host = scripts_lync.HOST
    before = trust_worlds.observed(Product.LYNC, host=host)
    desired = application(Product.EXCHANGE, **declared)
    return _lync(
        lambda o: o.on(server(Product.LYNC), CREDENTIALS, before.host).apply(
            before, wanted, desired
        )
    )


def lync_cases(urls: tuple[str, ...]) -> list[Case]:
    """What is done on Lync."""
    host, declared = scripts_lync.HOST, server(Product.LYNC, hosts=("init.EXAMPLE",))
    wanted = ConnectivityTest(sip_uri="sip:ILKIN@litwareinc.com")

    def test(body: Any) -> Callable[[], Stubs]:
        return lambda: lync().cmdlet("Test-CsExStorageConnectivity", body)

    look = _lync(lambda o: o.on(declared, CREDENTIALS, host).observe(urls, None))
    run = _lync(lambda o: o.on(declared, CREDENTIALS, host).test(wanted))
    return [
        Case("lync observe", _deployment, look),
        Case("lync register", _deployment, _of_lync(ChangeKind.REGISTER, "", identity="IIII")),
        Case(
            "lync register again", _deployment, _of_lync(ChangeKind.REGISTER, "", identity="title")
        ),
        Case(
            "lync register behind",
            lambda: lync(oauth_servers=[]),
            _behind(Product.LYNC, ChangeKind.REGISTER),
        ),
        Case("lync update", _deployment, _of_lync(ChangeKind.UPDATE, "TITLE")),
        Case("lync remove", _deployment, _of_lync(ChangeKind.REMOVE, "title")),
        Case(
            "lync replicate",
            _deployment,
            _lync(lambda o: o.on(declared, CREDENTIALS, host).replicate()),
        ),
        Case("lync test", test("Test-CsExStorageConnectivity : Test passed."), run),
        Case("lync test fails", test(Code("Write-Error '1,5 I\u0130'")), run),
    ]


async def outcome(case: Case, runner: Runner) -> Any:
    """What the operation makes of it, without what no two runs share."""
    try:
        result = await case.act(runner)
    except RunFailed as failed:
        return (failed.obstacle.reason, failed.obstacle.message)
    if isinstance(result, TestReport):
        return (result.passed, result.message)
    if isinstance(result, RestartReport):
        return result.restarted
    if isinstance(result, HostState):
        return (result.workers_started_at, result.running_services, result.answers)
    if isinstance(result, Observed | RestartReport):
        return replace(result, clock=LATE)
    return result
