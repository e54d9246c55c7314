"""The operator speaks WinRM over HTTPS and nothing else: nobody can declare http, and no session could send it."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Literal

import pytest
import requests
import yaml

from partner_operator.winrm import Authentication, Endpoint
from partner_operator.winrm.transport import make_protocol

CRD = Path(__file__).resolve().parent.parent.parent / "crds" / "partnerservers.yaml"


def test_no_field_declares_a_scheme() -> None:
    """spec.winrm of every version has these fields only; a URL or a scheme is not among them."""
    versions = yaml.safe_load(CRD.read_text("utf-8"))["spec"]["versions"]
    for version in versions:
        spec = version["schema"]["openAPIV3Schema"]["properties"]["spec"]["properties"]
        winrm = spec["winrm"]
        assert set(winrm["properties"]) == {"port", "authentication", "caBundle"}
        assert "x-kubernetes-preserve-unknown-fields" not in winrm


@pytest.mark.parametrize("authentication", ["ntlm", "credssp", "kerberos"])
@pytest.mark.parametrize("port", [5985, 5986, 80])
def test_an_endpoint_is_https_on_every_port(authentication: Authentication, port: int) -> None:
    """Also on the port that Windows uses for http."""
    endpoint = Endpoint("ex1.litwareinc.com", port, authentication, "u", "p")
    assert endpoint.url.startswith("https://")


@pytest.mark.parametrize("transport", ["ntlm", "credssp"])
def test_a_session_has_no_way_to_send_http(transport: Literal["ntlm", "credssp"]) -> None:
    """Even a session that is given an http URL by mistake sends nothing."""
    _, hardened = make_protocol(
        url="https://127.0.0.1:1/wsman",
        transport=transport,
        username="u",
        password="p",
        ca_path=None,
        deadline=time.monotonic() + 5.0,
    )
    try:
        with pytest.raises(requests.exceptions.InvalidSchema):
            hardened.build_session().post("http://127.0.0.1:1/wsman", data=b"")
    finally:
        hardened.close()
