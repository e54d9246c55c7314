"""One examination: who is asked, in which order, and who is left alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import pytest

from partner_operator.catalog import CATALOG
from partner_operator.doctor.facts import Facts, Heard, Probe, Shell, Way
from partner_operator.doctor.run import NoSuchServer, examine
from partner_operator.engine.ports import (
    Credentials,
    CredentialsProblem,
    DeclaredApplication,
    DeclaredServer,
    LogonRefused,
    OperationFailed,
    Operations,
    RunFailed,
    ServerName,
    Step,
)
from partner_operator.trust.logon import key_of, refused
from partner_operator.trust.model import DesiredServer, Observed, Product
from partner_operator.trust.obstacle import Next, Obstacle
from partner_operator.trust.reasons import Reason
from partner_operator.trust.status import ApplicationStatus, ServerStatus
from support.engine.session import OnHost
from support.trust.worlds import EXCHANGE_URL, LYNC_URL, NOW, OURS, application, server

NAME = ServerName("trust", "exchange")
OPEN = Way(Probe(True, "found"), Probe(True, "answers"), Probe(True, "trusted"))
SHELL = Shell("5.1", 64)
CLOSED = Way(Probe(False, "unknown name"))
REJECTED = LogonRefused(
    "No.",
)


@dataclass
class Kubernetes:
    """One declared server, read only."""

    declared: DeclaredServer | None
    logon: Credentials | CredentialsProblem = field(
        default_factory=lambda: Credentials("admin", "geheim", "digest-1", OURS)
    )

    async def server(self, name: ServerName) -> DeclaredServer | None:
        return self.declared

    async def again(self, server: DesiredServer) -> DeclaredServer:
        raise AssertionError("the doctor looks once")

    async def credentials(self, server: DesiredServer) -> Credentials:
        if isinstance(self.logon, CredentialsProblem):
            raise self.logon
        return self.logon

    async def unserved(self) -> Sequence[DeclaredApplication]:
        raise AssertionError("the doctor looks at one server")


@dataclass
class Servers:
    """Answers or fails by host. Anything but `observe` is missing, so calling it is an error."""

    answers: dict[str, Observed | RunFailed] = field(default_factory=dict)
    asked: list[tuple[str, tuple[str, ...]]] = field(default_factory=list)
    product: Product = Product.EXCHANGE

    def on(self, server: DesiredServer, credentials: Credentials, host: str) -> Any:
        return OnHost(self, server, credentials, host)

    async def observe(
        self,
        server: DesiredServer,
        credentials: Credentials,
        host: str,
        urls: Sequence[str],
        controller: str | None,
    ) -> Observed:
        self.asked.append((host, tuple(urls)))
        answer = self.answers.get(host, _observed(host))
        if isinstance(answer, RunFailed):
            raise answer
        return answer


class Clock:
    """It stands still."""

    def now(self) -> datetime:
        return NOW

    def monotonic(self) -> float:
        return 0.0


def _observed(host: str) -> Observed:
    return Observed(Product.EXCHANGE, "First", "15.0", host, NOW, (), None, {})


def declared(**changes: Any) -> DeclaredServer:
    """Exchange with two hosts, which shall trust Lync."""
    wanted = DeclaredApplication(application(), ApplicationStatus())
    made = DeclaredServer(server(), ServerStatus(), (wanted,))
    return replace(made, **changes)


async def run(
    kubernetes: Kubernetes, servers: Servers, ways: dict[str, Way] | None = None
) -> Facts:
    """Examine it with these edges."""
    operations: dict[Product, Operations] = {Product.EXCHANGE: servers}
    return await examine(
        NAME,
        reader=kubernetes,
        operations=operations,
        catalog=CATALOG,
        prober=lambda _, host: (ways or {}).get(host, OPEN),
        listener=lambda _, host, path: Heard(problem=host),
        shells={"ex1.litwareinc.com": SHELL},
        clock=Clock(),
    )


async def test_each_host_is_observed_once_with_all_documents() -> None:
    """Own document and the partner's, on both hosts."""
    servers = Servers()
    facts = await run(Kubernetes(declared()), servers)
    urls = (EXCHANGE_URL, LYNC_URL)
    assert servers.asked == [("ex1.litwareinc.com", urls), ("ex2.litwareinc.com", urls)]
    assert [host.powershell for host in facts.hosts] == [SHELL, None]
    assert facts.declaration == ()


async def test_a_refused_logon_is_not_tried_on_the_next_host() -> None:
    """One rejected logon in all, and the second host says why it was left alone."""
    servers = Servers({"ex1.litwareinc.com": REJECTED})
    facts = await run(Kubernetes(declared()), servers)
    assert [host for host, _ in servers.asked] == ["ex1.litwareinc.com"]
    first, second = facts.hosts
    assert first.failure is not None
    assert first.failure.step is Step.LOGON
    assert "ex1.litwareinc.com refused" in second.not_tried


async def test_another_failure_does_not_spare_the_next_host() -> None:
    """What is wrong with one host says nothing about the others."""
    failed = OperationFailed(Reason.BUSY, "Busy.", nothing_ran=True, step=Step.MUTEX)
    servers = Servers({"ex1.litwareinc.com": failed})
    facts = await run(Kubernetes(declared()), servers)
    assert len(servers.asked) == 2
    assert facts.hosts[0].failure is not None
    assert facts.hosts[0].failure.step is Step.MUTEX
    assert facts.hosts[1].observed is not None


async def test_no_logon_over_a_closed_way() -> None:
    """The host behind an open way is asked."""
    servers = Servers()
    await run(Kubernetes(declared()), servers, {"ex1.litwareinc.com": CLOSED})
    assert [host for host, _ in servers.asked] == ["ex2.litwareinc.com"]


async def test_what_the_operator_was_refused_with_is_not_tried() -> None:
    """The status remembers the digest of the Secret's data."""
    servers = Servers()
    refusal = refused(key_of(server(), "digest-1", ""), None, NOW, "The account is locked out.")
    remembered = declared(status=ServerStatus(logon=refusal))
    facts = await run(Kubernetes(remembered), servers)
    assert servers.asked == []
    assert facts.credentials is not None
    assert "locked out" in facts.credentials


async def test_without_a_secret_nobody_is_asked() -> None:
    """The ways are still tried."""
    servers = Servers()
    problem = CredentialsProblem(Reason.CREDENTIALS_MISSING, "Secret x does not exist.")
    facts = await run(Kubernetes(declared(), problem), servers)
    assert servers.asked == []
    assert facts.credentials == "Secret x does not exist."
    assert all(host.way.is_open and host.not_tried for host in facts.hosts)


async def test_a_server_that_cannot_be_used_as_declared_gets_no_logon() -> None:
    """Such as a CA bundle that is missing: other authorities are no substitute."""
    servers = Servers()
    blocked = declared(problem=Obstacle(Reason.CA_BUNDLE_MISSING, "No bundle.", Next.HUMAN))
    facts = await run(Kubernetes(blocked), servers)
    assert servers.asked == []
    assert facts.declaration == ("No bundle.",)


async def test_an_application_that_does_not_resolve_is_told_and_its_document_left_out() -> None:
    """Its partner is unknown; the rest is examined."""
    servers = Servers()
    lost = DeclaredApplication(
        application(),
        ApplicationStatus(),
        Obstacle(Reason.PARTNER_NOT_FOUND, "No such partner.", Next.HUMAN),
    )
    facts = await run(Kubernetes(declared(applications=(lost,))), servers)
    assert facts.declaration == ("PartnerApplication app: No such partner.",)
    assert {urls for _, urls in servers.asked} == {(EXCHANGE_URL,)}


async def test_a_product_that_nobody_serves_is_told() -> None:
    """SharePoint, before the operator serves it."""
    servers = Servers()
    facts = await run(Kubernetes(declared(desired=server(Product.SHAREPOINT))), servers)
    assert servers.asked == []
    assert "SharePoint" in facts.declaration[0]


async def test_a_server_that_does_not_exist() -> None:
    """Said by name."""
    with pytest.raises(NoSuchServer, match="exchange does not exist in namespace trust"):
        await run(Kubernetes(None), Servers())
