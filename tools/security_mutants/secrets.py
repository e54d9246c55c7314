"""Lines that keep secrets out of commands, logs, statuses and recordings."""

from __future__ import annotations

from mutant import Mutant

SECRETS = (
    Mutant(
        "the request goes over standard input, and nothing of it into the command line",
        "winrm/run.py",
        "self._shell, command_line(),",
        'self._shell, f"{command_line()} {self._line.decode()}",',
        (
            "tests/winrm/test_run.py::test_the_host_gets_the_constant_command_line_and_the_request_on_stdin",
        ),
    ),
    Mutant(
        "an endpoint does not show its password",
        "winrm/endpoint.py",
        "    password: str = field(repr=False)\n",
        "    password: str\n",
        ("tests/secrets/test_secrets_tracebacks.py::test_what_holds_secrets_does_not_show_them",),
    ),
    Mutant(
        "a request does not show its secrets",
        "winrm/run.py",
        "    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)\n",
        "    secrets: Mapping[str, str] = field(default_factory=dict)\n",
        ("tests/secrets/test_secrets_tracebacks.py::test_what_holds_secrets_does_not_show_them",),
    ),
    Mutant(
        "credentials do not show their password",
        "engine/ports/credentials.py",
        "    password: str = field(repr=False)\n",
        "    password: str\n",
        ("tests/secrets/test_secrets_tracebacks.py::test_what_holds_secrets_does_not_show_them",),
    ),
    Mutant(
        "a failed run is told without the frames that hold the logon",
        "winrm/run.py",
        "        return failure.with_traceback(None)\n",
        "        return failure\n",
        ("tests/secrets/test_secrets_tracebacks.py::test_an_answer_that_fails_shows_no_secret",),
    ),
    Mutant(
        "a Secret that cannot be used is told without the frames that hold its data",
        "kube/secrets.py",
        "        return problem.with_traceback(None)\n",
        "        return problem\n",
        (
            "tests/secrets/test_secrets_tracebacks.py::test_a_secret_that_cannot_be_used_shows_no_secret",
        ),
    ),
    Mutant(
        "what a host throws back has no secret in it, not even in two lines",
        "winrm/answer.py",
        "            text = re.sub(wrapped, STRUCK_OUT, text) if wrapped else text\n",
        "            text = text.replace(secret, STRUCK_OUT)\n",
        (
            "tests/secrets/test_secrets_echoes.py::test_a_secret_that_the_console_has_broken_is_struck_out",
        ),
    ),
    Mutant(
        "a request that is thrown back is struck out",
        "winrm/answer.py",
        "    text = _REQUEST_LINE.sub(STRUCK_OUT, text)\n",
        "",
        ("tests/secrets/test_secrets_echoes.py::test_an_answer_among_echoes",),
    ),
    Mutant(
        "a recording is redacted",
        "recorder.py",
        "            self._write(request.operation, redact(record, _secrets(endpoint, request)))\n",
        "            self._write(request.operation, record)\n",
        ("tests/cli/test_recorder.py::test_answers_are_played_again_without_the_secret",),
    ),
    Mutant(
        "a recording is redacted in names too",
        "recorder.py",
        "{redact(key, secrets): redact(inner, secrets)",
        "{key: redact(inner, secrets)",
        (
            "tests/cli/test_recorder.py::test_a_secret_that_a_server_uses_as_a_name_is_struck_out_as_well",
        ),
    ),
    Mutant(
        "a recording has no token in it",
        "recorder.py",
        "        value = _TOKEN.sub(STRUCK_OUT, without_secrets(value, secrets))\n",
        "        value = without_secrets(value, secrets)\n",
        ("tests/cli/test_recorder.py::test_tokens_that_a_test_shows_are_struck_out",),
    ),
    Mutant(
        "a recording is for its owner only",
        "recorder.py",
        "os.O_TRUNC, 0o600)",
        "os.O_TRUNC, 0o644)",
        ("tests/cli/test_recorder.py::test_answers_are_played_again_without_the_secret",),
    ),
    Mutant(
        "libraries that see the logon say nothing below WARNING",
        "logs.py",
        "    handler.addFilter(_Discreet())\n",
        "",
        (
            "tests/secrets/test_secrets_logs.py::test_a_logon_leaves_no_message_of_its_protocol_in_the_log",
        ),
    ),
    Mutant(
        "no logon stands in an audit, and no value without bounds",
        "trust/audit.py",
        '        name: shortened(shown(_LOGON_IN_URL.sub("", value)), LONGEST_VALUE)\n',
        "        name: value\n",
        ("tests/engine/test_engine_told.py",),
    ),
    Mutant(
        "no level silences the audit",
        "logs.py",
        "    logging.getLogger(AUDIT).setLevel(logging.INFO)\n",
        "",
        ("tests/cli/test_logs.py",),
    ),
    Mutant(
        "no log line is forged",
        "logs.py",
        "        line = shown(super().formatMessage(record))\n",
        "        line = super().formatMessage(record)\n",
        ("tests/texts/test_texts_net.py::test_no_log_line_is_forged",),
    ),
    Mutant(
        "a status shows what nobody would see",
        "kube/writer.py",
        "        body = in_all(to_json(status), shown)\n",
        "        body = to_json(status)\n",
        ("tests/texts/test_texts_net.py::test_poison_at_one_place_is_shown_or_left_out",),
    ),
    Mutant(
        "a control character is written out",
        "texts.py",
        "    return _escape(character) if hidden else character\n",
        "    return character\n",
        ("tests/texts/test_texts.py::test_what_nobody_would_see_is_written_out",),
    ),
    Mutant(
        "a message has no token in it",
        "texts.py",
        '    text = _TOKEN.sub("(token)", text)\n',
        "",
        ("tests/cli/test_recorder.py::test_a_token_in_an_error_does_not_come_into_the_status",),
    ),
)
