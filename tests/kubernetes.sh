#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# What comes with tsem for Kubernetes, without a cluster: the manifests beside a schema, what they say of each other, how
# the annotations of the example are understood, and what the nodes get. tests/vm/test_kubernetes.sh lets containerd
# run them.
# usage: tests/kubernetes.sh BUILD
set -u
export PYTHONDONTWRITEBYTECODE=1
cd "$(dirname "$0")/.." || exit 1
. tests/tap.sh
build=$(realpath "${1:?usage: tests/kubernetes.sh BUILD}")
tsem=$build/tsem
here=packaging/kubernetes
work=$build/test/kubernetes
rm -rf "$work"
mkdir -p "$work"
agent=
trap '[ -z "$agent" ] || kill "$agent" 2>/dev/null; rm -rf "$work"' EXIT

none "the manifests are as the API wants them" tests/kubernetes/manifests.py check $here/*.yaml
none "what is misspelt there, or of another kind, is noticed" tests/kubernetes/manifests.py typos $here/*.yaml
none "containerd, RuntimeClass, nodes and annotations agree" tests/kubernetes/runtimes.py $here
for change in 's/tsem-oci-runc/tsem-oci-crun/' 's/, "io.tsem.\*\/\*"//' 's/runtimes.tsem/runtimes.tsm/'; do
	mkdir -p "$work/changed"
	cp $here/* "$work/changed"
	sed -i "$change" "$work"/changed/containerd-[23].toml
	tests/kubernetes/runtimes.py "$work/changed" >"$work/said"
	like "... where they do not, that is said: $change" "$?:$(<"$work/said")" "1:*"
done

sed 's/"learning": "no"/"learning": "yes"/' $here/annotations.json >"$work/learning.json"
policy=$work/learning.json

# On a machine that has the policy, and no other one. It is read with an /etc of its own.
explained() { # explained MANIFEST CONTAINER: how it is modeled, its status before
	mkdir -p "$work/bundle"
	tests/kubernetes/manifests.py annotations "$1" "$2" >"$work/bundle/config.json"
	# shellcheck disable=SC2016 # the inner shell expands it
	said=$(unshare --map-root-user --mount sh -c 'policy=$(cat "$1") && mount -t tmpfs -o mode=755 tmpfs /etc &&
		mkdir -p /etc/tsem/containers.d && { [ -z "$policy" ] || echo "$policy" >/etc/tsem/containers.d/50-annotations.json; } &&
		exec "$2" oci --explain "$3"' sh "$policy" "$tsem" "$work/bundle/config.json" 2>&1)
	echo "$?:$said"
}
policy=/dev/null
like "annotations: without a policy they choose nothing" "$(explained $here/pod.yaml web)" \
	"1:*are those of a pod, and no policy in /etc/tsem/containers.d lets them choose a model (mode annotations)"
policy=$here/annotations.json
like "annotations: with the one that comes with tsem they do not learn" "$(explained $here/pod.yaml web)" \
	"1:*mode must not be learn: the policy does not say \"learning\": \"yes\""
policy=$work/learning.json
for each in /etc/profile.d/x.sh /var/lib/tsem/pods/back/web.model '/var/lib/tsem/pods/front/$(id).model' /var/lib/tsem/pods/front/../back/web.model; do
	sed "s|/var/lib/tsem.*|$each|" $here/pod.yaml >"$work/pod.yaml"
	like "annotations: not $each" "$(explained "$work/pod.yaml" web)" \
		"1:*model has to be /var/lib/tsem/pods/front/NAME, with a NAME of letters, digits and ._-"
done
like "annotations: the container that they name" "$(explained $here/pod.yaml web)" \
	"0:name       web?namespace  front?pod        shop?*modeled by its annotations: mode learn, model /var/lib/tsem/pods/front/shop-web.model, system calls yes."
like "annotations: the one that is off" "$(explained $here/pod.yaml log)" "0:name       log?*The container is not modeled."
like "annotations: one that they do not name" "$(explained $here/pod.yaml debugger)" \
	"1:*annotations io.tsem.\* are for container web, and none is for this one: *say io.tsem.mode/debugger: off"
sed 's|io.tsem.model/web|io.tsem.model/wep|' $here/pod.yaml >"$work/pod.yaml"
like "annotations: a name that is misspelt" "$(explained "$work/pod.yaml" web)" "1:*io.tsem.model is missing*"
sed 's|io.tsem.mode/web|io.tsem.moed/web|' $here/pod.yaml >"$work/pod.yaml"
like "annotations: a setting that is misspelt" "$(explained "$work/pod.yaml" log)" "1:*no other setting of tsem*"
sed 's|/web: |: |; /mode.log/d' $here/pod.yaml >"$work/pod.yaml"
like "annotations: without a name they are for all" "$(explained "$work/pod.yaml" log)" "0:*modeled by its annotations: mode learn*"

# What containerd shows of a runtime that refuses.
tests/kubernetes/manifests.py annotations $here/pod.yaml debugger >"$work/bundle/config.json"
ln -s "$tsem" "$work/tsem-oci-none"
"$work/tsem-oci-none" --log "$work/engine.log" --log-format json create --bundle "$work/bundle" x >"$work/said" 2>&1
like "refused: the engine's log says why" "$?:$(jq -r '.level + ":" + .msg' "$work/engine.log")" "1:error:*none is for this one*io.tsem.mode/debugger: off"

# The root of the image: nothing else is there, neither the loader nor the libraries of this machine.
make --no-print-directory node B="$build" >"$work/log" 2>&1
report $? "make node" "$(cat "$work/log")"
podman=(podman --log-level=error --root "$work/storage" --runroot "$work/run" --storage-driver vfs --cgroup-manager=cgroupfs)
"${podman[@]}" build -q --isolation chroot -f $here/Containerfile -t node "$build/node" >"$work/log" 2>&1 &&
	"${podman[@]}" save -q --format oci-dir -o "$work/layout" node >>"$work/log" 2>&1
report $? "an image of it" "$(cat "$work/log")"
layer=$(jq -r '.layers[0].digest' "$work/layout"/blobs/sha256/"$(jq -r '.manifests[0].digest' "$work/layout/index.json" | cut -d : -f 2)" | cut -d : -f 2)
mkdir "$work/unpacked"
tar -C "$work/unpacked" -xf "$work/layout/blobs/sha256/$layer"
none "... which has it all" diff -r --no-dereference "$build/node" "$work/unpacked"
version=$("$tsem" version)
node=$work/image/host # /opt/tsem of the node, where the image has it
cp -R "$build/node" "$work/image"
chroot "$work/image" /node install /host >"$work/log" 2>&1
is "it is installed: everything" "$?:$(diff -r "$work/image/opt/tsem" "$node" 2>&1)" 0:
is "... with the names by which it is a runtime" "$(readlink "$node"/bin/tsem-oci* | tr '\n' ' ')" "tsem tsem "
mkdir -p "$work/bare/opt"
cp -R "$node" "$work/bare/opt/tsem"
is "... and runs where there is nothing else" "$(chroot "$work/bare" /opt/tsem/bin/tsem version)" "$version"
is "... as a runtime, too: without one below it says so" "$(chroot "$work/bare" /opt/tsem/bin/tsem-oci-runc --version 2>&1)" \
	"tsem: cannot run the runtime runc: No such file or directory"
chroot "$work/image" /host/bin/tsem tma --listen unix:/tmp/agent 2>"$work/agent" &
agent=$!
wait_until contains "$work/agent" ready
chroot "$work/image" /node install /host >"$work/log" 2>&1
is "it is installed again, while it runs" "$?:$(<"$work/log")" "0:tsem is installed: $(<"$node/share/version")"
kill -0 $agent
report $? "... and goes on running"
kill $agent
wait $agent
agent=
chroot "$work/image" /node nonsense >"$work/log" 2>&1
is "a word that it does not know" "$?:$(<"$work/log")" "2:usage: node install DIR | load | wait"
finish
