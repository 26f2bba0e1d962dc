"""Work whose recursion is as deep as the user's code is nested, or has branches after each other.

It is tried where it is called first. Where Python's recursion limit stops it, it is done again in a thread that has a
stack for far more: so a function of hundreds of early returns compiles, from a thread with a small stack as well.
"""

from __future__ import annotations

import contextvars
import sys
import threading
from collections.abc import Callable
from typing import Any, TypeVar

T = TypeVar("T")

_MEGABYTES = (512, 128, 32)  # of address space; memory is used only as far as the recursion goes
_FRAMES_PER_MEGABYTE = 200

_here = threading.local()
_starting = threading.Lock()


def with_deep_recursion(task: Callable[..., T], *args: Any) -> T:
    """``task(*args)``, in a thread of its own if the stack of this one does not do. ``task`` may be begun twice."""
    try:
        return task(*args)
    except RecursionError:
        if getattr(_here, "deep", False):
            raise
    return _on_a_deep_stack(task, args)


def _on_a_deep_stack(task: Callable[..., T], args: tuple[Any, ...]) -> T:
    results: list[T] = []
    errors: list[BaseException] = []
    context = contextvars.copy_context()

    def run(frames: int) -> None:
        _here.deep = True
        limit = sys.getrecursionlimit()
        sys.setrecursionlimit(max(limit, frames))
        try:
            results.append(context.run(task, *args))
        except BaseException as error:
            errors.append(error)
        finally:
            sys.setrecursionlimit(limit)

    thread = _started(run)
    thread.join()
    if errors:
        raise errors[0].with_traceback(None)
    return results[0]


def _started(run: Callable[[int], None]) -> threading.Thread:
    """A thread with the largest stack that the system grants."""
    for megabytes in _MEGABYTES:
        thread = threading.Thread(target=run, args=(megabytes * _FRAMES_PER_MEGABYTE,), name="s2sgrad", daemon=True)
        with _starting:
            before = threading.stack_size(megabytes << 20)
            try:
                thread.start()
            except RuntimeError:  # it cannot be had
                continue
            finally:
                threading.stack_size(before)
        return thread
    raise RecursionError("the function is nested too deeply for the stack that this system grants")
