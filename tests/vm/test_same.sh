#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# What is the same in every container of one image: a model that was learned with one fits the others, whatever their
# names, user namespaces, mounts and storage are.

# shellcheck source=tests/vm/lib.sh
. "$(dirname "$0")/lib.sh"
ln -s "$T" tsem-oci
mkdir -p /var/lib/containers /run/lock models
mount -t tmpfs -o mode=0700 tmpfs /var/lib/containers
models=$scratch/models

pod() { # pod WORDS...
	timeout 120 podman "${storage[@]}" --log-level=error --cgroup-manager=cgroupfs --events-backend=none "$@"
}

modeled() { # modeled WORDS...
	rm -f cid
	pod --runtime "$scratch/tsem-oci" run --cidfile "$scratch/cid" --rm --network none \
		--annotation io.tsem.model="$models/work.model" "$@" </dev/null
}

storage=()
image() {
	mkdir -p root/{bin,etc,tmp,proc,sys,dev,data}
	for each in sh cat sleep echo hostname id; do cp /bin/busybox root/bin/$each; done
	echo welcome >root/etc/motd
	printf '#!/bin/sh\ncat /etc/motd\nhostname >/tmp/name\nid -u\ncat /tmp/name >/data/copy\n' >root/bin/work.sh
	chmod +x root/bin/work.sh
	tar -C root -cf root.tar .
	pod import -q root.tar test
}

same() { # same NAME WORDS...: enforced without a violation
	local name=$1 session

	shift
	mkdir -p "volume.$name"
	chmod 777 "volume.$name"
	modeled -v "$scratch/volume.$name:/data" "$@" test /bin/work.sh >out 2>err
	is "$name: it does what was learned" "$?:$(tr '\n' ' ' <out):$(<err)" "0:welcome 0 :"
	session=$(head -c 12 cid)
	is "$name: no violation" "$(field "$session" violations)" 0
	[ "$(field "$session" violations)" = 0 ] || "$T" why "$session" | head -n 30 | sed 's/^/# /'
}

need 'the kernel side loads' "$T" load
need 'an image' image
mkdir -m 777 volume
modeled --annotation io.tsem.mode=learn -v "$scratch/volume:/data" test /bin/work.sh >out 2>err
need 'a model' test -s "$models/work.model"
same name --name other --hostname host
same shifted --uidmap 0:100000:65536 --gidmap 0:200000:65536
same shifted-again --uidmap 0:300000:65536 --gidmap 0:400000:65536
same read-only --read-only --tmpfs /tmp:mode=1777
same label --label app=work --env NAME=value
storage=(--root /var/lib/containers/vfs --storage-driver vfs)
pod import -q root.tar test >/dev/null
same vfs
finish
