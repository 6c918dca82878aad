"""Takes all figures and prints them as one table; started by tests/bench/run."""

import json
import pathlib
import signal
import statistics
import subprocess
import sys
import tempfile

import chunking
import counts
import daemon_figures
import latency
import slow_reads
import stage
import termineter_session


def say(text):
    print(text, file=sys.stderr, flush=True)


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
        seconds, floor, count, turns = termineter_session.session(device, stage.KEY)
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
                resident, private = daemon.memory_kib()
    table.add("resident memory, MiB", f"{resident / 1024:.1f}")
    table.add("  of it its own and changed, MiB", f"{private / 1024:.2f}")

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


def add_latencies(table, build, polls):
    """From the last byte of a meter's answer to those who hear of it."""
    with tempfile.TemporaryDirectory(prefix="ir-meterd-", dir="/dev/shm") as name:
        folder = pathlib.Path(name)
        with stage.parts(build, folder, 0) as (_, bus, port), latency.Relay(build) as relay:
            daemon = daemon_figures.Daemon(
                build / "daemon/ir-meterd", folder, [f"tcp://127.0.0.1:{relay.port}"], bus, port,
                stage.KEY, "1s", "keep")
            for what, milliseconds in latency.measure(relay, daemon, bus, port, polls).items():
                milliseconds.sort()
                table.add(f"from the last byte to {what}, ms",
                          f"{statistics.median(milliseconds):.1f}", f"{milliseconds[0]:.1f}",
                          f"{milliseconds[int(len(milliseconds) * .99)]:.1f}")


def add_slow_reads(table, build, polls):
    """They are to change a poll by less than 2 %."""
    medians = {}
    for name, slow_interval in ("without", "24h"), ("with", "1s"):
        times = slow_reads.poll_times(build, slow_interval, polls)
        medians[name] = statistics.median(times)
        table.add(f"poll {name} slow reads behind it, ms",
                  *(f"{value:.1f}" for value in (medians[name], min(times), max(times))))
    table.notes.append("slow reads change the median of a poll by "
                       f"{100 * (medians['with'] / medians['without'] - 1):+.2f} %")


def add_counts(build, quick):
    """A table of its own: by the number of meters, and beside the baseline of one."""
    known = counts.baseline(counts.compiler_of(build))
    meters = (1, 8) if quick else (1, 8, 64, 256)
    lines = ["".ljust(38) + "".join(f"{number} meters".rjust(12) for number in meters) +
             "baseline of 1".rjust(15)]
    for interval, session in ("1s", "keep"), ("1s", "each"):
        counted = {}
        for number in meters:
            say(f"Counts of {number} meters ...")
            # More than the machine could do at once are read less often.
            each = interval if number <= 8 else "10s"
            counted[number] = counts.take(build, number, each, session, 20 if number == 1 else 2)
        for what in counted[1]:
            before = known.get(session, {}).get(what)
            lines.append(f"{what}, \"{session}\"".ljust(38) +
                         "".join(f"{counted[number][what]:12.0f}" for number in meters) +
                         (f"{before:15.0f}" if before else ""))
    return "\n".join(lines)


def main(build, quick):
    table = Table()
    with tempfile.TemporaryDirectory(prefix="ir-meterd-", dir="/dev/shm") as name:
        # On a tmpfs, where the daemon's cache belongs.
        folder = pathlib.Path(name)
        say("Polls on the line ...")
        add_line_polls(table, build)
        with stage.parts(build, folder) as (devices, bus, port):
            say("termineter ...")
            add_termineter(table, str(devices[0]), 5 if quick else 20)
            say("The daemon ...")
            add_daemon(table, lambda interval, session: daemon_figures.Daemon(
                build / "daemon/ir-meterd", folder, devices, bus, port, stage.KEY, interval,
                session), quick)
    add_latencies(table, build, 20 if quick else 100)
    add_slow_reads(table, build, 20 if quick else 100)
    print(table)
    print("\nPer poll, and memory in all:\n" + add_counts(build, quick))
    say("Converters ...")
    print("\nPer poll through a converter, at 9600 baud:\n" +
          chunking.table(build, 4 if quick else 12))


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    main(pathlib.Path(sys.argv[1]), "--quick" in sys.argv[2:])
