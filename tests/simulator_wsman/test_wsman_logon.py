"""Logons: schemes, spellings, encryption, channel bindings, rejected and changed passwords."""

from __future__ import annotations

from dataclasses import replace

import pytest
import spnego
from requests_credssp.exceptions import AuthenticationException, NTStatusException
from spnego.channel_bindings import GssChannelBindings
from winrm.exceptions import InvalidCredentialsError, WinRMTransportError, WSManFaultError

from partner_simulator.certificates import self_signed
from partner_simulator.ports import LogonKind
from partner_simulator.wsman import ChannelBinding, Step, Tally
from partner_simulator.wsman.authentication import Authenticator, Outcome, server_end_point
from partner_simulator.wsman.names import Scheme
from partner_simulator.wsman.ntlm_users import canonical_user, spellings, user_file_lines
from support.wsman.bench import HOST, OTHER_USER, PASSWORD, USER, Bench, Transport
from support.wsman.echo_engine import EchoDirectory

SPELLINGS = [USER, "litwareinc\\EXADMIN", "exadmin@litwareinc.com", "exadmin", ".\\exadmin"]


@pytest.mark.parametrize("user", SPELLINGS)
@pytest.mark.parametrize("transport", ["ntlm", "credssp"])
def test_every_spelling_logs_on_as_the_directory_knows_it(
    bench: Bench, transport: Transport, user: str
) -> None:
    """A session's user is canonical, and only CredSSP can make a second hop."""
    assert bench.run("echo hi", client=bench.protocol(transport, user=user)) == (b"hi\r\n", b"", 0)
    session = bench.engine.started[0][0]
    kind = LogonKind.CREDSSP if transport == "credssp" else LogonKind.NETWORK
    assert (session.host, session.logon.user, session.logon.kind) == (HOST, USER, kind)
    assert session.codepage == 65001
    assert bench.server.counters.count(Tally.LOGONS_ACCEPTED, HOST, USER) == 1


@pytest.mark.parametrize("transport", ["ntlm", "credssp"])
@pytest.mark.parametrize(("plain", "encryption"), [(True, "auto"), (False, "always")])
def test_message_encryption_works_both_ways(
    bench: Bench, transport: Transport, plain: bool, encryption: str
) -> None:
    """Sealed requests get sealed replies, over HTTP and over HTTPS, also beyond one 16 KB piece."""
    client = bench.protocol(transport, plain=plain, message_encryption=encryption)
    data = bytes(range(256)) * 200
    assert bench.run("cat", data, client) == (data, b"", 0)
    commands = bench.server.counters.requests(step=Step.COMMAND)
    assert [record.sealed for record in commands] == [True]


def test_sealed_fault_can_be_read(bench: Bench) -> None:
    """Fault replies are encrypted too."""
    client = bench.protocol(plain=True)
    with pytest.raises(WSManFaultError) as caught:
        client.close_shell("00000000-0000-0000-0000-000000000000")
    assert caught.value.wsman_fault_code == 2150858843


def test_clear_text_over_http_is_refused(bench: Bench) -> None:
    """AllowUnencrypted=false: a bare 500, and nothing is done."""
    with pytest.raises(WinRMTransportError) as caught:
        bench.run("echo hi", client=bench.protocol(plain=True, message_encryption="never"))
    assert (caught.value.code, caught.value.response_text) == (500, "")
    assert bench.engine.started == []


def test_clear_text_over_http_is_taken_where_an_administrator_allows_it(bench: Bench) -> None:
    """AllowUnencrypted=true: clear messages work, but only for who is logged on."""
    bench.server.settings = replace(bench.server.settings, allow_unencrypted=True)
    client = bench.protocol(plain=True, message_encryption="never")
    assert bench.run("echo hi", client=client) == (b"hi\r\n", b"", 0)
    assert not any(record.sealed for record in bench.server.counters.requests())
    with pytest.raises(InvalidCredentialsError):
        bench.run(
            "echo hi",
            client=bench.protocol(plain=True, message_encryption="never", password="wrong"),
        )
    assert len(bench.engine.started) == 1


@pytest.mark.parametrize("user", [USER, "exadmin@litwareinc.com"])
def test_wrong_password_is_one_rejected_logon(bench: Bench, user: str) -> None:
    """NTLM: one rejected logon for one attempt, under the canonical name."""
    with pytest.raises(InvalidCredentialsError):
        bench.run("echo hi", client=bench.protocol(user=user, password="wrong"))
    assert bench.directory.failures == [(HOST, USER)]
    assert bench.server.counters.count(Tally.LOGONS_REJECTED, HOST, USER) == 1
    assert bench.server.counters.count(Tally.LOGONS_ACCEPTED) == 0
    assert bench.engine.started == []


def test_wrong_password_over_credssp_is_one_rejected_logon(bench: Bench) -> None:
    """CredSSP hides the name inside TLS; it is counted all the same."""
    with pytest.raises(NTStatusException, match="STATUS_LOGON_FAILURE"):
        bench.run("echo hi", client=bench.protocol("credssp", password="wrong"))
    assert bench.directory.failures == [(HOST, USER)]
    assert bench.server.counters.count(Tally.LOGONS_REJECTED, HOST, USER) == 1


def test_unknown_user_looks_like_a_wrong_password(bench: Bench) -> None:
    """Nobody learns which accounts exist."""
    with pytest.raises(InvalidCredentialsError):
        bench.run("echo hi", client=bench.protocol(user="LITWAREINC\\nobody"))
    assert bench.directory.failures == [(HOST, "LITWAREINC\\nobody")]


def test_password_may_change_at_run_time(bench: Bench) -> None:
    """The old password stops working and the new one works, for the next connection."""
    assert bench.run("echo 1")[2] == 0
    bench.directory.passwords[USER] = "new"
    del bench.directory.passwords["exadmin@litwareinc.com"]
    with pytest.raises(InvalidCredentialsError):
        bench.run("echo 2")
    assert bench.run("echo 3", client=bench.protocol(password="new"))[0] == b"3\r\n"


def test_strict_channel_binding(bench: Bench) -> None:
    """Strict demands bindings; refusing for lack of them is not the account's fault."""
    bench.server.settings = replace(bench.server.settings, channel_binding=ChannelBinding.STRICT)
    assert bench.run("echo hi")[2] == 0
    with pytest.raises(InvalidCredentialsError):
        bench.run("echo hi", client=bench.protocol(send_cbt=False))
    assert bench.directory.failures == []
    assert bench.server.counters.count(Tally.LOGONS_REJECTED) == 1


def test_relaxed_channel_binding_takes_clients_without(bench: Bench) -> None:
    """Windows' default."""
    assert bench.run("echo hi", client=bench.protocol(send_cbt=False))[2] == 0


@pytest.mark.parametrize("binding", list(ChannelBinding))
@pytest.mark.parametrize("right", [True, False])
@pytest.mark.parametrize("protocol", ["ntlm", "negotiate"])
def test_wrong_bindings_mean_a_man_in_the_middle(
    binding: ChannelBinding, right: bool, protocol: str
) -> None:
    """Bindings of another certificate are refused unless the service does not look."""
    ours = server_end_point(self_signed("ours", bits=1024).certificate)
    theirs = GssChannelBindings(application_data=b"tls-server-end-point:" + b"x" * 32)
    directory = EchoDirectory({USER: PASSWORD})
    acceptor = Authenticator(HOST, directory, binding, ours)
    client = spnego.client(
        USER,
        PASSWORD,
        channel_bindings=ours if right else theirs,
        protocol=protocol,
        options=spnego.NegotiateOptions.use_negotiate,
    )
    answer = acceptor.step(Scheme.NEGOTIATE, client.step() or b"")
    while answer.outcome is Outcome.CONTINUE:
        answer = acceptor.step(Scheme.NEGOTIATE, client.step(answer.token) or b"")
    accepted = right or binding is ChannelBinding.NONE
    assert answer.outcome is (Outcome.ACCEPTED if accepted else Outcome.REJECTED)
    assert directory.failures == []


def test_who_is_no_administrator_is_denied(bench: Bench) -> None:
    """Good logon, fault 5, nothing started."""
    bench.directory.denied.add((HOST, OTHER_USER))
    client = bench.protocol(user=OTHER_USER, password="other")
    with pytest.raises(WSManFaultError) as caught:
        client.open_shell()
    assert caught.value.wsman_fault_code == 5
    assert "AccessDenied" in str(caught.value.fault_subcode)
    assert bench.server.counters.count(Tally.LOGONS_REJECTED) == 0


def test_scheme_that_is_not_offered_is_not_taken(bench: Bench) -> None:
    """A server that only offers Kerberos cannot be reached with NTLM."""
    bench.server.settings = replace(bench.server.settings, offered_schemes=("Kerberos",))
    with pytest.raises(InvalidCredentialsError):
        bench.protocol().open_shell()
    assert bench.directory.failures == []


def test_one_connection_is_one_logon(bench: Bench) -> None:
    """Keep-alive: a whole run takes one TCP connection and one logon."""
    bench.run("cat", b"data")
    counters = bench.server.counters
    assert counters.count(Tally.CONNECTIONS) == 1
    assert counters.count(Tally.LOGONS_ACCEPTED) == 1
    steps = [record.step for record in counters.requests() if record.status == 200]
    assert steps == [
        Step.CREATE,
        Step.COMMAND,
        Step.SEND,
        Step.RECEIVE,
        Step.SIGNAL,
        Step.DELETE,
    ]


def test_new_connection_is_anonymous_again(bench: Bench) -> None:
    """Logons belong to connections, shells to users."""
    first, second = bench.protocol(), bench.protocol()
    shell = first.open_shell()
    command = second.run_command(shell, "echo", ["hi"])
    assert second.get_command_output(shell, command)[0] == b"hi\r\n"
    second.close_shell(shell)
    assert bench.server.counters.count(Tally.LOGONS_ACCEPTED) == 2


def test_idle_connection_is_closed_and_the_client_logs_on_again(bench: Bench) -> None:
    """http.sys closes silent connections; over HTTPS pywinrm recovers with a second logon."""
    bench.server.settings = replace(bench.server.settings, connection_idle_seconds=0.2)
    client = bench.protocol()
    shell = client.open_shell()
    assert bench.server.wait_for_connections(0, timeout_seconds=60)
    client.close_shell(shell)
    assert bench.server.counters.count(Tally.CONNECTIONS) == 2


def test_account_file_holds_no_password() -> None:
    """Only hashes reach the disk, and a colon in a password does no harm."""
    text = "".join(user_file_lines({USER: PASSWORD}))
    assert PASSWORD not in text
    assert all(line.count(":") == 5 for line in text.splitlines())
    assert {"exadmin", USER, ".\\exadmin"} <= {line.split(":")[0] for line in text.splitlines()}


def test_names_are_made_canonical() -> None:
    """Two domains with the same user name are kept apart where the client says which."""
    accounts = {"A\\u": "1", "B\\u": "2", "u@b.example": "2", "C\\other": "3"}
    assert canonical_user(accounts, "B", "U") == "B\\u"
    assert canonical_user(accounts, "", "u@b.example") == "B\\u"
    assert canonical_user(accounts, "", "u") == "A\\u"
    assert canonical_user(accounts, "X", "nobody") == "X\\nobody"
    assert "b.example\\u" in spellings("u@b.example")


def test_fault_on_create_is_hidden_by_the_credssp_client(bench: Bench) -> None:
    """Create rides on the last leg of CredSSP, and the client takes any reply but 200 for a leg.

    The wire is right (a fault 5 after an accepted logon); what the operator sees is not.
    """
    bench.directory.denied.add((HOST, USER))
    with pytest.raises(AuthenticationException, match="did not response with a CredSSP token"):
        bench.protocol("credssp").open_shell()
    assert bench.server.counters.count(Tally.LOGONS_ACCEPTED, HOST, USER) == 1
    assert bench.server.counters.requests(step=Step.CREATE)[0].fault_code == 5
