#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# git: a server on loopback, a clone from it, commits, a branch, a merge, a push that runs the server's hook.
# Names and times of the commits are always the same: they are part of the names of git's files.
#
# Names that it makes up, with DIR for its directory:
# pattern: DIR/run/project.git/objects/tmp_objdir-incoming-{alnum 6}
# pattern: DIR/run/project.git/objects/tmp_objdir-incoming-///{hex 2}
# pattern: DIR/run/project.git/objects/tmp_objdir-incoming-//////tmp_obj_{alnum 6}
# pattern: DIR/run/project.git/objects/{hex 2}
# pattern: DIR/run/clone/.git/objects/{hex 2}
# pattern: DIR/run/clone/.git/objects////tmp_obj_{alnum 6}
# pattern: DIR/run/clone/.git/objects/pack/tmp_pack_{alnum 6}
# pattern: DIR/run/clone/.git/objects/pack/tmp_idx_{alnum 6}
# pattern: DIR/run/clone/.git/objects/pack/tmp_rev_{alnum 6}
# pattern: DIR/run/clone/.git/t{alnum 6}

# shellcheck source=tests/fidelity/workloads/lib.sh
. "${0%/*}/lib.sh"
export GIT_CONFIG_GLOBAL=$dir/gitconfig GIT_CONFIG_NOSYSTEM=1 HOME=$dir
export GIT_AUTHOR_DATE='2024-01-01T00:00:00Z' GIT_COMMITTER_DATE='2024-01-01T00:00:00Z'
url=git://127.0.0.1:9419/project.git

setup() {
	cat >"$dir/gitconfig" <<-'CONFIG'
		[user]
			name = Someone
			email = someone@example.org
		[init]
			defaultBranch = main
		[gc]
			auto = 0
		[maintenance]
			auto = false
		[safe]
			directory = *
	CONFIG
	rm -rf "$dir/seed" "$dir/seed.git"
	git init -q "$dir/seed"
	cd "$dir/seed"
	seq 1 1000 >numbers
	echo 'A project.' >README
	git add .
	git commit -q -m 'First'
	git clone -q --bare "$dir/seed" "$dir/seed.git"
	rm -f "$dir"/seed.git/hooks/*
	printf '#!/bin/sh\necho pushed >>%s/run/pushed\n. %s/orders\n' "$dir" "$dir" >"$dir/seed.git/hooks/post-receive"
	chmod 755 "$dir/seed.git/hooks/post-receive"
}

work() {
	check 'clone' "$(wc -l <run/clone/numbers)" 1000
	cd run/clone || return
	echo 'More.' >>README
	git commit -q -a -m 'Second'
	git switch -q -c other HEAD~1
	echo 1001 >>numbers
	git commit -q -a -m 'Third'
	git switch -q main
	git merge -q -m 'Both' other
	check 'history' "$(git log --oneline | wc -l)" 4
	git push -q origin main 2>&1
	check 'push' $? 0
	git fetch -q
	check 'up to date' "$(git status --porcelain -b)" '## main...origin/main'
	cd ../..
	check 'hook' "$(cat run/pushed)" pushed
}

answers() { git ls-remote -q "$url" >run/refs 2>run/errors; }

run() {
	cp -r seed.git run/project.git
	: >run/refs >run/errors # how often they are written to is a matter of time, but not whether they are made or emptied
	git daemon --reuseaddr --listen=127.0.0.1 --port=9419 --base-path="$dir/run" --export-all \
		--enable=receive-pack --log-destination=none "$dir/run" &
	server=$!
	wait_for answers
	git clone -q "$url" run/clone
	work
	obey
	kill -TERM "$server"
	wait "$server"
	check 'ended by signal' $(($? - 128)) 15
}

main "$@"
