#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# tests/image.sh PATH_TO_TSEM: models that are attached to images, in layouts, in Debian's registry and in one that does
# what a registry should not. skopeo says what other tools see. No kernel side.
# TESTS="layout refused ..." runs these only.

set -u
cd "$(dirname "$0")/.." || exit 1
. tests/tap.sh
export LC_ALL=C.UTF-8
unset TSEM_KEY_PASSPHRASE REGISTRY_AUTH_FILE XDG_RUNTIME_DIR
TSEM=$(realpath "${1:?usage: tests/image.sh PATH_TO_TSEM}")
tests=$PWD/tests
good=$tests/data/grep.model
scratch=$(mktemp -d "${TMPDIR:-/tmp}/image-test.XXXXXX")
started=()
cleanup() {
	kill -9 "${started[@]}" 2>/dev/null
	wait "${started[@]}" 2>/dev/null
	rm -rf "$scratch"
}
trap cleanup EXIT
cd "$scratch" || exit 1
export HOME=$scratch/home
mkdir home

tsem() { # runs it: status, output, errors
	timeout 30 "$TSEM" "$@" >out 2>err </dev/null
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

ends_well() { # ends_well NAME WORDS...
	local name=$1

	shift
	tsem "$@"
	is "$name" "$status" 0
	[ "$status" = 0 ] || echo "# $errors"
}

# ---- images: two of one layer each, in layouts ----

blob() { # blob DIR: keeps standard input; the members that a descriptor has of it
	local file=$1/blobs/sha256/new hex

	cat >"$file"
	hex=$(sha256sum <"$file" | cut -d ' ' -f 1)
	mv "$file" "$1/blobs/sha256/$hex"
	echo "\"digest\":\"sha256:$hex\",\"size\":$(stat -c %s "$1/blobs/sha256/$hex")"
}

make_image() { # make_image DIR TEXT [TAG]
	local config layer type=application/vnd.oci.image

	mkdir -p "$1/blobs/sha256"
	layer=$(echo "$2" | gzip -n | blob "$1")
	config=$(printf '{"architecture":"amd64","os":"linux","rootfs":{"type":"layers","diff_ids":["sha256:%s"]}}' \
		"$(echo "$2" | sha256sum | cut -d ' ' -f 1)" | blob "$1")
	manifest=$(printf '{"schemaVersion":2,"mediaType":"%s.manifest.v1+json","config":{"mediaType":"%s.config.v1+json",%s},"layers":[{"mediaType":"%s.layer.v1.tar+gzip",%s}]}' \
		$type $type "$config" $type "$layer" | blob "$1")
	echo '{"imageLayoutVersion":"1.0.0"}' >"$1/oci-layout"
	printf '{"schemaVersion":2,"manifests":[{"mediaType":"%s.manifest.v1+json",%s,"annotations":{"org.opencontainers.image.ref.name":"%s"}}]}' \
		$type "$manifest" "${3-1}" >"$1/index.json"
	digest=$(cut -d '"' -f 4 <<<"$manifest")
}

artifact_of() { # artifact_of IMAGE: the digest of its first model
	"$TSEM" image ls "$1" --json | jq -r '.models[0].artifact'
}

make_keys() {
	local name

	mkdir keys
	for name in ci other; do
		openssl genpkey -algorithm ed25519 -out $name.pem && openssl pkey -in $name.pem -pubout -out $name.pub || return 1
	done
	cp ci.pub keys/ci.pem
	sed 's/^name grep$/name worker/;$d' "$good" >worker.model
	echo "end $(sha256sum <worker.model | cut -d ' ' -f 1)" >>worker.model
}

# ---- layouts ----

test_layout() {
	make_image other two
	make_image layout one
	tsem image ls layout
	is "layout: nothing is attached" "$status:$output:$errors" "0:no model is attached to $digest:"
	fails "layout: nothing to fetch" 1 "no model is attached to $digest in layout" image fetch layout --keys keys -o m
	tsem image attach layout "$good" --key ci.pem --serial 3 --not-after +90d --sealed
	like "layout: attach" "$status:$output:$errors" "0:attached to $digest in layout: sha256:*:"
	artifact=${output##* }
	tsem image ls layout:1 --keys keys
	like "layout: ls verifies" "$status:$output" "0:MODEL *STATE
grep * 3 * 8  20*Z *$artifact  signed by keys/ci.pem"
	tsem image ls layout
	like "layout: ls without a key says so" "$status:$output" "0:*signature not verified"
	tsem image ls layout --json --keys ci.pub
	is "layout: ls --json" "$(jq -r '[.in, .image, .models[0].artifact, .models[0].model, .models[0].serial, .models[0].signatures[0].verified, "sha256:" + .models[0].subjects[0].sha256] | join(" ")' out)" \
		"layout $digest $artifact grep 3 true $digest"
	tsem image fetch layout --keys keys -o fetched.dsse
	is "layout: fetch" "$status:$output:$errors" "0::model grep, serial 3, is signed by keys/ci.pem and about $digest"
	tsem model verify --key ci.pub --about "$digest" fetched.dsse
	is "layout: what was fetched is a signed model" "$status:$errors" 0:
	jq -j .payload fetched.dsse | base64 -d >statement
	is "layout: an in-toto statement about the image" "$(jq -r '[._type, .predicateType, .subject[0].name, "sha256:" + .subject[0].digest.sha256] | join(" ")' statement)" \
		"https://in-toto.io/Statement/v1 urn:tsem:model:2 image $digest"
	is "layout: the artifact is one of OCI 1.1" \
		"$(jq -r '[.mediaType, .artifactType, .config.mediaType, .layers[0].mediaType, .subject.digest] | join(" ")' "layout/blobs/sha256/${artifact#*:}")" \
		"application/vnd.oci.image.manifest.v1+json application/vnd.tsem.model.v1 application/vnd.oci.empty.v1+json application/vnd.dsse.envelope.v1+json $digest"
	cp -r layout again
	ends_well "layout: attached as it is" image attach again fetched.dsse --keys keys
	is "layout: once more is nothing more" "$(<again/index.json)" "$(<layout/index.json)"
	fails "layout: a model of another image is not attached" 1 "none of its subjects is sha256:" image attach other fetched.dsse
	fails "layout: nor one that is not signed" 2 "is not signed: give --key" image attach layout "$good"
	mkdir things && touch things/x
	fails "layout: a directory with other things stays as it is" 1 "things is no OCI image layout" image fetch layout --keys keys --into things
	ends_well "layout: fetch --into makes one" image fetch layout --keys keys --into cache
	ends_well "layout: and adds to it" image fetch layout --keys keys --into cache
	is "layout: by the tag for referrers" "$(jq -r '.manifests[].annotations["org.opencontainers.image.ref.name"]' cache/index.json)" "sha256-${digest#*:}"
	none "layout: nothing half written is left" find . -name '*.tmp'
}

test_several() {
	local serial

	make_image several three
	for serial in 2 10 9; do
		ends_well "several: serial $serial" image attach several "$good" --key ci.pem --serial $serial
	done
	ends_well "several: without a serial" image attach several "$good" --key ci.pem
	ends_well "several: by another key" image attach several "$good" --key other.pem --serial 99
	tsem image ls several --keys keys
	like "several: ls lists what is refused, and says so by its status" "$status:$(wc -l <out):$output" \
		"1:6:*none of its signatures is by keys/ci.pem*"
	tsem image fetch several --keys keys -o m
	like "several: the highest serial of the key counts" "$status:$errors" "0:*none of its signatures*passed over*serial 10, is signed*"
	ends_well "several: the same serial twice" image attach several "$good" --key ci.pem --serial 10 --sealed
	fails "several: which is newer is not known" 1 "two models with the serial 10" image fetch several --keys keys -o none
	ends_well "several: another name" image attach several worker.model --key ci.pem
	fails "several: two names" 1 "choose one with --name" image fetch several --keys keys -o none
	tsem image fetch several --keys keys -o m --name worker
	like "several: one by its name" "$status:$errors" "0:*model worker is signed by keys/ci.pem*"
	fails "several: no such name" 1 "none of its signatures" image fetch several --keys keys -o none --name nobody
	is "several: what failed has written nothing" "$(ls none 2>&1)" "ls: cannot access 'none': No such file or directory"
}

# A large manifest or list in thousands of entries of the index is read once: each reading takes more than 10 ms.
test_many() {
	local list

	make_image many six
	list=$(jq -nc '{schemaVersion: 2, manifests: [range(4000) | {mediaType: "application/vnd.oci.image.manifest.v1+json", artifactType: "text/plain",
		digest: ("sha256:" + ("1" * 64)), size: .}], x: ("x" * 3400000)}' | blob many)
	many() { # many DESCRIPTOR: so often
		jq -c --argjson more "{$1}" '.manifests += [range(4000) | $more]' many/index.json >many.json && mv many.json many/index.json
	}
	many "\"mediaType\":\"application/vnd.oci.image.index.v1+json\",$list,\"annotations\":{\"org.opencontainers.image.ref.name\":\"sha256-${digest#*:}\"}"
	tsem image ls many:1
	is "many: a list of the same content in each entry" "$status:$output:$errors" "0:no model is attached to $digest:"
	make_image many seven
	many "\"mediaType\":\"application/vnd.oci.image.manifest.v1+json\",$(jq -c '. + {artifactType: "application/vnd.tsem.model.v1",
		subject: {mediaType: "a/b", digest: ("sha256:" + ("1" * 64)), size: 5}, x: ("x" * 4100000)}' "many/blobs/sha256/${digest#*:}" | blob many)"
	tsem image ls many:1
	is "many: a manifest in each entry" "$status:$output:$errors" "0:no model is attached to $digest:"
	make_image many eight
	list=$(jq -nc '{schemaVersion: 2, manifests: [range(65) | {mediaType: "application/vnd.oci.image.manifest.v1+json",
		digest: ("sha256:" + ("1" * 62) + (10 + . | tostring)), size: 9}]}' | blob many)
	list="\"mediaType\":\"application/vnd.oci.image.index.v1+json\",$list,\"annotations\":{\"org.opencontainers.image.ref.name\":\"sha256-${digest#*:}\"}"
	jq -c --argjson more "{$list}" '.manifests += [$more]' many/index.json >many.json && mv many.json many/index.json
	fails "many: more than can be of one image" 1 "many is refused: more than 64 models are attached to $digest" image ls many:1
	fails "many: one more is not attached" 1 "many is refused: more than 64 models" image attach many:1 "$good" --key ci.pem
	make_image many nine
	ends_well "many: attach" image attach many "$good" --key ci.pem
	list=$(echo '{"schemaVersion":2,"manifests":[]}' | blob many)
	jq -c --argjson more "{$list}" '.manifests += [.manifests[-1], .manifests[-1] + $more]' many/index.json >many.json && mv many.json many/index.json
	fails "many: two lists" 1 "many is refused: it has more than one list of the tag sha256-${digest#*:}" image ls many:1
	jq -c '.manifests |= .[:-1]' many/index.json >many.json && mv many.json many/index.json
	ends_well "many: the same list twice" image fetch many:1 --keys keys -o m
	make_image tagged ten
	jq -c --arg tag "sha256-${digest#*:}" '.manifests += [.manifests[0] + {annotations: {"org.opencontainers.image.ref.name": $tag}}]' \
		tagged/index.json >tagged.json && cp tagged.json tagged/index.json
	fails "many: a manifest in the place of the list" 1 "the tag sha256-${digest#*:} is that of a manifest, not of an index" \
		image attach tagged:1 "$good" --key ci.pem
	is "many: ... and stays as it is" "$(<tagged/index.json)" "$(<tagged.json)"
}

# One thing after the other is wrong with a layout.
wrong() { # wrong NAME PATTERN CHANGE: a command in a copy of it; $A, $E are artifact and envelope
	rm -rf wrong && cp -r layout wrong
	(cd wrong && A=blobs/sha256/${artifact#*:} && E=blobs/sha256/$(jq -r '.layers[0].digest' "$A" | cut -d : -f 2) && eval "$3")
	fails "refused: $1" 1 "$2" image fetch wrong:1 --keys keys -o none
	[ ! -e none ] || not_ok "refused: $1 has written a file"
}

# Puts another manifest in the place of the artifact, under its right digest.
other_artifact() { # other_artifact JQ
	local new list

	new=$(jq -c "$1" "$A" | blob .)
	list=$(printf '{"schemaVersion":2,"manifests":[{"mediaType":"application/vnd.oci.image.manifest.v1+json","artifactType":"application/vnd.tsem.model.v1",%s}]}' "$new" | blob .)
	printf '{"schemaVersion":2,"manifests":[%s,{"mediaType":"application/vnd.oci.image.index.v1+json",%s,"annotations":{"org.opencontainers.image.ref.name":"sha256-%s"}}]}' \
		"$(jq -c '.manifests[0]' index.json)" "$list" "${digest#*:}" >new && mv new index.json
}

test_refused() {
	local digest

	digest=$(jq -r '.manifests[0].digest' layout/index.json)
	# shellcheck disable=SC2016 # expanded in wrong()
	{
		wrong "a changed envelope" "its content has another digest, so it was changed" 'sed -i "s/payload/Payload/" $E'
		wrong "a truncated envelope" "it has 100 bytes instead of" 'truncate -s 100 $E'
		wrong "an envelope that is not there" "No such file" 'rm $E'
		wrong "a changed artifact" "has another digest" 'sed -i "s/model.dsse/modem.dsse/" $A'
		wrong "an artifact of another image" "its subject is another image" 'other_artifact ".subject.digest = \"sha256:${A##*/}\""'
		wrong "an artifact of another kind of content" "another media type than application/vnd.dsse.envelope.v1+json" 'other_artifact ".layers[0].mediaType = \"text/plain\""'
		wrong "an artifact with two layers" "it has not one layer" 'other_artifact ".layers += .layers"'
		wrong "an artifact of a larger size than can be" "its layer is larger than 1 GiB" 'other_artifact ".layers[0].size = 2000000000"'
		wrong "an artifact that only the index calls a model" "its artifactType is not" 'other_artifact ".artifactType = \"text/plain\""'
		wrong "a manifest of 5 MiB" "it has more than 4194304 bytes" 'other_artifact ". + {x: (\"x\" * 5000000)}"'
		wrong "an index of 5 MiB" "is no file of at most 4194304 bytes" 'head -c 5000000 /dev/zero >>index.json'
		wrong "an index that is none" "is neither a manifest nor an index" 'echo "[]" >index.json'
		wrong "an index that lists itself" "its content has another digest" 'other_artifact .; H=$(jq -r ".manifests[1].digest" index.json | cut -d : -f 2)
			jq -c --arg h sha256:$H ".manifests[0].digest = \$h" blobs/sha256/$H >x; truncate -s "$(stat -c %s blobs/sha256/$H)" x; mv x blobs/sha256/$H'
		wrong "an index that is a pipe" "is no file of at most" 'rm index.json; mkfifo index.json'
		wrong "no layout" "is no OCI image layout" 'rm oci-layout'
		wrong "a later layout" "only 1.0.0 can be read" 'echo "{\"imageLayoutVersion\":\"2.0.0\"}" >oci-layout'
		wrong "no such tag" "has no image of the tag 1" 'sed -i "s/ref.name\":\"1\"/ref.name\":\"2\"/" index.json'
	}
	# Its manifest fits the other image, its statement does not.
	rm -rf wrong && cp -r other wrong
	(cd wrong && A=../layout/blobs/sha256/${artifact#*:} && cp "../layout/blobs/sha256/$(jq -r '.layers[0].digest' "$A" | cut -d : -f 2)" blobs/sha256/ &&
		digest=$(jq -r '.manifests[0].digest' index.json) && other_artifact ".subject.digest = \"$digest\"")
	fails "refused: a signed model of another image" 1 "none of its subjects is sha256:" image fetch wrong:1 --keys keys -o none
	fails "refused: another key" 1 "none of its signatures is by other.pub" image fetch layout:1 --keys other.pub -o none
	make_image expired four
	ends_well "refused: one that is valid later" image attach expired "$good" --key ci.pem --not-before +2d
	fails "refused: before its time" 1 "may not be used before" image fetch expired --keys keys -o none
	is "refused: nothing was written" "$(ls none 2>&1)" "ls: cannot access 'none': No such file or directory"
}

# A file can be no larger than 1 KiB: as on a full disk, writing fails in the middle.
test_full() {
	local before

	make_image full five
	before=$(<full/index.json)
	(
		trap '' XFSZ
		ulimit -f 1
		"$TSEM" image attach full "$good" --key ci.pem >out 2>err
		echo $? >status
	)
	like "full: attach" "$(<status):$(wc -l <err):$(<err)" "1:1:tsem: full/blobs/sha256/* was not written: File too large"
	is "full: the index is as it was" "$(<full/index.json)" "$before"
	(
		trap '' XFSZ
		ulimit -f 1
		"$TSEM" image fetch layout:1 --keys keys -o half >out 2>err
		echo $? >status
	)
	like "full: fetch" "$(<status):$(wc -l <err):$(<err)" "1:1:tsem: half was not written: File too large"
	none "full: nothing half written is left" find . -name '*.tmp' -o -name half
	mv full/blobs/sha256 outside && ln -s ../../outside full/blobs/sha256
	fails "full: a layout that leads elsewhere" 1 "full/blobs/sha256 is no directory" image attach full "$good" --key ci.pem
	mv full/index.json index.json && ln -s ../index.json full/index.json && rm full/blobs/sha256 && mv outside full/blobs/sha256
	fails "full: an index that does" 1 "full/index.json was not written: there is something that is not a file" image attach full "$good" --key ci.pem
}

test_held() {
	make_image held six
	exec 7<held && flock 7
	fails "held: whoever can read a layout can lock it, but not for ever" 1 "cannot lock held: another process has locked it" image attach held "$good" --key ci.pem
	exec 7<&-
}

test_usage() {
	fails "usage: no such verb" 2 "push" image push layout
	fails "usage: no key" 2 "needs --keys" image fetch layout -o none
	fails "usage: nowhere to write" 2 "say where to" image fetch layout --keys keys
	fails "usage: no model" 2 "needs an image and a model" image attach layout
	fails "usage: an option of another verb" 2 "does not take --serial, which is for attach" image ls layout --serial 3
	fails "usage: a serial without a key" 2 "give --key KEY.pem" image attach layout fetched.dsse --serial 3
	fails "usage: no image" 2 "is no image" image ls registry.example/UPPER
	fails "usage: no digest" 2 "behind @ is sha256:HEX" image ls "layout@sha256:12"
	fails "no such directory" 1 "nowhere is no OCI image layout" image ls nowhere
	fails "no such key" 1 "none" image fetch layout --keys none -o none
}

# Whichever this machine is.
test_platforms() {
	local one two type=application/vnd.oci.image

	make_image platforms six
	one=$(jq -c '.manifests[0] | del(.annotations) | .platform = {os: "linux", architecture: "amd64"}' platforms/index.json)
	make_image platforms seven
	two=$(jq -c '.manifests[0] | del(.annotations) | .platform = {os: "linux", architecture: "arm64", variant: "v8"}' platforms/index.json)
	printf '{"schemaVersion":2,"manifests":[{"mediaType":"%s.index.v1+json",%s}]}' $type \
		"$(printf '{"schemaVersion":2,"mediaType":"%s.index.v1+json","manifests":[%s,%s]}' $type "$one" "$two" | blob platforms)" >platforms/index.json
	tsem image attach platforms "$good" --key ci.pem --platform linux/arm64
	like "platforms: a model is of one of them" "$status:$output" "0:attached to $digest*"
	tsem image ls platforms --platform linux/amd64
	is "platforms: and not of the other" "$status:$output" "0:no model is attached to $(jq -r .digest <<<"$one")"
	ends_well "platforms: with the variant" image fetch platforms --keys keys -o m --platform linux/arm64/v8
	fails "platforms: none" 1 "is for several platforms, and not for linux/arm" image ls platforms --platform linux/arm
}

# ---- Debian's registry, and what skopeo sees ----

wait_port() {
	wait_until eval "(exec 3<>/dev/tcp/127.0.0.1/$1)"
}

test_registry() {
	local port image hex

	port=$(own_port)
	printf '%s\n' "version: 0.1" "storage: {filesystem: {rootdirectory: $scratch/registry}}" "http: {addr: 127.0.0.1:$port}" "log: {level: error}" >registry.yml
	docker-registry serve registry.yml >registry.log 2>&1 &
	started+=($!)
	wait_port $port
	make_image web eight
	hex=${digest#*:} image=127.0.0.1:$port/some/web
	check "registry: an image" skopeo copy -q --dest-tls-verify=false oci:web:1 "docker://$image:1"
	tsem image ls "$image:1"
	is "registry: nothing is attached" "$status:$output:$errors" "0:no model is attached to $digest:"
	tsem image attach "$image:1" "$good" --key ci.pem --serial 1
	like "registry: attach" "$status:$output:$errors" "0:attached to $digest in $image: sha256:*:"
	ends_well "registry: a second one" image attach "$image@$digest" "$good" --key ci.pem --serial 2
	artifact2=${output##* }
	ends_well "registry: once more is nothing more" image attach "$image@$digest" "$good" --key ci.pem --serial 2
	tsem image ls "$image:1" --keys keys --json
	is "registry: ls" "$(jq -r '[.models[] | .model, .serial, .signatures[0].verified] | join(" ")' out)" "grep 1 true grep 2 true"
	tsem image fetch "$image:1" --keys keys -o m
	is "registry: fetch" "$status:$errors" "0:model grep, serial 2, is signed by keys/ci.pem and about $digest"
	is "skopeo: the list under the tag" \
		"$(skopeo inspect --raw --tls-verify=false "docker://$image:sha256-$hex" | jq -r '.mediaType + " " + (.manifests | length | tostring)')" \
		"application/vnd.oci.image.index.v1+json 2"
	is "skopeo: the artifact" \
		"$(skopeo inspect --raw --tls-verify=false "docker://$image@$artifact2" | jq -r '.artifactType + " " + .subject.digest')" \
		"application/vnd.tsem.model.v1 $digest"
	check "skopeo: copies the models to another repository" skopeo copy -q --all --src-tls-verify=false --dest-tls-verify=false \
		"docker://$image:sha256-$hex" "docker://127.0.0.1:$port/other/web:sha256-$hex"
	check "skopeo: and the image" skopeo copy -q --src-tls-verify=false --dest-tls-verify=false "docker://$image:1" "docker://127.0.0.1:$port/other/web:2"
	tsem image fetch "127.0.0.1:$port/other/web:2" --keys keys -o m
	is "registry: fetch of the copy" "$status:$errors" "0:model grep, serial 2, is signed by keys/ci.pem and about $digest"
	check "skopeo: copies the models to a layout" skopeo copy -q --all --src-tls-verify=false "docker://$image:sha256-$hex" "oci:copied:sha256-$hex"
	check "skopeo: and the image" skopeo copy -q --src-tls-verify=false "docker://$image:1" oci:copied:1
	tsem image fetch copied:1 --keys keys -o m
	is "layout: fetch of the copy" "$status:$errors" "0:model grep, serial 2, is signed by keys/ci.pem and about $digest"
	ends_well "layout: an image with a model" image attach web:1 "$good" --key ci.pem
	check "skopeo: copies a model from a layout of ours" skopeo copy -q --all --dest-tls-verify=false "oci:web:sha256-$hex" "docker://127.0.0.1:$port/third/web:sha256-$hex"
	check "skopeo: and the image from beside it" skopeo copy -q --dest-tls-verify=false oci:web:1 "docker://127.0.0.1:$port/third/web:1"
	ends_well "registry: fetch" image fetch "127.0.0.1:$port/third/web:1" --keys keys -o m
	fails "registry: no such tag" 1 "/v2/some/web/manifests/nothing does not exist" image ls "$image:nothing"
	fails "registry: no such image" 1 "does not exist" image ls "127.0.0.1:$port/nothing"
	fails "registry: nobody listens" 1 "cannot be asked" image ls 127.0.0.1:1/web
}

test_options() {
	local real each

	real=$(ldconfig -p | awk '$1 == "libcurl.so.4" { print $NF; exit }')
	mkdir older
	check "options: a libcurl that lacks some" gcc -shared -fPIC -O1 -w "$tests/image/curl_lacks.c" -o older/libcurl.so.4
	LD_LIBRARY_PATH=$scratch/older CURL_REAL=$real CURL_LACKS=0 fails "options: one that lacks none" 1 "cannot be asked: " image ls 127.0.0.1:1/web
	for each in PROTOCOLS_STR=10318 DISALLOW_USERNAME_IN_URL=278 FOLLOWLOCATION=52 NOSIGNAL=99 TIMEOUT=13 HTTPHEADER=10023; do
		LD_LIBRARY_PATH=$scratch/older CURL_REAL=$real CURL_LACKS=${each#*=} \
			fails "options: without ${each%=*} no registry is asked" 1 "127.0.0.1:1/* is not asked: libcurl.so.4 lacks an option of tsem's: " image ls 127.0.0.1:1/web
	done
	LD_LIBRARY_PATH=$scratch/older CURL_REAL=$real CURL_LACKS=10065 \
		fails "options: without CAINFO the authorities of the machine are not taken instead" 1 " is not asked: " image ls 127.0.0.1:1/web --ca "$good"
}

# ---- a registry that misbehaves ----

serve() { # serve NAME [CERTIFICATE KEY]: it listens at $port
	"$tests/image/registry.py" "$1.port" "$scratch/layout" "${@:2}" &
	started+=($!)
	wait_until test -s "$1.port"
	port=$(cat "$1.port")
}

strange() { # strange KIND PATTERN [WORDS...]: a fetch from it fails
	fails "strange: $1" 1 "$2" image fetch "127.0.0.1:$strange/$1/web:1" --keys keys -o none "${@:3}"
	[ ! -e none ] || not_ok "strange: $1 has written a file"
}

well() { # well NAME KIND: it does not
	ends_well "strange: $1" image fetch "127.0.0.1:$strange/$2/web:1" --keys keys -o m
}

test_strange() {
	local strange

	serve strange
	strange=$port
	well "an ordinary one" plain
	well "one that lists what refers to an image" api
	well "in pages" pages
	well "a blob elsewhere in the registry" near
	strange astray "leads to http://127.0.0.2:1, which is refused"
	strange endless "has more than 16 pages"
	strange elsewhere "which is refused: it is not HTTPS"
	strange around "leads on and on"
	strange moved "which is refused: only blobs may be elsewhere"
	strange huge "answers with more than 4194304 bytes"
	strange endlessly "answers with more than 1048576 bytes"
	strange cut "ends too early"
	strange shorter "bytes instead of"
	strange changed "its content has another digest, so it was changed"
	strange broken "answers with status 500"
	strange page "is neither a manifest nor an index"
	strange many "more than 64 models are attached"
	strange silent "cannot be asked: " --timeout 1
	strange nested "an index in an index" --platform linux/nested
	strange basic "wants a name and a password, and no file has none for it"
	strange away "takes its tokens from http://token.invalid/token, which is refused: it is not HTTPS"
	mkdir -p home/.docker
	printf '{"auths":{"127.0.0.1:%s":{"auth":"%s"}},"credsStore":"x"}' $strange "$(printf me:secret | base64)" >home/.docker/config.json
	well "a name and a password" basic
	well "a token for them" token
	strange refused "does not allow it"
	printf '{"auths":{"127.0.0.1:%s":{"auth":"%s"}}}' $strange "$(printf me:wrong | base64)" >auth.json
	export REGISTRY_AUTH_FILE=$scratch/auth.json
	strange basic "does not allow it"
	strange token "the name or the password is not accepted"
	echo '{"auths":1}' >auth.json
	strange basic "auth.json cannot be understood at byte"
	strange away "auth.json cannot be understood at byte"
	unset REGISTRY_AUTH_FILE
	ends_well "strange: attach where the registry lists it" image attach "127.0.0.1:$strange/api/web:1" "$good" --key ci.pem --serial 7
	ends_well "strange: attach where it does not" image attach "127.0.0.1:$strange/plain/web:1" "$good" --key ci.pem --serial 7
	tsem image ls "127.0.0.1:$strange/plain/web:1" --keys keys
	like "strange: both are listed" "$status:$(wc -l <out):$output" "0:3:*"
	fails "strange: it wants the upload elsewhere" 1 "which is refused: that is elsewhere" image attach "127.0.0.1:$strange/upload/web:1" "$good" --key ci.pem
	fails "strange: it is full" 1 "answers with status 507" image attach "127.0.0.1:$strange/full/web:1" "$good" --key ci.pem
}

# With a certificate for these names.
secure() { # secure NAME NAMES: its port is $port
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$1.key" -out "$1.pem" -days 2 -subj /CN=test \
		-addext "subjectAltName=$2" >/dev/null 2>&1
	serve "$1" "$1.pem" "$1.key" 2>/dev/null
}

test_https() {
	local port other

	secure other DNS:elsewhere.example
	other=$port
	secure here DNS:localhost,IP:127.0.0.1
	printf '{"auths":{"localhost:%s":{"auth":"%s"}}}' $port "$(printf me:secret | base64)" >auth.json
	ends_well "https: a certificate that is trusted" image fetch "localhost:$port/plain/web:1" --keys keys -o m --ca here.pem
	fails "https: one of another name" 1 "cannot be asked: SSL" image fetch "localhost:$other/plain/web:1" --keys keys -o none --ca other.pem
	fails "https: one that is not trusted" 1 "cannot be asked: SSL" image fetch "localhost:$port/plain/web:1" --keys keys -o none --ca other.pem
	REGISTRY_AUTH_FILE=auth.json ends_well "https: where a blob is elsewhere, the password is not sent" \
		image fetch "localhost:$port/leads/web:1" --keys keys -o m --ca here.pem
}

# ---- the runtime: which model, by what podman keeps of a container ----

explained() { # explained NAME STATUS PATTERN ANNOTATIONS
	printf '{"annotations":{%s},"linux":{}}' "$4" >store/overlay-containers/77/userdata/config.json
	tsem oci --explain store/overlay-containers/77/userdata/config.json
	like "runtime: $1" "$status:$(grep -v '^name\|^digest' out):$errors" "$2:$3"
}

test_runtime() {
	local layout="\"io.tsem.attached\":\"$scratch/layout\"" keys="\"io.tsem.require-signed\":\"$scratch/keys\"" envelope digest

	digest=$(jq -r '.manifests[0].digest' layout/index.json)
	envelope=$(jq -r '.layers[0].digest' "layout/blobs/sha256/${artifact#*:}" | cut -d : -f 2)
	mkdir -p store/overlay-containers/77/userdata store/overlay-images none other-keys
	echo '[{"id":"77","names":["web"],"image":"88"}]' >store/overlay-containers/containers.json
	printf '[{"id":"88","digest":"%s"}]' "$digest" >store/overlay-images/images.json
	cp other.pub other-keys/other.pem
	explained "the model in the layout" 0 "The container is modeled by its annotations: mode enforce, model $scratch/layout/blobs/sha256/$envelope, on violation deny, signed by a key of $scratch/keys, *:" "$layout,$keys"
	explained "another key" 1 ":tsem: model sha256:* is refused: none of its signatures*" "$layout,\"io.tsem.require-signed\":\"$scratch/other-keys\""
	explained "without keys" 1 ":tsem: *attached is for signed models: add require-signed" "$layout"
	explained "a directory without keys" 1 ":tsem: *none*" "$layout,\"io.tsem.require-signed\":\"$scratch/none\",\"io.tsem.otherwise\":\"learn\",\"io.tsem.model\":\"/m\""
	explained "no layout" 1 ":tsem: */none is no OCI image layout*" "\"io.tsem.attached\":\"$scratch/none\",$keys,\"io.tsem.otherwise\":\"learn\",\"io.tsem.model\":\"/m\""
	printf '[{"id":"88","digest":"sha256:%s"}]' "$(sha256sum <ci.pub | cut -d ' ' -f 1)" >store/overlay-images/images.json
	explained "no model of this image" 1 ":tsem: no model is attached to sha256:* in $scratch/layout" "$layout,$keys"
	explained "or one is learned" 0 "The container is modeled by its annotations: mode learn, model /m, *:" "$layout,$keys,\"io.tsem.otherwise\":\"learn\",\"io.tsem.model\":\"/m\""
	printf '[{"id":"88","digest":"%s"}]' "$digest" >store/overlay-images/images.json
	mkdir store/overlay-images/88
	for each in annotations Annotations; do
		echo "{\"layers\":[],\"$each\":{\"io.tsem.mode\":\"sealed\"}}" >store/overlay-images/88/manifest
		explained "$each of the image" 1 ":tsem: the image itself has annotations*" '"io.tsem.model":"/m"'
	done
	rm -r store/overlay-images/88
	explained "what no terminal obeys" 0 '*model /m\\x1b]0;x\\x07,*' '"io.tsem.model":"/m\u001b]0;x\u0007"'
	echo '[]' >store/overlay-images/images.json
	explained "an image that the storage does not show" 1 ":tsem: *which its engine's storage does not show*" '"io.tsem.model":"/m"'
	echo '[{"id":"88"}]' >store/overlay-images/images.json
	explained "an image whose manifest is not known" 1 ":tsem: *the digest of whose manifest is not known" "$layout,$keys,\"io.tsem.otherwise\":\"learn\",\"io.tsem.model\":\"/m\""
}

# Whatever stands before the subcommand, a container is made by what says how it is modeled, or not at all.
test_words() {
	mkdir -p bundle
	printf '#!/bin/sh\necho the runtime has run: "$@"\n' >wrapped
	chmod +x wrapped
	ln -s "$TSEM" tsem-oci-wrapped
	echo '{"annotations":{"io.tsem.mode":"bogus"},"linux":{}}' >bundle/config.json
	while read -r name pattern words; do
		# shellcheck disable=SC2086 # words are words
		PATH=$scratch:$PATH ./tsem-oci-wrapped $words >out 2>err </dev/null
		like "runtime: ${name//_/ }" "$?:$(<out)$(<err)" "${pattern//_/ }"
	done <<-WORDS
		create 1:tsem:*io.tsem.mode* create --bundle bundle 77
		an_option_that_is_known 1:tsem:*io.tsem.mode* --root /x create --bundle bundle 77
		an_option_that_is_not_known 1:tsem:*io.tsem.mode* --config file create --bundle bundle 77
		one_with_its_value 1:tsem:*io.tsem.mode* --config=file create --bundle bundle 77
		one_without 1:tsem:*io.tsem.mode* --debug create --bundle bundle 77
		no_known_subcommand 1:tsem:*tsem_does_not_know_what* make --bundle bundle 77
		one_behind_a_value 1:tsem:*tsem_does_not_know_what* --config file make --bundle bundle 77
		another_subcommand 0:the_runtime_has_run:_--config_file_state_77 --config file state 77
		none 0:the_runtime_has_run:_--version --version
	WORDS
}

make_keys || { echo "not ok - keys"; exit 1; }
# The first has the layout that others begin with.
all="layout several many refused full held usage platforms registry options strange https runtime words"
for name in ${TESTS:-$all}; do
	"test_$name"
done
finish
