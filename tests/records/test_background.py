"""Recording beside the search."""

import threading

import pytest

from wannsearch.records.background import BackgroundWriter


def test_everything_is_recorded_in_order_when_the_block_is_left():
    seen = []
    with BackgroundWriter(seen.append) as recorder:
        for number in range(1000):
            recorder.submit(number)
    assert seen == list(range(1000))


def test_the_search_does_not_wait_for_a_slow_disk():
    free, seen = threading.Event(), []

    def slow(number):
        assert free.wait(60)
        seen.append(number)

    with BackgroundWriter(slow) as recorder:
        for number in range(20):
            recorder.submit(number)
        assert seen == []  # a search that waited would have waited for a record
        free.set()
    assert seen == list(range(20))


def test_a_recorder_that_falls_far_behind_is_waited_for():
    free, put = threading.Event(), []
    with BackgroundWriter(lambda number: free.wait(60)) as recorder:

        def search():
            for number in range(500):
                recorder.submit(number)
                put.append(number)

        thread = threading.Thread(target=search)
        thread.start()
        thread.join(0.3)
        assert thread.is_alive()
        assert len(put) < 200
        free.set()
        thread.join(60)
    assert len(put) == 500


def broken(number):
    if number == 3:
        raise OSError("the disk is gone")
    RECORDED.append(number)


RECORDED = []


def put(recorder, numbers):
    for number in numbers:
        recorder.submit(number)


def test_what_goes_wrong_is_raised_at_the_next_recording_and_nothing_is_recorded_after_it():
    RECORDED.clear()
    with pytest.raises(OSError, match="the disk is gone"), BackgroundWriter(broken) as recorder:
        put(recorder, range(100_000))
    assert RECORDED == [0, 1, 2]


def test_what_goes_wrong_with_the_last_one_is_raised_at_the_end():
    with pytest.raises(OSError, match="the disk is gone"), BackgroundWriter(broken) as recorder:
        recorder.submit(3)


def test_an_error_of_the_search_itself_is_the_one_that_is_raised():
    def search():
        with BackgroundWriter(broken) as recorder:
            recorder.submit(3)
            raise KeyError

    with pytest.raises(KeyError):
        search()
