#!/usr/bin/python3 -IS
"""Hostile clients of `patron service`: what they cost the service, and its other clients.

    python3 -IS tests/Hostile.py [path of patron.dll]

Starts a service in a temporary folder, and prints its memory and how long another client waits for its answers while each of them is at it.
Only the standard library is needed. Run as root it also connects as another user, which must be refused.
"""
import base64, json, os, shutil, socket, statistics, subprocess, sys, tempfile, threading, time

here = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
patron = sys.argv[1] if len(sys.argv) > 1 else os.path.join(here, "src/TorrentPatron.Cli/bin/Debug/net10.0/patron.dll")
top = tempfile.mkdtemp(prefix="tp-hostile-")
path = os.path.join(top, "run", "s")
os.mkdir(os.path.join(top, "root"))
service = subprocess.Popen(
    ["dotnet", "exec", patron, "service", "--socket", path, "--state", os.path.join(top, "state"), "--root", os.path.join(top, "root"),
     "--no-dht", "--no-local-discovery", "--no-port-mapping"],
    stdout=subprocess.PIPE, text=True)
service.stdout.readline()


class Client:
    def __init__(self, hello=True):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(30)
        self.socket.connect(path)
        self.lines = self.socket.makefile("rb")
        self.id = 0
        if hello:
            self.call("hello", protocol=1)

    def call(self, method, **params):
        self.id += 1
        self.socket.sendall(json.dumps({"jsonrpc": "2.0", "id": self.id, "method": method, "params": params}).encode() + b"\n")
        while True:
            line = self.lines.readline()
            if not line:
                raise ConnectionError("closed")
            message = json.loads(line)
            if message.get("id") == self.id:
                return message

    def close(self):
        self.lines.close()
        self.socket.close()


def memory(what="VmRSS"):
    with open(f"/proc/{service.pid}/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith(what + ":")) / 1024


polite = Client()
for number in range(200):
    info = b"d6:lengthi1000e4:name%d:t%d12:piece lengthi16384e6:pieces20:%se" % (1 + len(str(number)), number, b"#" * 20)
    answer = polite.call("start", metainfo=base64.b64encode(b"d4:info" + info + b"e").decode(), destination=os.path.join(top, "root"), suspended=True)
    assert answer["result"]["kind"] == "NewTorrentCreated", answer


def waits(seconds):
    """How long each answer takes, ms."""
    found, end = [], time.monotonic() + seconds
    while time.monotonic() < end:
        began = time.monotonic()
        polite.call("getStatuses", infoHash=first)
        found.append((time.monotonic() - began) * 1000)
        time.sleep(0.002)
    return found


first = polite.call("getStatuses")["result"]["changed"][0]["infoHash"]
waits(1)


def told(name, found):
    found.sort()
    print(f"{name:38} p50 {statistics.median(found):7.2f} ms, p99 {found[int(len(found) * 0.99)]:7.2f} ms, {len(found):5} answers; "
          f"service {memory():5.0f} MiB, at most {memory('VmHWM'):5.0f} MiB", flush=True)


def while_(name, work, seconds=4, threads=1):
    ending = threading.Event()

    def run():
        while not ending.is_set():
            try:
                work(ending)
            except (OSError, ConnectionError, ValueError):
                pass

    running = [threading.Thread(target=run, daemon=True) for _ in range(threads)]
    for thread in running:
        thread.start()
    time.sleep(0.3)
    found = waits(seconds)
    ending.set()
    told(name, found)
    for thread in running:
        thread.join(35)


requests = 0


def flood(ending):
    """Requests as fast as they are taken, their answers read."""
    global requests
    client = Client()
    client.socket.settimeout(5)
    batch = b"".join(b'{"jsonrpc":"2.0","id":%d,"method":"settings"}\n' % (i + 10) for i in range(50))

    def read():
        try:
            while client.socket.recv(1 << 20):
                pass
        except OSError:
            pass

    reader = threading.Thread(target=read, daemon=True)
    reader.start()
    while not ending.is_set():
        client.socket.sendall(batch)
        requests += 50
    client.close()


def deaf(ending):
    """Requests whose answers nobody reads."""
    clients = []
    batch = b"".join(b'{"jsonrpc":"2.0","id":%d,"method":"getStatuses"}\n' % (i + 10) for i in range(50))
    try:
        while not ending.is_set() and len(clients) < 32:
            client = Client()
            client.socket.settimeout(0.2)
            clients.append(client)
            try:
                for _ in range(20000):
                    client.socket.sendall(batch)
            except TimeoutError:
                pass
        ending.wait(10)
    finally:
        for client in clients:
            client.close()


def garbage(ending):
    client = Client(hello=os.urandom(1) < b"\x80")
    for _ in range(1000):
        client.socket.sendall(os.urandom(1000) + b"\n")
        if ending.is_set():
            break
    client.close()


def deep(ending):
    client = Client()
    client.socket.sendall(b'{"jsonrpc":"2.0","id":7,"method":"start","params":' + b'{"a":' * 100_000 + b"1" + b"}" * 100_000 + b"}\n")
    client.lines.readline()
    client.close()


def endless(ending):
    client = Client()
    for _ in range(1024):
        client.socket.sendall(b"[" * 65536)
        if ending.is_set():
            break
    client.close()


def uploads(ending):
    client = Client()
    data = base64.b64encode(bytes(512 << 10)).decode()
    try:
        for number in range(4 * 200):
            client.call("upload", upload=str(number // 200), data=data)
            if ending.is_set():
                break
        ending.wait(1)
    finally:
        client.close()


def starts(ending):
    client = Client()
    while not ending.is_set():
        answer = client.call("start", metainfo=base64.b64encode(os.urandom(300_000)).decode(), destination="/etc")
        assert "error" in answer


def out_of_roots(ending):
    client = Client()
    info = b"d6:lengthi1000e4:name1:x12:piece lengthi16384e6:pieces20:" + os.urandom(20) + b"e"
    for destination in ("/etc/x", os.path.join(top, "root", "..", "elsewhere"), os.path.join(top, "root2"), "/proc/self/root/tmp", "\0", "x" * 100_000):
        answer = client.call("start", metainfo=base64.b64encode(b"d4:info" + info + b"e").decode(), destination=destination)
        assert answer.get("result", {}).get("kind") == "TorrentStartFail" or "error" in answer, (destination, answer)
    client.close()


try:
    told("no other client", waits(4))
    while_("a flood of requests", flood)
    while_("two floods of requests", flood, threads=2)
    began, before = time.monotonic(), requests
    while requests - before < 1_000_000 and time.monotonic() - began < 120:
        event = threading.Event()
        threading.Timer(10, event.set).start()
        try:
            flood(event)
        except OSError:
            pass
    told(f"{requests - before} requests in {time.monotonic() - began:.0f} s", waits(1))
    while_("unread answers (32 clients)", deaf)
    while_("garbage", garbage)
    while_("deeply nested JSON", deep)
    while_("endless lines", endless)
    while_("uploads of 400 MiB, never used", uploads, threads=4)
    while_("invalid .torrents", starts, threads=2)
    out_of_roots(None)
    assert not os.path.exists(os.path.join(top, "elsewhere")) and not os.path.exists("/etc/x")
    silent = []

    def half_open(ending):
        while not ending.is_set() and len(silent) < 1000:
            one = socket.socket(socket.AF_UNIX)
            one.settimeout(10)
            one.connect(path)
            silent.append(one)
        if not ending.is_set():
            Client().close()
            ending.wait(0.05)

    while_("1,000 silent connections", half_open)
    print(f"  {len(silent)} were opened; a newcomer is greeted: {'result' in Client().call('settings')}")
    for one in silent:
        one.close()
    if os.geteuid() == 0:
        other = subprocess.run(
            ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups", "/usr/bin/python3", "-IS", "-c",
             f"import socket; s = socket.socket(socket.AF_UNIX); s.connect({path!r})"], capture_output=True, text=True)
        print(f"  another user: {other.stderr.strip().splitlines()[-1] if other.stderr else 'CAME IN'}")
    time.sleep(2)
    told("no other client, afterwards", waits(2))
    print(f"  torrents: {polite.call('getStatuses')['result']['total']}; the service lives: {service.poll() is None}")
finally:
    service.terminate()
    service.wait(20)
    shutil.rmtree(top, ignore_errors=True)
