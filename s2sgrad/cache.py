"""Emitted sources on disk, so that the next process need not derive them again.

An entry is one JSON file, named by the hash of what identifies the code (the primal's source, the
signature, the versions of everything that had a part in it), with a checksum over its content:

    {"checksum": "…", "payload": {"source": "…", …}}

It is written to a temporary file and moved into place, so that processes never see half an entry. One that
is damaged, or that somebody else could have written, is as good as none: it is never run.

``S2SGRAD_CACHE_DIR`` names the directory (default: the user's cache directory); ``S2SGRAD_CACHE=0`` turns it off.
"""

from __future__ import annotations

import hashlib
import importlib
import json
import os
import stat
import sys
import threading
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from s2sgrad.errors import CacheError
from s2sgrad.version import __version__

Payload = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Info:
    """What the cache holds."""

    directory: Path
    enabled: bool
    entries: int
    size: int


def enabled() -> bool:
    """Whether the cache is used at all."""
    return os.environ.get("S2SGRAD_CACHE", "1") not in ("0", "off", "false", "no")


def directory() -> Path:
    """Where entries are kept."""
    chosen = os.environ.get("S2SGRAD_CACHE_DIR")
    if chosen:
        return Path(chosen)
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local") / "s2sgrad" / "Cache"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "s2sgrad"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "s2sgrad"


def key(parts: Iterable[str]) -> str:
    """The name of the entry for code that these texts, and the versions in use, identify."""
    digest = hashlib.sha256()
    for part in (*versions(), *parts):
        encoded = part.encode("utf-8", "surrogatepass")
        digest.update(b"%d:" % len(encoded))  # so that no two sequences of parts look the same
        digest.update(encoded)
    return digest.hexdigest()


@cache
def versions() -> tuple[str, ...]:
    """What has a part in every emitted source: s2sgrad (its very files), NumPy, SciPy and Python."""
    state = sorted(_state(os.path.dirname(os.path.abspath(__file__))))
    return (__version__, digest_of(repr(state)), np.__version__, _scipy_version(), sys.version)


def _scipy_version() -> str:
    """What tells one installation of SciPy from another, which the primal may import only when it runs.

    Its metadata would say the version, but takes ten times as long to read.
    """
    try:
        found = find_spec("scipy")
        if found is None or found.origin is None:
            return ""
        status = os.stat(os.path.join(os.path.dirname(found.origin), "version.py"))
    except (OSError, ValueError):  # ValueError: another module goes by that name
        return ""
    return f"{found.origin} {status.st_size} {status.st_mtime_ns}"


def _state(folder: str) -> Iterator[tuple[str, int, int]]:
    """The sizes and times of all files of Python in a folder."""
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_dir():
                yield from _state(entry.path)
            elif entry.name.endswith(".py"):
                status = entry.stat()
                yield entry.path, status.st_size, status.st_mtime_ns


def digest_of(text: str) -> str:
    """The hash of a source text."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


# -- entries ---------------------------------------------------------------------------------------


def load(key: str) -> Payload | None:
    """The payload stored under a key, or None if there is no sound entry."""
    if not enabled():
        return None
    path = directory() / f"{key}.json"
    try:
        if not _is_ours(path.parent):
            return None
        with path.open("rb") as file:
            if not _is_private(os.fstat(file.fileno())):
                return None
            entry = json.loads(file.read())
        payload = entry["payload"]
        sound = entry["checksum"] == digest_of(key + _canonical(payload))
        return payload if sound and isinstance(payload, dict) else None
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None


def store(key: str, payload: Payload) -> None:
    """Keep a payload under a key. A directory that cannot be written is no error: the code is derived again."""
    if not enabled():
        return
    target = directory()
    entry = {"checksum": digest_of(key + _canonical(payload)), "payload": payload}
    with suppress(OSError):
        target.mkdir(parents=True, exist_ok=True, mode=0o700)
        if not _is_ours(target):
            return
        name = target / f".{key[:16]}-{os.getpid()}-{threading.get_ident()}.tmp"
        handle = os.open(name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                json.dump(entry, file)
            os.replace(name, target / f"{key}.json")
        except BaseException:
            with suppress(OSError):
                os.unlink(name)
            raise


def kept_source(name: str, text: str) -> Path | None:
    """A file of Python for a compiler that keeps what it makes beside it; None if there can be none.

    The name has to identify the text.
    """
    if not enabled():
        return None
    folder = directory() / "sources"
    path = folder / name
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        if not (_is_ours(directory()) and _is_ours(folder)):
            return None
        if not path.exists():
            draft = folder / f".{name}-{os.getpid()}-{threading.get_ident()}.tmp"
            draft.write_text(text, encoding="utf-8")
            os.replace(draft, path)
    except OSError:
        return None
    return path


def info() -> Info:
    """How many entries there are, where, and their size in bytes."""
    sizes = []
    for path in _files():
        with suppress(OSError):
            if path.suffix == ".json":
                sizes.append(path.stat().st_size)
    return Info(directory(), enabled(), len(sizes), sum(sizes))


def clear() -> int:
    """Remove all entries; returns how many. Raises :class:`CacheError` if that is not allowed."""
    removed = 0
    for path in _files():
        try:
            path.unlink(missing_ok=True)
        except OSError as error:
            raise CacheError(f"cannot remove {path}: {error.strerror}", "check who owns the directory") from None
        removed += path.suffix == ".json"
    return removed


def _files() -> Iterator[Path]:
    """Only what this module wrote: the directory may be one that the user chose."""
    if directory().is_dir():
        for path in sorted(directory().iterdir()):
            is_entry = path.suffix == ".json" and len(path.stem) == 64
            if is_entry or (path.suffix == ".tmp" and path.name.startswith(".")):
                yield path


def _canonical(payload: object) -> str:
    return json.dumps(payload, sort_keys=True, separators=(",", ":"))


def _is_ours(path: Path) -> bool:
    """Whether nobody else can put files into a directory."""
    return _is_private(path.stat())


def _is_private(status: os.stat_result) -> bool:
    if not hasattr(os, "getuid"):  # Windows: the user's profile is protected as a whole
        return True
    return status.st_uid == os.getuid() and not status.st_mode & (stat.S_IWGRP | stat.S_IWOTH)


# -- objects by name -------------------------------------------------------------------------------


def reference(obj: object) -> list[str] | None:
    """``[module, qualified name]`` that leads to an object in another process too, or None."""
    if isinstance(obj, ModuleType):
        return [obj.__name__, ""]
    name = getattr(obj, "__qualname__", None) or getattr(obj, "__name__", None)
    home = getattr(obj, "__module__", None)
    if not isinstance(name, str):
        return None
    for module in (home, "numpy", "scipy.special") if isinstance(obj, np.ufunc) else (home,):
        if isinstance(module, str) and resolve([module, name]) is obj:
            return [module, name]
    return None


def resolve(found: list[str]) -> object:
    """The object that a reference leads to; None if there is none any more."""
    module, name = found
    try:
        obj: object = sys.modules.get(module) or importlib.import_module(module)
        for part in name.split(".") if name else ():
            obj = getattr(obj, part)
    except (ImportError, AttributeError, ValueError):
        return None
    return obj
