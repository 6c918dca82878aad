"""What slow reads in the pauses cost the polls: the same poll with and without them."""

import pathlib
import tempfile
import time

import daemon_figures
import latency
import stage

READ_REGISTERS = bytes.fromhex("3f 00 17 00 00 00 00 08")  # a poll in a kept session begins so


def poll_times(build, slow_interval, polls):
    """Milliseconds from the request that begins a poll to its reading at the broker."""
    with tempfile.TemporaryDirectory(prefix="ir-meterd-", dir="/dev/shm") as name:
        folder = pathlib.Path(name)
        with stage.parts(build, folder, 0) as (_, bus, port), \
                latency.Relay(build, [READ_REGISTERS]) as relay:
            daemon = daemon_figures.Daemon(
                build / "daemon/ir-meterd", folder, [f"tcp://127.0.0.1:{relay.port}"], bus, port,
                stage.KEY, "1s", "keep", slow_interval=slow_interval)
            times = []
            with daemon, daemon.readings() as next_reading:
                # The first session reads more, and the first pauses what is read once a day.
                for _ in range(20):
                    next_reading()
                for _ in range(polls):
                    next_reading()
                    times.append((time.monotonic() - relay.asked[READ_REGISTERS]) * 1e3)
            return times
