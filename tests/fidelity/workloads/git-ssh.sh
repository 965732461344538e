#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# git over ssh: a clone, pushes that three hooks of the server judge, one that they reject in part, a repack there. Names and times of the commits are always the same: they are part of the names of git's files.

# shellcheck source=tests/fidelity/workloads/lib.sh
. "${0%/*}/lib.sh"
export GIT_CONFIG_GLOBAL=$dir/gitconfig GIT_CONFIG_NOSYSTEM=1 HOME=$dir
export GIT_AUTHOR_DATE='2024-01-01T00:00:00Z' GIT_COMMITTER_DATE='2024-01-01T00:00:00Z'
url=ssh://root@127.0.0.1:2223$dir/run/project.git

configure() {
	cat >"$dir/gitconfig" <<-CONFIG
		[user]
			name = Someone
			email = someone@example.org
		[init]
			defaultBranch = main
		[gc]
			auto = 0
		[maintenance]
			auto = false
		[advice]
			detachedHead = false
		[core]
			sshCommand = ssh -F $dir/ssh.conf -i $dir/user
		[safe]
			directory = *
	CONFIG
	sshd_conf 2223 "SetEnv GIT_CONFIG_GLOBAL=$dir/gitconfig GIT_CONFIG_NOSYSTEM=1"
	ssh_conf 'Host *'
}

hooks() { # hooks DIRECTORY
	cat >"$1/pre-receive" <<-'HOOK'
		#!/bin/sh
		while read -r old new name; do
			echo "$name" >>"$PWD/asked"
		done
	HOOK
	cat >"$1/update" <<-'HOOK'
		#!/bin/sh
		case $1 in
		refs/heads/closed) echo 'closed' >&2; exit 1 ;;
		esac
		git log --format=%s "$3" | head -n 1 >>"$PWD/subjects"
	HOOK
	printf '#!/bin/sh\ngit diff --stat HEAD~1 HEAD >"$PWD/changes"\n. %s/orders\n' "$dir" >"$1/post-receive"
	chmod 755 "$1"/{pre-receive,update,post-receive}
}

setup() {
	configure
	ssh_keys 2223
	git init -q "$dir/seed"
	cd "$dir/seed"
	seq 1 1000 >numbers
	git add .
	git commit -q -m 'First'
	echo more >>numbers
	git commit -q -a -m 'Second'
	git clone -q --bare "$dir/seed" "$dir/seed.git"
	rm -f "$dir"/seed.git/hooks/*
	hooks "$dir/seed.git/hooks"
}

run() {
	cp -r seed.git run/project.git
	/usr/sbin/sshd -D -e -f "$dir/sshd.conf" 2>run/log &
	server=$!
	git clone -q "$url" run/clone
	check 'clone' "$?:$(wc -l <run/clone/numbers)" 0:1001
	cd run/clone || return
	echo 1001 >>numbers
	git commit -q -a -m 'Third'
	check 'push' "$(git push -q origin main 2>&1; echo $?)" 0
	brief || use
	cd ../..
	obey
	kill -TERM "$server"
	wait "$server"
	check 'ended with status' $? 0
}

use() {
	check 'hooks' "$(cat ../project.git/asked ../project.git/subjects | paste -sd,):$(grep -c numbers ../project.git/changes)" refs/heads/main,Third:1
	git switch -q -c closed
	git tag v1
	check 'rejected' "$(git push origin closed v1 2>&1 | grep -c 'remote: closed')" 1
	git -C ../project.git repack -q -a -d
	check 'tags' "$(git -C ../project.git tag)" v1
	check 'repacked' "$(find ../project.git/objects/pack -name '*.pack' | wc -l)" 1
	git -C ../project.git fsck --no-progress
	check 'verified' $? 0
}

main "$@"
