#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# Other runtimes and engines than crun under podman: runc, docker, containerd. A model of one fits the others.

# shellcheck source=tests/vm/lib.sh
. "$(dirname "$0")/lib.sh"
ln -s "$T" tsem-oci
ln -s "$T" tsem-oci-runc
mkdir -p /var/lib/{containers,docker,containerd} /run/lock models
for each in containers docker containerd; do mount -t tmpfs -o mode=0700 tmpfs /var/lib/$each; done
models=$scratch/models
PATH=/usr/sbin:/usr/bin:/sbin:/bin # not what somebody has in /usr/local

pod() { # pod WORDS...
	timeout 120 podman --log-level=error --cgroup-manager=cgroupfs --events-backend=none "$@"
}

session() { # the session of the last container
	head -c 12 cid
}

image() {
	mkdir -p root/{bin,etc,tmp,proc,sys,dev,data}
	for each in sh cat sleep echo hostname; do cp /bin/busybox root/bin/$each; done
	echo welcome >root/etc/motd
	echo secret >root/etc/secret
	printf '#!/bin/sh\ncat /etc/motd\nhostname >/tmp/name\necho done\n' >root/bin/work.sh
	chmod +x root/bin/work.sh
	tar -C root -cf root.tar .
	pod import -q root.tar test
}

policy() { # policy FILE TEXT
	mkdir -p /etc/tsem/containers.d
	echo "$2" >"/etc/tsem/containers.d/$1"
}

with_runc() { # with_runc WORDS...
	pod --runtime "$scratch/tsem-oci-runc" "$@"
}

test_runc() {
	modeled=(run --cidfile "$scratch/cid" --rm --network none --annotation io.tsem.model="$models/work.model")
	with_runc "${modeled[@]}" --annotation io.tsem.mode=learn test /bin/work.sh >out 2>err
	is "runc: learned" "$?:$(tr '\n' ' ' <out):$(<err)" "0:welcome done :"
	lacks "runc: its own opening of the pipe that it waits on is not the workload's" \
		"$("$T" show "$models/work.model" trajectory)" 'fifo|runc|/proc'
	rm -f cid
	with_runc "${modeled[@]}" test /bin/work.sh >out 2>err
	is "runc: enforced" "$?:$(tr '\n' ' ' <out):$(field "$(session)" violations)" "0:welcome done :0"
	rm -f cid
	with_runc "${modeled[@]}" test /bin/cat /etc/secret >out 2>err
	like "runc: another command does not start" "$(($? != 0)):$(<out):$(<err)" "1::*operation not permitted*"
	rm -f cid
	pod --runtime "$scratch/tsem-oci" "${modeled[@]}" test /bin/work.sh >out 2>err
	is "the model of runc fits under crun" "$?:$(tr '\n' ' ' <out):$(field "$(session)" violations)" "0:welcome done :0"
	daemon=(run -d --cidfile "$scratch/cid" --network none --annotation io.tsem.model="$models/exec.model" --name)
	rm -f cid
	with_runc "${daemon[@]}" learner --annotation io.tsem.mode=learn test /bin/sleep 1000 >/dev/null
	with_runc exec learner /bin/cat /etc/motd >out
	with_runc rm -f -t 0 learner >/dev/null
	rm -f cid
	with_runc "${daemon[@]}" guarded test /bin/sleep 1000 >/dev/null
	with_runc exec guarded /bin/cat /etc/motd >out 2>err
	is "runc: exec of what was learned" "$?:$(<out)" 0:welcome
	with_runc exec guarded /bin/sh -c 'echo ran' >out 2>err
	like "runc: exec of another" "$(($? != 0)):$(<out):$(<err)" "1::*operation not permitted*"
	with_runc exec -t guarded /bin/cat /etc/motd >out 2>err
	is "runc: exec with a terminal" "$?:$(tr -d '\r' <out)" 0:welcome
	with_runc kill guarded >/dev/null
	wait_until eval '[ "$(pod inspect -f "{{.State.Status}}" guarded)" = exited ]'
	is "runc: killed" "$(pod inspect -f '{{.State.ExitCode}}' guarded)" 137
	with_runc rm -f -t 0 guarded >/dev/null
}

# What is not about the start of a container is the runtime's, to the byte.
test_passes() {
	pod --runtime "$scratch/tsem-oci" run -d --name passing --network none --annotation io.tsem.mode=learn \
		--annotation io.tsem.model="$models/passing.model" test /bin/sleep 1000 >/dev/null
	id=$(pod inspect -f '{{.Id}}' passing)
	for each in "state $id" "ps $id" "ps --format json $id" list "list -q" features "state none" "kill none" "delete none" \
		nonsense --version; do
		read -r -a words <<<"$each"
		./tsem-oci "${words[@]}" >out 2>err
		status=$?
		crun "${words[@]}" >wanted 2>wanted.err
		wanted=$?
		is "passes: ${each/$id/ID}" "$status:$(<out):$(<err)" "$wanted:$(<wanted):$(<wanted.err)"
	done
	./tsem-oci-runc features >out 2>err
	is "passes: features, of runc" "$?:$(<out)" "0:$(runc features)"
	./tsem-oci checkpoint "$id" >out 2>err
	is "checkpoint: it is refused" "$?:$(<err)" "1:tsem: container $id is modeled, and cannot be saved and restored"
	./tsem-oci kill "$id" KILL
	wait_until eval '[ "$(pod inspect -f "{{.State.Status}}" passing)" = exited ]'
	is "passes: kill" "$(pod inspect -f '{{.State.ExitCode}}' passing)" 137
	pod --runtime "$scratch/tsem-oci" rm -f -t 0 passing >/dev/null
	is "deleted: the model is there" "$(sed -n 's/^runs *//p' "$models/passing.model")" 1
	pod --runtime "$scratch/tsem-oci" run --rm --network none --annotation io.tsem.mode=learn \
		--annotation io.tsem.model="$models/exit.model" test /bin/sh -c 'exit 7'
	is "passes: the status of the container" "$?" 7
}

# Who is not root loads no programs: such a container is not started, and others are.
test_rootless() {
	useradd -m -u 4711 rootless
	echo rootless:500000:65536 | tee /etc/subuid >/etc/subgid
	mkdir -p /run/user/4711
	chown 4711 /run/user/4711
	chmod 755 "$scratch" . "$models"
	cp "$T" /usr/local/bin/tsem-oci
	free() { # free WORDS...
		(cd / && timeout 120 setpriv --reuid 4711 --regid 4711 --clear-groups env HOME=/home/rootless XDG_RUNTIME_DIR=/run/user/4711 \
			podman --log-level=error --cgroup-manager=cgroupfs --events-backend=none --storage-driver vfs "$@" </dev/null)
	}
	free import -q "$scratch/root.tar" test >/dev/null
	free --runtime /usr/local/bin/tsem-oci run --rm --network none test /bin/cat /etc/motd >out 2>err
	is "rootless: a container without annotations runs" "$?:$(<out):$(<err)" 0:welcome:
	for mode in learn enforce; do
		free --runtime /usr/local/bin/tsem-oci run --rm --network none --annotation io.tsem.mode=$mode \
			--annotation io.tsem.model="$models/work.model" test /bin/cat /etc/motd >out 2>err
		like "rootless: $mode: it does not run, and why is said" "$(($? != 0)):$(<out):$(<err)" \
			"1::*tsem: only root can model containers: *"
	done
}

docker() { # docker WORDS...
	timeout 120 /usr/bin/docker "$@" </dev/null
}

docker_starts() { # with the driver of storage that is named
	dockerd --iptables=false --ip6tables=false --bridge=none --storage-driver="$1" --exec-opt native.cgroupdriver=cgroupfs \
		--add-runtime tsem="$scratch/tsem-oci-runc" >dockerd.log 2>&1 &
	daemon=$!
	wait_until eval 'docker version >/dev/null 2>&1'
}

docker_ends() {
	kill $daemon
	wait $daemon
}

# It has no option for annotations: the policies say how its containers are modeled.
test_docker() {
	# podman gives its containers fewer capabilities, which are part of events.
	unconfined=(--security-opt apparmor=unconfined --network none --cap-drop NET_RAW --cap-drop MKNOD --cap-drop AUDIT_WRITE)
	docker_starts overlay2
	docker import root.tar test >/dev/null
	policy 50-docker.json "{\"match\": {\"labels\": {\"app\": \"work\"}}, \"model\": \"$models/docker.model\", \"mode\": \"learn\"}"
	docker run --rm "${unconfined[@]}" --runtime tsem --label app=work test /bin/work.sh >out 2>err
	is "docker: learned by its label" "$?:$(tr '\n' ' ' <out):$(<err)" "0:welcome done :"
	policy 50-docker.json "{\"match\": {\"image\": \"test\", \"name\": \"w*\"}, \"model\": \"$models/docker.model\"}"
	rm -f cid
	docker run --cidfile cid --rm "${unconfined[@]}" --runtime tsem --name worker --hostname other test /bin/work.sh >out 2>err
	is "docker: enforced by its name" "$?:$(tr '\n' ' ' <out):$(<err):$(field "$(session)" violations)" "0:welcome done ::0"
	docker run --rm "${unconfined[@]}" --runtime tsem --name wrong test /bin/cat /etc/secret >out 2>err
	like "docker: another command does not start" "$(($? != 0)):$(<out):$(<err)" "1::*operation not permitted*"
	docker run --rm "${unconfined[@]}" --runtime tsem --name free test /bin/cat /etc/secret >out 2>err
	is "docker: another container is not modeled" "$?:$(<out)" 0:secret
	"$T" model diff "$models/docker.model" "$models/work.model" >out
	like "docker: the model is that of podman" "$?:$(<out)" "0:The models allow the same*"
	policy 50-docker.json "{\"match\": {\"name\": \"long\"}, \"model\": \"$models/exec.model\"}"
	rm -f cid
	docker run --cidfile cid -d "${unconfined[@]}" --runtime tsem --name long test /bin/sleep 1000 >/dev/null
	docker exec long /bin/cat /etc/motd >out 2>err
	is "docker: exec of what podman has learned" "$?:$(<out):$(field "$(session)" violations)" 0:welcome:0
	docker exec long /bin/sh -c 'echo ran' >out 2>err
	like "docker: exec of another" "$(($? != 0)):$(<out):$(<err)" "1:*operation not permitted*"
	tsem why "$(session)" </dev/null
	like "docker: why says what" "$status:$output" "3:In this model the container runtime starts */bin/cat*, here it starts /bin/sh.*"
	docker rm -f long >/dev/null
	docker_ends
	rm -r /etc/tsem/containers.d
	none "docker: none is left" "$T" ps --quiet
}

container() { # container WORDS...: ctr
	timeout 120 ctr "$@" </dev/null
}

test_containerd() {
	containerd >containerd.log 2>&1 &
	daemon=$!
	wait_until eval 'container version >/dev/null 2>&1'
	pod save -q --format oci-archive -o image.tar test
	container image import --base-name localhost/test image.tar >/dev/null
	run=(run --rm --runc-binary "$scratch/tsem-oci-runc" --annotation io.tsem.model="$models/containerd.model")
	image=$(container image ls -q | head -n 1)
	container "${run[@]}" --annotation io.tsem.mode=learn "$image" first /bin/work.sh >out 2>err
	is "containerd: learned" "$?:$(tr '\n' ' ' <out):$(<err)" "0:welcome done :"
	container "${run[@]}" "$image" second /bin/work.sh >out 2>err
	is "containerd: enforced" "$?:$(tr '\n' ' ' <out):$(field second violations)" "0:welcome done :0"
	container "${run[@]}" "$image" third /bin/cat /etc/secret >out 2>err
	like "containerd: another command does not start" "$(($? != 0)):$(<out):$(<err)" "1::*operation not permitted*"
	kill $daemon
	wait $daemon
}

need 'the kernel side loads' "$T" load
need 'an image' image
for each in ${TESTS:-runc passes rootless docker containerd}; do
	"test_$each"
done
finish
