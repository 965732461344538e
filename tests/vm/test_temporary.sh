#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# Names that programs make up for what they make exclusively where everybody may
# make names: learned without a pattern, enforced without a false alarm. What is
# just outside is refused.

# shellcheck source=tests/vm/lib.sh
. "$(dirname "$0")/lib.sh"

# An overlay has habits of its own (limits.md): test_layered.
mount -t tmpfs temporary "$scratch" && cd "$scratch" || exit 1
vary=$(dirname "$T")/vary
kinds='exclusive directory fifo node symbolic linked bound'

# In a directory of each kind: sticky and open to everybody; and what lacks one of the two.
prepare() {
	echo x >cut
	mkdir common closed open other
	chmod 1777 common other
	chmod 1755 closed
	chmod 0777 open
	ln -s common link
	mount -t tmpfs -o mode=1777 temporary /var/tmp
	mkdir -p /run/user/0 /run/user/1 /run/user/0/below
	chmod 0700 /run/user/0 /run/user/1 /run/user/0/below
}

deeds() { # deeds MODEL WORDS...: lines on standard input; status, output, errors
	local model=$1

	shift
	rm -rf common/{first,second,third} other/second open/there
	tsem run --model "$model" --enforce --on-violation deny --name "run-$model" "$@" -- "$vary"
}

lines() { # lines DIRECTORY [NAME]: a line for each kind of what can be made
	local kind

	for kind in $kinds; do
		echo "make $kind $1/${2:-$kind-$RANDOM$RANDOM}"
	done
}

# What can be done with what a kind needs.
allowed() { # allowed KIND
	case $1 in
	exclusive) printf '%s\n' exclusive node ;;
	linked) printf '%s\n' exclusive node linked ;;
	*) echo "$1" ;;
	esac
}

done_all() { # done_all NAME LINES: all were let in
	is "$1" "$status:$output:$errors" "0:$(sed 's/^/done /' <<<"$2"):"
}

test_each_kind() {
	local wanted kind

	wanted=$(lines "$scratch/common" first)
	tsem learn -o kinds.model --name kinds -- "$vary" <<<"$wanted"
	is "learned" "$status:$output" "0:$(sed 's/^/done /' <<<"$wanted")"
	is "the header says so" "$(sed -n 's/^normalise //p' kinds.model | tr , '\n' | grep -x temporary)" temporary
	wanted=$(lines "$scratch/common"; lines "$scratch/link")
	deeds kinds.model <<<"$wanted"
	done_all "any name in that directory, however it is reached" "$wanted"
	for kind in $kinds; do
		rm -rf common/*
		tsem learn -o one.model --name one -- "$vary" <<<"make $kind $scratch/common/first"
		deeds one.model < <(for other in $kinds; do echo "make $other $scratch/common/of-$other"; done
			echo "make $kind $scratch/other/second")
		is "$kind: this, what it begins with, and no other kind of thing" "$output" "$(sed "s|^|done make |; s|\([a-z]*\)$|\1 $scratch/common/of-\1|" < <(allowed "$kind"))"
		like "$kind: in another directory" "$errors" "*creates *$scratch/other/*refused*"
	done
}

# Each is learned there, and then done there under another name.
test_outside() {
	local directory kind

	for directory in closed open /run/user/1 /run/user/0/below; do
		[ "${directory:0:1}" = / ] || directory=$scratch/$directory
		tsem learn -o outside.model --name outside -- "$vary" < <(lines "$directory" first)
		deeds outside.model < <(lines "$directory" first)
		is "$directory: the same names" "$status:$errors" "0:"
		deeds outside.model < <(lines "$directory" second)
		is "$directory: no other" "$status:$output" 0:
		is "$directory: as many refusals as there are kinds" "$(grep -c 'vary: make: Operation not permitted' <<<"$errors")" \
			"$(lines "$directory" | wc -l)"
		like "$directory: they are said" "$errors" "*creates*$directory/second*refused*"
	done
}

test_not_exclusive() {
	tsem learn -o plain.model --name plain -- "$vary" <<<"make created $scratch/common/first"
	deeds plain.model <<<"make created $scratch/common/first"
	is "not exclusive: the same name" "$status:$errors" "0:"
	deeds plain.model <<<"make created $scratch/common/second"
	like "not exclusive: another name" "$output:$errors" ":*creates $scratch/common/second *refused*"
	tsem learn -o both.model --name both -- "$vary" <<<"make exclusive $scratch/common/first"
	deeds both.model <<<"make created $scratch/common/second"
	like "not exclusive, where exclusive was learned" "$output:$errors" ":*creates $scratch/common/second *refused*"
	ln -sfn "$scratch/open/there" common/dangling
	deeds both.model <<<"make created $scratch/common/dangling"
	like "through a link that leads elsewhere" "$output:$errors" ":*creates $scratch/open/there *refused*"
	tsem learn -o linked.model --name linked -- "$vary" <<<"make foreign $scratch/common/first"
	deeds linked.model <<<"make foreign $scratch/common/first"
	is "a name for another one's file: the same" "$status:$errors" "0:"
	deeds linked.model <<<"make foreign $scratch/common/second"
	like "a name for another one's file: another" "$output:$errors" ":*creates $scratch/common/second as another name of*refused*"
	deeds both.model <<<"make exclusive $scratch/common/dangling"
	is "exclusive, where there is a link: the kernel's own answer" "$output:$errors" ":vary: make: File exists"
}

test_runtime() {
	local wanted directory

	for directory in /run/user/0 /dev/shm /var/tmp; do
		tsem learn -o runtime.model --name runtime -- "$vary" < <(lines "$directory" first)
		is "$directory: learned" "$status" 0
		wanted=$(lines "$directory")
		deeds runtime.model <<<"$wanted"
		done_all "$directory: any name" "$wanted"
	done
	tsem learn -o user.model --name user -- setpriv --reuid 1 --clear-groups "$vary" <<<"make exclusive /run/user/1/first"
	like "the directory of a user is root's: he makes nothing there" "$errors" "*Permission denied*"
	chown 1 /run/user/1
	tsem learn -o user.model --name user -- setpriv --reuid 1 --clear-groups "$vary" <<<"make exclusive /run/user/1/first"
	is "a user's own: learned" "$status:$output" "0:done make exclusive /run/user/1/first"
	tsem run -m user.model -e --name user -- setpriv --reuid 1 --clear-groups "$vary" <<<"make exclusive /run/user/1/second"
	is "a user's own: any name" "$status:$output:$errors" "0:done make exclusive /run/user/1/second:"
	tsem learn -o root.model --name root -- "$vary" <<<"make exclusive /run/user/1/first"
	deeds root.model <<<"make exclusive /run/user/1/second"
	like "another user's: by its name" "$output:$errors" ":*creates /run/user/1/second *refused*"
}

# Without the normaliser names count.
test_without() {
	tsem learn -o named.model --name named --normalise instance -- "$vary" < <(lines "$scratch/common" first)
	deeds named.model < <(lines "$scratch/common" second)
	is "without it nothing is let in" "$status:$output" 0:
	tsem show ./named.model
	unlike "the model does not say that it lets in any name" "$output" "*temporary: *"
	tsem learn -o any.model --name any -- "$vary" < <(lines "$scratch/common" second)
	tsem show ./any.model
	like "the model says what it lets in" "$output" "*temporary: a new object that a program creates*"
}

# A directory of which nobody knows the name beforehand, and what is done in it and with it.
cat >below.sh <<'END'
d=$(mktemp -d "$1/work-XXXXXX")
echo secret >"$d/file"
mkdir "$d/sub"
mv "$d/file" "$d/sub/moved"
ln "$d/sub/moved" "$d/again"
chmod 600 "$d/again"
cat "$d/sub/moved"
[ -z "${2-}" ] || eval "$2"
rm -r "$1/work-"*
END

test_below() {
	tsem learn -n 3 -o below.model --name below -- sh below.sh "$scratch/common" </dev/null
	like "below: nothing new in later runs" "$status:$errors" "0:*Converged*"
	tsem run -m below.model -e --name below -- sh below.sh "$scratch/common" </dev/null
	is "below: enforced" "$status:$output:$errors" "0:secret:"
	tsem run -m below.model -e --on-violation deny --name below -- sh below.sh "$scratch/common" 'echo x >"$d/other"' </dev/null
	like "below: a name counts there" "$errors" "*creates $scratch/common////other *refused*"
	tsem run -m below.model -e --on-violation deny --name below -- sh below.sh "$scratch/other" </dev/null
	like "below: in another directory" "$errors" "*creates the directory $scratch/other/(any name) *refused*"
	tsem learn -n 3 -o renamed.model --name renamed -- sh below.sh "$scratch/common" \
		'mv "$d" "$1/work-fixed"; echo x >"$1/work-fixed/new"' </dev/null
	like "below: a directory that gets a name: learned" "$status:$errors" "0:*Converged*"
	tsem run -m renamed.model -e --on-violation deny --name renamed -- sh below.sh "$scratch/common" \
		'mv "$d" "$1/work-fixed"; echo x >"$1/work-fixed/new"' </dev/null
	is "below: enforced" "$status:$output:$errors" "0:secret:"
	tsem run -m renamed.model -e --on-violation deny --name renamed -- sh below.sh "$scratch/common" \
		'mv "$d" "$1/work-else"; echo x >"$1/work-else/new"' </dev/null
	like "below: its name counts from then on" "$errors" "*renames*$scratch/common/work-else*refused*"
	tsem learn -o bound.model --name bound -- sh -c 'd=$(mktemp -d -p common); mount --bind "$d" open; echo x >open/new; umount open; rm -r "$d"' </dev/null
	like "below: mounted elsewhere it is known by that place" "$(tsem show bound trajectory </dev/null; cat "$scratch/out")" "*creates $scratch/open/new *"
}

# A socket below such a directory: it is asked for by a name of which nothing is left, and so it is made.
cat >sockets.sh <<'END'
d=$(mktemp -d "$1/work-XXXXXX")
mkdir -p "$d/$2"
echo "make $4 $d/$2/$3" | $5
rm -r "$d"
END

in_below() { # in_below MODEL WORDS...: enforced
	local model=$1

	shift
	tsem run -m "$model" -e --on-violation deny --name below -- sh sockets.sh "$@" "$vary" </dev/null
}

test_sockets() {
	local place

	for place in . sub; do
		tsem learn -o sockets.model --name sockets -- sh sockets.sh "$scratch/common" $place a bound "$vary" </dev/null
		is "sockets in $place: learned" "$status:$(grep -c '^done make bound' <<<"$output")" 0:1
		in_below sockets.model "$scratch/common" $place b bound
		is "sockets in $place: any name" "$status:$(grep -c '^done make bound' <<<"$output"):$errors" "0:1:"
		in_below sockets.model "$scratch/common" $place a fifo
		like "sockets in $place: nothing else of that name" "$errors" "*creates the device or pipe $scratch/common////*a *refused*"
	done
	in_below sockets.model "$scratch/other" sub a bound
	like "sockets: in no other directory" "$errors" "*creates the directory $scratch/other/(any name) *refused*"
	in_below sockets.model "$scratch/common" else a bound
	like "sockets: in no directory of another name below it" "$errors" "*creates the directory $scratch/common////else *refused*"
	tsem learn -o fifo.model --name fifo -- sh sockets.sh "$scratch/common" . a fifo "$vary" </dev/null
	in_below fifo.model "$scratch/common" . b fifo
	like "sockets: of another kind the name counts" "$errors" "*creates the device or pipe $scratch/common////b *refused*"
}

# What Debian's programs make up at each start, each with a bare model.
cat >programs.py <<'END'
import multiprocessing, os, socket, sys, tempfile, shutil
with tempfile.NamedTemporaryFile() as f, tempfile.TemporaryFile() as g, tempfile.TemporaryDirectory() as d:
    f.write(b"x"); f.flush()
    open(os.path.join(d, "data"), "w").write("x")
    shutil.copy(f.name, os.path.join(d, "copy"))
fd, name = tempfile.mkstemp(dir="/dev/shm")
os.close(fd); os.unlink(name)
lock = multiprocessing.Lock(); queue = multiprocessing.SimpleQueue()
def work():
    with lock:
        queue.put("done")
p = multiprocessing.get_context("fork").Process(target=work)
p.start(); print(queue.get()); p.join()
listener = socket.socket(socket.AF_UNIX)
with tempfile.TemporaryDirectory() as d:
    listener.bind(os.path.join(d, "socket")); listener.listen()
    client = socket.socket(socket.AF_UNIX); client.connect(os.path.join(d, "socket"))
END

program() { # program NAME WORDS...
	local name=$1

	shift
	tsem learn --until-converged --max 6 -o program.model --name program -- "$@" </dev/null
	like "$name: converges with nothing given" "$status:$errors" "0:*Converged*"
	tsem run -m program.model -e --name program -- "$@" </dev/null
	is "$name: enforced" "$status:$errors" "0:"
}

test_programs() {
	export TMPDIR=/var/tmp
	program python3 /usr/bin/python3 -I programs.py
	program mktemp sh -c 'f=$(mktemp) && d=$(mktemp -d) && sort -o "$f" /etc/passwd && cp "$f" "$d/x" && rm -r "$f" "$d"'
	! command -v sqlite3 >/dev/null ||
		program sqlite3 sqlite3 :memory: 'pragma temp_store = 1; create temp table t (x); insert into t values (1); select x from t order by x'
	! command -v php >/dev/null ||
		program php php -n -r '$f = tempnam("/var/tmp", "php"); unlink($f); $t = tmpfile(); fwrite($t, "x");'
	unset TMPDIR
}

inside() { # inside WORDS...: in a mount namespace with a /var/tmp of its own, as a service manager makes one
	unshare -m sh -c 'mount -t tmpfs -o mode=1777 private /var/tmp && exec "$@"' sh timeout -k 5 60 "$@" \
		>"$scratch/out" 2>"$scratch/err" </dev/null
	status=$?
	output=$(<"$scratch/out")
	errors=$(<"$scratch/err")
}

path_types() { # of the events that were shown last
	grep -oE '"type":"(root|namespace|chroot|detached)"' "$scratch/out" | cut -d '"' -f 4 | sort -u
}

# Whoever starts tsem in a mount namespace of its own, PrivateTmp of systemd for one: the same names are the same files.
test_private() {
	local job='f=$(mktemp -p /var/tmp) && cat told >"$f" && cat "$f" && rm "$f"'

	echo told >told
	tsem learn -o outside.model --name outside -- sh -c "$job" </dev/null
	tsem show outside trajectory --json
	is "private: what a child does has its paths where tsem was started" "$(path_types)" root
	inside "$T" run -m outside.model -e --name inside -- sh -c "$job"
	is "private: learned outside, enforced inside" "$status:$output:$errors" "0:told:"
	inside "$T" learn -o inside.model --name inside -- sh -c "$job"
	is "private: learned inside" "$status" 0
	tsem show inside trajectory --json
	is "private: there, too" "$(path_types)" root
	tsem run -m inside.model -e --name outside -- sh -c "$job" </dev/null
	is "private: learned inside, enforced outside" "$status:$output:$errors" "0:told:"
	tsem run -m outside.model -e --on-violation deny --name left -- unshare -m sh -c "$job" </dev/null
	like "private: a workload that goes into one by itself is elsewhere" "$errors" "*refused*"
	tsem learn -o left.model --name left -- unshare -m sh -c 'cat told; true' </dev/null
	tsem show left trajectory --json
	is "private: and its paths say so" "$(grep -c '"type":"namespace","pathname":"'"$scratch/told" "$scratch/out"):$(path_types)" "1:namespace
root"
}

# What is gone takes no room: more directories than any map of a namespace has places.
test_gone() {
	local before normalise

	mkdir -p made
	tsem learn -o gone.model --name gone --pattern "$scratch/made/{alnum}" -- "$vary" <<<'directories 3'
	is "gone: learned" "$status" 0
	mkfifo orders
	"$T" run -m gone.model -e --name gone -- "$vary" <orders >"$scratch/soaked" 2>"$scratch/told-us" &
	exec 8>orders
	echo directories 100 >&8
	wait_until contains soaked 'done directories 100'
	before=$(field gone memory)
	echo directories 20000 >&8
	wait_until contains soaked 'done directories 20000'
	is "gone: the namespace takes what it took" "$(field gone memory)" "$before"
	exec 8>&-
	wait
	is "gone: nothing was refused" "$(field gone refused):$(<told-us)" 0:
	lacks "gone: nothing failed" "$("$T" show gone </dev/null)" failed
	tsem learn -o numbered.model --name numbered --normalise none --pattern "$scratch/made/{alnum}" -- "$vary" <<<'directories 9000'
	is "gone: where directories are numbered" "$status:$output:$(grep -c failed <<<"$errors")" "0:done directories 9000:0"
}

# Ways to put something in its place at once, and a name that looks like one that is gone.
cat >ways.py <<'END'
import ctypes, os, shutil, sys
libc = ctypes.CDLL(None)
AT_FDCWD, AT_EMPTY_PATH, AT_SYMLINK_FOLLOW, RENAME_EXCHANGE = -100, 0x1000, 0x400, 2

def write(name, text):
    with open(name, "w") as f:
        f.write(text)

def read(name):
    with open(name) as f:
        f.read()

def tmpfile():
    for source, flag in (("", AT_EMPTY_PATH), ("/proc/self/fd/%d", AT_SYMLINK_FOLLOW)):
        fd = os.open(".", os.O_TMPFILE | os.O_RDWR, 0o600)
        os.write(fd, b"x")
        assert not libc.linkat(AT_FDCWD if source else fd, (source % fd if source else "").encode(), AT_FDCWD, b"final", flag)
        os.close(fd)
        read("final")
        os.unlink("final")

def swap():
    os.makedirs("current", exist_ok=True)
    for turn in range(3):
        os.mkdir("next")
        write("next/file", str(turn))
        assert not libc.renameat2(AT_FDCWD, b"next", AT_FDCWD, b"current", RENAME_EXCHANGE)
        read("current/file")
        shutil.rmtree("next")

def save():
    for turn in range(3):
        write("conf.new", str(turn))
        os.rename("conf.new", "conf")
        read("conf")

def deleted():
    name = "name (deleted)"
    write(name, "x")
    with open(name) as f:
        os.unlink(name)
        read("/proc/self/fd/%d" % f.fileno())
    os.mkdir(name)
    write(name + "/in", "x")
    shutil.rmtree(name)

os.chdir(sys.argv[2])
globals()[sys.argv[1]]()
END

test_ways() {
	local way directory

	mkdir -p plain /srv/plain
	for way in tmpfile swap save deleted; do
		for directory in "$scratch/plain" "$scratch/common" /srv/plain; do
			[ "$way:$directory" != tmpfile:/srv/plain ] || continue # an overlay gives it no second name by descriptor
			tsem learn --until-converged --max 5 -o ways.model --name ways -- /usr/bin/python3 -I -S "$scratch/ways.py" "$way" "$directory" </dev/null
			like "$way in $directory: converges" "$status:$errors" "0:*Converged*"
			tsem run -m ways.model -e --name ways -- /usr/bin/python3 -I -S "$scratch/ways.py" "$way" "$directory" </dev/null
			is "$way in $directory: enforced" "$status:$errors" "0:"
		done
	done
}

# The file system of the machine is an overlay, as that of every container: what it marks in its layer is no event.
test_layered() {
	local wanted kinds=${kinds/linked /} directory=/tmp/layered

	mkdir -m 1777 "$directory"
	is "an overlay" "$(stat -f -c %T "$directory")" overlayfs
	wanted=$(lines "$directory")
	tsem learn -o layered.model --name layered -- "$vary" <<<"$wanted"
	is "learned on an overlay" "$status:$output" "0:$(sed 's/^/done /' <<<"$wanted")"
	wanted=$(lines "$directory")
	deeds layered.model <<<"$wanted"
	done_all "any name on an overlay" "$wanted"
	mkdir marked
	tsem run -m layered.model -e --on-violation deny --name marking -- "$vary" < <(
		echo "make directory $directory/there")
	is "what it marks is no event" "$status:$errors" 0:
	tsem run --export-only -o marks.json --name marks -- /usr/bin/python3 -I -S -c 'import os; os.setxattr("marked", "trusted.overlay.opaque", b"y")' </dev/null
	is "what somebody else marks is one" "$(grep -c '"inode_setxattr".*trusted.overlay.opaque' marks.json)" 1
}

need 'the programs can be loaded' "$T" load
prepare
for name in ${TESTS:-each_kind outside not_exclusive runtime below sockets programs private gone ways without layered}; do
	echo "# $name"
	"test_$name"
done
finish
