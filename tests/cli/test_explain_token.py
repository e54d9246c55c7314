"""explain-token as a user runs it: a token on standard input, documents in files, words and an exit code."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from partner_demo.operator_process import ROOT
from support.oauth import samples as oauth_samples
from support.secrets.search import found


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


@pytest.mark.parametrize("word", ["hello", "Hello", "a.b.c", "This is not a token.", ""])
def test_a_word_that_is_no_token_is_one_sentence_with_a_next_step(
    tmp_path: Path, word: str
) -> None:
    document = tmp_path / "metadata.json"
    document.write_bytes(oauth_samples.body(oauth_samples.document()))
    answer = explain(word, document)
    [line] = answer.stdout.splitlines()
    assert line.startswith("NO  readable: "), line
    assert "no token" in line
    assert "Copy" in line
    assert (answer.returncode, answer.stderr) == (1, "")


@pytest.mark.parametrize("made", ["{}", "Bearer {}", "Authorization: Bearer {}"])
def test_a_token_in_place_of_its_file_is_not_repeated(tmp_path: Path, made: str) -> None:
    """What stands on the error output is kept by pipelines, and searched by others."""
    document = tmp_path / "metadata.json"
    document.write_bytes(oauth_samples.body(oauth_samples.document()))
    token = oauth_samples.actor_token()
    for given in (token, token.rpartition(".")[0]):
        answer = explain(made.format(given), document, file=True)
        assert (answer.returncode, answer.stdout) == (1, "")
        assert answer.stderr.startswith("partner-operator: FILE is a token itself")
        assert not found(answer.stderr, (token, *token.split(".")))


def test_a_file_that_is_not_there_is_named_with_what_to_give(tmp_path: Path) -> None:
    document = tmp_path / "metadata.json"
    document.write_bytes(oauth_samples.body(oauth_samples.document()))
    answer = explain("hello", document, file=True)
    assert answer.returncode == 1
    assert answer.stderr == (
        "partner-operator: hello cannot be read: No such file or directory. FILE holds the token; give - to paste "
        "it, with Ctrl-D behind it.\n"
    )


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
