"""Names on the wire: namespaces, actions, states and the steps of one remote run (MS-WSMV)."""

from __future__ import annotations

from enum import StrEnum

SOAP = "http://www.w3.org/2003/05/soap-envelope"
ADDRESSING = "http://schemas.xmlsoap.org/ws/2004/08/addressing"
TRANSFER = "http://schemas.xmlsoap.org/ws/2004/09/transfer"
WSMAN = "http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd"
WSMAN_MICROSOFT = "http://schemas.microsoft.com/wbem/wsman/1/wsman.xsd"
WSMAN_FAULT = "http://schemas.microsoft.com/wbem/wsman/1/wsmanfault"
WMI_ERROR = "http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/MSFT_WmiError"
SHELL = "http://schemas.microsoft.com/wbem/wsman/1/windows/shell"
IDENTITY = "http://schemas.dmtf.org/wbem/wsman/identity/1/wsmanidentity.xsd"

ANONYMOUS = ADDRESSING + "/role/anonymous"
FAULT_ACTION = "http://schemas.dmtf.org/wbem/wsman/1/wsman/fault"
FAULT_DETAIL = "http://schemas.dmtf.org/wbem/wsman/1/wsman/faultDetail/"
CMD_RESOURCE = SHELL + "/cmd"
COMMAND_STATE = SHELL + "/CommandState/"
SIGNAL_CODE = SHELL + "/signal/"
SOAP_CONTENT_TYPE = "application/soap+xml;charset=UTF-8"


class Step(StrEnum):
    """The steps of one remote run, in order; what faults, counters and the request log speak of."""

    CONNECT = "connect"
    """A TCP connection was accepted; TLS has not begun."""
    AUTHENTICATE = "authenticate"
    """One logon, however many messages it takes."""
    IDENTIFY = "identify"
    CREATE = "create"
    COMMAND = "command"
    SEND = "send"
    RECEIVE = "receive"
    SIGNAL = "signal"
    DELETE = "delete"


ACTIONS: dict[str, Step] = {
    TRANSFER + "/Create": Step.CREATE,
    TRANSFER + "/Delete": Step.DELETE,
    SHELL + "/Command": Step.COMMAND,
    SHELL + "/Send": Step.SEND,
    SHELL + "/Receive": Step.RECEIVE,
    SHELL + "/Signal": Step.SIGNAL,
}


class Scheme(StrEnum):
    """HTTP authentication schemes that the acceptor understands."""

    NTLM = "NTLM"
    NEGOTIATE = "Negotiate"
    CREDSSP = "CredSSP"
    KERBEROS = "Kerberos"


def qualified(namespace: str, name: str) -> str:
    """Return ElementTree's spelling of a qualified name."""
    return f"{{{namespace}}}{name}"
