"""Official archives from a server on loopback: nothing of one is used before its digest is right, and nothing hangs."""

from __future__ import annotations

import hashlib
import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from partner_testbed import CacheNotWritableError, archives
from partner_testbed.archives import Archive, ArchiveMissingError, Patience, fetched
from partner_testbed.cache import cache_folder
from support.testbed.server import Manner, Server, serving, tarball

SHORT = Patience(first_answer=1.0, silence=1.0, in_all=4.0)


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """A server whose certificate this process trusts, and an empty cache folder."""
    monkeypatch.setenv("PARTNER_OPERATOR_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("NO_PROXY", "*")
    with serving(tmp_path / "pki", tarball({"bin/thing": b"content"})) as running:
        monkeypatch.setenv("SSL_CERT_FILE", str(running.authority))
        yield running


@pytest.fixture
def archive(server: Server) -> Archive:
    digest = hashlib.sha256(server.content).hexdigest()
    return Archive("thing", "1.0", "any", f"sha256:{digest}", server.url)


def kept() -> list[Path]:
    """What a failed try may not leave: anything that looks like a result, or half of one."""
    return [path for path in cache_folder().rglob("*") if path.is_file() and path.suffix != ".lock"]


@pytest.mark.parametrize("manner", [Manner.WHOLE, Manner.MOVED])
def test_the_right_archive_is_unpacked_once(
    server: Server, archive: Archive, manner: Manner
) -> None:
    """The second time nobody is asked: after a first run no network is needed."""
    server.manner = manner
    said: list[str] = []
    folder = fetched(archive, said.append, SHORT)
    assert (folder / "bin/thing").read_bytes() == b"content"
    assert said[-1] == "fetching thing 1.0: 100%"
    server.asked.clear()
    assert fetched(archive, said.append, SHORT) == folder
    assert server.asked == []


def test_another_archive_is_refused_before_it_is_opened(server: Server, archive: Archive) -> None:
    server.content = tarball({"bin/thing": b"another"})
    with pytest.raises(ArchiveMissingError, match=r"is not the file that archives\.txt names"):
        fetched(archive, patience=SHORT)
    assert kept() == []


@pytest.mark.parametrize(
    ("manner", "says"),
    [
        (Manner.CUT, r"sent \d+ of \d+ bytes of thing"),
        (Manner.STALLED, "said nothing for 1 s|timed out"),
        (Manner.TRICKLING, "is too slow"),
        (Manner.ABSENT, r"was not to be had from 127\.0\.0\.1: .*Not Found"),
    ],
)
def test_what_does_not_come_is_given_up_and_may_come_later(
    server: Server, archive: Archive, manner: Manner, says: str
) -> None:
    server.manner = manner
    begun = time.monotonic()
    with pytest.raises(ArchiveMissingError, match=says):
        fetched(archive, patience=SHORT)
    assert time.monotonic() - begun < 30
    assert kept() == []
    server.manner = Manner.WHOLE
    assert fetched(archive, patience=SHORT).is_dir()


def test_a_host_that_never_answers_costs_seconds(archive: Archive) -> None:
    """It takes the connection and says nothing, as behind many firewalls."""
    with socket.create_server(("127.0.0.1", 0)) as mute:
        silent = replace(archive, url=f"https://127.0.0.1:{mute.getsockname()[1]}/a.tar.gz")
        with pytest.raises(ArchiveMissingError, match=r"said nothing for 1 s|timed out"):
            fetched(silent, patience=SHORT)


def test_a_certificate_that_nobody_vouches_for_is_refused(
    archive: Archive, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SSL_CERT_FILE")
    with pytest.raises(ArchiveMissingError, match="CERTIFICATE_VERIFY_FAILED"):
        fetched(archive, patience=SHORT)
    assert server.asked == []


FETCH = """
import sys
from partner_testbed.archives import Archive, fetched
print(fetched(Archive(*sys.argv[1:])))
"""


def test_two_first_runs_at_once_fetch_it_once(server: Server, archive: Archive) -> None:
    line = [archive.name, archive.version, archive.machine, archive.digest, archive.url]
    env = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    both = [
        subprocess.Popen([sys.executable, "-c", FETCH, *line], stdout=subprocess.PIPE, env=env)
        for _ in range(2)
    ]
    told = {process.communicate()[0] for process in both}
    assert told == {f"{archive.unpacked}\n".encode()}
    assert len(server.asked) == 1


def test_a_cache_that_cannot_be_written_to_is_named(
    archive: Archive, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PARTNER_OPERATOR_CACHE", "/proc/nowhere")
    with pytest.raises(CacheNotWritableError, match=r"/proc/nowhere.* Set PARTNER_OPERATOR_CACHE"):
        fetched(archive)
    assert server.asked == []


def test_each_line_of_the_lock_has_a_digest_and_a_publishers_address() -> None:
    lines = archives.LOCK.read_text().splitlines()
    found = [Archive(*line.split()) for line in lines if not line.startswith("#")]
    assert {each.name for each in found} == {"powershell", "kubernetes"}
    for each in found:
        assert re.fullmatch(r"sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128}", each.digest)
        assert each.url.startswith("https://github.com/")
        assert each.version in each.url


def test_a_machine_that_the_lock_does_not_know_is_told_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("platform.machine", lambda: "riscv64")
    with pytest.raises(ArchiveMissingError, match="names no archive of powershell for riscv64"):
        archives.locked("powershell")
