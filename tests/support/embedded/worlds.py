"""Worlds that operations of both engines are tried in: arrangements of a stock domain, by name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Any
from uuid import uuid4

from partner_operator.catalog import CATALOG
from partner_operator.trust.model import Entry, Product
from partner_simulator.world import cms, names
from partner_simulator.world.cms import LyncApplication
from partner_simulator.world.domain import Domain
from partner_simulator.world.misbehaviour import Misbehaviour
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
from support.trust import worlds as trust_worlds

Arrange = Callable[[Domain], None]
ACCOUNT = "LyncEnterprise-ApplicationAccount"
LETTERS = "O'Neil & <Söhne> \u0130stanbul \u6f22 \U0001f600 \\ \" `$x"
_LONG_AGO = datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=UTC)
_COMING = datetime(2030, 1, 1, 12, 0, 0, 999999, tzinfo=UTC)


def nothing(domain: Domain) -> None:
    """As it was installed."""


def both(*arrangements: Arrange) -> Arrange:
    """One after the other."""

    def arrange(domain: Domain) -> None:
        for each in arrangements:
            each(domain)

    return arrange


def account(domain: Domain, roles: tuple[str, ...], where: str = names.DOMAIN) -> User:
    """The linked account with these roles."""
    for known in domain.directory.find(User):
        if known.name == ACCOUNT:
            return known
    user = User(
        ACCOUNT,
        ACCOUNT[:20],
        f"{ACCOUNT}@{where}",
        RecipientType.MAIL_USER,
        domain=where,
    )
    domain.directory.write(user)
    for role in roles:
        domain.directory.write(RoleAssignment(f"{role}-{ACCOUNT}", role, user.guid, user.name))
    return user


def trusted(
    roles: tuple[str, ...] = CATALOG.partners[Product.LYNC].roles[:2], **changes: Any
) -> Arrange:
    """Exchange trusts Lync as declared, but for these."""

    def arrange(domain: Domain) -> None:
        user = account(domain, roles)
        certificate = domain.cms.state.certificate
        assert certificate is not None
        good: dict[str, Any] = {
            "name": "Lync",
            "application_identifier": names.LYNC_ID,
            "when_created": _LONG_AGO,
            "when_changed": _LONG_AGO,
            "certificates": (certificate.current.base64,),
            "auth_metadata_url": names.LYNC_METADATA_URL,
            "realm": names.DOMAIN,
            "accepts_security_identifiers": True,
            "linked_account": user.guid,
        }
        domain.directory.write(PartnerApplication(**(good | changes)))

    return arrange


def account_gone(domain: Domain) -> None:
    """Somebody deleted the linked account."""
    trusted()(domain)
    (user,) = (user for user in domain.directory.find(User) if user.name == ACCOUNT)
    domain.directory.delete(user)


def elsewhere(domain: Domain) -> None:
    """The linked account lives in another domain of the forest, and has one of its roles."""
    account(domain, ("UserApplication",), names.CHILD_DOMAIN)


def elsewhere_and_unlinked(domain: Domain) -> None:
    """The same, and the entry has lost its link."""
    elsewhere(domain)
    trusted(linked_account=None)(domain)


def in_two_domains(domain: Domain) -> None:
    """Two accounts of the name, neither of them in Exchange's own domain."""
    elsewhere(domain)
    domain.directory.write(
        User(
            ACCOUNT,
            "another",
            f"{ACCOUNT}@apac.{names.DOMAIN}",
            RecipientType.MAIL_USER,
            domain=f"apac.{names.DOMAIN}",
        )
    )


def mailbox_elsewhere(domain: Domain) -> None:
    """A person of another domain has the account's name."""
    domain.directory.write(
        User(
            ACCOUNT,
            "somebody",
            f"x@{names.CHILD_DOMAIN}",
            RecipientType.USER_MAILBOX,
            domain=names.CHILD_DOMAIN,
        )
    )


def of_no_use(**useless: Any) -> Arrange:
    """Each role of the linked account is assigned, and gives it nothing."""

    def arrange(domain: Domain) -> None:
        trusted()(domain)
        for assignment in domain.directory.find(RoleAssignment):
            domain.directory.write(replace(assignment, **useless))

    return arrange


CORRUPTED = (
    "Object {} has been corrupted and it is in an inconsistent state. "
    "The following validation errors have been encountered:"
)
"""How Exchange begins to warn about one object."""


def warning(
    *said: str, cmdlet: str = "Get-PartnerApplication", there: Arrange | None = None
) -> Arrange:
    """The list of entries comes with these warnings."""

    def arrange(domain: Domain) -> None:
        (there or trusted())(domain)
        domain.warnings[cmdlet.casefold()] = said

    return arrange


_PATH = "litwareinc.com/Configuration/Services/Microsoft Exchange/Litware/Auth Configuration/Partner Applications/"
WARNED: dict[str, tuple[str, ...]] = {
    "our entry": (
        CORRUPTED.format(_PATH + "Lync"),
        "AuthMetadataUrl is too long.",
        "Realm is empty.",
    ),
    "another entry": (CORRUPTED.format(_PATH + "SfBLegacy"), "Realm is too long."),
    "in one sentence": ("The object 'Lync' is in an inconsistent state.",),
    "two entries": (
        CORRUPTED.format("Lync"),
        CORRUPTED.format("exchange online"),
        "Realm is too long.",
    ),
    "no listed entry": (CORRUPTED.format(_PATH + "Lync Enterprise"), "Realm is too long."),
    "the read": ("Some objects could not be read.",),
    "an entry and the read": (CORRUPTED.format("Lync"), "There are more results than these."),
    "another object": ("The object is gone.", "Realm is too long."),
}
"""What is warned about, and the words."""


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
        next_effective=_COMING.astimezone(UTC),
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


def iis_stopped(domain: Domain) -> None:
    """IIS of both Exchange servers does not run."""
    for machine in domain.exchange_machines():
        machine.stop_web()


def without_rights(*cmdlets: str, user: str = names.EXCHANGE_ADMIN) -> Arrange:
    """RBAC does not give the administrator these."""

    def arrange(domain: Domain) -> None:
        domain.missing_cmdlets |= {(user.casefold(), name.casefold()) for name in cmdlets}

    return arrange


def outside_the_groups(domain: Domain) -> None:
    """The administrators are in no group of the products."""
    for known in domain.accounts.known:
        known.groups = frozenset()


def distrusting(domain: Domain) -> None:
    """No machine trusts the domain's CA."""
    domain.network.distrusting |= set(domain.machines)


def lost(domain: Domain) -> None:
    """DNS has lost the names that publish documents."""
    domain.network.unresolvable |= {names.AUTODISCOVER, names.LYNC_POOL}


def large(domain: Domain) -> None:
    """Both documents are larger than anybody wants to read."""
    realm = "x" * 1_100_000
    domain.change_auth_config(realm=realm)
    domain.cms.change(
        lambda state: replace(state, configuration=replace(state.configuration, realm=realm))
    )
    domain.cms.settle()


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


def entry_of(domain: Domain, **changes: Any) -> Entry:
    """The entry that Exchange has for Lync, as an observe run would have told it."""
    found = [
        entry for entry in domain.directory.find(PartnerApplication) if not entry.use_auth_server
    ]
    reference = str(found[0].guid) if found else "CN=gone"
    return trust_worlds.entry(Product.LYNC, **({"reference": reference} | changes))


def lync_trusts(**changes: Any) -> Arrange:
    """Lync trusts Exchange as declared, but for these; every Front End knows."""

    def arrange(domain: Domain) -> None:
        (certificate,) = domain.exchange_certificates.values()
        good: dict[str, Any] = {
            "identity": "Exchange",
            "application_identifier": names.EXCHANGE_ID,
            "realm": names.DOMAIN,
            "metadata_url": names.EXCHANGE_METADATA_URL,
            "certificates": (certificate.base64,),
        }
        application = LyncApplication(**(good | changes))
        domain.cms.change(lambda state: cms.with_application(state, application))
        domain.cms.settle()

    return arrange


def every_lync_drift(domain: Domain) -> None:
    """An entry for each of them, side by side."""
    known: dict[str, LyncApplication] = {}
    for number, arrange in enumerate(LYNC_DRIFTED.values()):
        arrange(domain)
        for entry in domain.cms.state.applications.values():
            named = replace(entry, identity=f"{entry.identity} {number}")
            known[named.identity.casefold()] = named
        domain.cms.change(lambda state: replace(state, applications=MappingProxyType({})))
    domain.cms.change(lambda state: replace(state, applications=MappingProxyType(known)))
    domain.cms.settle()


LYNC_WARNED: dict[str, Arrange] = {
    f"warned: {name}": warning(
        *(text.replace("Lync", "Exchange") for text in said),
        cmdlet="Get-CsPartnerApplication",
        there=lync_trusts(),
    )
    for name, said in WARNED.items()
}

LYNC_DRIFTED: dict[str, Arrange] = {
    "as declared": lync_trusts(),
    "disabled": lync_trusts(enabled=False),
    "another URL": lync_trusts(metadata_url="https://old.example/metadata/json/1"),
    "another realm": lync_trusts(realm="other.example"),
    "another identifier": lync_trusts(application_identifier=names.SHAREPOINT_ID),
    "lower trust": lync_trusts(trust_level="User"),
    "security identifiers": lync_trusts(accepts_security_identifiers=True),
    "a token server's": lync_trusts(use_oauth_server=True, metadata_url=""),
    "odd letters": lync_trusts(identity=LETTERS),
    "several": both(lync_trusts(), lync_trusts(identity="Other", realm="other.example")),
}
"""Lync's entry, one field after the other."""


def no_lync_certificate(domain: Domain) -> None:
    """No certificate is assigned for tokens."""
    domain.cms.change(lambda state: replace(state, certificate=None))
    domain.cms.settle()


def rolled(domain: Domain) -> None:
    """The next certificate is assigned, the old one still signs."""
    made = domain.authority.issue_signing("Rolled")
    domain.lync_certificates[made.thumbprint] = made

    def assign(state: cms.CmsState) -> cms.CmsState:
        assert state.certificate is not None
        later = cms.TokenCertificate(made, _COMING, previous=state.certificate.current)
        return replace(state, certificate=later)

    domain.cms.change(assign)
    domain.cms.settle()


def behind(domain: Domain) -> None:
    """The second Front End receives nothing, and something was changed."""
    domain.cms.stall(names.FRONT_ENDS[1])
    domain.cms.delay_seconds = 0
    domain.cms.change(lambda state: state)


LYNC_DEPLOYMENTS: dict[str, Arrange] = {
    "stock": nothing,
    "every drift": every_lync_drift,
    "no certificate": no_lync_certificate,
    "rolled certificate": rolled,
    "a replica is behind": behind,
    "outside the groups": outside_the_groups,
    "distrusting": distrusting,
    "names lost": lost,
    "large documents": large,
}


def full_trust(domain: Domain) -> None:
    """Both trust each other, and the workers know."""
    trusted()(domain)
    lync_trusts()(domain)
    domain.expire_caches()


def expired(domain: Domain) -> None:
    """Lync signs with a certificate that is out of date."""
    full_trust(domain)
    now = datetime.now(UTC)
    made = domain.authority.issue_signing(
        "Old", not_before=now - timedelta(days=900), not_after=now - timedelta(days=1)
    )
    domain.cms.change(
        lambda state: replace(
            state, certificate=cms.TokenCertificate(made, now - timedelta(days=900))
        )
    )
    domain.cms.settle()


TESTED: dict[str, Arrange] = {
    "no trust": nothing,
    "one side only": lync_trusts(),
    "full trust": full_trust,
    "disabled": both(full_trust, lync_trusts(enabled=False)),
    "lower trust": both(full_trust, lync_trusts(trust_level="User")),
    "no certificate": both(full_trust, no_lync_certificate),
    "certificate expired": expired,
    "IIS stopped": both(full_trust, iis_stopped),
    "names lost": both(full_trust, lost),
    "outside the groups": both(full_trust, outside_the_groups),
}
"""What Test-CsExStorageConnectivity can find."""


def keeps_workers(domain: Domain) -> None:
    """iisreset says that it worked, and the old workers live on."""
    domain.machines[names.EXCHANGE_HOSTS[0]].behaviour.keeps_workers = True


def does_not_come_back(domain: Domain) -> None:
    """IIS stays stopped."""
    domain.machines[names.EXCHANGE_HOSTS[0]].behaviour.comes_back = False


def refuses_once(domain: Domain) -> None:
    """The first attempt fails."""
    domain.machines[names.EXCHANGE_HOSTS[0]].behaviour.refusals = 1


def denies(domain: Domain) -> None:
    """Only administrators may, and this is none."""
    domain.machines[names.EXCHANGE_HOSTS[0]].behaviour.denied = True


def leaves_stopped(domain: Domain) -> None:
    """One service does not start again."""
    domain.machines[names.EXCHANGE_HOSTS[0]].behaviour.left_stopped = ("WAS",)


def pool_stopped(domain: Domain) -> None:
    """A service of Exchange does not run."""
    domain.machines[names.EXCHANGE_HOSTS[0]].services["MSExchangeIS"].state = "Stopped"


HOSTS: dict[str, Arrange] = {
    "stock": nothing,
    "IIS stopped": iis_stopped,
    "a service stopped": pool_stopped,
    "distrusting": distrusting,
    "keeps its workers": keeps_workers,
    "does not come back": does_not_come_back,
    "refuses once": refuses_once,
    "denies": denies,
    "leaves a service stopped": leaves_stopped,
}
"""One IIS host, looked at and restarted."""


def misbehaving(cmdlet: str, how: Misbehaviour) -> Arrange:
    """The next call of a cmdlet goes wrong."""
    return lambda domain: domain.misbehaviours.plan(cmdlet, how)
