"""Takes all figures and prints them as one table; started by tests/bench/run."""

import contextlib
import json
import os
import pathlib
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile

import daemon_figures
import termineter_session

KEY = "0123456789ABCDEF0123"  # the simulated meter's, unless it is told otherwise


def say(text):
    print(text, file=sys.stderr, flush=True)


@contextlib.contextmanager
def running(command, ready):
    """A program that says a line with `ready` in it once it can be used."""
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        for line in process.stdout:
            if ready in line:
                break
        else:
            raise RuntimeError(f"{command[0]} does not start")
        yield
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Table:
    def __init__(self):
        self.rows = [("", "median", "best", "worst", "floor", "ratio", "bytes", "turns")]
        self.notes = []

    def add(self, name, *values):
        self.rows.append((name, *values))

    def shares(self, name, own, others, digits):
        total = own + sum(others.values())
        self.add(name, f"{total:.{digits}f}")
        parts = [f"{own:.{digits}f} our thread"]
        parts += [f"{share:.{digits}f} {thread}" for thread, share in others.items()]
        self.notes.append(f"{name}: {', '.join(parts)}")

    def __str__(self):
        first = max(len(row[0]) for row in self.rows)
        lines = [row[0].ljust(first) + "".join(value.rjust(9) for value in row[1:])
                 for row in self.rows]
        return "\n".join(lines + [""] + self.notes)


def add_line_polls(table, build):
    output = subprocess.run(
        [build / "tests/bench/line_bench", "--benchmark_format=json"],
        check=True, stdout=subprocess.PIPE).stdout
    for bench in json.loads(output)["benchmarks"]:
        if bench.get("error_occurred"):
            raise RuntimeError(f"{bench['name']}: {bench['error_message']}")
        name = bench["name"].split("/")[0].replace("_", " ")
        table.add(f"{name}, ms", *(f"{bench[key]:.1f}" for key in
                                   ("median_ms", "best_ms", "worst_ms", "floor_ms")),
                  f"{bench['ratio']:.3f}", f"{bench['bytes']:.0f}", f"{bench['turns']:.0f}")
        table.notes.append(f"{name}: {bench['label']}")


def add_termineter(table, device, sessions):
    times, ratios = [], []
    for _ in range(sessions):
        seconds, floor, count, turns = termineter_session.session(device, KEY)
        times.append(seconds * 1e3)
        ratios.append(seconds / floor)
    table.add("full session by termineter, ms", f"{statistics.median(times):.1f}",
              f"{min(times):.1f}", f"{max(times):.1f}", f"{floor * 1e3:.1f}",
              f"{statistics.median(ratios):.3f}", f"{count}", f"{turns}")


def add_daemon(table, make_daemon, quick):
    polls, cycles, starts = (15, 2, 5) if quick else (60, 6, 20)
    for session in "keep", "each":
        with make_daemon("1s", session) as daemon:
            (own, others), _ = daemon_figures.over_polls(daemon, daemon.processor_seconds, polls)
            table.shares(f"processor time per poll, session \"{session}\", ms", own * 1e3,
                         {name: share * 1e3 for name, share in others.items()}, 2)
            if session == "keep":
                rss, pss = daemon.memory_kib()
    table.add("resident memory, MiB", f"{rss / 1024:.1f}")
    table.add("  its proportional share (Pss), MiB", f"{pss / 1024:.1f}")

    with make_daemon("10s", "auto") as daemon:
        (own, others), seconds = daemon_figures.over_polls(daemon, daemon.wake_ups, cycles)
        rate = cycles / seconds
        table.shares("wake-ups per second at 10 s", own * rate,
                     {name: share * rate for name, share in others.items()}, 2)

    times = []
    for _ in range(starts):
        with make_daemon("10s", "auto") as daemon:
            times.append(daemon.seconds_to_ready * 1e3)
    table.add("from exec to READY, ms", *(f"{value:.1f}" for value in
                                          (statistics.median(times), min(times), max(times))))


def main(build, quick):
    table = Table()
    with contextlib.ExitStack() as stack:
        # On a tmpfs, where the daemon's cache belongs.
        folder = pathlib.Path(stack.enter_context(
            tempfile.TemporaryDirectory(prefix="ir-meterd-", dir="/dev/shm")))
        say("Polls on the line ...")
        add_line_polls(table, build)

        device, bus, port = folder / "probe", f"unix:path={folder}/bus", free_port()
        stack.enter_context(running(
            [build / "tools/ir-meter-sim/ir-meter-sim", "--link", device], str(device)))
        say("termineter ...")
        add_termineter(table, str(device), 5 if quick else 20)

        say("The daemon ...")
        (folder / "mosquitto.conf").write_text(f"listener {port} 127.0.0.1\nallow_anonymous true\n")
        mosquitto = shutil.which("mosquitto", path=os.environ["PATH"] + ":/usr/sbin:/sbin")
        stack.enter_context(running([mosquitto, "-c", folder / "mosquitto.conf"], " running"))
        stack.enter_context(running(
            ["dbus-daemon", "--session", "--nofork", f"--address={bus}", "--print-address"],
            "unix:"))
        add_daemon(table, lambda interval, session: daemon_figures.Daemon(
            build / "daemon/ir-meterd", folder, device, bus, port, KEY, interval, session), quick)
    print(table)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    main(pathlib.Path(sys.argv[1]), "--quick" in sys.argv[2:])
