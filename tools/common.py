# SPDX-License-Identifier: Apache-2.0
"""What the checks share: finding sources, reading C without comments, reporting.

A check takes build directories as arguments where it needs them, looks at the tree in WARD_CHECK_TREE (its own by default; the
self-test gives it small broken trees), prints 'file:line: message' for each finding, and exits 1 if there was any.
"""
import os
import pathlib
import re
import sys

TREE = pathlib.Path(os.environ.get("WARD_CHECK_TREE") or pathlib.Path(__file__).resolve().parent.parent)
TOKEN = re.compile(r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.S)


def sources(folders, suffixes=(".c", ".h")):
    """The files below @folders of the tree, as paths relative to it, sorted."""
    found = []
    for folder in folders:
        found += [p.relative_to(TREE) for p in (TREE / folder).rglob("*") if p.suffix in suffixes and p.is_file()]
    return sorted(found)


def code_only(text):
    """@text with comments and the contents of literals blanked; line numbers stay."""
    def blank(match):
        token = match[0]
        if token[0] in "\"'":
            return token[0] + token[0]
        return re.sub(r"[^\n]", " ", token)
    return TOKEN.sub(blank, text)


class Report:
    def __init__(self):
        self.count = 0

    def add(self, path, line, message):
        self.count += 1
        print(f"{path}:{line}: {message}" if line else f"{path}: {message}")

    def finish(self):
        sys.exit(1 if self.count else 0)
