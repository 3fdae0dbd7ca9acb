#!/usr/bin/python3 -B
# SPDX-License-Identifier: Apache-2.0
"""Takes one descriptor from a runtime: receive.py console|pidfd SOCKET

console: prints what the terminal says until it hangs up. An argument behind the socket is typed into it first.
pidfd:   prints the pid that it stands for, then 'ended' when the process has.
"""
import array
import os
import select
import socket
import sys


def receive(path):
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(path)
    listener.listen(1)
    listener.settimeout(20)
    connection, _ = listener.accept()
    fds = array.array("i")
    data, ancillary, _, _ = connection.recvmsg(4096, socket.CMSG_SPACE(fds.itemsize))
    for level, kind, payload in ancillary:
        if level == socket.SOL_SOCKET and kind == socket.SCM_RIGHTS:
            fds.frombytes(payload[:fds.itemsize])
    assert len(fds) == 1, "no descriptor came"
    return data, fds[0]


def follow_console(master, typed):
    if typed:
        os.write(master, typed.encode() + b"\n")
    while select.select([master], [], [], 20)[0]:
        try:
            data = os.read(master, 4096)
        except OSError:  # EIO: the last slave was closed
            return
        if not data:
            return
        sys.stdout.write(data.decode(errors="replace"))
        sys.stdout.flush()


def follow_pidfd(pidfd):
    with open(f"/proc/self/fdinfo/{pidfd}", encoding="ascii") as lines:
        print([line.split()[1] for line in lines if line.startswith("Pid:")][0], flush=True)
    if select.select([pidfd], [], [], 20)[0]:
        print("ended", flush=True)


def main():
    kind, path = sys.argv[1:3]
    _, fd = receive(path)
    if kind == "console":
        follow_console(fd, sys.argv[3] if len(sys.argv) > 3 else "")
    else:
        follow_pidfd(fd)


main()
