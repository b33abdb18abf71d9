"""Wrong passwords, by a clock of ours."""

from __future__ import annotations

import pytest

from neural_style.studio.attempts import FREE, LONGEST, MEMORY, MOST, Attempts


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def attempts(clock) -> Attempts:
    return Attempts(clock)


def test_waits_grow_and_are_forgotten(attempts, clock):
    assert [attempts.begin("a") for _ in range(FREE)] == [0.0] * FREE
    waits = []
    for _ in range(12):
        waits.append(attempts.begin("a"))
        clock.now += waits[-1]
        assert attempts.begin("a") == 0
    assert waits[:4] == pytest.approx([1, 2, 4, 8])
    assert waits[-1] == LONGEST
    assert attempts.begin("b") == 0  # others need not wait
    clock.now += MEMORY + 1
    assert [attempts.begin("a") for _ in range(FREE)] == [0.0] * FREE


def test_who_waits_waits_no_longer_for_having_asked(attempts, clock):
    for _ in range(FREE):
        attempts.begin("a")
    for _ in range(100):
        assert attempts.begin("a") == pytest.approx(1)


def test_right_ones_are_not_counted_and_excuse_no_wrong_ones(attempts):
    for _ in range(100):
        assert attempts.begin("a") == 0
        attempts.right("a")
    for _ in range(FREE - 1):
        attempts.begin("a")
    assert attempts.begin("a") == 0
    attempts.right("a")
    assert attempts.begin("a") == 0
    assert attempts.begin("a") > 0


def test_addresses_of_one_network_are_one(attempts):
    for number in range(FREE):
        attempts.begin(f"2001:db8::{number}")
    assert attempts.begin("2001:db8::ffff:1") > 0
    assert attempts.begin("2001:db8:0:1::1") == 0


def test_the_table_stays_small(attempts):
    for number in range(3 * MOST):
        attempts.begin(f"10.0.{number // 256}.{number % 256}")
    assert len(attempts._wrong) == MOST
