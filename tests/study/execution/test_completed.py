"""Waiting for tasks of a client that does as it is told, by a clock that runs as fast as it is looked at."""

import queue
from types import SimpleNamespace

import pytest

from mfsolve.study.execution import completion
from mfsolve.study.execution.completion import ClusterLostError, Connection, Failed, UnfinishedError, completed


class Clock:
    """Seconds that pass where a queue is waited at."""

    now = 1000.0

    def monotonic(self):
        return self.now


class Queue:
    """A queue at which something may happen whenever it is looked at."""

    clock = Clock()

    def __init__(self):
        self.items = []

    @staticmethod
    def look():
        """Nothing happens."""

    def put(self, item):
        self.items.append(item)

    def get(self, timeout):
        Queue.look()
        if self.items:
            return self.items.pop(0)
        Queue.clock.now += timeout
        raise queue.Empty


class Future:
    """A task that is done when `finish` says so."""

    def __init__(self, key, order):
        self.key, self.order, self.status, self.released, self.callbacks = key, order, "pending", False, []

    def add_done_callback(self, tell):
        self.callbacks.append(tell)
        if self.status != "pending":
            tell(self)

    def finish(self, status="finished"):
        self.status = status
        for tell in self.callbacks:
            tell(self)
        return self

    def result(self, timeout):
        assert timeout == completion.PATIENCE
        if isinstance(self.order, Exception):
            raise self.order
        return f"did {self.order}"

    def exception(self, timeout):
        assert timeout == completion.PATIENCE
        return ValueError(f"cannot {self.order}")

    def release(self):
        self.released = True


class Client:
    """A client of a scheduler with workers of so many threads, and what it has been asked."""

    def __init__(self, *threads, status="running"):
        self.workers = {f"worker {k}": count for k, count in enumerate(threads)}
        self.futures, self.asked, self.cancelled, self.status = [], [], None, status
        self.scheduler = SimpleNamespace(ncores="how many threads")
        self.at_once = False

    def submit(self, run, order, pure, retries):
        assert (run, pure, retries) == ("run", False, 3)
        self.futures.append(Future(f"task {order}", order))
        return self.futures[-1].finish() if self.at_once else self.futures[-1]

    def nthreads(self):
        self.asked.append(Queue.clock.now)
        return self.workers

    def sync(self, what, callback_timeout):
        assert (what, callback_timeout) == ("how many threads", 2.0)
        self.asked.append(Queue.clock.now)
        if self.workers is None:
            raise OSError("no answer")
        return self.workers

    def cancel(self, futures):
        self.cancelled = futures


@pytest.fixture(autouse=True)
def clock(monkeypatch):
    monkeypatch.setattr(Queue, "clock", Clock())
    monkeypatch.setattr(completion, "time", Queue.clock)
    monkeypatch.setattr(completion, "queue", SimpleNamespace(SimpleQueue=Queue, Empty=queue.Empty))
    monkeypatch.setattr(completion, "within", lambda seconds, work: work() if seconds == 2.0 else pytest.fail("waits"))
    return Queue.clock


def waits(client, orders=range(100), attached=True, stopping=lambda: False, **options):
    return completed(Connection(client, attached, stopping, **options), "run", orders)


@pytest.fixture
def whenever(monkeypatch):
    """Have something happen whenever a queue is looked at."""
    return lambda look: monkeypatch.setattr(Queue, "look", staticmethod(look))


def test_every_thread_has_four_tasks_and_one_follows_each_that_comes_back(whenever):
    client, handed_out = Client(1, 2), []
    outcomes = waits(client)

    def look():
        handed_out.append([future.order for future in client.futures])
        next(future for future in client.futures if future.status == "pending").finish()

    whenever(look)
    assert next(outcomes) == (0, "did 0")
    assert handed_out == [list(range(12))]
    assert client.futures[0].released
    assert next(outcomes) == (1, "did 1")
    assert handed_out[1] == list(range(13))
    assert [order for order, _ in outcomes] == list(range(2, 100))
    assert len(client.futures) == 100


def test_tasks_of_this_process_are_waited_for_whatever_their_number(clock, whenever):
    client = Client(3, 5)
    whenever(lambda: client.futures[0].finish() if clock.now > 1005.0 else None)
    assert next(waits(client, attached=False)) == (0, "did 0")
    assert len(client.futures) == 32
    assert client.asked == [1000.0]  # the threads of this process stay as many


def test_nothing_to_do_and_no_threads_yet():
    assert list(waits(Client(1), [])) == []
    client = Client()  # of workers that are still to come: something waits for them
    client.at_once = True
    outcomes = waits(client)
    assert next(outcomes) == (0, "did 0")
    assert len(client.futures) == 4


def test_what_a_task_comes_back_as():
    client = Client(1)
    client.submit, submit = (lambda *asked, **options: submit(*asked, **options).finish("error")), client.submit
    assert list(waits(client, [7])) == [(7, Failed("cannot 7"))]
    client = Client(1)
    client.submit, other = (lambda *asked, **options: other(*asked, **options).finish("cancelled")), client.submit
    with pytest.raises(ClusterLostError, match=r"^has been restarted, or has ended$"):
        list(waits(client, [7]))
    client = Client(1)
    client.at_once = True
    with pytest.raises(ClusterLostError, match=r"^does not hand over a result \(KeyError\)$"):
        list(waits(client, [KeyError("x")]))


@pytest.mark.parametrize("again", ["finished", "pending"])
def test_a_result_that_goes_with_its_worker_is_computed_again(again, whenever):
    client, looks = Client(1), []

    def look():
        looks.append(1)
        if len(looks) == 1:
            client.futures[0].finish("lost")
        if len(looks) == 3:
            client.futures[0].status, client.futures[0].callbacks = again, []
        if len(looks) == 5 and again == "pending":
            client.futures[0].finish()

    whenever(look)
    assert list(waits(client, [7])) == [(7, "did 7")]
    assert len(looks) == {"finished": 4, "pending": 5}[again]


# --- a stop


def test_a_cluster_is_told_of_a_stop_and_left_alone():
    client, stop = Client(1), []
    client.at_once = True
    outcomes = waits(client, stopping=lambda: bool(stop))
    assert next(outcomes) == (0, "did 0")
    stop.append(True)
    assert list(outcomes) == []
    assert client.cancelled == client.futures[1:]
    assert len(client.futures) == 4
    client = Client(1)
    client.cancel = lambda futures: 1 / 0  # past hearing
    stop.clear()
    outcomes = waits(client, stopping=lambda: bool(stop))
    client.submit, submit = (lambda *asked, **options: stop.append(True) or submit(*asked, **options)), client.submit
    assert list(outcomes) == []


@pytest.mark.parametrize(("urgent", "end"), [(True, 1029.9), (True, 1030.3), (False, 1300.0)])
def test_tasks_of_this_process_have_half_a_minute_to_end_where_somebody_waits(clock, whenever, urgent, end):
    client, stop = Client(1), []

    def look():
        stop.append(True)
        if clock.now > end and client.futures[0].status == "pending":
            client.futures[0].finish()

    whenever(look)
    outcomes = waits(client, [7], attached=False, stopping=lambda: bool(stop), urgent=lambda: urgent)
    if urgent and end > 1030.2:  # the stop is seen after the first look
        with pytest.raises(UnfinishedError):
            list(outcomes)
        assert 1030.2 < clock.now < 1030.5
    else:
        assert list(outcomes) == [(7, "did 7")]


# --- silence


def test_threads_are_counted_every_few_seconds(clock):
    client = Client(2, 1)
    silence = completion._Silence(Connection(client, True, lambda: False))
    assert [silence.threads(), silence.known] == [3, 3]
    client.workers = {"one": 5}
    clock.now += 1.99
    assert silence.threads() == 3
    clock.now += 0.01
    assert silence.threads() == 5
    assert client.asked == [1000.0, 1002.0]
    client.workers = {}
    clock.now += 2.0
    assert silence.threads() == 0
    clock.now += 0.1
    client.workers = {"one": 1}
    assert silence.threads() == 1  # where there are none they are asked for again at once


@pytest.mark.parametrize(("workers", "why"), [({}, "has no workers"), (None, "does not answer")])
def test_a_silence_of_a_minute_is_the_end(clock, workers, why):
    client = Client(1)
    silence = completion._Silence(Connection(client, True, lambda: False))
    clock.now += 30.0
    assert silence.threads() == 1  # heard
    client.workers = workers
    clock.now += 60.0
    assert silence.threads() == 0
    clock.now += 0.1
    with pytest.raises(ClusterLostError, match=f"^{why} for 0:01:00$"):
        silence.threads()
    silence.broken()  # a task comes back nevertheless
    clock.now += 60.0
    assert silence.threads() == 0
    client.workers = {} if workers is None else None
    clock.now += 0.1
    with pytest.raises(ClusterLostError, match=f"^{'has no workers' if workers is None else 'does not answer'} for"):
        silence.threads()
    client.status = "closed"
    silence.broken()
    with pytest.raises(ClusterLostError, match=r"^has ended$"):
        silence.threads()
    client.workers = {"one": 1}
    assert silence.threads() == 1


def test_results_are_signs_of_life(clock, whenever):
    client = Client(1)
    outcomes = waits(client, range(3))

    def each_minute():
        clock.now += 50.0
        client.workers = {}
        next(future for future in client.futures if future.status == "pending").finish()

    whenever(each_minute)
    assert next(outcomes) == (0, "did 0")
    assert next(outcomes) == (1, "did 1")
    whenever(lambda: None)
    with pytest.raises(ClusterLostError, match=r"^has no workers for 0:01:00$"):
        next(outcomes)
    assert 1160.0 < clock.now < 1161.0
