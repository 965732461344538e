#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# tests/cli-models.sh PATH_TO_TSEM: the verbs of tsem model, as far as they need no
# kernel side. What they should give is made by data/workload.py, which shares no
# code with tsem.

set -u
export LC_ALL=C.UTF-8
TSEM=$(realpath "${1:?usage: tests/cli-models.sh PATH_TO_TSEM}")
data=$(realpath "$(dirname "$0")")/data
scratch=$(mktemp -d "${TMPDIR:-/tmp}/cli-models.XXXXXX")
trap 'rm -rf "$scratch"' EXIT
# shellcheck source=tests/tap.sh
. "$(dirname "$0")/tap.sh"
cd "$scratch" || exit 1

model() { # tsem model WORDS...: status, output, errors
	timeout 60 "$TSEM" model "$@" >out 2>err </dev/null
	status=$?
	output=$(<out)
	errors=$(<err)
}

usage() { # usage NAME PATTERN WORDS...: wrong usage: status 2, one line, nothing on standard output
	local name=$1 pattern=$2

	shift 2
	model "$@"
	like "usage: $name" "$status:$output:$(wc -l <err):$errors" "2::1:tsem: $pattern"
}

fails() { # fails NAME PATTERN WORDS...: status 1, one sentence, nothing on standard output, no file written
	local name=$1 pattern=$2

	shift 2
	rm -f never
	model "$@"
	like "$name" "$status:$output:$(wc -l <err):$errors:$(ls never* 2>/dev/null)" "1::1:tsem: $pattern:"
}

same() { # same NAME A B: both ways
	model diff "$2" "$3"
	like "$1" "$status:$output" "0:The models allow the same events: *"
	is "$1, state" "$("$TSEM" show "./$2" state)" "$("$TSEM" show "./$3" state)"
}

made() { # made FILE WORDS...: a model of the workload, as its files are now
	local file=$1

	shift
	python3 "$data/workload.py" "$scratch" "$@" >"$file" || report 1 "workload.py $*"
}

prepare() {
	local name

	mkdir bin lib
	for name in bin/shell bin/tool bin/other lib/library; do
		echo "$name, the first version" >$name
	done
	made old --runs 4
	model verify old
	like "what the tests are made from is a model" "$status:$output" "0:old is intact: 8 coefficients, 8 *"
}

test_usage() {
	usage "no verb" "?tsem model? needs verify|sign|diff|*"
	usage "a verb that is none" "*cannot be 'dif'; did you mean 'diff'[?]" dif a b
	usage "verify without a file" "?tsem model verify? needs FILE; *" verify
	usage "verify of two" "?tsem model verify? does not take the argument 'b'*" verify a b
	usage "diff of one" "?tsem model diff? needs two models, A B*" diff old
	usage "diff of three" "?tsem model diff? does not take the argument 'c'*" diff a b c
	usage "merge of one" "?tsem model merge? needs at least two models*" merge -o never old
	usage "merge without a place" "?tsem model merge? needs --output OUT*" merge old old
	usage "an option of another verb" "?tsem model diff? does not take --root, which is for rebase;*" diff --root / old old
	usage "another one" "?tsem model merge? does not take --runs, which is for minimise;*" merge -o never --runs 2 old old
	usage "one of several verbs" "?tsem model merge? does not take --json, which is for verify, diff, minimise, *" merge --json -o never old old
	usage "minimise without a place" "*needs either --output OUT or --dry-run*" minimise old
	usage "minimise with both" "*needs either --output OUT or --dry-run*" minimise --dry-run -o never old
	usage "minimise of no runs" "--runs cannot be '0'*" minimise --runs 0 --dry-run old
	usage "rebase without saying what for" "?tsem model rebase? needs --package-update*" rebase -o never old
	usage "rebase without a place" "*needs either --output OUT or --dry-run*" rebase --package-update old
	usage "pseudonym without a path" "?tsem model pseudonym? needs MODEL and at least one PATH*" pseudonym -o never old
	usage "learn-from without saying what" "?tsem model learn-from? needs --forensics*" learn-from x -o never
	usage "learn-from with a class that is none" "--class cannot be 'files'; did you mean 'file'[?]" learn-from x --forensics --class files -o never
	usage "learn-from with numbers that are none" "--number needs numbers*not \"1;2\"" learn-from x --forensics --number '1;2' -o never
	usage "learn-from with numbers that are none, again" "--number needs numbers*" learn-from x --forensics --number ',1' -o never
	usage "learn-from without a place" "*needs --output OUT to add the selected violations*" learn-from x --forensics --all
	usage "learn-from without a terminal" "tsem can ask only on a terminal*" learn-from x --forensics -o never
	none "usage: nothing was written" find . -maxdepth 1 -name 'never*'
	"$TSEM" model --help >out
	for verb in verify sign diff merge minimise learn-from rebase pseudonym; do
		like "an example of $verb" "$(sed -n '/^Example/,$p' out)" "*  tsem model $verb *"
	done
}

test_diff() {
	echo "another version" >bin/tool
	made new --runs 4 --name other
	cp bin/tool tool.new
	model diff old old
	is "diff: the same" "$status:$output:$errors" "0:The models allow the same events: 8 coefficients.:"
	made more --runs 9 --name more
	same "diff: names and runs are no difference" new more
	model diff old new
	is "diff: a content, and what hangs on it" "$status:$output" "3:The content of $scratch/bin/tool changed: 5 events depend on it."
	made extra --extra /etc/group 1 1 --extra /srv/x 1 1 0100600
	made other --extra /srv/x 1 1 0100644 --extra /etc/shadow 1 1
	model diff extra other
	is "diff: events, by program" "$status:$output" "3:Changed, 2 events (there: extra, here: other):
  $scratch/bin/tool
    opens /etc/group for reading: /etc/group there, /etc/shadow here
    opens /srv/x for reading: file mode 0100600 there, 0100644 here"
	made other --extra /srv/y/x 1 1
	model diff extra other
	is "diff: only there, only here" "$status:$output" "3:Only in extra, 2 events:
  $scratch/bin/tool
    opens /etc/group for reading
    opens /srv/x for reading
Only in other, 1 event:
  $scratch/bin/tool
    opens /srv/y/x for reading"
	model diff old other --json
	is "diff --json" "$status:$(jq -c '[.same, .contents[0].path, .contents[0].events, (.only_in_b | map(.sentence))]' out)" \
		"3:[false,\"$scratch/bin/tool\",5,[\"opens /srv/y/x for reading\"]]"
	model diff old old --json
	is "diff --json of the same" "$status:$(jq -c '[.same, .contents, .changed, .only_in_a, .only_in_b]' out)" "0:[true,[],[],[],[]]"
	made bare --bare 2
	made other --extra /etc/group 1 1 --bare 3
	model diff bare other
	like "diff: coefficients without an event" "$status:$output" "3:Only in other, 1 coefficient without an event: tsem can say nothing about it."
	made exact --profile exact --bypass ipc
	model diff new exact
	is "diff: settings first" "$status:$output" "3:The models do not model the same things:
  only new: profile portable
  only exact: profile exact
  only exact: bypass ipc"
	model diff new exact --json
	is "diff --json: settings" "$(jq -c '[.settings_only_in_a, .settings_only_in_b]' out)" '[["profile portable"],["profile exact","bypass ipc"]]'
	cp new $'a\033[31m'
	model diff $'a\033[31m' exact
	is "diff: names of files are escaped" "$status:$(grep -c $'\033' out)" "3:0"
}

test_merge() {
	made a --name a --runs 2 --extra /etc/group 1 2
	made b --name "b b" --runs 3 --extra /srv/data 1 3
	model merge -o ab a b
	is "merge" "$status:$output:$errors" "0:a: 9 coefficients
b: 9 coefficients, 1 of them new:model ab written: 10 coefficients"
	is "merge: runs and sources" "$(sed -n '/^runs/,/^coefficients/p' ab)" "runs 5
source a 2 $("$TSEM" show ./a state)
source b b 3 $("$TSEM" show ./b state)
coefficients 10"
	is "merge: counts are added, runs go on" "$(sed -n '/^trajectory/,$s/ {.*//p' ab | sort | uniq -c | tr -s ' ')" " 1 1 1 2
 1 1 3 5
 8 2 1 5"
	model merge -o abab ab a b
	is "merge: the sources of merged models are kept" "$(sed -n 's/^source \(.*\) [0-9a-f]*$/\1/p' abab | tr '\n' ,)" "a 2,b b 3,a 2,b b 3,"
	same "merge: the same again is the same" ab abab
	"$TSEM" show ./abab >out
	is "show names the sources" "$(grep -c '^merged from  *b b, 3 runs, state [0-9a-f]\{64\}$' out)" 2
	is "show --json names the sources" "$("$TSEM" show ./ab --json | jq -c '.sources | map([.name, .runs])')" '[["a",2],["b b",3]]'
	python3 "$data/../golden/coefficient.py" ab >out
	like "the second implementation reads it" "$?:$(<out)" "0:10 events, 10 coefficients listed, 0 wrong*"
	made exact --profile exact
	fails "merge of different profiles" "exact: models *profile portable*profile exact*" merge -o never a exact
	made bypass --bypass ipc,key
	fails "merge of different bypasses" "bypass: models *only the second has*bypass ipc,key*" merge -o never a bypass
	cp a a.kept
	fails "merge into itself, refused" "*profile*" merge -o a a exact
	cmp -s a a.kept
	report $? "a file that is read and to be written is as it was"
	model merge -o a a b
	same "merge into one that is read" a ab
}

with_calls() { # with_calls FILE OUT ENTRY...: the same with a list of system calls
	local from=$1 to=$2

	shift 2
	{
		sed '/^coefficients/,$d' "$from"
		echo "syscalls $#"
		[ $# -eq 0 ] || printf '%s\n' "$@"
		sed -n '/^coefficients/,$p' "$from" | sed '$d'
	} >"$to"
	echo "end $(sha256sum <"$to" | cut -d ' ' -f 1)" >>"$to"
}

calls_of() { # calls_of FILE: from the file itself
	sed -n '/^syscalls/,/^coefficients/p' "$1" | sed '$d' | tr '\n' ' '
}

test_syscalls() {
	made c --runs 4
	with_calls c ca open 'socket 2' wait
	with_calls c cb 'ioctl 0x5421' open 'prctl 38' 'socket 1'
	with_calls c cc
	with_calls c wrong wait open
	fails "a list that does not ascend is refused" "model wrong, line *: the system calls are not in ascending order" verify wrong
	"$TSEM" show --syscalls ./cb >out
	is "show --syscalls" "$?:$(tr '\n' , <out)" "0:ioctl 0x5421 (FIONBIO),open,prctl 38 (PR_SET_NO_NEW_PRIVS),socket 1 (AF_UNIX),"
	is "show --syscalls --json" "$("$TSEM" show --syscalls ./cb --json | jq -c .)" '["ioctl 0x5421","open","prctl 38","socket 1"]'
	is "show --json: how many" "$("$TSEM" show ./cb --json | jq -c .system_calls),$("$TSEM" show ./c --json | jq -c .system_calls)" "4,null"
	is "show: not known" "$("$TSEM" show ./c | sed -n 's/^system calls  *//p')" "not known"
	"$TSEM" show --syscalls ./c >out 2>err
	is "show --syscalls of a model without a list" "$?:$(<err)" "1:tsem: made up has no list of system calls: its model was learned without one"
	"$TSEM" show --syscalls ./c counts >out 2>err
	like "show --syscalls with a part" "$?:$(<err)" "2:*give --syscalls or a part, not both*"
	model diff ca cb
	is "diff: system calls" "$status:$output" "3:System calls only in ca: socket 2 (AF_INET), wait.
System calls only in cb: ioctl 0x5421 (FIONBIO), prctl 38 (PR_SET_NO_NEW_PRIVS), socket 1 (AF_UNIX)."
	model diff ca cb --json
	is "diff --json: system calls" "$(jq -c '[.same, .syscalls_only_in_a, .syscalls_only_in_b]' out)" \
		'[false,["socket 2","wait"],["ioctl 0x5421","prctl 38","socket 1"]]'
	model diff c ca
	is "diff: only one has a list" "$status:$output" "3:Only ca has a list of system calls."
	model diff c ca --json
	is "diff --json: only one has a list" "$(jq -c '[.same, .syscalls_only_in_a, .syscalls_only_in_b]' out)" '[false,null,[]]'
	model diff ca ca
	like "diff: the same" "$status:$output" "0:The models allow the same*"
	model merge -o cm ca cb cc
	is "merge: the union" "$status:$errors:$(calls_of cm)" "0:model cm written: 8 coefficients:syscalls 6 ioctl 0x5421 open prctl 38 socket 1 socket 2 wait "
	model merge -o cm ca c
	is "merge with one that has none: none, which is said" "$status:$errors:$(calls_of cm)" \
		"0:model cm written: 8 coefficients
tsem: the merged model has no list of system calls, because c has none:"
	model merge -o cm c c
	is "merge of two that have none" "$status:$errors:$(calls_of cm)" "0:model cm written: 8 coefficients:"
	model minimise --runs 1 -o cm ca
	is "minimise keeps them" "$status:$(calls_of cm)" "0:$(calls_of ca)"
	model pseudonym -o cm ca "$scratch/bin/tool"
	is "pseudonym keeps them" "$status:$(calls_of cm)" "0:$(calls_of ca)"
	model rebase --package-update -o cm ca
	is "rebase keeps them" "$status:$(calls_of cm)" "0:$(calls_of ca)"
}

with_sizes() { # with_sizes FILE OUT SIZE...: the same with sizes of large contents
	local from=$1 to=$2

	shift 2
	{
		sed '/^coefficients/,$d' "$from"
		printf 'large %s\n' "$@"
		sed -n '/^coefficients/,$p' "$from" | sed '$d'
	} >"$to"
	echo "end $(sha256sum <"$to" | cut -d ' ' -f 1)" >>"$to"
}

sizes_of() { # sizes_of FILE: from the file itself
	sed -n 's/^large //p' "$1" | tr '\n' ' '
}

test_sizes() {
	made c --runs 4
	with_sizes c sa 17000000 18000000
	with_sizes c sb 18000000 1073741824
	with_sizes c wrong 18000000 17000000
	fails "sizes that do not ascend are refused" "model wrong, line *: the sizes of large contents are not in ascending order" verify wrong
	with_sizes c wrong 16777216
	fails "a size that is not large is refused" "model wrong, line *: this is not the size of a large content: *" verify wrong
	model diff sa sb
	is "diff: sizes" "$status:$output" "3:Sizes of large contents only in sa: 17000000.
Sizes of large contents only in sb: 1073741824."
	model diff c sa --json
	is "diff --json: sizes" "$status:$(jq -c '[.same, .sizes_only_in_a, .sizes_only_in_b]' out)" '3:[false,[],[17000000,18000000]]'
	model diff sa sa
	like "diff: the same sizes" "$status:$output" "0:The models allow the same*"
	model merge -o sm sa c sb
	is "merge: the union of sizes" "$status:$(sizes_of sm)" "0:17000000 18000000 1073741824 "
	model minimise --runs 1 -o sm sa
	is "minimise keeps sizes" "$status:$(sizes_of sm)" "0:17000000 18000000 "
	model pseudonym -o sm sa "$scratch/bin/tool"
	is "pseudonym keeps sizes" "$status:$(sizes_of sm)" "0:17000000 18000000 "
	cp bin/tool tool.kept
	truncate -s 17M bin/tool
	model rebase --package-update -o sr sm
	like "rebase: the size of what has a pseudonym" "$status:$output:$(sizes_of sr)" \
		"0:None of 4 contents changed.*1 size of large contents is new.:17000000 17825792 18000000 "
	model rebase --package-update --json -o sr sa
	is "rebase adds the size of a content" "$status:$(jq -c '[(.changed | length), .sizes]' out):$(sizes_of sr)" \
		"0:[1,1]:17000000 17825792 18000000 "
	truncate -s 16M bin/tool
	model rebase --package-update -o sr sa
	is "rebase: not of one that is read anyway" "$status:$(sizes_of sr)" "0:17000000 18000000 "
	cp tool.kept bin/tool
	openssl genpkey -algorithm ed25519 -out sizes.key 2>/dev/null
	model sign --key sizes.key --sealed -o signed sa
	model merge -o sm signed c
	is "sign keeps sizes" "$status:$(sizes_of sm)" "0:17000000 18000000 "
}

with_decisions() { # with_decisions FILE OUT LINE...: the same with decisions; %N stands for the Nth of its coefficients
	local from=$1 to=$2 line listed

	shift 2
	mapfile -t listed < <(sed -n '/^coefficients/,/^trajectory/p' "$from")
	{
		sed '/^coefficients/,$d' "$from"
		echo "decisions $#"
		for line; do
			[[ $line =~ \ %([0-9])\  ]] && line=${line/\%${BASH_REMATCH[1]}/${listed[BASH_REMATCH[1]]}}
			printf '%s\n' "$line"
		done
		sed -n '/^coefficients/,$p' "$from" | sed '$d'
	} >"$to"
	echo "end $(sha256sum <"$to" | cut -d ' ' -f 1)" >>"$to"
}

decisions_of() { # decisions_of FILE: from the file itself, without the keys
	sed -n '/^decisions/,/^coefficients/p' "$1" | sed '$d; s/ [0-9a-f]\{64\}//' | tr '\n' ,
}

test_decisions() {
	local kind other noon=2026-11-30T14:03:22Z eve=2026-12-24T18:00:00Z

	printf -v kind '%064x' 5
	printf -v other '%064x' 6
	made c --runs 4
	with_decisions c da "allow $noon %2 root@terminal tool may open /etc/group for reading" "deny $eve $kind u1000@ssh"
	with_decisions c db "allow $eve %2 other@terminal" "allow $noon %3 root@terminal more" "deny $eve $kind u1000@ssh" \
		"deny $noon $other root@terminal python3 opens /root/.ssh/id\\x5fx"
	fails "a text in another spelling is refused" "model db, line *: this is not the text of a decision, of at most 1023 bytes" verify db
	with_decisions c db "allow $eve %2 other@terminal" "allow $noon %3 root@terminal more" "deny $eve $kind u1000@ssh" \
		"deny $noon $other root@terminal python3 opens /root/.ssh/id"
	with_decisions c wrong "allow $noon $kind root@terminal x"
	fails "what allows nothing is refused" "model wrong, line *: the coefficient that this decision allows is not in the model" verify wrong
	"$TSEM" show ./da decisions >out
	is "show decisions" "$?:$(<out)" "0:always allowed by root@terminal on 2026-11-30 14:03 UTC: tool may open /etc/group for reading
always refused by u1000@ssh on 2026-12-24 18:00 UTC"
	is "show decisions --json" "$("$TSEM" show ./da decisions --json | jq -c 'map([.decision, .time, .who, .why, .kind, (.coefficient | length)])')" \
		"[[\"allow\",\"$noon\",\"root@terminal\",\"tool may open /etc/group for reading\",null,64],[\"deny\",\"$eve\",\"u1000@ssh\",\"\",\"$kind\",0]]"
	is "show: how many" "$("$TSEM" show ./da | sed -n 's/^decisions  *//p'),$("$TSEM" show ./db --json | jq -c .decisions)" "2,4"
	is "show: none" "$("$TSEM" show ./c | grep -c ^decisions),$("$TSEM" show ./c decisions | wc -c),$("$TSEM" show ./c decisions --json | jq -c .)" "0,0,[]"
	model diff da db
	is "diff: decisions" "$status:$output" "3:Decisions (- only in da, + only in db):
  - always allowed by root@terminal on 2026-11-30 14:03 UTC: tool may open /etc/group for reading
  + always allowed by other@terminal on 2026-12-24 18:00 UTC
  + always allowed by root@terminal on 2026-11-30 14:03 UTC: more
  + always refused by root@terminal on 2026-11-30 14:03 UTC: python3 opens /root/.ssh/id"
	model diff c da --json
	is "diff --json: decisions" "$status:$(jq -c '[.same, .decisions_only_in_a, (.decisions_only_in_b | map([.decision, .who]))]' out)" \
		'3:[false,[],[["allow","root@terminal"],["deny","u1000@ssh"]]]'
	model diff da da
	like "diff: the same decisions" "$status:$output" "0:The models allow the same*"
	model merge -o dm da c db
	is "merge: the union, and of two the later one" "$status:$(decisions_of dm)" "0:decisions 4,allow $eve other@terminal,$(
	)allow $noon root@terminal more,deny $eve u1000@ssh,deny $noon root@terminal python3 opens /root/.ssh/id,"
	model merge -o dn db da
	is "merge: in any order" "$(decisions_of dn)" "$(decisions_of dm)"
	model minimise --runs 1 -o dm da
	is "minimise keeps decisions" "$status:$(decisions_of dm)" "0:$(decisions_of da)"
	made few --runs 4 --extra /first 1 1
	with_decisions few dd "allow $noon %1 w" "allow $noon %2 w" "allow $noon %3 w" "allow $noon %4 w" "allow $noon %5 w" \
		"allow $noon %6 w" "allow $noon %7 w" "allow $noon %8 w" "allow $noon %9 w" "deny $noon $kind w"
	model minimise -o dm dd
	is "minimise drops what allows a dropped event" "$status:$(grep -c ^allow dd):$(grep -c ^allow dm):$(grep -c ^deny dm)" "0:9:8:1"
	model pseudonym -o dm dd "$scratch/bin/tool"
	is "pseudonym keeps decisions" "$status:$(decisions_of dm)" "0:$(decisions_of dd)"
	is "pseudonym: they are about its coefficients" "$(awk '/^allow/ { print $3 }' dm)" "$(grep -x '[0-9a-f]\{64\}' dm)"
	cp bin/tool tool.kept
	echo "yet another version" >bin/tool
	model rebase --package-update -o dm dd
	is "rebase keeps decisions" "$status:$(decisions_of dm)" "0:$(decisions_of dd)"
	is "rebase: they are about its coefficients" "$(awk '/^allow/ { print $3 }' dm)" "$(grep -x '[0-9a-f]\{64\}' dm)"
	model diff dd dm
	is "diff: the same decisions about another content" "$status:$output" "3:The content of $scratch/bin/tool changed: 6 events depend on it."
	cp tool.kept bin/tool
	openssl genpkey -algorithm ed25519 -out decisions.key 2>/dev/null
	openssl pkey -in decisions.key -pubout -out decisions.pub
	model sign --key decisions.key -o signed da
	model verify --key decisions.pub signed
	like "verify of signed decisions" "$status:$output" "0:signed is intact: 8 coefficients*"
	model diff signed da
	like "sign keeps decisions" "$status:$output" "0:The models allow the same*"
	with_decisions c hostile "deny $noon $kind w\\x1b[31m\\x0aroot \\x1b]0;owned\\x07\\xe2\\x80\\xae\\xff\\x0atsem: all is well"
	"$TSEM" show ./hostile decisions >out
	# shellcheck disable=SC2016 # the text has a backslash
	is "show decisions: a hostile text" "$?:$(<out)" \
		'0:always refused by w\x1b[31m\x0aroot on 2026-11-30 14:03 UTC: \x1b]0;owned\x07\xe2\x80\xae\xff\x0atsem: all is well'
	model diff c hostile
	is "diff: a hostile text" "$status:$(grep -c '[[:cntrl:]]' out):$(wc -l <out)" "3:0:2"
}

# Directories below which the workload may do more: lines of the head.
test_trees() {
	local work=/srv/work

	made t --tree $work:rw --tree '/srv/a\x20b\x1b:r' --tree /usr/include:rx --runs 2
	made u --tree $work:rwx --tree '/srv/a\x20b\x1b:r' --tree /usr/include:rx --runs 2
	model verify t
	like "trees: a model that has some" "$status:$output" "0:t is intact: *"
	is "trees: show names them" "$("$TSEM" show ./t | sed -n "s|^lets in  *\\($work.*\\)|\\1|p")" \
		"$work:rw: reads and changes whatever is below"
	lacks "trees: show escapes their names" "$("$TSEM" show ./t)" $'\033'
	is "trees: show --json" "$("$TSEM" show ./t --json | jq -c '[.lets_in[].by]')" "[\"/srv/a b\\u001b:r\",\"$work:rw\",\"/usr/include:rx\"]"
	model diff t u
	is "trees: diff" "$status:$output" "3:The models do not model the same things:
  only t: tree $work:rw
  only u: tree $work:rwx"
	model diff t u --json
	is "trees: diff --json" "$(jq -c '[.settings_only_in_a, .settings_only_in_b]' out)" "[[\"tree $work:rw\"],[\"tree $work:rwx\"]]"
	fails "trees: merge of different ones" "u: models *tree $work:rw*tree $work:rwx*" merge -o never t u
	model merge -o tt t t
	is "trees: merge of the same ones keeps them" "$status:$(grep ^tree tt)" "0:$(grep ^tree t)"
	model minimise -o small --runs 1 t
	is "trees: minimise keeps them" "$status:$(grep ^tree small)" "0:$(grep ^tree t)"
	model pseudonym -o named t "$scratch/bin/tool"
	is "trees: pseudonym keeps them, behind it" "$status:$(grep -A 1 ^pseudonym named | tail -n 1)" '0:tree /srv/a\x20b\x1b:r'
	python3 "$data/../golden/coefficient.py" t >out
	like "trees: the second implementation reads it" "$?:$(<out)" "0:8 events, 8 coefficients listed, 0 wrong*"
}

test_minimise() {
	made m --runs 5 --extra /first 1 1 --extra /early 1 3 --extra /late 4 4 --extra /last 5 5 --extra /always 1 5
	model minimise -o half m
	is "minimise: half of the runs" "$status:$output" "0:1 of 13 events was not seen in the last 3 of 5 runs, and is dropped:
  $scratch/bin/tool
    opens /first for reading, in run 1 only"
	model diff m half
	is "minimise: that, and no more" "$status:$output" "3:Only in m, 1 event:
  $scratch/bin/tool
    opens /first for reading"
	model minimise --runs 1 -o one m
	is "minimise: the last run only" "$status:$output" "0:3 of 13 events were not seen in the last 1 of 5 runs, and are dropped:
  $scratch/bin/tool
    opens /early for reading, in runs 1 to 3
    opens /first for reading, in run 1 only
    opens /late for reading, in run 4 only"
	model minimise --runs 5 -o all m
	like "minimise: all runs" "$status:$output" "0:Nothing is dropped: *"
	cmp -s m all
	report $? "minimise: the same bytes"
	model minimise -o again half
	like "minimise again" "$status:$output" "0:Nothing is dropped: every event was seen in one of the last 3 of 5 runs."
	made single
	model minimise --dry-run single
	like "minimise: one run" "$status:$output" "0:Nothing is dropped: the model was made from 1 run*"
	rm -f never
	model minimise --dry-run --json m
	is "minimise --dry-run --json" "$status:$(jq -c '[.runs, .last_runs, .kept, (.dropped | map([.sentence, .last_run]))]' out)" \
		'0:[5,3,12,[["opens /first for reading, in run 1 only",1]]]'
	made bare --runs 3 --extra /first 1 1 --bare 2
	model minimise -o kept bare
	like "minimise: what is not known is kept" "$status:$output" "0:Nothing is dropped*2 coefficients are kept: it is not known in which runs they were seen."
	same "minimise: so it is the same" kept bare
}

test_rebase() {
	cp tool.new bin/tool
	model rebase --package-update -o rebased old
	like "rebase" "$status:$output:$errors" "0:$scratch/bin/tool: 5 events depend on it
    was ????????????????????????????????????????????????????????????????
    is  $(sha256sum <bin/tool | cut -d ' ' -f 1)
1 of 4 contents changed, and with them 5 events and 1 program.:model rebased written: 8 coefficients"
	same "rebase: as computed by the second implementation" rebased new
	head -c 300000 /dev/urandom >bin/shell
	echo again >lib/library
	: >bin/other
	made all --runs 4
	model rebase --package-update --json -o rebased old
	is "rebase --json" "$status:$(jq -c '[(.changed | map(.path | sub(".*/"; ""))), .contents, .events, .programs, .missing, .merged]' out)" \
		'0:[["shell","tool","library","other"],4,8,3,0,0]'
	same "rebase: all files" rebased all
	model rebase --package-update -o back rebased --root / --dry-run
	like "usage: rebase with both" "$status" 2
	model rebase --package-update --dry-run rebased
	is "rebase: nothing changed" "$status:$output:$errors" "0:None of 4 contents changed.:"
	mkdir -p "image$scratch"
	cp -r bin lib "image$scratch"
	echo other >"image$scratch/bin/other"
	model rebase --package-update --root image -o image.model rebased
	like "rebase --root" "$status:$output" "0:$scratch/bin/other: *1 of 4 contents changed*"
	truncate -s 2G "image$scratch/bin/other"
	model rebase --package-update --dry-run --root image rebased
	like "rebase: what is never read is not read" "$status:$errors" "1:*bin/other: it has more than 1 GiB, which is never read*"
	rm "image$scratch/bin/other"
	mkdir -p image/dev && mknod "image$scratch/bin/other" c 5 2
	strace -f -e trace=open,openat,openat2 -o opened "$TSEM" model rebase --package-update --dry-run --root image rebased 2>err >out
	like "rebase: a device is named" "$(<err)" "*bin/other: it is no regular file*"
	is "rebase: and not opened" "$(awk '/bin\/other/ { print /O_PATH/ ? "found" : "opened" }' opened | sort -u)" found
	model merge -o both old new
	model rebase --package-update -o one both
	like "rebase: two versions become one" "$status:$output" "0:*5 events are now the same as another one."
	same "rebase: and it is the present one" one all
	mv bin/tool away
	fails "rebase: a missing file" "1 of the 4 contents that the model names cannot be read ($scratch/bin/tool: it is not there); --keep-missing*" \
		rebase --package-update -o never old
	mkdir bin/tool
	fails "rebase: a directory" "*bin/tool: it is no regular file*" rebase --package-update -o never old
	rmdir bin/tool
	mkfifo bin/tool
	fails "rebase: a FIFO" "*bin/tool: it is no regular file*" rebase --package-update -o never old
	rm bin/tool
	ln -s "$scratch/away" bin/tool
	fails "rebase: a symbolic link" "*bin/tool: there is a symbolic link on its path now*" rebase --package-update -o never old
	rm bin/tool
	model rebase --package-update --keep-missing -o kept old
	like "rebase --keep-missing" "$status:$output" "0:*1 content is kept as it was ($scratch/bin/tool: it is not there)."
	mv away bin/tool
	fails "rebase: no such root" "cannot look for files in nowhere: No such file*" rebase --package-update --root nowhere -o never old
	made bare --bare 1
	fails "rebase: coefficients without events" "bare: 1 of its 8 coefficients have no event*" rebase --package-update -o never bare
	made bypass --bypass process
	fails "rebase: programs are not modeled" "bypass leaves out the events of class process*" rebase --package-update -o never bypass
}

test_pseudonym() {
	local tool=$scratch/bin/tool

	made plain
	made wanted --pseudonym "$tool"
	model pseudonym -o named plain "$tool"
	is "pseudonym" "$status:$output" "0:The content of $tool no longer counts: 5 events depend on it."
	same "pseudonym: as computed by the second implementation" named wanted
	is "pseudonym: in the head" "$(grep ^pseudonym named)" "pseudonym $tool"
	like "show names it" "$("$TSEM" show ./named)" "*any content *$tool*"
	is "show --json names it" "$("$TSEM" show ./named --json | jq -r '.pseudonyms[]')" "$tool"
	model diff plain named
	like "pseudonym: a difference of settings" "$status:$output" "3:The models do not model the same things:*only named: pseudonym $tool*"
	fails "merge with and without a pseudonym" "*pseudonym $tool*" merge -o never plain named
	echo changed >bin/tool
	model rebase --package-update --dry-run named
	is "rebase leaves it alone" "$status:$output" "0:None of 4 contents changed."
	fails "pseudonym twice" "$tool has a pseudonym in model made up already" pseudonym -o never named "$tool"
	fails "pseudonym of a file that is nowhere" "no event of plain names the content of $scratch/bin/nothing*" \
		pseudonym -o never plain "$scratch/bin/nothing"
	fails "pseudonym of a relative path" "bin/tool cannot have a pseudonym: *slash*" pseudonym -o never plain bin/tool
	fails "pseudonym of a long path" "*longer than 255 bytes*" pseudonym -o never plain "/$(printf 'x%.0s' {1..255})"
	made bare --bare 1
	fails "pseudonym: coefficients without events" "bare: 1 of its 8*" pseudonym -o never bare "$tool"
}

# Whoever reads or compares these lines in more than their number takes minutes, and is ended after one.
test_many() {
	local variant

	for variant in 0 1; do
		python3 "$data/many.py" pseudonyms 400000 $variant >p$variant
		python3 "$data/many.py" last 400000 $variant >l$variant
		python3 "$data/many.py" calls 800000 $variant >c$variant
	done
	model verify p0
	is "verify of many pseudonyms" "$status:$errors" "0:"
	model diff p0 p1
	is "diff of many pseudonyms" "$status:$(grep -c pseudonym out)" "3:800000"
	fails "merge of many pseudonyms, of which the last differs" 'l1: models *"pseudonym /q/0"*"pseudonym /q/1"' merge -o never l0 l1
	model merge -o both c0 c1
	is "merge of many system calls" "$status:$(grep -c ^socket both)" "0:1600000"
	rm -f p[01] l[01] c[01] both
}

test_bad_files() {
	local verb

	: >empty
	head -c 900 old >short
	sed 's/shell/shelf/' old >edited
	for verb in "diff FILE old" "diff old FILE" "merge -o never FILE old" "merge -o never old FILE" "minimise -o never FILE" \
		"rebase --package-update -o never FILE" "pseudonym -o never FILE /bin/x"; do
		for file in none empty short edited /dev/zero .; do
			# shellcheck disable=SC2086
			fails "$verb: $file" "model $file*" ${verb/FILE/$file}
		done
	done
	for verb in "merge -o OUT old old" "minimise -o OUT old" "rebase --package-update -o OUT old" \
		"pseudonym -o OUT old $scratch/bin/tool"; do
		for file in nowhere/m . /dev/full; do
			# shellcheck disable=SC2086
			model ${verb/OUT/$file}
			like "$verb: $file" "$status:$errors" "1:tsem: $file was not written: *"
		done
		(
			ulimit -f 2
			# shellcheck disable=SC2086
			"$TSEM" model ${verb/OUT/full.model} >out 2>err
		)
		like "$verb: no room" "$?:$(<err):$(ls full.model* 2>/dev/null)" "1:tsem: full.model was not written: File too large:"
	done
	"$TSEM" model diff old new >/dev/full 2>err
	is "diff to a full disk" "$?:$(<err)" "1:tsem: cannot write to standard output: No space left on device"
	fails "learn-from no session" "*no-such-session*" learn-from no-such-session --forensics --all -o never
}

# Models that are sound to the checksum, with names and numbers of somebody who means ill, and others: by every verb.
test_hostile() {
	local seed

	for seed in 1 2 3; do
		check "hostile models, read by every verb: seed $seed" timeout 300 /usr/bin/python3 "$data/../fuzz/verbs.py" "$TSEM" $seed 12
	done
}

prepare
for each in ${TESTS:-usage diff merge syscalls sizes decisions trees minimise rebase pseudonym many bad_files hostile}; do
	"test_$each"
done
finish
