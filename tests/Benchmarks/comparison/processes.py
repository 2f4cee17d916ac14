"""A program that is run: what it prints and when, what it uses, and its end."""
import collections
import os
import queue
import re
import signal
import subprocess
import threading
import time

from .meter import Meter

_running = set()


class Failure(Exception):
    """Why a client has no figure."""


class Child:
    """A program in a session of its own, watched from its start to its end."""

    def __init__(self, command, *, env=None, folder=None, terminal=False):
        self.command = [str(part) for part in command]
        master, slave = os.openpty() if terminal else (None, None)
        self.began = time.monotonic()
        self._process = subprocess.Popen(
            self.command, stdin=slave if terminal else subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            start_new_session=True, env={**os.environ, **(env or {})}, cwd=folder, bufsize=0)
        self.pid = self._process.pid
        _running.add(self)
        if terminal:
            os.close(slave)
        self._terminal = master
        self.meter = Meter(self.pid)
        self.ended = None  # when
        self.exit_code = None
        self.cpu = None  # user and system seconds of the whole run
        self._over = threading.Event()
        self._lines = queue.SimpleQueue()
        self._tail = collections.deque(maxlen=12)
        for work in (self._read, self._reap):
            threading.Thread(target=work, daemon=True).start()

    def _read(self):
        for line in self._process.stdout:
            self._lines.put((time.monotonic(), line.decode(errors="replace").rstrip()))
        self._lines.put((time.monotonic(), None))

    def _reap(self):
        _, status, usage = os.wait4(self.pid, 0)
        self.ended = time.monotonic()
        self.meter.stop()
        self.exit_code = self._process.returncode = os.waitstatus_to_exitcode(status)
        self.cpu = usage.ru_utime, usage.ru_stime
        self._over.set()

    def say(self, line):
        """Writes a line to its input."""
        try:
            self._process.stdin.write(line.encode() + b"\n")
        except OSError as error:
            raise Failure(self.told(f"ended early ({error})")) from None

    def expect(self, pattern, seconds):
        """Waits for a line that it prints. Returns when that came and the match."""
        until = time.monotonic() + seconds
        while True:
            try:
                moment, line = self._lines.get(timeout=max(until - time.monotonic(), 0))
            except queue.Empty:
                raise Failure(self.told(f"did not print /{pattern}/ within {seconds:.0f} s")) from None
            if line is None:
                raise Failure(self.told(f"ended without printing /{pattern}/"))
            self._tail.append(line)
            if match := re.search(pattern, line):
                return moment, match

    def is_over(self):
        return self._over.is_set()

    def wait(self, seconds):
        """Waits for its end by itself, which has to be a good one. Returns when that was."""
        if not self._over.wait(seconds):
            raise Failure(self.told(f"did not end within {seconds:.0f} s"))
        if self.exit_code != 0:
            raise Failure(self.told(f"ended with {self.exit_code}"))
        return self.ended

    def stop(self, how=signal.SIGTERM, seconds=30):
        """Ends it, by its input's end and a signal (None: by its input's end alone), and if need be by force."""
        if self._process.stdin:
            self._process.stdin.close()
        for sign, patience in ((how, seconds), (signal.SIGKILL, 10)):
            if self._over.is_set():
                break
            if sign is not None:
                self._signal(sign)
            self._over.wait(patience)
        self._signal(signal.SIGKILL)  # what it may have left behind in its session
        if self._terminal is not None:
            os.close(self._terminal)
            self._terminal = None
        _running.discard(self)

    def _signal(self, sign):
        try:
            os.killpg(self.pid, sign)
        except (ProcessLookupError, PermissionError):
            pass

    def told(self, what):
        """A sentence about it, with the last that it printed."""
        while not self._lines.empty():
            self._tail.append(self._lines.get()[1] or "")
        text = " / ".join(line for line in self._tail if line)
        return f"{os.path.basename(self.command[0])} {what}" + (f": {text[-300:]}" if text else "")


def stop_all():
    """Ends what is still running."""
    for child in list(_running):
        child.stop(signal.SIGKILL)


def until(condition, seconds, what, pause=0.02):
    """Asks until it is so. Returns when that was."""
    end = time.monotonic() + seconds
    while True:
        if condition():
            return time.monotonic()
        if time.monotonic() > end:
            raise Failure(f"{what}: not within {seconds:.0f} s")
        time.sleep(pause)
