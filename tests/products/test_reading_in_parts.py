"""A list of entries that is too long for one answer: read in parts, whole, or cut and said to be so."""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from partner_operator.engine.ports import LogonRefused, OperationFailed
from partner_operator.products import parts
from partner_operator.trust.model import Observed, Product
from partner_operator.winrm import Answer, Endpoint, OutcomeUnknown, RemoteRequest, Unauthenticated
from partner_operator.winrm.clixml import Streams
from support.products.answers import EXCHANGE, LYNC, OPERATIONS, SHAREPOINT
from support.scripts.exchange import CREDENTIALS, HOST
from support.trust.worlds import server

BASES = {Product.EXCHANGE: EXCHANGE, Product.LYNC: LYNC, Product.SHAREPOINT: SHAREPOINT}
URLS = tuple(f"https://pool-{number}.litwareinc.com/metadata/json/1" for number in range(4))


class Server:
    """It shows so many entries and documents in one answer."""

    def __init__(self, product: Product, count: int, entries: int, documents: int = 9) -> None:
        self.product, self.count = product, count
        self.at_once, self.documents = entries, documents
        self.asked: list[tuple[str, str, int]] = []
        """Operation, after which entry, how many documents."""
        self.change: Callable[[dict[str, Any], int], None] = lambda answer, run: None
        self.fails: dict[int, Exception] = {}
        self.refused = False

    def entries(self) -> list[dict[str, Any]]:
        """All, of one own and one of a token server where the product has such."""
        shown = BASES[self.product]["entries"] or [_LYNC_ENTRY]
        found = []
        for number in range(self.count):
            entry = copy.deepcopy(shown[0 if number else -1])
            name = f"{number:08x}-0000-4000-8000-000000000000"
            found.append(entry | {"reference": name, "name": name})
        return found

    async def run(self, endpoint: Endpoint, request: RemoteRequest) -> Answer:
        """One run."""
        number, asked = len(self.asked), request.parameters
        self.asked.append((request.operation, str(asked.get("after", "")), len(asked["urls"])))
        if number in self.fails:
            raise self.fails[number]
        fetched = [_document(url) for url in asked["urls"][: self.documents]]
        answer: dict[str, Any] = {"documents": fetched}
        if request.operation == "observe":
            left = [each for each in self.entries() if each["reference"] > asked["after"]]
            page = left[: self.at_once]
            after = page[-1]["reference"] if len(left) > len(page) else ""
            shown = copy.deepcopy(BASES[self.product])
            answer = shown | answer | {"entries": page, "after": after}
        self.change(answer, number)
        return Answer(answer, "", Streams(), "3.0", 1_795_600_000, 0.1, logon_refused=self.refused)

    async def observe(self, urls: Sequence[str] = ()) -> Observed:
        """What the operations make of it."""
        operations = OPERATIONS[self.product](self.run)
        there = server(self.product, hosts=(HOST,))
        seen: Observed = await operations.on(there, CREDENTIALS, HOST).observe(urls, None)
        return seen


_LYNC_ENTRY: dict[str, Any] = {
    "applicationIdentifier": "id",
    "realm": "r",
    "metadataUrl": "https://a",
    "useAuthServer": False,
    "enabled": True,
    "acceptsSecurityIdentifiers": True,
    "trustLevel": "Full",
}


def _document(url: str) -> dict[str, Any]:
    told = {"status": 404, "type": "", "body": "", "fault": "ProtocolError", "detail": ""}
    return {"url": url, **told, "seconds": 0}


@pytest.mark.parametrize("product", list(BASES))
@pytest.mark.parametrize(("count", "runs"), [(1, 1), (4, 1), (5, 2), (23, 6)])
async def test_what_does_not_fit_into_one_answer_comes_in_another(
    product: Product, count: int, runs: int
) -> None:
    there = Server(product, count, entries=4)
    seen = await there.observe(URLS)
    assert [each.reference for each in seen.entries] == [
        each["reference"] for each in there.entries()
    ]
    assert seen.incomplete is None
    assert len(there.asked) == runs
    assert [documents for _, _, documents in there.asked] == [len(URLS), *[0] * (runs - 1)]


@pytest.mark.parametrize("product", list(BASES))
async def test_a_list_that_is_longer_than_is_read_is_said_to_be_cut(product: Product) -> None:
    """Nothing is absent that may be among those that nobody looked at."""
    there = Server(product, 4 * parts.MOST_RUNS + 1, entries=4)
    seen = await there.observe()
    assert len(seen.entries) == 4 * parts.MOST_RUNS
    assert seen.incomplete == parts.LONGER
    assert len(there.asked) == parts.MOST_RUNS


async def test_documents_that_are_left_alone_are_fetched_without_reading_entries_again() -> None:
    there = Server(Product.EXCHANGE, 4, entries=4, documents=2)
    seen = await there.observe(URLS)
    assert [operation for operation, _, _ in there.asked] == ["observe", "documents"]
    assert {reading.detail for reading in seen.documents.values()} == {"HTTP 404"}


async def test_documents_that_no_run_brings_are_told_as_not_asked_for() -> None:
    there = Server(Product.EXCHANGE, 4, entries=4, documents=0)
    seen = await there.observe(URLS)
    assert {reading.detail for reading in seen.documents.values()} == {parts.NOT_ASKED}
    assert all(reading.seconds is None for reading in seen.documents.values())
    assert len(there.asked) == 2, "a server that brings nothing is not asked on and on"


async def test_a_further_run_for_documents_that_fails_takes_nothing_from_the_first() -> None:
    there = Server(Product.EXCHANGE, 4, entries=4, documents=2)
    there.fails = {1: OutcomeUnknown("The connection was lost.")}
    seen = await there.observe(URLS)
    assert seen.incomplete is None
    told = [seen.documents[url].detail for url in URLS]
    assert told[:2] == ["HTTP 404"] * 2
    assert all("another run, which failed" in detail for detail in told[2:])


async def test_a_further_run_for_entries_that_fails_is_the_failure_of_the_read() -> None:
    """Half a list is no list."""
    there = Server(Product.EXCHANGE, 8, entries=4)
    there.fails = {1: OutcomeUnknown("The connection was lost.")}
    with pytest.raises(OperationFailed):
        await there.observe(URLS)


async def test_after_a_refused_logon_nobody_is_asked_any_more() -> None:
    """The answer holds, and the rest of the list is not known."""
    there = Server(Product.EXCHANGE, 8, entries=4, documents=2)
    there.refused = True
    seen = await there.observe(URLS)
    assert len(there.asked) == 1
    assert seen.incomplete == parts.REFUSED
    assert len(seen.entries) == 4


@pytest.mark.parametrize(
    ("path", "value"), [("organization", "CN=Other"), ("controller", "dc2.litwareinc.com")]
)
async def test_parts_from_different_places_are_no_whole(path: str, value: str) -> None:
    there = Server(Product.EXCHANGE, 8, entries=4)
    there.change = lambda answer, run: answer.update({path: value} if run else {})
    seen = await there.observe()
    assert seen.incomplete is not None
    assert "Another domain controller or organisation" in seen.incomplete


async def test_a_warning_with_a_later_part_makes_the_list_unproven() -> None:
    there = Server(Product.EXCHANGE, 8, entries=4)
    there.change = lambda answer, run: answer.update({"warnings": ["Not all."]} if run else {})
    seen = await there.observe()
    assert seen.incomplete == "Get-PartnerApplication warned: Not all."


async def test_a_server_that_begins_again_and_again_is_left() -> None:
    there = Server(Product.EXCHANGE, 8, entries=4)
    there.change = lambda answer, run: answer.update({"after": "00000003"})
    seen = await there.observe()
    assert seen.incomplete is not None
    assert len(there.asked) == 2


async def test_a_logon_that_a_further_run_refuses_ends_the_pass() -> None:
    there = Server(Product.EXCHANGE, 4, entries=4, documents=2)
    there.fails = {1: Unauthenticated("The password was refused.")}
    with pytest.raises(LogonRefused):
        await there.observe(URLS)
