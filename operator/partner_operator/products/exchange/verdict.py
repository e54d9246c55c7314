"""What Test-OAuthConnectivity said, in words."""

from __future__ import annotations

import re
from datetime import timedelta

from partner_operator.products.exchange.answers import TestAnswer
from partner_operator.texts import LONGEST, said
from partner_operator.trust.model import TestReport

SUCCESS = "Success"
"""ResultType, an enumeration: its names are the same in every language."""
PASSED = "Test-OAuthConnectivity passed: the partner accepts Exchange's tokens. No cmdlet tests the other way round."
_DIAGNOSTICS = re.compile(r'\b(\d{7});\s*reason="?([^"\r\n]*)')
HINTS = {
    "3000003": "The farm's realm or the host in the token is not what the server expects: is the address right?",
    "3000006": "SharePoint has an old certificate of Exchange; it is read again by the next repair.",
    "3002002": (
        "SharePoint knows Exchange, and its app principal has no permission there: that is the farm owner's to give."
    ),
}
"""Next steps by the code of SharePoint's x-ms-diagnostics (P-SP-10)."""
_UNKNOWN = re.compile("trusted_?[ ]?issuers?", re.IGNORECASE)
NOT_TRUSTED = (
    "The server does not name Exchange among the issuers that it trusts: is Exchange registered there, and did its "
    "workers start since?"
)
_REFUSED = re.compile(r"\b401\b")
REFUSED = (
    "The server takes no token of Exchange and names no reason. Is Exchange registered there and active, and is the "
    "web application one for HTTPS? One for HTTP alone asks for no token."
)
_NO_LOGON = re.compile(r"\((30[1278]|200|404)\)")
NO_SERVICE = (
    "Nothing there asks for a token: is it the address of a web service, and does the site exist?"
)
_LONGEST = 300


def report(told: TestAnswer, *, host: str, latency: timedelta) -> TestReport:
    """Passed when every result is a success and no error was written (P-EX-15)."""
    passed = bool(told.results) and not told.problems
    passed = passed and all(result.type == SUCCESS for result in told.results)
    return TestReport(
        passed=passed,
        latency=latency,
        message=PASSED if passed else _why(told),
        host=host,
    )


def _why(told: TestAnswer) -> str:
    """What the far side said, or the end of what the test wrote down. No ids that move."""
    text = " ".join(told.problems or (result.detail for result in told.results))[-LONGEST:]
    found = _DIAGNOSTICS.search(text)
    if found is not None:
        code, reason = found.groups()
        words, hint = f"{code}: {said(reason, _LONGEST)}", HINTS.get(code, "")
    else:
        words = said(text.rpartition("Exception:")[2])[-_LONGEST:] or "it showed no result"
        hint = _hint(text)
    return f"Test-OAuthConnectivity failed: {words} {hint}".strip()


def _hint(text: str) -> str:
    if _UNKNOWN.search(text) is not None:
        return NOT_TRUSTED
    if _REFUSED.search(text) is not None:
        return REFUSED
    return NO_SERVICE if _NO_LOGON.search(text) is not None else ""
