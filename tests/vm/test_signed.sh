#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# A model that is signed, without its trajectory: enforced where its key is known, and nowhere else.

# shellcheck source=tests/vm/lib.sh
. "$(dirname "$0")/lib.sh"

# What is refused must not have run: each run that starts leaves this file, and the model allows it.
# shellcheck disable=SC2016
script='echo >ran; read l </etc/hostname; echo "$l"'
told=$(head -n 1 /etc/hostname)

make_keys() {
	openssl genpkey -algorithm ed25519 -out ed.pem &&
		openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out ec.pem &&
		openssl genpkey -algorithm ed25519 -out other.pem &&
		mkdir ed ec other both none &&
		openssl pkey -in ed.pem -pubout -out ed/ci.pem &&
		openssl pkey -in ec.pem -pubout -out ec/ci.pem &&
		openssl pkey -in other.pem -pubout -out other/ci.pem &&
		cp ed/ci.pem both/a.pem && cp ec/ci.pem both/b.pem
}

make_models() {
	"$T" learn -o plain.model --name learned -- sh -c "$script" </dev/null &&
		"$T" model sign --key ed.pem --sealed -o ed.dsse plain.model &&
		"$T" model sign --key ec.pem --sealed -o ec.dsse plain.model &&
		"$T" model sign --key ec.pem -o two.dsse ed.dsse &&
		echo image >image &&
		"$T" model sign --key ed.pem --subject "image=sha256:$(sha256sum <image | cut -d ' ' -f 1)" -o image.dsse plain.model &&
		rm -f ran
}

run_signed() { # run_signed NAME KEYDIR MODEL SCRIPT [WORDS OF tsem run...]
	local name=$1 keys=$2 model=$3 commands=$4

	shift 4
	rm -f ran
	tsem run -q --require-signed "$keys" --model "$model" --name "$name" "$@" -- sh -c "$commands" </dev/null
}

test_enforced() {
	local each

	for each in ed:ed.dsse ec:ec.dsse both:ed.dsse both:ec.dsse ed:two.dsse ec:two.dsse; do
		run_signed "good-$each" "${each%:*}" "${each#*:}" "$script" --enforce
		is "$each: what was learned works" "$status:$output:$errors:$(ls ran)" "0:$told::ran"
		why "good-$each"
		is "$each: without a violation" "$status" 0
	done
	run_signed cat ed ed.dsse 'cat /etc/passwd' --enforce
	is 'a program that was not learned is refused' "$status:$output" '126:'
	why cat
	like 'and explained' "$status:$output" '3:*/usr/bin/cat*: refused*'
	# shellcheck disable=SC2016
	run_signed read both two.dsse 'read l </etc/passwd; echo "$l"; exit 9' --enforce
	is 'another file than the learned one is refused, to the same program' "$status:$output" '9:'
	run_signed watched ed ed.dsse 'cat /etc/hostname'
	is 'without --enforce nothing is refused' "$status:$output" "0:$(cat /etc/hostname)"
	why watched
	is 'but recorded' "$status" 3
	is 'the session is that of the model' "$("$T" show good-ed:ed.dsse state)" "$("$T" show ./plain.model state)"
}

test_about() {
	run_signed about ed image.dsse "$script" --enforce --about image
	is 'about this file: what was learned works' "$status:$output:$errors:$(ls ran)" "0:$told::ran"
	run_signed about-not ed ed.dsse "$script" --enforce --about image
	like 'about something else: refused' "$status:$output:$errors" "125::tsem: *none of its subjects is image,*"
	echo other >>image
	run_signed about-not ed image.dsse "$script" --about image
	like 'about what the file was before: refused' "$status:$output:$errors" "125::tsem: *none of its subjects is image,*"
	[ ! -e ran ] && ! "$T" ps --all --quiet | grep -qx about-not
	report $? 'nothing has run, no session was made'
}

refused() { # refused NAME KEYDIR MODEL PATTERN: whatever the mode, before anything runs
	local words

	for words in "" --enforce "--enforce --on-violation log"; do
		# shellcheck disable=SC2086
		run_signed refused "$2" "$3" "$script" $words
		like "$1: refused${words:+ ($words)}" "$status:$output:$(wc -l <err):$errors" "125::1:tsem: $4"
		[ ! -e ran ]
		report $? "$1: nothing has run${words:+ ($words)}"
	done
}

test_refused() {
	refused "signed with another key" other ed.dsse "*none of its signatures is by other/ci.pem*"
	refused "two signatures, both by other keys" other two.dsse "*none of its signatures is by other/ci.pem*"
	refused "Ed25519 where ECDSA is asked for" ec ed.dsse "*none of its signatures is by ec/ci.pem*"
	refused "a model that is not signed" ed plain.model "*is not signed*"
	sed 's/"payload":"eyJ/"payload":"eyK/' ed.dsse >tampered.dsse
	refused "another payload" ed tampered.dsse "*was changed since*"
	jq -c --slurpfile ec ec.dsse '.signatures[0].sig = $ec[0].signatures[0].sig' ed.dsse >tampered.dsse
	refused "the signature of another key" ed tampered.dsse "*was changed since*"
	# Whoever adds an event to the model has to sign it again.
	jq -r .payload ed.dsse | base64 -d | jq -c '.predicate.trajectory = "1"' | base64 -w 0 >payload
	jq -c --rawfile payload payload '.payload = $payload' ed.dsse >tampered.dsse
	refused "another statement under the old signature" ed tampered.dsse "*was changed since*"
	head -c 300 ed.dsse >tampered.dsse
	refused "cut short" ed tampered.dsse "*no signed model*"
	refused "no keys" none ed.dsse "*holds no key*"
	refused "no such directory of keys" missing ed.dsse "*cannot be read*"
	cp ed.pem none/ci.pem
	refused "a private key among the keys" none ed.dsse "*is a private key*"
	echo garbage >none/ci.pem
	refused "a key that is none" none ed.dsse "*no public key*"
	cp ed/ci.pem none/good.pem
	refused "a key that is none beside a good one" none ed.dsse "*no public key*"
	refused "no such model" ed missing.dsse "*No such file*"
	"$T" ps --all --quiet | grep -qx refused
	is "no session was made by any of these" $? 1
}

# What is verified is what is loaded: the file is opened once and never again.
test_once() {
	strace -f -o trace -e trace=openat,open,openat2 "$T" run -q --require-signed ed --model ed.dsse --enforce \
		--name once -- sh -c "$script" </dev/null >out 2>err
	is 'under strace: it works' "$?:$(<out)" "0:$told"
	is 'the signed model is opened once' "$(grep -c '"ed.dsse"' trace)" 1
	is 'and each key once' "$(grep -c '"ed/ci.pem"' trace)" 1
}

need "keys" make_keys
need "load" "$T" load
need "models" make_models
for each in ${TESTS:-enforced about refused once}; do
	"test_$each"
done
finish
