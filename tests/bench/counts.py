"""What a poll costs in instructions, system calls and bytes: counts, which do not depend on how busy
the machine is, beside those of baseline.json.

    counts.py BUILD            fails where a count of one meter has grown by more than 5 %
    counts.py BUILD --accept   writes them into the baseline

Instructions are counted by callgrind, system calls by strace, over all threads. Both depend on the
libraries, so each Debian has a baseline of its own; one without is only shown.
"""

import json
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

import daemon_figures
import stage

BASELINE = pathlib.Path(__file__).with_name("baseline.json")
LIMIT = 1.05
ATTEMPTS = 3  # a line that was late once costs a few calls more
WARM_UP = 3  # polls; the first one reads more than the others
POLLS = 12
SOCKET_CALL = re.compile(r"(?:writev|sendto|sendmsg|write)\(\d+<TCP.*")


def of_one_poll(daemon, polls, begin, end):
    """Calls the functions around so many polls of every meter; returns how many that were."""
    with daemon.readings() as next_readings, daemon:
        for _ in range(WARM_UP):
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
    return total / count


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
    return total / count, sent / count


def take(build, meters, interval, session, polls):
    """The counts of a poll, where so many meters are read."""
    with tempfile.TemporaryDirectory(prefix="ir-meterd-", dir="/dev/shm") as name:
        folder = pathlib.Path(name)
        with stage.parts(build, folder, meters) as (devices, bus, port):
            def make_daemon(prefix):
                return daemon_figures.Daemon(build / "daemon/ir-meterd", folder, devices, bus, port,
                                             stage.KEY, interval, session, prefix)

            counted = {"instructions": instructions(make_daemon, folder, polls)}
            counted["calls"], counted["bytes to the broker"] = calls(make_daemon, folder, polls)
            return counted


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
    good = True
    for session in "keep", "each":
        for _ in range(ATTEMPTS):
            counted = take(build, 1, "1s", session, POLLS)
            grown = {what: count for what, count in counted.items()
                     if count > LIMIT * known.get(session, {}).get(what, count)}
            if not grown:
                break
        good = good and not grown
        for what, count in counted.items():
            before = known.get(session, {}).get(what)
            print(f"{session}: {count:.0f} {what} per poll" +
                  (f", {before:.0f} in the baseline" if before else "") +
                  (": TOO MANY" if what in grown else ""))
    return good


def accept(build):
    all_known = json.loads(BASELINE.read_text()) if BASELINE.exists() else {}
    all_known[place()] = {session: {what: round(count) for what, count in
                                    take(build, 1, "1s", session, POLLS).items()}
                          for session in ("keep", "each")}
    BASELINE.write_text(json.dumps(all_known, indent=2) + "\n")


if __name__ == "__main__":
    if not (shutil.which("valgrind") and shutil.which("strace")):
        print("valgrind and strace are not installed")
        sys.exit(77)
    if "--accept" in sys.argv[2:]:
        accept(pathlib.Path(sys.argv[1]))
    else:
        sys.exit(0 if check(pathlib.Path(sys.argv[1])) else 1)
