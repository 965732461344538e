#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# sqlite3: a database with a rollback journal and one with a write-ahead log, two writers at once, a transaction that is
# rolled back, a sort on disk, a backup, a dump that is read again, VACUUM.

# shellcheck source=tests/fidelity/workloads/lib.sh
. "${0%/*}/lib.sh"

setup() {
	empty_orders orders.sql
}

sql() { sqlite3 -batch -bail -cmd '.timeout 60000' "$@"; }

run() {
	sql run/notes.db 'create table notes (id integer primary key, text); insert into notes (text) values ("one"), ("two");'
	check 'journal' "$(sql run/notes.db 'begin; delete from notes; rollback; select count(*) from notes')" 2
	sql run/notes.db <orders.sql
	obey
	brief && return
	check 'mode' "$(sql run/log.db 'pragma journal_mode = wal')" wal
	sql run/log.db 'create table events (who, number)'
	writers
	sorted
	sql run/notes.db '.backup run/copy.db'
	check 'backup' "$(sql run/copy.db 'select text from notes order by id' | paste -sd,)" one,two
	sql run/log.db .dump >run/dump.sql
	sql run/again.db <run/dump.sql
	check 'dump' "$(sql run/again.db 'select count(*) from events')" 40
	sql run/log.db 'delete from events where number > 5' vacuum
	check 'vacuum' "$(sql run/log.db 'pragma integrity_check; select count(*) from events')" $'ok\n10'
}

writers() {
	local each

	for each in a b; do
		for number in {1..20}; do
			echo "insert into events values ('$each', $number);"
		done | sql run/log.db &
	done
	wait
	check 'two writers' "$(sql run/log.db 'select count(*) from events')" 40
}

# More than fits into its memory.
sorted() {
	check 'sorted' "$(sql run/notes.db 'pragma temp_store = file; pragma cache_size = 10;
		create temp table many as with recursive n (x) as (select 1 union all select x + 1 from n where x < 20000)
		select x, hex(x * 7919 % 20011) as y from n; create index temp.by_y on many (y); select count(distinct y) from many')" 20000
}

main "$@"
