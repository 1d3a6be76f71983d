"""Measures what judging costs: CPU seconds (user and system) of whole processes.

    python3 testdata/bench/bench.py            all of it; a few minutes, 3 GB of disk
    python3 testdata/bench/bench.py start load judge opa      some of it

start   a check of a small template
load    the same with 500 more rules, no two of which have an expression in common
judge   200 rules over 1,000,000 resources of 1.4 KB, with --summary
opa     12 rules over 200,000 of them, against OPA's Go library

Every figure is the best of three runs. Nothing is asserted: other programs on the machine
make figures larger.
"""

import os
import pathlib
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).parent
ROOT = HERE.parent.parent
TEMPLATE = """Resources:
  Data: {Type: AWS::S3::Bucket, Properties: {BucketName: data}}
  Jobs: {Type: AWS::SQS::Queue}
"""


def run(*command):
    """CPU seconds, wall seconds and resident MiB of one run; 1 is the exit code of findings."""
    started = time.monotonic()
    process = subprocess.Popen([str(c) for c in command], stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode > 1:
        sys.exit(f"{command} ended with {process.returncode}")
    return usage.ru_utime + usage.ru_stime, time.monotonic() - started, usage.ru_maxrss / 1024


def show(what, *command):
    runs = [run(*command) for _ in range(3)]
    cpu, wall, rss = (min(values) for values in zip(*runs))
    print(f"{what:<48} {cpu:8.3f} CPU s {wall:8.3f} s {rss:6.0f} MiB", flush=True)
    return cpu, wall


def main(wanted):
    with tempfile.TemporaryDirectory() as work:
        work = pathlib.Path(work)
        program, generate = work / "pcf-scan", work / "generate"
        subprocess.run(["go", "build", "-ldflags", "-s -w", "-o", program, "./cmd/pcf-scan"], cwd=ROOT, check=True)
        subprocess.run(["go", "build", "-o", generate, "./testdata/bench/generate"], cwd=ROOT, check=True)
        small = work / "small.yaml"
        small.write_text(TEMPLATE)
        if "start" in wanted or "load" in wanted:
            _, start = show("check of a small template", program, "check", small)
        if "load" in wanted:
            subprocess.run([generate, "-rules", "500", "-all", "-dir", work / "500"], check=True)
            _, loaded = show("check with 500 more rules", program, "check", small, "--rules", work / "500")
            print(f"{'loading 500 rules':<48} {'':8}       {loaded - start:8.3f} s")
        snapshot = work / "resources.jsonl"
        if "judge" in wanted:
            subprocess.run([generate, "-resources", "1000000", "-snapshot", snapshot, "-rules", "200", "-dir", work / "200"], check=True)
            show("200 rules, 1,000,000 resources", program, "check", snapshot, "--summary", "--rules", work / "200")
        if "opa" in wanted:
            subprocess.run([generate, "-resources", "200000", "-snapshot", snapshot], check=True)
            subprocess.run(["go", "run", ".", "-pcf-scan", program, "-snapshot", snapshot], cwd=HERE / "opa", check=True)


if __name__ == "__main__":
    main(sys.argv[1:] or ["start", "load", "judge", "opa"])
