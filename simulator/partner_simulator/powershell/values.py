"""Values between the world (Python) and scripts (.NET), as tagged JSON; see csharp/Values.cs."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from partner_simulator.ports import CmdletError, PsCertificate, PsEnum, PsObject, PsText

_EPOCH = datetime(1970, 1, 1)
_UNSPECIFIED, _UTC, _LOCAL = 0, 1, 2


def encode(value: Any) -> Any:
    """JSON for one property value.

    An aware UTC datetime becomes a DateTime of kind Utc, another aware one Local, a naive one
    Unspecified. Raises TypeError for a value that ports.PsObject does not allow.
    """
    match value:
        case None | bool() | int() | float() | str():
            return value
        case datetime():
            return _encode_time(value)
        case UUID():
            return {"t": "guid", "v": str(value)}
        case bytes():
            return {"t": "bytes", "v": base64.b64encode(value).decode("ascii")}
        case PsEnum():
            return {"t": "enum", "n": value.type_name, "m": value.name, "v": value.value}
        case PsText():
            return {"t": "text", "n": value.type_name, "v": value.text}
        case PsCertificate():
            encoded = base64.b64encode(value.der).decode("ascii")
            return {"t": "certificate", "v": encoded}
        case PsObject():
            return {
                "t": "obj",
                "n": list(value.type_names),
                "x": value.text,
                "p": [[name, encode(item)] for name, item in value.properties.items()],
            }
        case list() | tuple():
            return [encode(item) for item in value]
    raise TypeError(f"no form for {type(value).__name__}")


def _encode_time(value: datetime) -> Mapping[str, Any]:
    kind = _UNSPECIFIED
    if value.tzinfo is not None:
        kind = _UTC if value.tzinfo is UTC else _LOCAL
        value = value.astimezone(UTC).replace(tzinfo=None)
    return {"t": "time", "v": (value - _EPOCH) // timedelta(microseconds=1), "k": kind}


def decode(value: Any) -> Any:
    """The Python value of what a script bound to a parameter.

    Times are aware and in UTC unless their kind is Unspecified; a credential is a mapping with
    `user` and `password`, a certificate PsCertificate; objects arrive as their text.
    """
    match value:
        case {"t": "guid", "v": text}:
            return UUID(text)
        case {"t": "bytes", "v": text}:
            return base64.b64decode(text)
        case {"t": "enum", "n": type_name, "m": name, "v": number}:
            return PsEnum(type_name, name, number)
        case {"t": "time", "v": microseconds, "k": kind}:
            moment = _EPOCH + timedelta(microseconds=microseconds)
            return moment if kind == _UNSPECIFIED else moment.replace(tzinfo=UTC)
        case {"t": "credential", "user": user, "password": password}:
            return {"user": user, "password": password}
        case {"t": "certificate", "v": text, "private": private}:
            return PsCertificate(base64.b64decode(text), has_private_key=private)
        case {"t": "map", "v": pairs}:
            return {key: decode(item) for key, item in pairs}
        case list():
            return [decode(item) for item in value]
    return value


def encode_error(error: CmdletError) -> Mapping[str, Any]:
    """JSON for an error record."""
    return {
        "id": error.error_id,
        "type": error.exception_type,
        "category": error.category,
        "message": error.message,
        "target": error.target,
        "inner": list(error.inner_messages),
    }
