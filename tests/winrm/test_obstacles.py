"""What stops a script before it can frame an answer is named: in any language, code page and line width."""

from __future__ import annotations

import re

import pytest

from partner_operator.products.failures import run_failed
from partner_operator.trust.obstacle import Next
from partner_operator.trust.reasons import Reason
from partner_operator.winrm import (
    Blocked,
    BlockedBy,
    OutcomeUnknown,
    Output,
    ProtocolViolation,
    RemoteRunError,
    understand,
)
from support.winrm.frames import ASKED

OPEN = '<Objs Version="1.1.0.1" xmlns="http://schemas.microsoft.com/powershell/2004/04">'


def clixml(text: str, width: int = 79) -> bytes:
    """An error as PowerShell formats it for a console of this width: a line each, hard wrapped."""
    lines = [
        line[at : at + width] for line in text.splitlines() for at in range(0, len(line), width)
    ]
    body = "".join(f'<S S="Error">{line}_x000D__x000A_</S>' for line in lines)
    return b"#< CLIXML\r\n" + f"{OPEN}{body}</Objs>".encode()


MALICIOUS = """At line:1 char:1
Dieses Skript enth\u00e4lt sch\u00e4dliche Inhalte und wurde von der Antivirensoftware blockiert.
    + CategoryInfo          : ParserError: (:) [], ParentContainsErrorRecordException
    + FullyQualifiedErrorId : ScriptContainedMaliciousContent"""
CONSTRAINED = """\u6b64\u8a9e\u8a00\u6a21\u5f0f\u50c5\u652f\u63f4\u6838\u5fc3\u985e\u578b\u3002
    + CategoryInfo          : InvalidOperation: (:) [], RuntimeException
    + FullyQualifiedErrorId : MethodInvocationNotSupportedInConstrainedLanguage"""
POLICY = """Die Datei kann nicht geladen werden, da die Ausf\u00fchrung von Skripts deaktiviert ist. Weitere
Informationen finden Sie unter "about_Execution_Policies" (https:/go.microsoft.com/fwlink/?LinkID=135170).
    + CategoryInfo          : Sicherheitsfehler: (:) [], PSSecurityException
    + FullyQualifiedErrorId : UnauthorizedAccess"""
UNKNOWN = {
    "english": b"'powershell.exe' is not recognized as an internal or external command,\r\n"
    b"operable program or batch file.\r\n",
    "german": 'Der Befehl "powershell.exe" ist entweder falsch geschrieben oder konnte nicht gefunden '
    "werden.\r\n".encode("cp850"),
    "chinese": "'powershell.exe' \u4e0d\u662f\u5167\u90e8\u6216\u5916\u90e8\u547d\u4ee4\u3001"
    "\u53ef\u57f7\u884c\u7684\u7a0b\u5f0f\u6216\u6279\u6b21\u6a94\u3002\r\n".encode("cp950"),
    "japanese": "'powershell.exe' \u306f\u3001\u5185\u90e8\u30b3\u30de\u30f3\u30c9\u307e\u305f\u306f"
    "\u5916\u90e8\u30b3\u30de\u30f3\u30c9\u3068\u3057\u3066\u8a8d\u8b58\u3055\u308c\u3066\u3044\u307e\u305b\u3093\u3002".encode(
        "cp932"
    ),
    "russian": "powershell.exe \u0440\u0430\u0441\u043f\u043e\u0437\u043d\u0430\u043d\u043e".encode("cp866"),
    "nothing": b"",
}  # fmt: skip
"""What cmd.exe says of an unknown program; its exit code is 9009 in every language."""
BLOCKED = "This script contains malicious content and has been blocked by your antivirus software."
DISABLED = "x.ps1 cannot be loaded because running scripts is disabled on this system."
CASES: dict[str, tuple[bytes, bytes, int, BlockedBy]] = {
    "malicious": (b"", clixml(MALICIOUS), 1, BlockedBy.ANTIMALWARE),
    "malicious, in words": (b"", clixml(BLOCKED), 1, BlockedBy.ANTIMALWARE),
    "malicious, narrow": (b"", clixml(MALICIOUS, 40), 1, BlockedBy.ANTIMALWARE),
    "malicious, as text": (b"", MALICIOUS.encode("cp437"), 1, BlockedBy.ANTIMALWARE),
    "constrained": (b"PO1?ConstrainedLanguage\r\n", b"", 3, BlockedBy.LANGUAGE_MODE),
    "restricted": (b"PO1?RestrictedLanguage\r\n", b"", 3, BlockedBy.LANGUAGE_MODE),
    "no language": (b"banner\r\nPO1?NoLanguage\r\nbanner", b"", 3, BlockedBy.LANGUAGE_MODE),
    "constrained, by its error": (b"", clixml(CONSTRAINED), 1, BlockedBy.LANGUAGE_MODE),
    "constrained, narrow": (b"", clixml(CONSTRAINED, 50), 1, BlockedBy.LANGUAGE_MODE),
    "policy": (b"", clixml(POLICY), 1, BlockedBy.EXECUTION_POLICY),
    "policy, narrow": (b"", clixml(POLICY, 30), 1, BlockedBy.EXECUTION_POLICY),
    "policy, in words": (b"", clixml(DISABLED, 44), 1, BlockedBy.EXECUTION_POLICY),
    "too long": (b"", b"The command line is too long.\r\n", 1, BlockedBy.COMMAND_TOO_LONG),
    "too long, on the other stream": (b"The command line is too long.\r\n", b"", 1, BlockedBy.COMMAND_TOO_LONG),
    "unknown, with another code": (b"", UNKNOWN["english"], 1, BlockedBy.POWERSHELL_MISSING),
    **{f"unknown, {name}": (b"", said, 9009, BlockedBy.POWERSHELL_MISSING) for name, said in UNKNOWN.items()},
}  # fmt: skip


def failure(stdout: bytes, stderr: bytes, code: int) -> RemoteRunError:
    """Why there is no answer."""
    with pytest.raises(RemoteRunError) as caught:
        understand("ex1", Output(stdout, stderr, code, {}), ASKED, ())
    return caught.value


@pytest.mark.parametrize(("stdout", "stderr", "code", "obstacle"), CASES.values(), ids=CASES.keys())
def test_each_obstacle_is_named_and_nothing_ran(
    stdout: bytes, stderr: bytes, code: int, obstacle: BlockedBy
) -> None:
    """The sentence names the host, and a human must act: the condition is Stalled."""
    error = failure(stdout, stderr, code)
    assert isinstance(error, Blocked)
    assert error.obstacle is obstacle
    assert error.nothing_ran
    assert "ex1" in error.message
    told = run_failed(error, product="Exchange", operation="observe", host="ex1.litwareinc.com")
    assert (told.obstacle.reason, told.obstacle.then) == (Reason.BLOCKED, Next.HUMAN)


def test_no_obstacle_is_left_out() -> None:
    """A new one needs its cases."""
    assert {obstacle for *_, obstacle in CASES.values()} == set(BlockedBy)


@pytest.mark.parametrize(("stdout", "stderr", "code", "obstacle"), CASES.values(), ids=CASES.keys())
def test_after_the_start_mark_the_same_proves_nothing(
    stdout: bytes, stderr: bytes, code: int, obstacle: BlockedBy
) -> None:
    """The script may have called something that said so."""
    del obstacle
    assert isinstance(failure(b"PO1!" + stdout, stderr, code), OutcomeUnknown)


@pytest.mark.parametrize(
    ("stderr", "code"),
    [
        ("Die Befehlszeile ist zu lang.\r\n".encode("cp850"), 1),
        (b"\xa9R\xa5O\xa6C\xa4\xd3\xaa\xf8\xa1C\r\n", 1),
        (b"Zugriff verweigert\r\n", 5),
        (b"", 1),
        (b"", 0xC0000142),
    ],
)
def test_what_nobody_knows_is_told_in_its_own_words(stderr: bytes, code: int) -> None:
    """cmd.exe's own messages are localised, and no list of them is complete."""
    error = failure(b"", stderr, code)
    assert isinstance(error, ProtocolViolation)
    assert error.nothing_ran
    assert f"code {code}" in error.message
    said = re.sub(r"\s+", " ", stderr.decode("cp850")).strip()
    assert not said.isascii() or (said or "nothing") in error.message
