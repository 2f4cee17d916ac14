#!/usr/bin/env python3
"""Downloads the same torrent from the same libtorrent seed with several programs in turn, and compares what that takes.

Needs Linux, python3-libtorrent, and aria2c, patron and pwsh as far as they are to be measured; see README.md beside this.
"""
import argparse
import filecmp
import importlib.util
import os
import pathlib
import re
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
PATRON = REPOSITORY / "src/TorrentPatron.Cli/bin/Release/net10.0"
MODULE = REPOSITORY / "module/TorrentPatron/TorrentPatron.psd1"
NAME = "payload.bin"
TORRENT = "payload.torrent"
PIECE_LENGTH = 1 << 20
SMALL = 1 << 20  # bytes of a torrent so small that downloading it is no more than beginning and ending
TIME_OUT = 600  # seconds, for one download


def session(port):
    """A libtorrent session on loopback that finds nobody by itself."""
    import libtorrent as lt

    return lt.session({
        "listen_interfaces": f"127.0.0.1:{port}",
        "enable_dht": False,
        "enable_lsd": False,
        "enable_upnp": False,
        "enable_natpmp": False,
        "enable_incoming_utp": False,
        "enable_outgoing_utp": False,
        "allow_multiple_connections_per_ip": True,
    })


def add(lt_session, torrent, folder, peers=()):
    import libtorrent as lt

    parameters = lt.add_torrent_params()
    parameters.ti = lt.torrent_info(str(torrent))
    parameters.save_path = str(folder)
    parameters.flags &= ~(lt.torrent_flags.auto_managed | lt.torrent_flags.paused)
    parameters.peers = list(peers)
    return lt_session.add_torrent(parameters)


def seed(port, tracker_port, folders):
    """Seeds the torrents in some folders until its input ends, and answers every announce with its own address."""
    lt_session = session(port)
    handles = [add(lt_session, pathlib.Path(folder, TORRENT), folder) for folder in folders]
    while not all(handle.status().is_seeding for handle in handles):
        time.sleep(0.05)
    threading.Thread(target=track, args=(port, tracker_port), daemon=True).start()
    print("ready", flush=True)
    sys.stdin.read()


def track(peer_port, tracker_port):
    """A tracker for one peer: aria2 cannot be told of peers in another way."""
    peer = socket.inet_aton("127.0.0.1") + peer_port.to_bytes(2, "big")
    body = b"d8:intervali1800e5:peers6:" + peer + b"e"
    head = f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n".encode()
    with socket.create_server(("127.0.0.1", tracker_port)) as server:
        while True:
            client, _ = server.accept()
            with client:
                client.settimeout(5)
                try:
                    client.recv(4096)
                    client.sendall(head + body)
                except OSError:
                    pass


def download(torrent, folder, port, peer_port):
    """Downloads with libtorrent until everything is there and written."""
    lt_session = session(port)
    handle = add(lt_session, torrent, folder, [("127.0.0.1", peer_port)])
    while not handle.status().is_seeding:
        time.sleep(0.02)
    handle.pause()
    lt_session.remove_torrent(handle)


def make(size, folder):
    """Writes a payload and a torrent of it into a new folder."""
    import libtorrent as lt

    folder.mkdir()
    payload = folder / NAME
    with open(payload, "wb") as output:
        for start in range(0, size, PIECE_LENGTH):
            output.write(os.urandom(min(PIECE_LENGTH, size - start)))
    files = lt.file_storage()
    files.add_file(NAME, size)
    creator = lt.create_torrent(files, PIECE_LENGTH, lt.create_torrent.v1_only)
    lt.set_piece_hashes(creator, str(folder))
    (folder / TORRENT).write_bytes(lt.bencode(creator.generate()))
    return folder


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def patron():
    """How to start our command line, or None."""
    if (PATRON / "patron").exists():
        return [str(PATRON / "patron")]
    if (PATRON / "patron.dll").exists() and shutil.which("dotnet"):
        return ["dotnet", str(PATRON / "patron.dll")]
    return None


def contenders(seed_port, tracker_port):
    """The programs that are here: name, and command line for a torrent, a folder to download into and one for state."""
    found = {}
    peer = f"127.0.0.1:{seed_port}"
    if command := patron():
        found["patron"] = lambda torrent, target, state: [
            *command, "start", str(torrent), "--destination", str(target), "--peer", peer, "--state", str(state), "--quiet"]
    found["libtorrent"] = lambda torrent, target, state: [
        sys.executable, __file__, "--download", str(torrent), str(target), str(free_port()), str(seed_port)]
    if shutil.which("aria2c"):
        found["aria2c"] = lambda torrent, target, state: [
            "aria2c", "--no-conf", "--quiet", "--interface=127.0.0.1", f"--listen-port={free_port()}",
            "--enable-dht=false", "--enable-dht6=false", "--bt-enable-lpd=false", "--enable-peer-exchange=false",
            f"--bt-tracker=http://127.0.0.1:{tracker_port}/announce", "--bt-tracker-interval=1",
            "--seed-time=0", "--file-allocation=none", f"--dir={target}", str(torrent)]
    if shutil.which("pwsh") and MODULE.exists():
        # Single quotes are doubled, so that no path can end a string of the script.
        def quoted(path):
            return "'" + str(path).replace("'", "''") + "'"

        found["Start-Torrent"] = lambda torrent, target, state: [
            "pwsh", "-NoProfile", "-NonInteractive", "-Command",
            f"$ErrorActionPreference = 'Stop'; $ProgressPreference = 'SilentlyContinue'; $env:TORRENTPATRON_STATE = {quoted(state)}; "
            f"Import-Module {quoted(MODULE)}; "
            f"Start-Torrent {quoted(torrent)} -Destination {quoted(target)} -Peer {peer} -Wait | Out-Null"]
    return found


class AnonymousMemory(threading.Thread):
    """Looks at a process every 20 ms until it has gone. What rusage tells of memory would be our own from before the exec."""

    def __init__(self, pid):
        super().__init__(daemon=True)
        self.status = pathlib.Path(f"/proc/{pid}/status")
        self.peak = 0

    def run(self):
        while True:
            try:
                found = re.search(r"RssAnon:\s*(\d+) kB", self.status.read_text())
            except OSError:
                return
            if found is None:
                return
            self.peak = max(self.peak, int(found.group(1)))
            time.sleep(0.02)


def measure(command):
    """Runs a command. Returns wall seconds, CPU seconds and peak anonymous memory in MiB of the process."""
    begin = time.monotonic()
    with tempfile.TemporaryFile() as output:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT, start_new_session=True)
        alarm = threading.Timer(TIME_OUT, os.killpg, (process.pid, signal.SIGKILL))
        alarm.start()
        memory = AnonymousMemory(process.pid)
        memory.start()
        try:
            _, status, usage = os.wait4(process.pid, 0)
        except BaseException:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            raise
        finally:
            alarm.cancel()
        wall = time.monotonic() - begin
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode != 0:
            output.seek(0)
            sys.exit(f"{command} ended with {process.returncode}:\n{output.read().decode(errors='replace')}")
    return wall, usage.ru_utime + usage.ru_stime, memory.peak / 1024


def run(command, payload, folder):
    """Downloads once, compares the bytes, and cleans up. Returns what measure returns."""
    target, state = folder / "target", folder / "state"
    target.mkdir()
    result = measure(command(payload / TORRENT, target, state))
    if not filecmp.cmp(payload / NAME, target / NAME, shallow=False):
        sys.exit(f"{command} has got other bytes than the seed has.")
    shutil.rmtree(target)
    shutil.rmtree(state, ignore_errors=True)
    return result


def compare(arguments, folder):
    """Returns, for each program and round: wall seconds, those beyond the small torrent's, CPU seconds, peak memory."""
    print(f"Making {arguments.mib} MiB in {folder} ...", file=sys.stderr)
    payload, small = make(arguments.mib << 20, folder / "seed"), make(SMALL, folder / "small")
    seed_port, tracker_port = free_port(), free_port()
    seeder = subprocess.Popen(
        [sys.executable, __file__, "--seed", str(seed_port), str(tracker_port), str(payload), str(small)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        if seeder.stdout.readline().strip() != "ready":
            sys.exit("The seed does not start.")
        programs = contenders(seed_port, tracker_port)
        results = {name: [] for name in programs}
        for turn in range(arguments.rounds):
            for name, command in programs.items():
                least = run(command, small, folder)[0]
                wall, cpu, memory = run(command, payload, folder)
                results[name].append((wall, max(wall - least, 0.001), cpu, memory))
                print(f"round {turn + 1}: {name}: {wall:.2f} s, {cpu:.2f} s CPU, {memory:.0f} MiB; 1 MiB: {least:.2f} s", file=sys.stderr)
        return results
    finally:
        seeder.stdin.close()
        try:
            seeder.wait(10)
        except subprocess.TimeoutExpired:
            seeder.kill()
            seeder.wait()


def table(arguments, results):
    medians = {name: [statistics.median(column) for column in zip(*runs)] for name, runs in results.items()}
    unit = medians["libtorrent"]
    print(f"{arguments.mib} MiB from one libtorrent seed over loopback, medians of {arguments.rounds}"
          f" interleaved rounds, {os.cpu_count()} processors; in brackets: times what libtorrent needs.\n")
    print("| downloader | wall, s | of it transfer, s | CPU, s | peak anonymous memory, MiB |")
    print("|---|---|---|---|---|")
    for name, row in medians.items():
        cells = [f"{value:.{0 if value > 20 else 2}f} ({value / least:.2f})" for value, least in zip(row, unit)]
        print(f"| {name} | {' | '.join(cells)} |")


def main():
    if importlib.util.find_spec("libtorrent") is None:
        sys.exit("This Python has no libtorrent. On Debian: apt install python3-libtorrent, and run it with /usr/bin/python3.")
    if sys.argv[1:2] == ["--seed"]:
        return seed(int(sys.argv[2]), int(sys.argv[3]), sys.argv[4:])
    if sys.argv[1:2] == ["--download"]:
        return download(sys.argv[2], sys.argv[3], int(sys.argv[4]), int(sys.argv[5]))

    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--mib", type=int, default=1024, help="size of the payload (default: 1024)")
    parser.add_argument("--rounds", type=int, default=5, help="downloads with each program (default: 5)")
    parser.add_argument("--folder", help="where to work; needs room for twice the payload (default: the system's temporary folder)")
    arguments = parser.parse_args()
    folder = pathlib.Path(tempfile.mkdtemp(prefix="figures-", dir=arguments.folder))
    try:
        table(arguments, compare(arguments, folder))
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
