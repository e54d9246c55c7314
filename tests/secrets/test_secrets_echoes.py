"""A host that throws our own words back: neither the logon nor the request's line comes out of a run."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from partner_operator.recorder import Recorder
from partner_operator.winrm import RemoteRunError, run
from partner_operator.winrm.answer import without_secrets
from partner_simulator.certificates import CertificateAuthority
from support.operated_domain import remotely
from support.secrets.search import found
from support.winrm.frames import readdressed, success
from support.winrm.host import PASSWORD, Host, host_of
from support.wsman.echo_engine import Chunk

IN_REQUEST = "inner-session-\u00e4-4711"
SECRETS = (PASSWORD, IN_REQUEST)


@pytest.fixture(scope="module")
def host() -> Iterator[Host]:
    """One host; its request carries a secret."""
    with host_of(CertificateAuthority("ECHO-TEST-CA")) as made:
        made.request = replace(made.request, secrets={"password": IN_REQUEST})
        yield made


def told(host: Host) -> str:
    """The sentence of a run that fails."""
    with pytest.raises(RemoteRunError) as raised:
        run(host.endpoint(), host.request)
    return raised.value.message


@pytest.mark.parametrize("before", range(165, 205, 3))
def test_a_secret_at_the_end_of_what_is_quoted_is_not_cut_in_two(host: Host, before: int) -> None:
    """Only the beginning of what PowerShell says is shown; half a secret is one as well."""
    words = "x" * before
    host.prints(stderr=f"{words} {IN_REQUEST}".encode(), code=1)
    message = told(host)
    assert "xxx" in message
    assert IN_REQUEST[:4] not in message


@pytest.mark.parametrize("stream", ["stdout", "stderr"])
def test_a_program_that_prints_its_input(host: Host, stream: str) -> None:
    """The request is base64 of JSON, and the secret stands in it."""
    out = stream == "stdout"
    host.says(lambda stdin: ([Chunk(stdin, b"?") if out else Chunk(stderr=b"What? " + stdin)], 1))
    assert not found(told(host), SECRETS)


def test_an_answer_among_echoes(host: Host, tmp_path: Path) -> None:
    """Somebody's profile prints all input; the answer is good, and neither it nor a record of it holds a secret."""

    def echo(stdin: bytes) -> tuple[list[Chunk], int]:
        answer = readdressed(success({"a": "b"}), stdin)
        return [Chunk(stdout=stdin + answer + stdin, stderr=stdin)], 0

    host.engine.respond("powershell.exe", echo)
    answer = asyncio.run(Recorder(remotely, tmp_path)(host.endpoint(), host.request))
    assert answer.data == {"a": "b"}
    assert "***" in answer.console
    (record,) = tmp_path.iterdir()
    assert not found(repr(answer) + record.read_text(), SECRETS)


@pytest.mark.parametrize("at", range(2, len(IN_REQUEST), 3))
def test_a_secret_that_the_console_has_broken_is_struck_out(at: int) -> None:
    """Errors are wrapped at 80 columns, wherever that is."""
    broken = f"The password {IN_REQUEST[:at]}\r\n    {IN_REQUEST[at:]} is wrong."
    assert without_secrets(broken, SECRETS) == "The password *** is wrong."


def test_text_without_secrets_is_left_alone() -> None:
    """Also what looks like the beginning of a request."""
    text = "PO1<12: three words, and a + b = c.\r\nNext line."
    assert without_secrets(text, (*SECRETS, "  ", "abc")) == text
