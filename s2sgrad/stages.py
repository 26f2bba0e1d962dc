"""Where the time of compiling goes: functions that are stages of it, and a record of what each took.

    @stage("inference")                    with recorded() as times:
    def infer(…): …                            grad(f).specialise(2.0)
                                           times.seconds       # {"inference": 0.0012, …}

A stage that runs inside another counts for itself alone, so that the times add up. Nothing is measured, at the price of
one comparison a call, unless somebody asks.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import wraps
from time import perf_counter
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


@dataclass(slots=True)
class Times:
    """``seconds`` and ``calls`` of each stage, in the order in which they first ended; ``total``: of all there was."""

    seconds: dict[str, float] = field(default_factory=dict)
    calls: dict[str, int] = field(default_factory=dict)
    total: float = 0.0
    inside: float = 0.0  # of the stages that have run in the one that is running

    def run(self, name: str, task: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """``task(*args, **kwargs)``, as the stage ``name``."""
        outer, self.inside = self.inside, 0.0
        start = perf_counter()
        try:
            return task(*args, **kwargs)
        finally:
            took = perf_counter() - start
            self.seconds[name] = self.seconds.get(name, 0.0) + took - self.inside
            self.calls[name] = self.calls.get(name, 0) + 1
            self.inside = outer + took


_times: Times | None = None


def stage(name: str) -> Callable[[Callable[P, T]], Callable[P, T]]:
    """Say which stage of compiling a function is."""

    def decorate(task: Callable[P, T]) -> Callable[P, T]:
        @wraps(task)
        def run(*args: P.args, **kwargs: P.kwargs) -> T:
            if _times is None:
                return task(*args, **kwargs)
            return _times.run(name, task, *args, **kwargs)

        return run

    return decorate


@contextmanager
def recorded() -> Iterator[Times]:
    """Record the times of all stages that run meanwhile, in whatever thread: one record at a time."""
    global _times
    outer, _times = _times, Times()
    start = perf_counter()
    try:
        yield _times
    finally:
        _times.total = perf_counter() - start
        _times = outer
