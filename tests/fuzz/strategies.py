"""Programs as a strategy of Hypothesis: it makes the generator's choices, and so makes those of a failure smaller."""

from __future__ import annotations

from hypothesis import strategies as st

from tests.fuzz.generate import written


def programs() -> st.SearchStrategy[str]:
    """The sources of programs with a function ``f``."""
    return st.randoms(note_method_calls=False, use_true_random=False).map(written)
