"""What a poll costs in instructions, system calls, wake-ups and bytes, and the daemon in memory: counts,
which hardly depend on how busy the machine is, beside those of baseline.json.

    counts.py BUILD            fails where a count of one meter has grown by more than 5 %
    counts.py BUILD --accept   writes them into the baseline, and where they are stated

Instructions are counted by callgrind, memory by the kernel, the rest by strace. System calls are those
of all threads, instructions and wake-ups those of the daemon's own. They depend on the compiler and the
libraries, so a baseline holds for one Debian, one compiler and one architecture, and elsewhere they are
only shown.

What is counted is the median poll, one as most are: all is announced, slow values were read and are
not due, and no register has changed. The line is faster than the daemon takes it for, so that nothing
is late where the machine is busy.
"""

import concurrent.futures
import ctypes
import json
import pathlib
import platform
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

import daemon_figures
import stage
import stated

BASELINE = pathlib.Path(__file__).with_name("baseline.json")
LIMIT = 1.05
ONE_MORE = 1  # call or wake-up depends on which of two threads is faster
ATTEMPTS = 2
PR_SET_THP_DISABLE = 41  # of <linux/prctl.h>; children inherit it
WARM_UP = 14  # seconds: meters are announced, and once more 10 s after their slow values were read
WARM_POLLS = 5  # at least, in whose pauses the slow values are read
POLLS = 12
# No byte is late where the simulator is, and each poll has other values.
STEADY = ("--baud", "0", "--speed", "2")

CALL = re.compile(r"\w+\(")
POLL_ENDS = re.compile(r'rename\w*\(.*/reading\.json"')
WAITS = re.compile(r"epoll_\w+\(.*, (?:-1|[1-9]\d*|NULL|\{tv_sec=.*\})(?:, NULL, \d+)?\) += [1-9]")
BYTES = {"bytes on the line": re.compile(r"(?:read|write)\(\d+</dev/(?:pts|tty).* = (\d+)$"),
         "bytes to the broker": re.compile(r"(?:writev?|send\w+)\(\d+<TCP.* = (\d+)$")}


def ready_to_count(daemon, next_readings):
    warm = time.monotonic() + WARM_UP
    polls = 0
    while time.monotonic() < warm or polls < WARM_POLLS:
        next_readings()
        polls += 1


def instructions(make_daemon, folder, polls):
    """Of the daemon's own thread: of one meter the median poll, of several the mean."""
    out = folder / "callgrind.out"
    command = ["valgrind", "-q", "--tool=callgrind", "--separate-threads=yes",
               "--instr-atstart=no", f"--callgrind-out-file={out}"]
    daemon = make_daemon(command)
    if daemon.meters == 1:  # its polls are told apart where the cache is shown each
        daemon = make_daemon([*command, "--dump-before=irmeterd::Cache::meter_changed*"])

    def control(*what):
        subprocess.run(["callgrind_control", *what, str(daemon.pid)], check=True,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    with daemon.readings() as next_readings, daemon:
        ready_to_count(daemon, next_readings)
        control("-i", "on")
        next_readings()
        if daemon.meters > 1:
            control("-z")
        for _ in range(polls + 1):
            next_readings()
        if daemon.meters > 1:
            control("-d")
        totals = {int(part.suffix.strip(".").partition("-")[0]):
                  int(re.search(r"^totals: (\d+)", part.read_text(), re.MULTILINE)[1])
                  for part in folder.glob("callgrind.out.*-01")}
    for part in folder.glob("callgrind.out*"):
        part.unlink()
    if daemon.meters > 1:
        return {"instructions": totals[max(totals)] / (polls + 1) / daemon.meters}
    whole = [totals[number] for number in sorted(totals)][1:]
    return {"instructions": statistics.median(whole)}


def complete_calls(lines):
    """Each call of strace's log as one line, with the thread that made it."""
    begun = {}
    for line in lines:
        thread, _, call = line.partition(" ")
        call = call.strip()
        if call.endswith("<unfinished ...>"):
            begun[thread] = call.removesuffix("<unfinished ...>")
            continue
        if call.startswith("<... "):
            call = begun.pop(thread, "") + call.partition("resumed>")[2]
        if CALL.match(call):
            yield thread, call


def calls(make_daemon, folder, polls):
    """System calls, wake-ups of the daemon's own thread, and bytes."""
    out = folder / "strace.out"
    daemon = make_daemon(["strace", "-D", "-f", "-yy", "-s", "0", "-o", str(out)])
    with daemon.readings() as next_readings, daemon:
        ready_to_count(daemon, next_readings)
        begin = out.stat().st_size
        for _ in range(polls + 2):  # as the first and the last of them are not seen in full
            next_readings()
        end = out.stat().st_size
        own = str(daemon.pid)
    with out.open("rb") as log:
        log.seek(begin)
        lines = log.read(end - begin).decode(errors="replace").splitlines()[1:-1]
    out.unlink()

    counts = []
    ended = 0
    for thread, call in complete_calls(lines):
        if ended % daemon.meters == 0 and POLL_ENDS.match(call):
            counts.append(dict.fromkeys(["system calls", "wake-ups", *BYTES], 0))
        ended += bool(POLL_ENDS.match(call))
        if not counts:
            continue
        counts[-1]["system calls"] += 1
        counts[-1]["wake-ups"] += thread == own and bool(WAITS.match(call))
        for what, pattern in BYTES.items():
            if moved := pattern.match(call):
                counts[-1][what] += int(moved[1])
    counts.pop()  # not seen to its end
    return {what: statistics.median(each[what] for each in counts) / daemon.meters
            for what in counts[0]}


def memory(make_daemon, _folder, _polls):
    """In all, not of a poll or a meter."""
    daemon = make_daemon(())
    with daemon.readings() as next_readings, daemon:
        ready_to_count(daemon, next_readings)
        _, own = daemon.memory_kib()
    return {"KiB of memory": own}


COUNTERS = (instructions, calls, memory)


def take(build, meters, interval, session, polls, counters=COUNTERS, line=STEADY):
    """The counts of a poll, where so many meters are read."""
    with tempfile.TemporaryDirectory(prefix="ir-meterd-", dir="/dev/shm") as name:
        folder = pathlib.Path(name)
        with stage.parts(build, folder, meters, line) as (devices, bus, port):
            def make_daemon(prefix):
                return daemon_figures.Daemon(build / "daemon/ir-meterd", folder, devices, bus, port,
                                             stage.KEY, interval, session, prefix, "1h")

            return {what: count for counter in counters
                    for what, count in counter(make_daemon, folder, polls).items()}


def take_both(build):
    """The counts of a poll of one meter by the kind of session, each taken beside the others."""
    with concurrent.futures.ThreadPoolExecutor() as pool:
        taken = {session: [pool.submit(take, build, 1, "1s", session, POLLS, [counter])
                           for counter in COUNTERS]
                 for session in ("keep", "each")}
        return {session: {what: count for part in parts for what, count in part.result().items()}
                for session, parts in taken.items()}


def place(compiler):
    """What a baseline holds for."""
    release = dict(line.split("=", 1) for line in
                   pathlib.Path("/etc/os-release").read_text().splitlines() if "=" in line)
    words = [release["ID"], release.get("VERSION_ID", ""), platform.machine(), compiler]
    return " ".join(words).replace('"', "")


def compiler_of(build):
    """As CMake names it."""
    made = re.search(rb"GCC: \([^)]*\) (\d+)", (build / "daemon/ir-meterd").read_bytes())
    return f"GNU {made[1].decode()}" if made else "unknown"


def read_baseline():
    return json.loads(BASELINE.read_text()) if BASELINE.exists() else {}


def baseline(compiler):
    return read_baseline().get(place(compiler), {})


def limit(known):
    return max(LIMIT * known, known + ONE_MORE)


def check(build):
    known = baseline(compiler_of(build))
    if not known:
        print(f"Nothing is compared: there is no baseline for {place(compiler_of(build))}")
    for _ in range(ATTEMPTS):
        counted = take_both(build)
        grown = {(session, what) for session, counts in counted.items()
                 for what, count in counts.items()
                 if count > limit(known.get(session, {}).get(what, count))}
        if not grown:
            break
    for session, counts in counted.items():
        for what, count in counts.items():
            before = known.get(session, {}).get(what)
            print(f"{session}: {count:.0f} {what}" +
                  (f", {before} in the baseline" if before else "") +
                  (": TOO MANY" if (session, what) in grown else ""))
    return not grown


def accept(build):
    all_known = read_baseline()
    all_known[place(compiler_of(build))] = {
        session: {what: round(count, -3 if what == "instructions" else None)
                  for what, count in counts.items()}
        for session, counts in take_both(build).items()}
    BASELINE.write_text(json.dumps(all_known, indent=2) + "\n")
    stated.write()


def can_count():
    """Whether the programs are there, and the kernel lets them look, as some containers do not."""
    if not (shutil.which("valgrind") and shutil.which("callgrind_control")):
        return False
    try:
        return subprocess.run(["strace", "-D", "-f", "-o", "/dev/null", "true"],
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode == 0
    except FileNotFoundError:
        return False


def main(arguments):
    if arguments[0] == "--compares":
        return 0 if can_count() and baseline(arguments[1]) else 1
    build = pathlib.Path(arguments[0])
    # Huge pages are counted whole, whatever of them is used.
    ctypes.CDLL(None).prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0)
    if not can_count():
        print("Nothing is counted: valgrind or strace is missing, or may not look at a program")
        return 0
    if "--accept" in arguments[1:]:
        accept(build)
        return 0
    return 0 if check(build) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
