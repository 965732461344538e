#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""Hostile model files, read by every verb: sound ones, to the checksum, whose every name and number somebody chose who
means ill, and ones that are not.
usage: verbs.py TSEM SEED ROUNDS    exit status 0: each was read, or refused in one clear sentence"""
import copy, hashlib, json, os, random, re, subprocess, sys, tempfile

here = os.path.dirname(os.path.realpath(__file__))
tsem, seed, rounds = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
second = {"__file__": os.path.join(here, "../golden/coefficient.py")}
source = open(os.path.join(here, "../golden/coefficient.py"), encoding="utf-8").read()
exec(source[:source.rindex("sys.exit(")], second)
dice = random.Random(seed)
scratch = tempfile.mkdtemp(prefix="verbs.")
os.chdir(scratch)

EVENTS = [json.loads(line[line.index("{"):]) for name in ("golden/events.model", "data/grep.model")
          for line in open(os.path.join(here, "..", name), encoding="utf-8") if "{" in line]
BAD = ["\\x1b]0;owned\\x07", "\\x1b[2J", "%s%n%s", "'; touch /tmp/owned; '", "\u202eexe.txt", "a\\\\b", "", " ", "\\x00", "\\xff\\xfe", "../" * 50,
       "/" + "d/" * 1000, "x" * 4095, "\u00e4\u4e16\U0001f600", "\\x0atsem: all is well", "-o", "--", "<script>alert(1)</script>", "\"", "/dev/null", "/etc/passwd",
       "\\x7f", "\\xc2\\x9b31m", "/usr/bin/grep\\x0d", "/proc/self/fd/0", "/a//b/./c"]
NUMBERS = [0, 1, -1, 0x7fffffff, 0x80000000, 0xffffffff, 1 << 63, (1 << 64) - 1, 4095, 65535]


def mutate(value, kind=""):
    if isinstance(value, dict):
        return {key: mutate(inner, key) for key, inner in value.items()}
    if dice.random() < 0.85 or kind in ("type", "process", "s_uuid") and dice.random() < 0.9:
        return value
    if re.fullmatch("[0-9a-f]{64}", value):
        return "%064x" % dice.getrandbits(256)
    if re.fullmatch("0x[0-9a-f]+|-?[0-9]+", value) and kind not in ("pathname", "name", "value", "address"):
        number = dice.choice(NUMBERS) & (1 << 32) - 1
        return hex(number) if value.startswith("0x") else str(number)
    return dice.choice(BAD) if dice.random() < 0.7 else value + dice.choice(BAD)


def event():
    """An event with what is hashed changed, and its coefficient right; None when it cannot be one."""
    made = copy.deepcopy(dice.choice(EVENTS))
    name = made["event"]["type"]
    made[name], made["COE"] = mutate(made.get(name, {})), mutate(made["COE"])
    made["event"]["process"] = re.sub(r"\\[x0-9a-f]{0,2}$", "", dice.choice(BAD)[:15]) if dice.random() < 0.3 else made["event"]["process"]
    for number in ("pid", "ts", "ttd", "number"):
        if dice.random() < 0.1:
            made["event"][number] = str(dice.choice(NUMBERS) & (1 << 32) - 1)
    try:
        value, task = second["coefficient"](made)
    except (ValueError, KeyError, OverflowError):
        return None
    made["event"]["coefficient"] = value.hex()
    if name == "bprm_committed_creds":
        made["event"]["task_id"] = task.hex()
    return made


def head():
    runs = dice.choice([0, 1, 3, 4294967295])
    lines = ["tsem-model 1", "name " + dice.choice(["a", "x" * 63, "two words", "%s%n", "\u202e", "\x1b[31m" if dice.random() < 0.1 else "b"]),
             "digest sha256", "profile " + dice.choice(["portable", "exact"]), "contents " + dice.choice(["exec", "all"])]
    lines += ["normalise process,instance,port,terminal,anonymous,size"] if dice.random() < 0.3 else []
    lines += ["pattern /tmp/" + dice.choice(["upload.{alnum 8}", "{digit}", "upload.{hex 12}.x"] * 4 + ["{alnum 1000}", "x{"])] if dice.random() < 0.2 else []
    lines += ["pseudonym /usr/bin/" + dice.choice(["grep", "a\\x20b", "x" * 240, "\\x1b"])] if dice.random() < 0.2 else []
    lines += ["tree /srv/" + dice.choice(["work:rwx", "a\\x20b:r", "\\x1b[31m:rw", "x:rw"] * 4 + ["..:r", "x:w"]) for _ in range(dice.choice([1, 1, 1, 2]))] if dice.random() < 0.2 else []
    lines += [f"runs {runs}"]
    lines += [f"source {dice.choice(['s', 'two words', '%n', BAD[4]])} {dice.choice(NUMBERS) & 0xffffffff} " + "0" * 64] if dice.random() < 0.15 else []
    lines += ["large 1073741824"] if dice.random() < 0.2 else []
    lines += ["syscalls 2", "open", "socket 2"] if dice.random() < 0.2 else []
    return lines, runs


def decisions(listed):
    """Sorted, and about what is there, most of the time."""
    made = {(word, key) for word, key in (("allow", dice.choice(sorted(listed) or ["0" * 64])), ("deny", "%064x" % dice.getrandbits(256))) if dice.random() < 0.7}
    made |= {("allow", "f" * 64)} if dice.random() < 0.03 else set()
    texts = ["", " ", " tool may open /etc/group", " \\x1b]0;owned\\x07", " \\xe2\\x80\\xaeexe.txt", " %s%n", " \\xff\\x0atsem: all is well", " " + "\\x9b" * 1023]
    lines = [f"{word} {dice.choice(['2026-11-30T14:03:22Z', '1970-01-01T00:00:01Z', '9999-12-31T23:59:59Z'])} {key} "
             + dice.choice(["root@terminal", "\\x1b[2J", "%n", "w" * 63]) + dice.choice(texts[:1] + texts[2:] * 4 + texts[1:2]) for word, key in sorted(made)]
    return [f"decisions {len(lines)}", *lines] if lines else []


def model():
    lines, runs = head()
    events = [made for made in (event() for _ in range(dice.randrange(0, 12))) if made]
    listed = {made["event"]["coefficient"] for made in events} | {"%064x" % dice.getrandbits(256) for _ in range(dice.randrange(0, 4))}
    lines += decisions(listed) if dice.random() < 0.4 else []
    lines += [f"coefficients {len(listed)}", *sorted(listed)]
    seen, body = set(), []
    for made in events:
        if made["event"]["coefficient"] not in seen:
            seen.add(made["event"]["coefficient"])
            spread = dice.choice([(0, 0), (min(1, runs), runs), (runs, runs), (5, 2)] if dice.random() < 0.03 else [(0, 0), (min(1, runs), runs), (runs, runs)])
            body.append("%d %d %d " % (dice.choice([1, 2, (1 << 64) - 1, 1 << 63]), *spread) + json.dumps(made, separators=(",", ":"), ensure_ascii=False))
    if body:
        lines += [f"trajectory {len(body)}", *body]
    text = ("\n".join(lines) + "\n").encode("utf-8", "surrogatepass")
    whole = bytearray(text + b"end " + hashlib.sha256(text).hexdigest().encode() + b"\n")
    for _ in range(dice.choice([0] * 10 + [1, 3])):
        at = dice.randrange(len(whole))
        whole[at:at + dice.randrange(3)] = bytes(dice.randrange(256) for _ in range(dice.randrange(3)))
    return bytes(whole)


UNSAFE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]")
counts, reasons = {"good": 0, "refused": 0}, {}


def fault(words, result, why):
    print(f"not ok: {why}: tsem {' '.join(words)}: status {result.returncode}, in {scratch}")
    print(result.stderr.decode(errors="replace")[-3000:])
    sys.exit(1)


def run(*words, written=None):
    if written and os.path.exists(written):
        os.unlink(written)
    result = subprocess.run([tsem, *words], capture_output=True, timeout=60, stdin=subprocess.DEVNULL, env={**os.environ, "ASAN_OPTIONS": "detect_leaks=0:exitcode=77"})
    errors = result.stderr.decode(errors="surrogateescape")
    out = result.stdout.decode(errors="surrogateescape")
    if result.returncode not in (0, 1, 2, 3, 125):
        fault(words, result, "crash")
    if {"trajectory", "forensics"} & set(words) and "--json" in words:
        out = re.sub("[\x7f-\x9f\u061c\u200b-\u206f\ufeff]", "", out)  # lines of the format, which has them as they are
    if UNSAFE.search(errors) or UNSAFE.search(out) or re.search("[\udc80-\udcff]", out + errors):
        fault(words, result, "what a terminal acts on is printed")
    if "--json" in words and result.returncode in (0, 3):
        for document in out.splitlines() if {"trajectory", "forensics"} & set(words) else [out]:
            json.loads(document)
    told = "".join(line for line in errors.splitlines(True) if "was not verified" not in line)
    if result.returncode in (1, 2, 125):
        reasons[re.sub("[0-9]+", "N", told)[:110]] = reasons.get(re.sub("[0-9]+", "N", told)[:110], 0) + 1
    if result.returncode in (1, 2, 125) and (told.count("\n") != 1 or not errors.startswith("tsem: ")):
        fault(words, result, "not one sentence")
    if written and (result.returncode == 0) != os.path.exists(written):
        fault(words, result, "half written")
    if written and result.returncode == 0 and run("model", "verify", "./" + written).returncode:
        fault(words, result, "what was written cannot be read")
    counts["refused" if result.returncode in (1, 2, 125) else "good"] += 1
    return result


os.mkdir("root")
subprocess.run(["openssl", "genpkey", "-algorithm", "ed25519", "-out", "key.pem"], check=True, capture_output=True)
good = os.path.join(here, "../data/grep.model")
parts = sys.argv[4:] or ["trajectory", "coefficients", "counts", "state", "measurement", "forensics", "decisions"]
for turn in range(rounds):
    open("m", "wb").write(model())
    if turn % 2:
        open("other", "wb").write(model())
    else:
        subprocess.run(["cp", good, "other"], check=True)
    run("show", "./m")
    run("show", "./m", "--json")
    for part in dice.sample(parts, 2):
        run("show", "./m", part, *dice.choice([[], ["--json"]]))
    run("show", "./m", "--syscalls")
    run("model", "verify", "m", *dice.choice([[], ["--json"]]))
    run("model", "diff", "m", "other", *dice.choice([[], ["--json"]]))
    run("model", "merge", "-o", "out", "m", "other", written="out")
    run("model", "merge", "-o", "out", "m", "m", written="out")
    run("model", "minimise", "-o", "out", "--runs", dice.choice(["1", "2", "4294967295"]), "m", written="out")
    run("model", "minimise", "--dry-run", "m", *dice.choice([[], ["--json"]]))
    run("model", "rebase", "--package-update", "--root", "root", "--keep-missing", "-o", "out", "m", written="out")
    run("model", "rebase", "--package-update", "--root", "root", "--dry-run", "m")
    run("model", "pseudonym", "-o", "out", "m", dice.choice(["/usr/bin/grep", "/etc/passwd", "../x", "/a b"]), written="out")
    if run("model", "sign", "--key", "key.pem", *dice.choice([[], ["--sealed"]]), "-o", "signed", "m").returncode == 0:
        run("show", "./signed")
        run("model", "merge", "-o", "out", "m", "signed")
    run("replay", "m", "--tma", "self:engine", *dice.choice([[], ["--model", "other"], ["--json"]]))
    run("replay", good, "--model", "m", "--tma", "self:engine")
    run("run", "--model", "m", "--enforce", "--name", "fuzzed", "--", "true")
subprocess.run(["rm", "-r", scratch], check=True)
print(f"{counts['good']} read, {counts['refused']} refused")
if os.environ.get("VERBS_REASONS"):
    print(*(f"{count:6} {reason.strip()}" for reason, count in sorted(reasons.items(), key=lambda item: -item[1])[:40]), sep="\n")
sys.exit(not (counts["good"] * 5 > counts["refused"]))
