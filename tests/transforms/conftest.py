"""Until the frontend lowers rules, a small tracer does."""

from __future__ import annotations

import importlib.util
import sys
import types

if importlib.util.find_spec("s2sgrad.frontend.rules") is None:
    from tests.transforms import tracing

    stand_in = types.ModuleType("s2sgrad.frontend.rules")
    stand_in.inline_rule = tracing.inline_rule
    sys.modules["s2sgrad.frontend.rules"] = stand_in
    import s2sgrad.frontend

    s2sgrad.frontend.rules = stand_in
