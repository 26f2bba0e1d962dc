"""Less memory for reverse mode, at the price of computing again: ``checkpoint(f)`` and ``checkpointed(range(n))``."""

from s2sgrad.checkpointing.functions import checkpoint
from s2sgrad.checkpointing.loops import checkpointed

__all__ = ["checkpoint", "checkpointed"]
