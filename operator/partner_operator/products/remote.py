"""What the operations of all products share: one remote run, and a checked answer."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeVar

from pydantic import BaseModel, ValidationError

from partner_operator.engine.ports import Credentials, OperationFailed
from partner_operator.products.failures import (
    logon_hint,
    operation_failed,
    refused_before,
)
from partner_operator.products.scripts import watched
from partner_operator.trust.model import Authentication, DesiredServer
from partner_operator.trust.reasons import Reason
from partner_operator.winrm import Answer, Endpoint, RemoteRequest, RemoteRunError

Runner = Callable[[Endpoint, RemoteRequest], Awaitable[Answer]]
Model = TypeVar("Model", bound=BaseModel)

LONGEST_SECONDS = 400
"""For one run. The engine's `Patience.longest_run` is reckoned from it."""

_LOGONS: dict[Authentication, Literal["ntlm", "credssp", "kerberos"]] = {
    Authentication.NTLM: "ntlm",
    Authentication.CREDSSP: "credssp",
    Authentication.KERBEROS: "kerberos",
}


@dataclass(frozen=True, slots=True)
class Remote:
    """Runs the scripts of one product."""

    product: str
    """As users read it: 'Exchange', 'Lync'."""
    runner: Runner
    ca_bundle: str | None
    """Trusted authorities for servers that declare none of their own."""
    _refused: dict[str, str] = field(default_factory=dict, init=False, repr=False)
    """By server, the digest of a password that was refused after an answer had come: it is not tried again."""

    async def run(
        self,
        server: DesiredServer,
        credentials: Credentials,
        host: str,
        operation: str,
        parameters: Mapping[str, Any],
        *,
        seconds: float,
        secrets: bool = False,
    ) -> Answer:
        """Run one operation. `secrets`: the script needs the logon for an inner session.

        `seconds` are its whole time here, at most LONGEST_SECONDS; the script itself lives no longer on the host.
        Raises OperationFailed.
        """
        if self._refused.get(server.key.uid) == credentials.digest:
            raise refused_before(host)
        endpoint = Endpoint(
            host=host,
            port=server.port,
            authentication=_LOGONS[server.authentication],
            username=credentials.username,
            password=credentials.password,
            ca_pem=server.ca_bundle or self.ca_bundle,
        )
        request = RemoteRequest(
            operation=operation,
            script=watched(self.product.lower(), operation),
            parameters={"host": host, "lifeSeconds": int(seconds), **parameters},
            secrets={"username": credentials.username, "password": credentials.password}
            if secrets
            else {},
            deadline_seconds=seconds,
        )
        try:
            answer = await self.runner(endpoint, request)
        except RemoteRunError as error:
            failure = operation_failed(error, product=self.product, operation=operation, host=host)
            raise logon_hint(failure, server) from None
        if answer.logon_refused:
            self._refused[server.key.uid] = credentials.digest
        else:
            self._refused.pop(server.key.uid, None)
        return answer

    def understood(self, model: type[Model], answer: Answer, host: str) -> Model:
        """The answer as its model. Raises OperationFailed when it is not what the script promises."""
        try:
            return model.model_validate(answer.data)
        except ValidationError as error:
            first = error.errors(include_input=False, include_url=False)[0]
            place = ".".join(str(part) for part in first["loc"])
            raise OperationFailed(
                Reason.CONTRACT_VIOLATED,
                f"{host} answered with something the operator does not understand ({place}: {first['msg']}). "
                "Nothing is changed there. Please report this with the product's version.",
            ) from None
