"""The logon: one GET per pass, judged before anybody tries it (case C03). Nothing is logged here."""

from __future__ import annotations

import base64
import binascii
import json
import unicodedata
from collections.abc import Mapping
from typing import Any

from partner_operator.engine.ports import Credentials, CredentialsProblem
from partner_operator.kube.api.names import LOGON_TYPE
from partner_operator.kube.client import ApiRefused, Connection, core_path
from partner_operator.kube.digests import Digests
from partner_operator.texts import hidden_in
from partner_operator.trust.allowed import FORM, USUAL_BOUNDS, Bounds, is_pattern
from partner_operator.trust.model import DesiredServer
from partner_operator.trust.reasons import Reason

USERNAME = "username"
HOSTS = "hosts"
PASSWORD = "password"  # noqa: S105  # the name of a key, not a password


async def read_credentials(
    connection: Connection,
    server: DesiredServer,
    digests: Digests,
    bounds: Bounds = USUAL_BOUNDS,
) -> Credentials:
    """Read and judge the Secret of a server. Raises CredentialsProblem with the next step."""
    outcome = await _read(connection, server, digests, bounds)
    if isinstance(outcome, CredentialsProblem):
        raise outcome
    return outcome


async def _read(
    connection: Connection, server: DesiredServer, digests: Digests, bounds: Bounds
) -> Credentials | CredentialsProblem:
    """The problem is handed back without its frames: their variables hold the Secret's data."""
    try:
        return await _judged(connection, server, digests, bounds)
    except CredentialsProblem as problem:
        problem.__context__ = None
        return problem.with_traceback(None)


async def _judged(
    connection: Connection, server: DesiredServer, digests: Digests, bounds: Bounds
) -> Credentials:
    namespace, name = server.key.namespace, server.credentials_secret
    try:
        secret = await connection.get(core_path(namespace, "secrets", name))
    except ApiRefused as refused:
        if refused.status != 403:
            raise
        raise CredentialsProblem(
            Reason.CREDENTIALS_MISSING,
            f"The operator may not read Secret {name}. Grant its ServiceAccount the verb get on secrets in "
            f"namespace {namespace} (manifests/).",
        ) from None
    if secret is None:
        raise CredentialsProblem(
            Reason.CREDENTIALS_MISSING,
            f"Secret {name} does not exist in namespace {namespace}. Create it: {_making(server, name)}",
        )
    if secret.get("type") != LOGON_TYPE:
        raise CredentialsProblem(
            Reason.CREDENTIALS_INVALID,
            f"Secret {name} is not of type {LOGON_TYPE}, so it is no logon and nothing of it is used. A type cannot be "
            "changed: make a new Secret, and name it in spec.credentialsSecretRef: "
            f"{_making(server, f'{name}-logon')}",
        )
    data = secret.get("data") or {}
    username = _value(name, data, USERNAME)
    password = _value(name, data, PASSWORD)
    hosts = _hosts(server, data)
    digest = await digests.of(server.key.uid, username, password)
    metadata = secret.get("metadata") or {}
    version = f"{metadata.get('uid')}/{metadata.get('resourceVersion')}"
    return Credentials(username, password, digest, hosts, bounds, version)


def _making(server: DesiredServer, name: str) -> str:
    """The command that makes the Secret. The password comes from a file: a command line is remembered."""
    return (
        f"kubectl create secret generic {name} --namespace={server.key.namespace} --type={LOGON_TYPE} "
        f"--from-literal=hosts={','.join(server.hosts)} --from-literal=username='DOMAIN\\user' "
        "--from-file=password=FILE (a file without a line break at its end)."
    )


def _hosts(server: DesiredServer, data: Mapping[str, Any]) -> tuple[str, ...]:
    """The patterns of the hosts that the password may be sent to, separated by commas, blanks or line breaks."""
    name = server.credentials_secret
    words = _text(name, data[HOSTS], HOSTS).replace(",", " ").split() if HOSTS in data else []
    if not words:
        fault = "is empty" if HOSTS in data else "is missing"
        value = json.dumps({"stringData": {HOSTS: ",".join(server.hosts)}})
        raise CredentialsProblem(
            Reason.HOST_NOT_ALLOWED,
            f"The key hosts of Secret {name} {fault}, so its password is sent to no host. Whoever owns the Secret can "
            f"name the hosts: kubectl patch secret {name} --namespace={server.key.namespace} --type=merge -p '{value}'",
        )
    for number, word in enumerate(words, start=1):
        if not is_pattern(word):
            # Not the word itself: who mixes up the keys of a Secret writes a password here.
            raise CredentialsProblem(
                Reason.HOST_NOT_ALLOWED,
                f"Word {number} of the key hosts of Secret {name} cannot be used, so its password is sent to no host: "
                f"{FORM}.",
            )
    return tuple(words)


def _value(secret: str, data: Mapping[str, Any], key: str) -> str:
    """One value that a logon can be made of. The sentence never has the value in it."""
    if key not in data:
        found = ", ".join(sorted(data)) or "none"
        raise CredentialsProblem(
            Reason.CREDENTIALS_MISSING,
            f"Secret {secret} has no key {key} (its keys: {found}). Give it the keys username, password and hosts.",
        )
    value = _text(secret, data[key], key)
    if not value.strip():
        raise _invalid(secret, key, "is empty", "Fill it in; nobody logs on without it")
    hidden = hidden_in(value)
    if hidden is not None:
        raise _invalid(secret, key, _why_hidden(hidden), _WITHOUT)
    return value


def _text(secret: str, encoded: Any, key: str) -> str:
    try:
        return base64.b64decode(encoded or "", validate=True).decode("utf-8")
    except (binascii.Error, UnicodeDecodeError):
        raise _invalid(secret, key, "is not text in UTF-8", "Write it anew as plain text") from None


_WITHOUT = "Write it without: printf, not echo, or kubectl create secret --from-literal"


def _why_hidden(character: str) -> str:
    """Nobody types such a character; it comes along with a file or a copied text."""
    if character == "\ufeff":
        return "has a byte order mark in it, which editors put in front of a file"
    if unicodedata.category(character) in {"Cc", "Zl", "Zp"}:
        return "has a line break or another control character in it"
    return "has an invisible character in it, such as a blank of no width or one that holds lines together"


def _invalid(secret: str, key: str, fault: str, remedy: str) -> CredentialsProblem:
    return CredentialsProblem(
        Reason.CREDENTIALS_INVALID, f"The value of key {key} in Secret {secret} {fault}. {remedy}."
    )
