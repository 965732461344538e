#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# Pods of containerd's interface for Kubernetes (CRI), from the manifests and the configuration that come with tsem: the
# nodes get tsem by the DaemonSet, a pod is learned, another one is enforced. There is no kubelet: cri.py stands for it.

# shellcheck source=tests/vm/lib.sh
. "$(dirname "$0")/lib.sh"
here=$(dirname "$tests")/packaging/kubernetes
build=$(dirname "$T")
PATH=/usr/sbin:/usr/bin:/sbin:/bin # not what somebody has in /usr/local
mkdir -p /var/lib/containerd /opt logs
for each in /var/lib/containerd /opt; do mount -t tmpfs -o mode=0755 tmpfs $each; done
model=/var/lib/tsem/pods/front/shop-web.model
mkdir -p /var/lib/tsem/pods/{front,back} /etc/tsem/containers.d

cri() { # cri WORDS...
	timeout 300 /usr/bin/python3 "$vm/cri.py" "$@" </dev/null
}

blob() { # blob FILE: into the layout; its digest
	local hex

	hex=$(sha256sum <"$1")
	cp "$1" "layout/blobs/sha256/${hex%% *}"
	echo "sha256:${hex%% *}"
}

descriptor() { # descriptor TYPE FILE: and into the layout
	printf '{"mediaType":"application/vnd.oci.image.%s","digest":"%s","size":%s' "$1" "$(blob "$2")" "$(stat -c %s "$2")"
}

# No engine has to build it, which takes minutes in an emulated machine.
image() { # image NAME DIR ENTRYPOINT: a layer of all that is in DIR; into the layout, and its line into the index
	tar -C "$2" --owner=0 --group=0 -cf layer.tar .
	printf '{"architecture":"%s","os":"linux","config":{"Entrypoint":%s},"rootfs":{"type":"layers","diff_ids":["%s"]}}' \
		"$(dpkg --print-architecture)" "$3" "$(blob layer.tar)" >config.json
	printf '{"schemaVersion":2,"config":%s},"layers":[%s}]}' "$(descriptor config.v1+json config.json)" \
		"$(descriptor layer.v1.tar layer.tar)" >manifest.json
	printf '%s,"annotations":{"io.containerd.image.name":"localhost/%s"}}\n' "$(descriptor manifest.v1+json manifest.json)" "$1" >>index
}

images() {
	mkdir -p layout/blobs/sha256 root/{bin,etc,tmp,proc,sys,dev}
	for each in sh cat sleep id; do cp /bin/busybox root/bin/$each; done
	echo welcome >root/etc/motd
	echo secret >root/etc/secret
	printf '#!/bin/sh\ncat /etc/motd\necho done\nexec sleep 1000\n' >root/bin/work.sh
	chmod +x root/bin/work.sh
	image work:1 root null
	image pause:1 root '["/bin/sleep","10000"]'
	image node:1 "$build/node" '["/node"]'
	printf '{"schemaVersion":2,"manifests":[%s]}' "$(paste -sd , index)" >layout/index.json
	echo '{"imageLayoutVersion":"1.0.0"}' >layout/oci-layout
	tar -C layout -cf image.tar . && ctr -n k8s.io image import image.tar >/dev/null
}

# What containerd is configured as without a file, the image of the sandboxes, and what comes with tsem, but for the version.
engine() {
	{
		containerd config default | sed 's|^\( *sandbox_image = \).*|\1"localhost/pause:1"|'
		grep -v '^version = 2$' "$here/containerd-2.toml"
	} >config.toml
	containerd --config "$scratch/config.toml" >containerd.log 2>&1 &
	wait_until eval 'ctr plugins ls | grep -E "cri +linux.* ok"'
}

started() { # started MANIFEST WORDS...: its containers; sandbox, and the ids in the files NAME.id
	local manifest=$1 name id

	shift
	rm -f ./*.id logs/*
	cri start "$manifest" --directory "$scratch/logs" "$@" >out 2>err
	status=$?
	sandbox=$(head -n 1 out)
	sed 1d out | while read -r name id; do echo "$id" >"$name.id"; done
	return $status
}

shop() { # shop SED-EXPRESSION: the example, changed so
	sed -e "$1" "$here/pod.yaml" >pod.yaml
	started pod.yaml --class "$here/runtimeclass.yaml" --image web=localhost/work:1 --image log=localhost/work:1 --image helper=localhost/work:1
}

logged() { # logged NAME: what the container has written
	cut -d ' ' -f 4- "logs/$1.log"
}

allow() { # allow LEARNING: the policy that comes with tsem, which lets annotations learn (yes) or not (no)
	sed 's/"learning": "no"/"learning": "'"$1"'"/' "$here/annotations.json" >/etc/tsem/containers.d/50-annotations.json
}

session() { # session NAME: of the container
	head -c 12 "$1.id"
}

test_node() {
	[ ! -e /sys/fs/bpf/tsem ]
	report $? "node: nothing is loaded"
	started "$here/daemonset.yaml" --image install=localhost/node:1 --image load=localhost/node:1 --image wait=localhost/node:1
	report $? "node: the containers of the DaemonSet do what they have to" "$(<err) $(cat logs/*.log)"
	is "node: tsem is there" "$(/opt/tsem/bin/tsem version)" "$("$T" version)"
	[ -e /sys/fs/bpf/tsem ]
	report $? "node: the kernel side is loaded, on the node" "$(cat logs/load.log)"
	is "node: the container that waits has no privileges" \
		"$(cri exec "$(<wait.id)" /bin/cat /proc/self/status | grep -E '^(Uid|CapEff|CapBnd|NoNewPrivs|Seccomp):' | tr -s '\t' ' ' | tr '\n' ';')" \
		"Uid: 65534 65534 65534 65534;CapEff: 0000000000000000;CapBnd: 0000000000000000;NoNewPrivs: 1;Seccomp: 2;"
	cri stop "$sandbox"
	is "node: it ends, and tsem stays" "$?:$(ls /opt/tsem/bin)" "0:tsem
tsem-oci
tsem-oci-runc"
}

test_learn() {
	shop ''
	report $? "learned: the pod runs" "$(<err)"
	wait_until contains logs/web.log done
	is "learned: it does what it does" "$(logged web | tr '\n' ' ')" "welcome done "
	is "learned: only the container that is named is modeled" "$("$T" ps --quiet)" "$(session web)"
	is "learned: what is executed there joins" "$(cri exec "$(<web.id)" /bin/cat /etc/motd)" welcome
	cri stop "$sandbox"
	is "learned: the model is there" "$?:$(sed -n 's/^runs *//p' $model)" 0:1
	lacks "learned: nothing of what sets up a container is in it" "$("$T" show $model trajectory)" 'runc|shim|/proc|fifo'
}

test_enforce() {
	start_logger
	shop 's/^    io.tsem.mode\/web: learn/    io.tsem.mode\/web: enforce/; s/name: shop$/name: shop-2/'
	report $? "enforced: another pod runs" "$(<err)"
	wait_until contains logs/web.log done
	is "enforced: it does what was learned" "$(logged web | tr '\n' ' ')" "welcome done "
	is "enforced: what was learned is executed, too" "$(cri exec "$(<web.id)" /bin/cat /etc/motd)" welcome
	is "enforced: no violation" "$(field "$(session web)" violations)" 0
	like "enforced: ps names the pod and the container" "$("$T" ps)" "*CONTAINER *$(session web) *enforcing *front/shop-2/web *"
	is "enforced: and their labels" "$(listed "$(session web)" | jq -r '.labels | [.namespace, .pod, .container] | join(" ")')" "front shop-2 web"
	cri exec "$(<web.id)" /bin/id >out 2>err
	like "enforced: another command does not start" "$?:$(<out):$(<err)" "1::*operation not permitted*"
	why "$(session web)"
	like "enforced: why says of which container, and what" "$status:$output" \
		"3:Session $(session web): namespace=front, pod=shop-2, container=web*In this model the container runtime starts */bin/cat*, here it starts /bin/id.*the container runtime opens /bin/id for execution: refused*"
	is "enforced: in its JSON, too" "$("$T" why "$(session web)" --json | jq -r .labels.pod)" shop-2
	wait_until contains log '(front/shop-2/web): the container runtime opens /bin/id'
	is "enforced: the container that is not modeled is free" "$(cri exec "$(<log.id)" /bin/cat /etc/secret)" secret
	is "enforced: the pod goes on" "$(cri status "$(<web.id)")" running
	cri stop "$sandbox"
	none "enforced: none is left" "$T" ps --quiet
	kill $logger
	rm /dev/log
}

# Whoever makes a pod writes its annotations.
test_lies() {
	local each

	allow no
	shop ''
	like "lies: no pod learns where the node does not let it" "$status:$(<err)" "125:*mode must not be learn*"
	cri stop "$sandbox"
	allow yes
	# shellcheck disable=SC2016 # a name with a meaning for shells
	for each in /etc/profile.d/x.sh /var/lib/tsem/pods/back/other.model '/var/lib/tsem/pods/front/$(id).model'; do
		shop "s|/var/lib/tsem/pods.*|$each|"
		like "lies: the model $each" "$status:$(<err)" "125:*model has to be /var/lib/tsem/pods/front/NAME*"
		cri stop "$sandbox"
		[ ! -e "$each" ]
		report $? "... and nothing is written there"
	done
	shop 's|^  annotations:|&\n    io.kubernetes.cri-o.ContainerType: sandbox\n    io.kubernetes.cri.sandbox-namespace: back|; s/: learn/: enforce/'
	is "lies: what it says of itself is what its engine says" "$status:$(listed "$(session web)" | jq -r .labels.namespace)" 0:front
	cri stop "$sandbox"
	rm /etc/tsem/containers.d/50-annotations.json
	shop 's/: learn/: enforce/'
	like "lies: without a policy annotations choose nothing" "$status:$(<err)" "125:*no policy in /etc/tsem/containers.d*"
	cri stop "$sandbox"
	none "lies: none is left" "$T" ps --quiet
	allow yes
}

# What is not said, or not understood, keeps a container from being created.
test_refused() {
	shop 's/- name: log/- name: helper/'
	like "refused: a container that the annotations do not name" "$status:$(<err)" "125:*for container log, and none is for this one*io.tsem.mode/helper: off*"
	cri stop "$sandbox"
	shop 's/io.tsem.mode\/web: learn/io.tsem.moed\/web: learn/'
	like "refused: an annotation that there is not, before the pod has a sandbox" "$status:$(<out):$(<err)" "125::*no other setting of tsem*"
	shop 's/: learn/: enforce/; s/shop-web.model/none.model/'
	like "refused: a model that is not there" "$status:$(<err)" "125:*none.model*"
	cri stop "$sandbox"
	none "refused: none is left" "$T" ps --quiet
}

# Of the whole pod: the container that holds its namespaces is none of them.
test_whole() {
	shop 's/\/web: / : /; /io.tsem.mode.log/d; s/: learn/: sealed/'
	report $? "for all: the pod runs" "$(<err)"
	is "for all: both are modeled, and nothing else is" "$("$T" ps --quiet | sort | tr '\n' ' ')" \
		"$(printf '%s\n' "$(session web)" "$(session log)" | sort | tr '\n' ' ')"
	cri stop "$sandbox"
}

# What the host says counts before what the pod says.
test_policy() {
	echo '{"match": {"name": "web", "annotations": {"io.kubernetes.cri.sandbox-namespace": "front"}}, "mode": "refuse"}' \
		>/etc/tsem/containers.d/10-front.json
	shop ''
	like "policy: by the namespace of the pod" "$status:$(<err)" "125:*10-front.json refuses it*"
	cri stop "$sandbox"
	echo '{"match": {"annotations": {"io.kubernetes.cri.container-type": "sandbox"}}, "mode": "off"}' >/etc/tsem/containers.d/10-front.json
	echo '{"match": {}, "mode": "refuse"}' >/etc/tsem/containers.d/90-all.json
	rm /etc/tsem/containers.d/50-annotations.json
	shop ''
	like "policy: every container, but not those that hold the namespaces of pods" "$status:$(wc -l <out):$(<err)" "125:1:*90-all.json refuses it*"
	cri stop "$sandbox"
	rm -r /etc/tsem/containers.d
}

need 'containerd' engine
need 'its interface for Kubernetes answers' cri version
need 'images' images
allow yes
for each in ${TESTS:-node learn enforce lies refused whole policy}; do
	"test_$each"
done
finish
