#!/usr/bin/python3 -B
# SPDX-License-Identifier: Apache-2.0
"""Runs a program on a terminal as a person would: terminal.py SCRIPT COMMAND...

SCRIPT is a list of steps, separated by commas: 'wait:WORD' until the output has WORD, 'type:TEXT' with a newline behind it, 'key:HEX',
'again:HEX WORD' a key until the output has WORD behind what it had, 'size:ROWSxCOLUMNS'. The terminal begins with 24 rows of 80 columns. Prints the output; exits with the program's status, or 128 + signal.
"""
import fcntl
import os
import select
import signal
import struct
import sys
import termios
import time


def resize(fd, rows, columns):
    fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))


class Session:
    def __init__(self, command):
        self.output = b""
        self.pid, self.fd = os.forkpty()
        if self.pid == 0:
            resize(0, 24, 80)
            # Who began the tests in the background ignores what is typed; who sits before a terminal does not.
            for typed in (signal.SIGINT, signal.SIGQUIT):
                signal.signal(typed, signal.SIG_DFL)
            os.execvp(command[0], command)

    def read(self, seconds):
        """Returns whether there may be more."""
        if not select.select([self.fd], [], [], seconds)[0]:
            return True
        try:
            data = os.read(self.fd, 4096)
        except OSError:  # EIO: the last slave was closed
            return False
        self.output += data
        return bool(data)

    def wait_for(self, word):
        end = time.monotonic() + 20
        while word.encode() not in self.output:
            if time.monotonic() > end or not self.read(0.1):
                sys.exit(f"'{word}' did not come; there was: {self.output!r}")

    def step(self, kind, value):
        if kind == "wait":
            self.wait_for(value)
        elif kind == "type":
            os.write(self.fd, value.encode() + b"\n")
        elif kind == "key":
            os.write(self.fd, bytes.fromhex(value))
        elif kind == "again":
            key, word = value.split(" ", 1)
            end, begin = time.monotonic() + 20, len(self.output)
            while word.encode() not in self.output[begin:]:
                os.write(self.fd, bytes.fromhex(key))
                if time.monotonic() > end or not self.read(0.3):
                    sys.exit(f"'{word}' did not come; there was: {self.output!r}")
        elif kind == "size":
            resize(self.fd, *map(int, value.split("x")))
        else:
            sys.exit(f"no step '{kind}'")


def main():
    session = Session(sys.argv[2:])
    for step in filter(None, sys.argv[1].split(",")):
        session.step(*step.split(":", 1))
    end = time.monotonic() + 20
    while session.read(0.1):
        if time.monotonic() > end:
            os.kill(session.pid, signal.SIGKILL)
            sys.exit(f"it did not end; there was: {session.output!r}")
    status = os.waitstatus_to_exitcode(os.waitpid(session.pid, 0)[1])
    sys.stdout.write(session.output.decode(errors="replace").replace("\r\n", "\n"))
    sys.exit(status if status >= 0 else 128 - status)


main()
