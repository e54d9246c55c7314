"""One of several operators works, the others stand by: a coordination.k8s.io/v1 Lease decides.

`kubernetes.aio.leaderelection` (37.0) does not fit. It ends by an exception where the connection breaks, and leaves
the leading task running; its requests have no time limit, so a renewal that hangs is never given up; it goes by the
wall clock, writes local time as UTC, never gives the Lease back, and cancels the leader's task in the middle of a
remote run. What it does right is done here too: each write names the resourceVersion that was read, and a stand-by
takes a Lease over when it has not moved for its length on the stand-by's own clock, so clocks of machines may differ.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import socket
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from partner_operator.kube.client import ApiFailure, ApiRefused, Connection

logger = logging.getLogger(__name__)

LONGEST_NAME = 253
"""Characters of an object's name."""
_RETRIED = frozenset({409, 429})
"""Refusals that pass by themselves, beside those from 500 on."""


class LeaseUncertain(ApiFailure):
    """Nothing may be begun now: whether this operator still works or another one does is not certain."""


class LeaseLost(Exception):
    """Another operator works now."""


class NoLease(Exception):
    """The Lease can neither be read nor be made."""


@dataclass(frozen=True, slots=True)
class Timing:
    """Seconds. The holder stops well before a stand-by may begin."""

    length: int = 30
    """A Lease that has not moved for so long is anybody's."""
    certain: float = 20.0
    """So long after a renewal was sent the holder may begin something new."""
    renew: float = 5.0
    """How often the holder renews."""
    answer: float = 5.0
    """How long one request may take."""
    look: float = 2.0
    """How often a stand-by looks."""


def lease_name(own_namespace: str, namespaces: Sequence[str]) -> str:
    """The name for what an operator serves, none being the whole cluster: two of one scope share it.

    Namespaces have no dots, so no two scopes have one name.
    """
    if not namespaces:
        return "partner-operator-all-namespaces"
    scope = sorted(set(namespaces))
    if scope == [own_namespace]:
        return "partner-operator"
    name = ".".join(("partner-operator", *scope))
    if len(name) <= LONGEST_NAME:
        return name
    return f"partner-operator.{hashlib.sha256(name.encode()).hexdigest()}"


def new_identity() -> str:
    """The pod's name, and what tells this process from the one before it in the same pod."""
    return f"{socket.gethostname()}_{uuid.uuid4().hex[:8]}"


def _boot_time() -> float:
    """Seconds that go on while the machine sleeps, where the system has such a clock."""
    return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))


class Lease:
    """One operator's hold on the Lease of its scope."""

    def __init__(
        self,
        connection: Connection,
        namespace: str,
        name: str,
        *,
        identity: str | None = None,
        timing: Timing | None = None,
        clock: Callable[[], float] = _boot_time,
    ) -> None:
        """`connection` is its own: a renewal waits for nothing else. `clock` gives seconds that only grow."""
        self.identity = identity or new_identity()
        self.where = f"{namespace}/{name}"
        self._connection = connection
        self._timing = timing or Timing()
        self._clock = clock
        self._name = name
        self._collection = f"/apis/coordination.k8s.io/v1/namespaces/{namespace}/leases"
        self._path = f"{self._collection}/{name}"
        self._held: Mapping[str, Any] | None = None
        """The Lease as we last wrote it; None while it is not ours."""
        self._renewed_at = 0.0

    @property
    def is_certain(self) -> bool:
        """Whether nobody else can have it now."""
        since = self._clock() - self._renewed_at
        return self._held is not None and since < self._timing.certain

    def must_be_certain(self) -> None:
        """Call before each new effect. Raises LeaseUncertain."""
        if not self.is_certain:
            raise LeaseUncertain(
                f"Lease {self.where} could not be renewed in time, so another operator may work now."
            )

    async def acquire(self) -> None:
        """Stand by until the Lease is ours. Raises NoLease."""
        watched: tuple[object, float] = (None, 0.0)
        told = ""
        while self._held is None:
            try:
                found = await self._read()
                watched = watched if watched[0] == _mark(found) else (_mark(found), self._clock())
                if self._is_free(found, watched[1]):
                    await self._take(found)
                    continue
                told = self._tell(found, told)
            except ApiRefused as refused:
                self._must_pass(refused)
            except (ApiFailure, TimeoutError) as failure:
                logger.warning("Lease %s cannot be had: %r", self.where, failure)
            await asyncio.sleep(self._timing.look)
        logger.info("%s holds Lease %s and works", self.identity, self.where)

    async def keep(self) -> None:
        """Renew for ever. Raises LeaseLost when another operator has it."""
        while True:
            await asyncio.sleep(self._timing.renew)
            try:
                await self._renew()
            except (ApiFailure, TimeoutError) as failure:
                logger.warning("Lease %s was not renewed: %r", self.where, failure)

    async def release(self) -> None:
        """Give it back, so that a stand-by goes on at once. Does nothing where it is not ours."""
        if self._held is None:
            return
        self._held = None
        try:
            # A renewal that was cancelled on its way may have been made all the same.
            found = await self._read()
            if found is None or _spec(found).get("holderIdentity") != self.identity:
                return
            spec = {**_spec(found), "holderIdentity": "", "leaseDurationSeconds": 1}
            async with asyncio.timeout(self._timing.answer):
                await self._connection.request("PUT", self._path, body={**found, "spec": spec})
        except (ApiFailure, TimeoutError) as failure:
            logger.warning("Lease %s was not given back: %r", self.where, failure)

    async def _read(self) -> Mapping[str, Any] | None:
        async with asyncio.timeout(self._timing.answer):
            return await self._connection.get(self._path)

    def _is_free(self, found: Mapping[str, Any] | None, unmoved_since: float) -> bool:
        spec = _spec(found)
        if spec.get("holderIdentity") in (None, "", self.identity):
            return True
        length = spec.get("leaseDurationSeconds") or self._timing.length
        return self._clock() - unmoved_since > length

    async def _take(self, found: Mapping[str, Any] | None) -> None:
        """Write ourselves into exactly what was read. Somebody else may be faster: then nothing happens."""
        spec = _spec(found)
        same_holder = spec.get("holderIdentity") == self.identity
        now = _micro_time()
        taken = {
            **spec,
            "holderIdentity": self.identity,
            "leaseDurationSeconds": self._timing.length,
            "acquireTime": spec.get("acquireTime", now) if same_holder else now,
            "renewTime": now,
            "leaseTransitions": spec.get("leaseTransitions", 0) + (not same_holder),
        }
        metadata = found["metadata"] if found is not None else {"name": self._name}
        body = {
            "apiVersion": "coordination.k8s.io/v1",
            "kind": "Lease",
            "metadata": metadata,
            "spec": taken,
        }
        method, path = ("PUT", self._path) if found is not None else ("POST", self._collection)
        # Before it is sent: the stand-bys' time begins no earlier than the API server has it.
        sent_at = self._clock()
        async with asyncio.timeout(self._timing.answer):
            try:
                self._held = await self._connection.request(method, path, body=body)
            except ApiRefused as refused:
                if refused.status == 409 or (method == "PUT" and refused.status == 404):
                    return
                raise
        self._renewed_at = sent_at

    async def _renew(self) -> None:
        """Write what we last wrote once more. Where it is another one now, look whose it is."""
        before = self._renewed_at
        await self._take(self._held)
        if self._renewed_at != before:
            return
        # It changed, or went. An earlier renewal of ours, whose answer was lost, is no loss.
        found = await self._read()
        holder = _spec(found).get("holderIdentity")
        if holder not in (None, "", self.identity):
            self._held = None
            raise LeaseLost(
                f"Operator {holder} holds Lease {self.where} and works now. This one begins nothing more."
            )
        await self._take(found)

    def _must_pass(self, refused: ApiRefused) -> None:
        if refused.status in _RETRIED or refused.status >= 500:
            logger.warning("Lease %s cannot be had: %s", self.where, refused)
            return
        raise NoLease(
            f"Lease {self.where} cannot be had: {refused}. Apply the Role and RoleBinding partner-operator-lease of "
            "manifests/ in that namespace, or name another one with --lease-namespace."
        ) from refused

    def _tell(self, found: Mapping[str, Any] | None, told: str) -> str:
        holder = str(_spec(found).get("holderIdentity"))
        if holder != told:
            logger.info("standing by: %s holds Lease %s", holder, self.where)
        return holder


def _spec(found: Mapping[str, Any] | None) -> Mapping[str, Any]:
    return (found or {}).get("spec") or {}


def _mark(found: Mapping[str, Any] | None) -> object:
    """What moves whenever somebody writes the Lease."""
    return None if found is None else found["metadata"]["resourceVersion"]


def _micro_time() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
