"""Reads `go test -json` and prints what a person wants to know of it.

One line per package, the whole output of what failed, what each emulator package says
about its own tests, and at the end the counts. Exits 1 when anything failed, also when a
package did not build or a command broke, and when no test ran at all.
"""

import collections
import json
import re
import sys

counts = collections.Counter()
output = collections.defaultdict(list)  # (package, test) -> lines
failed_in = collections.Counter()  # package -> failed tests
broken = False
emulator = 0

for line in sys.stdin:
    try:
        event = json.loads(line)
    except ValueError:
        print(line, end="")
        continue
    action, package, test = event.get("Action"), event.get("Package", ""), event.get("Test")
    if action == "command-failed":
        broken = True
    elif action == "build-output":
        print(event["Output"], end="")
    elif action == "output":
        text = event["Output"]
        output[package, test].append(text)
        ran = re.match(r"emulator: (\d+) ", text)
        if ran:
            emulator += int(ran[1])
            print(text, end="")
    elif action in ("pass", "fail", "skip") and test:
        counts[action] += 1
        lines = output.pop((package, test), [])
        if action == "fail":
            failed_in[package] += 1
            print("".join(lines), end="")
        elif action == "skip":  # a skip is never silent
            print(f"skip {package} {test}: " + " ".join(l.strip() for l in lines if not re.match(r"\s*(===|---)", l)))
    elif action in ("pass", "fail", "skip"):
        if action == "fail":
            broken = True
            if not failed_in[package]:  # did not build, or broke outside of a test
                counts["fail"] += 1
            print("".join(output.pop((package, None), [])), end="")
        print({"pass": "ok  ", "fail": "FAIL", "skip": "none"}[action], package, f"{event.get('Elapsed', 0):.1f}s", flush=True)

print(f"{emulator} tests ran against the AWS emulator")
if broken and not counts["fail"]:
    counts["fail"] = 1
print(f"{counts['pass']} passed, {counts['fail']} failed" + (f", {counts['skip']} skipped" if counts["skip"] else ""))
sys.exit(1 if counts["fail"] or not counts["pass"] else 0)
