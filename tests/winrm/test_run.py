"""A remote run over real TLS, NTLM and CredSSP against a simulated host: what becomes of good and bad."""

from __future__ import annotations

import logging
import subprocess
from collections.abc import Sequence

import pytest

from partner_operator.winrm import (
    Authentication,
    Blocked,
    BlockedBy,
    Forbidden,
    OutcomeUnknown,
    RemoteRunError,
    ScriptError,
    TlsFailed,
    run,
)
from partner_operator.winrm.bootstrap import arguments, command_line
from partner_simulator.certificates import CertificateAuthority
from partner_simulator.wsman import (
    ChannelBinding,
    Step,
    Tally,
    WsmanSettings,
)
from support.pwsh import find_pwsh
from support.winrm.frames import failure, read_request, success
from support.winrm.host import HOST, USER, Host
from support.wsman.echo_engine import Chunk, chunks

LOGONS: list[Authentication] = ["ntlm", "credssp"]


@pytest.mark.parametrize("authentication", LOGONS)
def test_a_script_runs_and_its_answer_comes_back(
    host: Host, authentication: Authentication
) -> None:
    answer = run(host.endpoint(authentication), host.request)
    assert answer.data == {"a": "b"}
    assert (answer.host, answer.clock, answer.bits) == (HOST, 1795588412, 64)
    assert list(answer.phases) == ["create", "command", "send", "receive", "clean up"]
    assert answer.seconds == pytest.approx(sum(answer.phases.values()))
    assert host.server.counters.count(Tally.LOGONS_ACCEPTED) == 1
    assert host.server.counters.count(Tally.SHELLS_OPENED) == 1


def test_the_host_gets_the_constant_command_line_and_the_request_on_stdin(host: Host) -> None:
    run(host.endpoint(), host.request)
    [(_, line, command)] = host.engine.started
    assert line == command_line()
    document = read_request(command.stdin)
    assert document["secrets"] == {"p": "=hunter2"}
    assert document["wait"] == 1000


@pytest.mark.pwsh
@pytest.mark.parametrize("authentication", LOGONS)
def test_a_real_powershell_answers(host: Host, authentication: Authentication) -> None:
    def answer(stdin: bytes) -> tuple[Sequence[Chunk], int | None]:
        done = subprocess.run(
            [str(find_pwsh()), *arguments().split()], input=stdin, capture_output=True, check=False
        )
        return [Chunk(done.stdout, done.stderr)], done.returncode

    host.says(answer)
    script = "@{sum=$Request.a+1; secret=$Secrets.p.Length; text='\u00e4'+('x'*400000)}"
    got = run(host.endpoint(authentication), host.asked(script=script)).data
    assert got == {"sum": 2, "secret": 7, "text": "\u00e4" + "x" * 400_000}


def test_a_frame_in_pieces_between_noise_is_put_together(host: Host) -> None:
    whole = "banner \u20ac\r\n".encode() + success({"a": "\u20ac"}) + b"\xe2\x82"
    pieces = [Chunk(whole[at : at + 7], after_seconds=0.002) for at in range(0, len(whole), 7)]
    host.says(chunks(*pieces))
    answer = run(host.endpoint(), host.request)
    assert answer.data == {"a": "\u20ac"}
    assert "banner \u20ac" in answer.console


def test_a_large_request_goes_in_several_sends(host: Host) -> None:
    run(host.endpoint(), host.asked(parameters={"a": "x" * 500_000}))
    assert len(host.server.counters.requests(step=Step.SEND)) == 4


def test_a_logon_that_is_not_offered_sends_no_credential(host: Host) -> None:
    host.server.settings = WsmanSettings(offered_schemes=("Kerberos",))
    for authentication in LOGONS:
        with pytest.raises(Forbidden, match="does not offer"):
            run(host.endpoint(authentication), host.request)
    assert host.directory.failures == []


def test_channel_binding_is_sent(host: Host) -> None:
    host.server.settings = WsmanSettings(channel_binding=ChannelBinding.STRICT)
    assert run(host.endpoint(), host.request).data == {"a": "b"}


@pytest.mark.parametrize("authentication", LOGONS)
def test_a_user_without_rights_is_forbidden(host: Host, authentication: Authentication) -> None:
    host.directory.denied.add((HOST, USER))
    with pytest.raises(Forbidden, match="local administrator"):
        run(host.endpoint(authentication), host.request)


@pytest.mark.filterwarnings("ignore:Unverified HTTPS request")
def test_a_host_of_another_authority_is_not_logged_on_to(host: Host) -> None:
    """By what TLS says, and not by the warning of a library that is about to do it all the same."""
    other = CertificateAuthority("OTHER-CA")
    for bundle in (other.pem, None):
        with pytest.raises(TlsFailed, match=r"self-signed certificate|local issuer certificate"):
            run(host.endpoint(ca_pem=bundle), host.request)
    assert host.server.counters.count(Tally.REQUESTS) == 0


@pytest.mark.parametrize("bundle", ["", "no certificate", "\u00e4"])
def test_a_bundle_without_a_certificate_is_named(host: Host, bundle: str) -> None:
    with pytest.raises(TlsFailed, match="CA bundle"):
        run(host.endpoint(ca_pem=bundle), host.request)


def _fails(host: Host) -> RemoteRunError:
    with pytest.raises(RemoteRunError) as caught:
        run(host.endpoint(), host.request)
    return caught.value


@pytest.mark.parametrize(
    ("stderr", "code", "obstacle"),
    [
        (b"The command line is too long.\r\n", 1, BlockedBy.COMMAND_TOO_LONG),
        (b"'powershell.exe' is not recognized as an internal or external command", 9009, BlockedBy.POWERSHELL_MISSING),
        ("Der Befehl ist entweder falsch geschrieben oder".encode("cp850"), 9009, BlockedBy.POWERSHELL_MISSING),
        (b"FullyQualifiedErrorId : ScriptContainedMaliciousContent", 1, BlockedBy.ANTIMALWARE),
        (b"Method invocation is supported only on core types in this language mode.", 1, BlockedBy.LANGUAGE_MODE),
        (b"FullyQualifiedErrorId : MethodInvocationNotSupportedInConstrainedLanguage", 1, BlockedBy.LANGUAGE_MODE),
    ],
)  # fmt: skip
def test_c09_what_stops_a_script_before_it_can_speak_has_a_name(
    host: Host, stderr: bytes, code: int, obstacle: BlockedBy
) -> None:
    host.prints(b"", stderr, code)
    error = _fails(host)
    assert isinstance(error, Blocked)
    assert error.obstacle is obstacle
    assert error.nothing_ran


def test_the_same_words_after_the_script_began_prove_nothing(host: Host) -> None:
    host.prints(b"PO1!", b"'tool' is not recognized as an internal or external command", 1)
    assert isinstance(_fails(host), OutcomeUnknown)


def test_an_error_record_comes_without_request_ids_and_secrets(host: Host) -> None:
    record = {
        "id": "[Server=EX1,RequestId=0a1b,TimeStamp=1/1/2026 1:00:00 AM] [FailureCategory=Cmdlet-X] "
        "1A2B,Microsoft.Exchange.Management.NewPartnerApplication",
        "type": "System.Management.Automation.RemoteException",
        "inner": "System.InvalidOperationException",
        "category": "InvalidArgument",
        "messages": ["The password hunter2 is wrong.", "inner"],
        "position": "at <ScriptBlock>, line 1",
    }
    host.prints(b"PO1!" + failure("Script", **record))
    error = _fails(host)
    assert isinstance(error, ScriptError)
    assert error.details.error_id == (
        "[Cmdlet-X] 1A2B,Microsoft.Exchange.Management.NewPartnerApplication"
    )
    assert error.details.messages == ("The password *** is wrong.", "inner")
    assert (error.nothing_ran, error.outcome_unknown) == (False, False)


def test_a_policy_that_stops_the_script_midway_does_not_claim_that_nothing_ran(host: Host) -> None:
    record = {"id": "UnauthorizedAccess,ImportModule", "inner": "X.PSSecurityException"}
    host.prints(b"PO1!" + failure("Script", **record))
    error = _fails(host)
    assert isinstance(error, Blocked)
    assert error.obstacle is BlockedBy.EXECUTION_POLICY
    assert not error.nothing_ran


def test_no_secret_is_logged_or_shown(host: Host, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "partner_operator.winrm")
    host.prints(success({"a": 1}) + b" hunter2", b"hunter2")
    endpoint = host.endpoint()
    answer = run(endpoint, host.request)
    assert "hunter2" not in answer.console + answer.streams.native
    text = caplog.text + repr(endpoint) + repr(host.request)
    assert "observe on localhost took" in text
    assert "hunter2" not in text
    assert endpoint.password not in text
