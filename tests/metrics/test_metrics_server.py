"""Scrapes: by nobody, by ten at once, by those that ask or read slowly, and by more than there is room for."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager, suppress

import aiohttp
import pytest
from prometheus_client import CollectorRegistry, Metric
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.registry import Collector

from partner_operator.cli.main import main
from partner_operator.metrics import server
from partner_operator.metrics.collector import State
from partner_operator.metrics.server import CannotListen, answering, listening_at, new_registry

ASK = b"GET /metrics HTTP/1.1\r\nHost: operator\r\n\r\n"


class Counting(Collector):
    """Counts how often the state was read."""

    def __init__(self, lines: int = 1) -> None:
        self.read = 0
        self.lines = lines

    def collect(self) -> Iterable[Metric]:
        """So many series."""
        self.read += 1
        family = GaugeMetricFamily("seen", "Text", labels=["line"])
        for line in range(self.lines):
            family.add_metric([str(line)], self.read)
        return [family]


@asynccontextmanager
async def _served(port: int, lines: int = 1) -> AsyncIterator[Counting]:
    counting = Counting(lines)
    registry = CollectorRegistry()
    registry.register(counting)
    counting.read = 0
    async with answering(f"http://127.0.0.1:{port}/metrics", registry):
        yield counting


async def _scrape(port: int, path: str = "/metrics") -> tuple[int, str]:
    async with (
        aiohttp.ClientSession() as session,
        session.get(f"http://127.0.0.1:{port}{path}") as response,
    ):
        return response.status, await response.text()


async def _until_closed(reader: asyncio.StreamReader) -> int:
    """How many bytes come until the other end hangs up."""
    count = 0
    with suppress(ConnectionResetError):
        async with asyncio.timeout(10):
            while data := await reader.read(65536):
                count += len(data)
    return count


async def test_prometheus_can_read_the_answer(unused_tcp_port: int) -> None:
    url = f"http://127.0.0.1:{unused_tcp_port}/metrics"
    async with (
        answering(url, new_registry(State())),
        aiohttp.ClientSession() as session,
        session.get(url) as response,
    ):
        assert response.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
        names = {one.name for one in text_string_to_metric_families(await response.text())}
    assert {"partner_operator_lease_held", "process_resident_memory_bytes"} <= names


async def test_nobody_asks_and_nothing_is_read(unused_tcp_port: int) -> None:
    async with _served(unused_tcp_port) as counting:
        await asyncio.sleep(0.05)
    assert counting.read == 0


async def test_ten_that_ask_at_once_are_one_reading(unused_tcp_port: int) -> None:
    async with _served(unused_tcp_port) as counting:
        answers = await asyncio.gather(*(_scrape(unused_tcp_port) for _ in range(10)))
    assert {status for status, _ in answers} == {200}
    assert len({text for _, text in answers}) == 1
    assert counting.read == 1


async def test_who_has_its_answer_is_hung_up_on(unused_tcp_port: int) -> None:
    """A connection that is kept for the next question would hold up the operator's end."""
    async with _served(unused_tcp_port):
        reader, writer = await asyncio.open_connection("127.0.0.1", unused_tcp_port)
        writer.write(ASK)
        async with asyncio.timeout(server.LONGEST / 2):
            assert await _until_closed(reader) > 0
        writer.close()


async def test_the_next_scrape_reads_anew(
    unused_tcp_port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "FRESH", 0.0)
    async with _served(unused_tcp_port) as counting:
        first, second = await _scrape(unused_tcp_port), await _scrape(unused_tcp_port)
    assert first != second
    assert counting.read == 2


@pytest.mark.parametrize("sent", [b"", b"GET /metr", ASK], ids=["nothing", "half", "reads nothing"])
async def test_who_is_slow_is_hung_up_on(
    sent: bytes, unused_tcp_port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also one that asks and reads nothing of an answer that fits into no buffer."""
    monkeypatch.setattr(server, "LONGEST", 0.3)
    lines = 200_000
    async with _served(unused_tcp_port, lines):
        own = socket.socket()
        own.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        own.setblocking(False)
        await asyncio.get_running_loop().sock_connect(own, ("127.0.0.1", unused_tcp_port))
        reader, writer = await asyncio.open_connection(sock=own, limit=1024)
        writer.write(sent)
        await asyncio.sleep(1.0)
        count = await _until_closed(reader)
        writer.close()
    # What the kernel had in its buffers came; the rest of the answer did not.
    assert count < lines * len('seen{line="0"} 1.0 ')


async def test_more_than_there_is_room_for_are_hung_up_on_and_room_comes_back(
    unused_tcp_port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "MOST_CONNECTIONS", 4)
    async with _served(unused_tcp_port):
        there = [await asyncio.open_connection("127.0.0.1", unused_tcp_port) for _ in range(4)]
        for _, writer in there:
            writer.write(ASK[:10])
        await asyncio.sleep(0.05)
        reader, writer = await asyncio.open_connection("127.0.0.1", unused_tcp_port)
        assert await _until_closed(reader) == 0
        for _, one in [*there, (reader, writer)]:
            one.close()
        await asyncio.sleep(0.05)
        assert (await _scrape(unused_tcp_port))[0] == 200


async def test_a_crowd_that_comes_in_one_moment_is_not_let_in(
    unused_tcp_port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "MOST_CONNECTIONS", 4)
    async with _served(unused_tcp_port):
        there = [socket.create_connection(("127.0.0.1", unused_tcp_port)) for _ in range(60)]
        await asyncio.sleep(0.1)
        for one in there:
            one.setblocking(False)
        assert sum(map(_is_open, there)) == 4
        for one in there:
            one.close()


def _is_open(connection: socket.socket) -> bool:
    try:
        connection.recv(1)
    except BlockingIOError:
        return True
    except ConnectionResetError:
        return False
    return False


async def test_other_paths_have_nothing(unused_tcp_port: int) -> None:
    async with _served(unused_tcp_port):
        assert (await _scrape(unused_tcp_port, "/"))[0] == 404


async def test_nothing_listens_unasked(unused_tcp_port: int) -> None:
    async with answering(None, CollectorRegistry()):
        with pytest.raises(OSError, match="Connect call failed"):
            await asyncio.open_connection("127.0.0.1", unused_tcp_port)


async def test_a_port_that_is_taken_is_a_sentence(unused_tcp_port: int) -> None:
    url = f"http://127.0.0.1:{unused_tcp_port}/metrics"
    with (
        socket.create_server(("127.0.0.1", unused_tcp_port)),
        pytest.raises(CannotListen, match=f"--metrics {url} cannot be listened at: "),
    ):
        async with answering(url, CollectorRegistry()):
            pass


@pytest.mark.parametrize(
    "url",
    [
        "9402",
        "https://0.0.0.0:9402/metrics",
        "http://0.0.0.0/metrics",
        "http://h:x/",
        "http://h:70000/",
    ],
)
def test_an_address_that_is_none_is_refused_at_the_start(
    url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        main(["run", "--all-namespaces", "--metrics", url])
    assert "such as http://0.0.0.0:9402/metrics" in capsys.readouterr().err


def test_an_address_is_taken_apart() -> None:
    assert listening_at("http://127.0.0.1:9402/metrics") == ("127.0.0.1", 9402, "/metrics")
    assert listening_at("http://[::1]:9402") == ("::1", 9402, "/")
