"""What the daemon is measured with: simulated meters, a message bus and a broker, all its own."""

import contextlib
import os
import shutil
import socket
import subprocess

KEY = "0123456789ABCDEF0123"  # the simulated meter's, unless it is told otherwise


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


@contextlib.contextmanager
def parts(build, folder, meters=1, line=()):
    """The devices of so many meters, the address of a bus, and the port of a broker.

    It is night behind the meters, and their registers change now and then only.
    line: what the simulator is told of the line, as its command line has it.
    """
    bus, port = f"unix:path={folder}/bus", free_port()
    (folder / "mosquitto.conf").write_text(f"listener {port} 127.0.0.1\nallow_anonymous true\n")
    mosquitto = shutil.which("mosquitto", path=os.environ["PATH"] + ":/usr/sbin:/sbin")
    with contextlib.ExitStack() as stack:
        devices = [folder / f"probe{number}" for number in range(meters)]
        for number, device in enumerate(devices):
            stack.enter_context(running(
                [build / "tools/ir-meter-sim/ir-meter-sim", "--link", device,
                 "--serial", f"{number + 1:016}", "--start-time", "2025-01-15T03:00", *line],
                str(device)))
        stack.enter_context(running([mosquitto, "-c", folder / "mosquitto.conf"], " running"))
        stack.enter_context(running(
            ["dbus-daemon", "--session", "--nofork", f"--address={bus}", "--print-address"],
            "unix:"))
        yield devices, bus, port
