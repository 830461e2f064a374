#!/usr/bin/env python3
"""Runs the cases in one guest and writes GoogleTest-like XML of them.

Usage: host_test.py container|vm bookworm|trixie PACKAGE [--only PATTERN] [--keep-job DIRECTORY]

The guest prints TAP; a case that was planned and not reported failed. Where there can be no guest, one case is
skipped and says why.
"""

import argparse
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time

from tap import Cases, write_xml

HERE = pathlib.Path(__file__).absolute().parent
# Seconds that all of a guest's cases may take, and one of them: an emulated machine is some 20 times slower.
BOUNDS = {"container": (900, 90), "vm": (1080, 300)}
CANNOT = 77


def make_job(job, package, only, bound):
    """What the guest finds at /run/job. Copies: the build's files are links, which lead nowhere in there."""
    for name in ("run", "one", "lib"):
        shutil.copy(HERE / "guest" / name, job / name)
    (job / "cases").mkdir()
    for case in (HERE / "cases").glob("*.sh"):
        shutil.copy(case, job / "cases" / case.name)
    shutil.copy(package, job / "coppice.deb")
    (job / "pattern").write_text(only + "\n")
    (job / "bound").write_text(f"{bound}\n")


def run(runner, suite, job, seconds, cases):
    """The guest's exit status; each line is shown and read as it comes."""
    words = [str(HERE / runner), suite, str(job), "--timeout", str(seconds)]
    process = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                               stderr=subprocess.STDOUT, text=True, errors="replace")
    # The runner ends its guest, and so must have its turn before we go.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: process.terminate())
    for line in process.stdout:
        print(line, end="", flush=True)
        cases.read(line.rstrip("\n"))
    return process.wait()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("runner", choices=BOUNDS)
    parser.add_argument("suite", choices=("bookworm", "trixie"))
    parser.add_argument("package", type=pathlib.Path)
    parser.add_argument("--only", default="*")
    parser.add_argument("--keep-job", type=pathlib.Path, help="make the job there, and run nothing")
    arguments = parser.parse_args()
    everything, one = BOUNDS[arguments.runner]
    if arguments.keep_job:
        arguments.keep_job.mkdir(parents=True)
        make_job(arguments.keep_job, arguments.package, arguments.only, one)
        return 0

    cases, place = Cases(), f"{arguments.runner}_{arguments.suite}"
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as directory:
        job = pathlib.Path(directory)
        make_job(job, arguments.package, arguments.only, one)
        status = run(arguments.runner, arguments.suite, job, everything, cases)
    if status == CANNOT and not cases.planned:
        cases.told[f"{place}.guest"] = ("skipped", " ".join(cases.notes), [])
        status = 0
    else:
        cases.finish(place, status)
    if os.environ.get("XML_OUTPUT_FILE"):
        write_xml(os.environ["XML_OUTPUT_FILE"], place, cases)
    bad = [name for name, (kind, _, _) in cases.told.items() if kind == "failed"]
    print(f"{place}: {len(cases.told)} cases, {len(bad)} failed, {time.monotonic() - began:.0f} s")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
