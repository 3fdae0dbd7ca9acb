# SPDX-License-Identifier: Apache-2.0
"""What crun's tests of mounts call of libmount's bindings for Python, which Debian does not have: mountinfo, read from a file."""
import collections

Mount = collections.namedtuple("Mount", "target vfs_options fs_options")


class Table:
    """Lines of proc_pid_mountinfo(5). Some of what the tests read holds messages, too."""

    def __init__(self, file):
        self.mounts = []
        with open(file, encoding="utf-8", errors="replace") as lines:
            for line in lines:
                left, separator, right = line.partition(" - ")
                words = left.split()
                if separator and len(words) > 5 and words[0].isdigit():
                    self.mounts.append(Mount(words[4].encode().decode("unicode_escape"), words[5], right.split()[2]))

    def find_target(self, path):
        """What is seen there: the last mount on it."""
        return next(mount for mount in reversed(self.mounts) if mount.target == path)
