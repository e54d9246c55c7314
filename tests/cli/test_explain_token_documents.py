"""Where explain-token gets its documents: a site on real TLS, files, and everything that is neither."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from partner_operator.explain_token import CannotExplain, explain_token
from partner_simulator.certificates import CertificateAuthority
from partner_simulator.simulation import Simulation
from partner_simulator.web.farm import Farm
from partner_simulator.web.faults import DocumentFault
from partner_simulator.web.server import Request, Response
from partner_simulator.web.server import Site as Elsewhere
from partner_simulator.world import names, tokens
from support.operated_domain import names_of

HOST = names.AUTODISCOVER


class Site:
    """The domain's web sites, and a token that Lync has made."""

    def __init__(self, simulation: Simulation, farm: Farm) -> None:
        self.farm = farm
        self.domain = simulation.domain
        self.authority = simulation.ca_pem
        state = simulation.domain.cms.state
        assert state.certificate is not None
        self.token = tokens.mint(
            state.certificate.current,
            issuer=names.issuer(names.LYNC_ID, names.DOMAIN),
            client_id=names.EXCHANGE_ID,
            host=HOST,
            realm=names.DOMAIN,
            user=f"kenmyer@{names.DOMAIN}",
            now=simulation.domain.clock.seconds(),
        )

    @contextlib.contextmanager
    def spoilt(self, fault: DocumentFault) -> Iterator[None]:
        """While this lasts Lync publishes something wrong."""
        self.farm.spoil_document(names.LYNC_POOL, fault)
        try:
            yield
        finally:
            self.farm.heal_document(names.LYNC_POOL)


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    """Web sites without a PowerShell behind them."""
    simulation = Simulation(pwsh=Path("/nowhere/pwsh"))
    farm = Farm(simulation.domain)
    farm.start()
    with names_of(simulation):
        yield Site(simulation, farm)
    farm.stop()
    simulation.stop()


def explained(site: Site, folder: Path, document: str, authority: str | None = None) -> int:
    """The exit code, with the token in a file."""
    file, authorities = folder / "token", folder / "ca.pem"
    file.write_text(site.token)
    authorities.write_text(authority or site.authority)
    return explain_token(str(file), [document], host=HOST, realm=names.DOMAIN, ca_file=authorities)


def test_a_document_is_fetched_and_the_token_holds(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By https, with the given authorities, and past the proxies of the environment."""
    for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    assert explained(site, tmp_path, names.LYNC_METADATA_URL) == 0


def test_a_document_of_somebody_else_trusts_another(site: Site, tmp_path: Path) -> None:
    """Exchange's own document knows neither Lync's key nor its name."""
    assert explained(site, tmp_path, names.EXCHANGE_METADATA_URL) == 1


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (DocumentFault.UNREACHABLE, "cannot be fetched"),
        (DocumentFault.STATUS_500, "cannot be fetched: HTTP 500"),
        (DocumentFault.UNAUTHORIZED, "cannot be fetched: HTTP 401"),
        (DocumentFault.WRONG_TLS_NAME, "Hostname mismatch"),
        (DocumentFault.EXPIRED_TLS, "certificate has expired"),
        (DocumentFault.HTML, "no usable auth metadata document"),
        (DocumentFault.TRUNCATED, "no usable auth metadata document"),
    ],
)
def test_a_document_that_cannot_be_had_is_a_sentence(
    site: Site, tmp_path: Path, fault: DocumentFault, words: str
) -> None:
    """Which names the URL; the token is in none of them."""
    with site.spoilt(fault), pytest.raises(CannotExplain, match=words) as raised:
        explained(site, tmp_path, names.LYNC_METADATA_URL)
    assert names.LYNC_METADATA_URL in str(raised.value)
    assert site.token not in str(raised.value)


def test_a_site_of_an_unknown_authority_is_not_asked(site: Site, tmp_path: Path) -> None:
    """Only what --ca-file holds counts."""
    with pytest.raises(CannotExplain, match="certificate verify failed"):
        explained(site, tmp_path, names.LYNC_METADATA_URL, CertificateAuthority("ANOTHER").pem)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed(site: Site, tmp_path: Path, status: int) -> None:
    """Though it leads to the right document: which site speaks for a partner is what the URL says."""
    asked: list[str] = []

    def answer(request: Request) -> Response:
        asked.append(request.path)
        return Response(status, headers=(("Location", names.LYNC_METADATA_URL),))

    domain, name = site.domain, "old.litwareinc.com"
    moved = Elsewhere(name, domain.authority.issue_server([name]), answer)
    moved.start()
    domain.network.register(name, 443, *moved.address)
    try:
        with pytest.raises(CannotExplain, match=f"cannot be fetched: HTTP {status}"):
            explained(site, tmp_path, f"https://{name}/metadata/json/1")
    finally:
        moved.stop()
    assert asked == ["/metadata/json/1"]


@pytest.mark.parametrize("place", ["http://atl-cs-001.litwareinc.com/metadata/json/1", "missing"])
def test_what_is_no_https_url_is_a_file(site: Site, tmp_path: Path, place: str) -> None:
    """A document by plain http could be anybody's."""
    with pytest.raises(CannotExplain, match="cannot be read: No such file"):
        explained(site, tmp_path, place)


def test_a_token_that_is_not_there_is_a_sentence(tmp_path: Path) -> None:
    """The path is named."""
    with pytest.raises(CannotExplain, match="token cannot be read"):
        explain_token(str(tmp_path / "token"), [], host=HOST, realm="r", ca_file=None)
