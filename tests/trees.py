# SPDX-License-Identifier: Apache-2.0
"""Root file systems made of a tree of Debian's packages, for programs that are not to see this machine's: changes go into memory."""
import os
import pathlib
import subprocess


def mount(kind, where, options="", source="none"):
    pathlib.Path(where).mkdir(parents=True, exist_ok=True)
    subprocess.run(["mount", "-t", kind, *(["-o", options] if options else []), source, str(where)], check=True)


def make_dev(where):
    """The nodes that every machine has, and no block device: nothing that a test finds there is the machine's."""
    mount("tmpfs", where, "mode=755,nosuid")
    for name, major, minor in (("null", 1, 3), ("zero", 1, 5), ("full", 1, 7), ("random", 1, 8), ("urandom", 1, 9), ("tty", 5, 0), ("fuse", 10, 229)):
        os.mknod(where / name, 0o020666, os.makedev(major, minor))
        (where / name).chmod(0o666)
    mount("devpts", where / "pts", "newinstance,ptmxmode=666,mode=620,gid=5")
    mount("tmpfs", where / "shm", "mode=1777")
    mount("mqueue", where / "mqueue")
    for name, target in (("ptmx", "pts/ptmx"), ("fd", "/proc/self/fd"), ("stdin", "fd/0"), ("stdout", "fd/1"), ("stderr", "fd/2")):
        (where / name).symlink_to(target)


def overlay(where, lower, work, options=""):
    for name in ("upper", "work"):
        (work / name).mkdir(parents=True)
    mount("overlay", where, f"lowerdir={lower},upperdir={work}/upper,workdir={work}/work{options}")
