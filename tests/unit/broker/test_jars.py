"""The jar cache against a local Maven repository: checked, complete or absent, one download for many."""

from __future__ import annotations

import hashlib
import re
import shutil
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from requests import exceptions

from worker.broker import lock
from worker.broker.jars import PRELOADED, REPOSITORY, download_mb, jar_folder
from worker.cli.doctor import broker_jars
from worker.errors import BrokerUnavailable, ConfigError, Exit

JARS = {f"part-{n}-1.0.jar": bytes([n]) * 20_000 for n in range(8)}
CONCURRENT = """
import sys; from pathlib import Path
from jgo.maven import _core; from worker.broker import jars, lock
_core.DEFAULT_REMOTE_REPOS["central"] = sys.argv[1]
object.__setattr__(lock.PINNED, "lock_file", Path(sys.argv[2]))
print(jars.jar_folder())
"""


@dataclass
class Repository:
    """A Maven repository on loopback that counts what is fetched."""

    url: str
    lock_file: Path
    served: dict[str, bytes]
    fetched: Counter[str] = field(default_factory=Counter)


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Repository]:
    from jgo.maven import _core

    served = dict(JARS)
    lock_file = tmp_path / "jars.lock"
    lines = [f"{hashlib.sha256(data).hexdigest()} {len(data)} test:{name[:6]}:1.0" for name, data in JARS.items()]
    lock_file.write_text("\n".join(lines))

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            name = self.path.rpartition("/")[2]
            state.fetched[name] += 1
            data = served.get(name, b"")
            self.send_response(200 if data else 404)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, format: str, *args: object) -> None: ...

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        state = Repository(f"http://127.0.0.1:{server.server_port}", lock_file, served)
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        monkeypatch.setitem(_core.DEFAULT_REMOTE_REPOS, "central", state.url)
        own = lock.PINNED.lock_file
        object.__setattr__(lock.PINNED, "lock_file", lock_file)  # frozen for everybody else
        monkeypatch.setenv("ALPHAPULSE_CACHE_DIR", str(tmp_path / "cache"))
        monkeypatch.delenv(PRELOADED, raising=False)
        monkeypatch.delenv(REPOSITORY, raising=False)
        _forget()
        try:
            yield state
        finally:
            object.__setattr__(lock.PINNED, "lock_file", own)
            server.shutdown()
            thread.join()
    _forget()


def _forget() -> None:
    lock.pinned.cache_clear()
    lock.lock_digest.cache_clear()


def test_the_jars_are_downloaded_once_and_nothing_else_is_left(repository: Repository, tmp_path: Path) -> None:
    folder = jar_folder()
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == JARS
    assert jar_folder() == folder
    assert all(repository.fetched[name] == 1 for name in JARS)
    assert sorted(p.name for p in (tmp_path / "cache").iterdir()) == [folder.name, f"{folder.name}.lock"]


def test_many_first_starts_at_once_download_once(repository: Repository) -> None:
    command = [sys.executable, "-c", CONCURRENT, repository.url, str(repository.lock_file)]
    running = [subprocess.Popen(command, stdout=subprocess.PIPE) for _ in range(3)]
    answers = {child.communicate(timeout=60)[0] for child in running}
    assert [child.returncode for child in running] == [0, 0, 0]
    assert len(answers) == 1
    assert all(repository.fetched[name] == 1 for name in JARS)


def test_an_interrupted_download_goes_on_with_what_is_good(repository: Repository) -> None:
    folder = jar_folder()
    part = folder.with_name(f"{folder.name}.part")
    folder.rename(part)
    (part / "part-3-1.0.jar").write_bytes(b"half")
    (part / "part-5-1.0.jar").unlink()
    repository.fetched.clear()
    assert {path.name: path.read_bytes() for path in jar_folder().iterdir()} == JARS
    assert sorted(name for name in repository.fetched if name.endswith(".jar")) == ["part-3-1.0.jar", "part-5-1.0.jar"]


def test_a_wrong_download_is_refused_and_never_enters_the_cache(repository: Repository) -> None:
    good = repository.served["part-4-1.0.jar"]
    repository.served["part-4-1.0.jar"] = good[:-1] + b"!"
    with pytest.raises(ConfigError, match=r"part-4-1\.0\.jar .*not the pinned file"):
        jar_folder()
    repository.served["part-4-1.0.jar"] = good
    assert (jar_folder() / "part-4-1.0.jar").read_bytes() == good


def test_a_changed_jar_in_the_cache_is_refused(repository: Repository) -> None:
    (jar_folder() / "part-0-1.0.jar").write_bytes(b"\0" * 19_999 + b"!")
    with pytest.raises(ConfigError, match=r"part-0-1\.0\.jar is not the pinned file"):
        jar_folder()


def test_offline_names_the_three_ways_out(repository: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    from jgo.maven import _core

    monkeypatch.setitem(_core.DEFAULT_REMOTE_REPOS, "central", "http://127.0.0.1:1")
    with pytest.raises(BrokerUnavailable) as caught:
        jar_folder()
    for way in ("ALPHAPULSE_KAFKA__BOOTSTRAP_SERVERS", "--docker", PRELOADED):
        assert way in caught.value.fix


@pytest.mark.parametrize(
    ("raised", "cause", "fix"),
    [
        (exceptions.SSLError("certificate verify failed"), "its certificate is not trusted", "REQUESTS_CA_BUNDLE"),
        (exceptions.ProxyError("407"), "the proxy does not let it through", "HTTPS_PROXY"),
        (exceptions.ConnectTimeout("10 s"), "no answer in time", REPOSITORY),
        (exceptions.ConnectionError("refused"), "no connection", PRELOADED),
    ],
)
def test_what_keeps_the_jars_away_is_told_in_one_sentence(
    repository: Repository, monkeypatch: pytest.MonkeyPatch, raised: Exception, cause: str, fix: str
) -> None:
    import requests

    def refuse(*_: object, **__: object) -> None:
        raise raised

    monkeypatch.setattr(requests, "request", refuse)
    with pytest.raises(BrokerUnavailable) as caught:
        jar_folder()
    assert caught.value.exit_code == Exit.UNAVAILABLE
    assert caught.value.message.startswith(f"Kafka ({download_mb(lock.pinned())}) could not be downloaded from Maven")
    assert caught.value.message.endswith(f".jar: {cause}")
    assert fix in caught.value.fix
    assert REPOSITORY in caught.value.fix


def test_a_mirror_is_asked_instead(repository: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    from jgo.maven import _core

    monkeypatch.setitem(_core.DEFAULT_REMOTE_REPOS, "central", "http://127.0.0.1:1")
    monkeypatch.setenv(REPOSITORY, f"{repository.url}/")
    assert len(list(jar_folder().iterdir())) == len(JARS)
    monkeypatch.setenv(REPOSITORY, "not a url")
    shutil.rmtree(jar_folder())
    with pytest.raises(BrokerUnavailable, match="could not be downloaded from not a url"):
        jar_folder()


def test_doctor_and_start_agree(
    repository: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    size = re.compile(r"\((\d+ MB)")
    missing = broker_jars()
    assert (missing.ok, missing.optional) == (False, True)
    folder = jar_folder()
    assert size.findall(missing.detail) == size.findall(capsys.readouterr().err)
    assert broker_jars().ok
    monkeypatch.setenv(PRELOADED, str(tmp_path / "elsewhere"))
    assert (broker_jars().ok, broker_jars().optional) == (False, False)
    shutil.copytree(folder, tmp_path / "elsewhere")
    assert broker_jars().ok
    (tmp_path / "elsewhere" / "part-2-1.0.jar").write_bytes(b"?")
    changed = broker_jars()
    assert not changed.ok
    assert "part-2-1.0.jar is not the pinned file" in changed.detail
    assert PRELOADED in changed.fix


def test_a_preloaded_folder_is_used_and_checked(
    repository: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "preloaded"
    folder.mkdir()
    for name, data in JARS.items():
        (folder / name).write_bytes(data)
    monkeypatch.setenv(PRELOADED, str(folder))
    assert jar_folder() == folder
    assert not repository.fetched
    (folder / "part-7-1.0.jar").unlink()
    with pytest.raises(ConfigError, match=r"part-7-1\.0\.jar is missing"):
        jar_folder()
