"""Worlds that operations of both engines are tried in: what all of them are arranged of, and Exchange's trust."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from partner_operator.catalog import CATALOG
from partner_operator.trust.model import Entry, Product
from partner_simulator.world import names
from partner_simulator.world.domain import Domain
from partner_simulator.world.misbehaviour import Misbehaviour
from partner_simulator.world.objects import PartnerApplication, RecipientType, RoleAssignment, User
from support.trust import worlds as trust_worlds

Arrange = Callable[[Domain], None]
ACCOUNT = "LyncEnterprise-ApplicationAccount"
LETTERS = "O'Neil & <Söhne> \u0130stanbul \u6f22 \U0001f600 \\ \" `$x"
_LONG_AGO = datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=UTC)
COMING = datetime(2030, 1, 1, 12, 0, 0, 999999, tzinfo=UTC)


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


def entry_of(domain: Domain, **changes: Any) -> Entry:
    """The entry that Exchange has for Lync, as an observe run would have told it."""
    found = [
        entry for entry in domain.directory.find(PartnerApplication) if not entry.use_auth_server
    ]
    reference = str(found[0].guid) if found else "CN=gone"
    return trust_worlds.entry(Product.LYNC, **({"reference": reference} | changes))


def misbehaving(cmdlet: str, how: Misbehaviour) -> Arrange:
    """The next call of a cmdlet goes wrong."""
    return lambda domain: domain.misbehaviours.plan(cmdlet, how)
