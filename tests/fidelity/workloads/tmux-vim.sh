#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# tmux with vim in it: a session, windows and panes; files are edited, undone, searched, saved, filtered by a command;
# what the panes show is read back.

# shellcheck source=tests/fidelity/workloads/lib.sh
. "${0%/*}/lib.sh"

setup() {
	empty_orders orders.vim
	seq 1 300 | sed 's/^/line /' >"$dir/text"
	cat >"$dir/tmux.conf" <<-CONF
		set -g default-shell /bin/sh
		set -g default-command '/bin/sh'
		set -g remain-on-exit off
		set -g history-limit 500
	CONF
	cat >"$dir/vimrc" <<-CONF
		set nocompatible backup writebackup undofile swapfile viminfo='10,n$dir/run/viminfo
		set undodir=$dir/run/undo backupdir=$dir/run/backup directory=$dir/run/swap
		syntax on
	CONF
}

mux() { tmux -S "$dir/run/socket" -f tmux.conf "$@"; }

keys() { mux send-keys -t work "$@"; }

shows() { # shows TEXT: does the pane?
	mux capture-pane -p -t work >run/pane
	grep -q "$1" run/pane
}

# The editor says itself when it has come so far, or the keys after it would be a matter of time.
done_with() { # done_with NUMBER: and the shell after it
	wait_for shows "^ended $1:0"
}

edit() { # edit NUMBER KEYS...
	local number=$1

	shift
	keys "vim -u $dir/vimrc -i $dir/run/viminfo run/file; echo ended $number:\$?" Enter
	wait_for shows "line"
	keys "$@"
	keys Escape ':wq' Enter
	done_with "$number"
}

run() {
	export HOME=$dir TERM=xterm SHELL=/bin/sh
	mkdir run/undo run/backup run/swap
	cp text run/file
	: >run/pane
	mux new-session -d -s work -x 100 -y 30
	check 'sessions' "$(mux list-sessions -F '#{session_name}:#{session_windows}')" work:1
	keys "vim -u $dir/vimrc -S $dir/orders.vim -c 'wq!' run/obeyed; echo ended 1:\$?" Enter
	done_with 1
	obey
	brief || use
	mux kill-server
}

use() {
	edit 2 ':%s/line 2/row 2/' Enter 'gg' 'dd' 'G' 'o' 'last'
	check 'changed' "$(grep -c '^row 2' run/file):$(tail -n 1 run/file):$(head -n 1 run/file)" '111:last:row 2'
	edit 3 'gg' 'u' ':%!sort -r' Enter 'ggO' 'first line'
	check 'filtered' "$(sed -n 1,2p run/file | paste -sd:)" 'first line:row 299'
	mux split-window -t work -h
	mux new-window -t work -n other 'cat run/file >run/copy'
	check 'panes' "$(mux list-panes -t work:0 | wc -l)" 2
	wait_for test -s run/copy
	check 'copied' "$(cmp run/file run/copy && echo same)" same
	check 'kept' "$(find run/swap -type f | wc -l):$(find run/undo -type f | wc -l)" 0:1
}

main "$@"
