"""Metadata documents as the scripts fetch them: over HTTPS, with the server's own trust (rule 6)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from partner_operator.products import documents
from partner_operator.products.parts import NOT_ASKED
from partner_operator.trust.model import DocumentFault, DocumentReading
from partner_operator.winrm import Answer
from partner_simulator.certificates import CertificateAuthority
from support.oauth.samples import LYNC_ID, body, document
from support.scripts.lync import lync, observe
from support.scripts.stubs import Stubs
from support.scripts.web import Page, Site, serve
from support.winrm.powershell import Ended

pytestmark = pytest.mark.pwsh
PATH = "/metadata/json/1"
HUGE = documents.DOCUMENT_BYTES
MEBIBYTE = 1_048_576


@pytest.fixture(scope="module")
def authority() -> CertificateAuthority:
    """The CA that the server trusts."""
    return CertificateAuthority()


@pytest.fixture
def site(authority: CertificateAuthority) -> Iterator[Site]:
    """A partner's web server with a good certificate."""
    with serve(authority.issue_server(["partner.example"])) as running:
        yield running


@pytest.fixture
def trust(authority: CertificateAuthority, tmp_path: Path) -> dict[str, str]:
    """An environment in which .NET trusts the CA, as the server's CA store would."""
    store = tmp_path / "trusted.pem"
    store.write_text(authority.pem)
    return {"SSL_CERT_FILE": str(store), "SSL_CERT_DIR": str(tmp_path / "none")}


async def fetched(url: str, environment: dict[str, str]) -> DocumentReading:
    """The document as observe.ps1 got it."""
    stubs = lync()
    stubs.environment = environment
    return (await observe(stubs, url)).documents[url]


async def test_a_document_arrives_byte_for_byte(site: Site, trust: dict[str, str]) -> None:
    """Read whole, without credentials, and understood."""
    site.pages[PATH] = Page(body(document(name="Lync \u65e5\u672c")))
    found = await fetched(site.url(), trust)
    assert (found.fault, found.detail) == (None, "")
    assert found.document is not None
    assert found.document.application_identifier == LYNC_ID
    assert found.document.name == "Lync \u65e5\u672c"
    [(_, headers)] = site.asked
    assert "authorization" not in headers
    assert headers["accept"] == "application/json"


@pytest.mark.parametrize("status", [401, 403, 404, 500, 503])
async def test_an_error_status_is_told_with_its_number(
    site: Site, trust: dict[str, str], status: int
) -> None:
    """C08: a document that answers 500 cannot be had, and that is its own fact."""
    challenge = (("WWW-Authenticate", "Negotiate"), ("WWW-Authenticate", "NTLM"))
    site.pages[PATH] = Page(b"no", status, headers=challenge)
    found = await fetched(site.url(), trust)
    assert (found.fault, found.detail) == (DocumentFault.HTTP_STATUS, f"HTTP {status}")
    assert all("authorization" not in headers for _, headers in site.asked)


@pytest.mark.parametrize("status", [301, 302, 307, 308])
async def test_a_redirect_is_not_followed(site: Site, trust: dict[str, str], status: int) -> None:
    """Whoever answers elsewhere is not the partner that was declared."""
    site.pages[PATH] = Page(b"", status, headers=(("Location", site.url("/elsewhere")),))
    site.pages["/elsewhere"] = Page(body(document()))
    found = await fetched(site.url(), trust)
    assert (found.fault, found.detail) == (DocumentFault.HTTP_STATUS, f"HTTP {status}")
    assert [path for path, _ in site.asked] == [PATH]


async def test_a_page_that_is_no_document_is_invalid(site: Site, trust: dict[str, str]) -> None:
    """A logon form under the right URL."""
    site.pages[PATH] = Page(b"<html>Sign in</html>", content_type="text/html")
    assert (await fetched(site.url(), trust)).fault is DocumentFault.INVALID


async def test_a_document_without_end_is_cut_off(site: Site, trust: dict[str, str]) -> None:
    """No more is read than is understood; the rest of the observation is not lost."""
    site.pages[PATH] = Page(b" " * (HUGE + 1))
    found = await fetched(site.url(), trust)
    assert found.fault is DocumentFault.INVALID
    assert f"larger than {HUGE} bytes" in found.detail


async def test_documents_that_do_not_fit_into_one_answer_come_in_others(
    site: Site, trust: dict[str, str]
) -> None:
    """PowerShell 3.0 and 4.0 write 2 MiB of JSON and no more. How many there are makes none of them too large."""
    sizes = (HUGE, HUGE + 1, HUGE, HUGE, HUGE - 1)
    urls = [site.url(f"/{number}") for number in range(len(sizes))]
    for number, size in enumerate(sizes):
        site.pages[f"/{number}"] = Page(b" " * size)
    stubs, answers = lync(), list[int]()
    stubs.environment = trust
    seen = await observe(_weighed(stubs, answers), *urls)
    told = [seen.documents[url].detail for url in urls]
    assert ["larger than" in detail for detail in told] == [False, True, False, False, False]
    assert NOT_ASKED not in told
    assert max(answers) < MEBIBYTE
    assert len(answers) > 1


async def test_those_that_no_time_was_left_for_are_asked_for_in_another_run(
    site: Site, trust: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Partners that take all their time first keep nobody else from being known in the same read."""
    monkeypatch.setattr(documents, "DOCUMENT_SECONDS", 2)
    monkeypatch.setattr(documents, "ALL_DOCUMENTS_SECONDS", 4)
    site.pages[PATH] = Page(body(document()))
    dead = [f"/dead/{number}" for number in range(2)]
    for path in dead:
        site.pages[path] = Page(body(document()), pause=0.25)
    stubs, answers = lync(), list[int]()
    stubs.environment = trust
    seen = await observe(_weighed(stubs, answers), *map(site.url, (*dead, PATH)))
    assert seen.documents[site.url()].document is not None
    assert {seen.documents[site.url(path)].fault for path in dead} == {DocumentFault.UNREACHABLE}
    assert len(answers) == 2
    assert len(stubs.named("Get-CsPartnerApplication")) == 1, "only documents were left"


def _weighed(stubs: Stubs, answers: list[int]) -> Stubs:
    """Note the size of each answer."""
    heard = stubs.heard

    def weigh(ended: Ended) -> Answer:
        answer = heard(ended)
        answers.append(len(json.dumps(answer.data)))
        return answer

    stubs.heard = weigh  # type: ignore[method-assign]
    return stubs


async def test_a_document_cut_off_on_the_way_is_not_believed(
    site: Site, trust: dict[str, str]
) -> None:
    """The status was 200; the words are about the connection, and it may be tried again."""
    whole = body(document())
    site.pages[PATH] = Page(whole[:200], length=len(whole))
    found = await fetched(site.url(), trust)
    assert found.fault is DocumentFault.UNREACHABLE
    assert found.detail
    assert "HTTP 200" not in found.detail


async def test_an_unknown_authority_is_a_tls_failure(site: Site, tmp_path: Path) -> None:
    """The server's CA store decides, and nothing is asked for."""
    empty = tmp_path / "empty.pem"
    empty.write_text(CertificateAuthority("Stranger").pem)
    environment = {"SSL_CERT_FILE": str(empty), "SSL_CERT_DIR": str(tmp_path / "none")}
    found = await fetched(site.url(), environment)
    assert found.fault is DocumentFault.TLS_FAILED
    assert found.detail
    assert site.asked == []


async def test_a_certificate_for_another_name_is_a_tls_failure(
    authority: CertificateAuthority, trust: dict[str, str]
) -> None:
    """The name in the declared URL counts."""
    with serve(authority.issue_server(["other.example"], addresses=())) as site:
        found = await fetched(site.url(), trust)
    assert found.fault is DocumentFault.TLS_FAILED


async def test_an_expired_certificate_is_a_tls_failure(
    authority: CertificateAuthority, trust: dict[str, str]
) -> None:
    """As on Windows."""
    now = datetime.now(UTC)
    expired = authority.issue_server(
        ["partner.example"], not_before=now - timedelta(days=9), not_after=now - timedelta(days=1)
    )
    with serve(expired) as site:
        found = await fetched(site.url(), trust)
    assert found.fault is DocumentFault.TLS_FAILED


async def test_a_document_that_drips_is_given_up_in_time(
    site: Site, trust: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A byte now and then passes every time-out for reading, but not the one for all of it."""
    monkeypatch.setattr(documents, "DOCUMENT_SECONDS", 2)
    site.pages[PATH] = Page(body(document()), pause=0.25)
    found = await fetched(site.url(), trust)
    assert found.fault is DocumentFault.UNREACHABLE
    assert "within 2 seconds" in found.detail


async def test_dead_partners_do_not_use_up_the_whole_run(
    site: Site, trust: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Those that are not asked for any more say so, and are unknown and not wrong."""
    monkeypatch.setattr(documents, "ALL_DOCUMENTS_SECONDS", 0)
    stubs = lync()
    stubs.environment = trust
    seen = await observe(stubs, site.url())
    assert seen.documents[site.url()].fault is DocumentFault.UNREACHABLE
    assert "not asked for" in seen.documents[site.url()].detail
    assert site.asked == []


async def test_many_errors_of_one_host_do_not_block_each_other(
    site: Site, trust: dict[str, str]
) -> None:
    """.NET opens two connections to a host; an answer that stays open would keep one for good."""
    paths = [f"/{number}" for number in range(5)]
    stubs = lync()
    stubs.environment = trust
    seen = await observe(stubs, *map(site.url, paths))
    assert {reading.detail for reading in seen.documents.values()} == {"HTTP 404"}


async def test_a_name_that_does_not_resolve_is_unreachable(trust: dict[str, str]) -> None:
    """With the server's own words for people."""
    found = await fetched("https://nowhere.invalid/metadata/json/1", trust)
    assert found.fault is DocumentFault.UNREACHABLE
    assert found.detail
