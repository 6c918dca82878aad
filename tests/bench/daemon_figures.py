"""What the daemon costs the machine: processor time, memory, wake-ups, and time to READY."""

import contextlib
import os
import pathlib
import signal
import socket
import subprocess
import time

UNIT = pathlib.Path(__file__).parent.parent.parent / "systemd/ir-meterd.service.in"
PATIENCE = 60  # seconds for anything that should happen at once


class Daemon:
    """ir-meterd on the given lines, bus and broker, ready when the block begins.

    prefix: the command that starts it, where that is not the program itself.
    """

    def __init__(self, program, folder, devices, bus, broker_port, key, interval, session,
                 prefix=(), slow_interval="60s"):
        self._command = [*prefix, program]
        self.meters = len(devices)
        self._broker_port = broker_port
        credentials = folder / "credentials"
        credentials.mkdir(mode=0o700, exist_ok=True)
        (credentials / "meter-key").write_text(key)
        self._config = folder / "ir-meterd.toml"
        meters = "".join(f"""\
[[meter]]
name = "m{number}"
device = "{device}"
interval = "{interval}"
slow_interval = "{slow_interval}"
session = "{session}"
""" for number, device in enumerate(devices))
        self._config.write_text(meters + f"""\
[mqtt]
url = "mqtt://127.0.0.1:{broker_port}"
[dbus]
bus = "session"
[cache]
directory = "{folder}/cache"
""")
        self._environment = set_by_the_unit() | {
            "PATH": os.environ["PATH"],
            "CREDENTIALS_DIRECTORY": str(credentials),
            "DBUS_SESSION_BUS_ADDRESS": bus,
            "NOTIFY_SOCKET": str(folder / "notify"),
            "STATE_DIRECTORY": str(folder),
        }
        self._log = folder / "ir-meterd.log"
        self.seconds_to_ready = None

    def __enter__(self):
        with contextlib.ExitStack() as stack:
            notify = stack.enter_context(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM))
            path = pathlib.Path(self._environment["NOTIFY_SOCKET"])
            path.unlink(missing_ok=True)
            notify.bind(str(path))
            notify.settimeout(PATIENCE)
            log = stack.enter_context(self._log.open("w"))
            began = time.monotonic()
            self._process = subprocess.Popen(
                [*self._command, "--config", self._config], env=self._environment, stderr=log)
            stack.callback(self._stop)
            while b"READY=1" not in notify.recv(4096).split(b"\n"):
                pass
            self.seconds_to_ready = time.monotonic() - began
            # Nobody listens any more; what else the daemon says is lost, as datagrams are.
            self._running = stack.pop_all()
        return self

    def __exit__(self, *_):
        self._running.close()

    def _stop(self):
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
            raise

    @property
    def pid(self):
        return self._process.pid

    def _threads(self):
        return sorted(pathlib.Path(f"/proc/{self._process.pid}/task").iterdir(),
                      key=lambda task: int(task.name))

    def processor_seconds(self):
        """User and system time of each thread by its name; the first is the daemon's own."""
        return {f"{task.name} {(task / 'comm').read_text().strip()}":
                int((task / "schedstat").read_text().split()[0]) / 1e9
                for task in self._threads()}

    def wake_ups(self):
        """How often each thread has gone to sleep and come back."""
        return {f"{task.name} {(task / 'comm').read_text().strip()}":
                field(task / "status", "voluntary_ctxt_switches")
                for task in self._threads()}

    def memory_kib(self):
        """Resident, and of that what no other process has and the kernel cannot read again."""
        status = pathlib.Path(f"/proc/{self._process.pid}/status")
        return field(status, "VmRSS"), field(status, "RssAnon")

    @contextlib.contextmanager
    def readings(self):
        """A function that returns once each meter was read, as the broker passes it on."""
        command = ["mosquitto_sub", "-h", "127.0.0.1", "-p", str(self._broker_port),
                   "-t", "ir-meterd/meter/+/live"]
        with subprocess.Popen(command, stdout=subprocess.PIPE) as subscriber:
            def next_reading():
                for _ in range(self.meters):
                    if not subscriber.stdout.readline():
                        raise RuntimeError("the broker has gone; see " + str(self._log))
            try:
                yield next_reading
            finally:
                subscriber.kill()


def set_by_the_unit():
    lines = [line for line in UNIT.read_text().splitlines() if line.startswith("Environment=")]
    return dict(line.removeprefix("Environment=").split("=", 1) for line in lines)


def field(path, name):
    for line in path.read_text().splitlines():
        if line.startswith(name + ":"):
            return int(line.split()[1])
    raise RuntimeError(f"{path} has no {name}")


def per_thread(before, after, divisor):
    """The daemon's own thread, and those of libraries by their names."""
    shares = {name: (after[name] - before.get(name, 0)) / divisor for name in after}
    own, *others = shares
    return shares[own], {name.split(maxsplit=1)[1]: shares[name] for name in others}


def over_polls(daemon, what, polls):
    """What each thread spends per poll; and the seconds that the polls took."""
    with daemon.readings() as next_reading:
        next_reading()
        next_reading()  # the first one reads more than the others
        before, began = what(), time.monotonic()
        for _ in range(polls):
            next_reading()
        after, seconds = what(), time.monotonic() - began
    return per_thread(before, after, polls), seconds
