"""A full session by termineter's library, timed and counted like the daemon's.

Only the session is timed: neither the interpreter's start nor opening the line.
"""

import time

import c1218.connection
import c1218.data
import termineter.utilities

SECONDS_PER_BYTE = 10 / 9600
TURN_AROUND = 175e-6


class Counter:
    """Counts what passes through a serial port, by wrapping its read and write."""

    def __init__(self, port):
        self.bytes = self.turns = 0
        self._direction = None
        self._read, self._write = port.read, port.write
        port.read, port.write = self._counted_read, self._counted_write

    def _count(self, direction, count):
        if count > 0:
            self.turns += self._direction not in (None, direction)
            self._direction = direction
            self.bytes += count

    def _counted_read(self, size):
        data = self._read(size)
        self._count("read", len(data))
        return data

    def _counted_write(self, data):
        self._count("write", len(data))
        return self._write(data)

    def floor(self):
        return self.bytes * SECONDS_PER_BYTE + self.turns * TURN_AROUND


def session(device, key):
    """One session; returns its time and its floor in seconds, its bytes and its turns."""
    connection = c1218.connection.Connection(
        device,
        c1218_settings={"pktsize": 64, "nbrpkts": 2},
        serial_settings=termineter.utilities.get_default_serial_settings(),
        enable_cache=False,
    )
    try:
        counter = Counter(connection.serial_h)
        began = time.monotonic()
        connection.start()
        if not connection.login("ir-meterd", 1, key):
            raise RuntimeError("termineter could not log on")
        for table, count in ((1, 24), (21, 10), (23, 8), (28, 60)):
            if len(connection.get_table_data(table, octetcount=count, offset=0)) != count:
                raise RuntimeError(f"termineter read less than {count} bytes of table {table}")
        connection.logoff()
        # Connection.stop() leaves Terminate out after logoff().
        connection.send(c1218.data.C1218TerminateRequest())
        connection.recv()
        # The last ACK is on the line for a character's time more.
        return (time.monotonic() - began + SECONDS_PER_BYTE, counter.floor(), counter.bytes,
                counter.turns)
    finally:
        connection.serial_h.close()
