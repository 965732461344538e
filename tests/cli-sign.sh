#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# tests/cli-sign.sh PATH_TO_TSEM: signed models, as far as they need no kernel side.
# What openssl and jq say of them is asked too: by the lines of docs/signing.md.

set -u
export LC_ALL=C.UTF-8
unset TSEM_KEY_PASSPHRASE
TSEM=$(realpath "${1:?usage: tests/cli-sign.sh PATH_TO_TSEM}")
tests=$(realpath "$(dirname "$0")")
good=$tests/data/grep.model
scratch=$(mktemp -d "${TMPDIR:-/tmp}/cli-sign.XXXXXX")
trap 'rm -rf "$scratch"' EXIT
# shellcheck source=tests/tap.sh
. "$(dirname "$0")/tap.sh"
cd "$scratch" || exit 1

tsem() { # runs it: status, output, errors
	timeout 20 "$TSEM" "$@" >out 2>err </dev/null
	status=$?
	output=$(<out)
	errors=$(<err)
}

fails() { # fails NAME STATUS PATTERN WORDS...: one sentence, nothing on standard output
	local name=$1 expected=$2 pattern=$3

	shift 3
	tsem "$@"
	like "$name" "$status:$output:$(wc -l <err):$errors" "$expected::1:tsem: *$pattern*"
}

make_keys() {
	local kind

	openssl genpkey -algorithm ed25519 -out ed.pem || return 1
	openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out ec.pem || return 1
	openssl genpkey -algorithm ed25519 -out other.pem || return 1
	openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-384 -out p384.pem || return 1
	openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -pkeyopt ec_param_enc:explicit -out explicit.pem || return 1
	openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out rsa.pem || return 1
	openssl genpkey -algorithm x25519 -out x25519.pem || return 1
	for kind in ed ec other p384 rsa x25519; do
		openssl pkey -in $kind.pem -pubout -out $kind.pub || return 1
	done
	mkdir ed ec other both none
	cp ed.pub ed/ci.pem && cp ec.pub ec/ci.pem && cp other.pub other/ci.pem && cp ed.pub both/a.pem && cp ec.pub both/b.pem
}

keyid() { # keyid PUBLIC: as the documentation says it
	openssl pkey -pubin -in "$1" -outform DER | sha256sum | cut -d ' ' -f 1
}

test_sign() {
	local kind name

	for kind in ed ec; do
		name=$(openssl pkey -in $kind.pem -noout -text | head -1)
		tsem model sign --key $kind.pem -o $kind.dsse "$good"
		like "$kind: sign says the key" "$status:$output:$errors" "0:signed with the * key $(keyid $kind.pub):"
		is "$kind: the envelope has it" "$(jq -r '.signatures[0].keyid' $kind.dsse)" "$(keyid $kind.pub)"
		is "$kind: and the payload's type" "$(jq -r .payloadType $kind.dsse)" application/vnd.in-toto+json
		tsem model verify --key $kind.pub $kind.dsse
		like "$kind: verify ($name)" "$status:$output:$errors" "0:*is intact: 8 coefficients*The signature is valid: by $kind.pub, *, key id $(keyid $kind.pub)."*:
		tsem model verify --keys both $kind.dsse
		is "$kind: verify with a directory" "$status:$errors" 0:
		fails "$kind: another key" 1 "none of its signatures is by other.pub" model verify --key other.pub $kind.dsse
		tsem model sign --key $kind.pem --sealed "$good"
		cp out $kind.sealed
		tsem model verify --key $kind.pub $kind.sealed
		like "$kind: sealed, to standard output" "$status:$output:$errors" "0:*8 coefficients, 0 of them with their event*:"
		tsem show $kind.sealed coefficients
		cp out coefficients
		tsem show "$good" coefficients
		cmp -s coefficients out
		report $? "$kind: sealed has the same coefficients"
		tsem show $kind.sealed state
		is "$kind: sealed has the same state" "$output" "$("$TSEM" show "$good" state)"
	done
	lacks "sealed: nothing of the trajectory is in it" "$(jq -r .payload ed.sealed | base64 -d)" 'passwd|/usr/bin|task_id'
	fails "Ed25519 where ECDSA is asked for" 1 "none of its signatures" model verify --key ec.pub ed.dsse
	fails "verify without a key" 1 "without a key its signature cannot be verified" model verify ed.dsse
	fails "a plain model where a signature is asked for" 1 "is not signed" model verify --key ed.pub "$good"
}

test_statement() {
	local digest=sha256:00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff

	jq -r .payload ed.dsse | base64 -d >statement
	is "statement: its types" "$(jq -r '._type + " " + .predicateType' statement)" "https://in-toto.io/Statement/v1 urn:tsem:model:1"
	jq -j .predicate.model statement | cmp -s - "$good"
	report $? "statement: the model file to the byte"
	is "statement: the model is its own subject" "$(jq -r '.subject[] | .name + " " + .digest.sha256' statement)" \
		"grep $(sha256sum <"$good" | cut -d ' ' -f 1)"
	is "statement: state" "$(jq -r .predicate.state statement)" "$("$TSEM" show "$good" state)"
	is "statement: what a reader wants" "$(jq -r '.predicate | [.name, .profile, .contents, .runs, .coefficients, .trajectory] | join(" ")' statement)" \
		"grep portable exec 1 8 8"
	jq -r .payload ed.sealed | base64 -d >statement
	is "sealed: the model in it is its own subject" "$(jq -r '.subject[].digest.sha256' statement)" \
		"$(jq -j .predicate.model statement | sha256sum | cut -d ' ' -f 1)"
	tsem model sign --key ed.pem --subject "registry/web=1=$digest" --subject "$(printf 'b\303\244')=$digest" -o about.dsse "$good"
	is "subjects: signed" "$status:$errors" 0:
	is "subjects: in the statement" "$(jq -r .payload about.dsse | base64 -d | jq -r '.subject[] | .name + " " + .digest.sha256')" \
		"registry/web=1 ${digest#*:}
bä ${digest#*:}"
	tsem model verify --key ed.pub --json about.dsse
	is "verify --json" "$(jq -r '[.signed, .signatures[0].verified, .signatures[0].kind, .subjects[1].name, .coefficients] | join(" ")' out)" \
		"true true Ed25519 bä 8"
	tsem model verify --json "$good"
	is "verify --json of a plain model" "$(jq -r '[.signed, .coefficients] | join(" ")' out)" "false 8"
	fails "a subject that is none" 2 "is no subject" model sign --key ed.pem --subject web "$good"
	fails "a subject of another digest" 2 "is no subject" model sign --key ed.pem --subject "web=${digest/256/512}" "$good"
	fails "a subject that is not UTF-8" 1 "not UTF-8" model sign --key ed.pem --subject $'w\xff='"$digest" "$good"
	sed $'s/^name grep$/name gr\xff/;$d' "$good" >bytes
	echo "end $(sha256sum <bytes | cut -d ' ' -f 1)" >>bytes
	fails "a model that is not UTF-8" 1 "not UTF-8" model sign --key ed.pem bytes
	fails "no key" 2 "needs --key" model sign "$good"
	fails "an option of another verb" 2 "does not take --sealed" model verify --sealed "$good"
	fails "an option of another verb" 2 "does not take --keys" model revoke --keys both "$good"
	fails "sign --keys wants a signature to verify" 1 "it is not signed" model sign --key ed.pem --keys both "$good"
	fails "no model" 1 "No such file" model sign --key ed.pem missing
	head -c 700 "$good" >short
	fails "a damaged model is not signed" 1 "short: *" model sign --key ed.pem -o never short
	fails "nor what is no model" 1 "not a model" model sign --key ed.pem -o never ed.pem
	[ ! -e never ]
	report $? "nothing was written"
	fails "a place that cannot be written to" 1 "was not written" model sign --key ed.pem -o no/such/place "$good"
}

test_show() {
	tsem show ed.dsse
	like "show says that it is signed, and by whom" "$status:$output" "0:model *signed *$(keyid ed.pub), not verified*about *grep, sha256:*"
	tsem show --keys ed ed.dsse
	like "show --keys verifies" "$status:$output" "0:*$(keyid ed.pub), verified*"
	tsem show --json --keys ed ed.dsse
	is "show --json" "$(jq -c '[.signatures[0].verified, .signatures[0].keyid, .subjects[0].name]' out)" "[true,\"$(keyid ed.pub)\",\"grep\"]"
	fails "show --keys with another key" 1 "none of its signatures" show --keys other ed.dsse
	fails "show --keys of a plain model" 1 "is not signed" show --keys ed "$good"
	tsem show ed.dsse trajectory
	like "show trajectory of a signed model" "$status:$output" "0:*opens /etc/passwd for reading*"
}

# What a model lets in is in its head, and its head is signed as it is, sealed or not.
test_head() {
	local words model=$tests/fuzz/corpus/model/normalised

	tsem show "$model"
	cp out plain
	like "a model that lets something in" "$status:$output" "0:*lets in*"
	for words in "" --sealed; do
		# shellcheck disable=SC2086
		tsem model sign --key ed.pem $words -o head.dsse "$model"
		tsem show --keys ed head.dsse
		is "signed${words:+ $words}: it lets in the same" "$(grep 'lets in' out)" "$(grep 'lets in' plain)"
		is "signed${words:+ $words}: its head is the same" \
			"$(jq -r .payload head.dsse | base64 -d | jq -r .predicate.model | sed '/^coefficients/q')" \
			"$(sed '/^coefficients/q' "$model")"
	done
}

# Each of these has a key id of a key that is asked for, and is none of its signatures.
# The rights of trees are signed as all else is, also in a sealed model.
test_trees() {
	sed '/^end /d; s|^runs |tree /srv/work:r\n&|' "$good" >trees.model
	echo "end $(sha256sum <trees.model | cut -d ' ' -f 1)" >>trees.model
	tsem model sign --key ed.pem --sealed -o trees.dsse trees.model
	is "trees: signed" "$status" 0
	tsem show ./trees.dsse
	like "trees: show names them" "$output" "*/srv/work:r: reads whatever is below*"
	jq -r .payload trees.dsse | base64 -d | sed 's|tree /srv/work:r|&w|' | head -c -1 | base64 -w 0 >payload
	jq -c --rawfile payload payload '.payload = $payload' trees.dsse >changed.dsse
	fails "trees: other rights are another model" 1 "was changed since" model verify --key ed.pub changed.dsse
	tsem model verify --key ed.pub trees.dsse
	is "trees: the signed ones are valid" "$status" 0
}

test_tamper() {
	local i size changed

	size=$(jq -j .payload ed.dsse | wc -c)
	for ((i = 0; i < size; i += size / 40)); do
		changed=$(jq -j ".payload[$i:$((i + 1))]" ed.dsse)
		[ "$changed" = A ] && changed=B || changed=A
		jq -c ".payload = .payload[:$i] + \"$changed\" + .payload[$((i + 1)):]" ed.dsse >changed.dsse
		fails "byte $i of the payload" 1 "" model verify --key ed.pub changed.dsse
	done
	size=$(jq -j '.signatures[0].sig' ec.dsse | wc -c)
	for ((i = 0; i < size - 2; i += 7)); do
		changed=$(jq -j ".signatures[0].sig[$i:$((i + 1))]" ec.dsse)
		[ "$changed" = A ] && changed=B || changed=A
		jq -c ".signatures[0].sig |= .[:$i] + \"$changed\" + .[$((i + 1)):]" ec.dsse >changed.dsse
		fails "byte $i of the signature" 1 "" model verify --key ec.pub changed.dsse
	done
	forged "another state" '.predicate.state = "00"'
	forged "another model" '.predicate.model |= sub("runs 1"; "runs 2")'
	forged "another subject" '.subject[0].name = "other"'
	forged "another type" '._type = "https://in-toto.io/Statement/v0.1"'
	forged "the same JSON, other spaces" '.' --indent 1
	changed "a payload type that was not signed" '.payloadType = "application/json"' "payloadType"
	changed "no payload type" 'del(.payloadType)' "payloadType: this member is missing"
	changed "no payload" 'del(.payload)' "payload: this member is missing"
	changed "no signatures" 'del(.signatures)' "signatures: this member is missing"
	changed "an empty list of signatures" '.signatures = []' "there is no signature"
	changed "a signature without its bytes" 'del(.signatures[0].sig)' "sig: this member is missing"
	changed "an empty signature" '.signatures[0].sig = ""' "was changed since"
	changed "half a signature" '.signatures[0].sig |= .[:44]' "was changed since"
	changed "a signature with a tail" '.signatures[0].sig |= sub("==$"; "") + "AA=="' ""
	changed "17 signatures" '.signatures |= [range(17) as $i | .[0]]' "the list is too long"
	changed "16 signatures that are none" '.signatures |= [range(16) as $i | .[0] + {"sig": "AAAA"}]' "was changed since"
	jq -c --slurpfile from ec.dsse '.signatures = $from[0].signatures' ed.sealed >changed.dsse
	fails "the signature of another file" 1 "was changed since" model verify --keys both changed.dsse
	jq -c --slurpfile from ec.dsse '.signatures[0].sig = $from[0].signatures[0].sig' ed.dsse >changed.dsse
	fails "the signature of another key" 1 "was changed since" model verify --key ed.pub changed.dsse
	jq -c '.signatures[0].keyid = "0"' ed.dsse >changed.dsse
	tsem model verify --key ed.pub changed.dsse
	is "the key id is a hint: without it the signature is valid" "$status:$errors" 0:
	sed 's/{/{"payload":"",/' ed.dsse >changed.dsse
	fails "a second payload" 1 "payload: this member is there twice" model verify --key ed.pub changed.dsse
	{ cat ed.dsse; echo x; } >changed.dsse
	fails "something behind it" 1 "after the object" model verify --key ed.pub changed.dsse
	head -c 500 ed.dsse >changed.dsse
	fails "cut short" 1 "the string does not end" model verify --key ed.pub changed.dsse
	{ echo '{'; head -c 100000 /dev/urandom; } >changed.dsse
	fails "noise" 1 "no signed model" model verify --key ed.pub changed.dsse
	printf '{' >changed.dsse
	fails "one brace" 1 "no signed model" show ./changed.dsse
	printf '{%0.s' {1..100000} >changed.dsse
	fails "many braces" 1 "no signed model" show ./changed.dsse
	printf '{"a":%s' "$(printf '[%0.s' {1..1000})" >changed.dsse
	fails "nested deeply" 1 "nested too deeply" show ./changed.dsse
}

forged() { # forged NAME JQ [WORDS OF jq]: another statement under the old signature
	jq -r .payload ed.dsse | base64 -d | jq -c "${@:3}" "$2" | head -c -1 | base64 -w 0 >payload
	jq -c --rawfile payload payload '.payload = $payload' ed.dsse >changed.dsse
	fails "forged: $1" 1 "was changed since" model verify --key ed.pub changed.dsse
	fails "forged, to run: $1" 125 "was changed since" run --require-signed ed --model changed.dsse -- touch has-run
}

changed() { # changed NAME JQ PATTERN: another envelope
	jq -c "$2" ed.dsse >changed.dsse
	fails "$1" 1 "$3" model verify --key ed.pub changed.dsse
}

test_many() {
	local i

	tsem model sign --key ec.pem -o two.dsse ed.dsse
	like "a second signature" "$status:$errors:$(jq -r '.signatures | length' two.dsse)" "0:*ed.dsse is signed, and its signature was not verified*:2"
	is "what is signed stays" "$(jq -r .payload two.dsse)" "$(jq -r .payload ed.dsse)"
	for i in ed ec; do
		tsem model verify --key $i.pub two.dsse
		like "either key is enough: $i" "$status:$output:$errors" "0:*The signature is valid: by $i.pub*:"
		like "and the other signature is told: $i" "$output" "*Another signature was made with none of the given keys; it names key id *"
	done
	tsem model verify --keys both two.dsse
	is "both keys: both signatures" "$status:$(grep -c 'signature is valid' out)" 0:2
	fails "the same key once more" 1 "already signed with this key" model sign --key ed.pem two.dsse
	fails "neither key" 1 "none of its signatures is by other.pub" model verify --key other.pub two.dsse
	fails "a signed model cannot be sealed" 1 "is signed already" model sign --key other.pem --sealed ed.dsse
	jq -c '.signatures[0].sig = "AAAA"' two.dsse >half.dsse
	tsem model verify --keys both half.dsse
	is "one good signature of two is enough" "$status:$(grep -c 'signature is valid' out)" 0:1
	fails "if its key is asked for" 1 "was changed since" model verify --key ed.pub half.dsse
	cp ed.dsse many.dsse
	for ((i = 0; i < 16; i++)); do
		openssl genpkey -algorithm ed25519 -out many.pem
		tsem model sign --key many.pem -o many.dsse many.dsse
	done
	like "at most 16" "$status:$errors:$(jq -r '.signatures | length' many.dsse)" "1:*16 signatures already:16"
	tsem model verify --key ed.pub many.dsse
	is "all of which are read" "$status" 0
}

test_keys() {
	local kind

	for kind in p384 rsa x25519; do
		fails "$kind: does not sign" 1 "only Ed25519 and ECDSA P-256" model sign --key $kind.pem "$good"
		fails "$kind: does not verify" 1 "only Ed25519 and ECDSA P-256" model verify --key $kind.pub ed.dsse
		mkdir "dir-$kind" && cp $kind.pub "dir-$kind/k.pem" && cp ed.pub "dir-$kind/good.pem"
		fails "$kind: does not pass among good keys" 1 "only Ed25519 and ECDSA P-256" model verify --keys "dir-$kind" ed.dsse
	done
	fails "a curve that is given by its parameters" 1 "with the curve by its name" model sign --key explicit.pem "$good"
	fails "a private key to verify" 1 "is a private key" model verify --key ed.pem ed.dsse
	fails "a public key to sign" 1 "is a public key" model sign --key ed.pub "$good"
	fails "no such key" 1 "No such file" model sign --key missing "$good"
	fails "a directory as a key" 1 "is a directory" model sign --key ed "$good"
	mkfifo fifo
	fails "a FIFO as a key" 1 "not a regular file" model verify --key fifo ed.dsse
	head -c 100000 /dev/urandom >noise
	fails "a large file as a key" 1 "larger than 64 KiB" model verify --key noise ed.dsse
	head -c 1000 noise >little
	fails "noise as a key" 1 "no public key" model verify --key little ed.dsse
	fails "noise as a private key" 1 "no private key" model sign --key little "$good"
	: >empty
	fails "an empty key" 1 "no public key" model verify --key empty ed.dsse
	sed '2s/./A/3' ed.pub >broken
	fails "a damaged key" 1 "" model verify --key broken ed.dsse
	cat ed.pub ec.pub >two.pub
	fails "two keys in one file" 1 "more than one key" model verify --key two.pub ed.dsse
	fails "a directory without keys" 1 "holds no key" model verify --keys none ed.dsse
	fails "no such directory of keys" 1 "No such file" model verify --keys missing ed.dsse
	fails "a file as a directory of keys" 1 "Not a directory" model verify --keys ed.pub ed.dsse
	cp ed.pub none/.hidden.pem && cp ed.pub none/key.txt
	fails "other names are not taken" 1 "holds no key" model verify --keys none ed.dsse
}

test_certificate() {
	openssl req -x509 -new -key ec.pem -subj /CN=ci -days 1 -out ci.crt 2>/dev/null
	report $? "a certificate is made"
	tsem model verify --key ci.crt ec.dsse
	like "its key verifies" "$status:$output:$errors" "0:*key id $(keyid ec.pub)*:"
	fails "and nothing else" 1 "none of its signatures is by ci.crt" model verify --key ci.crt ed.dsse
	openssl req -x509 -new -key rsa.pem -subj /CN=ci -out rsa.crt 2>/dev/null
	fails "a certificate of another kind" 1 "of the kind RSA" model verify --key rsa.crt ed.dsse
}

test_passphrase() {
	openssl pkcs8 -topk8 -in ec.pem -passout pass:secret -out locked.pem
	report $? "an encrypted key is made"
	fails "no passphrase" 1 "is encrypted and there is no passphrase*TSEM_KEY_PASSPHRASE" model sign --key locked.pem "$good"
	TSEM_KEY_PASSPHRASE=wrong fails "a wrong passphrase" 1 "the passphrase does not open it" model sign --key locked.pem "$good"
	TSEM_KEY_PASSPHRASE='' fails "an empty passphrase" 1 "the passphrase does not open it" model sign --key locked.pem "$good"
	TSEM_KEY_PASSPHRASE=$(printf 'x%.0s' {1..5000}) fails "a long passphrase" 1 "the passphrase does not open it" \
		model sign --key locked.pem "$good"
	TSEM_KEY_PASSPHRASE=secret tsem model sign --key locked.pem -o locked.dsse "$good"
	is "the passphrase" "$status:$errors" 0:
	tsem model verify --key ec.pub locked.dsse
	is "its signature" "$status" 0
}

# Before anything is loaded; what happens after that is in tests/vm/test_signed.sh.
test_run() {
	fails "run: not signed" 125 "is not signed" run --require-signed ed --model "$good" --enforce -- touch has-run
	fails "run: another key" 125 "none of its signatures" run --require-signed other --model ed.dsse --enforce -- touch has-run
	fails "run: sealed only" 125 "none of its signatures" run --require-signed other --model ed.dsse -- touch has-run
	fails "run: no keys" 125 "holds no key" run --require-signed none --model ed.dsse -- touch has-run
	fails "run: no directory" 125 "Not a directory" run --require-signed ed.pub --model ed.dsse -- touch has-run
	fails "run: no model" 2 "needs a model" run --require-signed ed -- touch has-run
	[ ! -e has-run ]
	report $? "nothing was run"
}

# What the model is about is compared with what is at hand: by digest, of a file or as it is given.
test_about() {
	local digest other=sha256:00112233445566778899aabbccddeeff00112233445566778899aabbccddee00

	echo 'an image' >image
	echo 'another' >image2
	digest=sha256:$(sha256sum <image | cut -d ' ' -f 1)
	tsem model sign --key ed.pem --subject "web=$digest" --subject "x=$other" -o image.dsse "$good"
	for each in image "$digest" "$other" ./image; do
		tsem model verify --key ed.pub --about "$each" image.dsse
		like "about: verify with ${each:0:20}" "$status:$output:$errors" "0:*It is about web, $digest.*:"
		fails "about: run, another key, with ${each:0:20}" 125 "none of its signatures" \
			run --require-signed other --about "$each" --model image.dsse -- touch has-run
	done
	tsem model verify --key ed.pub --about image --about "$other" image.dsse
	is "about: two of its subjects" "$status:$errors" 0:
	fails "about: one of two is none" 1 "none of its subjects is image2, sha256:" model verify --key ed.pub --about image --about image2 image.dsse
	fails "about: another digest" 1 "none of its subjects is ${other/%0/1}" model verify --key ed.pub --about "${other/%0/1}" image.dsse
	fails "about: by default the model itself" 1 "none of its subjects is image," model verify --key ed.pub --about image ed.dsse
	tsem model verify --key ed.pub --about "$good" ed.dsse
	is "about: which it is" "$status:$errors" 0:
	fails "about, run: another file" 125 "none of its subjects is image2, sha256:" \
		run --require-signed ed --about image2 --model image.dsse -- touch has-run
	fails "about, run: one of two" 125 "none of its subjects is image2, sha256:" \
		run --require-signed ed --about image --about image2 --model image.dsse -- touch has-run
	echo more >>image
	fails "about, run: the file was changed" 125 "none of its subjects is image, sha256:$(sha256sum <image | cut -d ' ' -f 1)" \
		run --require-signed ed --about image --model image.dsse -- touch has-run
	fails "about, run: no such file" 125 "No such file" run --require-signed ed --about missing --model image.dsse -- touch has-run
	mkfifo pipe
	fails "about, run: a FIFO" 125 "not a regular file" run --require-signed ed --about pipe --model image.dsse -- touch has-run
	fails "about, run: a directory" 125 "not a regular file" run --require-signed ed --about ed --model image.dsse -- touch has-run
	fails "about, run: half a digest" 2 "is no digest" run --require-signed ed --about sha256:00 --model image.dsse -- touch has-run
	fails "about, run: capitals" 2 "is no digest" run --require-signed ed --about "sha256:$(printf 'A%.0s' {1..64})" --model image.dsse -- touch has-run
	fails "about, run: nothing" 2 "needs a value" run --require-signed ed --about '' --model image.dsse -- touch has-run
	fails "about, run: no signature is asked for" 2 "--about needs a signature" run --about image --model image.dsse -- touch has-run
	fails "about, verify: no key" 2 "--about needs a signature" model verify --about image image.dsse
	fails "about, verify: no key, not signed" 2 "--about needs a signature" model verify --about image "$good"
	[ ! -e has-run ]
	report $? "about: nothing was run"
}

# Every verb that reads a model, of files whose signature is good, of nobody who is asked, or broken.
reads() { # reads FILE [WORDS...]: the words of each verb, one line each
	local file=$1

	shift
	cat <<-END
		show $* ./$file
		model diff $* $file $file
		model diff $* ed.dsse $file
		model merge $* -o never $file $file
		model merge $* -o never ed.dsse $file
		model minimise $* -o never --runs 1 $file
		model minimise $* --dry-run $file
		model rebase $* --package-update --keep-missing -o never $file
		model rebase $* --package-update --keep-missing --dry-run $file
		model pseudonym $* -o never $file /usr/bin/grep
		model sign $* --key other.pem -o never $file
		model verify ${*:---keys both} $file
		replay $* $file --tma self:engine
		replay $* ed.dsse --model $file --tma self:engine
	END
}

test_verbs() {
	local words each

	# A verb that is new has to be among them.
	for each in $(sed -n 's/^\t{ "\([a-z-]*\)", model_.*/\1/p' "$tests/../cli/command/model.c"); do
		[[ " learn-from revoke " == *" $each "* ]] || like "verbs: model $each is tried" "$(reads x)" "*model $each *"
	done

	# Damaged in one letter: the id of the key says one thing, the signature another.
	jq -c '.signatures[0].sig |= .[:10] + (if .[10:11] == "A" then "B" else "A" end) + .[11:]' ed.dsse >broken.dsse
	jq -c '.signatures[0].sig = "AAAA"' ed.dsse >none.dsse
	while read -r words; do
		# shellcheck disable=SC2086
		[[ $words == *verify* || $words == *self:engine ]] || { rm -f never; tsem $words; like "verbs: $words" "$status:$errors" "[03]:*not verified*"; }
		rm -f never
		# shellcheck disable=SC2086
		tsem ${words//.dsse/.dsse}
	done < <(reads ed.dsse | grep -v '^show')
	tsem show ./ed.dsse
	like "verbs: show" "$status:$output" "0:*not verified*"
	rm -f never
	while read -r words; do
		# shellcheck disable=SC2086
		fails "verbs: $words" 1 "was changed since" $words
	done < <(reads broken.dsse --keys both)
	while read -r words; do
		# shellcheck disable=SC2086
		fails "verbs: $words" 1 "none of its signatures" $words
	done < <(reads ed.dsse --keys other)
	# Without keys too: of a signature that can be of no key.
	while read -r words; do
		# shellcheck disable=SC2086
		tsem $words
		like "verbs: $words" "$status:$errors" "1:*model *none.dsse is refused:*"
	done < <(reads none.dsse)
	[ ! -e never ]
	report $? "verbs: nothing was written"
	while read -r words; do
		# shellcheck disable=SC2086
		[[ $words == *sign* && $words != *--keys* ]] || { tsem $words; like "verbs: $words" "$status:$errors" "[03]:*"; unlike "verbs: and nothing is not verified" "$errors$output" "*not verified*"; }
		rm -f never
	done < <(reads ed.dsse --keys both)
	fails "verbs: sign with the key that it says it is signed with" 1 "was changed since" model sign --key ed.pem -o never broken.dsse
	fails "verbs: a plain model where keys are asked for" 1 "is not signed" model merge --keys both -o never ed.dsse "$good"
	tsem model verify --keys both ed.dsse
}

# Dates and serials: what is too old does not run.
test_age() {
	local now later

	mkdir state
	run_it() { # run_it FILE: as far as the kernel side, which is not here, or refused
		tsem run --require-signed ed --serials state/serials --model "$1" -- touch has-run
	}
	accepted() { # accepted NAME: it was not the model that was refused
		unlike "$1" "$errors" "*is refused*"
		unlike "$1: the file of serials neither" "$errors" "*no model can be accepted*"
	}
	for each in "1 +1d" "2 +1d" "3 2999-01-01" "12 2999-01-01T00:00:01Z"; do
		# shellcheck disable=SC2086
		set -- $each
		tsem model sign --key ed.pem --serial "$1" --not-after "$2" -o "age$1.dsse" "$good"
		is "age: signed, $each" "$status:$errors" 0:
	done
	jq -r .payload age3.dsse | base64 -d >statement
	is "age: in the statement" "$(jq -c '[.predicateType, .predicate.serial, .predicate.notAfter]' statement)" \
		'["urn:tsem:model:2","3","2999-01-01T00:00:00Z"]'
	tsem model verify --key ed.pub age12.dsse
	like "age: verify says it" "$status:$output" "0:*Its serial is 12.*It may not be used after 2999-01-01T00:00:01Z.*"
	tsem show --json --keys ed age3.dsse
	is "age: show --json" "$(jq -c '[.serial, .not_after]' out)" '[3,"2999-01-01T00:00:00Z"]'
	run_it age2.dsse
	accepted "age: the first"
	is "age: is remembered" "$(sed -n 's/^seen \([0-9]*\) [0-9a-f]* \(.*\)/\1 \2/p' state/serials)" "2 grep"
	is "age: only root writes it" "$((0$(stat -c %a state/serials) & 022))" 0
	run_it age2.dsse
	accepted "age: the same again"
	run_it age1.dsse
	like "age: an older one" "$status:$errors" "125:*age1.dsse is refused: its serial is 1, and 2 of the name grep has run here already"
	run_it ed.dsse
	like "age: one without a serial" "$status:$errors" "125:*ed.dsse is refused: it has no serial*"
	tsem model sign --key ed.pem --serial 2 -o again.dsse "$good"
	run_it again.dsse
	like "age: another one of the same serial" "$status:$errors" "125:*another model of the name grep with this serial*"
	run_it age3.dsse
	accepted "age: a newer one"
	run_it age2.dsse
	like "age: which makes the other one old" "$status:$errors" "125:*its serial is 2, and 3 of the name grep*"
	tsem run --require-signed ed --serials state2/serials --model age2.dsse -- touch has-run
	accepted "age: not for who remembers elsewhere"
	# Revoked.
	tsem model revoke --serials state/serials --serial 11 grep
	is "age: revoke a name" "$status:$output" "0:models of the name grep with a serial up to 11, or without one, are no longer accepted"
	run_it age3.dsse
	like "age: revoked by its name" "$status:$errors" "125:*up to 11 the models of the name grep were revoked"
	run_it age12.dsse
	accepted "age: one behind"
	tsem model sign --key ed.pem --serial 18446744073709551615 -o last.dsse "$good"
	tsem show --json last.dsse
	is "age: the largest serial" "$status:$(grep -o '"serial": *[0-9]*' out)" '0:"serial": 18446744073709551615'
	tsem model revoke --serials state3 --serial 18446744073709551614 grep
	tsem run --require-signed ed --serials state3 --model age12.dsse -- touch has-run
	like "age: revoke up to a large serial" "$status:$errors" "125:*up to 18446744073709551614 the models of the name grep were revoked"
	fails "age: too large a serial" 2 "from 1 to 18446744073709551615" model revoke --serial 18446744073709551616 grep
	exec {held}>>state3.lock
	flock "$held"
	"$TSEM" model revoke --serials state3 --serial 1 other >waits.out 2>waits.err {held}>&- &
	wait_until test -s waits.err
	is "age: revoke says for what it waits" "$(<waits.err):$(<waits.out)" "tsem: waiting for another tsem, which has locked state3.lock:"
	exec {held}>&-
	wait $!
	is "age: and goes on" "$?:$(<waits.out)" "0:models of the name other with a serial up to 1, or without one, are no longer accepted"
	tsem model revoke --serials state/serials age12.dsse
	is "age: revoke a file" "$status:$output" "0:model age12.dsse is no longer accepted, whichever key signs it"
	run_it age12.dsse
	like "age: revoked" "$status:$errors" "125:*age12.dsse is refused: it was revoked"
	tsem model sign --key ec.pem --keys ed -o age12b.dsse age12.dsse
	tsem run --require-signed ec --serials state/serials --model age12b.dsse -- touch has-run
	like "age: revoked, with another signature" "$status:$errors" "125:*it was revoked"
	fails "age: a plain model is not revoked" 1 "is not signed" model revoke --serials state/serials "$good"
	# It fails closed.
	cp state/serials kept
	for each in "chmod 666 state/serials" "chown nobody state/serials" "chmod 777 state" "echo junk >>state/serials" "head -c 60 kept >state/serials" \
		"ln -sf ../kept state/serials" "rm state/serials; mkfifo state/serials" "rm state/serials; mkdir state/serials"; do
		rm -rf state
		mkdir -m 700 state
		cp kept state/serials
		eval "$each"
		run_it age12.dsse
		like "age: $each" "$status:$(wc -l <err):$errors" "125:1:tsem: *state*"
		unlike "age: $each: and not for its age" "$errors" "*its serial*"
	done
	rm -rf state
	# Dates.
	now=$(date -u +%Y-%m-%dT%H:%M:%SZ -d '1 minute ago')
	later=$(date -u +%Y-%m-%dT%H:%M:%SZ -d '1 hour')
	tsem model sign --key ed.pem --not-after "$now" -o past.dsse "$good"
	tsem model sign --key ed.pem --not-before "$later" -o future.dsse "$good"
	fails "age: verify, too late" 1 "past.dsse is refused: it may not be used after $now" model verify --key ed.pub past.dsse
	fails "age: verify, too early" 1 "future.dsse is refused: it may not be used before $later" model verify --key ed.pub future.dsse
	run_it past.dsse
	like "age: run, too late" "$status:$errors" "125:*may not be used after $now"
	run_it future.dsse
	like "age: run, too early" "$status:$errors" "125:*may not be used before $later"
	[ ! -e has-run ] && [ ! -e state ]
	report $? "age: nothing was run, nothing remembered"
	# What is signed cannot be changed, and what nobody would write is not read.
	jq -r .payload age12.dsse | base64 -d | jq -c '.predicate.serial = "13"' | head -c -1 | base64 -w 0 >payload
	jq -c --rawfile payload payload '.payload = $payload' age12.dsse >changed.dsse
	fails "age: another serial" 1 "was changed since" model verify --key ed.pub changed.dsse
	for each in '.predicateType = "urn:tsem:model:1"' '.predicate.serial = "012"' '.predicate.serial = "0"' '.predicate.serial = 12' \
		'.predicate.serial = "18446744073709551616"' '.predicate.notAfter = "2999-01-01"' '.predicate.notAfter = "2999-02-30T00:00:00Z"' \
		'.predicate.notAfter = "+90d"' 'del(.predicate.serial) | del(.predicate.notAfter)'; do
		jq -r .payload age12.dsse | base64 -d | jq -c "$each" | head -c -1 | base64 -w 0 >payload
		jq -c --rawfile payload payload '.payload = $payload' age12.dsse >changed.dsse
		tsem show ./changed.dsse
		like "age: $each" "$status:$errors" "1:*what is signed is not a model*"
	done
	for each in 2026-13-01 yesterday 2026-11-28T19:00:00 +d +1w 1969-01-01 ''; do
		tsem model sign --key ed.pem --not-after "$each" -o never "$good"
		like "age: --not-after '$each'" "$status:$(wc -l <err)" "2:1"
	done
	fails "age: after before before" 2 "could never be used" model sign --key ed.pem --not-after +1d --not-before +2d "$good"
	fails "age: a signed model keeps its serial" 1 "is signed already" model sign --key other.pem --serial 14 age12.dsse
	fails "age: --serials without signatures" 2 "add --require-signed" run --serials x --model age12.dsse -- true
	fails "age: a name that no line can hold" 1 "control characters can have no serial" model revoke --serials s --serial 1 $'gr\nep'
	fails "age: no name" 1 "without a name can have no serial" model revoke --serials s --serial 1 ''
}

block() { # block N: the N-th block of shell lines of the documentation that are to be run
	awk -v n="$1" '/^```sh$/ { here = ++count == n; next } /^```$/ { here = 0 } here' "$tests/../docs/signing.md"
}

# The lines that a reader would type, with a good and with a changed file.
test_openssl() {
	local kind line

	for kind in ed:2 ec:3; do
		mkdir shell && cd shell || return
		cp ../${kind%:*}.dsse grep.dsse && cp ../${kind%:*}.pub ci.pub.pem
		{ echo 'set -e'; block 1; block ${kind#*:}; } >verify.sh
		is "$kind: the documentation has the lines" "$(grep -c openssl verify.sh)" 1
		line=$(bash verify.sh 2>&1)
		like "$kind: openssl verifies it" "$?:$line" "0:*Verif*"
		cp ../other.pub ci.pub.pem
		bash verify.sh >/dev/null 2>&1
		report $(($? == 0)) "$kind: openssl refuses another key"
		cp ../${kind%:*}.pub ci.pub.pem
		jq -c '.payload |= sub("eyJ"; "eyK")' ../${kind%:*}.dsse >grep.dsse
		bash verify.sh >/dev/null 2>&1
		report $(($? == 0)) "$kind: openssl refuses another payload"
		cd .. && rm -r shell
	done
}

# The other way round: signed by shell lines, read by tsem.
test_foreign() {
	local type=application/vnd.in-toto+json

	jq -j .payload ed.dsse | base64 -d | jq . >payload
	{ printf 'DSSEv1 %d %s %d ' ${#type} $type "$(wc -c <payload)"; cat payload; } >signed
	openssl dgst -sha256 -sign ec.pem -out signature signed
	jq -n --arg type $type --arg payload "$(base64 -w 0 payload | tr '+/' '-_')" --arg sig "$(base64 -w 0 signature)" \
		'{more: [1, {}], signatures: [{sig: $sig}], payloadType: $type, payload: $payload}' >foreign.dsse
	tsem model verify --key ec.pub foreign.dsse
	like "what other tools sign is read" "$status:$output:$errors" "0:*The signature is valid: by ec.pub*:"
	fails "and verified" 1 "the first claims to be by the key without an id" model verify --key ed.pub foreign.dsse
}

if ! made=$(make_keys 2>&1); then
	report 1 "keys are made" "$made"
fi
for each in ${TESTS:-sign statement show head trees tamper many keys certificate passphrase run about verbs age openssl foreign}; do
	"test_$each"
done
finish
