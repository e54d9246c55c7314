"""What stops the operator's scripts on a host, recognised by the marks that it leaves in what is printed."""

from __future__ import annotations

from partner_operator.winrm.errors import Blocked, BlockedBy

_OBSTACLES: tuple[tuple[BlockedBy, tuple[str, ...], str], ...] = (
    (
        BlockedBy.ANTIMALWARE,
        ("ScriptContainedMaliciousContent", "contains malicious content"),
        "The antimalware software of {host} stopped the operator's script. Allow it there.",
    ),
    (
        BlockedBy.LANGUAGE_MODE,
        ("ConstrainedLanguage", "RestrictedLanguage", "NoLanguage", "in this language mode"),
        "PowerShell on {host} runs in constrained language mode (AppLocker or WDAC), in which no product "
        "cmdlet can be driven. Exempt the operator's account or host from that policy.",
    ),
    (
        BlockedBy.EXECUTION_POLICY,
        ("PSSecurityException", "running scripts is disabled", "about_Execution_Policies"),
        "The execution policy on {host}, set by group policy, forbids scripts. RemoteSigned is enough.",
    ),
    (
        BlockedBy.COMMAND_TOO_LONG,
        ("The command line is too long",),
        "{host} says that the command line is too long. Report this with the version of Windows.",
    ),
    (
        BlockedBy.POWERSHELL_MISSING,
        ("is not recognized as an internal or external command",),
        "{host} does not find powershell.exe on the PATH of the operator's account. Add its folder there: "
        "%SystemRoot%\\System32\\WindowsPowerShell\\v1.0.",
    ),
)


def obstacle(text: str, host: str, *, nothing_ran: bool) -> Blocked | None:
    """What stopped a script, recognised by the marks it leaves, also where a console's width broke them."""
    printed = _without_blanks(text)
    for kind, marks, _ in _OBSTACLES:
        if any(_without_blanks(mark) in printed for mark in marks):
            return blocked(kind, host, nothing_ran=nothing_ran)
    return None


def blocked(kind: BlockedBy, host: str, *, nothing_ran: bool) -> Blocked:
    """The failure for an obstacle."""
    [sentence] = [words for known, _, words in _OBSTACLES if known is kind]
    return Blocked(sentence.format(host=host), kind, nothing_ran=nothing_ran)


def _without_blanks(text: str) -> str:
    return "".join(text.lower().split())
