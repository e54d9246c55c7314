"""The doctor's command: one server, several or all; a refused logon is tried once."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable

import pytest
from click.testing import Result

from partner_operator.cli.doctor import _Examination, _progress
from partner_operator.trust.allowed import USUAL_BOUNDS
from partner_operator.winrm import Answer, Endpoint, RemoteRequest, RemoteRunError, Unauthenticated
from support.kube.cluster import Cluster

Cli = Callable[..., Result]


async def test_a_logon_that_was_refused_is_tried_nowhere_else() -> None:
    """Five servers with one service account would lock it."""
    asked: list[str] = []

    async def refuses(endpoint: Endpoint, request: RemoteRequest) -> Answer:
        asked.append(endpoint.host)
        raise Unauthenticated(f"{endpoint.host} refused the logon.")

    runner = _Examination(USUAL_BOUNDS, None, None)._once_refused(refuses)
    request = RemoteRequest("observe", "", {}, {})
    for host in ("ex1", "ex2", "sp1"):
        with pytest.raises(RemoteRunError) as refused:
            await runner(Endpoint(host, 5986, "ntlm", "operator", "password!"), request)
        assert refused.value.logon_refused
    assert asked == ["ex1"]
    assert "ex1 refused the same logon" in str(refused.value)
    with pytest.raises(RemoteRunError):
        await runner(Endpoint("fe1", 5986, "ntlm", "operator", "another!"), request)
    assert asked == ["ex1", "fe1"]


@pytest.mark.controlplane
def test_what_is_not_there_is_said(cluster: Cluster, cli: Cli) -> None:
    result = cli("doctor")
    assert result.exit_code == 1
    assert f"There is no PartnerServer in namespace {cluster.namespace}" in result.output
    result = cli("doctor", "exchange")
    assert result.exit_code == 1
    assert "PartnerServer exchange does not exist" in result.output


def test_progress_is_for_terminals(monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    for stream in (io.StringIO(), Terminal()):
        monkeypatch.setattr(sys, "stderr", stream)
        monkeypatch.setenv("TERM", "xterm")
        with _progress(2) as tell:
            tell("1/2 trust/exchange: the way to ex1")
        assert bool(stream.getvalue()) is stream.isatty()
