"""Further Lync pools of a simulated domain: each publishes a document with a realm of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace

from partner_simulator.simulation import Simulation
from partner_simulator.web.server import Request, Response, Site
from partner_simulator.world import names


def pools(count: int) -> list[str]:
    """Their names."""
    return [f"pool-{number:03d}.{names.DOMAIN}" for number in range(count)]


def document_of(pool: str) -> str:
    """Where a pool publishes its document."""
    return f"https://{pool}{names.LYNC_METADATA_PATH}"


def realm_of(pool: str) -> str:
    """The realm in that document."""
    return f"{pool.partition('.')[0]}.example"


@contextmanager
def further_pools(
    simulation: Simulation, count: int, asked: Callable[[str], None] = lambda pool: None
) -> Iterator[list[str]]:
    """While this lasts, they are there. `asked` is called before a document is given, and may hold it back."""
    domain, front_end = simulation.domain, simulation.front_ends()[0]
    tls = domain.authority.issue_server(pools(count))

    def answer(request: Request) -> Response:
        asked(request.host)
        document = domain.lync_document(front_end, document_of(request.host))
        assert document is not None
        document = replace(document, realm=realm_of(request.host))
        return Response(200, domain.document_bytes(document), "application/json; charset=utf-8")

    with ExitStack() as stack:
        for pool in pools(count):
            site = Site(pool, tls, answer)
            site.start()
            stack.callback(site.stop)
            domain.network.register(pool, 443, *site.address)
        yield pools(count)
