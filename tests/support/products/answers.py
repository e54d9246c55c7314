"""Answers of the observe scripts, and what the operations make of them; no server and no PowerShell."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

from partner_operator.products.exchange.operations import ExchangeOperations
from partner_operator.products.lync.operations import LyncOperations
from partner_operator.products.remote import Operations, Runner
from partner_operator.products.sharepoint.operations import SharePointOperations
from partner_operator.trust.model import Observed, Product
from partner_operator.winrm import Answer, Endpoint, RemoteRequest
from partner_operator.winrm.clixml import Streams
from support.scripts.exchange import CREDENTIALS, HOST
from support.trust.worlds import server

EXCHANGE: dict[str, Any] = {
    "product": "Exchange",
    "version": "Version 15.0",
    "organization": "CN=Litware",
    "controller": "dc1.litwareinc.com",
    "entries": [
        {
            "reference": "CN=a",
            "name": "a",
            "applicationIdentifier": "id",
            "realm": "r",
            "issuer": "id@r",
            "metadataUrl": None,
            "useAuthServer": False,
            "enabled": True,
            "acceptsSecurityIdentifiers": True,
            "thumbprints": [],
            "account": {"name": "acc", "roles": []},
            "changedAt": "2026-11-25T12:00:00Z",
        },
        {
            "reference": "CN=Exchange Online",
            "name": "Exchange Online",
            "applicationIdentifier": "id",
            "realm": "",
            "issuer": "",
            "metadataUrl": "",
            "useAuthServer": True,
            "enabled": False,
            "acceptsSecurityIdentifiers": False,
            "thumbprints": [],
            "account": None,
            "changedAt": None,
        },
    ],
    "warnings": [],
    "roles": [],
    "current": "",
    "previous": "",
    "next": "",
    "nextEffectiveAt": None,
    "certificates": [],
    "certificateFault": "",
    "hosts": [{"fqdn": HOST, "edge": False, "restarts": True}],
    "domains": [],
    "documents": [],
}
LYNC: dict[str, Any] = {
    "product": "Lync",
    "version": "5.0",
    "organization": "sql\\rtc",
    "entries": [],
    "warnings": [],
    "certificate": None,
    "certificateFault": "",
    "replicas": [{"fqdn": HOST, "upToDate": True}],
    "documents": [],
}
SHAREPOINT: dict[str, Any] = {
    "product": "SharePoint",
    "version": "16.0.10337.12109",
    "organization": "0b9f2a5e-7c41-4d86-9a3d-52f6c1d7e804",
    "entries": [
        {
            "reference": "11111111-2222-4333-8444-555555555555",
            "name": "Lync trust",
            "issuer": "00000004-0000-0ff1-ce00-000000000000@litwareinc.com",
            "metadataUrl": "https://atl-cs-001.litwareinc.com/metadata/json/1",
            "broker": True,
            "thumbprints": [],
            "permission": {"right": "None", "appOnly": False, "fault": "", "words": ""},
        }
    ],
    "doubts": [],
    "certificate": "AAAA",
    "oauthOverHttp": False,
    "metadataOverHttp": False,
    "hybridSelection": True,
    "realm": {"texts": ["0b9f2a5e-7c41-4d86-9a3d-52f6c1d7e804"], "fault": ""},
    "roots": {"texts": ["local"], "fault": ""},
    "rootSite": {"texts": ["https://portal.litwareinc.com"], "fault": ""},
    "proxies": [
        "Microsoft.SharePoint.AppManagement.AppManagementServiceApplicationProxy",
        "Microsoft.Office.Server.Administration.UserProfileApplicationProxy",
    ],
    "hosts": [HOST.partition(".")[0].upper()],
    "documents": [],
}
OPERATIONS: dict[Product, Callable[[Runner], Operations[Any]]] = {
    Product.EXCHANGE: ExchangeOperations,
    Product.LYNC: LyncOperations,
    Product.SHAREPOINT: SharePointOperations,
}


def answering(data: dict[str, Any]) -> Callable[[Endpoint, RemoteRequest], Any]:
    """A runner that answers with this, whatever is asked."""

    async def run(endpoint: Endpoint, request: RemoteRequest) -> Answer:
        return Answer(data, "", Streams(), "5.1", 1_795_600_000, 0.1)

    return run


async def observed(data: dict[str, Any], product: Product = Product.EXCHANGE) -> Observed:
    """What the operations make of an answer."""
    operations = OPERATIONS[product](answering(data))
    declared = server(product, hosts=(HOST,))
    seen: Observed = await operations.on(declared, CREDENTIALS, HOST).observe((), None)
    return seen


def changed(base: dict[str, Any], path: str, value: Any) -> dict[str, Any]:
    """An answer with one value replaced, by a path such as entries.0.name; `...` removes it."""
    answer = copy.deepcopy(base)
    *way, last = [int(part) if part.isdecimal() else part for part in path.split(".")]
    target: Any = answer
    for part in way:
        target = target[part]
    if value is ...:
        del target[last]
    else:
        target[last] = value
    return answer
