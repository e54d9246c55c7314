"""SOAP envelopes: a request is read by namespace URI only, a response is written as Windows does."""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from xml.etree import ElementTree
from xml.sax.saxutils import escape

from partner_simulator.wsman import names
from partner_simulator.wsman.names import qualified
from partner_simulator.wsman.soap_faults import INVALID_HEADER, fault

_DURATION = re.compile(
    r"P(?:(?P<days>\d+)D)?(?:T(?:(?P<hours>\d+)H)?(?:(?P<minutes>\d+)M)?(?:(?P<seconds>\d+(?:\.\d+)?)S)?)?"
)
_SMALLEST_ENVELOPE = 8192
_DEFAULT_ENVELOPE = 153_600


class MalformedMessageError(Exception):
    """The body is no SOAP envelope: not well-formed, with a DTD, or without header and body."""


@dataclass(frozen=True, slots=True)
class Request:
    """What a WS-Management request says."""

    action: str
    message_id: str
    """Verbatim, to be echoed as RelatesTo."""
    resource: str
    selectors: Mapping[str, str]
    options: Mapping[str, str]
    max_envelope_bytes: int
    """Largest response that the client takes."""
    operation_timeout_seconds: float | None
    body: ElementTree.Element

    @property
    def shell_id(self) -> str:
        """The ShellId selector, upper case; empty when there is none."""
        return self.selectors.get("ShellId", "").upper()


class _NoDoctype(ElementTree.TreeBuilder):
    def doctype(self, name: str, pubid: str | None, system: str | None) -> None:
        """Refuse at the first sign, before any entity can be declared."""
        raise MalformedMessageError("document type declarations are refused")


def parse_request(body: bytes) -> Request:
    """Read one envelope.

    Raises MalformedMessageError where nothing can be answered to, and SoapFault (invalid header) for
    durations and sizes that are not valid.
    """
    parser = ElementTree.XMLParser(target=_NoDoctype())  # noqa: S314 - document types are refused
    try:
        root = ElementTree.fromstring(body, parser=parser)  # noqa: S314 - as above
    except ElementTree.ParseError as error:
        raise MalformedMessageError(str(error)) from error
    header = root.find(qualified(names.SOAP, "Header"))
    content = root.find(qualified(names.SOAP, "Body"))
    if root.tag != qualified(names.SOAP, "Envelope") or content is None:
        raise MalformedMessageError("not a SOAP 1.2 envelope")
    if header is None:
        header = ElementTree.Element(qualified(names.SOAP, "Header"))
    timeout = _text(header, names.WSMAN, "OperationTimeout")
    return Request(
        action=_text(header, names.ADDRESSING, "Action"),
        message_id=_text(header, names.ADDRESSING, "MessageID"),
        resource=_text(header, names.WSMAN, "ResourceURI"),
        selectors=_named(header, "Selector"),
        options=_named(header, "Option"),
        max_envelope_bytes=_envelope_limit(_text(header, names.WSMAN, "MaxEnvelopeSize")),
        operation_timeout_seconds=parse_duration(timeout) if timeout else None,
        body=content,
    )


def parse_duration(text: str) -> float:
    """Return the seconds of an `xs:duration` without years and months; SoapFault if it is none."""
    match = _DURATION.fullmatch(text)
    if match is None or text.endswith(("P", "T")):
        raise fault(INVALID_HEADER)
    parts = {name: float(value or 0) for name, value in match.groupdict().items()}
    hours = parts["days"] * 24 + parts["hours"]
    return (hours * 60 + parts["minutes"]) * 60 + parts["seconds"]


def response(request: Request, body: str) -> bytes:
    """Render a successful response to `request` around the content of `s:Body`."""
    return _envelope(request.action + "Response", request.message_id, body)


def fault_response(message_id: str | None, body: str) -> bytes:
    """Render a fault; `message_id` None leaves RelatesTo out."""
    return _envelope(names.FAULT_ACTION, message_id, body)


def new_uuid() -> str:
    """Return a fresh identifier in the upper case that Windows uses."""
    return str(uuid.uuid4()).upper()


def _envelope(action: str, relates_to: str | None, body: str) -> bytes:
    relation = "" if relates_to is None else f"<a:RelatesTo>{escape(relates_to)}</a:RelatesTo>"
    text = (
        f'<s:Envelope xml:lang="en-US" xmlns:s="{names.SOAP}" xmlns:a="{names.ADDRESSING}" '
        f'xmlns:x="{names.TRANSFER}" xmlns:w="{names.WSMAN}" xmlns:rsp="{names.SHELL}" '
        f'xmlns:p="{names.WSMAN_MICROSOFT}"><s:Header><a:Action>{escape(action)}</a:Action>'
        f"<a:MessageID>uuid:{new_uuid()}</a:MessageID>"
        f'<p:ActivityId s:mustUnderstand="false">{new_uuid()}</p:ActivityId>'
        f"<a:To>{names.ANONYMOUS}</a:To>{relation}</s:Header><s:Body>{body}</s:Body></s:Envelope>"
    )
    return text.encode()


def _text(header: ElementTree.Element, namespace: str, name: str) -> str:
    return (header.findtext(qualified(namespace, name)) or "").strip()


def _named(header: ElementTree.Element, name: str) -> dict[str, str]:
    found = header.iter(qualified(names.WSMAN, name))
    return {element.get("Name", ""): (element.text or "").strip() for element in found}


def _envelope_limit(text: str) -> int:
    if not text:
        return _DEFAULT_ENVELOPE
    if not text.isdecimal():
        raise fault(INVALID_HEADER)
    return max(int(text), _SMALLEST_ENVELOPE)
