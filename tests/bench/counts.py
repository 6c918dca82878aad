"""What a poll costs in instructions, system calls and bytes: counts, which do not depend on how busy
the machine is, beside those of baseline.json.

    counts.py BUILD            fails where a count of one meter has grown by more than 5 %
    counts.py BUILD --accept   writes them into the baseline

Instructions are counted by callgrind, system calls by strace, over all threads. Both depend on the
libraries, so each Debian has a baseline of its own; one without is only shown. What is counted is a
poll as most are: all is announced, and slow values were read and are not due.
"""

import concurrent.futures
import json
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time

import daemon_figures
import stage

BASELINE = pathlib.Path(__file__).with_name("baseline.json")
LIMIT = 1.05
ATTEMPTS = 3  # a line that was late once costs a few calls more
WARM_UP = 14  # seconds: meters are announced, and once more 10 s after their slow values were read
POLLS = 12
SOCKET_CALL = re.compile(r"(?:writev|sendto|sendmsg|write)\(\d+<TCP.*")


def of_one_poll(daemon, polls, begin, end):
    """Calls the functions around so many polls of every meter; returns how many that were."""
    with daemon.readings() as next_readings, daemon:
        warm = time.monotonic() + WARM_UP
        while time.monotonic() < warm:
            next_readings()
        begin()
        for _ in range(polls):
            next_readings()
        end()
    return polls * daemon.meters


def instructions(make_daemon, folder, polls):
    out = folder / "callgrind.out"
    daemon = make_daemon(["valgrind", "-q", "--tool=callgrind", "--separate-threads=yes",
                          f"--callgrind-out-file={out}"])

    def control(what):
        subprocess.run(["callgrind_control", what, str(daemon.pid)], check=True,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    count = of_one_poll(daemon, polls, lambda: control("-z"), lambda: control("-d"))
    total = 0
    for part in folder.glob("callgrind.out.1-*"):
        total += int(re.search(r"^totals: (\d+)", part.read_text(), re.MULTILINE)[1])
    for part in folder.glob("callgrind.out*"):
        part.unlink()
    return {"instructions": total / count}


def calls(make_daemon, folder, polls):
    """System calls, and bytes to the broker."""
    out = folder / "strace.out"
    daemon = make_daemon(["strace", "-D", "-f", "-yy", "-s", "0", "-o", str(out)])
    marks = []
    count = of_one_poll(daemon, polls, lambda: marks.append(out.stat().st_size),
                        lambda: marks.append(out.stat().st_size))
    lines = out.read_bytes()[marks[0]:marks[1]].decode(errors="replace").splitlines()
    out.unlink()
    sending = set()
    total = sent = 0
    for line in lines:
        thread, _, call = line.partition(" ")
        call = call.strip()
        resumed = call.startswith("<... ")
        total += not resumed and "(" in call
        if SOCKET_CALL.match(call) and "<unfinished" in call:
            sending.add(thread)
        elif SOCKET_CALL.match(call) or (resumed and thread in sending):
            sending.discard(thread)
            result = re.search(r"= (\d+)$", call)
            sent += int(result[1]) if result else 0  # the last line may be cut short
    return {"calls": total / count, "bytes to the broker": sent / count}


def take(build, meters, interval, session, polls, counters=(instructions, calls)):
    """The counts of a poll, where so many meters are read."""
    with tempfile.TemporaryDirectory(prefix="ir-meterd-", dir="/dev/shm") as name:
        folder = pathlib.Path(name)
        with stage.parts(build, folder, meters) as (devices, bus, port):
            def make_daemon(prefix):
                return daemon_figures.Daemon(build / "daemon/ir-meterd", folder, devices, bus, port,
                                             stage.KEY, interval, session, prefix, "1h")

            return {what: count for counter in counters
                    for what, count in counter(make_daemon, folder, polls).items()}


def take_both(build):
    """The counts of a poll of one meter by the kind of session, each taken beside the others."""
    with concurrent.futures.ThreadPoolExecutor() as pool:
        taken = {session: [pool.submit(take, build, 1, "1s", session, POLLS, [counter])
                           for counter in (instructions, calls)]
                 for session in ("keep", "each")}
        return {session: {what: count for part in parts for what, count in part.result().items()}
                for session, parts in taken.items()}


def place():
    """What a baseline holds for."""
    release = dict(line.split("=", 1) for line in
                   pathlib.Path("/etc/os-release").read_text().splitlines() if "=" in line)
    machine = subprocess.run(["uname", "-m"], check=True, stdout=subprocess.PIPE, text=True).stdout
    return f"{release['ID']} {release.get('VERSION_ID', '')} {machine}".replace('"', "").strip()


def baseline():
    return json.loads(BASELINE.read_text()).get(place(), {}) if BASELINE.exists() else {}


def check(build):
    known = baseline()
    for _ in range(ATTEMPTS):
        counted = take_both(build)
        grown = {(session, what) for session, counts in counted.items()
                 for what, count in counts.items()
                 if count > LIMIT * known.get(session, {}).get(what, count)}
        if not grown:
            break
    for session, counts in counted.items():
        for what, count in counts.items():
            before = known.get(session, {}).get(what)
            print(f"{session}: {count:.0f} {what} per poll" +
                  (f", {before} in the baseline" if before else "") +
                  (": TOO MANY" if (session, what) in grown else ""))
    return not grown


def accept(build):
    all_known = json.loads(BASELINE.read_text()) if BASELINE.exists() else {}
    all_known[place()] = {session: {what: round(count) for what, count in counts.items()}
                          for session, counts in take_both(build).items()}
    BASELINE.write_text(json.dumps(all_known, indent=2) + "\n")


if __name__ == "__main__":
    if not (shutil.which("valgrind") and shutil.which("strace")):
        print("valgrind and strace are not installed")
        sys.exit(77)
    if "--accept" in sys.argv[2:]:
        accept(pathlib.Path(sys.argv[1]))
    else:
        sys.exit(0 if check(pathlib.Path(sys.argv[1])) else 1)
