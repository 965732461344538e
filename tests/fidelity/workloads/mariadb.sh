#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# mariadb as another user: a new data directory, tables of two engines, a transaction that is rolled back, a sort on disk,
# a dump, a shutdown, and a start that finds the data.

# shellcheck source=tests/fidelity/workloads/lib.sh
. "${0%/*}/lib.sh"

setup() {
	empty_orders orders.sql
}

sql() { mariadb --no-defaults --socket="$dir/run/socket" -u root -N -B "$@"; }

answers() { sql -e 'select 1' >run/answer 2>run/errors; }

start() {
	mariadbd --no-defaults --user=nobody --datadir="$dir/run/data" --socket="$dir/run/socket" --skip-networking \
		--innodb-buffer-pool-size=8M --innodb-log-file-size=4M --pid-file="$dir/run/data/pid" --log-error="$dir/run/data/log" \
		--performance-schema=off </dev/null &
	server=$!
	wait_for answers
}

stop() {
	sql -e shutdown
	wait "$server"
	check 'ended with status' $? 0
}

run() {
	chmod 777 run
	: >run/answer >run/errors
	mariadb-install-db --no-defaults --user=nobody --datadir="$dir/run/data" --auth-root-authentication-method=normal \
		--skip-test-db >run/install 2>&1
	check 'installed' $? 0
	start
	sql -e 'create database shop; use shop; create table things (id int primary key auto_increment, name varchar(40), key (name)) engine = innodb;
		create table log (what varchar(40)) engine = aria; insert into things (name) values ("nail"), ("screw"); insert into log values ("made")'
	check 'rolled back' "$(sql shop -e 'begin; delete from things; rollback; select count(*) from things')" 2
	sql shop <orders.sql
	obey
	brief || use
	stop
	brief && return
	start
	check 'found again' "$(sql shop -e 'select name from things order by name')" $'nail\nscrew\nwasher'
	stop
}

use() {
	sql shop -e 'insert into things (name) values ("washer")'
	check 'sorted' "$(sql shop -e 'set sort_buffer_size = 32768; set tmp_memory_table_size = 0; select count(*) from
		(select distinct repeat(hex(seq * 7919 % 20011), 20) as x from seq_1_to_5000 order by x) as many')" 5000
	check 'dump' "$(mariadb-dump --no-defaults --socket="$dir/run/socket" -u root shop | grep -c '^INSERT')" 2
	check 'index' "$(sql shop -e 'alter table things add column price int default 3, add key (price); select sum(price) from things')" 9
	check 'check' "$(sql shop -e 'check table things, log' | awk '{ print $NF }' | paste -sd,)" OK,OK
}

main "$@"
