#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# PostgreSQL: a new cluster, tables, transactions, an index, a dump, all as the user postgres; over TCP.
#
# Names that it makes up, with DIR for its directory:
# pattern: DIR/run/data/base/1/pg_internal.init.{digit}
# pattern: DIR/run/data/base/5/pg_internal.init.{digit}
# pattern: DIR/run/data/global/pg_internal.init.{digit}
# pattern: /dev/shm/PostgreSQL.{digit}
# pattern: /SYSV{hex 8}
# pattern: DIR/run/data/pg_wal/xlogtemp.{digit}

# shellcheck source=tests/fidelity/workloads/lib.sh
. "${0%/*}/lib.sh"
bin=$(find /usr/lib/postgresql -maxdepth 2 -name bin | sort -V | tail -n 1)

setup() {
	empty_orders orders.sql
}

as_postgres() { setpriv --reuid=postgres --regid=postgres --clear-groups "$@"; }
sql() { as_postgres "$bin/psql" -X -q -A -t -h 127.0.0.1 -p 5433 postgres "$@"; }

run() {
	chown postgres:postgres run
	as_postgres "$bin/initdb" -D run/data -A trust -N -E UTF8 --no-locale >run/initdb.log
	check 'initdb' $? 0
	as_postgres "$bin/pg_ctl" -s -w -t 120 -D run/data -l run/log \
		-o "-h 127.0.0.1 -p 5433 -k '' -c fsync=off -c autovacuum=off" start
	check 'start' $? 0
	brief || use
	sql -f orders.sql
	obey
	brief || check 'dump' "$(as_postgres "$bin/pg_dump" -h 127.0.0.1 -p 5433 postgres | grep -c 'note [0-9]')" 1000
	as_postgres "$bin/pg_ctl" -s -w -t 120 -D run/data -m fast stop
	check 'stop' $? 0
}

use() {
	sql -c 'CREATE TABLE notes (number serial PRIMARY KEY, text text)'
	check 'insert' "$(sql -c "INSERT INTO notes (text) SELECT 'note ' || n FROM generate_series(1, 1000) n RETURNING number" | tail -n 1)" 1000
	sql -c 'CREATE INDEX ON notes (text)'
	check 'select' "$(sql -c "SELECT number FROM notes WHERE text = 'note 500'")" 500
	check 'transaction' "$(sql -c 'BEGIN' -c 'DELETE FROM notes' -c 'ROLLBACK' -c 'SELECT count(*) FROM notes')" 1000
}

main "$@"
