"""Tests compile everything anew; those of the cache have one of their own."""

from __future__ import annotations

import os

os.environ["S2SGRAD_CACHE"] = "0"
