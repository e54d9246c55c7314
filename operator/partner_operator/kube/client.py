"""One connection to the API server: thin, with time limits, and the same logon for us and kopf."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import re
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from types import TracebackType
from typing import Any, Self

import aiohttp
import kopf
from kubernetes.aio.client import ApiClient, Configuration

from partner_operator.engine.ports import ClusterFailed, Kind
from partner_operator.kube import kubeconfig
from partner_operator.kube.api.names import API_VERSION, PLURALS
from partner_operator.kube.patience import NONE, Asked, Outcomes, Patience, seconds
from partner_operator.texts import said

logger = logging.getLogger(__name__)

REQUEST_TIMEOUT = aiohttp.ClientTimeout(total=30, sock_connect=5)
"""Seconds for one request, and to connect for it."""
WRITES_AT_ONCE = 24
"""Of all passes together. Those beyond wait, so that reads and the Lease, which is renewed with PUT, find connections
of the 100 that there may be, and the API server is not flooded when many passes begin."""
READINGS = 4
"""Servers that are read at once, each with the lists of what is about it. All of them ask at a start, and taking a
list apart keeps the event loop busy: more at once would be done no sooner, and hold all their lists meanwhile."""
LONGEST_REFUSAL = 1000
"""Characters of the API server's sentence that are told."""
DEFAULT_NAMESPACE = "default"
"""What kubectl takes where a context names none."""
JSON = "application/json"
JSON_PATCH = "application/json-patch+json"
MERGE_PATCH = "application/merge-patch+json"
APPLY = "application/apply-patch+yaml"


class ApiFailure(ClusterFailed):
    """The API server could not be asked, or did not do as asked."""


class ApiUnreachable(ApiFailure):
    """No answer came: connection, TLS or time."""


class ApiRefused(ApiFailure):
    """An answer came and says no. `status` is the HTTP status."""

    def __init__(self, status: int, message: str, retry_after: float = 0.0) -> None:
        """`message` is the API server's own sentence. It asks not to be asked again within `retry_after` seconds."""
        super().__init__(f"{message} (HTTP {status})")
        self.status = status
        self.message = message
        self.retry_after = retry_after
        self.repeated = False
        """The request had been sent before, and nobody knows whether it was made then."""


class Connection:
    """Requests to one API server. Close it after use."""

    def __init__(
        self,
        configuration: Configuration,
        before_write: Callable[[], None] | None = None,
        patience: Patience | None = None,
    ) -> None:
        """`configuration` says where the API server is and who we are.

        `before_write` is called before each request that changes something, and before each repetition of it; what
        it raises, the request raises. `patience` is for what fails and may pass.
        """
        self.namespace: str | None = None
        """The pod's own namespace; None outside a pod, and where KUBECONFIG names a cluster."""
        self.reading = asyncio.Semaphore(READINGS)
        """For whoever reads a server with all that is about it."""
        self._before_write = before_write
        self._patience = patience or Patience()
        self._outcomes = Outcomes()
        self._writes = asyncio.Semaphore(WRITES_AT_ONCE)
        self.answered: Counter[tuple[str, str]] = Counter()
        """How often a method was answered with an HTTP status; `none` is no answer."""
        # The environment's proxies and netrc are for people; kopf ignores them as well.
        configuration.client_session_kwargs = {"trust_env": False}
        self.configuration = configuration
        self._client = ApiClient(configuration)
        self._client.user_agent = "partner-operator"

    @classmethod
    async def open(
        cls, before_write: Callable[[], None] | None = None, patience: Patience | None = None
    ) -> Self:
        """Connect as `$KUBECONFIG` says where that is set, else as the pod's ServiceAccount. Raises NoCluster."""
        place = kubeconfig.of_the_operator()
        with place.used():
            configuration, namespace = await place.read()
            connection = cls(configuration, before_write, patience)
        connection.namespace = None if place.path else namespace
        return connection

    @classmethod
    async def of_a_person(cls, file: str | None = None, context: str | None = None) -> Self:
        """Connect as kubectl does, and ask nothing twice. `namespace` is then the context's. Raises NoCluster."""
        place = kubeconfig.of_a_person(file, context)
        with place.used():
            configuration, namespace = await place.read()
            connection = cls(configuration, patience=NONE)
        connection.namespace = namespace or DEFAULT_NAMESPACE
        return connection

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Close the connections."""
        await self._client.close()  # type: ignore[no-untyped-call]  # published without types

    async def login(self) -> kopf.ConnectionInfo:
        """The same logon for kopf, read afresh: a pod's token changes every hour."""
        settings = self.configuration
        token = await settings.get_api_key_with_prefix("BearerToken", alias="authorization")
        scheme, _, value = (token or "").rpartition(" ")
        return kopf.ConnectionInfo(
            server=settings.host,
            ca_path=settings.ssl_ca_cert,
            insecure=not settings.verify_ssl,
            certificate_path=settings.cert_file,
            private_key_path=settings.key_file,
            scheme=scheme.capitalize() or None,
            token=value or None,
            proxy_url=settings.proxy,
        )

    async def request(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str] | None = None,
        body: object = None,
        content_type: str = JSON,
    ) -> dict[str, Any]:
        """Ask, and ask again what may pass. Raises ApiRefused with the server's sentence, or ApiUnreachable.

        A write whose answer was lost may be sent twice. So each of ours names what it rests on: the second one is
        refused as a conflict (409, 422) or finds what it makes (409), and whoever wrote reads anew.
        """
        asked: Asked = (method, path)
        until, repeated = time.monotonic() + self._patience.longest, False
        for pause in self._patience.pauses():
            try:
                async with self._turn(method):
                    answer = await self._once(method, path, query, body, content_type)
            except (ApiRefused, ApiUnreachable) as failure:
                status = failure.status if isinstance(failure, ApiRefused) else None
                if isinstance(failure, ApiRefused):
                    failure.repeated = repeated
                repeated = repeated or status is None or status >= 500
                if not self._outcomes.may_pass(asked, status):
                    raise
                if isinstance(failure, ApiRefused):
                    pause = max(pause, failure.retry_after)
                if time.monotonic() + pause > until:
                    self._outcomes.note(asked, worked=False)
                    raise
                logger.warning("the operator tries %s %s again: %s", method, path, failure)
                await asyncio.sleep(pause)
            else:
                self._outcomes.note(asked, worked=True)
                return answer
        raise AssertionError("pauses never end")

    def _turn(self, method: str) -> AbstractAsyncContextManager[None]:
        return self._writes if method in {"PATCH", "POST"} else contextlib.nullcontext()

    async def _once(
        self,
        method: str,
        path: str,
        query: Mapping[str, str] | None,
        body: object,
        content_type: str,
    ) -> dict[str, Any]:
        if method != "GET" and self._before_write is not None:
            self._before_write()
        if content_type == APPLY:
            # With a charset, the library hands on the text as it is. Without, it writes JSON in ASCII.
            body, content_type = _yaml(body), f"{APPLY}; charset=utf-8"
        serialized = await self._client.param_serialize(
            method,
            path,
            query_params=list((query or {}).items()),
            header_params={"Accept": JSON, "Content-Type": content_type},
            body=body,
            auth_settings=["BearerToken"],
        )
        try:
            response = await self._client.call_api(*serialized, _request_timeout=REQUEST_TIMEOUT)
            raw = await response.read()  # type: ignore[no-untyped-call]  # published without types
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            self.answered[method, "none"] += 1
            raise ApiUnreachable(f"the API server gave no answer: {_told(error)}") from error
        self.answered[method, str(response.status)] += 1
        document = _decode(raw)
        if response.status >= 400:
            told = said(str(document.get("message") or response.reason or ""), LONGEST_REFUSAL)
            retry_after = seconds(response.headers.get("Retry-After"))
            raise ApiRefused(response.status, told, retry_after)
        return document

    async def get(self, path: str, query: Mapping[str, str] | None = None) -> dict[str, Any] | None:
        """Read one object, or None where it does not exist."""
        try:
            return await self.request("GET", path, query=query)
        except ApiRefused as refused:
            if refused.status == 404:
                return None
            raise

    async def list(self, path: str, query: Mapping[str, str] | None = None) -> list[dict[str, Any]]:
        """Read all objects of a list, page by page."""
        items: list[dict[str, Any]] = []
        page = ""
        while True:
            more = {"continue": page} if page else {}
            answer = await self.request(
                "GET", path, query={**(query or {}), "limit": "500", **more}
            )
            items.extend(answer["items"])
            page = answer.get("metadata", {}).get("continue", "")
            if not page:
                return items


def _told(error: Exception) -> str:
    """What a broken connection says of itself. Some say nothing."""
    return str(error) or type(error).__name__


def custom_path(kind: Kind, namespace: str | None, *rest: str) -> str:
    """Path of one of our kinds: of all namespaces, a namespace, an object or its status."""
    scope: Sequence[str] = ("namespaces", namespace) if namespace else ()
    return "/".join(("/apis", API_VERSION, *scope, PLURALS[kind], *rest))


def core_path(namespace: str, *rest: str) -> str:
    """Path of a core object of a namespace."""
    return "/".join(("/api/v1/namespaces", namespace, *rest))


def _yaml(body: object) -> str:
    """JSON that is YAML too: it knows no escapes of surrogate pairs, and refuses or folds some characters as such."""
    text = json.dumps(body, ensure_ascii=False)
    return _NOT_IN_YAML.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


_NOT_IN_YAML = re.compile("[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")
"""Not printable or a line break (YAML 1.1, 5.1 and 5.4), and allowed in JSON."""


def _decode(raw: bytes) -> dict[str, Any]:
    try:
        document = json.loads(raw)
    except ValueError:
        return {"message": raw[:200].decode("utf-8", "replace")}
    return document if isinstance(document, dict) else {"message": str(document)[:200]}
