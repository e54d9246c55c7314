"""Token servers that Lync trusts."""

from __future__ import annotations

from typing import Any

from partner_simulator.embedded import failures, warned
from partner_simulator.embedded.failures import Failed
from partner_simulator.embedded.plain import prop, same, same_url, shown
from partner_simulator.embedded.run import Run


def told(run: Run) -> tuple[list[dict[str, Any]], str]:
    """All of them, and why they are not known if so."""
    try:
        read = run.told("Get-CsOAuthServer", {})
    except Failed as failed:
        return [], failed.message
    about, others = warned.split(read)
    texts = "name=Identity metadataUrl=MetadataUrl issuer=IssuerIdentifier realm=Realm type=Type"
    servers = [
        shown(one, texts) | {"warning": said} for one, said in zip(read.objects, about, strict=True)
    ]
    return servers, f"Get-CsOAuthServer warned: {others[0]}" if others else ""


def add(run: Run) -> None:
    """Make the token server that was asked for, unless one of that address is there. Raises Failed."""
    name, url = run.text("tokenServerName"), run.text("tokenServerUrl")
    if not name:
        return
    read = run.told("Get-CsOAuthServer", {})
    if read.warnings:
        raise failures.thrown(f"The list of token servers is not whole: {read.warnings[0]}")
    for server in read.objects:
        if same_url(prop(server, "MetadataUrl"), url):
            return
        if same(prop(server, "Identity"), name):
            raise failures.thrown(
                f"There is another token server of the name {name}, so nothing was made."
            )
    run.call("New-CsOAuthServer", {"Identity": name, "MetadataUrl": url, "Force": True})
