"""Good answers of observe runs, and every single way in which one place of them can go wrong."""

from __future__ import annotations

import base64
import copy
from collections.abc import Iterator
from typing import Any

from partner_operator.oauth.certificates import thumbprint
from partner_operator.trust.model import Product
from support.oauth import samples as samples
from support.trust.worlds import EXCHANGE_URL, LYNC_URL

HOST = "ex1.litwareinc.com"
CLOCK = int(samples.NOW.timestamp())
SIGNING = samples.certificate_der()
ROLES = ["ArchiveApplication", "LegalHoldApplication", "Mailbox Search", "UserApplication"]
SHAPES = ("@{a=1}", "System.Object[]", "System.Collections.Hashtable", "/Date(1599499453769)/")
"""What PowerShell makes of objects where text is wanted."""
WRONG: tuple[Any, ...] = (
    None,
    True,
    0,
    -1,
    10**30,
    "",
    " ",
    "\u00e4",
    "True",
    *SHAPES,
    [],
    [None],
    [""],
    ["a", "a"],
    {},
    {"value": [], "Count": 0},
    {"value": ["a"], "Count": 1},
)
"""Put into each place in turn, where it is of another type or empty there."""

Place = tuple[str | int, ...]


def encoded(content: bytes) -> str:
    """base64."""
    return base64.b64encode(content).decode()


def fetched(product: Product) -> dict[str, Any]:
    """The product's document as a script hands it on."""
    lync = product is Product.LYNC
    identifier = samples.LYNC_ID if lync else samples.EXCHANGE_ID
    return {
        "url": LYNC_URL if lync else EXCHANGE_URL,
        "status": 200,
        "type": "application/json",
        "body": encoded(samples.body(samples.document(identifier, name=str(product)))),
        "fault": "",
        "detail": "",
    }


def exchange_answer() -> dict[str, Any]:
    """An Exchange that trusts Lync as declared."""
    partner = {
        "reference": "CN=Lync,CN=Partner Applications,DC=litwareinc,DC=com",
        "name": "Lync",
        "applicationIdentifier": samples.LYNC_ID,
        "realm": "litwareinc.com",
        "issuer": f"{samples.LYNC_ID}@litwareinc.com",
        "metadataUrl": LYNC_URL,
        "useAuthServer": False,
        "enabled": True,
        "acceptsSecurityIdentifiers": True,
        "thumbprints": [thumbprint(SIGNING)],
        "account": {"name": "litwareinc.com/Users/Lync", "roles": list(ROLES)},
        "changedAt": "2026-11-20T08:30:01Z",
    }
    stock = partner | {
        "reference": "CN=Exchange Online,CN=Partner Applications,DC=litwareinc,DC=com",
        "name": "Exchange Online",
        "applicationIdentifier": samples.EXCHANGE_ID,
        "realm": "",
        "issuer": "",
        "metadataUrl": "",
        "useAuthServer": True,
        "enabled": False,
        "thumbprints": [],
        "account": None,
        "changedAt": None,
    }
    own = samples.certificate_der("own")
    return {
        "product": "Exchange",
        "version": "Version 15.1 (Build 2375.7)",
        "organization": "CN=Litware,CN=Microsoft Exchange,DC=litwareinc,DC=com",
        "controller": "dc1.litwareinc.com",
        "entries": [partner, stock],
        "warnings": [],
        "roles": list(ROLES),
        "current": thumbprint(own),
        "previous": "",
        "next": thumbprint(SIGNING),
        "nextEffectiveAt": "2026-12-24T00:00:00Z",
        "certificates": [{"thumbprint": thumbprint(own), "der": encoded(own)}],
        "certificateFault": "",
        "hosts": [{"fqdn": HOST, "edge": False, "restarts": True}],
        "domains": ["litwareinc.com"],
        "tokenServers": [
            {
                "reference": "1e0d0c0b-0000-4000-8000-000000000001",
                "name": "sts",
                "metadataUrl": "https://sts.litwareinc.com/metadata/json/1",
                "issuer": "00000001-0000-0000-c000-000000000000",
                "realm": "litwareinc.com",
                "type": "Unknown",
                "enabled": True,
                "certificates": [encoded(SIGNING)],
                "warning": "",
            }
        ],
        "tokenServersFault": "",
        "documents": [fetched(Product.LYNC), fetched(Product.EXCHANGE)],
    }


def lync_answer() -> dict[str, Any]:
    """A Lync that trusts Exchange as declared."""
    return {
        "product": "Lync",
        "version": "5.0.8308.0",
        "organization": "sql1.litwareinc.com\\rtc",
        "entries": [
            {
                "reference": "Exchange",
                "name": "Exchange",
                "applicationIdentifier": samples.EXCHANGE_ID,
                "realm": "litwareinc.com",
                "metadataUrl": EXCHANGE_URL,
                "useAuthServer": False,
                "enabled": True,
                "acceptsSecurityIdentifiers": False,
                "trustLevel": "Full",
            }
        ],
        "warnings": [],
        "certificate": {
            "thumbprint": thumbprint(SIGNING),
            "der": encoded(SIGNING),
            "previous": "",
            "previousDer": "",
            "subject": "CN=signing",
            "notBefore": "2026-10-01T00:00:00Z",
            "notAfter": "2027-10-01T00:00:00Z",
            "effectiveAt": None,
        },
        "certificateFault": "",
        "replicas": [{"fqdn": HOST, "upToDate": True}],
        "tokenServers": [
            {
                "name": "sts",
                "metadataUrl": "https://sts.litwareinc.com/metadata/json/1",
                "issuer": "00000001-0000-0000-c000-000000000000",
                "realm": "litwareinc.com",
                "type": "",
                "warning": "",
            }
        ],
        "tokenServersFault": "",
        "documents": [fetched(Product.LYNC), fetched(Product.EXCHANGE)],
    }


def sharepoint_answer() -> dict[str, Any]:
    """A farm that trusts Exchange as declared."""
    shown = {"texts": ["litware"], "fault": ""}
    return {
        "product": "SharePoint",
        "version": "16.0.10337.12109",
        "organization": "0b9f2a5e-7c41-4d86-9a3d-52f6c1d7e804",
        "entries": [
            {
                "reference": "11111111-2222-4333-8444-555555555555",
                "name": "Exchange",
                "issuer": f"{samples.EXCHANGE_ID}@litwareinc.com",
                "metadataUrl": EXCHANGE_URL,
                "broker": False,
                "thumbprints": [thumbprint(SIGNING)],
                "permission": {"right": "FullControl", "appOnly": True, "fault": "", "words": ""},
            }
        ],
        "doubts": [],
        "certificate": encoded(SIGNING),
        "oauthOverHttp": False,
        "metadataOverHttp": False,
        "hybridSelection": True,
        "realm": dict(shown),
        "roots": dict(shown),
        "rootSite": dict(shown),
        "proxies": ["Microsoft.SharePoint.AppManagement.AppManagementServiceApplicationProxy"],
        "hosts": [HOST.partition(".")[0].upper()],
        "documents": [fetched(Product.LYNC), fetched(Product.EXCHANGE)],
    }


def places(value: Any, way: Place = ()) -> Iterator[Place]:
    """Every place of an answer, from the outside in."""
    if way:
        yield way
    inner: Any = ()
    if isinstance(value, dict):
        inner = value.items()
    elif isinstance(value, list):
        inner = enumerate(value)
    for step, below in inner:
        yield from places(below, (*way, step))


def at(answer: Any, place: Place) -> Any:
    """What stands there."""
    for step in place:
        answer = answer[step]
    return answer


def spoilt(answer: dict[str, Any], place: Place) -> Iterator[tuple[str, dict[str, Any]]]:
    """The answer with this one place dropped, doubled, emptied or of another type; each with its name."""
    *way, last = place
    good = at(answer, place)
    changed = copy.deepcopy(answer)
    del at(changed, tuple(way))[last]
    yield "dropped", changed
    if isinstance(last, int):
        changed = copy.deepcopy(answer)
        at(changed, tuple(way)).append(copy.deepcopy(good))
        yield "doubled", changed
    else:
        changed = copy.deepcopy(answer)
        at(changed, tuple(way))[f"{last}s"] = copy.deepcopy(good)
        yield "surplus", changed
    for wrong in WRONG:
        if wrong == good and type(wrong) is type(good):
            continue
        changed = copy.deepcopy(answer)
        at(changed, tuple(way))[last] = copy.deepcopy(wrong)
        yield repr(wrong), changed
    changed = copy.deepcopy(answer)
    at(changed, tuple(way))[last] = [copy.deepcopy(good)]
    yield "in a list", changed
