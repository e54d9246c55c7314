"""Exchange organisations that operations of both engines are tried in, by name."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC
from typing import Any
from uuid import uuid4

from partner_operator.catalog import CATALOG
from partner_operator.trust.model import Product
from partner_simulator.world import names
from partner_simulator.world.domain import Domain
from partner_simulator.world.objects import (
    AcceptedDomain,
    AuthConfig,
    ExchangeServer,
    PartnerApplication,
    RecipientType,
    RoleAssignment,
    ServerKind,
    User,
)
from support.embedded.worlds import (
    ACCOUNT,
    COMING,
    LETTERS,
    Arrange,
    account,
    account_gone,
    both,
    distrusting,
    elsewhere,
    elsewhere_and_unlinked,
    iis_stopped,
    in_two_domains,
    large,
    lost,
    mailbox_elsewhere,
    nothing,
    of_no_use,
    outside_the_groups,
    trusted,
)


def several(domain: Domain) -> None:
    """Two entries for Lync beside others."""
    trusted()(domain)
    for number in range(3):
        trusted(name=f"Lync {number}", realm=f"realm{number}.example", linked_account=None)(domain)


def no_entries(domain: Domain) -> None:
    """Not even those of the setup."""
    for entry in domain.directory.find(PartnerApplication):
        domain.directory.delete(entry)


DRIFTED: dict[str, Arrange] = {
    "as declared": trusted(),
    "disabled": trusted(enabled=False),
    "another URL": trusted(auth_metadata_url="https://old.example/metadata/json/1"),
    "no URL": trusted(auth_metadata_url=""),
    "no certificates": trusted(certificates=()),
    "two certificates": trusted(certificates=("AAAA", "BBBB")),
    "another realm": trusted(realm="other.example"),
    "another identifier": trusted(application_identifier=names.SHAREPOINT_ID),
    "an issuer": trusted(issuer_identifier="issuer@other.example"),
    "no security identifiers": trusted(accepts_security_identifiers=False),
    "no account": trusted(linked_account=None),
    "account gone": account_gone,
    "account of nobody": trusted(linked_account=uuid4()),
    "roles missing": trusted(roles=()),
    "roles disabled": of_no_use(enabled=False),
    "roles to delegate": of_no_use(delegating=True),
    "account elsewhere": both(elsewhere, trusted()),
    "account elsewhere, unlinked": elsewhere_and_unlinked,
    "accounts in two other domains": both(in_two_domains, trusted(linked_account=None)),
    "roles beyond": trusted(roles=(*CATALOG.partners[Product.LYNC].roles[:2], "Legal Hold")),
    "another name": trusted(name="LyncEnterprise-1"),
    "odd letters": trusted(name=LETTERS),
    "an auth server's": trusted(use_auth_server=True),
    "several": several,
}
"""Exchange's entry, one field after the other."""


def every_drift(domain: Domain) -> None:
    """An entry for each of them, side by side."""
    for number, arrange in enumerate(DRIFTED.values()):
        before = {entry.guid for entry in domain.directory.find(PartnerApplication)}
        arrange(domain)
        for entry in domain.directory.find(PartnerApplication):
            if entry.guid not in before:
                domain.directory.write(replace(entry, name=f"{entry.name} {number}"))


def _config(**changes: Any) -> Arrange:
    return lambda domain: domain.change_auth_config(**changes)


def next_certificate(domain: Domain) -> None:
    """The next certificate is published, to be used at a time in another zone."""
    made = domain.authority.issue_signing("Next")
    domain.exchange_certificates[made.thumbprint] = made
    current = domain.directory.find(AuthConfig)[0].current_thumbprint
    domain.change_auth_config(
        next_thumbprint=made.thumbprint,
        previous_thumbprint=current,
        next_effective=COMING.astimezone(UTC),
    )


def _servers(domain: Domain) -> None:
    for kind in ServerKind:
        fqdn = f"{kind.name.lower()}.{names.DOMAIN}"
        domain.directory.write(ExchangeServer(kind.name, fqdn, kind))


def _domains(*domains: AcceptedDomain) -> Arrange:
    def arrange(domain: Domain) -> None:
        for known in domain.directory.find(AcceptedDomain):
            domain.directory.delete(known)
        for each in domains:
            domain.directory.write(each)

    return arrange


no_domains = _domains()
wildcard = _domains(
    AcceptedDomain("star", "*.litwareinc.com", default=True),
    AcceptedDomain("second", "second.example"),
    AcceptedDomain("third", "third.example"),
)
default_last = _domains(
    AcceptedDomain("first", "first.example"),
    AcceptedDomain("last", "last.example", default=True),
)


def _forgotten(domain: Domain) -> None:
    domain.exchange_certificates.clear()


def _gone_from_the_directory(domain: Domain) -> None:
    for server in domain.directory.find(ExchangeServer):
        domain.directory.delete(server)


def through_a_group(domain: Domain) -> None:
    """One role of the linked account comes from a role group."""
    trusted(roles=("ArchiveApplication",))(domain)
    (user,) = (user for user in domain.directory.find(User) if user.name == ACCOUNT)
    group = RoleAssignment("UserApplication-Partners", "UserApplication", uuid4(), "Partners")
    domain.directory.write(replace(group, members=(user.guid,)))


def of_a_deleted_account(domain: Domain) -> None:
    """The roles were another account's of the same name, which is deleted."""
    trusted()(domain)
    for assignment in domain.directory.find(RoleAssignment):
        domain.directory.write(replace(assignment, assignee=uuid4()))


def of_some_third(domain: Domain) -> None:
    """An entry for a product that is nobody's partner, whose account has no role."""
    both(trusted(), trusted(name="Third", application_identifier=str(uuid4())))(domain)
    for assignment in domain.directory.find(RoleAssignment):
        domain.directory.delete(assignment)


def odd_letters(domain: Domain) -> None:
    """One more entry, of letters that JSON may write otherwise, and with certificates of all kinds."""
    trusted(
        name=LETTERS, realm="<&'\u65e5\U0001f600", certificates=("AAAA", "no base64", " QUJD ")
    )(domain)


ORGANISATIONS: dict[str, Arrange] = {
    "stock": nothing,
    "roles through a group": through_a_group,
    "roles of a deleted account": of_a_deleted_account,
    "a third partner": of_some_third,
    "odd letters": odd_letters,
    "every drift": every_drift,
    "account gone": account_gone,
    "no entries": no_entries,
    "next certificate": next_certificate,
    "a thumbprint without its certificate": _config(previous_thumbprint="AB" * 20),
    "no certificates": _forgotten,
    "servers of all kinds": _servers,
    "no servers": _gone_from_the_directory,
    "no domains": no_domains,
    "a wildcard domain": wildcard,
    "IIS stopped": iis_stopped,
    "outside the groups": outside_the_groups,
    "distrusting": distrusting,
    "names lost": lost,
    "large documents": large,
}
"""What else an observe run of Exchange can meet."""


def taken(domain: Domain) -> None:
    """Another entry bears the name that is wanted."""
    trusted(application_identifier=names.SHAREPOINT_ID)(domain)


def mailbox_in_the_way(domain: Domain) -> None:
    """A person has the account's name, and a mailbox."""
    domain.directory.write(
        User(ACCOUNT, "somebody", f"x@{names.DOMAIN}", RecipientType.USER_MAILBOX)
    )


def second_account_there(domain: Domain) -> None:
    """Beside the person there is the account that the shipped script would make instead, with its roles."""
    mailbox_in_the_way(domain)
    second = User(f"{ACCOUNT}-1", "second", f"z@{names.DOMAIN}", RecipientType.MAIL_USER)
    domain.directory.write(second)
    for role in CATALOG.partners[Product.LYNC].roles[:2]:
        domain.directory.write(RoleAssignment(f"{role}-1", role, second.guid, second.name))


def logon_name_taken(domain: Domain) -> None:
    """Another account's logon name is what the account's is cut to (case C17)."""
    domain.directory.write(
        User("Somebody", ACCOUNT[:20], f"y@{names.DOMAIN}", RecipientType.MAIL_USER)
    )


def account_there(domain: Domain) -> None:
    """The account is there already, with one of its roles."""
    account(domain, ("userapplication",))


REGISTERING: dict[str, Arrange] = {
    "nothing there": nothing,
    "already there": trusted(),
    "already there by realm": trusted(auth_metadata_url="https://old.example/x", name="other"),
    "an auth server's entry": trusted(use_auth_server=True, name="other"),
    "name taken": taken,
    "account there": account_there,
    "account elsewhere": elsewhere,
    "accounts in two other domains": in_two_domains,
    "mailbox elsewhere": mailbox_elsewhere,
    "mailbox in the way": mailbox_in_the_way,
    "second account there": second_account_there,
    "logon name taken": logon_name_taken,
    "no domains": no_domains,
    "a wildcard domain": wildcard,
    "names lost": lost,
    "distrusting": distrusting,
    "IIS stopped": iis_stopped,
    "outside the groups": outside_the_groups,
}
