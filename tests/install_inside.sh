#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# The part of tests/install.sh that runs in the bare root: what it uses is there or nowhere.
# usage: install_inside.sh install | kernel | remove | made
set -u
cd /root || exit 1
. ./tap.sh
export DEBIAN_FRONTEND=noninteractive PATH=/usr/sbin:/usr/bin:/sbin:/bin

outside() { # outside TEST...: all that is not of dpkg's own database, nor of this test
	find / -xdev \( -path /var/lib/dpkg -o -path /var/log -o -path /root -o -path /tmp -o -path /var/cache/ldconfig \) -prune -o "$@"
}
files() { # every file and directory, and what is in it
	outside -printf '%p %m %l\n' | sort
	outside -type f -print0 | xargs -0 sha256sum | sort -k 2
}
files_left() {
	files >after
	diff before after
}
line_of() { # line_of KEY: what the unit says
	sed -n "s/^$1=//p" /lib/systemd/system/tsem.service
}

test_install() {
	local output said

	ldconfig
	files >before
	ls /var/lib/dpkg/info >info
	output=$(dpkg -i ./*.deb 2>&1)
	report $? "dpkg installs the packages, and their dependencies are there" "$output"
	[ "$failed" = 0 ] || finish
	none "dpkg finds them whole" dpkg --verify tsem libtsem1 libtsem-dev tsem-doc
	none "and set up" dpkg --audit tsem libtsem1 libtsem-dev tsem-doc
	is "the command is linked with the library that is installed" "$(ldd /usr/bin/tsem | awk '$1 == "libtsem.so.1" {print $3}' | xargs realpath)" \
		"$(realpath /usr/lib/*/libtsem.so.1)"
	lacks "the command defines no function of the library" "$(nm -D /usr/bin/tsem)" ' [^U ] tsem_'
	is "tsem version" "$(tsem version)" "tsem $(pkg-config --modversion libtsem)"
	is "the manual page is there" "$(ls /usr/share/man/man1/tsem.1.gz /usr/share/man/man1/tsem-run.1.gz | wc -l)" 2

	tsem doctor >doctor 2>&1
	like "tsem doctor says what this kernel has, or has not" "$? $(cat doctor)" "[01] *BPF LSM active*"

	# Programs that know nothing but what is installed.
	cp -R /usr/share/doc/tsem/examples/library examples
	output=$(make -C examples CFLAGS='-Wall -Wextra -Werror -std=c11' CXXFLAGS='-Wall -Wextra -Werror -std=c++14' 2>&1)
	report $? "the examples in C and in C++ compile" "$output"
	cp -R /usr/share/doc/tsem/examples/agents agents
	output=$(make -C agents CFLAGS='-Wall -Wextra -Werror -std=gnu11' CXXFLAGS='-Wall -Wextra -Werror -std=c++14' 2>&1)
	report $? "the agents in C and in C++ compile" "$output"
	like "an agent says what it lacks" "$(timeout 20 agents/gate 2>&1)" "gate: *"
	said=$(examples/model grep.model | tee said)
	like "the one in C says what is in a model" "$said" "grep: 8 coefficients, state ????????????????????????????????????????????????????????????????"
	is "the one in C++ says the same" "$(examples/model-c++ grep.model)" "$said"
	sed 's/^coefficients 8/coefficients 9/' grep.model >broken.model
	like "the library says what is wrong with a model" "$(examples/model broken.model 2>&1)" "model: *broken.model*damaged*"
	is "and so do both" "$(examples/model-c++ broken.model 2>&1)" "$(examples/model broken.model 2>&1)"
	python3 examples/event.py grep.model >sentences
	is "the one in Python says what its events do" "$(grep -c . sentences) $(grep -c 'opens /etc/passwd for reading' sentences)" "8 1"
}

# In the micro-VM, by what the unit says. The kernel side is loaded once: that is what takes long here.
test_kernel() {
	local output

	tsem doctor >doctor 2>&1
	report $? "tsem doctor: enforcement works here" "$(cat doctor)"
	is "the unit is enabled: it loads at boot" "$(readlink /etc/systemd/system/sysinit.target.wants/tsem.service)" /lib/systemd/system/tsem.service
	check "what the unit asks for is there: $(line_of ExecCondition)" sh -c "$(line_of ExecCondition)"
	check "what it starts: $(line_of ExecStart)" sh -c "$(line_of ExecStart)"
	is "the kernel side is loaded" "$(ls -d /sys/fs/bpf/tsem)" /sys/fs/bpf/tsem
	check "a workload is learned" tsem learn -o cat.model -- cat /etc/passwd
	is "and enforced" "$(tsem run -q -m cat.model -e -- cat /etc/passwd | wc -l) $(tsem run -q -m cat.model -e -- cat /etc/group 2>&1 | grep -c 'Operation not permitted')" \
		"$(wc -l </etc/passwd) 1"

	# What dpkg runs before it removes the package. It stays while a workload depends on it.
	tsem run -q -m cat.model --name lives -- sleep 600 >/dev/null 2>&1 &
	wait_until sh -c 'tsem ps | grep -q "^lives .*[1-9]"'
	output=$(/var/lib/dpkg/info/tsem.prerm remove 2>&1)
	is "a package whose workload lives is not removed" "$?" 1
	like "and says why" "$output" "*end the workloads*"
	sh -c "$(line_of ExecStop)" >/dev/null 2>&1
	status=$?
	is "nor does the unit stop: $(line_of ExecStop)" "$status $(ls -d /sys/fs/bpf/tsem)" "1 /sys/fs/bpf/tsem"
	check "an upgrade goes on beside it" /var/lib/dpkg/info/tsem.prerm upgrade 0.1.0
	is "and leaves the kernel side" "$(ls -d /sys/fs/bpf/tsem)" /sys/fs/bpf/tsem
	tsem stop lives >/dev/null 2>&1
	wait
	check "without a workload it is removed" /var/lib/dpkg/info/tsem.prerm remove
	is "and leaves nothing in the kernel" "$(ls -d /sys/fs/bpf/tsem 2>&1 | grep -c 'No such')" 1
}

test_remove() {
	local output left

	mkdir -p /var/lib/tsem
	echo >/var/lib/tsem/serials
	output=$(dpkg -r tsem tsem-doc libtsem-dev libtsem1 2>&1)
	report $? "dpkg removes the packages" "$output"
	is "no command is left" "$(command -v tsem; echo $?)" 1
	output=$(dpkg -P tsem tsem-doc libtsem-dev libtsem1 2>&1)
	report $? "dpkg purges them" "$output"
	left=$(files_left)
	report $? "nothing is left, and nothing else has changed" "$left"
	none "nothing is left of them in the database" diff info <(ls /var/lib/dpkg/info)
	lacks "nor in its list" "$(dpkg-query -W)" tsem
}

# Without packages: by make install, at its own place.
test_made() {
	cp -R local/. /
	ldconfig
	is "what make install has installed runs, and finds its library" "$(/usr/local/bin/tsem version) $(ldd /usr/local/bin/tsem | grep -c '/usr/local/lib/libtsem.so.1')" \
		"tsem $(PKG_CONFIG_PATH=/usr/local/lib/pkgconfig pkg-config --modversion libtsem) 1"
	rm -rf examples
	cp -R /usr/local/share/doc/tsem/examples/library examples
	PKG_CONFIG_PATH=/usr/local/lib/pkgconfig make -C examples >made 2>&1
	is "and the example compiles against it" "$(examples/model grep.model 2>&1)" "$(cat said)"
}

"test_$1"
finish
