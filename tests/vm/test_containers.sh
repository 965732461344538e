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
	is "learned: nothing of what sets up a container is in it" \
		"$("$T" show "$models/work.model" trajectory | grep -c 'crun\|conmon\|mount\|pivot')" 0
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
	[ "$?" != 0 ]
	report $? "enforced: another command does not start"
	is "enforced: it has not read the secret" "$(grep -c secret out)" 0
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
	[ "$?" != 0 ]
	report $? "exec: another command does not start"
	is "exec: it has done nothing" "$(<out)" ""
	why "$(session)"
	like "exec: why says what" "$status:$output" "3:In this model the container runtime starts */bin/sh*, here it starts /bin/cat. If that belongs to the workload, *the container runtime opens /bin/cat for execution: refused*"
	is "exec: the container goes on" "$(pod inspect -f '{{.State.Running}}' guarded)" true
	pod --runtime "$scratch/tsem-oci" rm -f -t 1 guarded >/dev/null
	is "removed: nothing is bound any more" "$("$T" ps --quiet)" ""
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
	refused "a mode that there is not" "*io.tsem.mode is learn, sealed or enforce, not enforced*" \
		--annotation io.tsem.model="$models/work.model" --annotation io.tsem.mode=enforced
	refused "an action that there is not" "*io.tsem.on-violation cannot be shout*" \
		--annotation io.tsem.model="$models/work.model" --annotation io.tsem.on-violation=shout
	refused "an annotation that there is not" "*no other annotation io.tsem.*" --annotation io.tsem.modle="$models/work.model"
	head -c 300 "$models/work.model" >"$models/short.model"
	refused "a model that is cut" "*short.model*" --annotation io.tsem.model="$models/short.model"
	is "none is left" "$(pod ps -aq):$("$T" ps --quiet)" :
	mkdir bundle
	for each in '' '{' '{"annotations":[]}' '{"annotations":{"io.tsem.model":1}}' '{"annotations":{"io.tsem.mode":""}}'; do
		echo "$each" >bundle/config.json
		./tsem-oci create --bundle bundle x >out 2>err
		like "config.json: $each" "$?:$(<out):$(<err)" "1::tsem: bundle/config.json cannot be understood at byte *"
	done
	rm bundle/config.json
	./tsem-oci create --bundle bundle x >out 2>err
	like "no config.json" "$?:$(<err)" "1:tsem: cannot read bundle/config.json: No such file*"
	truncate -s 17M bundle/config.json
	./tsem-oci create -b bundle x >out 2>err
	like "a huge config.json" "$?:$(<err)" "1:tsem: bundle/config.json is no file of at most 16 MiB"
	echo '{"annotations":{"io.tsem.model":"/m"}}' >bundle/config.json
	./tsem-oci restore --bundle bundle x >out 2>err
	like "restore of a modeled container" "$?:$(<err)" "1:tsem: container x is modeled, and cannot be saved and restored"
	ln -s "$T" tsem-oci-none
	./tsem-oci-none state x >out 2>err
	like "a runtime that is not there" "$?:$(<err)" "1:tsem: cannot run the runtime none: No such file*"
	is "what is not of a container is the runtime's" "$(./tsem-oci --version)" "$(crun --version)"
	./tsem-oci state nothing >out 2>err
	is "its status is that of the runtime" "$?" "$(crun state nothing >/dev/null 2>&1; echo $?)"
}

need 'the kernel side loads' "$T" load
need 'an image' image
for each in ${TESTS:-learn enforce exec errors}; do
	"test_$each"
done
finish
