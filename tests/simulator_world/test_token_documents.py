"""What token servers publish, over real HTTPS, and how they give tokens to applications."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace

import pytest

from partner_simulator.web import third_party
from partner_simulator.web.faults import DocumentFault
from partner_simulator.world import documents, names, tokens
from partner_simulator.world.network import RequestFailed
from partner_simulator.world.token_documents import Shape
from partner_simulator.world.token_server import OWN_ID, TokenServer
from support.world.farm import EXCHANGE, Web, web_of

URL = names.TOKEN_SERVER_METADATA_URL
ACS = f"https://{names.ACS_HOST}"
ENTRA = f"https://{names.ENTRA_HOST}"


@pytest.fixture(scope="module")
def shared() -> Iterator[Web]:
    with web_of() as web:
        yield web


@pytest.fixture
def web(shared: Web) -> Iterator[Web]:
    yield shared
    own(shared).shape = Shape.JSON
    shared.farm.heal_document(names.TOKEN_SERVER)


def own(web: Web) -> TokenServer:
    return web.domain.token_servers[names.TOKEN_SERVER]


def test_a_token_server_publishes_itself_with_its_two_endpoints(web: Web) -> None:
    answer = web.get(URL)
    assert answer.header("Content-Type") == "application/json; charset=utf-8"
    value = json.loads(answer.body)
    assert (value["serviceName"], value["realm"]) == (OWN_ID, names.TOKEN_REALM)
    assert value["issuer"] == f"{OWN_ID}@{names.TOKEN_REALM}"
    assert [endpoint["usage"] for endpoint in value["endpoints"]] == ["issuance", "metadata"]
    assert value["endpoints"][1]["location"] == URL
    read = documents.read(answer.body)
    assert read.issuance == f"https://{names.TOKEN_SERVER}/tokens/oauth/2"
    assert read.certificates == (own(web).keys[0].base64,)


def test_the_issuer_may_stand_without_its_realm(web: Web) -> None:
    own(web).shape = Shape.BARE_ISSUER
    read = web.read(URL)
    assert (read.issuer, read.realm) == (OWN_ID, names.TOKEN_REALM)


@pytest.mark.parametrize("shape", [Shape.WITHOUT_ISSUER, Shape.FEDERATION, Shape.OPENID])
def test_other_documents_are_none_for_partner_applications(web: Web, shape: Shape) -> None:
    own(web).shape = shape
    assert web.get(URL).status == 200
    with pytest.raises(documents.NotADocument):
        web.read(URL)


def test_what_else_stands_on_the_host(web: Web) -> None:
    """As beside AD FS: XML and OpenID discovery, each at its own path."""
    host = f"https://{names.TOKEN_SERVER}"
    assert web.get(host + names.FEDERATION_METADATA_PATH).body.startswith(b"<?xml")
    assert json.loads(web.get(host + names.OPENID_PATH).body)["jwks_uri"].startswith(host)
    assert web.get(f"{host}/metadata").status == 404
    assert web.get(f"{URL}?realm=elsewhere.example").status == 404


@pytest.mark.parametrize(
    "url",
    [
        f"{ACS}/{names.TENANT}/metadata/json/1",
        f"{ACS}/litware.onmicrosoft.com/metadata/json/1/",
        f"{ACS}/LITWAREINC.com/metadata/json/1",
        f"{ACS}/metadata/json/1/?realm={names.DOMAIN}",
        f"{ACS}/metadata/json/1?realm={names.TENANT}",
    ],
)
def test_a_tenant_is_spelled_in_many_ways(web: Web, url: str) -> None:
    read = web.read(url)
    assert read.issuer == f"{names.ACS_ID}@{names.TENANT}"


def test_the_clouds_document_without_a_tenant_is_of_all_and_others_have_their_own(web: Web) -> None:
    assert web.read(f"{ACS}/metadata/json/1").realm == "*"
    assert web.read(f"{ACS}/{names.OTHER_TENANT}/metadata/json/1").realm == names.OTHER_TENANT
    assert web.get(f"{ACS}/nobody.example/metadata/json/1").status == 404
    federation = web.get(f"{ENTRA}/{names.DOMAIN}{names.FEDERATION_METADATA_PATH}").body
    assert f'entityID="https://sts.windows.net/{names.TENANT}/"'.encode() in federation


def test_a_server_without_tls_is_not_there_by_https(web: Web) -> None:
    url = f"://{names.HTTP_TOKEN_SERVER}/metadata/json/1"
    with pytest.raises(RequestFailed, match="Unable to connect"):
        web.get(f"https{url}")
    assert web.read(f"http{url}").realm == names.TOKEN_REALM


@pytest.mark.parametrize(
    "fault", [DocumentFault.HTML, DocumentFault.TRUNCATED, DocumentFault.STATUS_500]
)
def test_its_document_fails_in_every_way_that_others_do(web: Web, fault: DocumentFault) -> None:
    web.farm.spoil_document(names.TOKEN_SERVER, fault)
    with pytest.raises(documents.NotADocument):
        web.read(URL)


def test_a_rollover_publishes_both_keys_until_the_next_one_signs(web: Web) -> None:
    first = own(web).keys[0].base64
    following = own(web).roll().base64
    assert web.read(URL).certificates == (first, following)
    own(web).activate()
    assert web.read(URL).certificates == (following,)
    with pytest.raises(LookupError):
        own(web).activate()


def test_an_application_gets_a_token_when_it_authenticates(web: Web) -> None:
    application = web.domain.hr_application
    audience = f"{names.EXCHANGE_ID}/{EXCHANGE}@{names.DOMAIN}"
    token = third_party.fetch(web.domain, own(web), application, audience)
    claims = tokens.claims_of(token)
    assert claims is not None
    assert claims["iss"] == f"{OWN_ID}@{names.TOKEN_REALM}"
    assert claims["nameid"] == f"{application.identifier}@{names.TOKEN_REALM}"
    assert claims["aud"] == audience
    assert tokens.signed_by(token, [own(web).keys[0].der])
    stranger = replace(application, secret="guessed")
    with pytest.raises(third_party.NoToken, match="401 The client"):
        third_party.fetch(web.domain, own(web), stranger, audience)
    with pytest.raises(third_party.NoToken, match="is not known here"):
        third_party.fetch(web.domain, own(web), replace(application, identifier="other"), audience)
