"""The disk cache: round trips, and everything that must not be trusted."""

from __future__ import annotations

import json
import math
import operator
import os
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest

from s2sgrad import cache
from s2sgrad.errors import CacheError

PAYLOAD = {"source": "def f(x):\n    return 2.0 * x\n", "names": {"np": ["numpy", ""]}, "π": [1, 2.5, None]}


@pytest.fixture(autouse=True)
def directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "cache"
    monkeypatch.setenv("S2SGRAD_CACHE_DIR", str(path))
    monkeypatch.delenv("S2SGRAD_CACHE", raising=False)
    return path


def stored() -> tuple[str, Path]:
    key = cache.key(["source", "signature"])
    cache.store(key, PAYLOAD)
    return key, cache.directory() / f"{key}.json"


def test_round_trip() -> None:
    key, _ = stored()
    assert cache.load(key) == PAYLOAD
    assert cache.load(cache.key(["other"])) is None


def test_keys_depend_on_every_part_and_where_it_ends() -> None:
    keys = [cache.key(parts) for parts in (["ab", "c"], ["a", "bc"], ["abc"], ["abc", ""])]
    assert len(set(keys)) == 4


def test_keys_are_the_same_in_every_process() -> None:
    code = "from s2sgrad import cache; print(cache.key(['x']))"
    for seed in "01":
        out = subprocess.run(
            [sys.executable, "-c", code], env={**os.environ, "PYTHONHASHSEED": seed}, capture_output=True, check=True
        )
        assert out.stdout.decode().strip() == cache.key(["x"])


def test_keys_depend_on_versions(monkeypatch: pytest.MonkeyPatch) -> None:
    key, _ = stored()
    monkeypatch.setattr(cache, "versions", lambda: ("0", "0", "0", "0"))
    assert cache.load(cache.key(["source", "signature"])) is None
    assert cache.key(["source", "signature"]) != key


@pytest.mark.parametrize("kept", [0.0, 0.3, 0.9])
def test_truncated(kept: float) -> None:
    key, path = stored()
    data = path.read_bytes()
    path.write_bytes(data[: int(kept * len(data))])
    assert cache.load(key) is None
    cache.store(key, PAYLOAD)
    assert cache.load(key) == PAYLOAD


def test_changed_content() -> None:
    key, path = stored()
    entry = json.loads(path.read_text())
    entry["payload"]["source"] = "def f(x):\n    return 3.0 * x\n"
    path.write_text(json.dumps(entry))
    assert cache.load(key) is None


def test_an_entry_under_another_name() -> None:
    key, path = stored()
    other = cache.key(["other"])
    path.rename(path.with_name(f"{other}.json"))
    assert cache.load(other) is None
    assert cache.load(key) is None


@pytest.mark.parametrize("content", [b"", b"null", b"[]", b"{}", b'{"payload": 1}', b"\xff\xfe", b"[" * 100_000])
def test_garbage(content: bytes) -> None:
    key, path = stored()
    path.write_bytes(content)
    assert cache.load(key) is None


@pytest.mark.skipif(not hasattr(os, "getuid"), reason="POSIX permissions")
def test_what_others_can_write_is_not_trusted(directory: Path) -> None:
    key, path = stored()
    path.chmod(0o666)
    assert cache.load(key) is None
    path.chmod(0o600)
    assert cache.load(key) == PAYLOAD
    directory.chmod(0o777)
    assert cache.load(key) is None
    cache.store(cache.key(["new"]), PAYLOAD)
    assert cache.info().entries == 1


@pytest.mark.skipif(not hasattr(os, "getuid"), reason="POSIX owners")
def test_what_others_own_is_not_trusted(monkeypatch: pytest.MonkeyPatch) -> None:
    key, _ = stored()
    uid = os.getuid()
    monkeypatch.setattr(os, "getuid", lambda: uid + 1)
    assert cache.load(key) is None


def test_turned_off(monkeypatch: pytest.MonkeyPatch) -> None:
    key, _ = stored()
    monkeypatch.setenv("S2SGRAD_CACHE", "0")
    assert cache.load(key) is None
    cache.store(cache.key(["new"]), PAYLOAD)
    assert cache.info() == cache.Info(cache.directory(), False, 1, cache.info().size)


def test_a_directory_that_cannot_be_made_is_no_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "file"
    file.write_text("")
    monkeypatch.setenv("S2SGRAD_CACHE_DIR", str(file / "cache"))
    key = cache.key(["x"])
    cache.store(key, PAYLOAD)
    assert cache.load(key) is None


def test_clear_removes_only_what_is_ours(directory: Path) -> None:
    stored()
    (directory / "notes.txt").write_text("keep me")
    (directory / "data.json").write_text("{}")
    (directory / ".abc-1.tmp").write_text("left over")
    assert cache.info().entries == 1 and cache.info().size > 0
    assert cache.clear() == 1
    assert sorted(p.name for p in directory.iterdir()) == ["data.json", "notes.txt"]
    assert cache.clear() == 0


def test_clear_says_what_it_cannot_remove(monkeypatch: pytest.MonkeyPatch) -> None:
    stored()

    def refuse(self: Path, missing_ok: bool = False) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "unlink", refuse)
    with pytest.raises(CacheError, match="Permission denied"):
        cache.clear()


def test_many_writers() -> None:
    key = cache.key(["contended"])
    seen: list[object] = []

    def work() -> None:
        for _ in range(20):
            cache.store(key, PAYLOAD)
            seen.append(cache.load(key))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert all(payload == PAYLOAD for payload in seen)
    assert [p.suffix for p in cache.directory().iterdir()] == [".json"]


@pytest.mark.parametrize(
    "obj", [np, np.linalg, np.sin, np.sum, np.linalg.norm, math.sin, operator.mul, float, Path, len]
)
def test_references_lead_back(obj: object) -> None:
    found = cache.reference(obj)
    assert found is not None
    assert cache.resolve(json.loads(json.dumps(found))) is obj


def test_what_has_no_name_has_no_reference() -> None:
    def local() -> None: ...

    for obj in (local, lambda: None, 3.0, object(), np.add.at):
        assert cache.reference(obj) is None
    assert cache.resolve(["no_such_module", "x"]) is None
    assert cache.resolve(["math", "no_such_name"]) is None
