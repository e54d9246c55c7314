"""Tokens presented over real HTTPS, judged by what the workers have loaded."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from partner_simulator.human import HumanActions
from partner_simulator.world import names
from partner_simulator.world.objects import AcceptedDomain, RoleAssignment, User
from support.world.farm import EWS, KENMYER, Web, web_of

CREATE = b'<m:CreateItem><t:DistinguishedFolderId Id="inbox"/></m:CreateItem>'


@pytest.fixture
def web() -> Iterator[Web]:
    with web_of() as made:
        yield made


@pytest.fixture
def trusting(web: Web) -> Web:
    web.trust()
    return web


def test_a_stock_domain_trusts_nobody(web: Web) -> None:
    """401 with a challenge that does not list Lync (SfBLegacy is no proof, C15)."""
    answer = web.post(web.token())
    assert answer.status == 401
    assert names.LYNC_ID not in answer.header("WWW-Authenticate")
    assert 'error="invalid_token"' in answer.header("WWW-Authenticate")
    assert answer.header("x-ms-diagnostics")
    assert web.why_not() is not None


def test_registered_and_loaded_trust_works(trusting: Web) -> None:
    """Both directions, on every host; looking writes nothing."""
    assert trusting.why_not() is None
    assert trusting.domain.mailboxes.items(KENMYER) == 0
    challenge = trusting.post("").header("WWW-Authenticate")
    assert f'trusted_issuers="{names.LYNC_ID}@litwareinc.com"' in challenge


def test_registered_trust_is_not_loaded_by_itself(web: Web) -> None:
    """Workers go on with what they read at their start, until 15 minutes later."""
    web.domain.load_running()
    web.trust(load=False)
    assert web.post(web.token()).status == 401
    web.domain.clock.advance(timedelta(minutes=14))
    assert web.post(web.token()).status == 401
    web.domain.clock.advance(timedelta(minutes=1))
    assert web.post(web.token()).status == 200


def test_a_restart_loads_it_on_that_host_only(web: Web) -> None:
    """iisreset on one of two hosts."""
    web.domain.load_running()
    web.trust(load=False)
    person = HumanActions()
    person.domain = web.domain
    assert person.iisreset(names.EXCHANGE_HOSTS[0]) == 0
    assert web.post(web.token()).status == 200
    second = names.EXCHANGE_HOSTS[1]
    url = f"https://{second}/ews/exchange.asmx"
    assert web.post(web.token(host=second), url).status == 401
    assert (web.why_not() or "").startswith(second)


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"host": "elsewhere.litwareinc.com"}, 2000003),
        ({"client_id": names.SHAREPOINT_ID}, 2000003),
    ],
)
def test_a_wrong_audience_is_named(trusting: Web, changed: dict[str, str], code: int) -> None:
    """x-ms-diagnostics carries the documented code."""
    answer = trusting.post(trusting.token(**changed))
    assert answer.status == 401
    assert answer.header("x-ms-diagnostics").startswith(str(code))


def test_a_foreign_key_is_an_invalid_signature(trusting: Web) -> None:
    """2000000, as after a rollover that nobody read."""
    stranger = trusting.domain.authority.issue_signing("stranger")
    answer = trusting.post(trusting.token(signer=stranger))
    assert answer.header("x-ms-diagnostics").startswith("2000000;")


def test_an_old_token_is_refused(trusting: Web) -> None:
    """Five minutes and the allowance for clocks later."""
    old = trusting.token(now=trusting.domain.clock.seconds() - 3600)
    assert trusting.post(old).status == 401


def test_garbage_is_no_token(trusting: Web) -> None:
    """2000001."""
    assert trusting.post("x.y.z").header("x-ms-diagnostics").startswith("2000001;")


def test_a_disabled_entry_is_not_trusted(web: Web) -> None:
    """Nor listed."""
    entry = web.trust()
    web.change(entry, enabled=False)
    assert web.post(web.token()).status == 401
    assert names.LYNC_ID not in web.post("").header("WWW-Authenticate")


def test_a_missing_role_is_a_soap_fault(trusting: Web) -> None:
    """Authenticated, but without rights (6.3)."""
    directory = trusting.domain.directory
    directory.delete(directory.find(RoleAssignment)[0])
    trusting.domain.expire_caches()
    answer = trusting.post(trusting.token())
    assert answer.status == 200
    assert b"missing a linked account for RBAC roles" in answer.body
    assert "RBAC" in (trusting.why_not() or "")


def test_a_deleted_linked_account_is_a_soap_fault(trusting: Web) -> None:
    """The entry is still there."""
    directory = trusting.domain.directory
    account = next(u for u in directory.find(User) if u.name.startswith("LyncEnterprise"))
    directory.delete(account)
    trusting.domain.expire_caches()
    assert b"missing a linked account" in trusting.post(trusting.token()).body


def test_a_wildcard_accepted_domain_is_no_tenant(trusting: Web) -> None:
    """2000004 (S2)."""
    directory = trusting.domain.directory
    domain = directory.find(AcceptedDomain)[0]
    directory.write(replace(domain, domain_name="*.litwareinc.com"))
    trusting.domain.expire_caches()
    answer = trusting.post(trusting.token())
    assert answer.header("x-ms-diagnostics").startswith("2000004;")


def test_items_are_made_and_deleted(trusting: Web) -> None:
    """The id that Create answers is what Delete takes."""
    made = trusting.post(trusting.token(), body=CREATE)
    assert trusting.domain.mailboxes.items(KENMYER) == 1
    item = made.body.decode().split('<t:ItemId Id="')[1].split('"')[0]
    body = f'<m:DeleteItem><t:ItemId Id="{item}"/></m:DeleteItem>'.encode()
    assert trusting.post(trusting.token(), body=body).status == 200
    assert trusting.domain.mailboxes.items(KENMYER) == 0
    assert trusting.domain.mailboxes.ever_created(KENMYER) == 1


def test_autodiscover_names_a_host(trusting: Web) -> None:
    """The way of Test-CsExStorageConnectivity: Autodiscover first, then EWS there."""
    url = f"https://{names.AUTODISCOVER}/autodiscover/autodiscover.svc"
    answer = trusting.post(trusting.token(host=names.AUTODISCOVER), url)
    assert b"<ExternalEwsUrl>https://atl-exchange-00" in answer.body


def test_a_stopped_iis_serves_nothing(trusting: Web) -> None:
    """503 on the host itself; Autodiscover is answered by the other one."""
    trusting.domain.machines[names.EXCHANGE_HOSTS[0]].stop_web()
    assert trusting.post(trusting.token(), EWS).status == 503
    assert trusting.get(names.EXCHANGE_METADATA_URL).status == 200


@pytest.mark.parametrize(
    "change",
    [
        {"enabled": False},
        {"certificates": ()},
        {"realm": "elsewhere.example"},
        {"trust_level": "User"},
    ],
)
def test_lync_judges_exchanges_tokens(trusting: Web, change: dict[str, object]) -> None:
    """The other direction needs Lync's own entry to be whole."""
    state = trusting.domain.cms.state
    entry = replace(state.applications["exchange"], **change)  # type: ignore[arg-type]  # field names
    changed = {"exchange": entry}
    trusting.domain.cms.change(lambda known: replace(known, applications=changed))
    trusting.domain.cms.settle()
    assert trusting.why_not() is not None


def test_lync_copies_certificates_or_reads_them_again() -> None:
    """A guess, so a switch: after Exchange's rollover the copy is stale."""
    for copies in (True, False):
        with web_of(lync_copies_certificates=copies) as web:
            web.trust()
            person = HumanActions()
            person.domain = web.domain
            person.roll_exchange_certificate()
            assert (web.why_not() is not None) is copies
