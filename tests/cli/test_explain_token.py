"""explain-token as a user runs it: a token on standard input, documents in files, words and an exit code."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from partner_demo.operator_process import ROOT
from support.oauth import samples as oauth_samples


def explain(
    token: str, document: Path, *more: str, file: bool = False
) -> subprocess.CompletedProcess[str]:
    """Run the command; the token stands in `token`, or in the file of that name."""
    source = token if file else "-"
    command = [sys.executable, "-m", "partner_operator", "explain-token", source]
    options = [
        "--document",
        str(document),
        "--host",
        "autodiscover.litwareinc.com",
        "--realm",
        "litwareinc.com",
    ]
    return subprocess.run(
        [*command, *options, *more],
        input=token,
        capture_output=True,
        text=True,
        check=False,
        env={"PYTHONPATH": str(ROOT / "operator")},
    )


def test_each_rule_is_said_and_the_token_is_not(tmp_path: Path) -> None:
    """A broken rule is an exit code of 1 and a line that begins with NO."""
    document = tmp_path / "metadata.json"
    document.write_bytes(oauth_samples.body(oauth_samples.document()))
    token = oauth_samples.actor_token(exp="1")
    answer = explain(token, document)
    assert answer.returncode == 1, answer.stderr
    assert any(line.startswith("NO ") for line in answer.stdout.splitlines())
    assert token.split(".")[2] not in answer.stdout + answer.stderr


def test_an_unusable_document_is_named(tmp_path: Path) -> None:
    """An HTML page in place of JSON ends with a sentence, not a traceback."""
    page = tmp_path / "page.html"
    page.write_text("<html>log on</html>")
    answer = explain("x.y.z", page)
    assert answer.returncode == 1
    assert "page.html is no usable auth metadata document" in answer.stderr
    assert "Traceback" not in answer.stderr


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "ascii"])
def test_a_token_that_an_editor_saved_is_read(tmp_path: Path, encoding: str) -> None:
    """Windows PowerShell's > writes UTF-16; a byte order mark is no part of the token."""
    document = tmp_path / "metadata.json"
    document.write_bytes(oauth_samples.body(oauth_samples.document()))
    token = tmp_path / "token.txt"
    mark = "\ufeff" if encoding == "utf-16-le" else ""
    token.write_bytes(
        f"{mark}Authorization: Bearer {oauth_samples.actor_token()}\n".encode(encoding)
    )
    answer = explain(str(token), document, file=True)
    assert answer.stdout.startswith("ok  readable:"), answer


def test_no_claim_forges_a_line(tmp_path: Path) -> None:
    """Line breaks, escape sequences and overrides in claims are shown as what they are."""
    document = tmp_path / "metadata.json"
    document.write_bytes(
        oauth_samples.body(oauth_samples.document(serviceName="\u001b[2J\u202e\u0000"))
    )
    forged = "x\nok  issuer: trusted\r\u001b[2K\u202e\u0085\u2028\ud800"
    answer = explain(oauth_samples.actor_token(iss=forged, aud=forged), document)
    lines = answer.stdout.split("\n")
    assert lines.pop() == ""
    assert all(line[:3] in {"ok ", "NO ", "?  "} and line.isprintable() for line in lines)
    assert not any(line.startswith("ok  issuer") for line in lines)
