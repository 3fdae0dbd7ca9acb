#!/usr/bin/python3 -B
# SPDX-License-Identifier: Apache-2.0
"""Runs a command on a new terminal, as a shell would: terminal.py COMMAND... Prints what stands in the terminal's input
afterwards, which nobody has typed. The status is the command's."""
import fcntl
import os
import pty
import re
import subprocess
import sys
import termios

pid, master = pty.fork()
if pid == 0:
    status = subprocess.run(sys.argv[1:]).returncode
    # Not line by line: what was pushed in may lack the end of its line.
    mode = termios.tcgetattr(0)
    mode[3] &= ~(termios.ICANON | termios.ECHO)
    termios.tcsetattr(0, termios.TCSANOW, mode)
    fcntl.fcntl(0, fcntl.F_SETFL, os.O_NONBLOCK)
    try:
        typed = os.read(0, 4096)
    except BlockingIOError:
        typed = b""
    print(f"typed: {typed.decode()!r}", flush=True)
    os._exit(status)

output = b""
while True:
    try:
        data = os.read(master, 4096)
    except OSError:  # EIO: the last slave was closed
        break
    if not data:
        break
    output += data
text = output.decode(errors="replace")
# The container's own terminal may echo in front of it.
found = re.search(r"typed: .*", text)
print(found[0].rstrip() if found else text)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
