"""Mailboxes: what connectivity tests leave behind."""

from __future__ import annotations

import threading
import uuid
from collections import Counter
from dataclasses import dataclass, field


@dataclass
class Mailboxes:
    """Items by mailbox (SMTP address in lower case)."""

    _items: dict[str, dict[str, str]] = field(default_factory=dict)
    _created: Counter[str] = field(default_factory=Counter)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def open(self, smtp_address: str) -> None:
        """Make an empty mailbox."""
        with self._lock:
            self._items.setdefault(smtp_address.casefold(), {})

    def exists(self, smtp_address: str) -> bool:
        """Whether there is such a mailbox."""
        with self._lock:
            return smtp_address.casefold() in self._items

    def create_item(self, smtp_address: str, folder: str) -> str:
        """Put an item into a folder; its id. Raises LookupError."""
        with self._lock:
            if smtp_address.casefold() not in self._items:
                raise LookupError(smtp_address)
            item = uuid.uuid4().hex
            self._items[smtp_address.casefold()][item] = folder
            self._created[smtp_address.casefold()] += 1
            return item

    def delete_item(self, smtp_address: str, item: str) -> bool:
        """Remove an item; whether it was there."""
        with self._lock:
            box = self._items.get(smtp_address.casefold(), {})
            return box.pop(item, None) is not None

    def items(self, smtp_address: str) -> int:
        """How many items are in the mailbox now."""
        with self._lock:
            return len(self._items.get(smtp_address.casefold(), {}))

    def ever_created(self, smtp_address: str) -> int:
        """How many items were ever put there."""
        with self._lock:
            return self._created[smtp_address.casefold()]
