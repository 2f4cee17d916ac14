"""What the processes of a session use, looked at every 20 ms."""
import bisect
import os
import pathlib
import re
import threading
import time
import typing

_TICKS = os.sysconf("SC_CLK_TCK")
_LOOK = 0.02
_CENSUS = 0.5  # seconds between two looks for new processes, which cost more
_MEMORY = re.compile(rb"VmRSS:\s*(\d+) kB\nRssAnon:\s*(\d+) kB")


class Sample(typing.NamedTuple):
    time: float
    user: float  # CPU seconds since the start
    system: float
    rss: float  # MiB
    anonymous: float  # MiB

    @property
    def cpu(self):
        return self.user + self.system


class Meter(threading.Thread):
    """Samples a session's processes until it is told to stop."""

    def __init__(self, session):
        super().__init__(daemon=True)
        self.samples = [Sample(time.monotonic(), 0, 0, 0, 0)]
        self._session = session
        self._stopped = threading.Event()
        self.start()

    def run(self):
        pids, census = [self._session], time.monotonic() + _CENSUS
        while not self._stopped.wait(_LOOK):
            if time.monotonic() > census:
                pids, census = _processes(self._session), time.monotonic() + _CENSUS
            if sample := _look(pids):
                self.samples.append(sample)

    def stop(self):
        self._stopped.set()

    def now(self):
        """A sample of this moment."""
        sample = _look(_processes(self._session)) or self.samples[-1]
        self.samples.append(sample)
        return sample

    def cpu_at(self, moment):
        """User and system seconds up to a moment, as of the last look before."""
        samples = self.samples[:]
        at = bisect.bisect_right(samples, moment, key=lambda sample: sample.time)
        return samples[max(at - 1, 0)][1:3]

    def peak(self, start=0.0, end=float("inf")):
        """Most resident and most anonymous memory in a time, in MiB."""
        within = [sample for sample in self.samples[:] if start <= sample.time <= end] or [self.samples[-1]]
        return max(sample.rss for sample in within), max(sample.anonymous for sample in within)


def _look(pids):
    found, sums = False, [0.0] * 4
    moment = time.monotonic()
    for pid in pids:
        try:
            stat = pathlib.Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()
            memory = _MEMORY.search(pathlib.Path(f"/proc/{pid}/status").read_bytes())
        except OSError:
            continue
        # With what its own ended and awaited children used.
        sums[0] += (int(stat[11]) + int(stat[13])) / _TICKS
        sums[1] += (int(stat[12]) + int(stat[14])) / _TICKS
        if memory:
            found = True
            sums[2] += int(memory[1]) / 1024
            sums[3] += int(memory[2]) / 1024
    return Sample(moment, *sums) if found else None


def _processes(session):
    pids = []
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                stat = pathlib.Path(f"/proc/{entry}/stat").read_bytes().rpartition(b")")[2].split()
            except OSError:
                continue
            if int(stat[3]) == session:
                pids.append(int(entry))
    return pids
