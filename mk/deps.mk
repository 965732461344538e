# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Debian packages: installed when they are missing, so that `make run` and `make test` are first commands.
PACKAGES_BUILD := gcc g++ clang libbpf-dev bpftool libelf-dev zlib1g-dev libzstd-dev libcap-dev libmosquitto-dev libfuse3-dev libseccomp-dev libssl-dev libcurl4-openssl-dev libc6-dev linux-libc-dev binutils
PACKAGES_CHECK := $(PACKAGES_BUILD) python3 clang-format
PACKAGES_LAB := qemu-system-x86 qemu-system-common dpkg-dev zstd xz-utils lz4
PACKAGES_RUN := $(PACKAGES_BUILD) $(PACKAGES_LAB) nginx-light curl busybox-static python3 netcat-openbsd
PACKAGES_TEST := $(PACKAGES_RUN) make perl procps libclang-rt-14-dev groff-base man-db e2fsprogs util-linux strace jq gojq \
	redis-server mosquitto mosquitto-clients bubblewrap openssl liburing-dev universal-ctags llvm clang-format \
	debhelper dpkg-dev lintian pkgconf systemd podman crun conmon runc uidmap skopeo docker-registry libcurl4 python3-yaml
PACKAGES_LONG := $(PACKAGES_TEST) docker.io containerd python3-h2
PACKAGES_FIDELITY := $(PACKAGES_TEST) postgresql nodejs openssh-server openssh-client git php-fpm php-sqlite3 apt coreutils \
	memcached sqlite3 rsync rsyslog logrotate haproxy socat apache2-bin libapache2-mod-php \
	openjdk-17-jdk-headless mariadb-server-core mariadb-client ccache tmux vim dnsmasq-base bind9 bind9-utils \
	bind9-dnsutils chrony vsftpd dovecot-core dovecot-imapd postfix squid gunicorn celery python3-redis ruby puma \
	golang-go rustc sox busybox-static
PACKAGES_BENCH := $(PACKAGES_TEST) apparmor
PACKAGES_FMT := clang-format
PACKAGES_NODE := $(PACKAGES_BUILD) make busybox-static
PACKAGES_DEB := $(PACKAGES_BUILD) make debhelper dpkg-dev lintian

.PHONY: deps-build deps-check deps-run deps-test deps-long deps-fidelity deps-bench deps-fmt deps-deb deps-node
deps-build deps-check deps-run deps-test deps-long deps-fidelity deps-bench deps-fmt deps-deb deps-node: deps-%:
	@mk/packages.sh $(PACKAGES_$(shell echo $* | tr a-z A-Z))
