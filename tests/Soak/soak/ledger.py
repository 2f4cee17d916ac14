"""What must hold of one torrent, over every suspension, check, move, signal, kill and step of the clock."""
import collections
import time

# A kill may cost what was written in the last seconds, and the totals of the last minute (design: "Saved state").
PIECES_KEPT = 20
TOTALS_KEPT = 75
SETTLED = {"Downloading", "Seeding", "Suspended"}
# One request's worth for each connection that was cut while a block was on its way.
IN_FLIGHT = 2 << 20

Sample = collections.namedtuple("Sample", "time pieces received sent seeding")


class Ledger:
    """One life of a torrent, from its first start to its removal."""

    def __init__(self, content, faults):
        self.content = content
        self._faults = faults
        self._began = time.monotonic()
        self._samples = collections.deque()
        self._floor = Sample(0, 0, 0, 0, 0)
        self._flowed = self._floor  # the last sample in which bytes had moved: seeding time alone is saved seldom (ResumeKeeper)
        self._fresh = False  # whether the next sample is the first one of a new process
        self.cuts = 0
        self.sent_lost = 0
        self.received_lost = 0
        self.last = None
        self.progress = time.monotonic()
        self._leeched = 0
        self.leech_progress = time.monotonic()

    def watch_leecher(self, received, is_served):
        """What the leecher has got by now; is_served: it can get more from us at this moment."""
        if received != self._leeched or not is_served:
            self._leeched, self.leech_progress = received, time.monotonic()

    def observe(self, now):
        """A snapshot that the session has given."""
        self._consistent(now)
        sample = Sample(time.monotonic(), now["pieces"], now["received"], now["sent"], now["seeding"])
        floor = self._floor
        if now["state"] in SETTLED and sample.pieces < floor.pieces:
            self._fault(f"{floor.pieces - sample.pieces} verified pieces were lost (of {floor.pieces}), {now['state']}")
            floor = floor._replace(pieces=sample.pieces)
        for total in ("received", "sent", "seeding"):
            if getattr(sample, total) + 0.5 < getattr(floor, total):
                self._fault(f"{total} went back from {getattr(floor, total)} to {getattr(sample, total)}")
                floor = floor._replace(**{total: getattr(sample, total)})
        if self._fresh and self._samples:
            before = self._samples[-1]
            self.sent_lost += max(0, before.sent - sample.sent)
            self.received_lost += max(0, before.received - sample.received)
            self._samples.clear()
        self._fresh = False
        if self.last is None or now["pieces"] > self.last["pieces"] or now["received"] > self.last["received"] or now["complete"]:
            self.progress = sample.time
        pieces = max(floor.pieces, sample.pieces) if now["state"] in SETTLED else floor.pieces
        self._floor = Sample(sample.time, pieces, *(max(a, b) for a, b in zip(floor[2:], sample[2:])))
        if not self._samples or (sample.received, sample.sent) != self._samples[-1][2:4]:
            self._flowed = sample
        self._samples.append(self._floor._replace(received=sample.received, sent=sample.sent, seeding=sample.seeding))
        while self._samples and self._samples[0].time < sample.time - 2 * TOTALS_KEPT:
            self._samples.popleft()
        self.last = now

    def ended(self, killed):
        """The process has ended: in order, or by a kill."""
        self._fresh = True
        self.cut()
        if killed:
            now = time.monotonic()
            totals = self._before(now - TOTALS_KEPT)
            self._floor = Sample(
                now, self._before(now - PIECES_KEPT).pieces, totals.received, totals.sent, min(totals.seeding, self._flowed.seeding))

    def cut(self):
        """A command has cut its connections."""
        self.cuts += 1
        self.leech_progress = time.monotonic()

    def settle(self, announces, credited, leeched):
        """The torrent is at its end: compares what was told with what was done. leeched: payload that the leecher got."""
        sent, total = self.last["sent"], self.content.size
        slack = IN_FLIGHT * (self.cuts + 1)
        if leeched > sent + self.sent_lost + slack:
            self._fault(f"BytesSent is {sent} (+{self.sent_lost} lost to kills), the leecher got {leeched}")
        if sent > leeched + slack:
            self._fault(f"BytesSent is {sent}, the leecher got only {leeched} ({self.cuts} cuts)")
        if credited[0] > sent + self.sent_lost + slack:
            self._fault(f"a tracker credits {credited[0]} bytes uploaded, {sent} were sent")
        if credited[1] > self.last["received"] + self.received_lost + slack:
            self._fault(f"a tracker credits {credited[1]} bytes downloaded, {self.last['received']} were received")
        completed = [said for said in announces if said.event == "completed"]
        # One whose answer came too late to be waited for is told again.
        if sum(said.in_time for said in completed) > 1:
            self._fault(f"'completed' was told {len(completed)} times")
        if any(said.left for said in completed):
            self._fault("'completed' was told with bytes left")
        if any(said.left > total for said in announces):
            self._fault("more was left than the torrent has")

    def check_files(self, wanted=None):
        bad = self.content.differing(self.last["destination"], wanted)
        if bad:
            self._fault(f"complete, and {len(bad)} files are not what was shared: {bad[:3]}")

    def _consistent(self, now):
        if not -1e-9 <= now["percent"] <= 100 + 1e-9:
            self._fault(f"{now['percent']} % complete")
        if now["completed"] > now["wanted"]:
            self._fault(f"{now['completed']} of {now['wanted']} wanted bytes are there")
        if now["complete"] and now["state"] in SETTLED and (now["completed"] != now["wanted"] or not now["completedAt"]):
            self._fault(f"complete, with {now['completed']} of {now['wanted']} bytes, completed at '{now['completedAt']}', {now['state']}")
        if now["failedPieces"]:
            self._fault(f"{now['failedPieces']} pieces of honest peers failed their hash")
        if now["error"]:
            self._fault(f"failed: {now['error']}")
        if now["seeding"] > time.monotonic() - self._began + 10:
            self._fault(f"{now['seeding']:.0f} s of seeding in {time.monotonic() - self._began:.0f} s")

    def _before(self, moment):
        old = [sample for sample in self._samples if sample.time <= moment]
        return old[-1] if old else Sample(0, 0, 0, 0, 0)

    def _fault(self, text):
        self._faults(f"{self.content.name}: {text}")
