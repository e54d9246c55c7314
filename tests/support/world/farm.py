"""The simulated web without PowerShell, with a trust written straight into the state."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

from partner_simulator.web import trust_check
from partner_simulator.web.farm import Farm
from partner_simulator.world import documents, names, setup, tokens
from partner_simulator.world.cms import LyncApplication, with_application
from partner_simulator.world.domain import Domain
from partner_simulator.world.network import Answer
from partner_simulator.world.objects import (
    PartnerApplication,
    RecipientType,
    RoleAssignment,
    User,
)
from partner_simulator.world.switches import Name, Switches

KENMYER = f"kenmyer@{names.DOMAIN}"
EXCHANGE = names.EXCHANGE_HOSTS[0]
EWS = f"https://{EXCHANGE}/ews/exchange.asmx"


@dataclass
class Web:
    """A domain whose sites listen."""

    domain: Domain
    farm: Farm

    def get(self, url: str) -> Answer:
        """One request from a Front End."""
        return self.domain.network.request(names.FRONT_ENDS[0], "GET", url)

    def read(self, url: str) -> documents.Read:
        """A partner's look at a document."""
        return self.domain.fetch_document(names.FRONT_ENDS[0], url)

    def post(self, token: str, url: str = EWS, body: bytes = b"<m:GetFolder/>") -> Answer:
        """Present a token."""
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        return self.domain.network.request(
            names.FRONT_ENDS[0], "POST", url, headers=headers, body=body
        )

    def token(self, **changed: Any) -> str:
        """Lync's token for EWS on the first host, with whatever shall be wrong in it."""
        certificate = self.domain.cms.state.certificate
        assert certificate is not None
        parts: dict[str, object] = {
            "signer": certificate.signing(self.domain.clock.now()),
            "issuer": names.issuer(names.LYNC_ID, names.DOMAIN),
            "client_id": names.EXCHANGE_ID,
            "host": EXCHANGE,
            "realm": names.DOMAIN,
            "user": KENMYER,
            "now": self.domain.clock.seconds(),
        }
        return tokens.mint(**(parts | changed))  # type: ignore[arg-type]  # names are checked by mint

    def trust(self, *, load: bool = True) -> PartnerApplication:
        """Let each side trust the other, as registered by the book; `load`: workers know it."""
        directory, now = self.domain.directory, self.domain.clock.now()
        user = User(
            "LyncEnterprise-ApplicationAccount", "LyncEnterprise-Appli", "", RecipientType.MAIL_USER
        )
        lync = self.read(names.LYNC_METADATA_URL)
        entry = PartnerApplication(
            "Lync",
            lync.application_identifier,
            now,
            now,
            certificates=lync.certificates,
            auth_metadata_url=names.LYNC_METADATA_URL,
            realm=lync.realm,
            linked_account=user.guid,
        )
        directory.write(user)
        for role in ("UserApplication", "ArchiveApplication"):
            directory.write(RoleAssignment(f"{role}-Lync", role, user.guid, user.name))
        directory.write(entry)
        exchange = self.read(names.EXCHANGE_METADATA_URL)
        other = LyncApplication(
            "Exchange",
            exchange.application_identifier,
            exchange.realm,
            metadata_url=names.EXCHANGE_METADATA_URL,
            certificates=exchange.certificates,
        )
        self.domain.cms.change(lambda state: with_application(state, other))
        self.domain.cms.settle()
        if load:
            self.domain.expire_caches()
        return entry

    def change(self, entry: PartnerApplication, **changed: Any) -> None:
        """Change Exchange's entry, and let the workers know."""
        self.domain.directory.write(replace(entry, **changed))
        self.domain.expire_caches()

    def why_not(self) -> str | None:
        """Why trust does not work."""
        return trust_check.why_not(self.domain, KENMYER)


@contextmanager
def web_of(**chosen: Any) -> Iterator[Web]:
    """A web in a world with these switches, by name in lower case."""
    domain = setup.build(Switches({Name[name.upper()]: value for name, value in chosen.items()}))
    farm = Farm(domain)
    farm.start()
    try:
        yield Web(domain, farm)
    finally:
        farm.stop()
        domain.network.close()
