"""Stages of compiling say what they took, each for itself."""

from __future__ import annotations

import numpy as np
import pytest

from s2sgrad import grad, stages
from s2sgrad.stages import recorded, stage


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The time, in the one item."""
    now = [0.0]
    monkeypatch.setattr(stages, "perf_counter", lambda: now[0])
    return now


def test_a_stage_inside_another_counts_for_itself(clock: list[float]) -> None:
    @stage("inner")
    def inner() -> None:
        clock[0] += 2.0

    @stage("outer")
    def outer(*, fails: bool = False) -> str:
        clock[0] += 1.0
        inner()
        inner()
        if fails:
            raise ValueError
        return "done"

    with recorded() as times:
        assert outer() == "done"
        with pytest.raises(ValueError):
            outer(fails=True)
        inner()
        clock[0] += 0.5
    assert times.seconds == {"inner": 10.0, "outer": 2.0}
    assert times.calls == {"inner": 5, "outer": 2}
    assert times.total == 12.5
    inner()
    assert times.calls == {"inner": 5, "outer": 2}


def test_a_record_in_a_record_is_its_own(clock: list[float]) -> None:
    @stage("work")
    def work() -> None:
        clock[0] += 1.0

    with recorded() as first:
        work()
        with recorded() as second:
            work()
        work()
    assert (first.calls, second.calls) == ({"work": 2}, {"work": 1})


def test_compiling_is_made_of_stages() -> None:
    with recorded() as times:
        grad(lambda x: np.sum(np.sin(x) * x)).specialise(np.ones(3))
    assert {
        "source",
        "frontend",
        "inference",
        "rules",
        "transform",
        "cse",
        "simplify",
        "emission",
    } <= times.calls.keys()
    assert all(seconds >= 0 for seconds in times.seconds.values())
    assert sum(times.seconds.values()) <= times.total
