"""SOAP faults as Windows answers them, in both shapes (pypsrp and WinRb captures).

Old hosts put the code into `f:WSManFault`; newer ones answer quota faults with `p:MSFT_WmiError`,
subcode `w:QuotaLimit`, and without RelatesTo.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from xml.sax.saxutils import escape

from partner_simulator.wsman import names


class FaultShape(StrEnum):
    """Where the code of a fault stands."""

    WSMAN_FAULT = "WSManFault"
    WMI_ERROR = "MSFT_WmiError"


@dataclass(slots=True)
class SoapFault(Exception):
    """A fault to answer with. `code` is Windows' decimal error code."""

    code: int
    message: str
    value: str = "s:Sender"
    subcode: str = "w:InvalidParameter"
    detail: str | None = None
    """Last part of a wsman/faultDetail URI."""
    provider: bool = False
    """Whether the text comes from the shell plug-in (`f:ProviderFault`)."""
    shape: FaultShape = FaultShape.WSMAN_FAULT


ACCESS_DENIED = 5
INVALID_PARAMETER = 87
BUSY = 170
NO_DATA = 232
OPERATION_ABORTED = 995
FILE_NOT_FOUND = 2147942402
PROFILE_UNLOADED = 2147943418
INVALID_HEADER = 2150858767
TIMED_OUT = 2150858793
UNKNOWN_RESOURCE = 2150858811
ENVELOPE_TOO_LARGE = 2150858817
UNKNOWN_SHELL = 2150858843
SHELL_QUOTA = 2150859173
OPERATION_QUOTA = 2150859174
USER_QUOTA = 2150859179
COMMANDS_PER_SHELL_QUOTA = 2150859241

_RECEIVER = "s:Receiver"
_INTERNAL = "w:InternalError"
_QUOTA_TEXT = "The WS-Management service cannot process the request. "

_KNOWN: dict[int, SoapFault] = {
    fault.code: fault
    for fault in (
        SoapFault(ACCESS_DENIED, "Access is denied. ", subcode="w:AccessDenied"),
        SoapFault(INVALID_PARAMETER, "The parameter is incorrect. ", provider=True),
        SoapFault(BUSY, "The requested resource is in use. ", _RECEIVER, _INTERNAL, provider=True),
        SoapFault(NO_DATA, "The pipe is being closed. ", _RECEIVER, _INTERNAL, provider=True),
        SoapFault(
            OPERATION_ABORTED,
            "The I/O operation has been aborted because of either a thread exit or an application "
            "request. ",
            _RECEIVER,
            _INTERNAL,
            provider=True,
        ),
        SoapFault(
            FILE_NOT_FOUND, "The system cannot find the file specified. ", _RECEIVER, _INTERNAL
        ),
        SoapFault(
            PROFILE_UNLOADED,
            "Illegal operation attempted on a registry key that has been marked for deletion. ",
            _RECEIVER,
            _INTERNAL,
        ),
        SoapFault(
            INVALID_HEADER,
            "The WS-Management service cannot process the request because the SOAP message contains "
            "a header that is not valid. ",
            subcode="a:InvalidMessageInformationHeader",
        ),
        SoapFault(
            TIMED_OUT,
            "The WS-Management service cannot complete the operation within the time specified in "
            "OperationTimeout. ",
            _RECEIVER,
            "w:TimedOut",
        ),
        SoapFault(
            UNKNOWN_RESOURCE,
            "The WS-Management service cannot process the request. The service cannot find the "
            "resource identified by the resource URI and selectors. ",
            subcode="a:DestinationUnreachable",
            detail="InvalidResourceURI",
        ),
        SoapFault(
            ENVELOPE_TOO_LARGE,
            "The WS-Management service cannot process the request because the request exceeds the "
            "maximum envelope size. ",
            subcode="w:EncodingLimit",
            detail="MaxEnvelopeSize",
        ),
        SoapFault(
            UNKNOWN_SHELL,
            "The request for the Windows Remote Shell with ShellId failed because the shell was not "
            "found on the server. Possible causes are: the specified ShellId is incorrect or the "
            "shell no longer exists on the server. ",
            subcode="w:InvalidSelectors",
            detail="UnexpectedSelectors",
        ),
        SoapFault(
            SHELL_QUOTA,
            _QUOTA_TEXT
            + "The maximum number of concurrent shells for this user has been exceeded. "
            "Close existing shells or raise the quota for this user. ",
            _RECEIVER,
            "w:QuotaLimit",
        ),
        SoapFault(
            OPERATION_QUOTA,
            _QUOTA_TEXT + "The maximum number of concurrent operations for this user has been "
            "exceeded. Close existing operations for this user, or raise the quota for this user. ",
            _RECEIVER,
            "w:QuotaLimit",
        ),
        SoapFault(
            USER_QUOTA,
            _QUOTA_TEXT
            + "The maximum number of users executing shell operations has been exceeded. "
            "Retry after sometime or raise the quota for concurrent shell users. ",
            _RECEIVER,
            "w:QuotaLimit",
        ),
        SoapFault(
            COMMANDS_PER_SHELL_QUOTA,
            _QUOTA_TEXT + "The maximum number of concurrent commands per shell has been exceeded. "
            "Retry after sometime or raise the quota for number of commands per shell. ",
            _RECEIVER,
            "w:QuotaLimit",
        ),
    )
}


def fault(
    code: int, message: str | None = None, *, shape: FaultShape = FaultShape.WSMAN_FAULT
) -> SoapFault:
    """Return the fault that Windows sends for this code; an unknown code is an internal error."""
    known = _KNOWN.get(code, SoapFault(code, f"Error {code}. ", _RECEIVER, _INTERNAL))
    return replace(known, message=message or known.message, shape=shape)


def fault_body(occurred: SoapFault, machine: str) -> str:
    """Render the content of `s:Body`."""
    text = escape(occurred.message)
    return (
        f"<s:Fault><s:Code><s:Value>{occurred.value}</s:Value><s:Subcode><s:Value>{occurred.subcode}"
        f'</s:Value></s:Subcode></s:Code><s:Reason><s:Text xml:lang="en-US">{text}</s:Text>'
        f"</s:Reason><s:Detail>{_detail(occurred, text, machine)}</s:Detail></s:Fault>"
    )


def _detail(occurred: SoapFault, text: str, machine: str) -> str:
    if occurred.shape is FaultShape.WMI_ERROR:
        return (
            f'<p:MSFT_WmiError b:IsCIM_Error="true" xmlns:p="{names.WMI_ERROR}" '
            'xmlns:b="http://schemas.dmtf.org/wbem/wsman/1/cimbinding.xsd" '
            'xmlns:cim="http://schemas.dmtf.org/wbem/wscim/1/common">'
            '<p:CIMStatusCode xsi:type="cim:cimUnsignedInt" '
            'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">27</p:CIMStatusCode>'
            f"<p:error_Code>{occurred.code}</p:error_Code>"
            f"<p:error_Type>HRESULT</p:error_Type><p:Message>{text}</p:Message>"
            f"<p:MessageID>HRESULT 0x{occurred.code & 0xFFFFFFFF:x}</p:MessageID></p:MSFT_WmiError>"
        )
    reason = ""
    if occurred.detail is not None:
        reason = f"<w:FaultDetail>{names.FAULT_DETAIL}{occurred.detail}</w:FaultDetail>"
    if occurred.provider:
        text = (
            '<f:ProviderFault provider="Shell cmd plugin" '
            f'path="%systemroot%\\system32\\winrscmd.dll">{text}</f:ProviderFault>'
        )
    return (
        f'{reason}<f:WSManFault xmlns:f="{names.WSMAN_FAULT}" Code="{occurred.code}" '
        f'Machine="{escape(machine)}"><f:Message>{text}</f:Message></f:WSManFault>'
    )
