#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Models travel between kernels: learned on the oldest they hold on the newest and back, and the same workload has the
# same coefficients. A kernel that cannot hold them is told so by its name for what it lacks.
# boots: learn@6.12 travel@7.3 back@6.12 lacks@6.1
# long boots: travel@6.16 travel@6.17 travel@6.18 travel@6.19 travel@7.0 travel@7.1 travel@7.2 back@6.12
# boots are independent

# shellcheck source=tests/vm/lib.sh
. "$(dirname "$0")/lib.sh"

version=${boot#*@}
boot=${boot%@*}
site=$scratch/nginx
# What depends on how a path is told: mounts, other roots, links, files of one's own, sockets, pipes, descriptors of /proc.
everyday='grep root /etc/passwd | sort >/tmp/kernels.1; mkdir /tmp/kernels; ln -s /etc/hostname /tmp/kernels/link
cat /tmp/kernels/link /proc/self/status /dev/null >/dev/null; mv /tmp/kernels.1 /tmp/kernels/2; chmod 600 /tmp/kernels/2
python3 -c "import ctypes, mmap, os, socket
a, b = socket.socketpair(); a.sendmsg([b\"x\"]); b.recv(1)
u = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); u.bind((\"127.0.0.1\", 5353)); u.close()
k = ctypes.CDLL(None).syscall(248, b\"user\", b\"kernels\", b\"x\", 1, -2); ctypes.CDLL(None).syscall(250, 11, k, 0, 0)
f = open(\"/tmp/kernels/3\", \"w+b\"); f.write(b\"x\" * 4096); f.flush(); mmap.mmap(f.fileno(), 4096).close(); os.ftruncate(f.fileno(), 1)"
chroot / true; unshare -m sh -c "mount -t tmpfs none /mnt; echo x >/mnt/x; mount -o remount,ro /mnt; chroot /mnt true"; ls /sys/kernel >/dev/null
rm -r /tmp/kernels'


learn() { # learn PREFIX: both workloads on this kernel
	tsem learn -o "$1-shell.model" -- sh -c "$everyday" </dev/null
	tsem model verify "$1-shell.model" </dev/null
	is "$1: a shell with its helpers is learned" "$status:$errors" 0:
	tsem learn -o "$1-nginx.model" -- "$tests/workloads/nginx-test.sh" "$site" </dev/null
	is "$1: nginx is learned" "$status" 0
	tsem learn -o "$1-all.model" --events all -- sh -c "$everyday" </dev/null
	is "$1: all events are learned" "$status" 0
}

# Loading is slow where it is emulated.
asked() { # asked WORDS...: tsem with them, as tsem() does it
	output=$(timeout -k 5 500 "$T" "$@" </dev/null 2>"$scratch/err")
	status=$?
	errors=$(<"$scratch/err")
}

state() { # state MODEL
	"$T" show "./$1.model" state || echo "no state of $1"
}

hold() { # hold PREFIX: models of that kernel are enforced on this one
	tsem run --model "$1-shell.model" --enforce --name "$1-shell" -- sh -c "$everyday" </dev/null
	why "$1-shell"
	is "the shell's model of $1 holds on $version" "$status" 0
	[ "$status" = 0 ] || sed 's/^/# /' <<<"$output"
	tsem run --model "$1-nginx.model" --enforce --name "$1-nginx" -- "$tests/workloads/nginx-test.sh" "$site" </dev/null
	is "nginx serves with its model of $1 on $version" "$status:$errors" 0:
	why "$1-nginx"
	is "nginx' model of $1 holds on $version" "$status" 0
	[ "$status" = 0 ] || sed 's/^/# /' <<<"$output"
	# The test can fail.
	tsem run --model "$1-shell.model" --enforce --name "$1-other" -- sh -c 'cat /etc/passwd' </dev/null
	isnt_allowed "what was not learned is refused on $version" "$status:$output"
}

isnt_allowed() { # isnt_allowed NAME STATUS:OUTPUT
	[[ $2 != 0:* && $2 != *root* ]]
	report $? "$1" "$2"
}

same() { # same A B: what both kernels learned has the same coefficients
	local each

	for each in shell nginx all; do
		is "$each: the state is that of $1 on $2" "$(state "$2-$each")" "$(state "$1-$each")"
		[ "$(state "$2-$each")" = "$(state "$1-$each")" ] ||
			"$T" model diff "$1-$each.model" "$2-$each.model" | head -n 20 | sed 's/^/# /'
	done
}

# A kernel that stops our programs for another task does not run them for it: births and ends that nobody has counted.
counted() {
	mkdir /sys/fs/cgroup/idle
	tsem bind /sys/fs/cgroup/idle --name idle --output idle.model </dev/null
	"$T" run --name storm -- sh -c "'$(dirname "$T")/swarm' storm 200; sleep 1000 & exit 0" </dev/null >/dev/null 2>&1
	is 'after many births and ends the one that is left is counted' "$(field storm 'live, .tasks' | tr '\n' ' ')" 'true 1 '
	tsem unload </dev/null
	is 'and nobody takes its namespace away' "$status:$(field storm tasks)" 1:1
	pkill -x sleep
	wait_until field_is storm live false
	is 'when it ends its namespace does' "$(field storm tasks)" 0
	is 'of a binding nobody is counted' "$(field idle 'live, .tasks' | tr '\n' ' ')" 'true 0 '
	(echo "$BASHPID" >/sys/fs/cgroup/idle/cgroup.procs && exec cat /etc/hostname >/dev/null)
	report "$((0$(field idle events) == 0))" 'but it keeps its place: who is executed in its group joins'
	tsem unbind idle </dev/null
}

boot_learn() {
	need 'the kernel side loads' "$T" load --events all
	learn 6.12
	keep ./*.model
}

boot_travel() {
	kept
	asked doctor
	like "doctor says that enforcement works on $version" "$status:$output" '0:Enforcement works here*'
	need 'the kernel side loads' "$T" load --events all
	hold 6.12
	learn "$version"
	same 6.12 "$version"
	keep ./*.model
	counted
}

boot_back() {
	local model

	kept
	need 'the kernel side loads' "$T" load --events all
	for model in [67].*-shell.model; do
		[ "$model" = 6.12-shell.model ] || hold "${model%-shell.model}"
	done
}

# Doctor and load say the same: what is missing, by its name.
boot_lacks() {
	local lacks

	asked doctor
	like "doctor on $version names what is missing" "$status:$output" '1:Not here: *the kernel has no *'
	lacks=$(grep -o 'the kernel has no [a-z_ ]*[a-z_]*' <<<"$output" | head -n 1)
	asked load
	like "load on $version names the same" "$status:$errors" "1:*$lacks*"
}

mkdir -p /run/mount # mount makes it when it is the first
need 'the site is made' "$tests/workloads/nginx-site.sh" "$site"
"boot_$boot"
finish
