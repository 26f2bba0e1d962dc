"""What is known of an index: which it is, and how long."""

from __future__ import annotations

from typing import Any


class Index:
    """The methods of an index that are supported."""

    values: Any

    def __len__(self):
        return len(self.values)

    @property
    def size(self):
        return len(self.values)

    @property
    def shape(self):
        return (len(self.values),)
