#!/usr/bin/env python3
"""Runs every installed BitTorrent client over the same work, and compares what that takes. See README.md."""
import argparse
import importlib.util
import json
import os
import pathlib
import shutil
import signal
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).parent))
sys.dont_write_bytecode = True

from comparison import clients, machine, processes, works  # noqa: E402
from comparison.payloads import MIB, Payloads  # noqa: E402
from comparison.report import Report  # noqa: E402
from comparison.works.base import Bench  # noqa: E402


def parsed():
    names = [work.name for work in works.ALL]
    known = [client.name for client in clients.ALL]
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--work", nargs="+", metavar="NAME", help=f"which works (default: all): {', '.join(names)}; "
                        "a beginning, such as 'leech', names all that begin so")
    parser.add_argument("--client", nargs="+", choices=known, help="which clients (default: all that are installed)")
    parser.add_argument("--size", type=int, default=1024, metavar="MIB", help="MiB of a payload (default: 1024)")
    parser.add_argument("--rounds", type=int, default=5, help="interleaved rounds (default: 5)")
    parser.add_argument("--time-out", type=float, default=300, metavar="S", help="seconds to wait for anything (default: 300)")
    parser.add_argument("--idle", type=float, default=60, metavar="S", help="seconds of idleness to be measured (default: 60)")
    parser.add_argument("--torrents", type=int, default=10_000, help="torrents of a service (default: 10000)")
    parser.add_argument("--limit", metavar="PROJECT", help="a prototype's project folder, to be measured too where it can be")
    parser.add_argument("--json", metavar="FILE", help="where to write all figures")
    parser.add_argument("--tuned", action="store_true", help="the libtorrent that gives to each client, or takes from it, is tuned as libtorrent-tuned is")
    parser.add_argument("--folder", help="where to work: needs room for ten payloads (default: the temporary folder)")
    parser.add_argument("--first-port", type=int, default=20000, help="ports are taken from here upward (default: 20000)")
    arguments = parser.parse_args()
    chosen = [work for work in works.ALL
              if not arguments.work or any(work.name == name or work.name.startswith(name + "-") for name in arguments.work)]
    for name in arguments.work or []:
        if not any(work.name == name or work.name.startswith(name + "-") for work in chosen):
            parser.error(f"no work is called {name}: there are {', '.join(names)}")
    return arguments, chosen


def present(arguments, folder):
    """The clients to be measured, and why others are not."""
    chosen = [client() for client in clients.ALL if not arguments.client or client.name in arguments.client]
    if arguments.limit:
        chosen.append(clients.Limit(arguments.limit, folder))
    absent = {client.name: why for client in chosen if (why := client.missing())}
    return [client for client in chosen if client.name not in absent], absent


def measure(work, contenders, rounds):
    """Runs a work with each client in turn, in interleaved rounds."""
    report = Report(work, [client.name for client in work.contenders(contenders)])
    rounds = min(rounds, work.rounds or rounds)
    able = []
    for client in work.contenders(contenders):
        if why := work.lacks(client):
            if client.is_ours or client.is_rival:
                report.note(client, why)
        else:
            able.append(client)
    if not able:
        return report
    work.open()
    try:
        for turn in range(rounds):
            # Another begins each round: what a client leaves behind (warm memory, a full page cache) is the next one's gain or loss.
            first = turn % max(1, len(able))
            for client in able[first:] + able[:first]:
                if turn >= (client.rounds or rounds):
                    continue
                try:
                    figures = work.run(client)
                except (processes.Failure, OSError) as error:
                    say(f"{work.name} {turn + 1}: {client.name}: {error}")
                    report.note(client, f"failed: {error}")
                    able.remove(client)
                    continue
                report.add(client, figures)
                say(f"{work.name} {turn + 1}: {client.name}: "
                    + ", ".join(f"{key} {value:.3g}" for key, value in figures.items() if value is not None))
    finally:
        work.close()
    for client in able:
        if client.rounds and client.rounds < rounds:
            report.note(client, f"{client.rounds} round only, for it is slow")
    return report


def say(text):
    print(text, file=sys.stderr, flush=True)


def main():
    if importlib.util.find_spec("libtorrent") is None:
        sys.exit("This Python has no libtorrent. On Debian: apt install python3-libtorrent, and run it with /usr/bin/python3.")
    arguments, chosen = parsed()
    # No client speaks to anybody outside this machine.
    os.environ["TORRENTPATRON_DISCOVERY"] = "off"
    clients.LibtorrentProcess.is_tuned = arguments.tuned
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("Ended by a signal."))
    folder = pathlib.Path(tempfile.mkdtemp(prefix="benchmarks-", dir=arguments.folder))
    bench = Bench(
        folder, machine.Ports(arguments.first_port), Payloads(folder), arguments.size * MIB, arguments.time_out, arguments.idle,
        arguments.torrents)
    result = {"machine": machine.described(), "time": time.strftime("%Y-%m-%d"), "rounds": arguments.rounds, "works": []}
    try:
        contenders, absent = present(arguments, folder)
        print(f"{result['machine']}; medians of {arguments.rounds} interleaved rounds.\n")
        for name, why in absent.items():
            print(f"Without {name}: {why}.\n")
        machine.warm(folder, 4 * bench.size)
        for make in chosen:
            work = make(bench)
            if why := work.missing():
                print(f"### {work.title}\n\nNot measured: {why}.\n", flush=True)
                result["works"].append({"work": work.name, "title": work.title, "missing": why})
                continue
            report = measure(work, contenders, arguments.rounds)
            print(report.markdown(), flush=True)
            result["works"].append(report.json())
            if arguments.json:
                pathlib.Path(arguments.json).write_text(json.dumps(result, indent=1))
    finally:
        processes.stop_all()
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
