"""A real PowerShell with the module, in a process of its own: told what to do, killed, ended by signals, and its clock set."""
import glob
import json
import os
import pathlib
import queue
import signal
import subprocess
import threading
import time


class SessionError(Exception):
    """The session did not answer, or ended by itself."""


class Clock:
    """The wall clock that the session sees, where libfaketime is installed; the machine's own is not touched."""

    def __init__(self, folder):
        found = glob.glob("/usr/lib/*/faketime/libfaketimeMT.so.1")
        self.library = found[0] if found else None
        self._file = pathlib.Path(folder, "clock")
        self.shift = 0
        self.set(0)

    def set(self, seconds):
        self.shift = seconds
        new = self._file.with_suffix(".new")
        new.write_text(f"{seconds:+d}\n")
        new.replace(self._file)

    def environment(self):
        if not self.library:
            return {}
        # The last one: libfaketime would shift the deadlines of waits on the monotonic clock too, so that all of them end at once.
        return {"LD_PRELOAD": self.library, "FAKETIME_TIMESTAMP_FILE": str(self._file), "FAKETIME_NO_CACHE": "1",
                "DONT_FAKE_MONOTONIC": "1", "FAKETIME_DONT_FAKE_MONOTONIC": "1", "FAKETIME_FORCE_MONOTONIC_FIX": "0"}


def _pwsh(name):
    """The command that starts pwsh itself: a .NET tool's shim passes no signals on."""
    script = "[Environment]::ProcessPath; Join-Path $PSHOME pwsh.dll"
    host, dll = subprocess.run([name, "-NoProfile", "-Command", script], capture_output=True, text=True, check=True).stdout.split("\n")[:2]
    return [host, dll] if pathlib.Path(host).stem == "dotnet" else [host]


class Session:
    """One process after another, over the same saved state and port."""

    def __init__(self, pwsh, module, folder, port, clock):
        self._command = [*_pwsh(pwsh), "-NoProfile", "-NonInteractive", "-File", str(pathlib.Path(__file__).parent.parent / "session.ps1"),
                         str(module), str(pathlib.Path(folder, "state")), str(port)]
        self._folder = folder
        self._clock = clock
        self._process = None
        self._lines = queue.Queue()
        self._id = 0
        self.errors = []

    @property
    def pid(self):
        return self._process.pid

    def start(self):
        environment = {**os.environ, "TORRENTPATRON_DISCOVERY": "off", "NO_COLOR": "1", **self._clock.environment()}
        self._lines = queue.Queue()
        self._process = subprocess.Popen(
            self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=open(pathlib.Path(self._folder, "session.err"), "ab"),
            cwd=self._folder, env=environment, text=True)
        threading.Thread(target=self._read, args=(self._process.stdout, self._lines), daemon=True).start()
        self._answer(0, 120)

    def run(self, script, seconds=120):
        """The output of a script. Errors are kept in `errors`, and returned beside it."""
        self._id += 1
        try:
            self._process.stdin.write(json.dumps({"id": self._id, "script": script}) + "\n")
            self._process.stdin.flush()
        except OSError as e:
            raise SessionError(f"the session has ended with {self._process.poll()}") from e
        answer = self._answer(self._id, seconds)
        self.errors += [(error["id"], error["text"], script) for error in answer["errors"]]
        return answer["output"], answer["errors"]

    def kill(self):
        self._process.kill()
        self._process.wait()

    def terminate(self, seconds=60):
        """Ends it as systemd does. Returns its exit code and how long it took."""
        began = time.monotonic()
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(seconds)
        except subprocess.TimeoutExpired as e:
            self.kill()
            raise SessionError(f"the session has not ended {seconds} s after SIGTERM") from e
        return self._process.returncode, time.monotonic() - began

    def memory(self):
        """Resident memory, bytes."""
        with open(f"/proc/{self.pid}/status", encoding="ascii") as file:
            return next(int(line.split()[1]) << 10 for line in file if line.startswith("VmRSS"))

    @staticmethod
    def _read(stream, lines):
        for line in stream:
            lines.put(line)
        lines.put(None)

    def _answer(self, number, seconds):
        until = time.monotonic() + seconds
        while True:
            try:
                line = self._lines.get(timeout=max(0.01, until - time.monotonic()))
            except queue.Empty:
                raise SessionError(f"no answer within {seconds} s to command {number}") from None
            if line is None:
                raise SessionError(f"the session has ended by itself with {self._process.wait()}")
            if line.startswith("{"):
                answer = json.loads(line)
                if answer["id"] == number:
                    return answer
