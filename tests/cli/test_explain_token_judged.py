"""What explain-token says, and what the simulated Exchange does with the same token: two independent judges."""

from __future__ import annotations

import base64
import io
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import jwt
import pytest

from partner_operator.explain_token import explain_token
from partner_simulator.certificates import Identity
from partner_simulator.world import names, running, setup, tokens
from partner_simulator.world.documents import Document, write
from partner_simulator.world.domain import Domain
from partner_simulator.world.objects import PartnerApplication
from partner_simulator.world.switches import Switches
from support.secrets.search import found

HOST = names.EXCHANGE_HOSTS[0]
USER = "kenmyer-of-the-token@litwareinc.com"
LYNC_ISSUER = names.issuer(names.LYNC_ID, names.DOMAIN)
SHAREPOINT_REALM = "0d7a3a0e-4c64-4a1f-8a57-2a2f2f7a1c11"


@dataclass
class Exchange:
    """Exchange, which trusts Lync and a SharePoint farm; and their keys."""

    domain: Domain = field(default_factory=lambda: setup.build(Switches()))

    def __post_init__(self) -> None:
        now = self.domain.clock.now()
        self.lync = self.domain.authority.issue_signing("lync")
        self.sharepoint = self.domain.authority.issue_signing("sharepoint")
        self.stranger = self.domain.authority.issue_signing("stranger")
        for identifier, realm, signer in (
            (names.LYNC_ID, names.DOMAIN, self.lync),
            (names.SHAREPOINT_ID, SHAREPOINT_REALM, self.sharepoint),
        ):
            entry = PartnerApplication(
                identifier, identifier, now, now, certificates=(signer.base64,), realm=realm
            )
            self.domain.directory.write(entry)
        self.running = running.load(self.domain.directory, HOST, None, self.domain.clock.seconds())

    def accepts(self, token: str) -> bool:
        """What the workers of this host do with it."""
        verdict = tokens.judge(
            token, HOST, self.running, now=self.domain.clock.seconds(), skew_seconds=0
        )
        return isinstance(verdict, tokens.Accepted)

    def documents(self, folder: Path) -> list[str]:
        """What both partners publish."""
        published = (
            Document("Lync", names.LYNC_ID, names.DOMAIN, names.LYNC_METADATA_URL, (self.lync,)),
            Document(
                "SharePoint",
                names.SHAREPOINT_ID,
                SHAREPOINT_REALM,
                "https://portal.litwareinc.com/_layouts/15/metadata/json/1",
                (self.sharepoint,),
            ),
        )
        paths = []
        for document in published:
            path = folder / document.name
            path.write_bytes(write(document, plain_base64=False))
            paths.append(str(path))
        return paths


@dataclass
class Token:
    """A nested token in the making, good until somebody spoils it."""

    exchange: Exchange
    signer: Identity = field(init=False)
    x5t: str = field(init=False)
    inner: dict[str, Any] = field(init=False)
    outer: dict[str, Any] = field(init=False)
    nested_as: str = "actortoken"

    def __post_init__(self) -> None:
        self.signer = self.exchange.lync
        self.x5t = self.signer.x5t
        good = tokens.mint(
            self.signer,
            issuer=LYNC_ISSUER,
            client_id=names.EXCHANGE_ID,
            host=HOST,
            realm=names.DOMAIN,
            user=USER,
            now=self.exchange.domain.clock.seconds(),
        )
        self.outer = _claims(good)
        self.inner = _claims(str(self.outer.pop("actortoken")))

    def made(self) -> str:
        """The token as it travels."""
        headers = {"x5t": self.x5t}
        actor = jwt.encode(self.inner, self.signer.private_key, algorithm="RS256", headers=headers)
        claims = {**self.outer, self.nested_as: actor}
        return f"{_part({'typ': 'JWT', 'alg': 'none'})}.{_part(claims)}."

    def sign_with(self, signer: Identity, x5t: str | None = None) -> None:
        """Another key, under its own name or another's."""
        self.signer, self.x5t = signer, x5t or signer.x5t

    def audience(self, client: str, host: str, realm: str) -> None:
        """For somebody else."""
        self.inner["aud"] = self.outer["aud"] = f"{client}/{host}@{realm}"


def _claims(token: str) -> dict[str, Any]:
    payload = token.split(".")[1]
    read: dict[str, Any] = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    return read


def _part(value: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


HOUR = 3600


def _shift(claims: dict[str, Any], name: str, seconds: int) -> None:
    claims[name] = str(int(claims[name]) + seconds)


SPOILT: dict[str, tuple[Callable[[Token], Any], str]] = {
    "nothing": (lambda token: None, ""),
    "actort instead of actortoken": (lambda token: setattr(token, "nested_as", "actort"), ""),
    "the host in capitals": (
        lambda token: token.audience(names.EXCHANGE_ID, HOST.upper(), names.DOMAIN),
        "",
    ),
    "signed by a stranger": (lambda token: token.sign_with(token.exchange.stranger), "signing key"),
    "signed by a stranger in Lync's name": (
        lambda token: token.sign_with(token.exchange.stranger, token.exchange.lync.x5t),
        "signature",
    ),
    "signed by another partner": (
        lambda token: token.sign_with(token.exchange.sharepoint),
        "signing key",
    ),
    "an issuer of another realm": (
        lambda token: token.inner.update(iss=names.issuer(names.LYNC_ID, "fabrikam.com")),
        "issuer",
    ),
    "no nameid": (lambda token: token.inner.pop("nameid"), "nameid, outer issuer"),
    "an outer issuer in other letters": (
        lambda token: token.outer.update(iss=LYNC_ISSUER.upper()),
        "outer issuer",
    ),
    "another host": (
        lambda token: token.audience(names.EXCHANGE_ID, names.AUTODISCOVER, names.DOMAIN),
        "audience host",
    ),
    "another realm": (
        lambda token: token.audience(names.EXCHANGE_ID, HOST, "fabrikam.com"),
        "audience realm",
    ),
    "the realm in capitals": (
        lambda token: token.audience(names.EXCHANGE_ID, HOST, names.DOMAIN.upper()),
        "audience realm",
    ),
    "the application in capitals": (
        lambda token: token.audience(names.EXCHANGE_ID.upper(), HOST, names.DOMAIN),
        "audience application",
    ),
    "no audience": (lambda token: token.inner.pop("aud"), "audience"),
    "an outer audience elsewhere": (
        lambda token: token.outer.update(
            aud=f"{names.EXCHANGE_ID}/elsewhere.litwareinc.com@{names.DOMAIN}"
        ),
        "audience host",
    ),
    "an actor token out of date": (lambda token: _shift(token.inner, "exp", -13 * HOUR), "exp"),
    "an outer token out of date": (lambda token: _shift(token.outer, "exp", -HOUR), "exp"),
    "not valid yet": (lambda token: _shift(token.inner, "nbf", HOUR), "nbf"),
    "without an end": (lambda token: token.inner.pop("exp"), "exp"),
    "an end that is no number": (lambda token: token.outer.update(exp="soon"), "exp"),
}


@pytest.fixture(scope="module")
def exchange() -> Iterator[Exchange]:
    """One organisation for all: nothing changes it."""
    made = Exchange()
    yield made
    made.domain.network.close()


@pytest.mark.parametrize(("spoil", "rule"), SPOILT.values(), ids=list(SPOILT))
def test_both_judges_agree(
    exchange: Exchange,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    spoil: Callable[[Token], Any],
    rule: str,
) -> None:
    """No broken rule where Exchange accepts the token; where it does not, what is broken is named, and no more."""
    token = Token(exchange)
    spoil(token)
    made = token.made()
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(made.encode())))
    code = explain_token(
        "-", exchange.documents(tmp_path), host=HOST, realm=names.DOMAIN, ca_file=None
    )
    said = capsys.readouterr().out
    broken = {line[3:].partition(":")[0].strip() for line in said.splitlines() if line[:2] == "NO"}
    assert exchange.accepts(made) is (rule == ""), said
    assert ", ".join(sorted(broken)) == rule, said
    assert code == (1 if rule else 0)
    assert not found(said, (made, made.split(".")[1], USER))
