"""Worlds with a token server and an application behind it, for both engines."""

from __future__ import annotations

from collections.abc import Callable

from partner_simulator.hybrid_people import HybridActions
from partner_simulator.world import names
from partner_simulator.world.domain import Domain
from partner_simulator.world.objects import PartnerApplication, RecipientType, User
from partner_simulator.world.token_documents import Shape
from partner_simulator.world.token_server import HR_ID
from support.embedded.lync_worlds import lync_trusts
from support.embedded.worlds import CORRUPTED, LETTERS, Arrange, both, warning

REALM = names.TOKEN_REALM
ACCOUNT = f"{names.DOMAIN}/Users/HR"


class _People(HybridActions):
    """Whoever works on a domain by hand."""

    def __init__(self, domain: Domain) -> None:
        self.domain = domain


def people(*done: Callable[[_People], object]) -> Arrange:
    """What people did, long ago. The token server has its key: two domains could never make the same.

    Lync's replicas know of everything at once, so that what is seen of them depends on no haste.
    """

    def arrange(domain: Domain) -> None:
        domain.cms.delay_seconds = 0
        at_work = _People(domain)
        assert at_work.token_server().keys
        for each in done:
            each(at_work)
        domain.cms.settle()

    return arrange


def _two_accounts(domain: Domain) -> None:
    """Two accounts of the name, in two other domains of the forest."""
    for where in (names.CHILD_DOMAIN, f"apac.{names.DOMAIN}"):
        made = User("HR", where[:20], f"HR@{where}", RecipientType.MAIL_USER, domain=where)
        domain.directory.write(made)


def _own_keys(domain: Domain) -> None:
    """An entry for the application that is trusted by keys of its own."""
    now = domain.clock.now()
    url = "https://hr.litwareinc.com/metadata/json/1"
    entry = PartnerApplication("Other", HR_ID, now, now, auth_metadata_url=url)
    domain.directory.write(entry)


def _there_too(domain: Domain) -> None:
    """Whatever else there is, the application is there on both products."""
    at_work = _People(domain)
    if not any(
        e.application_identifier == HR_ID for e in domain.directory.find(PartnerApplication)
    ):
        at_work.register_application("Mine", HR_ID, realm=REALM)
    if "hr" not in domain.cms.state.applications:
        at_work.register_application_on_lync("HR", HR_ID, realm=REALM)
        domain.cms.settle()


def there_in(worlds: dict[str, Arrange]) -> dict[str, Arrange]:
    """The same worlds, and the application is there on both products."""
    return {f"there, {name}": both(arrange, _there_too) for name, arrange in worlds.items()}


untouched = people()
with_account = people(lambda they: they.make_linked_account("HR", "UserApplication"))
vouched = people(lambda they: they.trust_token_server("STS"))
on_exchange_there = people(
    lambda they: they.make_linked_account("HR"),
    lambda they: they.trust_token_server("STS"),
    lambda they: they.register_application("HR", HR_ID, realm=REALM, linked_account=ACCOUNT),
)
ON_EXCHANGE: dict[str, Arrange] = {
    "nothing there": untouched,
    "the account there": with_account,
    "the token server there": both(with_account, vouched),
    "the token server there, with a slash": both(
        with_account,
        people(
            lambda they: they.trust_token_server("STS"),
            lambda they: they.change_token_server(
                "STS", auth_metadata_url=f"{names.TOKEN_SERVER_METADATA_URL}/"
            ),
        ),
    ),
    "the token server's name taken": both(
        with_account,
        people(
            lambda they: they.trust_token_server(names.TOKEN_SERVER),
            lambda they: they.change_token_server(
                names.TOKEN_SERVER, auth_metadata_url="https://old.example/x"
            ),
        ),
    ),
    "already there": on_exchange_there,
    "there twice": both(
        on_exchange_there,
        people(lambda they: they.register_application("Again", HR_ID, realm=REALM)),
    ),
    "there for another realm": both(
        with_account, people(lambda they: they.register_application("Other", HR_ID, realm="other"))
    ),
    "there for no realm": both(
        with_account, people(lambda they: they.register_application("Other", HR_ID))
    ),
    "there with keys of its own": both(with_account, untouched, _own_keys),
    "the name taken": both(
        with_account, people(lambda they: they.register_application("HR", names.GRAPH_ID))
    ),
    "two accounts": both(untouched, _two_accounts),
    "a hybrid": both(with_account, people(lambda they: they.hybrid())),
    "a document without issuer": both(
        with_account,
        people(lambda they: they.publish_token_document(Shape.WITHOUT_ISSUER)),
    ),
    "a document in XML": both(
        with_account, people(lambda they: they.publish_token_document(Shape.FEDERATION))
    ),
    "token servers that are warned about": warning(
        CORRUPTED.format("STS"), cmdlet="Get-AuthServer", there=both(with_account, vouched)
    ),
    "token servers that may be more": warning(
        "There are more.", cmdlet="Get-AuthServer", there=both(with_account, vouched)
    ),
    "a list that is not whole": warning("There are more.", there=with_account),
}
"""Where an application is registered, or changed, on Exchange."""

KEYS: dict[str, Arrange] = {
    "of a token server there": on_exchange_there,
    "in a hybrid": both(on_exchange_there, people(lambda they: they.hybrid())),
    "without issuer": both(
        on_exchange_there,
        people(lambda they: they.publish_token_document(Shape.WITHOUT_ISSUER)),
    ),
}
"""Where the keys of a token server are read again."""

on_lync_there = people(
    lambda they: they.trust_token_server_on_lync("STS"),
    lambda they: they.register_application_on_lync("HR", HR_ID, realm=REALM),
)
ON_LYNC: dict[str, Arrange] = {
    "nothing there": untouched,
    "the token server there": people(lambda they: they.trust_token_server_on_lync("STS")),
    "the token server's name taken": people(
        lambda they: they.trust_token_server_on_lync(
            names.TOKEN_SERVER, f"{names.TOKEN_SERVER_METADATA_URL}?realm={REALM}"
        )
    ),
    "already there": on_lync_there,
    "there under another name": people(
        lambda they: they.register_application_on_lync("Other", HR_ID, realm=REALM)
    ),
    "there under two names": both(
        on_lync_there,
        people(lambda they: they.register_application_on_lync("Other", HR_ID, realm=REALM)),
    ),
    "there for another realm": people(
        lambda they: they.register_application_on_lync("Other", HR_ID, realm="other")
    ),
    "made for another realm": people(
        lambda they: they.register_application_on_lync("HR", HR_ID, realm="other")
    ),
    "there with keys of its own": both(
        untouched, lync_trusts(identity="HR", application_identifier=HR_ID, realm=REALM)
    ),
    "there for Lync's own realm": people(
        lambda they: they.register_application_on_lync("Other", HR_ID, realm=names.DOMAIN)
    ),
    "the name taken": people(
        lambda they: they.register_application_on_lync("HR", names.GRAPH_ID, realm=REALM)
    ),
    "odd letters": people(
        lambda they: they.register_application_on_lync(LETTERS, HR_ID, realm=REALM)
    ),
    "a hybrid": people(lambda they: they.hybrid()),
    "a document without issuer": people(
        lambda they: they.publish_token_document(Shape.WITHOUT_ISSUER)
    ),
    "a document in XML": people(lambda they: they.publish_token_document(Shape.FEDERATION)),
    "token servers that are warned about": warning(
        CORRUPTED.format("STS"), cmdlet="Get-CsOAuthServer", there=on_lync_there
    ),
    "token servers that may be more": warning(
        "There are more.", cmdlet="Get-CsOAuthServer", there=on_lync_there
    ),
    "a list that is not whole": warning(
        "There are more.", cmdlet="Get-CsPartnerApplication", there=untouched
    ),
}
"""Where an application is registered, or changed, on Lync."""
