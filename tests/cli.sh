#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# tests/cli.sh PATH_TO_TSEM: the command line, as far as it needs no kernel side.
# TSEM_MUST_RUN=1 turns skips into failures.

set -u
export LC_ALL=C.UTF-8
unset NO_COLOR
TSEM=$(realpath "${1:?usage: tests/cli.sh PATH_TO_TSEM}")
data=$(realpath "$(dirname "$0")")/data
scratch=$(mktemp -d "${TMPDIR:-/tmp}/cli-test.XXXXXX")
trap 'rm -rf "$scratch"' EXIT
# shellcheck source=tests/tap.sh
. "$(dirname "$0")/tap.sh"
commands="doctor bench lab learn run bind unbind service oci ps agents emit show watch stop why load unload model image tma replay completion help version"

tsem() { # runs it: status, output, errors
	timeout 60 "$TSEM" "$@" >"$scratch/out" 2>"$scratch/err" </dev/null
	status=$?
	output=$(<"$scratch/out")
	errors=$(<"$scratch/err")
}

nobody() { # the same without any privilege
	timeout 60 setpriv --reuid 65534 --regid 65534 --clear-groups --inh-caps=-all --bounding-set=-all \
		"$scratch/tsem" "$@" >"$scratch/out" 2>"$scratch/err" </dev/null
	status=$?
	output=$(<"$scratch/out")
	errors=$(<"$scratch/err")
}

usage() { # usage NAME PATTERN WORDS...: wrong usage: status 2, one line, nothing on standard output
	local name=$1 pattern=$2

	shift 2
	tsem "$@"
	like "$name" "$status:$output:$(wc -l <"$scratch/err"):$errors" "2::1:tsem: $pattern"
}

test_help() {
	local command

	tsem
	like "no command: short help on standard error" "$status:$output:$errors" "2::tsem learns*doctor*version*"
	tsem --help
	like "--help lists the commands" "$status:$output" "0:tsem learns*doctor*version*"
	for command in $commands; do
		tsem help "$command"
		like "help $command" "$status:$output:$errors" "0:Usage: tsem $command*Example*Exit status*:"
		is "help $command fits a terminal" "$(sed '/^Example/,/^Exit/d' "$scratch/out" | awk 'length > 79; END { print (NR > 3 ? "all" : "none") }')" all
		cp "$scratch/out" "$scratch/help"
		tsem "$command" --help
		is "$command --help says the same" "$status:$output" "0:$(<"$scratch/help")"
	done
	tsem run -h
	like "-h" "$status:$output" "0:Usage: tsem run*"
	tsem --version
	like "--version" "$status:$output" "0:tsem [0-9]*"
	is "without a terminal there is no colour" "$(grep -c $'\033' "$scratch/help")" 0
}

# The error names the forms of the rows; what is told before has the schemes of all of them.
schemes_told() { # schemes_told COUNT HELP WORDS...: WORDS end in an address of no known scheme
	local scheme count=0 least=$1 command=$2

	tsem help "$command"
	cp "$scratch/out" "$scratch/help"
	tsem "${@:3}"
	for scheme in $(grep -oE '[a-z]+:(//)?[][A-Z@a-z]*' <<<"${errors#*: }" | cut -d : -f 1 | sort -u); do
		[ "$scheme" != gopher ] || continue
		count=$((count + 1))
		grep -qw -e "$scheme" "$scratch/help"
		report $? "help $command names $scheme:"
	done
	is "$command: each was asked for" "$((count >= least))" 1
}

test_schemes() {
	schemes_told 5 replay replay "$data/grep.model" --tma gopher:x
	schemes_told 5 run replay "$data/grep.model" --tma gopher:x
	schemes_told 6 export export --from /dev/null --to gopher:x
}

test_colour() {
	if ! command -v script >/dev/null; then
		skip "colour on a terminal only" "no script(1)"
		return
	fi
	TERM=xterm script -qec "'$TSEM' help run" /dev/null </dev/null >"$scratch/colour"
	report $? "help on a terminal"
	[ "$(grep -c $'\033' "$scratch/colour")" -gt 0 ]
	report $? "has colour on a terminal"
	NO_COLOR=1 TERM=xterm script -qec "'$TSEM' help run" /dev/null </dev/null >"$scratch/colour"
	is "has none with NO_COLOR" "$(grep -c $'\033' "$scratch/colour")" 0
}

test_usage() {
	usage "unknown command, one is near" "'rnu' is not a command; did you mean 'run'[?]" rnu
	usage "unknown command, none is near" "'frobnicate' is not a command; ?tsem help? lists them" frobnicate
	usage "help of an unknown command" "*'shwo'*did you mean 'show'[?]" help shwo
	usage "unknown option, one is near" "?tsem run? has no option --enforc; did you mean --enforce[?]" run --enforc ls
	usage "unknown option with a value" "*--modle; did you mean --model[?]" run --modle=x ls
	usage "unknown option, none is near" "*no option --zzz; ?tsem help ps? lists*" ps --zzz
	usage "unknown letter" "?tsem run? has no option -z*" run -z ls
	usage "a letter that is not ASCII" "?tsem run? has no option -é*" run -é ls
	usage "option before the command" "*no option --json before the command*" --json ps
	usage "option without its value" "--model needs a value: MODEL" run --model
	usage "letter without its value" "-m needs a value: MODEL" run -m
	usage "empty value" "--model needs a value: MODEL" run --model= ls
	usage "a label without a value" "--label: \"web\" is no label: KEY=VALUE*" bind /x --model m --label web
	usage "a label whose key nobody reads" "--label: \"Web=1\" is no label*" bind /x --model m --label Web=1
	usage "a label with a control character" "--label: * is no label*" bind /x --model m --label $'pod=a\nb'
	usage "a label twice" "--label: there are two labels pod" bind /x --model m --label pod=a --label pod=b
	usage "flag with a value" "--enforce takes no value" run --enforce=yes ls
	usage "wrong word, one is near" "--on-violation cannot be 'dney'; did you mean 'deny'[?]" \
		run --on-violation dney ls
	usage "wrong word, none is near" "--on-violation cannot be 'x'; it is one of untrust|deny|log|kill|freeze" \
		run --on-violation=x ls
	usage "questions without a model" "--ask is about what a model lacks: add --model MODEL" run --ask ls
	usage "a tree without a model" "--tree is about what a model lacks: add --model MODEL" run --tree /usr:r ls
	usage "a tree that is not enforced" "--tree needs --ask or --enforce: *" run --model m --tree /usr:r ls
	usage "rights that no tree has" '"/usr:w" is no tree: it needs DIR:r, DIR:rw, DIR:rx or DIR:rwx' run --model m --ask --tree /usr:w ls
	usage "a tree of everything" "the whole file system cannot be a tree" run --model m --ask --tree /:r ls
	usage "rights that no tree has, learned" '"/usr:w" is no tree: it needs DIR:r, *' learn -o m --tree /usr:w ls
	usage "a model that its workload could change" "./x.out is below the tree $PWD, *" learn -o ./x.out --tree .:rw ls
	usage "a webhook without questions" "--ask-webhook needs --ask" run --model m --tree /usr:r -e --ask-webhook http://h/ ls
	usage "a webhook that is none" "--ask-webhook: it needs http://HOST*" run --model m --ask --ask-webhook unix:/x ls
	usage "findings without a model" "--notify needs a model to violate: *" run --notify http://h/ ls
	usage "a receiver that is none" "--notify: it needs http://HOST*" run --model m --notify mqtt://h/ ls
	usage "a password in the URL of a receiver" "--notify: *set TSEM_NOTIFY_AUTHORIZATION" run --model m --notify https://me:pw@h/ ls
	TSEM_NOTIFY_AUTHORIZATION=secret usage "a secret over plain HTTP" "--notify: TSEM_NOTIFY_AUTHORIZATION is a secret*" \
		run --model m --notify http://127.0.0.1/ ls
	: >ca.pem
	TSEM_ASK_CA=./ca.pem usage "authorities that the workload could change" "./ca.pem is below the tree $PWD, *" \
		run --model /m --ask --ask-webhook https://h/ --tree .:rwx ls
	TSEM_NOTIFY_CA=./ca.pem usage "... those of findings" "./ca.pem is below the tree $PWD, *" \
		run --model /m -e --notify https://h/ --tree .:rwx ls
	rm ca.pem
	usage "findings over plain HTTP" "--notify: plain http:// is for this machine only*" run --model m --notify http://h/ ls
	usage "questions over plain HTTP" "--ask-webhook: plain http:// is for this machine only*" run --model m --ask --ask-webhook http://h/ ls
	usage "a URL that no variable has" "--ask-webhook: TSEM_ASK_URL, which has the URL, is not set" run --model m --ask --ask-webhook env ls
	TSEM_ASK_URL=http://h/ usage "a URL of a variable" "--ask-webhook: plain http:// is for this machine only*" \
		run --model m --ask --ask-webhook env ls
	usage "patience without questions" "--ask-timeout needs --ask" run --model m --ask-timeout 5 ls
	usage "no patience" "--ask-timeout cannot be '0'*" run --model m --ask --ask-timeout 0 ls
	usage "too much patience" "--ask-timeout needs 1 to 86400 seconds" run --model m --ask --ask-timeout 86401 ls
	usage "questions to an agent and to a person" "--ask and --tree exclude --tma and --export-only" run --model m --ask --tma unix:/x ls
	usage "questions in place" "--in-place excludes *--ask and --tree, *" run --model m --in-place --ask ls
	usage "no front end without a session" "*NAME*" ask
	usage "word of a list, one is near" "--normalise cannot be 'prot'; did you mean 'port'[?]" learn -o m --normalise size,prot ls
	usage "word of a list, none is near" "--bypass cannot be 'x'; it is one of file|process|network|ipc|key|system" \
		learn -o m --bypass ipc,x,key ls
	usage "word of a list, twice" "--normalise has 'size' twice" learn -o m --normalise size,port,size ls
	usage "word of a list, empty" "--bypass cannot be ''; it is one of*" learn -o m --bypass ipc, ls
	usage "no normaliser, and one" "--normalise cannot be 'none,size': none excludes other words" learn -o m --normalise none,size ls
	usage "not a number" "--runs cannot be 'many'; it is a number*" learn -o m -n many ls
	usage "number that is too large" "--runs cannot be '99999999999'*" learn -o m -n 99999999999 ls
	usage "zero runs" "--runs cannot be '0'*" learn -o m -n 0 ls
	usage "zero runs without anything new" "--stable cannot be '0'*" learn -o m --stable 0 ls
	usage "--stable that is no number" "--stable cannot be '-1'; it is a number*" learn -o m --stable=-1 ls
	usage "--max that is no number" "--max cannot be '1e3'; it is a number*" learn -o m --until-converged --max 1e3 ls
	usage "--max without --until-converged" "--max needs --until-converged" learn -o m --max 3 ls
	usage "--accept-patterns without --until-converged" "--accept-patterns needs --until-converged" learn -o m --accept-patterns ls
	usage "--accept-patterns with --continue" "--accept-patterns starts again with the patterns, so it excludes --continue" \
		learn -o m --continue m --until-converged --accept-patterns ls
	usage "--runs with --until-converged" "--runs and --until-converged exclude each other*" learn -o m -n 3 --until-converged ls
	usage "runs that cannot converge" "2 runs cannot converge with --stable 2*--max" learn -o m --until-converged --max 2 ls
	usage "--report without a file" "--report needs a value: FILE.html" learn -o m --report= ls
	usage "run without CMD" "?tsem run? needs CMD*" run --enforce --
	usage "learn: model and report in one file" "--output and --report name the same file*" learn -o x.out --report ./x.out ls
	usage "a deadline without an agent" "--deadline needs --tma" run --deadline 5 ls
	usage "more time for an agent than an hour" "--deadline needs 1 to 3600000 milliseconds" run --tma unix:/x --deadline 3600001 ls
	usage "a digest function without an agent" "--hash needs --tma" run --hash sm3 ls
	usage "an agent, and nothing to ask it" "--export-only asks no agent*" run --tma unix:/x --export-only ls
	usage "a sink without an export" "--to needs --export-only" run --to file:x ls
	usage "a sink and a file" "--to and --output exclude each other*" run --export-only --to file:x -o y ls
	usage "a spool without a sink" "--spool needs --to" run --export-only --spool x ls
	usage "learn without --output" "?tsem learn? needs --output MODEL*" learn ls
	usage "lab without CMD" "?tsem lab? needs CMD*" lab
	usage "show without a name" "?tsem show? needs NAME|MODEL*" show
	usage "show of a part that is none" "*cannot be 'forensic'; did you mean 'forensics'[?]" show x forensic
	usage "why without a name" "?tsem why? needs NAME*" why
	usage "one word too many" "?tsem ps? does not take the argument 'x'*" ps x
	usage "agents without its subcommand" "?tsem agents? needs ls*" agents
	usage "agents with a subcommand that is none" "an argument after 'agents' cannot be 'x'; it is ls" agents x
	usage "emit without a name" "?tsem emit? needs NAME*" emit
	usage "emit of a name that is too long" "the name of an event has 1 to 64 bytes" emit "$(printf '%065d' 0)"
	usage "a field that is none" "a field is KEY=VALUE, not 'x'" emit name x
	usage "a note that is none" "a field is KEY=VALUE, not '=x'" emit name --note =x
	usage "too many fields" "an event has at most 16 fields" emit name {1..17}=x
	usage "fields that are too long" "the fields of an event have at most 2048 bytes" emit name x="$(printf '%02048d' 0)"
	usage "model without its subcommand" "?tsem model? needs verify*" model
	usage "model verify without a file" "?tsem model verify? needs FILE*" model verify
	usage "completion for an unknown shell" "*cannot be 'csh'*" completion csh
	usage "control characters in a word are not printed" "'a\\\\x1b\\\\x0ab' is not*" $'a\033\nb'
}

test_completion() {
	local shell

	for shell in bash zsh fish; do
		tsem completion "$shell"
		is "completion $shell" "$status:$errors" "0:"
		cp "$scratch/out" "$scratch/completion.$shell"
		if command -v "$shell" >/dev/null; then
			"$shell" -n "$scratch/completion.$shell"
			report $? "$shell accepts its completion"
		else
			skip "$shell accepts its completion" "no $shell on this machine"
		fi
	done
}

completes() { # completes WANTED WORDS...: the last word is to be completed
	local wanted=$1

	shift
	# shellcheck disable=SC2016
	is "bash completes: tsem $*" "$(cd "$scratch" && PATH=$(dirname "$TSEM"):$PATH bash -c '
		. ./completion.bash
		COMP_WORDS=(tsem "$@") COMP_CWORD=$#
		_tsem
		echo "${COMPREPLY[*]}"' bash "$@" 2>&1)" "$wanted"
}

test_bash_completion() {
	touch "$scratch/some.model"
	completes "run" ru
	completes "--enforce" run --en
	completes "untrust deny log kill freeze" run --on-violation ""
	completes "deny" run --on-violation = de
	completes "some.model" run --model so
	completes "some.model" run --model = so
	completes "some.model" learn -o so
	completes "" run ls --en
	completes "some.model" run --enforce -- cat so
	completes "trajectory" show web tra
	completes "state" show --json web sta
	completes "sign" model s
	completes "--key --keys --keep-missing" model sign --ke
	completes "verify sign diff merge minimise learn-from rebase pseudonym revoke" model ""
	completes "some.model" model diff some.model so
	completes "--package-update" model rebase --pac
	completes "some.model" model verify so
	completes "learn" help le
	completes "" nonsense ""
}

test_manual() {
	local page

	if ! command -v groff >/dev/null; then
		skip "manual pages" "no groff"
		return
	fi
	for page in "" $commands; do
		# shellcheck disable=SC2086
		tsem help --man $page
		is "manual page tsem${page:+-$page}" "$status:$(groff -mandoc -Tutf8 -ww -z "$scratch/out" 2>&1)" "0:"
	done
}

valid_json() { # valid_json NAME: the last output
	python3 -m json.tool "$scratch/out" >/dev/null 2>"$scratch/json"
	report $? "$1" "$(<"$scratch/json")$output"
}

test_doctor() {
	tsem doctor
	case $status in
	0) like "doctor begins with what to do" "$output" "Enforcement works here*" ;;
	*) like "doctor begins with what to do" "$status:$output" "1:Not here: *?tsem lab -- CMD?*" ;;
	esac
	cp "$scratch/out" "$scratch/doctor"
	tsem doctor --json
	valid_json "doctor --json"
	like "doctor --json says what memory is used" "$(sed -n '/"memory"/p' "$scratch/out")" '*"memory": [n{]*'
	is "doctor --json has the same status" "$status" "$(grep -q 'Enforcement works' "$scratch/doctor"; echo $?)"
}

test_bench() {
	usage "bench without a number" "*--rounds*" bench --rounds
	usage "bench: no rounds" "*--rounds*" bench --rounds 0
	usage "bench: too many rounds" "*at most 101 rounds*" bench --rounds 102
	usage "bench: an operand" "*" bench now
	tsem bench --worker "$scratch/none"
	like "bench: no directory to work in" "$status:$output:$errors" "1::tsem: cannot work in *none*"
}

test_model() {
	local model=$data/grep.model part

	tsem model verify "$model"
	like "model verify" "$status:$output:$errors" "0:*is intact: 8 coefficients*:"
	tsem show "$model"
	like "show MODEL" "$status:$output" "0:model *grep*coefficients *8*events *2 process, 5 file, 1 network*state *"
	tsem show "$model" --json
	valid_json "show MODEL --json"
	tsem show "$model" trajectory
	like "show trajectory" "$output" "*1 tsem: runs /usr/bin/dash*1 /usr/bin/dash: runs /usr/bin/grep*"
	like "show trajectory counts" "$output" "* 2 /usr/bin/grep: opens /etc/passwd for reading*"
	is "show trajectory prints no control characters" "$(grep -c $'[\033\001]' "$scratch/out")" 0
	is "show trajectory: a line for each event" "$(wc -l <"$scratch/out")" 8
	tsem show "$model" trajectory --json
	is "show trajectory --json: a document for each line" "$(while read -r line; do
		python3 -m json.tool <<<"$line" >/dev/null && echo good; done <"$scratch/out" | wc -l)" 8
	tsem show "$model" coefficients
	is "show coefficients is sorted hexadecimal" "$(grep -cx '[0-9a-f]\{64\}' "$scratch/out"):$(sort -c "$scratch/out" && echo sorted)" \
		"8:sorted"
	tsem show "$model" counts
	is "show counts" "$(awk '{ sum += $1 } END { print sum }' "$scratch/out")" 9
	tsem show "$model" events
	like "show events" "$output" "DISTINCT*socket_connect *network*"
	for part in coefficients counts state measurement events; do
		tsem show "$model" "$part" --json
		valid_json "show $part --json"
	done
	tsem show "$model" state
	like "show state" "$(grep -cx '[0-9a-f]\{64\}' "$scratch/out")" 1
	tsem show "$model" forensics
	like "a model has no forensics" "$status:$output:$errors" "1::tsem: *no forensics*"
}

refused() { # refused NAME FILE [PATTERN]: as a model, and without a crash
	tsem model verify "$2"
	like "$1" "$status:$output:$(wc -l <"$scratch/err"):$errors" "1::1:tsem: *${3-}*"
	tsem show "$2"
	is "$1, show" "$status:$output:$(wc -l <"$scratch/err")" "1::1"
}

test_bad_models() {
	local model=$data/grep.model

	refused "no such file" "$scratch/none" "No such file"
	: >"$scratch/empty"
	refused "empty model" "$scratch/empty"
	head -c 700 "$model" >"$scratch/short"
	refused "truncated model" "$scratch/short"
	sed '$d' "$model" >"$scratch/endless"
	refused "model without its end" "$scratch/endless"
	sed '9s/^./g/' "$model" >"$scratch/letter"
	refused "model with a wrong letter" "$scratch/letter"
	sed 's/passwd/shadow/' "$model" >"$scratch/edited"
	refused "edited model" "$scratch/edited"
	sed '1s/1/999/' "$model" >"$scratch/version"
	refused "model of another version" "$scratch/version" "version"
	sed 's/^digest sha256/digest sha3/' "$model" >"$scratch/digest"
	refused "model of another digest" "$scratch/digest" "digest"
	head -c 100000 /dev/zero >"$scratch/zeros"
	refused "zeros" "$scratch/zeros"
	refused "a directory" "$scratch"
	head -c 1000000 /dev/zero | tr '\0' 'a' >"$scratch/line"
	refused "one line of a million bytes" "$scratch/line"
}

test_output() {
	"$TSEM" show "$data/grep.model" coefficients >/dev/full 2>"$scratch/err"
	is "full disk" "$?:$(<"$scratch/err")" "1:tsem: cannot write to standard output: No space left on device"
	"$TSEM" help run >&- 2>"$scratch/err"
	like "closed standard output" "$?:$(<"$scratch/err")" "1:tsem: cannot write to standard output*"
}

# A sentence that says why, and where to go from there.
helpless() { # helpless NAME STATUS: what the last run printed
	like "$1" "$status:$output:$(wc -l <"$scratch/err"):$errors" "$2::1:tsem: *tsem doctor*tsem lab*"
}

test_nobody() {
	if [ "$(id -u)" != 0 ] || ! command -v setpriv >/dev/null; then
		skip "without privilege" "needs root and setpriv to give it up"
		return
	fi
	cp "$TSEM" "$scratch/tsem"
	cp "$data/grep.model" "$scratch/grep.model"
	chmod 755 "$scratch" "$scratch/tsem"
	nobody load
	helpless "nobody: load" 1
	nobody run -- true
	helpless "nobody: run" 125
	nobody learn -o /tmp/never -- true
	helpless "nobody: learn" 125
	nobody doctor
	like "nobody: doctor" "$status:$output" "1:Not here: *"
	is "nobody: doctor says once that root is wanted" "$(grep -c '^  run as root' <<<"$output")" 1
	nobody lab -- true
	like "nobody: lab says so before it fetches anything" "$status:$output:$(wc -l <"$scratch/err"):$errors" "125::1:tsem: tsem lab needs root*"
	nobody doctor --json
	valid_json "nobody: doctor --json"
	nobody show "$scratch/grep.model" state
	like "nobody: show of a model file" "$status:$output" "0:????????????????*"
	nobody why some-session
	like "nobody: why" "$status:$output:$(wc -l <"$scratch/err"):$errors" "1::1:tsem: *"
}

test_help
test_schemes
test_colour
# What root boots, and writes, is in no directory of somebody else's.
test_cache() {
	local output status

	[ "$(id -u)" = 0 ] || return 0
	mkdir -p "$scratch/theirs"
	chown 65534 "$scratch/theirs"
	output=$(TSEM_LAB_CACHE=$scratch/theirs/lab timeout 60 "$TSEM" lab ls 2>&1 </dev/null)
	status=$?
	like "cache: of another user: refused" "$status:$output" "125:tsem: *theirs belongs to user 65534, who can replace it"
	none "cache: and nothing is made there" ls "$scratch/theirs"
}

test_cache
test_usage
test_completion
test_bash_completion
test_manual
test_doctor
test_bench
test_model
test_bad_models
test_output
test_nobody
finish
