"""A stock domain: Exchange, Lync and SharePoint, installed and not yet introduced to each other."""

from __future__ import annotations

import secrets
from dataclasses import replace
from datetime import timedelta

from partner_simulator.certificates import CertificateAuthority, self_signed
from partner_simulator.world import names, sharepoint_access
from partner_simulator.world.accounts import Account, Accounts
from partner_simulator.world.active_directory import ActiveDirectory
from partner_simulator.world.clock import Clock
from partner_simulator.world.cms import CentralManagementStore, TokenCertificate
from partner_simulator.world.domain import Domain
from partner_simulator.world.machines import Machine, Role
from partner_simulator.world.network import Network
from partner_simulator.world.objects import (
    AcceptedDomain,
    AuthConfig,
    ExchangeServer,
    PartnerApplication,
    RecipientType,
    User,
    VirtualDirectory,
)
from partner_simulator.world.sharepoint_farm import SharePointFarm
from partner_simulator.world.switches import Name, Switches

ORGANIZATION_MANAGEMENT = "Organization Management"
LYNC_ADMINISTRATORS = "RTCUniversalServerAdmins"
EXCHANGE_CERTIFICATE_NAME = "Microsoft Exchange Server Auth Certificate"

_BUILDS = {
    "Exchange Server 2013": "Version 15.0 (Build 1497.2)",
    "Exchange Server 2016": "Version 15.1 (Build 2375.7)",
    "Exchange Server 2019": "Version 15.2 (Build 1748.10)",
    "Exchange Server SE": "Version 15.2 (Build 2562.17)",
}

PEOPLE = ("kenmyer", "pilarackerman")
"""Enabled for Lync, each with a mailbox."""


def build(switches: Switches, authority: CertificateAuthority | None = None) -> Domain:
    """Make the domain. Passwords are random; nothing is trusted yet.

    `authority`: a CA that exists already, as making one takes most of the time.
    """
    clock = Clock()
    authority = authority or CertificateAuthority()
    directory = ActiveDirectory(
        clock,
        switches[Name.DIRECTORY_LAG_SECONDS],
        unnamed=switches[Name.READS_ASK],
    )
    domain = Domain(
        switches=switches,
        clock=clock,
        authority=authority,
        directory=directory,
        cms=CentralManagementStore(clock, switches[Name.CMS_DELAY_SECONDS], names.FRONT_ENDS),
        sharepoint=SharePointFarm(clock, sharepoint_access.stock_admins()),
        accounts=Accounts([_exchange_admin(), _lync_admin(), _sharepoint_admin()]),
        machines=_machines(clock, recycling=switches[Name.SHAREPOINT_RECYCLES_NIGHTLY]),
        network=Network(authority.pem),
    )
    _people(domain)
    _organisation(domain)
    _stock_entries(domain)
    _certificates(domain)
    domain.load_running()
    return domain


def _password(marker: str) -> str:
    """Random, and with characters that break whatever is not quoted."""
    return f"{marker}-{secrets.token_urlsafe(12)}-'$(x)\"ä"


def _exchange_admin() -> Account:
    return Account(
        names.EXCHANGE_ADMIN,
        _password("Ex"),
        frozenset(names.EXCHANGE_HOSTS),
        frozenset({ORGANIZATION_MANAGEMENT}),
    )


def _lync_admin() -> Account:
    return Account(
        names.LYNC_ADMIN,
        _password("Ly"),
        frozenset(names.FRONT_ENDS),
        frozenset({LYNC_ADMINISTRATORS}),
    )


def _sharepoint_admin() -> Account:
    return Account(names.SHAREPOINT_ADMIN, _password("Sp"), frozenset(names.SHAREPOINT_HOSTS))


def _machines(clock: Clock, *, recycling: bool) -> dict[str, Machine]:
    machines: dict[str, Machine] = {}
    for hosts, role in (
        (names.EXCHANGE_HOSTS, Role.EXCHANGE),
        (names.FRONT_ENDS, Role.FRONT_END),
        (names.SHAREPOINT_HOSTS, Role.SHAREPOINT),
    ):
        for host, controller in zip(hosts, names.DOMAIN_CONTROLLERS, strict=True):
            nightly = recycling and role is Role.SHAREPOINT
            machines[host] = Machine(host, clock, role, controller, recycles_nightly=nightly)
    return machines


def _people(domain: Domain) -> None:
    for person in PEOPLE:
        address = f"{person}@{names.DOMAIN}"
        domain.directory.write(
            User(person, person, address, RecipientType.USER_MAILBOX, address, f"sip:{address}")
        )
        domain.mailboxes.open(address)
    for account in domain.accounts.known:
        short = account.user.partition("\\")[2]
        domain.directory.write(User(short, short, account.principal_name, RecipientType.USER))


def _organisation(domain: Domain) -> None:
    write = domain.directory.write
    version = _BUILDS[domain.switches[Name.EXCHANGE_VERSION]]
    write(AcceptedDomain(names.DOMAIN, names.DOMAIN, default=True))
    for host in names.EXCHANGE_HOSTS:
        write(ExchangeServer(names.short_name(host), host, version=version))
        for kind in ("EWS", "Autodiscover"):
            write(VirtualDirectory(host, kind))


def _stock_entries(domain: Domain) -> None:
    """What a captured organisation has before anybody configures a partner (P-EX-2)."""
    made = domain.clock.now() - timedelta(days=400)
    account = User(
        "Exchange Online-ApplicationAccount",
        "Exchange Online-Appl",
        f"ExchangeOnline-ApplicationAccount@{names.DOMAIN}",
        RecipientType.USER,
    )
    domain.directory.write(account)
    online = PartnerApplication(
        "Exchange Online",
        names.EXCHANGE_ID,
        made,
        made,
        enabled=False,
        use_auth_server=True,
        linked_account=account.guid,
    )
    domain.directory.write(online)
    if domain.switches[Name.SFB_LEGACY_PRESENT]:
        legacy = PartnerApplication("SfBLegacy", names.LYNC_ID, made, made, use_auth_server=True)
        domain.directory.write(legacy)


def _certificates(domain: Domain) -> None:
    exchange = self_signed(EXCHANGE_CERTIFICATE_NAME)
    domain.exchange_certificates[exchange.thumbprint] = exchange
    domain.directory.write(AuthConfig(exchange.thumbprint))
    lync = domain.authority.issue_signing(names.DOMAIN)
    domain.lync_certificates[lync.thumbprint] = lync
    now = domain.clock.now()
    assigned = TokenCertificate(lync, now - timedelta(days=1), updated_at=now)
    domain.cms.change(lambda state: replace(state, certificate=assigned))
    domain.cms.settle()
