#!/usr/bin/env python3
"""Torrents under a real PowerShell for hours: suspended, resumed, moved, checked, chosen from, killed, ended by signals, with
clocks set and trackers out; libtorrent at both other ends. Ends with 0 when nothing was lost and all totals are right."""
import argparse
import collections
import pathlib
import random
import shutil
import socket
import sys
import tempfile
import time

sys.dont_write_bytecode = True
try:
    import libtorrent  # noqa: F401
except ImportError:
    sys.exit("libtorrent for Python is missing (Debian: python3-libtorrent; run with /usr/bin/python3)")

from soak.content import Content, MIB  # noqa: E402
from soak.ledger import Ledger  # noqa: E402
from soak.peers import Leecher, Seed  # noqa: E402
from soak.session import Clock, Session, SessionError  # noqa: E402
from soak.tracker import Tracker  # noqa: E402

ROOT = pathlib.Path(__file__).resolve().parents[2]
MOST_FAULTS = 50
STUCK = 240  # seconds without a byte, for a torrent that downloads from a seed that is there


def free_port():
    """
    Below the ports that the system gives to outgoing connections: one that dials such a port while nobody listens there may be given it
    as its own, and so be connected to itself; libtorrent bans the address then.
    """
    for port in random.sample(range(20000, 30000), 100):
        with socket.socket() as one:
            try:
                one.bind(("127.0.0.1", port))
                return port
            except OSError:
                pass
    raise SessionError("no port is free")


class Soak:
    def __init__(self, options, folder):
        self._rng = random.Random(options.seed)
        self._folder = folder
        self._began = time.monotonic()
        self.faults = []
        self.counts = collections.Counter()
        self._tracker = Tracker()
        self._contents = [Content(i, folder / "share", self._tracker.address, options.seed, options.scale) for i in range(options.torrents)]
        seed_port, our_port = free_port(), free_port()
        self._seed = Seed(seed_port, self._contents, options.rate * 1024)
        self._tracker.name_peer(seed_port)
        self._leecher = Leecher(free_port(), folder / "leech", our_port, 4 * options.rate * 1024)
        self._clock = Clock(folder)
        self._session = Session(options.pwsh, options.module, folder, our_port, self._clock)
        self._ledgers = {}
        self._suspended = set()
        self._partial = {}
        self._moved = set()
        self._memory = []
        self._outage_ends = None

    # ---- one run -----------------------------------------------------------------------------------------------------

    def run(self, minutes):
        self._session.start()
        for content in self._contents:
            self._start(content)
        end, report, act = self._began + minutes * 60, time.monotonic() + 60, time.monotonic() + 10
        while time.monotonic() < end:
            self._look()
            self._leecher.call()
            self._laps()
            if time.monotonic() >= act:
                self._act()
                act = time.monotonic() + self._rng.uniform(1, 6)
            if self._outage_ends and time.monotonic() > self._outage_ends:
                self._tracker.mode, self._outage_ends = "up", None
            if time.monotonic() >= report:
                report += 60
                self._report()
            time.sleep(0.5)
        self._finish()

    def _finish(self):
        """Everything is let run, until all is complete; then the last comparison."""
        self._tracker.mode = "up"
        self._wake_all()
        until = time.monotonic() + 15 * 60
        while time.monotonic() < until and not all(self._is_done(content) for content in self._contents):
            self._look()
            self._leecher.call()
            time.sleep(1)
        for content in self._contents:
            if self._is_done(content):
                self._lap(content, again=False)
            else:
                self._fault(f"{content.name}: not complete 15 minutes after everything was let run: {self._ledgers[content.info_hash].last}")
        self._session.terminate()
        for error, count in collections.Counter(f"{name}: {script[:60]}: {text}" for name, text, script in self._session.errors).most_common(20):
            print(f"  error {count} x {error[:200]}")

    # ---- looking -----------------------------------------------------------------------------------------------------

    def _look(self):
        snapshots, _ = self._session.run("Get-Snapshot")
        seen = set()
        for now in snapshots:
            if ledger := self._ledgers.get(now["infoHash"]):
                seen.add(now["infoHash"])
                ledger.observe(now)
                if now["state"] == "Downloading" and time.monotonic() - ledger.progress > STUCK:
                    self._fault(f"{ledger.content.name}: nothing for {STUCK} s: {now}")
                    ledger.progress = time.monotonic()
                is_served = now["state"] == "Seeding" and now["complete"] and not self._partial.get(now["infoHash"])
                ledger.watch_leecher(self._leecher.received(now["infoHash"]), is_served and not self._leecher.has(now["infoHash"]))
                if time.monotonic() - ledger.leech_progress > STUCK:
                    self._fault(f"{ledger.content.name}: the leecher has got nothing for {STUCK} s: {now}")
                    ledger.leech_progress = time.monotonic()
        for missing in self._ledgers.keys() - seen:
            self._fault(f"{self._ledgers[missing].content.name}: is gone from Get-TorrentStatus")
            self._start(self._ledgers[missing].content)

    def _is_done(self, content):
        ledger = self._ledgers[content.info_hash]
        return (ledger.last is not None and ledger.last["complete"] and ledger.last["state"] == "Seeding" and not self._partial.get(content.info_hash)
                and self._leecher.has(content.info_hash))

    def _laps(self):
        for content in self._contents:
            ledger = self._ledgers[content.info_hash]
            if ledger.last and ledger.last["complete"] and ledger.last["state"] == "Seeding" and self._rng.random() < 0.01:
                self.counts["files compared"] += 1
                ledger.check_files(self._partial.get(content.info_hash))
            if self._is_done(content) and self._rng.random() < 0.1:
                self._lap(content)

    def _lap(self, content, again=True):
        """A torrent is whole, and a leecher got all of it from us: all is compared, all is deleted, and it begins anew."""
        self._look()
        ledger = self._ledgers[content.info_hash]
        ledger.check_files()
        leeched = self._leecher.received(content.info_hash)
        if self._leecher.failed(content.info_hash):
            self._fault(f"{content.name}: the leecher got {self._leecher.failed(content.info_hash)} bad bytes from us")
        destination = pathlib.Path(ledger.last["destination"])
        self._do(content, "Remove-Torrent -InfoHash {0} -DeleteData -Confirm:$false")
        time.sleep(0.5)
        if (destination / content.name).exists():
            self._fault(f"{content.name}: something is left where its data were deleted")
        announces = self._tracker.take(content.info_hash)
        ledger.settle(announces, Tracker.credited(announces), leeched)
        self._leecher.forget(content.info_hash)
        del self._ledgers[content.info_hash]
        self.counts["laps"] += 1
        if again:
            self._start(content)

    def _report(self):
        for line in self._leecher.describe():
            self._note(f"leecher: {line}")
        memory = self._session.memory()
        self._memory.append(memory)
        states = collections.Counter(ledger.last["state"] for ledger in self._ledgers.values() if ledger.last)
        print(f"{(time.monotonic() - self._began) / 60:6.1f} min  faults {len(self.faults)}  {memory >> 20} MiB  clock {self._clock.shift:+d} s  "
              f"tracker {self._tracker.mode}  {dict(states)}  {dict(sorted(self.counts.items()))}", flush=True)

    # ---- doing -------------------------------------------------------------------------------------------------------

    def _start(self, content):
        self._ledgers[content.info_hash] = Ledger(content, self._fault)
        self._suspended.discard(content.info_hash)
        self._partial.pop(content.info_hash, None)
        self._moved.discard(content.info_hash)
        where = self._folder / "down"
        self._do(content, f"$null = Start-Torrent -LiteralPath '{content.torrent}' '{where}'")
        self._leecher.want(content)

    def _do(self, content, script):
        """Runs a command about a torrent; {0} is its info hash in quotes."""
        _, errors = self._session.run(script.format(f"'{content.info_hash}'"))
        for error in errors:
            if error["id"].startswith(("Unexpected", "EngineFailed")):
                self._fault(f"{content.name}: {script}: {error['id']}: {error['text']}")
        return errors

    def _act(self):
        acts = [(self._suspend, 16), (self._resume, 20), (self._check, 8), (self._move, 8), (self._stop_and_start, 6), (self._choose, 8),
                (self._terminate, 3), (self._kill, 3), (self._step, 4), (self._outage, 4)]
        act = self._rng.choices([act for act, _ in acts], [weight for _, weight in acts])[0]
        content = self._rng.choice(self._contents)
        self._note(f"{act.__name__[1:]} {content.name}")
        act(content)

    def _suspend(self, content):
        self._do(content, "Suspend-Torrent -InfoHash {0}")
        self._suspended.add(content.info_hash)
        self._cut(content, "suspend")

    def _resume(self, content):
        content = next((each for each in self._contents if each.info_hash in self._suspended), content)
        self._do(content, "Resume-Torrent -InfoHash {0}")
        self._suspended.discard(content.info_hash)
        self._ledgers[content.info_hash].progress = time.monotonic()
        self.counts["resume"] += 1

    def _check(self, content):
        output, _ = self._session.run(f"Test-Torrent -InfoHash '{content.info_hash}' -PassThru | ForEach-Object {{ @($_.BadPieces).Count }}", 300)
        if any(output):
            self._fault(f"{content.name}: a check found {output} bad pieces that had counted")
        self._cut(content, "check")

    def _move(self, content):
        to = "down" if content.info_hash in self._moved else "moved"
        if not self._do(content, f"Set-Torrent -InfoHash {{0}} -Destination '{self._folder / to}'"):
            (self._moved.discard if to == "down" else self._moved.add)(content.info_hash)
        self._cut(content, "move")

    def _stop_and_start(self, content):
        where = self._folder / ("moved" if content.info_hash in self._moved else "down")
        self._do(content, "Stop-Torrent -InfoHash {0}")
        self._do(content, f"$null = Start-Torrent -LiteralPath '{content.torrent}' '{where}'")
        self._suspended.discard(content.info_hash)
        self._cut(content, "stop and start")

    def _choose(self, content):
        if content.is_single:
            return
        if self._partial.pop(content.info_hash, None):
            self._do(content, "Set-TorrentFile -InfoHash {0} -Priority Normal")
        else:
            some = sorted(self._rng.sample(range(len(content.files)), max(1, len(content.files) // 2)))
            # In the torrent's order, which is libtorrent's, not the order in which the files were made.
            script = f"Set-TorrentFile -InfoHash {{0}} -Index {','.join(map(str, some))} -Only; Get-TorrentFile -InfoHash {{0}} | Where-Object Priority -ne Skip | ForEach-Object Path"
            output, errors = self._session.run(script.format(f"'{content.info_hash}'"))
            if not errors:
                self._partial[content.info_hash] = [f"{content.name}/{pathlib.PurePosixPath(path).name}" for path in output]
        self._ledgers[content.info_hash].progress = time.monotonic()
        self.counts["choose"] += 1

    def _terminate(self, _):
        self._look()
        code, seconds = self._session.terminate()
        self._note(f"ended with {code} after {seconds:.1f} s")
        if seconds > 20:
            self._fault(f"SIGTERM took {seconds:.0f} s")
        if code not in (0, 143, -15):
            self._fault(f"SIGTERM ended the session with {code}")
        self._restart(killed=False)
        self.counts["SIGTERM"] += 1

    def _kill(self, _):
        self._look()
        time.sleep(self._rng.uniform(0, 3))
        self._session.kill()
        self._restart(killed=True)
        self.counts["SIGKILL"] += 1

    def _step(self, _):
        if self._clock.library:
            self._clock.set(self._rng.choice([0, -7200, 7200, -86400, 86400, 30, -30, 3600]))
            self.counts["clock step"] += 1

    def _outage(self, _):
        self._tracker.mode = self._rng.choice(["error", "closed", "slow"])
        self._outage_ends = time.monotonic() + self._rng.uniform(10, 120)
        self.counts["tracker outage"] += 1

    def _restart(self, killed):
        for ledger in self._ledgers.values():
            ledger.ended(killed)
        self._session.start()
        restored, errors = self._session.run("Restore-Torrent | ForEach-Object InfoHash", 300)
        for error in errors:
            self._fault(f"after a {'kill' if killed else 'SIGTERM'}: {error['id']}: {error['text']}")
        for content in self._contents:
            if content.info_hash not in restored:
                self._fault(f"{content.name}: not restored after a {'kill' if killed else 'SIGTERM'}")
                self._start(content)

    def _wake_all(self):
        for content in self._contents:
            if self._partial.pop(content.info_hash, None):
                self._do(content, "Set-TorrentFile -InfoHash {0} -Priority Normal")
            if content.info_hash in self._suspended:
                self._do(content, "Resume-Torrent -InfoHash {0}")
        self._suspended.clear()

    def _cut(self, content, name):
        ledger = self._ledgers[content.info_hash]
        ledger.cut()
        ledger.progress = time.monotonic()
        self.counts[name] += 1

    def _note(self, text):
        """What was done is kept beside the torrents, for whoever looks for the cause of a fault."""
        with open(self._folder / "acts.log", "a", encoding="utf-8") as file:
            file.write(f"{(time.monotonic() - self._began) / 60:7.2f} {text}\n")

    def _fault(self, text):
        text = f"[{(time.monotonic() - self._began) / 60:.2f} min, clock {self._clock.shift:+d} s] {text}"
        self._note(f"FAULT {text}")
        self.faults.append(text)
        print("FAULT", text, flush=True)
        if len(self.faults) >= MOST_FAULTS:
            raise SessionError(f"{MOST_FAULTS} faults are enough")

    def summary(self):
        print(f"{(time.monotonic() - self._began) / 60:.0f} minutes: {dict(sorted(self.counts.items()))}")
        if self._memory:
            print(f"memory of the session: {self._memory[0] >> 20} MiB after a minute, {max(self._memory) >> 20} MiB at most, {self._memory[-1] >> 20} MiB at the end")
        if not self._clock.library:
            print("libfaketime is missing: no clock was set")
        print(f"{len(self.faults)} faults" if self.faults else "nothing was lost, and all totals are right")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=120, help="how long (default: 120)")
    parser.add_argument("--torrents", type=int, default=10, help="how many torrents (default: 10)")
    parser.add_argument("--rate", type=int, default=512, metavar="KIB/S", help="what the seed sends of each torrent (default: 512)")
    parser.add_argument("--scale", type=float, default=1, help="factor on the torrents' sizes, which are 4 to 24 MiB (default: 1)")
    parser.add_argument("--seed", type=int, default=1, help="what content and actions follow from (default: 1)")
    parser.add_argument("--module", default=ROOT / "module/TorrentPatron", help="the staged module (default: this clone's)")
    parser.add_argument("--pwsh", default="pwsh", help="which PowerShell (default: the one on PATH)")
    parser.add_argument("--folder", help="where to work (default: the temporary folder); it is kept after a fault")
    options = parser.parse_args()
    folder = pathlib.Path(tempfile.mkdtemp(prefix="soak-", dir=options.folder)).resolve()
    soak = Soak(options, folder)
    try:
        soak.run(options.minutes)
    except SessionError as e:
        soak.faults.append(f"{e}; see {folder}/session.err")
        print("FAULT", soak.faults[-1])
    finally:
        if soak._session._process:
            soak._session.kill()
    soak.summary()
    if not soak.faults:
        shutil.rmtree(folder)
    else:
        print(f"left to look at: {folder}")
    return 1 if soak.faults else 0


if __name__ == "__main__":
    sys.exit(main())
