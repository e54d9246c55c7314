"""The account file of the NTLM acceptor.

pyspnego reads accounts from the file that the environment variable NTLM_USER_FILE names. The
variable belongs to the process, so there is one file per process, rewritten under a lock whenever
the accounts have changed since the last step of any handshake. Passwords are stored as NT hashes.
"""

from __future__ import annotations

import atexit
import os
import secrets
import shutil
import socket
import tempfile
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from spnego._ntlm_raw.crypto import ntowfv1

_lock = threading.RLock()
_written: dict[str, str] | None = None
_folder: Path | None = None


@contextmanager
def accounts_in_force(accounts: Mapping[str, str]) -> Iterator[None]:
    """Make exactly these accounts (spelling to password) known to NTLM while the block runs."""
    global _written
    with _lock:
        current = dict(accounts)
        path = _file()
        if current != _written or not path.exists():
            path.write_text("".join(user_file_lines(current)), encoding="utf-8")
            _written = current
        os.environ["NTLM_USER_FILE"] = str(path)
        yield


def user_file_lines(accounts: Mapping[str, str]) -> list[str]:
    """Return smbpasswd lines that list every account under each spelling that clients send."""
    lines: dict[str, str] = {}
    for account, password in accounts.items():
        nt_hash = ntowfv1(password).hex().upper()
        # A random LM hash, since a known one would let a client in without the password.
        lm_hash = secrets.token_hex(16).upper()
        for spelling in spellings(account):
            line = f"{spelling}:1000:{lm_hash}:{nt_hash}:[U]:LCT-00000000\n"
            lines.setdefault(spelling.upper(), line)
    return list(lines.values())


def spellings(account: str) -> tuple[str, ...]:
    """Return how clients may write `DOMAIN\\user` or `user@domain` in an NTLM AUTHENTICATE message.

    The empty domain, the dot and the acceptor's own target name (go-ntlmssp sends that) count too.
    """
    target_name = socket.gethostname().upper()
    if "\\" in account:
        user = account.split("\\", 1)[1]
        return (account, user, f".\\{user}", f"{target_name}\\{user}")
    if "@" in account:
        user, domain = account.rsplit("@", 1)
        return (account, f"{target_name}\\{account}", f"{domain}\\{user}")
    return (account, f".\\{account}", f"{target_name}\\{account}")


def canonical_user(accounts: Mapping[str, str], domain: str, user: str) -> str:
    """Return the directory's `DOMAIN\\user` for what a client sent.

    A name that the directory does not know is returned as it came.
    """
    name, _, suffix = user.partition("@")
    same_name = [
        account
        for account in accounts
        if "\\" in account and account.split("\\", 1)[1].casefold() == name.casefold()
    ]
    wanted = (domain or suffix.split(".", 1)[0]).casefold()
    for account in same_name:
        if account.split("\\", 1)[0].casefold() == wanted:
            return account
    if same_name:
        return same_name[0]
    return f"{domain}\\{user}" if domain else user


def _file() -> Path:
    global _folder
    if _folder is None:
        _folder = Path(tempfile.mkdtemp(prefix="partner-simulator-ntlm-"))
        atexit.register(shutil.rmtree, _folder, ignore_errors=True)
    path = _folder / "users"
    if not path.exists():
        path.touch(mode=0o600)
    return path
