"""A painter: a process of its own that holds TensorFlow, and what goes wrong there ends there.

The server never loads TensorFlow, nor decodes a picture. If the process dies, because memory ran
out or a hostile file broke a decoder, its task gets a sentence and the next one a new process.
"""

from __future__ import annotations

import contextlib
import ctypes
import gc
import logging
import multiprocessing
import os
import queue
import signal
import threading
import traceback
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from neural_style.runtime.errors import StyleError
from neural_style.runtime.quiet import silence
from neural_style.studio.messages import Orders, Painted, PaintTask, Task

logger = logging.getLogger("neural_style")

# A new process takes the place of one that has done so many tasks, or has grown by so much: what
# libraries keep for good does not add up.
MAX_TASKS = 1000
MAX_GROWTH = 10**9  # bytes
PATIENCE = 10.0  # seconds that a process is given to end by itself

DIED = (
    "the process that paints has ended before it was done, most likely for want of memory: try a "
    "smaller size"
)
CLOSING = "the server is closing; come back later"
FAILED = "something went wrong in the program; the server's messages say what"


class Painter:
    """A process that paints, one task at a time; it is started when it is needed."""

    def __init__(self, niceness: int = 0, device: str = "/gpu:0"):
        """Start nothing yet.

        Args:
            niceness: of the process; with 10 it leaves the processor to others.
            device: what it paints on, whatever a Config says.
        """
        self._niceness = niceness
        self._device = device
        self._turn = threading.RLock()  # one task at a time
        self._sending = threading.Lock()
        self._process: multiprocessing.process.BaseProcess | None = None
        self._connection: Connection | None = None
        self._number = 0  # of the task
        self._tasks = 0  # of this process
        self._first_size = 0
        self._closed = False

    def warm(self) -> None:
        """Start the process, if it does not run; it loads TensorFlow while we go on."""
        with self._turn:
            self._start()

    def paint(self, task: PaintTask, tell: Callable[[Any], None] = lambda message: None) -> Painted:
        """Paint a picture and write its folder; see `worker.paint`.

        Raises:
            StyleError: something that the visitor can mend, or the process died.
        """
        return self._ask("paint", (task,), tell)

    def call(self, task: Task, *args: Any) -> Any:
        """Return what one of `worker.TASKS` returns for its arguments; raises as `paint`."""
        return self._ask(task, args)

    def order(self, orders: Orders) -> None:
        """Let the picture that is being painted stop, or go on with other weights."""
        self._send(("orders", self._number, orders))

    def close(self) -> None:
        """End the process, whatever it does."""
        self._closed = True
        process = self._process
        if process:
            process.kill()  # whoever waits for its answer learns of it
            process.join(PATIENCE)

    @property
    def pid(self) -> int | None:
        """The process's number, or None if none runs."""
        process = self._process
        return process.pid if process and process.is_alive() else None

    def _ask(
        self,
        name: str,
        args: tuple[Any, ...],
        tell: Callable[[Any], None] = lambda message: None,
    ) -> Any:
        with self._turn:
            self._start()
            self._number += 1
            connection = self._connection
            try:
                self._send((name, self._number, args))
                while True:
                    kind, value = connection.recv()
                    if kind != "tell":
                        break
                    tell(value)
            except (EOFError, OSError):
                self._end()
                raise StyleError(CLOSING if self._closed else DIED) from None
            if kind == "refused":
                raise StyleError(value)
            if kind == "failed":
                logger.error("a painter's task failed:\n%s", value)
                raise StyleError(FAILED)
            answer, size = value
            self._recycle(size)
            return answer

    def _start(self) -> None:
        if self._closed:
            raise StyleError(CLOSING)
        if self.pid:
            return
        self._end()
        context = multiprocessing.get_context("spawn")
        self._connection, theirs = context.Pipe()
        self._process = context.Process(
            target=serve,
            args=(theirs, self._niceness, self._device),
            name="painter",
            daemon=True,
        )
        # Ctrl-C on a terminal reaches all processes; what becomes of the pictures is for the
        # server to say. The process inherits what is blocked here.
        blocked = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        try:
            self._process.start()
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, blocked)
        theirs.close()
        self._tasks = 0

    def _send(self, message: tuple[str, int, Any]) -> None:
        """Send a message; if the process is gone, whoever waits for its answer learns of it."""
        with self._sending, contextlib.suppress(OSError, AttributeError):
            self._connection.send(message)

    def _recycle(self, size: int) -> None:
        """Start a new process in place of one that has done enough."""
        self._tasks += 1
        if self._tasks == 1:
            self._first_size = size
        if self._tasks >= MAX_TASKS or size > self._first_size + MAX_GROWTH:
            self._end()
            self._start()

    def _end(self) -> None:
        if self._process is None:
            return
        self._process.kill()
        self._process.join(PATIENCE)
        with self._sending:
            self._connection.close()
        self._process = None


def serve(connection: Connection, niceness: int, device: str) -> None:
    """Do the tasks that come through a pipe, until it is closed: all that the process does."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.nice(niceness)
    os.environ.setdefault("TF_FORCE_GPU_ALLOW_GROWTH", "true")  # several processes share it
    visible = os.environ.get("CUDA_VISIBLE_DEVICES")
    os.environ["CUDA_VISIBLE_DEVICES"] = visible_gpu(device, visible)
    for name in ("neural_style", "tensorflow"):
        logging.getLogger(name).setLevel(logging.ERROR)
    line = _Line(connection)  # listens from now on: the server may end any time

    with silence():
        from neural_style.studio.worker import TASKS, paint, warm

        warm()
    gc.freeze()  # what is there stays, and need not be looked through after each task
    while True:
        name, number, args = line.tasks.get()
        try:
            if name == "paint":
                (task,) = args
                answer = paint(task, line.tell, line.orders_of(number))
            else:
                answer = TASKS[name](*args)
        except StyleError as error:
            line.send(("refused", str(error)))
        except Exception:
            line.send(("failed", traceback.format_exc()))
        else:
            _return_memory()
            line.send(("done", (answer, _memory())))


def visible_gpu(device: str, visible: str | None = None) -> str:
    """Return what CUDA_VISIBLE_DEVICES is to be, so that a process sees its own device alone.

    Each sees it as its first. So a picture that one began another can go on with: the device is
    one of the settings that must be the same.

    Args:
        device: such as /gpu:1; of the CPU none is seen.
        visible: what the variable is, None if it is not set.
    """
    kind, _, number = device.lower().strip("/").removeprefix("device:").partition(":")
    if kind != "gpu":
        return "-1"
    if visible is None:
        return number or "0"
    names = dict(enumerate(visible.split(",")))
    return names.get(int(number or 0), "-1") or "-1"


class _Line:
    """The process's end of the pipe; a thread listens."""

    def __init__(self, connection: Connection):
        self.tasks: queue.SimpleQueue[tuple[str, int, tuple[Any, ...]]] = queue.SimpleQueue()
        self._connection = connection
        self._orders: dict[int, Orders] = {}
        self._lock = threading.Lock()
        threading.Thread(target=self._listen, daemon=True).start()

    def orders_of(self, number: int) -> Orders:
        """Return the orders for a task, which may come before it begins; older ones are let go."""
        with self._lock:
            for other in [other for other in self._orders if other < number]:
                del self._orders[other]
            return self._orders.setdefault(number, Orders())

    def tell(self, message: Any) -> None:
        """Tell how it goes on."""
        self.send(("tell", message))

    def send(self, message: tuple[str, Any]) -> None:
        """Send a message; without a server there is nothing left to do."""
        try:
            self._connection.send(message)
        except OSError:
            os._exit(0)

    def _listen(self) -> None:
        while True:
            try:
                name, number, message = self._connection.recv()
            except (EOFError, OSError):
                os._exit(0)  # the server has ended, in whatever way
            if name == "orders":
                orders = self.orders_of(number)
                orders.stop, orders.weights = message.stop, message.weights
            else:
                self.tasks.put((name, number, message))


def _return_memory() -> None:
    """Return to the system what is free but held by the C library, where it is GNU's.

    Ten transfers left 20 MB of it.
    """
    gc.collect()
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).malloc_trim(0)


def _memory() -> int:
    """Return how much memory this process has, in bytes; 0 where Linux does not tell."""
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
    except (OSError, ValueError):
        return 0
    return pages * os.sysconf("SC_PAGE_SIZE")
