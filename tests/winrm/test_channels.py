"""One connection and one logon for the runs of a pass, and for nobody else's; what is lost is made anew, once."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest

from partner_operator.winrm import (
    Authentication,
    Channels,
    Endpoint,
    OutcomeUnknown,
    QuotaExceeded,
    Unauthenticated,
    Unreachable,
    channels,
    run,
)
from partner_operator.winrm.connections import Connections
from partner_simulator.certificates import CertificateAuthority
from partner_simulator.wsman import (
    Drop,
    Fault,
    Reset,
    Soap,
    Step,
    Tally,
    Unauthorized,
    When,
    WsmanSettings,
)
from support.winrm.host import Host
from support.wsman.echo_engine import fixed

LOGONS: list[Authentication] = ["ntlm", "credssp"]
PASS = "trust/exchange"
OF_A_RUN = [Step.CREATE, Step.COMMAND, Step.SEND, Step.RECEIVE, Step.DELETE]
MINUTE = 60.0
QUOTA = 2150859173


@pytest.fixture
def kept() -> Iterator[Channels]:
    made = Channels()
    yield made
    made.end(PASS)


def ask(host: Host, kept: Channels, endpoint: Endpoint | None = None, about: str = PASS) -> Any:
    """One run of a pass."""
    return run(endpoint or host.endpoint(), host.asked(about=about), kept).data


def counted(host: Host) -> tuple[int, int]:
    """Connections and logons."""
    count = host.server.counters.count
    return count(Tally.CONNECTIONS), count(Tally.LOGONS_ACCEPTED)


def asked(host: Host, step: Step) -> int:
    """How often a message was sent."""
    return len(host.server.counters.requests(step=step))


@pytest.mark.parametrize("authentication", LOGONS)
def test_three_runs_of_a_pass_are_one_logon(
    host: Host, kept: Channels, authentication: Authentication
) -> None:
    for _ in range(3):
        assert ask(host, kept, host.endpoint(authentication)) == {"a": "b"}
    steps = [record.step for record in host.server.counters.requests()]
    assert [step for step in steps if step is not Step.AUTHENTICATE] == OF_A_RUN * 3
    handshake = steps.count(Step.AUTHENTICATE)
    assert steps[:handshake] == [Step.AUTHENTICATE] * handshake
    assert counted(host) == (1, 1)
    kept.end(PASS)
    assert host.server.wait_for_connections(0, timeout_seconds=10)
    ask(host, kept, host.endpoint(authentication))
    assert counted(host) == (2, 2)


def test_without_a_pass_each_run_has_its_own(host: Host) -> None:
    for _ in range(2):
        run(host.endpoint(), host.request)
        assert host.server.wait_for_connections(0, timeout_seconds=10)
    assert counted(host) == (2, 2)


OTHERS: list[dict[str, Any]] = [
    {"username": "LITWAREINC\\second"},
    {"password": "another one"},
    {"authentication": "credssp"},
    {"ca_pem": "+"},
    {"host": "127.0.0.1"},
]


@pytest.mark.parametrize("other", OTHERS, ids=[next(iter(other)) for other in OTHERS])
def test_what_another_logon_has_opened_is_not_used(
    host: Host, authority: CertificateAuthority, kept: Channels, other: dict[str, Any]
) -> None:
    """Another Secret, another way to log on, other authorities, another host of the same server."""
    host.directory.passwords["LITWAREINC\\second"] = host.endpoint().password
    host.server.use_certificate(authority.issue_server(["localhost", "127.0.0.1"]))
    ask(host, kept)
    if "password" in other:
        host.directory.passwords[host.endpoint().username] = other["password"]
    if "ca_pem" in other:
        other = {"ca_pem": authority.pem + CertificateAuthority("ANOTHER").pem}
    ask(host, kept, replace(host.endpoint(), **other))
    assert counted(host) == (2, 2)


def test_another_pass_does_not_use_it(host: Host, kept: Channels) -> None:
    ask(host, kept)
    ask(host, kept, about="trust/another")
    kept.end("trust/another")
    ask(host, kept)
    assert counted(host) == (2, 2)


def test_two_runs_at_once_share_nothing(host: Host, kept: Channels) -> None:
    both = threading.Barrier(2)

    def answer(stdin: bytes) -> Any:
        both.wait(MINUTE)
        return fixed(b"")(stdin)

    host.engine.respond("powershell.exe", answer)
    with ThreadPoolExecutor(2) as pool:
        for one in [pool.submit(ask, host, kept) for _ in range(2)]:
            with pytest.raises(Exception, match="did not arrive"):
                one.result()
    assert counted(host) == (2, 2)
    assert host.server.wait_for_connections(1, timeout_seconds=10)


@pytest.mark.parametrize("authentication", LOGONS)
def test_a_host_that_has_ended_it_in_between_is_logged_on_to_again(
    host: Host, kept: Channels, authentication: Authentication
) -> None:
    host.server.settings = WsmanSettings(connection_idle_seconds=0.3)
    for _ in range(2):
        ask(host, kept, host.endpoint(authentication))
        assert host.server.wait_for_connections(0, timeout_seconds=10)
    assert counted(host) == (2, 2)
    assert asked(host, Step.CREATE) == 2


def test_one_that_rests_for_too_long_is_ended(
    host: Host, kept: Channels, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(channels, "LONGEST_REST", 0.0)
    for _ in range(2):
        ask(host, kept)
        assert host.server.wait_for_connections(0, timeout_seconds=10)
    assert counted(host) == (2, 2)


@pytest.mark.parametrize("authentication", LOGONS)
@pytest.mark.parametrize("action", [Reset(), Drop(), Unauthorized(), Unauthorized(challenge=False)])
def test_a_create_that_finds_no_logon_any_more_is_sent_again_with_one(
    host: Host, kept: Channels, authentication: Authentication, action: Any
) -> None:
    """The host ends the connection, or forgets the logon, in the moment in which it is used again."""
    endpoint = host.endpoint(authentication)
    ask(host, kept, endpoint)
    fault = host.server.faults.add(Fault(Step.CREATE, action))
    assert ask(host, kept, endpoint) == {"a": "b"}
    assert fault.struck == 1
    assert counted(host) == (2, 2)
    assert asked(host, Step.COMMAND) == 2
    assert host.directory.failures == []


@pytest.mark.parametrize("authentication", LOGONS)
def test_it_is_sent_again_once(host: Host, kept: Channels, authentication: Authentication) -> None:
    endpoint = host.endpoint(authentication)
    ask(host, kept, endpoint)
    fault = host.server.faults.add(Fault(Step.CREATE, Reset(), times=None))
    with pytest.raises(Unreachable):
        ask(host, kept, endpoint)
    assert fault.struck == 2
    assert asked(host, Step.COMMAND) == 1


def test_a_first_create_is_not_sent_again(host: Host, kept: Channels) -> None:
    fault = host.server.faults.add(Fault(Step.CREATE, Reset(), times=None))
    with pytest.raises(Unreachable):
        ask(host, kept)
    assert fault.struck == 1


def test_a_fault_that_answers_create_is_an_answer(host: Host, kept: Channels) -> None:
    ask(host, kept)
    fault = host.server.faults.add(Fault(Step.CREATE, Soap(QUOTA), times=None))
    with pytest.raises(QuotaExceeded):
        ask(host, kept)
    assert fault.struck == 1
    assert counted(host) == (1, 1)


def test_a_shell_whose_create_was_not_answered_stays_and_does_no_harm(
    host: Host, kept: Channels
) -> None:
    host.shells_may_remain = True
    ask(host, kept)
    host.server.faults.add(Fault(Step.CREATE, Reset(), when=When.AFTER))
    assert ask(host, kept) == {"a": "b"}
    assert len(host.server.counters.open_shells()) == 1


@pytest.mark.parametrize("authentication", LOGONS)
def test_a_password_that_changed_meanwhile_is_refused_once(
    host: Host, kept: Channels, authentication: Authentication
) -> None:
    endpoint = host.endpoint(authentication)
    ask(host, kept, endpoint)
    host.directory.passwords[endpoint.username] = "changed"
    host.server.faults.add(Fault(Step.CREATE, Unauthorized()))
    with pytest.raises(Unauthenticated):
        ask(host, kept, endpoint)
    assert host.server.counters.count(Tally.LOGONS_REJECTED) == 1
    assert len(host.directory.failures) == 1
    assert host.server.wait_for_connections(0, timeout_seconds=10)


@pytest.mark.parametrize("when", [When.BEFORE, When.AFTER])
@pytest.mark.parametrize("step", [Step.COMMAND, Step.SEND, Step.RECEIVE])
def test_nothing_after_create_is_sent_again(
    host: Host, kept: Channels, step: Step, when: When
) -> None:
    host.shells_may_remain = True
    ask(host, kept)
    fault = host.server.faults.add(Fault(step, Reset(), when=when, times=None))
    with pytest.raises(OutcomeUnknown):
        ask(host, kept)
    assert fault.struck == 1
    assert asked(host, Step.CREATE) == 2
    assert asked(host, step) == 2


@pytest.mark.parametrize("step", [Step.COMMAND, Step.RECEIVE, Step.DELETE])
def test_after_a_fault_the_next_run_begins_anew(host: Host, kept: Channels, step: Step) -> None:
    host.shells_may_remain = True
    host.server.faults.add(Fault(step, Soap(QUOTA)))
    try:
        ask(host, kept)
    except (OutcomeUnknown, QuotaExceeded):
        assert step is not Step.DELETE
    assert host.server.wait_for_connections(0, timeout_seconds=10)
    assert ask(host, kept) == {"a": "b"}
    assert counted(host) == (2, 2)


def test_a_run_that_outlives_its_pass_leaves_nothing_open(host: Host, kept: Channels) -> None:
    with ThreadPoolExecutor(1) as pool:
        with host.server.faults.pause_at(Step.RECEIVE) as barrier:
            running = pool.submit(ask, host, kept)
            assert barrier.wait_reached(MINUTE)
            kept.end(PASS)
        assert running.result() == {"a": "b"}
    assert host.server.wait_for_connections(0, timeout_seconds=10)


def test_only_what_has_not_ended_is_signalled(host: Host, kept: Channels) -> None:
    ask(host, kept)
    assert asked(host, Step.SIGNAL) == 0
    host.says(fixed(after_seconds=MINUTE, exit_code=None))
    with pytest.raises(OutcomeUnknown):
        run(host.endpoint(), host.asked(about=PASS, deadline_seconds=1.5), kept)
    assert asked(host, Step.SIGNAL) == 1
    assert host.server.counters.open_operations() == ()


def test_the_alarm_of_a_run_does_not_cut_the_next_one() -> None:
    """Nor does it cut what rests until then."""
    held = Connections(deadline=0.0)
    late = held._timer
    assert late is not None
    held.rest(MINUTE)
    cut: list[object] = []
    held._handles.append(cut)  # type: ignore[arg-type]  # whoever cuts would take it for a socket
    late.function(*late.args, **late.kwargs)
    assert held.resting
    assert not held.over
    held._handles.clear()
    held.close()
