"""Which entry stands for an application, and what is done about it (rules 1 to 4)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from partner_operator.trust.differences import UNREADABLE, has_unreadable_value
from partner_operator.trust.model import (
    Entry,
    LinkedAccount,
    Product,
    TrustLevel,
)
from partner_operator.trust.obstacle import Next
from partner_operator.trust.plan import Field
from partner_operator.trust.reasons import Reason
from partner_operator.trust.status import ChangeKind
from support.trust.decisions import one
from support.trust.worlds import (
    LYNC_URL,
    ROLLED,
    STOCK,
    application,
    certificate,
    entry,
    reading,
    registered,
)


def test_a_stock_organisation_proves_absence_and_gets_a_registration() -> None:
    """SfBLegacy has Lync's GUID and is not taken for our entry."""
    decision = one()
    assert decision.absent
    assert decision.change is not None
    assert decision.change.kind is ChangeKind.REGISTER
    assert decision.change.needs_restart
    assert decision.change.differences[0].desired == "Lync"


def test_lync_registers_exchange_under_its_product_name_without_a_restart() -> None:
    change = one(on=Product.LYNC).change
    assert change is not None
    assert (change.kind, change.needs_restart) == (ChangeKind.REGISTER, False)
    assert change.differences[0].desired == "Exchange"


@pytest.mark.parametrize("on", [Product.EXCHANGE, Product.LYNC])
def test_an_entry_as_declared_is_adopted_without_a_change(on: Product) -> None:
    partner = Product.LYNC if on is Product.EXCHANGE else Product.EXCHANGE
    decision = one(entry(partner, on, identity="named by an admin"), on=on)
    assert decision.entry is not None
    assert (decision.change, decision.blocker, decision.absent) == (None, None, False)
    assert not decision.created_by_us


def test_letter_case_alone_is_no_difference() -> None:
    shouted = entry(
        metadata_url="HTTPS://ATL-CS-001.LitwareInc.com:443/Metadata/JSON/1",
        application_identifier="00000004-0000-0FF1-CE00-000000000000",
        realm="LITWAREINC.COM",
        identity="LYNC",
        thumbprints=("ab" * 20,),
        linked_account=LinkedAccount("x", ("userapplication", "ARCHIVEAPPLICATION")),
    )
    decision = one(shouted, desired=application(identity="Lync"))
    assert decision.entry == shouted
    assert decision.change is None


def test_a_query_belongs_to_the_address() -> None:
    """Case C16: token servers' URLs differ by query."""
    url = "https://sts.litwareinc.com/metadata/json/1?realm=One"
    desired = application(url=url)
    other = entry(metadata_url=url.replace("One", "two"), realm="elsewhere")
    documents = [reading(Product.LYNC, url)]
    decision = one(other, desired=desired, seen={"documents": documents})
    assert decision.entry is None


GONE_ACCOUNT = {Field.LINKED_ACCOUNT, Field.ROLES}


@pytest.mark.parametrize(
    ("changed", "fields", "restart"),
    [
        ({"enabled": False}, {Field.ENABLED}, True),
        (
            {"metadata_url": "https://old.litwareinc.com/metadata/json/1"},
            {Field.METADATA_URL},
            True,
        ),
        ({"metadata_url": None}, {Field.METADATA_URL}, True),
        ({"thumbprints": (ROLLED,)}, {Field.CERTIFICATES}, True),
        ({"thumbprints": ()}, {Field.CERTIFICATES}, True),
        ({"realm": "contoso.com"}, {Field.REALM}, True),
        ({"issuer": "someone@contoso.com"}, {Field.ISSUER}, True),
        ({"accepts_security_identifiers": False}, {Field.ACCEPTS_SECURITY_IDENTIFIERS}, True),
        ({"linked_account": None}, GONE_ACCOUNT, True),
        ({"linked_account": LinkedAccount("a", ("UserApplication",))}, {Field.ROLES}, False),
        ({"realm": ""}, set(), False),
    ],
)
def test_exchange_drift_is_updated_in_place_by_field(
    changed: dict[str, Any], fields: set[Field], restart: bool
) -> None:
    decision = one(entry(**changed), registration=registered(entry()))
    if not fields:
        assert decision.change is None
        return
    assert decision.change is not None
    assert decision.change.kind is ChangeKind.UPDATE
    assert decision.change.fields == fields
    assert decision.change.needs_restart is restart


def test_a_role_that_this_version_does_not_have_is_not_asked_for() -> None:
    """Exchange 2013 has no MeetingGraphApplication; a version that has it gets it."""
    account = LinkedAccount("a", ("UserApplication", "ArchiveApplication"))
    assert one(entry(linked_account=account)).change is None
    later = (*account.roles, "MeetingGraphApplication")
    change = one(entry(linked_account=account), seen={"available_roles": later}).change
    assert change is not None
    assert change.fields == {Field.ROLES}


def test_a_rename_is_an_update_without_a_restart() -> None:
    """Case C14 on Exchange."""
    decision = one(entry(identity="LyncEnterprise-0b1c"), desired=application(identity="Lync"))
    assert decision.change is not None
    assert decision.change.fields == {Field.IDENTITY}
    assert decision.change.kind is ChangeKind.UPDATE
    assert not decision.change.needs_restart


def test_an_unreadable_url_is_drift_of_its_own_and_not_absence() -> None:
    """Case C06: null where a URL is desired; no New-, and the message can say it."""
    damaged = entry(metadata_url=None)
    for decision in (one(damaged), one(damaged, registration=registered(entry()))):
        assert not decision.absent
        assert decision.change is not None
        assert decision.change.kind is ChangeKind.UPDATE
        assert has_unreadable_value(decision.change)
        assert decision.change.differences[0].current == UNREADABLE


@pytest.mark.parametrize(
    ("changed", "kind", "fields"),
    [
        ({"enabled": False}, ChangeKind.UPDATE, {Field.ENABLED}),
        ({"trust_level": "User"}, ChangeKind.UPDATE, {Field.TRUST_LEVEL}),
        ({"metadata_url": "https://old.example/x"}, ChangeKind.UPDATE, {Field.METADATA_URL}),
        ({"realm": "contoso.com"}, ChangeKind.RECREATE, {Field.REALM}),
        (
            {"realm": "contoso.com", "enabled": False},
            ChangeKind.RECREATE,
            {Field.REALM, Field.ENABLED},
        ),
        ({"accepts_security_identifiers": True}, None, set()),
    ],
)
def test_lync_recreates_only_for_what_is_immutable(
    changed: dict[str, Any], kind: ChangeKind | None, fields: set[Field]
) -> None:
    stored = entry(Product.EXCHANGE, Product.LYNC)
    decision = one(replace(stored, **changed), on=Product.LYNC, registration=registered(stored))
    if kind is None:
        assert decision.change is None
        return
    assert decision.change is not None
    assert decision.change.kind is kind
    assert decision.change.fields == fields
    assert not decision.change.needs_restart


def test_the_declared_trust_level_counts() -> None:
    desired = application(Product.EXCHANGE, trust_level=TrustLevel.APPLICATION)
    change = one(entry(Product.EXCHANGE, Product.LYNC), on=Product.LYNC, desired=desired).change
    assert change is not None
    assert str(change.differences[0]) == "applicationTrustLevel: Full -> Application"


def test_lync_certificates_are_those_of_the_last_read() -> None:
    """Lync shows none: the last read counts, and an empty memory changes nothing (rule 15)."""
    stored = entry(Product.EXCHANGE, Product.LYNC)
    memory = registered(stored)
    rolled = {"documents": [reading(Product.EXCHANGE, certificates=(certificate(ROLLED),))]}
    assert one(stored, on=Product.LYNC, seen=rolled).change is None
    assert one(stored, on=Product.LYNC, registration=memory).change is None
    adopted = replace(memory, thumbprints=(), created_by_us=False)
    assert one(stored, on=Product.LYNC, registration=adopted, seen=rolled).change is None
    unwitnessed = replace(memory, thumbprints=())
    for remembered in (memory, unwitnessed):
        change = one(stored, on=Product.LYNC, registration=remembered, seen=rolled).change
        assert change is not None
        assert change.kind is ChangeKind.UPDATE
        assert change.fields == {Field.CERTIFICATES}


def test_several_matches_are_refused_with_their_names() -> None:
    twins = (
        entry(identity="Lync east", reference="CN=1", metadata_url="https://east.example/m"),
        entry(identity="Lync west", reference="CN=2", metadata_url="https://west.example/m"),
    )
    decision = one(*twins)
    assert decision.change is None
    assert decision.blocker is not None
    assert decision.blocker.reason is Reason.AMBIGUOUS
    assert "Lync east" in decision.blocker.message
    assert "Lync west" in decision.blocker.message


@pytest.mark.parametrize("how", ["identity", "registration", "url"])
def test_name_memory_or_exact_url_decide_between_several(how: str) -> None:
    ours = entry(identity="ours", reference="CN=ours", metadata_url="https://old.example/m")
    other = entry(identity="other", reference="CN=other", metadata_url="https://other.example/m")
    desired, memory = application(), None
    if how == "identity":
        desired = application(identity="OURS")
    elif how == "registration":
        memory = registered(ours)
    else:
        ours = replace(ours, metadata_url=LYNC_URL)
    decision = one(other, ours, desired=desired, registration=memory)
    assert decision.entry == ours


def test_an_entry_renamed_by_hand_is_still_ours() -> None:
    """On Exchange the Guid survives a rename, so nobody has to guess by content."""
    renamed = entry(identity="renamed", metadata_url="https://damaged", realm="damaged")
    decision = one(renamed, registration=registered(entry()))
    assert decision.entry == renamed
    assert decision.change is not None
    assert Field.IDENTITY not in decision.change.fields
    assert decision.created_by_us


@pytest.mark.parametrize(
    "squatter",
    [
        entry(realm="contoso.com", metadata_url="https://pool.contoso.com/metadata/json/1"),
        entry(Product.SHAREPOINT, identity="Lync"),
        replace(STOCK[1], identity="lync"),
    ],
    ids=["another deployment", "another product", "an auth server's"],
)
def test_the_same_name_with_other_content_is_a_conflict(squatter: Entry) -> None:
    decision = one(squatter)
    assert decision.blocker is not None
    assert decision.blocker.reason is Reason.CONFLICT
    assert decision.blocker.then is Next.HUMAN
    assert (decision.change, decision.entry, decision.absent) == (None, None, False)


def test_a_rename_to_a_taken_name_is_a_conflict_and_keeps_the_entry() -> None:
    taken = entry(Product.SHAREPOINT, identity="Wanted")
    decision = one(entry(), taken, desired=application(identity="wanted"))
    assert decision.blocker is not None
    assert decision.blocker.reason is Reason.CONFLICT
    assert decision.entry == entry()
