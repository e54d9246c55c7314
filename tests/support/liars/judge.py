"""What the operations and the decision make of an answer, right or wrong."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from partner_operator.catalog import CATALOG
from partner_operator.engine.ports import Credentials, OperationFailed
from partner_operator.trust.decide import decide
from partner_operator.trust.model import DeletionPolicy, EntryKind, Observed, Product
from partner_operator.trust.plan import ApplicationView, Decision
from partner_operator.trust.registration import registration_of
from partner_operator.trust.status import ApplicationStatus
from partner_operator.winrm import Answer, Endpoint, RemoteRequest
from partner_operator.winrm.clixml import Streams
from support.liars.answers import CLOCK, HOST, exchange_answer, lync_answer, sharepoint_answer
from support.products.answers import OPERATIONS
from support.trust import worlds as trust_worlds
from support.trust.worlds import OURS

GOOD = {
    Product.EXCHANGE: exchange_answer(),
    Product.LYNC: lync_answer(),
    Product.SHAREPOINT: sharepoint_answer(),
}
PARTNERS = {
    Product.EXCHANGE: Product.LYNC,
    Product.LYNC: Product.EXCHANGE,
    Product.SHAREPOINT: Product.EXCHANGE,
}
URLS = (trust_worlds.LYNC_URL, trust_worlds.EXCHANGE_URL)


async def look(product: Product, data: Any) -> Observed:
    """What the operations make of an answer. Raises OperationFailed."""

    async def run(endpoint: Endpoint, request: RemoteRequest) -> Answer:
        return Answer(data, "", Streams(), "5.1", CLOCK, 0.1)

    server = trust_worlds.server(product)
    session = OPERATIONS[product](run).on(server, Credentials("u", "p", "d", OURS), HOST)
    seen: Observed = await session.observe(URLS, None)
    return seen


async def judged(product: Product, data: Any) -> Observed | OperationFailed:
    """What was understood, or why it was not."""
    try:
        return await look(product, data)
    except OperationFailed as failure:
        return failure


class Judge:
    """Decides for two objects with a good past: one that stays, and one that is being deleted."""

    def __init__(self, product: Product, good: Observed) -> None:
        """`good`: what was seen when both were registered."""
        self._server = trust_worlds.server(product)
        [entry] = [entry for entry in good.entries if entry.kind is EntryKind.OWN_KEYS]
        document = good.documents[trust_worlds.URLS[PARTNERS[product]]].document
        registration = registration_of(
            entry,
            document,
            None,
            created_by_us=True,
            document_was_read=True,
            changed_at=trust_worlds.NOW,
        )
        stays = trust_worlds.application(PARTNERS[product])
        leaves = replace(stays, deleting=True, deletion_policy=DeletionPolicy.REMOVE)
        status = ApplicationStatus(registration=registration)
        self._views = [ApplicationView(each, status, None) for each in (stays, leaves)]

    def __call__(self, seen: Observed) -> tuple[Decision, Decision]:
        """What would be done for the one that stays, and for the one that leaves."""
        rules = CATALOG.rules[self._server.product]
        one, other = (decide(rules, self._server, [view], seen)[0] for view in self._views)
        return one, other


async def judge_of(product: Product) -> Judge:
    """A judge whose past is the good answer."""
    return Judge(product, await look(product, GOOD[product]))
