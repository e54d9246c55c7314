"""Tokens at SharePoint's door: who is let in, who is not and why, and from when on."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import jwt
import pytest

from partner_simulator.farm_people import FarmActions
from partner_simulator.human import HumanActions
from partner_simulator.ports import PsCertificate
from partner_simulator.web import paths
from partner_simulator.world import names, tokens
from partner_simulator.world.machines import RECYCLING_HOUR, Role
from partner_simulator.world.network import Answer
from partner_simulator.world.objects import AuthConfig
from partner_simulator.world.sharepoint_farm import Kind, StsFlags
from partner_simulator.world.switches import Name
from support.world.bench import (
    EXCHANGE_ISSUER,
    LYNC_ISSUER,
    MAILBOX,
    SHAREPOINT_SESSION,
    Bench,
    bench,
)

FIRST, SECOND = names.SHAREPOINT_HOSTS


class People(HumanActions, FarmActions):
    """Whoever has the keys."""

    def __init__(self, world: Bench) -> None:
        self.domain = world.domain


def door(world: Bench, token: str | None, host: str = FIRST) -> Answer:
    """What the client service says to a token; None: to nobody."""
    headers = {} if token is None else {"Authorization": f"Bearer {token}".strip()}
    url = f"https://{host}{paths.SHAREPOINT_SERVICE}"
    return world.domain.network.request(names.EXCHANGE_HOSTS[0], "GET", url, headers=headers)


def token(world: Bench, **changed: Any) -> str:
    """Exchange's token for the first server, with whatever shall be wrong in it."""
    config = world.domain.directory.find(AuthConfig)[0]
    parts: dict[str, Any] = {
        "signer": world.domain.exchange_certificates[config.current_thumbprint],
        "issuer": EXCHANGE_ISSUER,
        "client_id": names.SHAREPOINT_ID,
        "host": FIRST,
        "realm": world.domain.sharepoint.state.realm,
        "user": MAILBOX,
        "now": world.domain.clock.seconds(),
    }
    return tokens.mint(**(parts | changed))


@pytest.fixture
def trusting(world: Bench) -> Bench:
    """The farm trusts Exchange, and its workers know it."""
    world.trust_on_sharepoint()
    world.permit(EXCHANGE_ISSUER)
    world.domain.sharepoint.settle()
    return world


def refusal(world: Bench) -> str | None:
    return world.refused(Role.SHAREPOINT, Role.EXCHANGE)


def test_an_empty_bearer_token_is_answered_with_the_issuers_that_workers_know(
    trusting: Bench,
) -> None:
    """Each server for itself; a call without a scheme is asked for NTLM only."""
    challenge = door(trusting, "").header("WWW-Authenticate")
    realm = trusting.domain.sharepoint.state.realm
    assert f'Bearer realm="{realm}",client_id="{names.SHAREPOINT_ID}"' in challenge
    assert f'trusted_issuers="{EXCHANGE_ISSUER}"' in challenge
    assert door(trusting, None).header("WWW-Authenticate") == "NTLM"
    trusting.domain.sharepoint.offers_bearer = False
    assert door(trusting, "").header("WWW-Authenticate") == "NTLM"


def test_a_good_token_is_taken_by_every_server(trusting: Bench) -> None:
    assert refusal(trusting) is None
    assert trusting.refused(Role.SHAREPOINT, Role.EXCHANGE, "") is None


@pytest.mark.parametrize(
    ("changed", "status", "code"),
    [
        ({"host": SECOND}, 401, "3000003;"),
        ({"realm": "other"}, 401, "3000003;"),
        ({"client_id": names.LYNC_ID}, 401, "3000003;"),
        ({"issuer": LYNC_ISSUER}, 401, "3001001;"),
        ({"now": 0}, 401, "3001002;"),
    ],
)
def test_what_is_wrong_with_a_token_is_named(
    trusting: Bench, changed: dict[str, Any], status: int, code: str
) -> None:
    answer = door(trusting, token(trusting, **changed))
    assert answer.status == status
    assert answer.header("x-ms-diagnostics").startswith(code)
    assert "trusted_issuers=" in answer.header("WWW-Authenticate")


def test_a_foreign_key_is_an_invalid_signature(trusting: Bench) -> None:
    stranger = trusting.domain.authority.issue_signing("stranger")
    answer = door(trusting, token(trusting, signer=stranger))
    assert answer.header("x-ms-diagnostics").startswith('3000006;reason="')
    assert 'category="invalid_client"' in answer.header("x-ms-diagnostics")
    assert door(trusting, "x.y.z").header("x-ms-diagnostics").startswith("3001000;")


def test_a_principal_without_a_permission_is_403(trusting: Bench) -> None:
    """With a bare text and no category, as seen online."""
    People(trusting).take_permission(EXCHANGE_ISSUER)
    trusting.domain.sharepoint.settle()
    answer = door(trusting, token(trusting))
    assert answer.status == 403
    assert answer.header("x-ms-diagnostics").startswith("3002002;reason=App principal")


def test_an_application_alone_needs_the_app_only_policy(trusting: Bench) -> None:
    trusting.sharepoint(
        "Remove-SPAppPrincipalPermission",
        Site=f"https://{names.PORTAL}",
        AppPrincipal=EXCHANGE_ISSUER,
        Scope="Site",
        DisableAppOnlyPolicy=True,
    )
    trusting.domain.sharepoint.settle()
    assert refusal(trusting) is None
    assert "403" in (trusting.refused(Role.SHAREPOINT, Role.EXCHANGE, "") or "")


@pytest.mark.parametrize("kind", [Kind.APP_MANAGEMENT, Kind.USER_PROFILE])
def test_a_missing_service_application_is_an_error_of_the_server(
    trusting: Bench, kind: Kind
) -> None:
    People(trusting).remove_service_proxy(kind)
    assert door(trusting, token(trusting)).status == 500


def test_a_user_without_a_profile(trusting: Bench) -> None:
    answer = door(trusting, token(trusting, user="nobody@litwareinc.com"))
    assert b"UserProfileNoUserFoundException" in answer.body


def test_a_broker_may_speak_for_others_and_a_self_issuer_not(trusting: Bench) -> None:
    """The same token: its signer names another actor than itself."""
    outer = tokens.claims_of(token(trusting)) or {}
    inner = tokens.claims_of(outer["actortoken"]) or {}
    (signer,) = trusting.domain.exchange_certificates.values()
    headers = {"x5t": signer.x5t}
    actor = jwt.encode(inner | {"nameid": "other@realm"}, signer.private_key, "RS256", headers)
    spoken = jwt.encode(outer | {"iss": "other@realm", "actortoken": actor}, "", "none")
    assert "not a trusted issuer" in door(trusting, spoken).body.decode()
    People(trusting).change_issuer("Exchange", is_self_issuer=False)
    trusting.domain.sharepoint.settle()
    assert door(trusting, spoken).status == 200


def test_a_new_issuer_becomes_active_within_a_day_or_after_iisreset(world: Bench) -> None:
    """On each server for itself."""
    world.trust_on_sharepoint()
    world.permit(EXCHANGE_ISSUER)
    assert "not a trusted issuer" in (refusal(world) or "")
    world.world.windows.iisreset(world.domain.machines[FIRST], names.SHAREPOINT_ADMIN, [])
    assert door(world, token(world)).status == 200
    assert (refusal(world) or "").startswith(SECOND)
    assert EXCHANGE_ISSUER not in door(world, "", SECOND).header("WWW-Authenticate")
    world.domain.clock.advance(timedelta(hours=23, minutes=59))
    assert (refusal(world) or "").startswith(SECOND)
    world.domain.clock.advance(timedelta(minutes=2))
    assert refusal(world) is None


def test_young_workers_know_it(world: Bench) -> None:
    world.trust_on_sharepoint()
    world.permit(EXCHANGE_ISSUER)
    for host in names.SHAREPOINT_HOSTS:
        People(world).recycle(host)
    assert refusal(world) is None


def test_pools_may_recycle_every_night(tmp_path: Path) -> None:
    with bench(tmp_path, {Name.SHAREPOINT_RECYCLES_NIGHTLY: True}) as world:
        world.trust_on_sharepoint()
        world.permit(EXCHANGE_ISSUER)
        assert refusal(world) is not None
        now = world.domain.clock.now()
        night = datetime(now.year, now.month, now.day, RECYCLING_HOUR, tzinfo=UTC)
        world.domain.clock.advance(night + timedelta(days=now > night, minutes=1) - now)
        assert refusal(world) is None
        started = world.domain.machines[FIRST].worker_list()[0].started_at
        assert world.domain.clock.seconds() - started < 120


@pytest.mark.parametrize("hours", [24.0, 0.0])
def test_the_farm_follows_a_rollover_by_itself_while_the_job_exists(
    tmp_path: Path, hours: float
) -> None:
    """Known to workers as soon as they know it; a job by hand does the same at once."""
    switches = {Name.SHAREPOINT_REFRESH_HOURS: hours, Name.SHAREPOINT_LATENCY_HOURS: 0.0}
    with bench(tmp_path, switches) as world:
        world.trust_on_sharepoint()
        world.permit(EXCHANGE_ISSUER)
        People(world).roll_exchange_certificate()
        assert "3000006" in (refusal(world) or "")
        if hours:
            world.domain.clock.advance(timedelta(hours=hours))
            assert refusal(world) is None
            write = world.domain.ledger.writes()[-1]
            assert (write.who, write.what) == (names.SHAREPOINT_SERVICE, "RefreshMetadataFeed")
            People(world).roll_exchange_certificate()
            world.sharepoint("Start-SPTimerJob", Identity="RefreshMetadataFeed")
            assert refusal(world) is None
        else:
            assert world.sharepoint("Start-SPTimerJob", Identity="RefreshMetadataFeed").errors
            world.domain.clock.advance(timedelta(days=2))
            assert "3000006" in (refusal(world) or "")


def test_a_root_authority_may_be_needed(tmp_path: Path) -> None:
    with bench(tmp_path, {Name.SHAREPOINT_ROOT_AUTHORITY: True}) as world:
        made = world.trust_on_sharepoint()
        world.permit(EXCHANGE_ISSUER)
        world.domain.sharepoint.settle()
        assert "not a trusted issuer" in (refusal(world) or "")
        key = made.properties["SigningCertificate"]
        world.sharepoint("New-SPTrustedRootAuthority", Name="Exchange", Certificate=key)
        world.domain.sharepoint.settle()
        assert refusal(world) is None


def test_a_self_signed_certificate_by_hand_needs_a_root_authority(world: Bench) -> None:
    """Whatever the switch says."""
    (own,) = world.domain.exchange_certificates.values()
    key = PsCertificate(own.der)
    given = {"Name": "Exchange", "RegisteredIssuerName": EXCHANGE_ISSUER, "Certificate": key}
    world.call_farm("New-SPTrustedSecurityTokenIssuer", given)
    world.permit(EXCHANGE_ISSUER)
    world.domain.sharepoint.settle()
    assert "not a trusted issuer" in (refusal(world) or "")
    world.sharepoint("New-SPTrustedRootAuthority", Name="Exchange", Certificate=key)
    world.domain.sharepoint.settle()
    assert refusal(world) is None


@pytest.mark.parametrize("needed", [False, True])
def test_a_flag_of_the_token_service_may_be_needed(tmp_path: Path, *, needed: bool) -> None:
    with bench(tmp_path, {Name.SHAREPOINT_HYBRID_FLAG: needed}) as world:
        world.trust_on_sharepoint()
        world.permit(EXCHANGE_ISSUER)
        People(world).change_farm_flags(StsFlags(hybrid_selection=False))
        world.domain.sharepoint.settle()
        assert (refusal(world) is not None) is needed


@pytest.mark.parametrize("needed", [False, True])
def test_lync_may_need_a_permission_too(tmp_path: Path, *, needed: bool) -> None:
    with bench(tmp_path, {Name.SHAREPOINT_LYNC_PERMISSION: needed}) as world:
        world.trust_on_sharepoint("Lync", names.LYNC_METADATA_URL)
        world.domain.sharepoint.settle()
        assert (world.refused(Role.SHAREPOINT, Role.FRONT_END) is not None) is needed


@pytest.mark.parametrize("survives", [True, False])
def test_a_permission_outlives_its_issuer(tmp_path: Path, *, survives: bool) -> None:
    """And cannot be found by its name meanwhile."""
    with bench(tmp_path, {Name.SHAREPOINT_PERMISSION_SURVIVES: survives}) as world:
        world.trust_on_sharepoint()
        world.permit(EXCHANGE_ISSUER)
        world.sharepoint("Remove-SPTrustedSecurityTokenIssuer", Identity="Exchange")
        lookup = {"Web": f"https://{names.PORTAL}", "Name": EXCHANGE_ISSUER}
        method = "SPAppPrincipalManager.LookupAppPrincipal"
        assert world.call_farm(method, lookup).objects == []
        world.trust_on_sharepoint()
        world.domain.sharepoint.settle()
        assert (refusal(world) is None) is survives


def test_skew_is_a_guess(tmp_path: Path) -> None:
    with bench(tmp_path, {Name.SHAREPOINT_TOKEN_SKEW_SECONDS: 0}) as world:
        world.trust_on_sharepoint()
        world.permit(EXCHANGE_ISSUER)
        world.domain.sharepoint.settle()
        late = world.domain.clock.seconds() + 120
        assert door(world, token(world, now=late)).status == 401


@pytest.mark.parametrize("where", ["farm", "workers"])
def test_a_changed_certificate_is_published_now_or_when_workers_know_it(
    tmp_path: Path, where: str
) -> None:
    with bench(tmp_path, {Name.SHAREPOINT_DOCUMENT_FROM: where}) as world:
        url = f"https://{FIRST}{names.SHAREPOINT_METADATA_PATH}"
        before = world.domain.fetch_document(names.FRONT_ENDS[0], url)
        People(world).queue_sharepoint_certificate()
        after = world.domain.fetch_document(names.FRONT_ENDS[0], url)
        assert (before == after) is (where == "workers")
        People(world).recycle(FIRST)
        assert len(world.domain.fetch_document(names.FRONT_ENDS[0], url).certificates) == 2


def test_a_realm_of_the_farm_breaks_what_partners_know(trusting: Bench) -> None:
    trusting.trust_sharepoint()
    trusting.trust_sharepoint_on_lync()
    trusting.restart_iis()
    servers = (Role.EXCHANGE, Role.FRONT_END)
    assert [trusting.refused(server, Role.SHAREPOINT) for server in servers] == [None, None]
    People(trusting).change_farm_realm("NEW-REALM")
    assert None not in [trusting.refused(server, Role.SHAREPOINT) for server in servers]


def test_people_leave_what_the_pages_describe(world: Bench) -> None:
    person = People(world)
    seeded = person.seed_foreign_issuers()
    person.trust_lync_by_the_book()
    person.trust_exchange_by_script()
    shown = world.sharepoint("Get-SPTrustedSecurityTokenIssuer").objects
    assert [item.properties["Name"] for item in shown] == [
        *seeded,
        "Lync trust",
        names.AUTODISCOVER,
    ]
    by_name = {item.properties["Name"]: item.properties for item in shown}
    assert by_name["Lync trust"]["IsSelfIssuer"] is False
    assert by_name["ACS"]["MetadataEndPoint"] is None
    world.domain.sharepoint.settle()
    assert refusal(world) is None


def test_the_articles_repair_leaves_brokers_of_our_own_realm(trusting: Bench) -> None:
    """Whose tokens nobody accepts: their name is no partner's any more."""
    People(trusting).repair_as_the_article_has_it()
    trusting.domain.sharepoint.settle()
    (shown,) = trusting.sharepoint("Get-SPTrustedSecurityTokenIssuer").objects
    realm = trusting.domain.sharepoint.state.realm
    assert shown.properties["RegisteredIssuerName"] == f"{names.EXCHANGE_ID}@{realm}"
    assert (shown.properties["IsSelfIssuer"], shown.properties["MetadataEndPoint"]) == (False, None)
    assert "not a trusted issuer" in (refusal(trusting) or "")


def test_a_server_of_another_farm_knows_nothing_of_this_one(trusting: Bench) -> None:
    People(trusting).move_to_another_farm(SECOND)
    other = replace(SHAREPOINT_SESSION, host=SECOND)
    (mine,) = trusting.sharepoint("Get-SPFarm").objects
    (theirs,) = trusting.sharepoint("Get-SPFarm", session=other).objects
    assert mine.properties["Id"] != theirs.properties["Id"]
    assert trusting.sharepoint("Get-SPTrustedSecurityTokenIssuer", session=other).objects == []
    told = trusting.sharepoint("Get-SPServer")
    assert told.names == ["SPServer Name=ATL-SP-001", "SPServer Name=ATL-SQL-002"]
    assert door(trusting, token(trusting, host=SECOND), SECOND).status == 401
    assert refusal(trusting) is None


def test_a_restarted_server_is_cold_for_a_while(trusting: Bench) -> None:
    machine = trusting.domain.machines[FIRST]
    machine.behaviour.cold_seconds = 120
    trusting.world.windows.iisreset(machine, names.SHAREPOINT_ADMIN, [])
    assert door(trusting, token(trusting)).status == 503
    trusting.domain.clock.advance(timedelta(seconds=121))
    assert door(trusting, token(trusting)).status == 200


def test_workers_that_stand_still_serve_nobody(trusting: Bench) -> None:
    trusting.domain.machines[FIRST].stop_web()
    assert door(trusting, token(trusting)).status == 503
    url = names.SHAREPOINT_METADATA_URL
    assert trusting.domain.network.request(names.FRONT_ENDS[0], "GET", url).status == 200
