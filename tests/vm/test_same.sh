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
	chmod 1777 root/tmp
	for each in sh cat sleep echo hostname id; do cp /bin/busybox root/bin/$each; done
	echo welcome >root/etc/motd
	printf '#!/bin/sh\ncat /etc/motd\nhostname >/tmp/name\nid -u\ncat /tmp/name >/data/copy\n' >root/bin/work.sh
	chmod +x root/bin/work.sh
	tar -C root -cf root.tar .
	pod import -q root.tar test
}

same() { # same NAME OWNER WORDS...: enforced without a violation; OWNER is root of the container, as the machine counts
	local name=$1 owner=$2 session

	shift 2
	mkdir -p -m 777 "volume.$name"
	chown "$owner" "volume.$name"
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
same name 0:0 --name other --hostname host
same shifted 100000:200000 --uidmap 0:100000:65536 --gidmap 0:200000:65536
same shifted-again 300000:400000 --uidmap 0:300000:65536 --gidmap 0:400000:65536
same read-only 0:0 --read-only
same tmpfs 0:0 --tmpfs /tmp:mode=1777
mkdir elsewhere
mount -t tmpfs -o mode=0777 none elsewhere
modeled -v "$scratch/elsewhere:/data" test /bin/work.sh >out 2>err
is "a volume on another file system: no violation" "$?:$(field "$(head -c 12 cid)" violations)" 0:0
storage=(--root /var/lib/containers/vfs --storage-driver vfs)
pod import -q root.tar test >/dev/null
same vfs 0:0
same vfs-shifted 100000:200000 --uidmap 0:100000:65536 --gidmap 0:200000:65536
# It is a model of what the container does, and not of anything.
printf '#!/bin/sh\ncat /etc/passwd\n' >other.sh
chmod +x other.sh
modeled -v "$scratch/other.sh:/bin/work.sh" test /bin/work.sh >out 2>err
like "another script in its place is refused" "$?:$(<out):$(($(field "$(head -c 12 cid)" refused) > 0)):$(<err)" "1::1:*not permitted*"
finish
