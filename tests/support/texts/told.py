"""What machines tell in a pass in which all is well, and every place in it that has a text."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from typing import Any

from partner_operator.oauth.certificates import thumbprint
from support.engine.world import EXCHANGE_HOSTS, LYNC_HOSTS
from support.oauth.samples import EXCHANGE_ID, LYNC_ID, body, certificate_der, document
from support.products import answers
from support.trust.worlds import EXCHANGE_URL, LYNC_URL


def fetched(url: str, **changes: Any) -> dict[str, Any]:
    """A document as a server fetched it; `changes` replace fields."""
    identifier = LYNC_ID if url == LYNC_URL else EXCHANGE_ID
    text = body(document(identifier) | changes)
    encoded = base64.b64encode(text).decode()
    return {
        "url": url,
        "status": 200,
        "type": "application/json",
        "body": encoded,
        "fault": "",
        "detail": "",
    }


def good() -> dict[str, Any]:
    """What each operation answers on either product."""
    documents = [fetched(LYNC_URL), fetched(EXCHANGE_URL)]
    exchange = answers.changed(answers.EXCHANGE, "documents", documents)
    exchange["hosts"] = [{"fqdn": h, "edge": False, "restarts": True} for h in EXCHANGE_HOSTS]
    exchange["entries"][0] |= {
        "applicationIdentifier": LYNC_ID,
        "metadataUrl": LYNC_URL,
        "realm": "litwareinc.com",
        "issuer": f"{LYNC_ID}@litwareinc.com",
        "enabled": False,
        "thumbprints": [thumbprint(certificate_der())],
    }
    own = thumbprint(certificate_der())
    exchange["current"] = own
    exchange["certificates"] = [
        {"thumbprint": own, "der": base64.b64encode(certificate_der()).decode()}
    ]
    lync = answers.changed(answers.LYNC, "documents", documents)
    lync["replicas"] = [{"fqdn": host, "upToDate": True} for host in LYNC_HOSTS]
    lync["certificate"] = {
        "thumbprint": own,
        "der": "",
        "previous": "",
        "previousDer": "",
        "subject": "CN=signing",
        "notBefore": "2026-10-26T12:00:00Z",
        "notAfter": "2028-10-25T12:00:00Z",
        "effectiveAt": None,
    }
    lync["entries"] = [
        {
            "reference": "Exchange",
            "name": "Exchange",
            "applicationIdentifier": EXCHANGE_ID,
            "realm": "litwareinc.com",
            "metadataUrl": EXCHANGE_URL,
            "useAuthServer": False,
            "enabled": True,
            "acceptsSecurityIdentifiers": False,
            "trustLevel": "Full",
        }
    ]
    return {
        "Exchange observe": exchange,
        "Lync observe": lync,
        "Exchange register": {"existing": "", "created": "a"},
        "Exchange update": {},
        "Exchange host_state": {
            "answers": {"/ews/exchange.asmx": "401"},
            "workers": ["2026-11-20T08:00:00Z"],
            "services": ["W3SVC"],
        },
        "Exchange restart": {"code": "1", "lines": ["Access denied", "you must be an admin"]},
        "Lync test": {
            "output": ["Test failed"],
            "problems": ['401 x-ms-diagnostics: 2000001;reason="The token is bad"'],
            "details": ["more"],
            "milliseconds": 7,
        },
        "Lync replicate": {"upToDate": list(LYNC_HOSTS)},
        "Lync update": {},
        "Lync register": {},
    }


def places(value: Any, way: str = "") -> Iterator[str]:
    """Every text of an answer, by its path."""
    if isinstance(value, str):
        yield way
    inner: Iterator[tuple[Any, Any]] = iter(())
    if isinstance(value, dict):
        inner = iter(value.items())
    elif isinstance(value, list):
        inner = iter(enumerate(value))
    for key, below in inner:
        yield from places(below, f"{way}.{key}" if way else str(key))
