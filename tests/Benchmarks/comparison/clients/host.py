"""What the works ask of a client that runs many torrents."""
import time

from ..processes import Child, Failure, until


class Host:
    """A client that runs until it is ended, and takes torrents meanwhile."""

    child: Child | None = None
    adds = True  # whether it is there before its torrents

    def add(self, payloads, seconds):
        """Adds torrents, whose data is there, and returns when it has taken all."""
        raise NotImplementedError

    def resume(self, payloads, seconds):
        """After a restart with the state that was kept: takes up the same torrents."""
        self.add(payloads, seconds)

    def ready(self, count, seconds):
        """Waits until that many are checked, or taken from the saved state, and seeding. Returns when that was."""
        raise NotImplementedError

    def status(self):
        """Asks for the status of all. Returns how long that took, in seconds, and of how many it told."""
        raise NotImplementedError

    def end(self, seconds):
        """Lets it save what it has to, and end."""
        self.child.stop(seconds=seconds)

    def abort(self):
        if self.child:
            self.child.stop(seconds=1)


def in_time(payloads, seconds):
    """One after the other, while there is time."""
    until = time.monotonic() + seconds
    for at, payload in enumerate(payloads):
        if time.monotonic() > until:
            raise Failure(f"it took {at} of {len(payloads)} torrents in {seconds:.0f} s")
        yield payload


def when_ready(ask, count, seconds, child):
    """Asks for the number of torrents that are ready until it is there, the less often the longer an answer may take."""
    def is_ready():
        if child.is_over():
            raise Failure(child.told("ended early"))
        return ask() >= count

    return until(is_ready, seconds, f"{count} torrents ready", pause=max(0.02, count / 20_000))


def timed(ask):
    """How long an answer takes, and what it is."""
    began = time.monotonic()
    answer = ask()
    return time.monotonic() - began, answer
