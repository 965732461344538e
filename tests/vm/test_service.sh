#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# lab: --systemd
#
# Services of systemd, which is process 1 here: learned, enforced, restarted, reloaded and stopped by it, with no change to
# what their units say.

# shellcheck source=tests/vm/lib.sh
. "$(dirname "$0")/lib.sh"
units=/etc/systemd/system
models=$scratch/models
mkdir -p "$models"

unit() { # unit NAME: from standard input
	cat >"$units/$1"
	systemctl daemon-reload
}

active() { # active UNIT
	systemctl is-active "$1" 2>/dev/null
}

active_is() { # active_is UNIT STATE
	[ "$(active "$1")" = "$2" ]
}

service() { # service VERB UNIT [WORDS...]
	tsem service "$@" </dev/null
}

patterns=() # of what is learned next
learn() { # learn UNIT: as many starts as FIRST, SECOND, ... say what is done meanwhile
	local unit=$1 doing

	shift
	service learn "$unit" --model "$models/$unit.model" "${patterns[@]}"
	for doing; do
		systemctl restart "$unit"
		eval "$doing"
		systemctl stop "$unit"
	done
	[ -s "$models/$unit.model" ]
	report $? "$unit: the model is there when it has stopped" "$(journalctl -b --no-pager -u "$unit" | tail -n 20)"
}

enforce() { # enforce UNIT WORDS...
	local unit=$1

	shift
	service enforce "$unit" --model "$models/$unit.model" --restart "$@"
	is "$unit: enforced, it starts" "$status:$(active "$unit")" 0:active
}

session() { # session UNIT: its session now; of one whose control group is gone already, the last
	local name

	name=$("$T" service status "$1" --json | jq -r .session)
	[ "$name" != null ] || name=$1
	echo "$name"
}

refused() { # refused UNIT
	field "$(session "$1")" refused
}

quiet() { # quiet UNIT: enforced, and no violation
	is "$1: nothing was refused" "$(refused "$1")" 0
	[ "$(refused "$1")" = 0 ] || "$T" why "$(session "$1")" | head -n 40 | sed 's/^/# /'
}

clean() { # clean UNIT
	systemctl stop "$1"
	service remove "$1" >/dev/null
	systemctl reset-failed "$1" 2>/dev/null
}

cat >serve.sh <<'END'
#!/bin/sh
while read -r word <&3; do
	case $word in
	end) exit 0 ;;
	fail) exit 1 ;;
	*) read -r line <"$word" && echo "$line" >>/run/served ;;
	esac
done 3<>/run/orders
END
chmod +x serve.sh
echo page >page
echo secret >secret
mkfifo /run/orders

order() { # order WORD...
	for word; do echo "$word" >/run/orders; done
}

served() { # served COUNT: lines
	[ "$(wc -l </run/served)" -ge "$1" ]
}

test_simple() {
	: >/run/served
	unit plain.service <<END
[Service]
ExecStart=$scratch/serve.sh
ExecReload=/bin/true
END
	learn plain.service "order $scratch/page; wait_until served 1; systemctl reload plain" \
		"order $scratch/page; wait_until served 2; systemctl reload plain"
	tsem service status plain </dev/null
	like "status: what is learned" "$status:$output" "0:plain.service: learned each time it starts*model *coefficients, 2 starts learned*now *not bound*"
	enforce plain.service
	like "enforced: the drop-in" "$(<$units/plain.service.d/50-tsem.conf)" "# Written by tsem service enforce plain.service*ExecStartPre=+*CapabilityBoundingSet=~CAP_MAC_ADMIN*UnsetEnvironment=GLIBC_TUNABLES *LD_AUDIT *LD_PRELOAD *LD_TRACE_LOADED_OBJECTS *"
	order "$scratch/page"
	wait_until served 3
	systemctl reload plain
	is "plain: ExecReload is of it" "$?" 0
	quiet plain.service
	order "$scratch/secret" "$scratch/page"
	wait_until served 4
	is "plain: what was not learned is refused" "$(grep -c secret /run/served):$(refused plain.service)" 0:1
	why plain.service
	like "plain: why says what" "$status:$output" "3:*dash, started by systemd, opens $scratch/secret for reading: refused*"
	tsem service status plain </dev/null
	like "status: what it does now" "$output" "*now *session plain.service, enforcing: 1 tasks, 1 violations, 1 refused*"
	like "violations are in the journal" "$(journalctl -b --no-pager | grep -c "plain.service: .*secret for reading: refused")" "[1-9]*"
	systemctl restart plain
	is "plain: it is restarted" "$?:$(active plain):$(refused plain.service)" 0:active:0
	clean plain.service
	is "removed: nothing is left" "$(ls $units/plain.service.d 2>&1 | grep -c 'No such')" 1
	systemctl start plain
	order "$scratch/secret"
	wait_until served 5
	is "removed: it is not modeled" "$(tail -n 1 /run/served):$("$T" service status plain --json | jq -r .session)" secret:null
	systemctl stop plain
}

# What the service's user may write has no say in what tsem runs for its unit.
test_environment() {
	mkdir -p theirs
	printf '#!/bin/sh\necho "systemctl of theirs" >>/run/owned\nexec /usr/bin/systemctl "$@"\n' >theirs/systemctl
	chmod +x theirs/systemctl
	printf '%s\n' "LD_PRELOAD=$scratch/theirs/evil.so" LD_DEBUG=libs "LD_DEBUG_OUTPUT=$scratch/theirs/made" LD_TRACE_LOADED_OBJECTS=1 \
		>theirs/environment
	unit own.service <<END
[Service]
Environment=PATH=$scratch/theirs:/usr/bin:/bin
EnvironmentFile=-$scratch/theirs/environment
ExecStart=sleep 1000
END
	service learn own.service --model "$models/own.model" --restart
	is "environment: learned" "$status:$(active own.service)" 0:active
	is "environment: it is bound" "$("$T" service status own.service --json | jq -r .session)" own.service
	is "environment: the loader writes no file" "$(echo theirs/made*)" 'theirs/made*'
	systemctl stop own
	is "environment: PATH is not that of tsem" "$(cat /run/owned 2>&1)" "cat: /run/owned: No such file or directory"
	lacks "environment: and no library is loaded into it" "$(journalctl -b --no-pager -u own)" 'evil.so'
	clean own.service
	unit loads.service <<END
[Service]
Environment="LD_LIBRARY_PATH=$scratch/theirs"
ExecStart=sleep 1000
END
	service learn loads.service
	like "environment: a unit that needs it is refused" "$status:$errors" "1:*loads.service sets *LD_LIBRARY_PATH*"
}

# systemd starts it again in the same control group.
test_again() {
	unit again.service <<END
[Service]
ExecStart=$scratch/serve.sh
Restart=always
RestartSec=1
END
	: >/run/served
	learn again.service "order $scratch/page; wait_until served 1; order fail; sleep 3; wait_until active_is again active; order $scratch/page; wait_until served 2"
	enforce again.service
	for run in 1 2; do
		order fail
		sleep 2
		wait_until active_is again active
		order "$scratch/page"
		wait_until served $((2 + run))
	done
	is "again: started anew, it is bound anew" "$(systemctl show -p NRestarts --value again)" 2
	quiet again.service
	order "$scratch/secret" "$scratch/page"
	wait_until served 5
	is "again: and enforced" "$(grep -c secret /run/served):$(refused again.service)" 0:1
	clean again.service
}

# What it does once it has begun is done, too: its main process, where one stays, is sleep(1) and sleeps.
sleeps() { # sleeps UNIT
	local pid

	active_is "$1" active || return
	pid=$(systemctl show -p MainPID --value "$1")
	[ "$pid" = 0 ] || [[ $(</proc/"$pid"/comm) = sleep && $(</proc/"$pid"/wchan) = *nanosleep* ]]
}

# Every kind of unit; each without a violation when enforced.
test_kinds() {
	cat >notify.sh <<'END'
#!/bin/sh
systemd-notify --ready
exec sleep 1000
END
	chmod +x notify.sh
	unit notify.service <<END
[Service]
Type=notify
NotifyAccess=all
ExecStart=$scratch/notify.sh
END
	cat >fork.sh <<'END'
#!/bin/sh
sleep 1000 &
echo $! >/run/forks.pid
END
	chmod +x fork.sh
	unit forks.service <<END
[Service]
Type=forking
PIDFile=/run/forks.pid
ExecStart=$scratch/fork.sh
ExecStop=/bin/kill \$MAINPID
END
	unit several.service <<END
[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/bin/true
ExecStart=/bin/cat $scratch/page
ExecStart=/bin/sh -c 'read -r l <$scratch/page'
ExecStop=/bin/true
END
	unit private@.service <<END
[Service]
Type=exec
DynamicUser=yes
PrivateTmp=yes
PrivateNetwork=yes
PrivateDevices=yes
ProtectSystem=strict
ProtectHome=yes
NoNewPrivileges=yes
StateDirectory=private-%i
ExecStart=/bin/sh -c 'echo %i >/tmp/made; cat /tmp/made; exec sleep 1000'
END
	for each in notify forks several private@one; do
		learn $each.service "wait_until sleeps $each" "wait_until sleeps $each"
		enforce $each.service
		wait_until sleeps "$each"
		quiet $each.service
		systemctl restart $each
		is "$each: it is restarted" "$?:$(active $each)" 0:active
		wait_until sleeps "$each"
		quiet $each.service
		clean $each.service
	done
}

test_socket() {
	unit echoes.socket <<END
[Socket]
ListenStream=/run/echoes
Accept=no
END
	cat >echoes.py <<'END'
import socket
s = socket.socket(fileno=3)
while True:
	c = s.accept()[0]
	c.sendall(c.recv(100))
	c.close()
END
	unit echoes.service <<END
[Service]
ExecStart=/usr/bin/python3 $scratch/echoes.py
END
	service learn echoes --model "$models/echoes.service.model"
	systemctl start echoes.socket
	is "socket: activated while it learns" "$(echo hello | nc -NU /run/echoes)" hello
	systemctl stop echoes.service
	service enforce echoes --model "$models/echoes.service.model"
	is "socket: activated while it is enforced" "$(echo hello | nc -NU /run/echoes)" hello
	quiet echoes.service
	systemctl stop echoes.socket
	clean echoes.service
}

test_errors() {
	service learn none
	like "no such unit" "$status:$errors" "1:tsem: systemd has no unit none.service*"
	service learn ../x
	like "what is no unit" "$status:$errors" '1:tsem: "../x" cannot be the name of a unit'
	unit wrong.service <<<"[Service]
ExecStart=/bin/sleep 1000"
	service enforce wrong
	like "enforce: no model: nothing is written" "$status:$errors:$(ls $units/wrong.service.d 2>&1 | grep -c 'No such')" "1:tsem: *wrong.service.model*:1"
	service learn wrong --model "$scratch/none/x.model"
	like "learn: where nothing can be written" "$status:$(ls $units/wrong.service.d 2>&1 | grep -c 'No such')" "1:1"
	service status wrong --restart
	is "wrong usage" "$status" 2
	service enforce
	is "wrong usage: no unit" "$status" 2
	mkdir mute
	printf '#!/bin/sh\n[ "$1" != show ] || exit 4\nexec /usr/bin/systemctl "$@"\n' >mute/systemctl
	chmod +x mute/systemctl
	PATH=$scratch/mute:$PATH service learn wrong --model "$models/wrong.model"
	like "learn: systemctl that does not answer" "$status:$errors:$(ls $units/wrong.service.d 2>&1 | grep -c 'No such')" \
		"1:tsem: systemctl cannot say what the environment of wrong.service is (status 4):1"
	service learn wrong --pattern 'no pattern'
	like "wrong usage: no pattern" "$status:$errors" "2:tsem: --pattern: *"
	service remove wrong
	like "remove: what is not there" "$status:$errors" "1:tsem: cannot remove *the unit is not modeled*"
	mkdir -p $units/wrong.service.d
	echo '[Service]' >$units/wrong.service.d/50-tsem.conf
	service learn wrong --model "$models/wrong.model"
	like "a file of somebody else stays" "$status:$errors:$(<$units/wrong.service.d/50-tsem.conf)" "1:tsem: *is there, and not of tsem:?Service?"
	rm -r $units/wrong.service.d
	learn wrong.service true
	enforce wrong.service
	mv "$models/wrong.service.model" away.model
	systemctl restart wrong 2>err
	is "a model that is gone: the unit does not start" "$?:$(active wrong)" 1:failed
	mv away.model "$models/wrong.service.model"
	systemctl start wrong
	is "it is there again: it starts" "$?:$(active wrong)" 0:active
	mkdir -p /sys/fs/cgroup/anybody/wrong.service /sys/fs/cgroup/anybody/lost.service
	(echo $BASHPID >/sys/fs/cgroup/anybody/wrong.service/cgroup.procs && exec "$T" unbind --unit wrong.service </dev/null)
	is "a group that is called like the unit is not the unit's: unbind" "$?:$("$T" service status wrong --json | jq -r .session)" 0:null
	(echo $BASHPID >/sys/fs/cgroup/anybody/lost.service/cgroup.procs && exec "$T" bind --unit lost.service --output x.model </dev/null 2>err)
	like "... bind" "$?:$(<err)" "1:tsem: unit lost.service has no control group now*"
	wait_until rmdir /sys/fs/cgroup/anybody/wrong.service /sys/fs/cgroup/anybody/lost.service /sys/fs/cgroup/anybody
	clean wrong.service
}

# Units of Debian's packages, unchanged but for the drop-in.
test_debian() {
	mkdir -p /var/log/nginx /var/lib/nginx /var/log/redis /var/lib/redis
	chown redis: /var/log/redis /var/lib/redis
	fetch() { curl -s -m 5 -o /dev/null -w '%{http_code}' http://127.0.0.1/; }
	learn nginx.service "fetch >/dev/null" "fetch >/dev/null; systemctl reload nginx; sleep 1; fetch >/dev/null" "fetch >/dev/null"
	enforce nginx.service
	is "nginx: it serves" "$(fetch) $(systemctl reload nginx && sleep 1 && fetch)" "200 200"
	quiet nginx.service
	systemctl restart nginx
	is "nginx: restarted, it serves" "$(fetch)" 200
	quiet nginx.service
	clean nginx.service
	ping() { redis-cli set key value >/dev/null && redis-cli get key; }
	patterns=(--pattern '/var/lib/redis/temp-{digit}.rdb')
	learn redis-server.service ping "ping; redis-cli save" ping
	patterns=()
	enforce redis-server.service
	is "redis: it answers" "$(ping)" value
	is "redis: it saves, under another name than before" "$(redis-cli save)" OK
	quiet redis-server.service
	systemctl restart redis-server
	is "redis: restarted, it answers" "$(ping)" value
	quiet redis-server.service
	clean redis-server.service
}

need 'the kernel side loads' "$T" load
need 'systemd is process 1' test "$(cat /proc/1/comm)" = systemd
for each in ${TESTS:-simple environment again kinds socket errors debian}; do
	"test_$each"
done
finish
