#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# tests/lab.sh PATH_TO_TSEM: the micro-VM as its users see it.
# LAB replaces the command that is under test ("PATH_TO_TSEM lab").
# TSEM_MUST_RUN=1 turns skips into failures.

set -u
export LC_ALL=C.UTF-8
LAB=${LAB:-$(realpath "${1:?usage: tests/lab.sh PATH_TO_TSEM}") lab}
scratch=$(mktemp -d "${TMPDIR:-/tmp}/lab-test.XXXXXX")
trap 'rm -rf "$scratch"' EXIT
# shellcheck source=tests/tap.sh
. "$(dirname "$0")/tap.sh"

# lab [OPTIONS] -- CMD...: one run; a guest that hangs is a failure, not a wait.
# LAB may be several words.
lab() { timeout -k 5 120 $LAB --timeout 100 "$@"; }

status_of() { # status_of CMD...: the status of one run, its output thrown away
	lab -- "$@" </dev/null >/dev/null 2>&1
	echo $?
}

# The first run may fetch a kernel. All others need it.
first=$(lab -- true </dev/null 2>&1)
status=$?
report $status 'a guest boots, and ends with status 0' "$first"
[ $status -eq 0 ] || finish

test_status() {
	is 'status 255' "$(status_of sh -c 'exit 255')" 255
	is 'death by signal' "$(status_of sh -c 'kill -9 $$')" 137
	is 'command not found' "$(status_of /no/such/command)" 127
	echo 'not a program' >"$scratch/plain"
	is 'command not executable' "$(status_of "$scratch/plain")" 126
}

test_usage() {
	local got
	lab --no-such-option -- true </dev/null >/dev/null 2>"$scratch/err"
	got=$?
	[ $got -ne 0 ] && [ $got -ne 124 ] && grep -q -e --no-such-option "$scratch/err"
	report $? 'unknown option is refused by name' "$(cat "$scratch/err")"
	lab -- </dev/null >/dev/null 2>"$scratch/err"
	like 'no command is refused' "$?:$(<"$scratch/err")" "2:tsem: *"
	lab --kernel "$scratch/none" -- true </dev/null >/dev/null 2>"$scratch/err"
	like 'missing kernel is refused by name' "$?:$(<"$scratch/err")" "125:tsem: *$scratch/none*"
}

test_arguments() {
	local -a words=('' 'a b' "it's" '"double"' $'two\nlines' '--' '-x' '$HOME' '\back\' \
		'*' ' lead' 'trail ' $'\t' 'é' '')
	printf '<%s>' "${words[@]}" >"$scratch/wanted"
	lab -- printf '<%s>' "${words[@]}" </dev/null >"$scratch/got" 2>/dev/null
	cmp -s "$scratch/got" "$scratch/wanted"
	report $? 'arguments survive' "$(cat "$scratch/got")"
	is 'many arguments' "$(lab -- sh -c 'echo $#' x $(seq 20000) </dev/null 2>/dev/null)" 20000
}

test_streams() {
	local sum
	head -c 1048576 /dev/urandom >"$scratch/in"
	sum=$(sha256sum <"$scratch/in")
	is 'stdin, a file' "$(lab -- sha256sum <"$scratch/in" 2>/dev/null)" "$sum"
	is 'stdin left unread' "$(lab -- echo done <"$scratch/in" 2>/dev/null)" 'done'
	is 'stdin closed' "$(lab -- cat <&- 2>/dev/null; echo $?)" 0
	lab -- sh -c 'echo out; echo err >&2; echo out; echo err >&2' </dev/null \
		>"$scratch/out" 2>"$scratch/err"
	is 'stdout alone' "$(cat "$scratch/out")" $'out\nout'
	is 'stderr alone' "$(grep -v '^tsem lab:' "$scratch/err")" $'err\nerr'
	head -c 5242880 /dev/urandom >"$scratch/big"
	cat "$scratch/big" | lab -- cat >"$scratch/got" 2>"$scratch/err"
	cmp -s "$scratch/big" "$scratch/got"
	report $? 'stdin and output, 5 MiB through pipes' "$(ls -l "$scratch/got"; cat "$scratch/err")"
	# More than a pipe holds and less than the device does: the guest is done long before.
	head -c 1000000 "$scratch/in" >"$scratch/big"
	lab -- cat "$scratch/big" </dev/null 2>/dev/null |
		{ sleep 12; sha256sum; } >"$scratch/got"
	is 'a slow reader gets all' "$(cat "$scratch/got")" "$(sha256sum <"$scratch/big")"
	is 'a reader that leaves ends the command' "$(lab -- yes </dev/null 2>/dev/null | head -n 1
		echo "${PIPESTATUS[0]}")" $'y\n141'
}

test_surroundings() {
	local got
	mkdir -p "$scratch/a dir"
	got=$(cd "$scratch/a dir" && TSEM_X='a b' SECRET_X=1 lab -- \
		sh -c 'pwd; echo "$TSEM_X/$HOME/${SECRET_X-unset}"; id -u; cat /sys/kernel/security/lsm; echo; ulimit -l; cat /sys/class/net/lo/operstate
		for m in proc sysfs securityfs bpf cgroup2 tracefs devpts; do grep -q " $m " /proc/mounts || echo "no $m"; done' </dev/null 2>/dev/null)
	is 'working directory' "$(sed -n 1p <<<"$got")" "$scratch/a dir"
	is 'environment' "$(sed -n 2p <<<"$got")" "a b/$HOME/unset"
	got=$(sed 1,2d <<<"$got")
	is 'root' "$(sed -n 1p <<<"$got")" 0
	[[ ,$(sed -n 2p <<<"$got"), == *,bpf,* ]]
	report $? 'bpf is an active LSM' "$got"
	is 'limits, loopback, mounts' "$(sed 1,2d <<<"$got")" $'unlimited\nunknown'
	got=$(lab --mem 1024 --cmdline 'lsm=landlock,bpf tsem.word' -- cat /proc/cmdline \
		/sys/kernel/security/lsm /proc/meminfo </dev/null 2>/dev/null)
	[[ $(sed -n 1p <<<"$got") == *tsem.word* && $(sed -n 2p <<<"$got") == *bpf* && $(sed -n 2p <<<"$got") != *apparmor* ]]
	report $? '--cmdline has the last word' "$got"
	is '--mem' "$(awk '/MemTotal/ { print ($2 > 700000 && $2 < 1048577) }' <<<"$got")" 1
}

test_files() {
	local mark=/lab-test-$$ got
	mkdir -p "$scratch/a dir"
	echo 'not a program' >"$scratch/plain"
	echo input >"$scratch/in"
	got=$(lab -- sh -c "echo x >$mark && cat $mark && echo y >>'$scratch/plain' &&
		rm -r '$scratch/a dir' && mv '$scratch/in' '$scratch/moved' && echo written
		mkdir /m && { mount -t virtiofs host /m && mount -o remount,rw /m; touch '/m$scratch/escaped'; } 2>/dev/null" \
		</dev/null 2>&1)
	is 'the guest can write anywhere' "$(grep -v '^tsem lab:' <<<"$got")" $'x\nwritten'
	[ ! -e "$mark" ] && [ "$(cat "$scratch/plain")" = 'not a program' ] &&
		[ -d "$scratch/a dir" ] && [ -e "$scratch/in" ] && [ ! -e "$scratch/moved" ]
	report $? 'and the host does not see it'
	# Even a guest that mounts the host's files again cannot write them.
	[ ! -e "$scratch/escaped" ]
	report $? 'a second mount of the host is read-only too'
	hidden
	truncate -s 16M "$scratch/disk"
	if ! command -v mke2fs >/dev/null; then
		skip '--disk' 'no mke2fs'
		return
	fi
	lab --disk "$scratch/disk" -- sh -c 'mke2fs -q -t ext4 /dev/vda && mkdir /m &&
		mount /dev/vda /m && echo kept >/m/file' </dev/null >/dev/null 2>&1
	is '--disk' "$(lab --disk "$scratch/disk" -- sh -c \
		'mkdir /m && mount /dev/vda /m && cat /m/file' </dev/null 2>/dev/null)" kept
}

# The guest mounts the file server again, and looks for what belongs to the running host: by path, and wherever else the
# kernel's own file systems are mounted.
hidden() {
	local got each place

	mkdir -p /run/lab-test-$$ "$scratch/root/proc" "$scratch/root/sys" "$scratch/list"
	mount -t proc proc "$scratch/root/proc" && mount -t mqueue mqueue "$scratch/list"
	report $? 'file systems of the kernel are mounted elsewhere too'
	echo "of the host" >/run/lab-test-$$/secret
	echo "of the host" >/dev/shm/lab-test-$$
	got=$(lab -- sh -c "mkdir /m && mount -t virtiofs host /m && cat '/m$scratch/plain' && cd /m &&
		find run dev sys proc '.$scratch/root/proc' '.$scratch/list' -mindepth 1 -maxdepth 2 | wc -l
		cat run/lab-test-$$/secret dev/shm/lab-test-$$ proc/1/environ proc/1/root/run/lab-test-$$/secret run/view/etc/passwd 2>&1 |
			grep -vc 'No such file'" </dev/null 2>&1)
	umount "$scratch/root/proc" "$scratch/list"
	rm -r /run/lab-test-$$ /dev/shm/lab-test-$$
	is 'a second mount of the host shows nothing of what runs there' "$(grep -v '^tsem lab:' <<<"$got")" $'not a program\n0\n0'
	# Each type that needs no device is covered, or holds files, or cannot be mounted. Another one has to be decided.
	each=$(awk '$1 == "nodev" { print $2 }' /proc/filesystems | grep -vxE 'tmpfs|ramfs|rootfs|overlay|fuse|virtiofs|9p|nfs4?|cifs|smb3|ceph|autofs|sockfs|pipefs|bdev|anon_inodefs' |
		while read -r got; do grep -q "\"$got\"" "$(dirname "$0")/../lab/files.c" || echo "$got"; done)
	is 'each type of file system that this kernel has is covered, or holds files' "$each" ''
	# What a guest's kernel may ask the server for, whatever a mount of its own says.
	# shellcheck disable=SC2086
	$LAB -- sleep 60 </dev/null >/dev/null 2>&1 &
	place=$!
	for each in $(seq 200); do
		got=$(pgrep -P "$place" -x virtiofsd) && [ "$(readlink "/proc/$got/root")" != / ] && break
		sleep 0.05
	done
	awk '{ n++ } $6 !~ /nodev/ || $6 !~ /^ro/ { print $5, $6 } END { print (n > 0) }' "/proc/${got:-none}/mountinfo" >"$scratch/mounts"
	is 'the file server sees no mount that is writable or has devices' "$(cat "$scratch/mounts")" 1
	kill "$place"
	wait "$place" 2>/dev/null
}

# In the place of QEMU somebody who has taken the guest's kernel: what he may send over its port, without end.
test_hostile() {
	local each memory status

	mkdir "$scratch/fake"
	cat >"$scratch/fake/qemu-system-x86_64" <<-'END'
		#!/usr/bin/python3
		import os, re, socket, struct, sys, threading, time
		words = " ".join(sys.argv)
		port = socket.socket(fileno=int(re.search(r"socket,id=port,fd=(\d+)", words)[1]))
		console = os.open("/proc/self/fd/" + re.search(r"id=console,path=/proc/self/fd/(\d+)", words)[1], os.O_WRONLY)
		frame = lambda kind, payload=b"": struct.pack("<II", kind, len(payload)) + payload
		how = os.environ["TSEM_HOSTILE"]
		log = open(os.environ["TSEM_HOSTILE_LOG"], "w")
		def watch():
		    while True:
		        status = open("/proc/%d/status" % os.getppid()).read()
		        print(int(re.search(r"VmRSS:\s+(\d+)", status)[1]), os.fstat(console).st_blocks // 2, file=log, flush=True)
		        time.sleep(0.1)
		threading.Thread(target=watch, daemon=True).start()
		end = time.time() + 4
		time.sleep(0.3)
		try:
		    if how == "hello":
		        while time.time() < end:
		            port.sendall(frame(1) * 1000)
		    elif how == "credit":
		        port.sendall(frame(1) + frame(2))
		        while time.time() < end:
		            port.sendall(frame(5, struct.pack("<I", 1 << 31)) * 10)
		            time.sleep(0.01)
		    elif how == "kind":
		        port.sendall(frame(1) + frame(99) + frame(6, b"\0\0\0\0"))
		    elif how == "size":
		        port.sendall(frame(1) + struct.pack("<II", 3, 0xffffffff))
		        time.sleep(4)
		    elif how == "console":
		        port.sendall(frame(1) + frame(2))
		        while time.time() < end:
		            os.write(console, bytes(1 << 20))
		            time.sleep(0.002)
		        port.sendall(frame(6, b"\0\0\0\0"))
		        time.sleep(1)
		except OSError:
		    pass
	END
	chmod +x "$scratch/fake/qemu-system-x86_64"
	for each in hello credit kind size console; do
		yes | TSEM_HOSTILE=$each TSEM_HOSTILE_LOG=$scratch/watched PATH=$scratch/fake:$PATH timeout -k 5 20 $LAB -- cat \
			"$(printf '%0.sx' {1..4000})" >/dev/null 2>"$scratch/err"
		status=$?
		memory=$(sort -n "$scratch/watched" | tail -n 1 | cut -d ' ' -f 1)
		[ "${memory:-999999}" -lt 65536 ]
		report $? "hostile guest, $each: the memory of tsem lab has a bound" "$memory KiB"
		if [ $each = console ]; then
			memory=$(cut -d ' ' -f 2 "$scratch/watched" | tail -n 1)
			[ "$(sort -k 2n "$scratch/watched" | tail -n 1 | cut -d ' ' -f 2)" -gt 0 ] && [ "${memory:-999999999}" -lt 1048576 ]
			report $? "hostile guest, $each: so has what its console keeps" "$memory KiB at the end"
			is "hostile guest, $each: the status is its own" "$status" 0
		else
			like "hostile guest, $each: is told, and the end" "$status:$(tail -n 1 "$scratch/err")" "125:*the guest sent a malformed message*"
		fi
	done
}

program() { # program NAME COMMAND PATTERN: what the guest said of it, if the host has it
	if command -v "$2" >/dev/null; then
		like "$1" "$(sed -n "s/^$2: //p" "$scratch/got")" "$3"
	else
		skip "$1" 'not installed'
	fi
}

test_programs() {
	printf '#include <stdio.h>\nint main(void) { puts("built"); return 7; }\n' >"$scratch/p.c"
	(cd "$scratch" && lab -- sh -c 'echo "python3: $(/usr/bin/python3 -c "import json; print(json.dumps([6*7]))")"
		echo "nginx: $(nginx -v 2>&1)"
		echo "gcc: $(gcc p.c -o p && ./p; echo $?)" | paste -s -d " "') </dev/null >"$scratch/got" 2>/dev/null
	program 'python3 runs' python3 '\[42\]'
	program 'nginx runs' nginx '*nginx version*'
	program 'gcc compiles and the result runs' gcc 'built 7'
}

alive() { # alive PID...: those that still run
	local pid
	for pid; do
		[ ! -e "/proc/$pid" ] || echo "$pid"
	done
}

# Starts a lab in the background that says "up"; sets pid and children. Signals
# that a shell without job control ignores for it are put back first.
start_lab() {
	rm -f "$scratch/up"
	env --default-signal=INT $LAB --timeout 100 -- "$@" </dev/null >"$scratch/up" 2>/dev/null &
	pid=$!
	for _ in $(seq 300); do
		[ ! -s "$scratch/up" ] || break
		sleep 0.1
	done
	children=$(ps -o pid= --ppid "$pid")
}

wait_lab() { # sets got: the lab's status and how many of its children are left
	wait "$pid" 2>/dev/null
	got=$?
	# When it was killed itself, the kernel ends its children a moment later.
	for _ in $(seq 50); do
		[ $got -eq 137 ] && [ -n "$(alive $children)" ] || break
		sleep 0.1
	done
	got="$got $(alive $children | wc -l)"
}

test_ending() {
	local pid children got from
	from=$SECONDS
	$LAB --timeout 4 -- sleep 1000 </dev/null >/dev/null 2>&1
	is '--timeout gives 124' $? 124
	[ $((SECONDS - from)) -lt 10 ]
	report $? '--timeout ends in time' "$((SECONDS - from)) s"
	start_lab sh -c 'echo up; exec sleep 1000'
	[ "$(wc -w <<<"$children")" -ge 2 ]
	report $? 'the children are known' "children: $children"
	kill -INT "$pid"
	wait_lab
	is 'SIGINT ends the command, without orphans' "$got" '130 0'
	start_lab sh -c 'trap "echo caught; exit 5" INT; echo up; while :; do sleep 0.1; done'
	kill -INT "$pid"
	wait_lab
	is 'SIGINT reaches the command' "$got $(tail -n 1 "$scratch/up")" '5 0 caught'
	start_lab sh -c 'trap "" INT; echo up; while :; do sleep 1; done'
	from=$SECONDS
	kill -INT "$pid"
	wait_lab
	is 'a command that ignores SIGINT is ended' "$got" '130 0'
	[ $((SECONDS - from)) -lt 6 ]
	report $? 'after three seconds' "$((SECONDS - from)) s"
	start_lab sh -c 'trap "" INT; echo up; while :; do sleep 1; done'
	from=$SECONDS
	kill -INT "$pid"
	sleep 0.5
	kill -INT "$pid"
	wait_lab
	is 'a second SIGINT ends it' "$got" '130 0'
	[ $((SECONDS - from)) -lt 3 ]
	report $? 'at once' "$((SECONDS - from)) s"
	start_lab sh -c 'echo up; exec sleep 1000'
	kill -KILL "$pid"
	wait_lab
	is 'even SIGKILL leaves no orphans' "$got" '137 0'
	lab -- sh -c 'echo o >/proc/sysrq-trigger; sleep 50' </dev/null >/dev/null 2>"$scratch/err"
	got=$?
	[ $got -ne 0 ] && [ $got -ne 124 ] && grep -q 'died without reporting' "$scratch/err"
	report $? 'a guest that dies is reported' "status $got: $(cat "$scratch/err")"
}

test_two_at_once() {
	lab -- sh -c 'sleep 1; echo one' </dev/null >"$scratch/one" 2>/dev/null &
	local one=$!
	lab -- sh -c 'sleep 1; echo two; exit 2' </dev/null >"$scratch/two" 2>/dev/null
	local status=$?
	wait $one
	is 'two labs at once' "$? $status $(cat "$scratch/one" "$scratch/two" | xargs)" '0 2 one two'
}

test_terminal() {
	if [ ! -x /usr/bin/python3 ]; then
		skip 'a terminal' 'no python3'
		return
	fi
	cat >"$scratch/terminal.py" <<'END'
import os, pty, sys, termios, time
pid, fd = pty.fork()
if pid == 0:
    os.execvp(sys.argv[1], sys.argv[1:])
before = termios.tcgetattr(fd)
text = b""
typed = [(b"# ", b"tty; test -t 2 && echo $((6*7))\r"), (b"42", b"sleep 1000\r"),
         (b"sleep 1000", b"\x03"), (b"^C", b"exit 4\r")]
try:
    while chunk := os.read(fd, 4096):
        text += chunk
        if typed and typed[0][0] in text:
            text = b""
            time.sleep(0.5)
            os.write(fd, typed.pop(0)[1])
except OSError:
    pass
print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), len(typed))
END
	is 'an interactive shell, Ctrl-C in it' "$(timeout 60 /usr/bin/python3 \
		"$scratch/terminal.py" $LAB --timeout 50 -- sh -i)" '4 0'
}

test_deterministic() {
	if ! command -v gcc >/dev/null || [ "$(uname -m)" != x86_64 ]; then
		skip 'the deterministic clock counts instructions' 'no gcc for x86-64'
		return
	fi
	cat >"$scratch/count.c" <<'END'
#include <stdio.h>
#include <time.h>
int main(void)
{
	struct timespec a, b;
	int turns = 1000000;
	clock_gettime(CLOCK_MONOTONIC, &a);
	__asm__ volatile("1: dec %0; jnz 1b" : "+r"(turns));
	clock_gettime(CLOCK_MONOTONIC, &b);
	printf("%ld %ld\n", (long)a.tv_sec,
	       (b.tv_sec - a.tv_sec) * 1000000000L + b.tv_nsec - a.tv_nsec);
	return 0;
}
END
	gcc "$scratch/count.c" -o "$scratch/count"
	set -- $(lab --deterministic -- "$scratch/count" </dev/null 2>/dev/null)
	# Two instructions for each turn, a timer tick now and then; idled 20 s before.
	[ "${1:-0}" -ge 20 ] && [ "${2:-0}" -ge 2000000 ] && [ "${2:-0}" -lt 2200000 ]
	report $? 'the deterministic clock counts instructions' "$*"
}

# What the machine's apt knows and has: none of the lab's business to change.
apt_state() {
	find /etc/apt /var/lib/apt /var/cache/apt -type f -printf '%p %s %T@\n' 2>/dev/null | sort | sha256sum
}

# An archive that nobody has signed, which this machine's apt is told to trust.
make_archive() { # make_archive DIRECTORY: with a kernel 9.9
	local name=linux-image-9.9.1-cloud-amd64
	mkdir -p "$1/package/DEBIAN" "$1/package/boot" "$1/dists/bookworm/main/binary-amd64"
	echo 'no kernel' >"$1/package/boot/vmlinuz-9.9.1-cloud-amd64"
	printf '%s\n' "Package: $name" 'Version: 9.9.1' 'Architecture: amd64' 'Maintainer: nobody <nobody@localhost>' \
		'Description: none' >"$1/package/DEBIAN/control"
	dpkg-deb --build "$1/package" "$1/$name.deb" >/dev/null
	{ cat "$1/package/DEBIAN/control"
		printf '%s\n' "Filename: $name.deb" "Size: $(stat -c %s "$1/$name.deb")" \
			"SHA256: $(sha256sum <"$1/$name.deb" | cut -d ' ' -f 1)" ''
	} >"$1/dists/bookworm/main/binary-amd64/Packages"
	echo "deb [trusted=yes] file:$1 bookworm main" >"$1/sources.list"
	printf '%s\n' "Dir::Etc::SourceList \"$1/sources.list\";" 'Dir::Etc::SourceParts "/dev/null";' \
		'APT::Get::AllowUnauthenticated "true";' 'Acquire::AllowInsecureRepositories "true";' >"$1/apt.conf"
}

test_kernels() {
	local cache=$scratch/cache before image release
	lab --kernel-version 'a b' -- true </dev/null >/dev/null 2>"$scratch/err"
	is 'what is no version is wrong usage' "$?" 2
	lab --kernel-version 6.12 --kernel "$scratch/none" -- true </dev/null >/dev/null 2>"$scratch/err"
	is 'so is an image and a version' "$?" 2
	# What is newer in the cache is not booted unless it is asked for, and 6.1 is no beginning of 6.12.
	release=$(lab -- uname -r </dev/null 2>/dev/null)
	image=${TSEM_LAB_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/tsem/lab}/kernel-$release
	mkdir -p "$cache/kernel-9.9.9-cloud-amd64" "$cache/tree/boot" "$cache/tree/usr/lib/modules"
	cp -r "$image" "$cache"
	echo 'no kernel' >"$cache/kernel-9.9.9-cloud-amd64/vmlinuz"
	is 'the kernel of no version is 6.12' "$(TSEM_LAB_CACHE=$cache lab -- uname -r </dev/null 2>/dev/null)" "$release"
	is 'a version is a release or its beginning' \
		"$(TSEM_LAB_CACHE=$cache lab --kernel-version "${release%%+*}" -- uname -r </dev/null 2>/dev/null)" "$release"
	# Both layouts of a package.
	cp -r "$image/modules" "$cache/tree/usr/lib/modules/$release"
	mkdir "$cache/tree/usr/lib/modules/$release/kernel"
	mv "$cache/tree/usr/lib/modules/$release"/*.ko "$cache/tree/usr/lib/modules/$release/kernel"
	cp "$image/vmlinuz" "$cache/tree/boot/vmlinuz-$release"
	cp "$image/vmlinuz" "$cache/tree/usr/lib/modules/$release"
	is 'modules below /usr beside an image in /boot' \
		"$(lab --kernel "$cache/tree/boot/vmlinuz-$release" -- uname -r </dev/null 2>&1 | grep -v '^tsem lab:')" "$release"
	is 'modules beside an image that lies with them' \
		"$(lab --kernel "$cache/tree/usr/lib/modules/$release/vmlinuz" -- uname -r </dev/null 2>&1 | grep -v '^tsem lab:')" "$release"
	make_archive "$scratch/archive"
	before=$(apt_state)
	APT_CONFIG=$scratch/archive/apt.conf TSEM_LAB_CACHE=$cache lab --kernel-version 9.9.1 -- true </dev/null >/dev/null 2>"$scratch/err"
	is 'an archive without signature is refused' "$? $(ls -d "$cache"/kernel-9.9.1* 2>&1 | grep -c '^/')" '125 0'
	grep -q 'cannot fetch kernel 9.9.1: .*does not have a Release file' "$scratch/err"
	report $? 'and named' "$(cat "$scratch/err")"
	grep -q "file:$scratch/archive" "$cache/apt/sources.list"
	report $? 'whence the machine has its packages, thence come kernels' "$(cat "$cache/apt/sources.list")"
	is "the machine's own lists, sources and packages are as they were" "$(apt_state)" "$before"
}

test_qemu_arg() {
	local got
	got=$(lab --qemu-arg=-device --qemu-arg=virtio-rng-pci -- cat /sys/bus/virtio/devices/*/device </dev/null 2>&1)
	is '--qemu-arg adds a device' "$(grep -c 0x0004 <<<"$got")" 1
	lab --qemu-arg=-nonsense -- true </dev/null >/dev/null 2>"$scratch/err"
	like 'what QEMU does not know ends it, with the words of QEMU' "$? $(<"$scratch/err")" '125 *-nonsense*'
}

for each in ${TESTS:-status usage arguments streams surroundings files hostile programs ending \
	two_at_once terminal deterministic kernels qemu_arg}; do
	"test_$each"
done
finish
