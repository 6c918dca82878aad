"""How long after the last byte of a meter's answer somebody on the broker or the bus hears of it."""

import selectors
import socket
import subprocess
import threading
import time

import stage


class Relay:
    """A serial server before a simulated meter, which knows when it passed on the latest byte.

    requests: when the latest of each of these was passed on is in `asked`.
    """

    def __init__(self, build, requests=()):
        self.asked = dict.fromkeys(requests, 0.0)
        self._simulator_port = stage.free_port()
        self._simulator = stage.running(
            [build / "tools/ir-meter-sim/ir-meter-sim", "--tcp", str(self._simulator_port)],
            str(self._simulator_port))
        self.latest = 0.0  # by the system's clock, as those tell who hear of it

    def __enter__(self):
        self._simulator.__enter__()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()
        return self

    def __exit__(self, *what):
        self._listener.close()
        self._simulator.__exit__(*what)

    def _serve(self):
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            with client, socket.create_connection(("127.0.0.1", self._simulator_port)) as meter:
                for side in client, meter:
                    side.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                self._pass_on(client, meter)

    def _pass_on(self, client, meter):
        with selectors.DefaultSelector() as selector:
            selector.register(client, selectors.EVENT_READ, meter)
            selector.register(meter, selectors.EVENT_READ, client)
            while True:
                for key, _ in selector.select():
                    data = key.fileobj.recv(4096)
                    if not data:
                        return
                    if key.fileobj is meter:
                        self.latest = time.time()
                    key.data.sendall(data)
                    for request in self.asked:
                        if key.fileobj is client and request in data:
                            self.asked[request] = time.monotonic()


# What hears of it, and the column in which it says when: so the waits of this program do not count.
LISTENERS = {
    "MQTT": (["mosquitto_sub", "-h", "127.0.0.1", "-p", "{port}", "-t", "ir-meterd/meter/+/live",
              "-F", "%U"], 0),
    "D-Bus": (["dbus-monitor", "--profile", "--address", "{bus}",
               "type='signal',member='PropertiesChanged',path_namespace='/org/irmeterd'"], 1),
}


def measure(relay, daemon, bus, port, polls):
    """Milliseconds of each poll, by who heard of it."""
    heard = {name: [] for name in LISTENERS}

    def listen(name, process, column):
        for line in process.stdout:
            if name == "MQTT" or "PropertiesChanged" in line:
                heard[name].append((float(line.split()[column]) - relay.latest) * 1e3)

    processes, threads = [], []
    try:
        for name, (command, column) in LISTENERS.items():
            process = subprocess.Popen([word.format(bus=bus, port=port) for word in command],
                                       stdout=subprocess.PIPE, text=True)
            processes.append(process)
            threads.append(threading.Thread(target=listen, args=(name, process, column)))
            threads[-1].start()
        with daemon:
            while any(len(times) < polls + 3 for times in heard.values()):
                time.sleep(0.1)
    finally:
        for process in processes:
            process.kill()
    for thread in threads:
        thread.join()
    return {name: times[3:polls + 3] for name, times in heard.items()}
