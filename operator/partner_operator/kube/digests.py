"""Digests of logons: two are told apart by them, and neither is given away."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import secrets
from collections import OrderedDict

REMEMBERED = 1000
"""Digests, one for each server and logon. Who has more servers reckons some of them again."""


class Digests:
    """Reckons the digests of one process: one at a time, for each takes 16 MiB, and none twice.

    What was reckoned is found again by a keyed hash, whose key is made for this process and told to nobody. So no
    password stays here.
    """

    def __init__(self) -> None:
        """Nothing is known yet."""
        self._key = secrets.token_bytes(32)
        self._known: OrderedDict[bytes, str] = OrderedDict()
        self._turn = asyncio.Lock()

    async def of(self, salt: str, username: str, password: str) -> str:
        """The digest of a logon, which differs from server to server. `salt` is the server's uid."""
        data = f"{len(username)}:{username}:{password}".encode()
        mark = hmac.digest(self._key, f"{len(salt)}:{salt}:".encode() + data, "sha256")
        async with self._turn:
            digest = self._known.pop(mark, None)
            if digest is None:
                digest = await asyncio.to_thread(_slowly, salt, data)
            self._known[mark] = digest
            while len(self._known) > REMEMBERED:
                self._known.popitem(last=False)
            return digest


def _slowly(salt: str, data: bytes) -> str:
    """It stands in `.status`, where many can read it. So it is slow (scrypt, 16 MiB, some 50 ms) and
    salted with the server's uid: guessing costs as much per server as guessing can.
    """
    return hashlib.scrypt(data, salt=salt.encode(), n=2**14, r=8, p=1, dklen=12).hex()
