"""A read that may take several runs: what does not fit into one answer, or into its time, is asked for in another."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Generic, TypeVar

from pydantic import BaseModel, ConfigDict

from partner_operator.engine.ports import OperationFailed
from partner_operator.products import documents
from partner_operator.products.documents import FetchedDocument
from partner_operator.trust.model import DocumentFault, DocumentReading, Observed

MOST_RUNS = 6
"""Of one read. They bring some thousands of entries; real servers have ten or twenty."""
NOT_ASKED = "Other documents took so long that this one was not asked for."
LONGER = (
    "The server has more entries than the operator reads, and the others were not looked at. Remove those that nobody "
    "needs."
)
REFUSED = "The rest of the list was not read, because the logon was refused meanwhile."
_LISTS = ("entries", "documents", "warnings", "doubts")
"""Fields of an answer that go on from one part to the next."""


class Part(BaseModel):
    """What the answers of all observe scripts have in common."""

    model_config = ConfigDict(extra="forbid", strict=True)

    organization: str
    entries: Sequence[Any]
    after: str = ""
    """Reference of the last entry, after which another run goes on; empty: that was all."""
    documents: list[FetchedDocument]


PartT = TypeVar("PartT", bound=Part)


def _place(part: Part) -> tuple[str, str]:
    return part.organization.casefold(), controller_of(part).casefold()


def controller_of(part: Part) -> str:
    """The domain controller that answered; empty where the product names none."""
    return str(getattr(part, "controller", ""))


@dataclass(slots=True)
class Reading(Generic[PartT]):
    """One read, and what it brought so far."""

    urls: Sequence[str]
    ask: Callable[[Sequence[str], str, int], Awaitable[PartT]]
    """One run that reads entries after a reference, and documents for so many seconds."""
    fetch: Callable[[Sequence[str], int], Awaitable[Sequence[FetchedDocument]]]
    """One run that fetches documents alone."""
    refused: Callable[[], bool]
    """Whether the logon was refused after the newest answer: then nobody is asked any more."""
    parts: list[PartT] = field(default_factory=list)
    fetched: list[FetchedDocument] = field(default_factory=list)
    cut: str | None = None
    """Why entries are missing."""
    why: str = NOT_ASKED
    """Why documents are missing."""

    async def whole(self) -> PartT:
        """All parts as one answer. Raises OperationFailed and LogonRefused."""
        await self._ask()
        for _ in range(MOST_RUNS - 1):
            if self.refused() or not await self._went_on():
                break
        if self.parts[-1].after:
            self.cut = REFUSED if self.refused() else LONGER
        first, *others = self.parts
        lists = {
            name: [each for part in self.parts for each in getattr(part, name)]
            for name in _LISTS
            if name in type(first).model_fields
        }
        if any(_place(part) != _place(first) for part in others):
            self.cut = "Another domain controller or organisation answered while the list was read."
        return first.model_copy(update={**lists, "documents": self.fetched})

    def applied(self, observed: Observed) -> Observed:
        """What was observed, with what is not known of it."""
        missing = {
            url: DocumentReading(url, fault=DocumentFault.UNREACHABLE, detail=self.why)
            for url in self._left
        }
        return replace(
            observed,
            documents={**observed.documents, **missing},
            incomplete=observed.incomplete or self.cut,
        )

    @property
    def _left(self) -> list[str]:
        fetched = {document.url for document in self.fetched}
        return [url for url in self.urls if url not in fetched]

    @property
    def _seconds(self) -> int:
        """For further documents. Those that are left after two runs are asked for first in the next read."""
        spent = sum(document.seconds for document in self.fetched)
        longest = documents.ALL_DOCUMENTS_SECONDS
        return max(0, min(longest, 2 * longest - spent))

    async def _ask(self) -> None:
        after = self.parts[-1].after if self.parts else ""
        part = await self.ask(self._left, after, self._seconds)
        self.parts.append(part)
        self.fetched += part.documents

    async def _went_on(self) -> bool:
        """One further run, where it is of use."""
        before = self.parts[-1].after
        if before:
            await self._ask()
            return self.parts[-1].after != before
        if not self._left or not self._seconds:
            return False
        try:
            found = await self.fetch(self._left, self._seconds)
        except OperationFailed as failure:
            self.why = f"It was left for another run, which failed: {failure.obstacle.message}"
            return False
        self.fetched += found
        return bool(found)
