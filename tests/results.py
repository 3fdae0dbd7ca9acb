# SPDX-License-Identifier: Apache-2.0
"""The lines that tests/run prints, written and read in one place: a run in a test machine is counted by the run outside.

    ok     oci/life (build): 24 passed, 0 failed, 1 skipped
           skip: NAME (skipped: REASON)
    FAILED user: oci/exec (build): 12 passed, 1 failed, 0 skipped
           FAILED: NAME
           | what the program printed
    36 passed, 1 failed, 1 skipped

The word before the name says who ran it, if it was not root. Many skips of one reason are one line: 'skip: 13 cases (skipped: REASON)'.
"""
import dataclasses
import re

JOB = re.compile(r"^(?:ok|FAILED) +\S.*: (\d+) passed, (\d+) failed, (\d+) skipped$")
TOTAL = re.compile(r"^(\d+) passed, (\d+) failed, (\d+) skipped$")
CASE = re.compile(r"^ {7}(skip|FAILED): (.*)$")
MANY = re.compile(r"^(\d+) cases (\(skipped: .*\))$")


@dataclasses.dataclass
class Outcome:
    """Of one program, or of many together: failed and skipped have a line for each case."""
    passed: int = 0
    failed: list = dataclasses.field(default_factory=list)
    skipped: list = dataclasses.field(default_factory=list)
    output: str = ""

    def add(self, other):
        self.passed += other.passed
        self.failed += other.failed
        self.skipped += other.skipped

    def counts(self):
        return f"{self.passed} passed, {len(self.failed)} failed, {len(self.skipped)} skipped"

    def show(self, name, hide=lambda line: False):
        """Prints what happened; @hide says which lines of the output a failure need not show."""
        lines = [f"{'FAILED' if self.failed else 'ok':6} {name}: {self.counts()}"]
        lines += [f"       skip: {case}" for case in fewer(self.skipped)]
        if self.failed:
            lines += [f"       FAILED: {case}" for case in self.failed]
            lines += [f"       | {line}" for line in self.output.splitlines() if not hide(line)]
        print("\n".join(lines), flush=True)


def reason_of(skip):
    return skip.rsplit("(skipped: ", 1)[-1].removesuffix(")")


def fewer(skips):
    """The lines for @skips: more than three for one reason are one line."""
    reasons = {}
    for skip in skips:
        reasons.setdefault(reason_of(skip), []).append(skip)
    for reason, cases in reasons.items():
        yield from cases if len(cases) <= 3 else [f"{len(cases)} cases (skipped: {reason})"]


def cases(line):
    """The cases that a line of fewer() is."""
    many = MANY.match(line)
    return [many[2]] * int(many[1]) if many else [line]


class Reader:
    """Reads the lines of another run, and counts them."""

    def __init__(self):
        self._outcome = Outcome()
        self._ended = 0
        self._claimed = 0

    def line(self, text):
        if job := JOB.match(text):
            self._outcome.passed += int(job[1])
            self._claimed += int(job[2]) + int(job[3])
        elif case := CASE.match(text):
            found = cases(case[2])
            (self._outcome.skipped if case[1] == "skip" else self._outcome.failed).extend(found)
            self._claimed -= len(found)
        elif TOTAL.match(text):
            self._ended += 1

    def finish(self):
        """A run that did not come to its end, or showed less than it counted, has failed."""
        if self._ended != 1:
            self._outcome.failed.append("the run did not come to its end")
        if self._claimed != 0:
            self._outcome.failed.append("what the run counted and what it showed differ")
        return self._outcome
