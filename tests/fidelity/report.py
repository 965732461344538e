#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""report.py DIRECTORY RERUNS ATTACKS WORKLOAD...: what the machines of tests/fidelity/run.sh found.

Prints each expectation as ok or not ok, and writes DIRECTORY/count, DIRECTORY.json and DIRECTORY/tables.md.
A full run also writes the tables to docs/fidelity.md. Status 0 if all were met. What is missing is a failure.
"""
import collections
import glob
import json
import os
import sys

directory, reruns, attacks = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
names = sys.argv[4:]
counts = collections.Counter()
# That many are promised in docs/fidelity.md.
WHOLE_RERUNS = 20


def report(good, name, detail=""):
    counts["passed" if good else "failed"] += 1
    print(f"{'ok' if good else 'not ok'} {sum(counts.values())} - {name}")
    if not good and detail:
        print(f"# {detail}")


def results():
    for path in sorted(glob.glob(f"{directory}/*/results")):
        with open(path) as file:
            for line in file:
                yield {"machine": os.path.basename(os.path.dirname(path)), **json.loads(line)}


found = collections.defaultdict(list)
for result in results():
    found[result["kind"], result.get("workload")].append(result)


def workload(name):
    learned = (found["learn", name] or [{}])[-1]
    runs = found["rerun", name]
    bad = [run for run in runs if run["status"] != 0 or run["violations"] != 0]
    report(learned.get("converged", False), f"{name}: learned until converged", learned)
    report(len(runs) == reruns, f"{name}: {reruns} reruns", f"{len(runs)} have a result")
    report(not bad, f"{name}: no violation in any rerun, all answers right",
           "; ".join(f"{run['machine']}: status {run['status']}, {run['violations']} violations" for run in bad[:5]))
    return {"workload": name, "coefficients": learned.get("coefficients"), "converged": learned.get("converged", False),
            "runs_to_convergence": learned.get("last_new"), "given": learned.get("given"),
            "proposed": learned.get("proposed"), "new": learned.get("new"), "reruns": len(runs),
            "reruns_with_violations": len(bad), "violations": sum(max(run["violations"], 0) for run in runs)}


def attack(tried):
    name = f"{tried['attack']} in {tried['workload']}"
    report(tried.get("plain") is True, f"{name}: has its effect without tsem")
    for how in "deny", "untrust":
        if tried.get(how) == "ended":
            report(True, f"{name}: came late, and the workload was ended, with --on-violation {how}")
        else:
            report(tried.get(how) is False, f"{name}: has none with --on-violation {how}")
        report(tried.get(f"why_{how}") is True, f"{name}: tsem why names program, deed and object ({how})")
    return {key: value for key, value in tried.items() if key not in ("kind", "machine")}


def yes(good):
    return "yes" if good else "**no**"


def head(name):
    head = {}
    with open(os.path.join(os.path.dirname(__file__), "..", "attacks", f"{name}.sh")) as file:
        for line in file:
            key, colon, value = line[2:].strip().partition(": ")
            if line.startswith("# ") and colon:
                head.setdefault(key, value)
            elif not line.startswith("#"):
                break
    return head


def whole(workloads, tried):
    """How much of what the page promises was done."""
    there = {kind: len([path for path in glob.glob(os.path.join(os.path.dirname(__file__), pattern))
                        if not path.endswith("/lib.sh")])
             for kind, pattern in (("workloads", "workloads/*.sh"), ("attacks", "../attacks/*.sh"))}
    least = min((row["reruns"] for row in workloads), default=0)
    ways = sum(all(way in row for way in ("plain", "deny", "untrust")) for row in tried)
    if len(workloads) == there["workloads"] and least >= WHOLE_RERUNS and ways == there["attacks"]:
        return f"All workloads, {least} reruns or more of each, all {ways} attacks."
    return (f"**Partial results**: {len(workloads)} of {there['workloads']} workloads, with at least {least} of "
            f"{WHOLE_RERUNS} reruns of each, and {ways} of {there['attacks']} attacks.")


def tables(workloads, tried):
    lines = [whole(workloads, tried), "", "| workload | coefficients | patterns given | patterns proposed and accepted | "
             "runs to convergence | reruns | with violations | distinct violations |",
             "|---|---|---|---|---|---|---|---|"]
    for row in workloads:
        lines.append(f"| {row['workload']} | {row['coefficients'] or '-'} | {row['given']} | {row['proposed']} | "
                     f"{row['runs_to_convergence'] if row['converged'] else 'not converged'} | {row['reruns']} | "
                     f"{row['reruns_with_violations']} | {row['violations']} |")
    lines += ["", "| attack | workload | program | event | object | effect without tsem | prevented | named by `tsem why` |",
              "|---|---|---|---|---|---|---|---|"]
    for row in tried:
        said = head(row["attack"])
        lines.append(f"| {row['attack']} | {row['workload']} | `{said.get('program')}` | {said.get('deed')} | "
                     f"{said.get('object')} | {yes(row.get('plain') is True)} | "
                     f"{yes(row.get('deny') is False and row.get('untrust') is False)} | "
                     f"{yes(row.get('why_deny') is True and row.get('why_untrust') is True)} |")
    return "\n".join(lines) + "\n"


def write_page(text):
    """Puts the tables between the marks of docs/fidelity.md."""
    page = os.path.join(os.path.dirname(__file__), "..", "..", "docs", "fidelity.md")
    with open(page) as file:
        old = file.read()
    before, begin, rest = old.partition("<!-- made by make fidelity: begin -->\n")
    _, end, after = rest.partition("<!-- made by make fidelity: end -->\n")
    report(begin and end, "docs/fidelity.md has both marks, each on a line of its own")
    if begin and end:
        write(page, before + begin + text + end + after)


def write(path, text):
    with open(path + ".tmp", "w") as file:
        file.write(text)
    os.rename(path + ".tmp", path)


for result in found["machine", None]:
    report(False, f"machine {result['name']} ends its work")
workloads = [workload(name) for name in names]
tried = [attack(result) for key in sorted(found, key=str) if key[0] == "attack" for result in found[key] if result["workload"] in names]
report(len(tried) == attacks, f"{attacks} attacks were tried", f"{len(tried)} have a result")
write(directory + ".json", json.dumps({"workloads": workloads, "attacks": tried}, indent=1) + "\n")
write(directory + "/tables.md", tables(workloads, tried))
if os.environ.get("FIDELITY_PAGE"):
    write_page(tables(workloads, tried))
write(directory + "/count", f"{counts['passed']} passed, {counts['failed']} failed, 0 skipped\n")
sys.exit(0 if not counts["failed"] else 1)
