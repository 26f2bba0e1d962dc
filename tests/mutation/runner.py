"""Runs the tests of the rules: once to learn which functions each of them uses, then those of each mutant."""

from __future__ import annotations

import io
import linecache
import multiprocessing
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from types import CodeType, FrameType, FunctionType, ModuleType
from typing import Any

import pytest
from _pytest.runner import runtestprotocol

import s2sgrad.rules as rules_package
from s2sgrad.frontend import definitions, source, templates
from s2sgrad.rules.table import RULES
from tests.mutation.mutants import Mutant, mutants_of

#: A mutant whose tests take longer than this (in seconds) is taken for found: it does not end.
PATIENCE = 120


def functions() -> dict[ModuleType, dict[str, FunctionType]]:
    """The functions of the modules of rules: the rules, and what they call."""
    found: dict[ModuleType, dict[str, FunctionType]] = {}
    bodies = [body for rule in RULES.values() for body in (rule.partials, rule.transpose, rule.vjp, rule.jvp) if body]
    for name, module in sorted(sys.modules.items()):
        if name.startswith(rules_package.__name__ + ".") and not name.endswith(".table"):
            own = [f for f in (*vars(module).values(), *bodies) if isinstance(f, FunctionType) and f.__module__ == name]
            found[module] = {f.__qualname__: f for f in own}
    return found


class Mutation:
    """A plugin of pytest whose run of the tests is that of all mutants.

    :param wanted: which mutants are run.
    """

    def __init__(self, wanted: Callable[[Mutant], bool], jobs: int) -> None:
        self.wanted, self.jobs = wanted, jobs
        self.survivors: list[Mutant] = []
        self.untested: set[str] = set()
        self.count = 0

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        known = functions()
        by_code = {f.__code__: f for fs in known.values() for f in fs.values()}
        users: dict[FunctionType, list[tuple[float, pytest.Item]]] = {}
        for item in session.items:
            used, passed, seconds = _used_by(item, by_code)
            assert passed, f"{item.nodeid} fails without any mutant"
            for function in used:
                users.setdefault(function, []).append((seconds, item))
        todo: list[tuple[Mutant, FunctionType]] = []
        for module, named in known.items():
            todo += [(m, named[m.qualname]) for m in mutants_of(module, named) if self.wanted(m)]
        self.count = len(todo)

        def survives(k: int) -> bool:
            mutant, function = todo[k]
            tests = [item for _, item in sorted(users.get(function, ()), key=lambda pair: pair[0])]
            return _survives(mutant, function, tests)

        global _SURVIVES
        _SURVIVES = survives
        with multiprocessing.get_context("fork").Pool(self.jobs) as pool:
            for k, survived in enumerate(pool.imap(_survives_number, range(len(todo)))):
                if survived:
                    self.survivors.append(todo[k][0])
                    if todo[k][1] not in users:
                        self.untested.add(f"{todo[k][0].module}.{todo[k][0].qualname}")
        return True


_SURVIVES: Callable[[int], bool]


def _survives_number(k: int) -> bool:
    return _SURVIVES(k)


def _used_by(item: pytest.Item, by_code: dict[CodeType, FunctionType]) -> tuple[set[FunctionType], bool, float]:
    """The functions that a test calls, or lowers."""
    used: set[FunctionType] = set()
    lowers = source.find_source.__code__

    def profile(frame: FrameType, event: str, arg: Any) -> None:
        if event == "call":
            code = frame.f_locals["fn"].__code__ if frame.f_code is lowers else frame.f_code
            if code in by_code:
                used.add(by_code[code])

    sys.setprofile(profile)
    try:
        reports = _run(item)
    finally:
        sys.setprofile(None)
    return used, not any(r.failed for r in reports), sum(r.duration for r in reports)


def _run(item: pytest.Item) -> list[pytest.TestReport]:
    if hasattr(item, "_initrequest"):
        item._initrequest()  # so that it can run again
    with redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):
        return runtestprotocol(item, log=False, nextitem=None)


def _survives(mutant: Mutant, function: FunctionType, tests: list[pytest.Item]) -> bool:
    """Whether no test finds the mutant."""
    with _mutated(mutant, function), _patience():
        try:
            return not any(report.failed for item in tests for report in _run(item))
        except _Endless:
            return False


class _Endless(BaseException):
    pass


@contextmanager
def _patience() -> Iterator[None]:
    def stop(*args: Any) -> None:
        raise _Endless

    signal.signal(signal.SIGALRM, stop)
    signal.alarm(PATIENCE)
    try:
        yield
    finally:
        signal.alarm(0)


@contextmanager
def _mutated(mutant: Mutant, function: FunctionType) -> Iterator[None]:
    """The same function with the mutant's code, which the frontend reads from the mutant's text."""
    original = function.__code__
    lines = mutant.text.splitlines(keepends=True)
    linecache.cache[mutant.filename] = (len(mutant.text), None, lines, mutant.filename)
    function.__code__ = mutant.code()
    templates._TEMPLATES.clear()
    try:
        yield
    finally:
        function.__code__ = original
        templates._TEMPLATES.clear()
        for table in (definitions._FILES, definitions._CODES, source._SOURCES):
            for key in [key for key in table if mutant.filename in key]:
                del table[key]  # type: ignore[attr-defined]
