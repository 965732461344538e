#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# Containers of podman, with tsem around crun: learned with some, enforced with others of the same image, whatever their
# names, volumes and hosts are; what podman exec starts is judged by the same model; what cannot be modeled does not run.

# shellcheck source=tests/vm/lib.sh
. "$(dirname "$0")/lib.sh"
ln -s "$T" tsem-oci
mkdir -p /var/lib/containers /run/lock models
mount -t tmpfs -o mode=0700 tmpfs /var/lib/containers
models=$scratch/models

pod() { # pod WORDS...
	timeout 120 podman --log-level=error --cgroup-manager=cgroupfs --events-backend=none "$@"
}

modeled() { # modeled MODE MODEL WORDS...: podman run with annotations; its session is that of the id in cid
	local mode=$1 model=$2

	shift 2
	rm -f cid
	pod --runtime "$scratch/tsem-oci" run --cidfile "$scratch/cid" --network none \
		--annotation io.tsem.mode="$mode" --annotation io.tsem.model="$models/$model" "$@" </dev/null
}

session() { # the session of the last container
	head -c 12 cid
}

image() {
	mkdir -p root/{bin,etc,tmp,proc,sys,dev,data}
	# Each a program of its own: one with many names is one to a model.
	for each in sh cat sleep echo hostname; do cp /bin/busybox root/bin/$each; done
	echo welcome >root/etc/motd
	echo secret >root/etc/secret
	cat >root/bin/work.sh <<'END'
#!/bin/sh
cat /etc/motd
hostname >/tmp/name
cat /data/file 2>/dev/null
echo done
END
	chmod +x root/bin/work.sh
	tar -C root -cf root.tar .
	pod import -q root.tar test
}

test_learn() {
	for name in one two; do
		echo "$name" >"data.$name"
		mkdir -p "volume.$name"
		echo data >"volume.$name/file"
		modeled learn work.model --rm --name $name --hostname $name -v "$scratch/volume.$name:/data" test /bin/work.sh >out 2>err
		like "learned: $name does what it does" "$?:$(tr '\n' ' ' <out):$(<err)" "0:welcome data done :"
	done
	is "learned: the model is there when podman returns" "$("$T" show "$models/work.model" | sed -n 's/^runs *//p')" 2
	lacks "learned: nothing of what sets up a container is in it" \
		"$("$T" show "$models/work.model" trajectory)" 'crun|conmon|mount|pivot'
}

test_enforce() {
	for name in three four five; do
		mkdir -p "elsewhere/$name"
		echo data >"elsewhere/$name/file"
		modeled enforce work.model --rm --name $name --hostname "host-$name" -v "$scratch/elsewhere/$name:/data" test /bin/work.sh >out 2>err
		is "enforced: $name does what was learned" "$?:$(tr '\n' ' ' <out)" "0:welcome data done "
		is "enforced: $name: no violation" "$(field "$(session)" violations)" 0
	done
	modeled enforce work.model --rm test /bin/cat /etc/secret >out 2>err
	like "enforced: another command does not start" "$?:$(<out):$(<err)" "1::*not permitted*"
	why "$(session)"
	like "enforced: why says what" "$status:$output" "3:In this model the container runtime starts */bin/sh*, here it starts /bin/cat. If that belongs to the workload, *the container runtime opens /bin/cat for execution: refused*"
	modeled sealed work.model --rm test /bin/cat /etc/secret >out 2>err
	is "sealed: it runs, and is recorded" "$?:$(<out):$([ "$(field "$(session)" violations)" -gt 0 ] && echo yes)" 0:secret:yes
	pod --runtime "$scratch/tsem-oci" run --rm --network none test /bin/cat /etc/secret >out 2>err
	is "without annotations it is not modeled" "$?:$(<out)" 0:secret
}

test_exec() {
	modeled learn exec.model -d --name learner test /bin/sleep 1000 >/dev/null
	pod --runtime "$scratch/tsem-oci" exec learner /bin/cat /etc/motd >out
	is "exec: learned" "$?:$(<out)" 0:welcome
	pod --runtime "$scratch/tsem-oci" rm -f -t 1 learner >/dev/null
	modeled enforce exec.model -d --name guarded test /bin/sleep 1000 >/dev/null
	running=$(session)
	wait_until field_is "$running" tasks 1
	is "exec: the container runs" "$(bound=$("$T" ps --json | jq -r '.[0].control_group'); echo "${bound##*/}" | cut -c 1-7)" libpod-
	pod --runtime "$scratch/tsem-oci" exec guarded /bin/cat /etc/motd >out 2>err
	is "exec: what was learned is allowed" "$?:$(<out)" 0:welcome
	is "exec: no violation" "$(field "$(session)" violations)" 0
	pod --runtime "$scratch/tsem-oci" exec guarded /bin/sh -c 'read -r l </etc/secret; echo $l' >out 2>err
	like "exec: another command does not start" "$?:$(<out):$(<err)" "1::*not permitted*"
	why "$(session)"
	like "exec: why says what" "$status:$output" "3:In this model the container runtime starts */bin/cat*, here it starts /bin/sh. If that belongs to the workload, *by exec*the container runtime opens /bin/sh for execution: refused*"
	is "exec: the container goes on" "$(pod inspect -f '{{.State.Running}}' guarded)" true
	pod --runtime "$scratch/tsem-oci" rm -f -t 1 guarded >/dev/null
	none "removed: nothing is bound any more" "$T" ps --quiet
	modeled enforce exec.model -d --name strays --annotation run.oci.delegate-cgroup=../elsewhere test /bin/sleep 1000 >out 2>err
	like "exec: no first process in another group than those of exec" "$(($? != 0)):$(<err)" \
		"1:*not in its control group, but in */elsewhere*"
	pod --runtime "$scratch/tsem-oci" rm -f -t 1 strays >/dev/null
}

refused() { # refused NAME PATTERN WORDS...: podman does not start it, and says why
	local name=$1 pattern=$2

	shift 2
	pod --runtime "$scratch/tsem-oci" run --rm --network none "$@" test /bin/echo ran >out 2>err
	like "$name" "$(($? != 0)):$(<out):$(<err)" "1::$pattern"
}

test_errors() {
	refused "a model that is not there" "*none.model*" --annotation io.tsem.model="$models/none.model"
	refused "no model" "*io.tsem.model is missing*" --annotation io.tsem.mode=enforce
	refused "a model by a relative name" "*begins with /*" --annotation io.tsem.model=work.model
	refused "a mode that there is not" "*io.tsem.mode must be learn, sealed or enforce, not *enforced*" \
		--annotation io.tsem.model="$models/work.model" --annotation io.tsem.mode=enforced
	refused "an action that there is not" "*io.tsem.on-violation must be untrust, deny, log, kill or freeze, not *shout*" \
		--annotation io.tsem.model="$models/work.model" --annotation io.tsem.on-violation=shout
	refused "an annotation that there is not" "*annotations: there are model, mode, *no other setting of tsem*" --annotation io.tsem.modle="$models/work.model"
	head -c 300 "$models/work.model" >"$models/short.model"
	refused "a model that is cut" "*short.model*" --annotation io.tsem.model="$models/short.model"
	is "none is left" "$(pod ps -aq):$("$T" ps --quiet)" :
	mkdir bundle
	for each in '' '{' '{"annotations":[]}' '{"annotations":{"io.tsem.model":1}}' '{"annotations":{"io.tsem.mode":""}}'; do
		echo "$each" >bundle/config.json
		./tsem-oci create --bundle bundle x >out 2>err
		like "config.json: $each" "$?:$(<out):$(<err)" "1::tsem: bundle/config.json cannot be understood at byte *"
	done
	echo '{"annotations":{"io.tsem.model":"'"$models/work.model"'"},"linux":{"seccomp":{"defaultAction":7}}}' >bundle/config.json
	./tsem-oci create --bundle bundle x >out 2>err
	like "config.json: its filter is broken" "$?:$(<out):$(<err)" \
		"1::tsem: bundle/config.json is not used, because of the system calls of *its linux.seccomp cannot be understood at byte 17*"
	rm bundle/config.json
	./tsem-oci create --bundle bundle x >out 2>err
	like "no config.json" "$?:$(<err)" "1:tsem: cannot read bundle/config.json: No such file*"
	truncate -s 17M bundle/config.json
	./tsem-oci create -b bundle x >out 2>err
	like "a huge config.json" "$?:$(<err)" "1:tsem: bundle/config.json is no file of at most 16 MiB"
	echo '{"annotations":{"io.tsem.model":"/m"}}' >bundle/config.json
	./tsem-oci restore --bundle bundle x >out 2>err
	like "restore of a modeled container" "$?:$(<err)" "1:tsem: container x is modeled, and cannot be saved and restored"
	echo '{}' >/config.json
	tsem oci --explain /config.json </dev/null
	like "explain: a bundle that is the root directory" "$status:$output:$errors" "0:name       not known?The container is not modeled.:"
	rm /config.json
	ln -s "$T" tsem-oci-none
	./tsem-oci-none state x >out 2>err
	like "a runtime that is not there" "$?:$(<err)" "1:tsem: cannot run the runtime none: No such file*"
	is "what is not of a container is the runtime's" "$(./tsem-oci --version)" "$(crun --version)"
	./tsem-oci state nothing >out 2>err
	is "its status is that of the runtime" "$?" "$(crun state nothing >/dev/null 2>&1; echo $?)"
}

# The list of the model is in the filter that crun sets; what the engine's own filter refuses stays refused.
test_syscalls() {
	printf 'kill -0 $$ && echo known\ncat /etc/motd\n' >calls.sh
	share=(-v "$scratch/calls.sh:/data/calls.sh" test /bin/sh /data/calls.sh)
	modeled learn calls.model --rm "${share[@]}" >out
	like "system calls: they are learned" "$(<out):$("$T" show --syscalls "$models/calls.model" | tr '\n' ' ')" "known?welcome:* kill *"
	echo 'cat /etc/motd' >less.sh
	modeled learn less.model --rm -v "$scratch/less.sh:/data/calls.sh" test /bin/sh /data/calls.sh >out
	for profile in default unconfined; do
		more=()
		[ $profile = default ] || more=(--security-opt seccomp=$profile)
		modeled enforce calls.model --rm "${more[@]}" "${share[@]}" >out 2>err
		is "system calls: what was learned works, under the filter of the engine: $profile" "$?:$(tr '\n' ' ' <out):$(<err)" "0:known welcome :"
		modeled enforce less.model --rm "${more[@]}" "${share[@]}" >out 2>err
		like "system calls: what is not in the list gets EPERM ($profile)" "$?:$(<out):$(<err)" "0:welcome:*kill*Operation not permitted"
	done
	modeled enforce less.model --rm --annotation io.tsem.syscalls=no "${share[@]}" >out 2>err
	is "system calls: without the list, events alone refuse it, and record it" \
		"$?:$(tr '\n' ' ' <out):$(field "$(session)" refused)" "0:welcome :1"
	modeled enforce less.model --rm --annotation run.oci.seccomp_bpf_data=BgAAAAAA/38= "${share[@]}" >out 2>err
	like "system calls: no other filter by an annotation" "$(($? != 0)):$(<out):$(<err)" "1::*run.oci.seccomp_bpf_data*"
	modeled enforce less.model --rm --annotation run.oci.handler=wasm "${share[@]}" >out 2>err
	like "a runtime that executes nothing is not used" "$(($? != 0)):$(<out):$(<err)" "1::*run.oci.handler*"
	modeled sealed less.model --rm "${share[@]}" >out 2>err
	is "system calls: who only records refuses none" "$?:$(tr '\n' ' ' <out)" "0:known welcome "
	echo '{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["kill"],"action":"SCMP_ACT_ERRNO","errnoRet":13}]}' >own.json
	modeled enforce calls.model --rm --security-opt seccomp="$scratch/own.json" "${share[@]}" >out 2>err
	like "system calls: the engine's own filter is not widened" "$?:$(<out):$(<err)" "0:welcome:*kill*Permission denied"
	modeled learn bare.model --rm --annotation io.tsem.syscalls=no "${share[@]}" >out
	is "system calls: not learned where they are not wanted" "$(<out):$(grep -c '^syscalls' "$models/bare.model")" "known
welcome:0"
	modeled enforce exec.model -d --name busy test /bin/sleep 1000 >/dev/null
	pod --runtime "$scratch/tsem-oci" exec busy /bin/cat /etc/motd >out 2>err
	is "system calls: podman exec is behind the same filter, and works" "$?:$(<out):$(<err)" 0:welcome:
	pod --runtime "$scratch/tsem-oci" rm -f -t 0 busy >/dev/null
}

policy() { # policy FILE TEXT
	mkdir -p /etc/tsem/containers.d
	echo "$2" >"/etc/tsem/containers.d/$1"
}

plain() { # plain WORDS...: podman run without annotations
	rm -f cid
	pod --runtime "$scratch/tsem-oci" run --cidfile "$scratch/cid" --rm --network none "$@" >out 2>err </dev/null
}

# podman hands on the annotations of an image, whose maker must not choose the model that the host learns into.
test_maker() {
	echo 'FROM test' >Containerfile
	pod build -q --format oci --annotation io.tsem.model="$models/made.model" --annotation io.tsem.mode=learn \
		-t made -f Containerfile . >/dev/null
	plain made /bin/cat /etc/secret
	like "annotations of the image: it is not created" "$(($? != 0)):$(<out):$(<err)" "1::*the image itself has annotations*"
	[ ! -e "$models/made.model" ]
	report $? "... and no model is learned"
	policy 10-made.json '{"match": {"image": "*/made:*"}, "mode": "off"}'
	plain made /bin/cat /etc/secret
	is "... a policy decides" "$?:$(<out)" 0:secret
	rm -r /etc/tsem
}

test_policy() {
	digest=$(pod image inspect -f '{{.Digest}}' test)
	policy 50-work.json "{\"match\": {\"image\": \"*/test:*\", \"name\": \"w*\"}, \"model\": \"$models/policy.model\", \"mode\": \"learn\"}"
	plain --name worker test /bin/sh -c 'read -r l </etc/motd; echo $l'
	is "policy: learned by image and name" "$?:$(<out):$("$T" show "$models/policy.model" | sed -n 's/^runs *//p')" 0:welcome:1
	plain --name other test /bin/cat /etc/secret
	is "policy: what does not match is not modeled" "$?:$(<out)" 0:secret
	policy 40-digest.json "{\"match\": {\"digest\": \"$digest\"}, \"model\": \"$models/policy.model\"}"
	plain --name other test /bin/sh -c 'read -r l </etc/motd; echo $l'
	is "policy: by digest, the first by name; enforced" "$?:$(<out):$(field "$(session)" violations)" 0:welcome:0
	plain --name worker test /bin/cat /etc/secret
	like "policy: and enforced" "$(($? != 0)):$(<out):$(<err)" "1::*not permitted*"
	modeled sealed policy.model --rm test /bin/cat /etc/secret >out 2>err
	like "policy: it comes before annotations, which an image can have too" "$?:$(<out):$(<err)" "1::*not permitted*"
	pod --runtime "$scratch/tsem-oci" create --name shown --network none test /bin/sh >/dev/null
	pod --runtime "$scratch/tsem-oci" init shown >/dev/null
	tsem oci --explain /var/lib/containers/storage/*-containers/*/userdata/config.json </dev/null
	like "policy: explained" "$status:$output" "0:name       shown?image      localhost/test:latest?digest     $digest*40-digest.json matches.*50-work.json does not match: the name differs.*is modeled by /etc/tsem/containers.d/40-digest.json: mode enforce, model $models/policy.model, on violation deny, system calls yes."
	pod --runtime "$scratch/tsem-oci" rm -f -t 0 shown >/dev/null
	policy 30-off.json '{"match": {"name": "free"}, "mode": "off"}'
	plain --name free test /bin/cat /etc/secret
	is "policy: off" "$?:$(<out)" 0:secret
	policy 30-off.json '{"match": {"name": "free"}, "mode": "refuse"}'
	plain --name free test /bin/cat /etc/secret
	like "policy: refused" "$(($? != 0)):$(<out):$(<err)" "1::*is not created: /etc/tsem/containers.d/30-off.json refuses it*"
	for each in '{"match": {}, "modle": "/m"}' '{' '{"model": "/m"}'; do
		policy 20-broken.json "$each"
		plain test /bin/echo ran
		like "policy: broken: $each" "$(($? != 0)):$(<out):$(<err)" "1::*/etc/tsem/containers.d/20-broken.json*"
	done
	policy 20-broken.json '{"match": {"name": "nobody"}, "mode": "off"}'
	chmod 666 /etc/tsem/containers.d/20-broken.json
	plain test /bin/echo ran
	like "policy: one that others may write" "$(($? != 0)):$(<out):$(<err)" "1::*20-broken.json is not used: *20-broken.json may be written by others*"
	rm -r /etc/tsem/containers.d
	is "policy: none is left" "$(pod ps -aq):$("$T" ps --quiet)" :
}

wants() { # wants NAME PATTERN WORDS...: only signed models; podman does not start it, and says why
	local name=$1 pattern=$2

	shift 2
	refused "$name" "$pattern" --annotation io.tsem.require-signed="$scratch/keys" "$@"
}

test_signed() {
	mkdir keys
	openssl genpkey -algorithm ed25519 -out key.pem
	openssl pkey -in key.pem -pubout -out keys/own.pem
	digest=$(pod image inspect -f '{{.Digest}}' test)
	modeled learn plain.model --rm test /bin/echo ran >/dev/null
	"$T" model sign --key key.pem --subject "image=$digest" -o "$models/this.dsse" "$models/plain.model"
	"$T" model sign --key key.pem --subject "image=sha256:$(sha256sum <key.pem | cut -d ' ' -f 1)" -o "$models/other.dsse" "$models/plain.model"
	wants "a model without a signature, where one is demanded" "*plain.model*" --annotation io.tsem.model="$models/plain.model"
	wants "a model of another image" "*other.dsse is refused: none of its subjects is $digest*" \
		--annotation io.tsem.model="$models/other.dsse" --annotation io.tsem.about=image
	modeled enforce this.dsse --annotation io.tsem.require-signed="$scratch/keys" --annotation io.tsem.about=image --rm test /bin/echo ran >out 2>err
	is "a signed model of this image" "$?:$(<out):$(<err)" 0:ran:
	refused "about without a signature" "*add require-signed*" --annotation io.tsem.model="$models/this.dsse" --annotation io.tsem.about=image
}

# By the digest of the image alone: nobody names a file.
test_attached() {
	local digest manifest run=(test /bin/echo ran)

	mkdir -p attached/blobs/sha256 trusted
	openssl genpkey -algorithm ed25519 -out attach.pem
	openssl pkey -in attach.pem -pubout -out trusted/own.pem
	openssl genpkey -algorithm ed25519 -out stranger.pem
	digest=$(pod image inspect -f '{{.Digest}}' test)
	for manifest in /var/lib/containers/storage/*-images/*/manifest; do
		[ "sha256:$(sha256sum <"$manifest" | cut -d ' ' -f 1)" != "$digest" ] || cp "$manifest" "attached/blobs/sha256/${digest#*:}"
	done
	echo '{"imageLayoutVersion":"1.0.0"}' >attached/oci-layout
	printf '{"schemaVersion":2,"manifests":[{"mediaType":"application/vnd.oci.image.manifest.v1+json","digest":"%s","size":%s}]}' \
		"$digest" "$(stat -c %s "attached/blobs/sha256/${digest#*:}")" >attached/index.json
	policy 10-attached.json "{\"match\": {}, \"attached\": \"$scratch/attached\", \"require-signed\": \"$scratch/trusted\"}"
	plain "${run[@]}"
	like "attached: without a model nothing runs" "$(($? != 0)):$(<out):$(<err)" "1::*no model is attached to $digest in $scratch/attached*"
	policy 10-attached.json "{\"match\": {}, \"attached\": \"$scratch/attached\", \"require-signed\": \"$scratch/trusted\", \"otherwise\": \"learn\", \"model\": \"$models/attached.model\"}"
	plain "${run[@]}"
	is "attached: or one is learned" "$?:$(<out):$("$T" show "$models/attached.model" | sed -n 's/^runs *//p')" 0:ran:1
	"$T" image attach attached "$models/attached.model" --key stranger.pem >/dev/null
	plain "${run[@]}"
	like "attached: not where there is one of another key" "$(($? != 0)):$(<out):$(<err)" "1::*none of its signatures is by*"
	"$T" image attach attached "$models/attached.model" --key attach.pem --serial 2 >/dev/null
	plain "${run[@]}"
	is "attached: by it the container runs" "$?:$(<out):$(field "$(session)" violations)" 0:ran:0
	plain test /bin/cat /etc/secret
	like "attached: and nothing else" "$(($? != 0)):$(<out):$(<err)" "1::*not permitted*"
	"$T" image attach attached "$models/attached.model" --key attach.pem --serial 3 >/dev/null
	plain "${run[@]}"
	is "attached: by a newer one too" "$?:$(<out)" 0:ran
	rm attached/blobs/sha256/"$(jq -r '.manifests[1].digest' attached/index.json | cut -d : -f 2)"
	plain "${run[@]}"
	like "attached: what cannot be had is not what is not there" "$(($? != 0)):$(<out):$(<err)" "1::*No such file*"
	rm -r /etc/tsem/containers.d
}

# A runtime that dies, or that kills tsem, at the create.
test_killed() {
	printf '#!/bin/sh\ncase "$*" in *create*) [ ! -e %s/die ] || kill -KILL $$; crun "$@"; kill -KILL $PPID ;; *) exec crun "$@" ;; esac\n' \
		"$scratch" >/usr/bin/killer
	chmod +x /usr/bin/killer
	ln -s "$T" tsem-oci-killer
	modeled learn killed.model --rm test /bin/echo ran >/dev/null
	mkdir killed
	(cd killed && crun spec)
	jq --arg model "$models/killed.model" --arg root "$scratch/root" '.process.terminal = false | .process.args = ["/bin/echo", "ran"]
		| .root = {path: $root, readonly: true} | .annotations = {"io.tsem.model": $model} | .linux.cgroupsPath = "/killed"' \
		killed/config.json >new.json
	mv new.json killed/config.json
	for each in runtime tsem; do
		rm -f die
		[ $each = tsem ] || touch die
		./tsem-oci-killer create --bundle killed victim >out 2>err </dev/null
		is "killed during create: $each: that is its status, and nothing has run" "$?:$(<out)" 137:
		none "killed during create: $each: nothing is bound" "$T" ps --quiet
		./tsem-oci-killer delete --force victim >/dev/null 2>&1
		is "killed during create: $each: it can be deleted" "$(crun list -q):$(<out)" :
	done
	rm /usr/bin/killer
}

hooked() { # hooked RUNTIME MODE MODEL WORDS...: podman run with that runtime itself, and tsem as its hook
	local runtime=$1 mode=$2 model=$3

	shift 3
	rm -f cid
	pod --runtime "$runtime" --hooks-dir "$scratch/hooks" run --cidfile "$scratch/cid" --network none \
		--annotation io.tsem.mode="$mode" --annotation io.tsem.model="$models/$model" "$@" </dev/null
}

# Instead of the runtime: its createRuntime and poststop.
test_hook() {
	local logger

	mkdir hooks
	rm -f /dev/log
	python3 -u -c '
import socket
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind("/dev/log")
while True:
    print(s.recv(65536).decode())
' >log & # crun drops what its hooks say
	logger=$!
	wait_until test -S /dev/log
	jq -n --arg tsem "$T" '{version: "1.0.0", hook: {path: $tsem, args: ["tsem", "oci", "hook"]}, when: {always: true},
		stages: ["createRuntime", "poststop"]}' >hooks/tsem.json
	for runtime in crun runc; do
		hooked $runtime learn $runtime.model --rm test /bin/work.sh >out 2>err
		is "hook: $runtime: it does what it does" "$?:$(tr '\n' ' ' <out):$(<err)" "0:welcome done :"
		is "hook: $runtime: the model is there when podman returns" "$("$T" show "$models/$runtime.model" | sed -n 's/^runs *//p')" 1
		lacks "hook: $runtime: nothing of what sets up a container is in it" \
			"$("$T" show "$models/$runtime.model" trajectory)" 'crun|runc|conmon|mount|pivot|fifo'
		hooked $runtime enforce $runtime.model --rm test /bin/work.sh >out 2>err
		like "hook: $runtime: a model with system calls does not fit a hook" "$(($? != 0)):$(<out):$(<log)" \
			"1::*a hook cannot refuse the system calls *io.tsem.syscalls=no*"
		hooked $runtime enforce $runtime.model --annotation io.tsem.syscalls=no -d --name $runtime test /bin/work.sh >out 2>err
		is "hook: $runtime: enforced" "$?:$(<err):$(pod wait $runtime):$(pod logs $runtime | tr '\n' ' '):$(field "$(session)" violations)" \
			"0::0:welcome done :0"
		hooked $runtime enforce $runtime.model --annotation io.tsem.syscalls=no --rm test /bin/cat /etc/secret >out 2>err
		like "hook: $runtime: another command does not start" "$?:$(<out):$(($(field "$(session)" refused) > 0)):$(<err)" "1::1:*not permitted*"
		hooked $runtime enforce none.model --rm test /bin/echo ran >out 2>err
		like "hook: $runtime: without a model the container does not start" "$(($? != 0)):$(<out):$("$T" ps --quiet)" 1::
	done
	hooked crun enforce none.model --annotation run.oci.hooks.stderr=/srv/said --rm test /bin/echo ran >out 2>err
	like "hook: it says nothing where an annotation has that written to a file" "$?:$(<out):$(cat /srv/said 2>/dev/null)" "12[67]::"
	hooked crun learn exec-hook.model --annotation io.tsem.syscalls=no -d --name held test /bin/sleep 1000 >/dev/null
	pod --runtime crun exec held /bin/cat /etc/motd >out 2>err
	is "hook: exec joins" "$?:$(<out):$("$T" show "$(session)" trajectory | grep -c '/bin/cat.*/etc/motd')" 0:welcome:1
	pod --runtime crun --hooks-dir "$scratch/hooks" rm -f -t 0 held >/dev/null
	pod --runtime crun --hooks-dir "$scratch/hooks" run --rm --network none test /bin/echo plain >out 2>err
	is "hook: a container without annotations is not modeled" "$?:$(<out):$(<err)" 0:plain:
	mkdir -p /etc/tsem/containers.d
	echo '{"match":{},"mode":"refuse"}' >/etc/tsem/containers.d/90-all.json
	pod --runtime crun --hooks-dir "$scratch/hooks" run --rm --network none test /bin/echo plain >out 2>err
	like "hook: a policy that refuses it counts" "$?:$(<out):$(<err):$(tail -n 1 log)" "126::*hook*90-all.json*"
	rm /etc/tsem/containers.d/90-all.json
	for each in '' '{' '{}' '{"id":"x"}' '{"id":"x","id":"y","bundle":"/"}' '{"id":7}'; do
		"$T" oci hook <<<"$each" >out 2>err
		like "hook: state: $each" "$?:$(<out):$(wc -l <err):$(<err)" "1::1:tsem: *"
	done
	kill $logger
	rm /dev/log
}

need 'the kernel side loads' "$T" load
need 'an image' image
for each in ${TESTS:-learn enforce exec syscalls policy maker errors signed attached killed hook}; do
	"test_$each"
done
finish
