"""pywinrm over plain HTTP, its messages sealed with Kerberos: a foreign client's wire format, in a process of its own.

pywinrm's own Kerberos needs the dormant pykerberos; this stands in for it, over gssapi. Reads one JSON job, writes
what the command printed.
"""

from __future__ import annotations

import base64
import importlib
import json
import sys
from typing import Any

import requests
from requests.auth import AuthBase
from winrm.exceptions import WinRMTransportError
from winrm.protocol import Protocol

gssapi: Any = importlib.import_module("gssapi")
transport: Any = importlib.import_module("winrm.transport")
MECHANISMS = {"kerberos": (1, 2, 840, 113554, 1, 2, 2), "spnego": (1, 3, 6, 1, 5, 5, 2)}
_job = json.load(sys.stdin)


class SealingAuth(AuthBase):
    """What pywinrm expects of its HTTPKerberosAuth."""

    winrm_encryption_available = True

    def __init__(self, **_: Any) -> None:
        """Take a ticket for the user of the job."""
        mechanism = gssapi.OID.from_int_seq(MECHANISMS[_job["mechanism"]])
        user = gssapi.Name(_job["user"], gssapi.NameType.user)
        credentials = gssapi.raw.acquire_cred_with_password(
            user, _job["password"].encode(), mechs=[mechanism], usage="initiate"
        ).creds
        self._context = gssapi.SecurityContext(
            name=gssapi.Name("HTTP@localhost", gssapi.NameType.hostbased_service),
            creds=gssapi.Credentials(base=credentials),
            mech=mechanism,
            flags=[
                gssapi.RequirementFlag.mutual_authentication,
                gssapi.RequirementFlag.confidentiality,
                gssapi.RequirementFlag.integrity,
            ],
            usage="initiate",
        )

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        """Log on with the first request."""
        if not self._context.complete:
            token = base64.b64encode(self._context.step()).decode()
            request.headers["Authorization"] = f"Negotiate {token}"
            request.hooks["response"].append(self._prove)
        return request

    def _prove(self, response: requests.Response, **_: Any) -> None:
        scheme, _space, token = response.headers["WWW-Authenticate"].partition(" ")
        assert scheme == "Negotiate"
        self._context.step(base64.b64decode(token))

    def wrap_winrm(self, _host: str, message: bytes) -> tuple[bytes, bytes]:
        """The sealed message and its header."""
        kinds = gssapi.raw.IOVBufferType
        pieces = gssapi.raw.IOV(kinds.header, message, kinds.padding, std_layout=False)
        gssapi.raw.wrap_iov(self._context, pieces, confidential=True)
        sealed = pieces[1].value + (pieces[2].value or b"")
        if _job["spoil"] and b"/Command<" in message:
            sealed = sealed[:-1] + bytes([sealed[-1] ^ 1])
        return sealed, pieces[0].value

    def unwrap_winrm(self, _host: str, message: bytes, header: bytes) -> bytes:
        """The clear message."""
        kinds = gssapi.raw.IOVBufferType
        pieces = gssapi.raw.IOV(
            (kinds.header, False, header), message, kinds.data, std_layout=False
        )
        gssapi.raw.unwrap_iov(self._context, pieces)
        clear: bytes = pieces[1].value
        return clear


def main() -> None:
    """Run one command."""
    transport.HAVE_KERBEROS = True
    transport.REQUIRED = 1
    transport.HTTPKerberosAuth = SealingAuth
    url = f"http://localhost:{_job['port']}/wsman"
    protocol = Protocol(url, transport="kerberos", username=_job["user"], proxy=None)
    shell = protocol.open_shell(codepage=65001)
    try:
        command = protocol.run_command(shell, "powershell.exe -NoProfile -Command 40+2")
        stdout, _, code = protocol.get_command_output(shell, command)
        protocol.cleanup_command(shell, command)
        told: dict[str, Any] = {"stdout": stdout.decode(), "code": code}
    except WinRMTransportError as error:
        told = {"status": error.code}
    protocol.close_shell(shell)
    json.dump(told, sys.stdout)


main()
