#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# What docker's own files say of an image: its manifest, by whatever it was pulled. With a docker and a registry of its own,
# which start no container.
# usage: tests/docker.sh TSEM
set -u
cd "$(dirname "$0")/.." || exit 1
. tests/tap.sh
tsem=$(realpath "${1:?usage: tests/docker.sh TSEM}")
work=$(mktemp -d "${TMPDIR:-/tmp}/docker-test.XXXXXX")
chmod 755 "$work"
PATH=/usr/sbin:/usr/bin:/sbin:/bin # not what somebody has in /usr/local
pids=()
cleanup() {
	[ ${#pids[@]} = 0 ] || kill "${pids[@]}" 2>/dev/null
	wait
	rm -rf "$work"
}
trap cleanup EXIT
registry=127.0.0.1:$(own_port)

docker() { # docker WORDS...
	timeout 60 /usr/bin/docker -H "unix://$work/socket" "$@" </dev/null
}

servers() {
	printf 'version: 0.1\nstorage: {filesystem: {rootdirectory: %s/registry}}\nhttp: {addr: %s}\n' "$work" "$registry" >"$work/registry.yml"
	docker-registry serve "$work/registry.yml" >"$work/registry.log" 2>&1 &
	pids+=($!)
	dockerd --data-root "$work/data" --exec-root "$work/exec" -H "unix://$work/socket" --pidfile "$work/pid" --iptables=false \
		--ip6tables=false --bridge=none --storage-driver vfs >"$work/dockerd.log" 2>&1 &
	pids+=($!)
}

put() { # put REFERENCE TYPE FILE: a manifest into the registry
	curl -sf -X PUT -H "Content-Type: application/vnd.oci.image.$2.v1+json" --data-binary @"$3" "http://$registry/v2/web/manifests/$1"
}

blob() { # blob FILE: into the registry; its descriptor, but for the type
	local digest place

	digest=sha256:$(sha256sum <"$1" | cut -d ' ' -f 1)
	place=$(curl -sf -X POST -o /dev/null -w '%header{location}' "http://$registry/v2/web/blobs/uploads/")
	curl -sf -X PUT -H 'Content-Type: application/octet-stream' --data-binary @"$1" "$place&digest=$digest"
	printf '"digest":"%s","size":%s' "$digest" "$(stat -c %s "$1")"
}

# Of one file, compressed or not: two manifests of one configuration.
images() {
	local layer type=application/vnd.oci.image

	mkdir "$work/root"
	echo content >"$work/root/file"
	tar -C "$work/root" -cf "$work/layer" .
	printf '{"architecture":"%s","os":"linux","rootfs":{"type":"layers","diff_ids":["sha256:%s"]}}' \
		"$(dpkg --print-architecture)" "$(sha256sum <"$work/layer" | cut -d ' ' -f 1)" >"$work/config"
	gzip -nk "$work/layer"
	for layer in layer layer.gz; do
		printf '{"schemaVersion":2,"mediaType":"%s.manifest.v1+json","config":{"mediaType":"%s.config.v1+json",%s},"layers":[{"mediaType":"%s.layer.v1.tar%s",%s}]}' \
			$type $type "$(blob "$work/config")" $type "$([ $layer = layer ] || echo +gzip)" "$(blob "$work/$layer")" >"$work/manifest.$layer"
	done
	put plain manifest "$work/manifest.layer" && put small manifest "$work/manifest.layer.gz" || return
	printf '{"schemaVersion":2,"mediaType":"%s.index.v1+json","manifests":[{"mediaType":"%s.manifest.v1+json","digest":"%s","size":%s,"platform":{"os":"linux","architecture":"%s"}}]}' \
		$type $type "$(digest manifest.layer.gz)" "$(stat -c %s "$work/manifest.layer.gz")" "$(dpkg --print-architecture)" >"$work/index"
	put index index "$work/index"
}

digest() { # digest FILE
	echo "sha256:$(sha256sum <"$work/$1" | cut -d ' ' -f 1)"
}

write_config() { # write_config ID: as docker would for a container of it, as far as it is looked at
	mkdir -p "$work/$1"
	printf '{"root":{"path":"%s"},"mounts":[{"source":"%s","destination":"/etc/hostname"}]}' \
		"$work/data/vfs/dir/$1" "$work/data/containers/$1/hostname" >"$work/$1/config.json"
}

known() { # known REFERENCE: the digests of a container of it, in their order
	local id

	docker pull -q "$registry/web:$1" >/dev/null && id=$(docker create "$registry/web:$1" true) || return
	write_config "$id"
	"$tsem" oci --explain "$work/$id/config.json" | sed -n 's/^digest *//p' | tr '\n' ' '
	docker rm "$id" >/dev/null
}

servers
wait_until curl -sf "http://$registry/v2/"
if ! WITHIN=30 comes_true docker version; then
	skip "docker's images" "docker does not start here: $(tail -n 1 "$work/dockerd.log")"
	finish
fi
images
report $? "a registry has images"
is "by its manifest" "$(known plain)" "$(digest manifest.layer) $(digest config) "
docker image prune -af >/dev/null
is "by an index: the manifest, the image, the index" "$(known index)" "$(digest manifest.layer.gz) $(digest config) $(digest index) "
is "by two manifests: both" "$(known plain | tr ' ' '\n' | sort | tr '\n' ' ')" \
	"$(printf '%s\n' "$(digest manifest.layer)" "$(digest manifest.layer.gz)" "$(digest config)" "$(digest index)" | sort | tr '\n' ' ')"
docker image prune -af >/dev/null
docker import "$work/layer" made:1 >/dev/null
id=$(docker create made:1 true)
write_config "$id"
is "of an image that was not pulled: the image" "$("$tsem" oci --explain "$work/$id/config.json" | grep -c '^digest')" 1
finish
