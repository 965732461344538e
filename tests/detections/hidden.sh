#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# hidden.sh OTHER.ko HIDDEN.ko: makes a kernel module that takes itself off the kernel's list when it begins, as those do
# that hide. Without headers of the kernel: the layout is in the kernel's own types, the version in another module.
set -eu
other=$1 hidden=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
bpftool=$(command -v bpftool || echo /usr/sbin/bpftool)

"$bpftool" btf dump file /sys/kernel/btf/vmlinux format raw |
	awk "/STRUCT 'module' size=/ { sub(/.*size=/, \"\"); print \"size\", \$1; inside = 1; next }
		inside && !/^\t/ { exit }
		inside && match(\$0, /'(name|list|init)'/) { name = substr(\$0, RSTART + 1, RLENGTH - 2); sub(/.*bits_offset=/, \"\"); print name, \$1 / 8 }" >"$work/layout"
at() { awk -v name="$1" '$1 == name { print $2 }' "$work/layout"; }
objcopy -O binary -j __versions "$other" "$work/versions"
# Each entry is 64 bytes: a sum, and a name.
entry=$(grep -obaF module_layout "$work/versions" | head -n 1 | cut -d: -f1)
vermagic=$(objcopy -O binary -j .modinfo "$other" "$work/modinfo" && tr '\0' '\n' <"$work/modinfo" | grep '^vermagic=')
dd if="$work/versions" of="$work/layout_version" bs=1 skip=$((entry - 8)) count=64 status=none
cat >"$work/hidden.s" <<END
	.section .modinfo, "a"
	.asciz "license=GPL"
	.asciz "name=hidden"
	.asciz "$vermagic"
	.section __versions, "a"
	.incbin "$work/layout_version"
	.section .gnu.linkonce.this_module, "aw"
	.balign 64
	.globl __this_module
	.type __this_module, @object
	.size __this_module, $(at size)
__this_module:
	.zero $(at name)
	.asciz "hidden"
	.zero $(($(at init) - $(at name) - 7))
	.quad init_module
	.zero $(($(at size) - $(at init) - 8))
	.text
	.globl init_module
	.type init_module, @function
init_module:
	endbr64
	lea __this_module + $(at list)(%rip), %rax
	mov (%rax), %rcx
	mov 8(%rax), %rdx
	mov %rdx, 8(%rcx)
	mov %rcx, (%rdx)
	mov %rax, (%rax)
	mov %rax, 8(%rax)
	xor %eax, %eax
	ret
	.section .note.GNU-stack, "", @progbits
END
as -o "$hidden" "$work/hidden.s"
