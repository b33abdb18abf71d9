"""Wrong passwords: who gives many waits longer and longer before the next is looked at."""

from __future__ import annotations

import ipaddress
import threading
import time
from collections import OrderedDict
from collections.abc import Callable

FREE = 5  # wrong passwords that cost no wait
LONGEST = 300.0  # seconds to wait at most
MEMORY = 900.0  # seconds after the last wrong one, when it is forgotten
MOST = 1000  # addresses that are remembered


class Attempts:
    """Counts wrong passwords by address; others are not slowed down by them."""

    def __init__(self, clock: Callable[[], float] = time.monotonic):
        """Begin with none.

        Args:
            clock: tells the time in seconds.
        """
        self._clock = clock
        self._lock = threading.Lock()
        self._wrong: OrderedDict[str, tuple[int, float]] = OrderedDict()  # how many, the last when

    def begin(self, address: str) -> float:
        """Count an attempt as wrong, before it is looked at, unless it comes too early.

        Returns:
            Seconds to wait; 0 if the password may be looked at.
        """
        key, now = _network(address), self._clock()
        with self._lock:
            count, last = self._wrong.get(key, (0, now))
            if now - last > MEMORY:
                count = 0
            wait = min(2.0 ** (count - FREE), LONGEST) if count >= FREE else 0.0
            if now < last + wait:
                return last + wait - now
            self._wrong[key] = (count + 1, now)
            self._wrong.move_to_end(key)
            if len(self._wrong) > MOST:
                self._wrong.popitem(last=False)
            return 0.0

    def right(self, address: str) -> None:
        """Take back what `begin` has counted: it was right. Earlier wrong ones stay."""
        key = _network(address)
        with self._lock:
            count, last = self._wrong.get(key, (0, 0.0))
            if count > 1:
                self._wrong[key] = (count - 1, last)
            else:
                self._wrong.pop(key, None)


def _network(address: str) -> str:
    """Return what stands for one party: an address, or the 2^64 of IPv6 that one is given."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address
    if found.version == 4:
        return address
    return str(ipaddress.ip_network((found, 64), strict=False))
