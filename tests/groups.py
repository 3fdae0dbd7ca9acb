# SPDX-License-Identifier: Apache-2.0
"""Control groups for programs that run other runtimes: one of their own in every hierarchy, which is all that they see, and which goes with them."""
import pathlib
import subprocess
import time


def directories():
    """The root of each hierarchy that is mounted below /sys/fs/cgroup: (directory, version, options)."""
    for line in open("/proc/self/mountinfo"):
        fields, _, rest = line.partition(" - ")
        kind, _, options = rest.split()[:3]
        if kind in ("cgroup", "cgroup2"):
            words = [word for word in options.split(",") if word not in ("rw", "ro")]
            yield pathlib.Path(fields.split()[4]), kind, ",".join(words)


def enter(into):
    """This process goes into a group of its own in every hierarchy."""
    for directory, kind, options in directories():
        group = directory / into
        group.mkdir(exist_ok=True)
        if "cpuset" in options.split(","):
            for name in ("cpuset.cpus", "cpuset.mems"):
                (group / name).write_text((directory / name).read_text())
        (group / "cgroup.procs").write_text("0")


def thaw(into=""):
    """Nothing dies that is frozen (v1), and whoever waits for its end waits for ever."""
    for directory, kind, options in directories():
        if kind == "cgroup" and "freezer" in options.split(","):
            for state in (directory / into).glob("*/**/freezer.state"):
                state.write_text("THAWED")


def empty(top):
    """Removes the groups below a directory that can be removed. Whether there is none any more."""
    for path in sorted((path for path in top.rglob("*") if path.is_dir()), reverse=True):
        try:
            path.rmdir()
        except OSError:
            pass
    return not top.is_dir() or not any(path.is_dir() for path in top.iterdir())


def remove(into):
    """Removes the group and those that others made below it."""
    thaw(into)
    for top in [directory / into for directory, _, _ in directories()]:
        for _ in range(50):
            empty(top)
            try:
                top.rmdir()
            except FileNotFoundError:
                break
            except OSError:
                time.sleep(0.1)


def mount(root="/"):
    """The hierarchies again, below @root, seen from the group that this process is in: no path leads above it."""
    hierarchies, top = list(directories()), pathlib.Path(root)
    if hierarchies and hierarchies[0][0] == pathlib.Path("/sys/fs/cgroup"):
        subprocess.run(["mount", "-t", "cgroup2", "cgroup2", str(top / "sys/fs/cgroup")], check=True)
        return
    subprocess.run(["mount", "-t", "tmpfs", "-o", "mode=755", "tmpfs", str(top / "sys/fs/cgroup")], check=True)
    for directory, kind, options in hierarchies:
        directory = top / directory.relative_to("/")
        directory.mkdir(parents=True)
        words = ["-o", options] if kind == "cgroup" else []
        subprocess.run(["mount", "-t", kind, *words, kind, str(directory)], check=True)
