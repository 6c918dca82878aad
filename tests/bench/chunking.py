"""A poll through a converter that hands bytes on in pieces, as those on USB do: how long it takes, and
what it costs the daemon."""

import os
import pathlib
import select
import statistics
import tempfile
import threading
import time
import tty

import counts
import daemon_figures
import stage

# By name: how long what has come is held back, in seconds. FTDI's hold it for 16 ms, or for 1 ms where
# low latency is asked for; others hand on each byte.
WAYS = {"byte by byte": 0, "FTDI at 1 ms": 0.001, "FTDI at 16 ms": 0.016}
FTDI_FULL = 62  # bytes, which are not held any longer
PAUSE = 0.3  # seconds without a byte, by which polls are told apart


class Converter:
    """A pseudo-terminal in front of the meter's, which knows how long each poll took."""

    def __init__(self, meter, hold):
        self._hold = hold
        self._meter = os.open(meter, os.O_RDWR | os.O_NOCTTY)
        tty.setraw(self._meter)
        self._daemon, self._other_end = os.openpty()
        tty.setraw(self._other_end)
        self.device = os.ttyname(self._other_end)
        self.polls = []  # seconds from the first byte of the first request to the last of the answer
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._serve)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._ending.set()
        self._thread.join()
        for descriptor in self._meter, self._daemon, self._other_end:
            os.close(descriptor)

    def _serve(self):
        held, due = b"", 0.0
        began = latest = 0.0
        while not self._ending.is_set():
            wait = max(0.0, due - time.monotonic()) if held else PAUSE
            ready, _, _ = select.select([self._daemon, self._meter], [], [], wait)
            now = time.monotonic()
            if self._daemon in ready:
                if now - latest > PAUSE:
                    self.polls.append(latest - began)
                    began = now
                os.write(self._meter, os.read(self._daemon, 4096))
            if self._meter in ready:
                due = due if held else now + self._hold
                held += os.read(self._meter, FTDI_FULL if self._hold else 1)
            if held and (now >= due or len(held) >= FTDI_FULL):
                os.write(self._daemon, held)
                held, latest = b"", now


def measure(build, hold, session, polls):
    """Median milliseconds of a poll, and its counts."""
    with tempfile.TemporaryDirectory(prefix="ir-meterd-", dir="/dev/shm") as name:
        folder = pathlib.Path(name)
        with stage.parts(build, folder) as (devices, bus, port), \
                Converter(devices[0], hold) as converter:
            def make_daemon(prefix=()):
                return daemon_figures.Daemon(
                    build / "daemon/ir-meterd", folder, [converter.device], bus, port, stage.KEY,
                    "2s", session, prefix, "1h")

            daemon = make_daemon()
            with daemon.readings() as next_readings, daemon:
                counts.ready_to_count(daemon, next_readings)
                converter.polls.clear()
                while len(converter.polls) < polls + 1:
                    next_readings()
                # The first has begun before, or did not end.
                milliseconds = statistics.median(converter.polls[1:]) * 1e3
            return {"time, ms": milliseconds, **counts.calls(make_daemon, folder, polls)}


def table(build, polls):
    lines = []
    for session in "keep", "each":
        for name, hold in WAYS.items():
            measured = measure(build, hold, session, polls)
            if not lines:
                lines.append("".ljust(38) + "".join(what.rjust(21) for what in measured))
            lines.append(f"{name}, \"{session}\"".ljust(38) +
                         "".join(f"{value:21.0f}" for value in measured.values()))
    return "\n".join(lines)
