"""What is dear to make is made once, and what is missing is said clearly."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from partner_testbed import CacheNotWritableError
from partner_testbed.cache import cache_folder, made_once
from partner_testbed.kubeconfig import read_kubeconfig, write_kubeconfig

BUILDER = """
import pathlib, sys, time
from partner_testbed.cache import made_once

def make(path):
    with open(sys.argv[2], "a") as log:
        log.write("made\\n")
    time.sleep(1)
    path.write_text("result")

print(made_once(pathlib.Path(sys.argv[1]), make).read_text())
"""


def test_two_processes_make_a_thing_once(tmp_path: Path) -> None:
    target, log = tmp_path / "cache" / "thing", tmp_path / "log"
    env = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    both = [
        subprocess.Popen(
            [sys.executable, "-c", BUILDER, target, log], stdout=subprocess.PIPE, env=env
        )
        for _ in range(2)
    ]
    assert [process.communicate()[0] for process in both] == [b"result\n", b"result\n"]
    assert log.read_text() == "made\n"


def test_a_failed_build_leaves_nothing_and_is_tried_again(tmp_path: Path) -> None:
    target = tmp_path / "thing"

    def fail(path: Path) -> None:
        path.write_text("half")
        raise RuntimeError("no")

    with pytest.raises(RuntimeError, match="no"):
        made_once(target, fail)
    assert [path.name for path in tmp_path.iterdir()] == ["thing.lock"]
    assert made_once(target, lambda path: path.touch()).exists()


def test_what_is_there_is_used_where_nothing_can_be_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And what is not there is refused with the folder's name. (Root writes everywhere: a file is in the way.)"""
    there = tmp_path / "there"
    there.touch()
    assert made_once(there, lambda _path: None) == there
    with pytest.raises(CacheNotWritableError, match=f"kept in {there}, which cannot be written to"):
        made_once(there / "thing", lambda _path: None)


def test_cache_folder_can_be_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PARTNER_OPERATOR_CACHE", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert cache_folder() == tmp_path / "partner-operator"
    monkeypatch.setenv("PARTNER_OPERATOR_CACHE", str(tmp_path / "own"))
    assert cache_folder() == tmp_path / "own"


def test_a_kubeconfig_with_several_contexts_needs_a_name(tmp_path: Path) -> None:
    path = tmp_path / "config"
    path.write_text(
        "clusters: [{name: c, cluster: {server: 'https://one', certificate-authority: ca.crt}}]\n"
        "users: [{name: u, user: {token: t}}]\n"
        "contexts: [{name: a, context: {cluster: c, user: u}},\n"
        "           {name: b, context: {cluster: c, user: u, namespace: n}}]\n"
        "current-context: a\n"
    )
    with pytest.raises(ValueError, match="has 2 contexts"):
        read_kubeconfig(path)
    with pytest.raises(ValueError, match="no context 'z'"):
        read_kubeconfig(path, "z")
    cluster, user, namespace = read_kubeconfig(path, "b")
    assert cluster == {"server": "https://one", "certificate-authority": str(tmp_path / "ca.crt")}
    assert (user, namespace) == ({"token": "t"}, "n")
    copy = write_kubeconfig(tmp_path / "copy", cluster, user, namespace)
    assert read_kubeconfig(copy) == (cluster, user, namespace)
