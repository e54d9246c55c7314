"""What Test-CsExStorageConnectivity said, in words."""

from __future__ import annotations

import re
from datetime import timedelta

from partner_operator.products.lync.answers import TestAnswer
from partner_operator.texts import said
from partner_operator.trust.model import TestReport

_PASSED = re.compile("passed", re.IGNORECASE)
_DIAGNOSTICS = re.compile(r'x-ms-diagnostics:\s*(\d+);\s*reason="([^"]*)"', re.IGNORECASE)
HINTS = {
    "2000000": "Exchange has an old certificate of Lync; it is read again by the next repair.",
    "2000003": "The host in the token is not the one that Exchange sees; a proxy may end TLS on the way.",
    "2000004": "Exchange accepts the domain only by wildcard: add it with New-AcceptedDomain.",
    "2000005": "Several objects share the user's address: look for duplicate UPN, SMTP or SIP addresses.",
}
"""Next steps by x-ms-diagnostics code (P-S2S-5, P-S2S-8)."""

_REFUSED = re.compile(r"\b401\b.*Unauthorized|\(401\)", re.IGNORECASE)
REFUSED = (
    "Exchange answers 401: it does not take Lync's tokens. Is the partner application there and enabled, and was "
    "IIS restarted since?"
)
"""Next step for a refusal without diagnostics (P-S2S-8)."""


def report(told: TestAnswer, *, host: str, latency: timedelta) -> TestReport:
    """Passed when the output says so and no error was written (P-LY-6)."""
    output = " ".join(told.output)
    passed = _PASSED.search(output) is not None and not told.problems
    message = "Test-CsExStorageConnectivity passed." if passed else _why(told)
    return TestReport(passed=passed, latency=latency, message=message, host=host)


def _why(told: TestAnswer) -> str:
    """The error's own words and, where Exchange answered, its diagnostics. No ids that move."""
    words = said(" ".join(told.problems or told.output), 400)
    why = words or "it printed neither an error nor 'passed'"
    shown = "\n".join((*told.problems, *told.details))
    found = _DIAGNOSTICS.search(shown)
    if found is None:
        hint = REFUSED if _REFUSED.search(shown) else ""
        return f"Test-CsExStorageConnectivity failed: {why} {hint}".strip()
    code, reason = found.groups()
    hint = HINTS.get(code, "")
    return (
        f"Test-CsExStorageConnectivity failed: {why} Exchange says {code}: {said(reason)} {hint}"
    ).strip()
