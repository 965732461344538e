# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=bash disable=SC2034 # used by the workloads
#
# What the workloads share. Each is a script
#
#   NAME.sh DIR         runs the workload as it is tested: starts its server, uses it, judges what it got,
#                       stops it. Status 0 if all was right. Leaves DIR as it found it.
#   NAME.sh DIR setup   makes in DIR what that needs; not part of the workload
#
# In the middle of each run, while its server runs, the workload reads files of orders: DIR/orders, shell
# commands, and for some one in the language of the server. They are empty. Whoever has found a hole in the
# workload is played by one that is not: see tests/attacks.

#
# With FIDELITY_BRIEF in the environment a run only starts its server, obeys and stops: enough to be attacked.

set -u
umask 022
name=$(basename "$0" .sh)
dir=${1:?usage: "$name".sh DIR [setup]}
bad=0
set -f

check() { # check NAME GOT WANTED
	if [ "$2" = "$3" ]; then
		echo "$name: $1: $2"
	else
		echo "$name: $1: got $2, wanted $3"
		bad=1
	fi
}

# So long may an answer take. It is no part of any event.
patience=${FIDELITY_PATIENCE:-60}

get() { # get WORDS...: one curl
	curl -q --noproxy '*' --silent --max-time "$patience" "$@"
}

# wait_for CMD...: what it waits with is always done once, so that it is in each model.
wait_for() {
	local end=$((SECONDS + patience))

	sleep 0.2
	until "$@" || [ $SECONDS -ge $end ]; do
		sleep 0.2
	done
}

# The first request: one curl that tries again until it is answered, the same events however long that takes.
await() { # await WORDS...
	get --retry 60 --retry-delay 1 --retry-max-time "$patience" --retry-connrefused "$@"
}

ssh_keys() { # ssh_keys PORT: of the server there, and of a user whom it lets in; made by setup
	local each

	for each in host user; do
		ssh-keygen -q -t ed25519 -N '' -C "$each" -f "$dir/$each"
	done
	cp "$dir/user.pub" "$dir/authorized"
	chmod 600 "$dir/authorized"
	echo "[127.0.0.1]:$1 $(cut -d' ' -f1,2 "$dir/host.pub")" >"$dir/known"
	mkdir -p /run/sshd
}

sshd_conf() { # sshd_conf PORT LINE...: of a server that takes keys only; made by setup
	cat <<-CONF
		ListenAddress 127.0.0.1:$1
		HostKey $dir/host
		AuthorizedKeysFile $dir/authorized
		PidFile none
		UsePAM no
		StrictModes no
		PasswordAuthentication no
		KbdInteractiveAuthentication no
		PermitRootLogin prohibit-password
		PrintLastLog no
	CONF
	shift
	printf '%s\n' "$@"
} >"$dir/sshd.conf"

ssh_conf() { # ssh_conf LINE...: of a client; the lines come first; made by setup
	printf '%s\n' "$@"
	cat <<-CONF
		UserKnownHostsFile $dir/known
		GlobalKnownHostsFile none
		StrictHostKeyChecking yes
		IdentitiesOnly yes
		BatchMode yes
		LogLevel ERROR
		KexAlgorithms curve25519-sha256
		Ciphers aes128-ctr
		ConnectionAttempts 60
	CONF
} >"$dir/ssh.conf"

empty_orders() { # FILE...: made by setup
	local each

	for each; do
		: >"$dir/$each"
	done
}

brief() {
	[ -n "${FIDELITY_BRIEF-}" ]
}

obey() { # in a process of its own, as all that the workload starts
	# shellcheck source=/dev/null
	(. "$dir/orders")
}

# main: setup when asked for, else the test. The script defines both.
main() { # main "$@"
	if [ "${2-}" = setup ]; then
		set -e
		mkdir -p "$dir"
		empty_orders orders
		setup
		return
	fi
	cd "$dir" || exit 1
	mkdir run || exit 1
	run
	cd "$dir" || exit 1
	[ -n "${KEEP-}" ] || rm -r run
	exit $bad
}
