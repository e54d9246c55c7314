"""explain-token as a user runs it: a token on standard input, documents in files, words and an exit code."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from partner_demo.operator_process import ROOT
from support import oauth_samples


def explain(token: str, document: Path, *more: str) -> subprocess.CompletedProcess[str]:
    """Run the command."""
    command = [sys.executable, "-m", "partner_operator", "explain-token", "-"]
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
