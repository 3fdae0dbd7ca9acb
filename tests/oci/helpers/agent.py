#!/usr/bin/python3 -B
# SPDX-License-Identifier: Apache-2.0
"""A seccomp agent (seccomp_unotify(2)): agent.py SOCKET [--ends] [--close|--silent|--deaf|--drop] [--times N] [CALL=ANSWER...]

Takes the listener of N processes (1), each over a connection of its own, prints the container process state that came with it in one line
each, and answers the calls that it is asked about, each with a line 'CALL PID'.

ANSWER: continue, errno:NAME, value:NUMBER, or fd:PATH, which opens PATH here and puts the descriptor into the asking process. Calls that are
not named are continued.

--ends    it is an error when the connection is not closed behind the state
--close   closes the connection as soon as it is there
--silent  takes the listener and never answers
--deaf    accepts nothing
--drop    takes the listener and closes it

agent.py --outer SOCKET COMMAND...: executes the command below a filter with a listener of its own, which is never asked; SOCKET is not used.
"""
import argparse
import ctypes
import errno
import fcntl
import json
import os
import platform
import select
import socket
import struct
import sys

LISTEN = 8
IOC_RECV, IOC_SEND, IOC_ADDFD = 0xC0502100, 0xC0182101, 0x40182103
CONTINUE, ADDFD_SEND = 1, 2
NOTIFICATION = "=QII i I Q 6Q"  # struct seccomp_notif: id, pid, flags, and struct seccomp_data
RESPONSE = "=Qq i I"  # struct seccomp_notif_resp
ADDFD = "=Q I I I I"  # struct seccomp_notif_addfd
PATIENCE_SEC = 30
SECCOMP, ACCT = {"x86_64": (317, 163), "aarch64": (277, 89)}[platform.machine()]
SET_MODE_FILTER, NEW_LISTENER, USER_NOTIF, ALLOW = 1, 8, 0x7FC00000, 0x7FFF0000

libseccomp = ctypes.CDLL("libseccomp.so.2")
libseccomp.seccomp_syscall_resolve_num_arch.restype = ctypes.c_void_p
libc = ctypes.CDLL(None)


def name_of(arch, number):
    """The call's name, as libseccomp has it."""
    text = libseccomp.seccomp_syscall_resolve_num_arch(ctypes.c_uint32(arch), number)
    if not text:
        return str(number)
    name = ctypes.string_at(text).decode()
    libc.free(ctypes.c_void_p(text))
    return name


def say(line):
    print(line, flush=True)


def is_whole(text):
    try:
        json.loads(text)
    except ValueError:
        return False
    return True


def take(connection, ends):
    """The state and the listener. The state may come in several pieces, the descriptor comes with the first. @ends: nothing follows."""
    connection.settimeout(PATIENCE_SEC)
    text, fds, _, _ = socket.recv_fds(connection, 65536, 4)
    while text and not is_whole(text):
        text += connection.recv(1 << 20)
    assert not ends or connection.recv(1) == b"", "the connection was not closed"
    return text.decode(), fds


def answer_one(listener, answers):
    """Answers one call."""
    buffer = bytearray(struct.calcsize(NOTIFICATION))
    fcntl.ioctl(listener, IOC_RECV, buffer)
    cookie, pid, _, number, arch, *_ = struct.unpack(NOTIFICATION, buffer)
    name = name_of(arch, number)
    say(f"{name} {pid}")
    kind, _, value = answers.get(name, "continue").partition(":")
    if kind == "fd":
        fd = os.open(value, os.O_RDONLY)
        fcntl.ioctl(listener, IOC_ADDFD, struct.pack(ADDFD, cookie, ADDFD_SEND, fd, 0, 0))
        os.close(fd)
        return
    number = int(value) if kind == "value" else 0
    answer = {"continue": (0, 0, CONTINUE), "errno": (0, -getattr(errno, value, 0), 0), "value": (number, 0, 0)}[kind]
    fcntl.ioctl(listener, IOC_SEND, struct.pack(RESPONSE, cookie, *answer))


def greet(connection, options):
    """What is said over a new connection. Returns the listener, if it is to be answered."""
    with connection:
        if options.close:
            return None
        text, fds = take(connection, options.ends)
    if not text:
        say("nothing came")
        return None
    say(json.dumps(json.loads(text)))
    assert len(fds) == 1, fds
    if options.silent:
        select.select([], [], [], PATIENCE_SEC)
    if options.silent or options.drop:
        os.close(fds[0])
        return None
    return fds[0]


def serve(server, options):
    """Until all have come, and no process is left that could ask."""
    answers = dict(word.split("=", 1) for word in options.answers)
    coming = options.times
    poll = select.poll()
    poll.register(server, select.POLLIN)
    listeners = set()
    while coming or listeners:
        events = poll.poll(PATIENCE_SEC * 1000)
        assert events, "nothing happened"
        for fd, event in events:
            if fd == server.fileno():
                listener = greet(server.accept()[0], options)
                coming -= 1
                if not coming:
                    poll.unregister(server)
                if listener is not None:
                    listeners.add(listener)
                    poll.register(listener, select.POLLIN)
            elif event & select.POLLIN:
                try:
                    answer_one(fd, answers)
                except OSError as error:
                    if error.errno != errno.ENOENT:  # who asked has gone
                        raise
            else:
                poll.unregister(fd)
                listeners.remove(fd)
                os.close(fd)


def outer(command):
    """acct(2) is left to a listener that stays with the command."""
    code = struct.pack("=HBBI HBBI HBBI HBBI", 0x20, 0, 0, 0, 0x15, 0, 1, ACCT, 6, 0, 0, USER_NOTIF, 6, 0, 0, ALLOW)
    text = ctypes.create_string_buffer(code)
    program = struct.pack("HxxxxxxP", 4, ctypes.addressof(text))
    listener = libc.syscall(SECCOMP, SET_MODE_FILTER, NEW_LISTENER, program)
    assert listener >= 0
    os.set_inheritable(listener, True)
    os.execv(command[0], command)


def main():
    if sys.argv[1] == "--outer":
        outer(sys.argv[3:])
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("ends", "close", "silent", "deaf", "drop"):
        parser.add_argument(f"--{name}", action="store_true")
    parser.add_argument("--times", type=int, default=1)
    parser.add_argument("socket")
    parser.add_argument("answers", nargs="*")
    options = parser.parse_intermixed_args()
    with socket.socket(socket.AF_UNIX) as server:
        # Who finds the socket finds somebody listening.
        server.bind(options.socket + ".new")
        server.listen(0 if options.deaf else LISTEN)
        os.rename(options.socket + ".new", options.socket)
        if options.deaf:
            select.select([], [], [], PATIENCE_SEC)
        else:
            serve(server, options)


main()
