"""A lane works on what waits together, and a canceled or failed job costs the other jobs nothing."""

import asyncio
import threading

from cinema.server.lane import Lane

TIMEOUT_SECONDS = 30


class Work:
    """The work of a lane: each batch waits until it is allowed, and returns ten times each number."""

    def __init__(self, max_jobs=10, **more):
        self.batches = []
        self._allowed = threading.Semaphore(0)
        self.lane = Lane("test", self.run, max_jobs=max_jobs, **more)

    def run(self, jobs):
        self.batches.append(list(jobs))
        assert self._allowed.acquire(timeout=TIMEOUT_SECONDS)
        if 13 in jobs:
            raise ValueError("13")
        return [10 * job for job in jobs]

    async def send(self, *jobs):
        tasks = [asyncio.ensure_future(self.lane.result_of(job)) for job in jobs]
        await asyncio.sleep(0)  # Each task runs until it waits for its result.
        return tasks

    def allow(self, batches):
        self._allowed.release(batches)


async def results_of(tasks):
    async with asyncio.timeout(TIMEOUT_SECONDS):
        return await asyncio.gather(*tasks, return_exceptions=True)


def test_jobs_that_wait_together_are_worked_on_together():
    async def run():
        work = Work(max_jobs=3)
        tasks = await work.send(1, 2, 3, 4, 5)
        work.allow(batches=3)
        assert await results_of(tasks) == [10, 20, 30, 40, 50]
        assert work.batches == [[1], [2, 3, 4], [5]]

    asyncio.run(run())


def test_jobs_with_equal_keys_count_as_one():
    async def run():
        work = Work(max_jobs=2, key=lambda job: job % 10)
        tasks = await work.send(1, 2, 12, 22, 3, 4)
        work.allow(batches=3)
        assert await results_of(tasks) == [10, 20, 120, 220, 30, 40]
        assert work.batches == [[1], [2, 12, 22, 3], [4]]

    asyncio.run(run())


def test_canceled_job_that_still_waits_is_not_worked_on():
    async def run():
        work = Work()
        tasks = await work.send(1, 2, 3)
        tasks[1].cancel()
        await asyncio.sleep(0)
        work.allow(batches=2)
        assert await results_of([tasks[0], tasks[2]]) == [10, 30]
        assert work.batches == [[1], [3]]

    asyncio.run(run())


def test_canceled_job_that_is_worked_on_leaves_the_others_their_results():
    async def run():
        work = Work()
        first, *others = await work.send(1, 2, 3, 4)
        work.allow(batches=1)
        assert await results_of([first]) == [10]
        # The second batch is running, and waits.
        others[0].cancel()
        work.allow(batches=1)
        assert await results_of(others[1:]) == [30, 40]
        assert work.batches == [[1], [2, 3, 4]]

    asyncio.run(run())


def test_failed_work_fails_its_jobs_and_no_later_ones():
    async def run():
        work = Work()
        tasks = await work.send(1, 2, 13)
        work.allow(batches=3)
        first, *failed = await results_of(tasks)
        assert first == 10
        assert [str(error) for error in failed] == ["13", "13"]
        assert await results_of(await work.send(4)) == [40]

    asyncio.run(run())
