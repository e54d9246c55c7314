"""What happens to a farm's entries from outside, and to those of others for a farm: roll-overs, realms, scripts."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from partner_operator.products.sharepoint.rules import INTERIM
from partner_operator.trust.conditions import find
from partner_operator.trust.model import DesiredApplication, Entry, Mode, Product
from partner_operator.trust.reasons import ConditionStatus, ConditionType, Reason
from partner_operator.trust.status import ChangeKind
from support.engine.servers import FakeOrganisation
from support.engine.world import (
    EXCHANGE_ON_SHAREPOINT,
    SHAREPOINT_HOSTS,
    World,
    exchange_on_sharepoint,
)
from support.trust import worlds as values

MINUTES = timedelta(minutes=11)
NEW_REALM = "5f7d0f0e-3a52-4a7e-9d3b-0b7d2f6a91e4"


def sharepoint_on(product: Product) -> DesiredApplication:
    """This product shall trust the farm."""
    return values.application(
        Product.SHAREPOINT,
        f"sharepoint-on-{product.lower()}",
        server_name=product.lower(),
        has_finalizer=False,
    )


class Domain:
    """A farm that trusts Exchange, and is trusted by Exchange and Lync; all as declared."""

    def __init__(self) -> None:
        self.world = World()
        self.world.join_farm()
        self.farm = self.world.sharepoint
        for there in (self.world.exchange, self.world.lync):
            own = values.reading(Product.SHAREPOINT)
            there.model.documents = (*there.model.documents, own)
        self.world.cluster.add(exchange_on_sharepoint())
        for product in (Product.EXCHANGE, Product.LYNC):
            self.world.cluster.add(sharepoint_on(product))
        self.passes()
        self.reset()
        assert self.world.all_ready()

    def passes(self, count: int = 1) -> None:
        for _ in range(count):
            self.world.clock.instant += MINUTES
            for name in self.world.cluster.servers:
                self.world.run_pass(name)

    def reset(self) -> None:
        """An administrator runs iisreset on the farm's servers."""
        for host in SHAREPOINT_HOSTS:
            self.farm.iisreset(host)
        self.passes()

    def publish(self, product: Product, **changes: Any) -> None:
        """Another document of this product, for all who fetch it."""
        new = values.reading(product, **changes)
        for there in self.world.organisations.values():
            there.model.documents = tuple(
                new if one.url == new.url else one for one in there.model.documents
            )

    def only(self, there: FakeOrganisation) -> Entry:
        (entry,) = there.model.entries
        return entry

    def kinds(self, there: FakeOrganisation) -> list[ChangeKind]:
        return [change.kind for change in there.model.writes]

    def reason(self, name: str = EXCHANGE_ON_SHAREPOINT) -> Reason:
        ready = self.world.cluster.ready(name)
        assert ready is not None
        return ready[1]


def test_the_farms_new_realm_is_followed_in_place_on_exchange_and_by_another_entry_on_lync() -> (
    None
):
    """A hybrid wizard replaced it. People are told before that an entry goes for a moment."""
    domain = Domain()
    exchange, lync = domain.world.exchange, domain.world.lync
    stood = domain.only(exchange).reference
    domain.publish(Product.SHAREPOINT, realm=NEW_REALM)
    domain.passes(2)
    assert domain.only(exchange).realm == domain.only(lync).realm == NEW_REALM
    assert domain.only(exchange).reference == stood
    assert domain.kinds(exchange) == [ChangeKind.REGISTER, ChangeKind.UPDATE]
    assert domain.kinds(lync) == [ChangeKind.REGISTER, ChangeKind.RECREATE]
    told = {
        name: message
        for name, _, reason, message in domain.world.cluster.events
        if reason is Reason.DRIFT_DETECTED
    }
    assert "removed and made again" in told["sharepoint-on-lync"]
    assert "removed" not in told["sharepoint-on-exchange"]
    assert domain.kinds(domain.farm) == [ChangeKind.REGISTER], "the farm's own entries stay"


@pytest.mark.parametrize("on", [Product.LYNC, Product.SHAREPOINT])
def test_the_plan_says_that_an_entry_is_removed_and_made_again(on: Product) -> None:
    domain = Domain()
    name = EXCHANGE_ON_SHAREPOINT if on is Product.SHAREPOINT else "sharepoint-on-lync"
    domain.world.cluster.change(name, mode=Mode.OBSERVE)
    partner = Product.EXCHANGE if on is Product.SHAREPOINT else Product.SHAREPOINT
    domain.publish(partner, realm=NEW_REALM)
    domain.passes()
    status = domain.world.cluster.status(name)
    assert status.plan[0] == f"realm: litwareinc.com -> {NEW_REALM}"
    [again] = [line for line in status.plan if "removed and made again" in line]
    assert "gap" in again
    ready = find(status.conditions, ConditionType.READY)
    assert ready is not None
    assert "removed and made again" in ready.message


@pytest.mark.parametrize("breaks_after", [None, 1, 2])
def test_a_partners_new_realm_makes_another_issuer_and_a_broken_off_change_is_finished(
    breaks_after: int | None,
) -> None:
    """New first, then the old one goes, then the name: the run may end behind each."""
    domain = Domain()
    old = domain.only(domain.farm)
    domain.farm.model.breaks_after = breaks_after
    domain.publish(Product.EXCHANGE, realm=NEW_REALM)
    domain.passes(4)
    new = domain.only(domain.farm)
    assert (new.identity, new.realm) == (old.identity, NEW_REALM)
    assert not new.identity.endswith(INTERIM)
    registration = domain.world.cluster.status(EXCHANGE_ON_SHAREPOINT).registration
    assert registration is not None
    assert (registration.reference, registration.created_by_us) == (new.reference, True)
    assert domain.reason() is Reason.WAITING_FOR_ACTIVATION
    # No host can know this issuer from before.
    for host in SHAREPOINT_HOSTS:
        domain.farm.running[host] = domain.farm.model.entries
    domain.passes()
    assert domain.reason() is Reason.SUCCEEDED
    domain.world.cluster.delete(EXCHANGE_ON_SHAREPOINT)
    domain.passes(2)
    assert domain.farm.model.entries == ()


@pytest.mark.parametrize("field", ["certificate", "second certificate", "url"])
def test_what_the_farm_should_read_is_read_again_in_place(field: str) -> None:
    """Signing and additional certificates are one set."""
    domain = Domain()
    if field == "url":
        entry = domain.only(domain.farm)
        domain.farm.model.entries = (replace(entry, metadata_url="https://old.litwareinc.com/"),)
    else:
        both = field == "second certificate"
        known = (values.certificate(),) if both else ()
        domain.publish(Product.EXCHANGE, certificates=(values.certificate(values.ROLLED), *known))
    domain.passes(2)
    entry = domain.only(domain.farm)
    assert entry.metadata_url == values.EXCHANGE_URL
    assert (values.ROLLED in (entry.thumbprints or ())) is (field != "url")
    assert domain.kinds(domain.farm) == [ChangeKind.REGISTER, ChangeKind.UPDATE]
    assert domain.reason() is Reason.WAITING_FOR_ACTIVATION


def test_the_farms_own_refresh_job_is_no_other_writer() -> None:
    """It reads the partner's document by itself: before our pass there is nothing to do, and after it nothing to
    put right, however often the partner rolls within a day.
    """
    domain = Domain()
    for number in range(12):
        thumbprint = f"{number:02X}" * 20
        domain.publish(Product.EXCHANGE, certificates=(values.certificate(thumbprint),))
        if number % 2:
            domain.passes()
        entry = domain.only(domain.farm)
        domain.farm.model.entries = (replace(entry, thumbprints=(thumbprint,)),)
        domain.passes()
        registration = domain.world.cluster.status(EXCHANGE_ON_SHAREPOINT).registration
        assert registration is not None
        assert registration.thumbprints == (thumbprint,)
    assert domain.world.cluster.told(Reason.ANOTHER_WRITER) == []
    assert domain.world.cluster.told(Reason.METADATA_ALTERNATES) == []
    assert domain.kinds(domain.farm).count(ChangeKind.UPDATE) == 6


def repaired_as_the_article_has_it(entry: Entry, realm: str) -> Entry:
    """Microsoft's KB 4010011: another issuer of the name, by certificate, in the farm's own realm, as a broker."""
    return replace(entry, reference="CN=by script", realm=realm, metadata_url="")


@pytest.mark.parametrize("identity", [None, "Exchange"])
def test_a_repair_script_that_spoils_our_entry_is_told_and_it_is_made_again(
    identity: str | None,
) -> None:
    """It is no somebody else's: by certificate and in the farm's own realm no Exchange can be."""
    domain = Domain()
    if identity:
        domain.world.cluster.delete(EXCHANGE_ON_SHAREPOINT)
        domain.passes(2)
        domain.world.cluster.add(exchange_on_sharepoint(identity=identity))
        domain.passes()
    domain.publish(Product.SHAREPOINT, realm=NEW_REALM)
    spoiled = repaired_as_the_article_has_it(domain.only(domain.farm), NEW_REALM)
    domain.farm.model.entries = (spoiled,)
    domain.passes(2)
    entry = domain.only(domain.farm)
    assert (entry.identity, entry.realm, entry.metadata_url) == (
        "Exchange",
        "litwareinc.com",
        values.EXCHANGE_URL,
    )
    assert any(
        "removed and made again" in told
        for told in domain.world.cluster.told(Reason.DRIFT_DETECTED)
    )
    registration = domain.world.cluster.status(EXCHANGE_ON_SHAREPOINT).registration
    assert registration is not None
    assert registration.created_by_us
    assert domain.reason() is Reason.WAITING_FOR_ACTIVATION


def test_another_organisation_of_the_partner_beside_ours_is_left_alone() -> None:
    """Two issuers of one identifier and two realms are two partners."""
    domain = Domain()
    ours = domain.only(domain.farm)
    other = replace(
        ours, reference="CN=other", identity="Other", realm="fabrikam.example",
        metadata_url="https://autodiscover.fabrikam.example/autodiscover/metadata/json/1",
    )  # fmt: skip
    domain.farm.model.entries = (other, ours)
    domain.passes(2)
    assert domain.farm.model.entries == (other, ours)
    assert domain.reason() is Reason.SUCCEEDED
    # Ours is removed by hand, and the other one takes its name: it is not ours to change.
    squatter = replace(other, identity="Exchange")
    domain.farm.model.entries = (squatter,)
    domain.passes(3)
    assert domain.farm.model.entries == (squatter,)
    assert domain.reason() is Reason.CONFLICT
    ready = find(
        domain.world.cluster.status(EXCHANGE_ON_SHAREPOINT).conditions, ConditionType.READY
    )
    assert ready is not None
    assert ready.status is ConditionStatus.FALSE
    assert "another Exchange (realm fabrikam.example)" in ready.message
