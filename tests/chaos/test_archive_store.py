"""F73, F74: a real store behind a proxy that fails as stores do; every record stays one row."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from tests.chaos.archive import PATIENCE, dies, fill
from tests.chaos.catalogue import fault, quick
from tests.chaos.cluster import Cluster
from tests.chaos.mutant import program
from tests.support.archived import archive_settings, archived, make_topics, member, outcomes, proven, write
from tests.support.commands import command
from tests.support.fleet import Fleet, WorkerProcess, environment, until
from tests.support.seaweed import SeaweedFS, access, options, unusable
from tests.support.store_proxy import COMMIT, DATA, Fault, Rule, StoreProxy
from worker.errors import Exit
from worker.settings import Settings

pytestmark = pytest.mark.kafka

FAULTS: tuple[tuple[Fault, str, int], ...] = (
    ("error500", COMMIT, 6),  # more than the client repeats by itself
    ("late", COMMIT, 1),
    ("lost", COMMIT, 1),
    ("error500", DATA, 6),
    ("late", DATA, 1),
    ("half", DATA, 1),
)
RELOAD = r"GET /lake/.*_last_checkpoint"
SMALL, LARGE = 131_072, 16_777_216  # bytes in memory at which a member commits; what it may have grown by
FETCH = 16_384


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SeaweedFS]:
    if reason := unusable():
        pytest.skip(reason)
    with SeaweedFS(tmp_path_factory.mktemp("weed")) as running:
        yield running


@pytest.fixture
def proxy(store: SeaweedFS) -> Iterator[StoreProxy]:
    with StoreProxy(store.port) as running:
        yield running


async def scene(cluster: Cluster, prefix: str, proxy: StoreProxy, **archive: object) -> Settings:
    """Settings of an archive behind the proxy, with its topics made."""
    url = f"s3://lake/{prefix}"
    settings = archive_settings(cluster.bootstrap, prefix, url, store=access(proxy.endpoint), **archive)
    await make_topics(settings)
    return settings


async def struck(rule: Rule) -> bool:
    return rule.struck >= rule.times


@fault("F73")
async def test_faults_of_the_store_lose_and_repeat_nothing(
    cluster: Cluster, topic_prefix: str, tmp_path: Path, store: SeaweedFS, proxy: StoreProxy
) -> None:
    settings, direct = await scene(cluster, topic_prefix, proxy), options(store.endpoint)
    async with Fleet(settings, tmp_path) as fleet:
        only = member(fleet, "only")
        await only.ready()
        for number, (kind, pattern, times) in enumerate(FAULTS):
            rule = proxy.rule(pattern, kind, times=times)
            reload = proxy.rule(RELOAD, "half") if kind == "late" else None
            await fill(settings, number)
            await until(partial(struck, rule), PATIENCE, f"{kind} at {pattern}")
            await archived(settings, PATIENCE, direct)
            proxy.rules.clear()
            assert reload is None or pattern == DATA or reload.struck
        proxy.rule(COMMIT, "error403", times=100)
        await fill(settings, len(FAULTS))
        assert await only.exit_code(PATIENCE) == Exit.NO_PERMISSION, only.text
        assert "secret-of-the-test" not in only.text
        proxy.rules.clear()
        fleet.workers.remove(only)
        unanswered: tuple[Fault, ...] = ("lost", "late")
        for number, never in enumerate(unanswered, len(FAULTS) + 1):
            doomed = member(fleet, f"doomed-{never}")
            await doomed.ready()
            proxy.rule(COMMIT, never, told=partial(doomed.send, signal.SIGKILL))
            await fill(settings, number)
            await dies(doomed)
            fleet.workers.remove(doomed)
        member(fleet, "last")
        await archived(settings, PATIENCE, direct)
        await fleet.stop()
    assert await proven(settings, direct) > 0
    assert command(settings, "archive", "compact", "--sort").code == 0
    assert await proven(settings, direct) > 0
    called = command(settings, "archive", "verify", "--json")
    assert json.loads(called.out)["ok"], called


async def late_answer(
    cluster: Cluster, prefix: str, folder: Path, proxy: StoreProxy, says: str, *started: str
) -> Settings:
    """A commit is done and its answer lost; then all that was written before is archived, or more."""
    settings = await scene(cluster, prefix, proxy, tables=["decisions"])
    async with Fleet(settings, folder) as fleet:
        only = fleet.start("only", started or ("worker",), command="archive")
        await only.ready()
        proxy.rule(r"PUT .*/decisions/_delta_log/\d+\.json", "late")
        await write(settings, outcomes()[:200])

        async def ended() -> bool:
            return says in only.text

        await until(ended, PATIENCE, "the commit after the lost answer")
        if not started:  # a mutant's rows never are as many as the records
            await archived(settings, PATIENCE, options(proxy.endpoint))
        await fleet.stop()
    return settings


@pytest.mark.mutation
async def test_positions_that_are_not_compared_are_found(
    cluster: Cluster, topic_prefix: str, tmp_path: Path, store: SeaweedFS, proxy: StoreProxy
) -> None:
    """The same story proves the archive, and finds the mutant."""
    for mutant in ((), program("positions_not_compared")):
        prefix = f"{topic_prefix}{len(mutant)}"
        says = '"event":"archived"' if mutant else '"event":"the table was loaded again"'
        folder = tmp_path / prefix
        folder.mkdir()
        settings = await late_answer(cluster, prefix, folder, proxy, says, *mutant)
        if not mutant:
            assert await proven(settings, options(store.endpoint)) > 0
            continue
        with pytest.raises(AssertionError, match="rows that repeat"):
            await proven(settings, options(store.endpoint))
        assert command(settings, "archive", "verify").code == Exit.DATA


@fault("F74")
async def test_a_store_that_is_away_costs_bounded_memory(
    cluster: Cluster, topic_prefix: str, tmp_path: Path, store: SeaweedFS, proxy: StoreProxy
) -> None:
    """The topics go on by many times what a member may hold; it stops reading, stays in its group, and catches up."""
    given = await scene(cluster, topic_prefix, proxy, commit_bytes=SMALL)
    settings = given.model_copy(update={"processing": given.processing.model_copy(update={"fetch_max_bytes": FETCH})})
    async with Fleet(settings, tmp_path) as fleet:
        only = member(fleet, "only", ALPHAPULSE_PROCESSING__FETCH_MAX_BYTES=str(FETCH))
        await only.ready()
        await write(settings, outcomes(8, 400)[:200])
        await archived(settings, PATIENCE, options(store.endpoint))
        proxy.down = True
        await write(settings, outcomes(8, 400)[200:1_000], 200)
        await until(partial(unready, only), PATIENCE, "the member to say that the store is away")
        for _ in range(2):  # a fetch that was on its way is still taken, behind the attempt that was under way
            await until(partial(failed_again, only, len(only.events("the store fails"))), PATIENCE, "another attempt")
        held, (_, before) = await only.metric("archive_pending_bytes"), only.memory
        await write(settings, outcomes(8, 400)[1_000:], 1_000)
        for _ in range(3):
            await until(partial(failed_again, only, len(only.events("the store fails"))), PATIENCE, "another attempt")
        assert held == await only.metric("archive_pending_bytes")
        assert held is not None
        assert 0 < held < 6 * (SMALL + 2 * FETCH)  # a commit is also due by time, with few rows
        assert only.memory[1] - before < LARGE
        assert len(only.events("assigned")) == 1
        proxy.down = False
        await archived(settings, PATIENCE, options(store.endpoint))
        await only.ready()
        await fleet.stop()
    assert await proven(settings, options(store.endpoint)) > 2_000


def exits(settings: Settings, *arguments: str) -> int:
    """The code of a command in an interpreter of its own, which deltalake has been seen to abort at its end."""
    called = [sys.executable, "-m", "worker", "archive", *arguments]
    done = subprocess.run(called, env=environment(settings), capture_output=True, text=True, check=False, timeout=60)
    assert "Traceback" not in done.stderr, done.stderr
    return done.returncode


async def unready(worker: WorkerProcess) -> bool:
    status, body = await worker.probe("/readyz")
    return status == 503 and '"store":false' in body


async def failed_again(worker: WorkerProcess, times: int) -> bool:
    return len(worker.events("the store fails")) > times


@quick
@fault("F73")
async def test_a_store_that_holds_to_no_condition_is_refused(
    cluster: Cluster, topic_prefix: str, tmp_path: Path, store: SeaweedFS, proxy: StoreProxy
) -> None:
    """And the same store is used where it does, through a commit whose answer is lost."""
    settings = await scene(cluster, topic_prefix, proxy)
    proxy.rule("PUT .*", "strip", times=1_000)
    async with Fleet(settings, tmp_path) as fleet:
        only = member(fleet, "only")
        assert await only.exit_code(PATIENCE) == Exit.CONFIG, only.text
        assert re.search("lets a second put with `If-None-Match: [*]` through", only.text)
        fleet.workers.remove(only)
        proxy.rules.clear()
        only = member(fleet, "again")
        await only.ready()
        late = proxy.rule(COMMIT, "late")
        await fill(settings, 0)
        await archived(settings, PATIENCE, options(store.endpoint))
        only.send(signal.SIGTERM)
        assert await only.exit_code(20) == Exit.OK, only.text
        assert late.struck
    assert await proven(settings, options(store.endpoint)) > 0
    for arguments in (("verify",), ("compact", "--sort", "--vacuum"), ("show",)):
        assert exits(settings, *arguments) == Exit.OK
