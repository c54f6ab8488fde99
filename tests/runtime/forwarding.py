"""A way from containers to the local stack, which listens on 127.0.0.1 alone."""

from __future__ import annotations

import select
import socket
import subprocess
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager

BLOCK = 1 << 16


@contextmanager
def forward_to_the_stack(port: int) -> Iterator[None]:
    """Containers call the host by its address on Docker's bridge.

    What comes to that one address goes on to the stack; nothing is opened to the network.
    """
    asked = subprocess.run(
        ["docker", "network", "inspect", "bridge", "-f", "{{(index .IPAM.Config 0).Gateway}}"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    with closing(socket.create_server((asked.stdout.strip() or "172.17.0.1", port))) as listener:
        threading.Thread(target=_take_calls, args=(listener, port), daemon=True).start()
        yield


def _take_calls(listener: socket.socket, port: int) -> None:
    while True:
        try:
            caller, _ = listener.accept()
        except OSError:  # closed: all functions are done
            return
        threading.Thread(target=_carry, args=(caller, port), daemon=True).start()


def _carry(caller: socket.socket, port: int) -> None:
    """Bytes both ways until either end closes."""
    with closing(caller), closing(socket.create_connection(("127.0.0.1", port))) as stack:
        other = {caller: stack, stack: caller}
        while True:
            for ready in select.select([caller, stack], [], [])[0]:
                block = ready.recv(BLOCK)
                if not block:
                    return
                other[ready].sendall(block)
