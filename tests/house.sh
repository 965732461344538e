#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# The rules of the house: which room may use which, sizes of functions and files, licence lines.
# usage: tests/house.sh BUILD
set -u
cd "$(dirname "$0")/.." || exit 1
. tests/tap.sh
build=$1

# What looks for offenders and cannot says so on standard error: then the rule was not asked, which is no way to keep it.
complaints=$(mktemp)
trap 'rm -f "$complaints"' EXIT
exec 2>"$complaints"

rule() { # rule NAME OFFENDERS
	local said

	said=$(<"$complaints")
	: >"$complaints"
	if [ -z "$2$said" ]; then ok "$1"; else not_ok "$1" "$2$said"; fi
}
# Which room uses which: tests/rooms.tab.
while IFS=$'\t' read -r name sentence; do
	rule "rooms: $sentence" "$(tests/rooms.py "$build" "$name" 2>&1)"
done < <(tests/rooms.py "$build" rules)
is "rooms: all of the rules were asked" "$(tests/rooms.py "$build" rules | wc -l)" 8
sources() { # sources PATTERN...: those of them that git has. Of each there is one, or nothing is looked at
	local pattern

	for pattern; do
		[ -n "$(git ls-files "$pattern" | head -n 1)" ] || echo "no source is $pattern" >&2
	done
	git ls-files "$@"
}
rooms() { # rooms NAME...: the C sources of these rooms
	sources "${@/%//*.[ch]}"
}
rule "only sink/http.c includes libcurl, and nothing is linked with it" \
	"$(rooms lib cli sink lab roots | xargs grep -nE '#include <curl/' | grep -v '^sink/http\.c:'; grep -nE -e '-lcurl' mk/*.mk)"
rule "only sink includes the client of MQTT" "$(rooms cli lib lab roots | xargs grep -nE '#include <mosquitto')"
rule "only the process of its own talks to a broker: the others check names and topics of the command line" \
	"$(rooms sink | xargs grep -nE '\bmosquitto_[a-z_0-9]+\(' | grep -vE '^sink/mqtt_process\.c:|\bmosquitto_(validate_utf8|sub_topic_check)\(')"
rule "only lib includes libbpf" "$(rooms cli sink lab roots | xargs grep -nE '#include <bpf/')"
rule "only lib/session/wall.c includes libseccomp" "$(rooms lib cli sink lab roots | xargs grep -nE '#include <seccomp' | grep -v '^lib/session/wall\.c:')"
rule "outside sink only lib/sign/key.c and lib/tma/hashes.c include OpenSSL" "$(rooms lib engine bpf cli lab roots | xargs grep -nE '#include <openssl/' | grep -vE '^lib/(sign/key|tma/hashes)\.c:')"
rule "only lib/base/replace.c puts a file in the place of another (the benchmark renames to measure it, the spool in a directory that it holds)" "$(rooms lib cli sink lab roots engine | xargs grep -nE '\b(rename|renameat2?)\(' | grep -vE '^(lib/base/replace|cli/bench/operations|sink/spool_file)\.c:')"
rule "a command reads a model file by cli/model/file.c, so that no signature goes unlooked at without a word (show, verify, revoke, image, and what answers are written to say so themselves)" \
	"$(rooms cli | xargs grep -nE '\btsem_model_(read|read_signed|parse_signed)\(' | grep -vE '^cli/(model/(file|verify|revoke)|report/subject|image/(attached|attach)|ask/book)\.c:')"
rule "only who writes or compares a date asks the clock that people set: no wait is measured by it" \
	"$(rooms lib cli sink lab roots | xargs grep -nE '\btime\(NULL\)|CLOCK_REALTIME|gettimeofday|pthread_cond_timedwait' |
		grep -vE '^(cli/(ask/book|model/(file|sign)|image/(attached|attach)|text/clock|report/report|session/journal)|lib/learn/local|sink/(syslog|identity))\.c:')"
rule "a table that is looked up by a hash uses the keyed ones of lib/base/keyed.h" \
	"$(rooms lib cli sink roots | xargs grep -nE '\* ?(31|33|0x[0-9a-f]{7,}|16777619)\b|\b5381\b|\bhcreate' | grep -v '^lib/base/keyed\.')"
rule "the first object of an event is asked for only of executions, which have one: others look at each (lib/explain/objects.h)" \
	"$(rooms lib cli sink | xargs grep -nE '\b(tsem_record_object|secret_path)\(' |
		grep -vE '^(lib/explain/(describe|explain|objects|secret)\.[ch]|cli/(report/events|command/knowledge)\.c):')"
rule "the engine includes nothing of the system" "$(grep -nE '#include <' engine/*.[ch])"
# Compiled each by itself, with all that nobody uses: what a symbol of data is, is state.
state() { # state FILE...
	local file object

	object=$(mktemp)
	for file; do
		gcc -std=gnu11 -O0 -w -fno-toplevel-reorder -fkeep-static-functions -fkeep-inline-functions -fno-pic -include abi/types.h -x c -c "$file" \
			-o "$object"
		nm "$object" | grep -E ' [bBdDC] ' | sed "s|^|$file: |"
	done
	rm -f "$object"
}
rule "the engine keeps no state" "$(state engine/*.[ch])"
printf 'static _Bool of_file;\nint f(void)\n{\n\tstatic const char *of_function;\n\treturn !of_function++;\n}\n' >"$complaints.c"
is "what state is, is known" "$(state "$complaints.c" | wc -l)" 2
rm -f "$complaints.c"
rule "no program waits for the memory of a process, which somebody else may serve: only to yield, and for the stack of a new program" \
	"$(git grep -nE '\bbpf_copy_from_user' -- bpf detections | grep -vE '^(bpf/core/export|detections/include/tsem/detect/exec\.bpf)\.h:')"
rule "a version that is read while another task may write it is read by bpf/core/sequence.h, which has the barriers" \
	"$(git grep -nE '(->|\.)version\b' bpf | grep -vE 'sequence_(read|same|write|written)\(|[!=]= TSEM_[A-Z]*_VERSION\b| = TSEM_[A-Z_]*_VERSION;')"
rule "a caller without an error gets the same errno: nobody returns what tsem_error_wrap returns" \
	"$(rooms lib cli sink roots engine | xargs grep -nE 'return tsem_error_wrap|= tsem_error_wrap')"
rule "abi holds no enum, bool, long, size_t, pointer or bit-field in a struct" \
	"$(sed -n '/^struct/,/^};/p' abi/*.h | grep -nE '\b(enum|bool|long|size_t)\b|\*[a-z]|: [0-9]+;')"
# Secrets of the environment: one list, one place that reads it.
rule "only lib/base/environment.c reads variables of tsem's own" \
	"$(rooms lib cli sink lab roots | xargs grep -nE 'getenv\(("TSEM_|[^"])' | grep -vE '^(lib/base/environment\.c:.*getenv\(name\)|(cli/command/run|lib/start/starter)\.c:.*getenv\(names\[i\]\))')"
rule "no list of variables has one of tsem's own" "$(rooms cli lib | xargs grep -nE 'names\[\] = .*"TSEM_')"
rule "every variable of tsem's own is listed" \
	"$(rooms lib cli sink lab roots | xargs grep -ohE '"TSEM_[A-Z_]+"' | tr -d '"' | grep -vxE 'TSEM_(NAMESPACE|CLASS|LAB|REASONS)' | sort -u |
		while read -r name; do grep -q "^VARIABLE($name, " lib/base/environment.def || echo "$name"; done)"
rule "what sounds like a secret is one" "$(grep -E 'PASS|SECRET|TOKEN|CREDENTIAL' lib/base/environment.def | grep '^VARIABLE' | grep -v ', secret)')"
rule "the table of commands in README.md has the commands of cli/frame/commands.def" \
	"$(diff <(sed -n 's/^TSEM_COMMAND(\([a-z]*\),.*/\1/p' cli/frame/commands.def | sort) \
		<(sed -n '/^## Commands/,/^## /s/^| \(`tsem [^|]*\(\\|[^|]*\)*\) |.*/\1/p' README.md | grep -o '`tsem [a-z]*' | cut -d' ' -f2 | sort))"
rule "every source names its licence" \
	"$(sources '*.c' '*.h' '*.def' '*.sh' '*.py' '*.mk' Makefile | xargs grep -L 'SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause')"
rule "no file has 1,000 lines or more" "$(sources '*.c' '*.h' '*.sh' '*.py' | xargs wc -l | awk '$1 >= 1000 && $2 != "total"')"
rule "every C source has the form of .clang-format (make fmt)" "$(sources '*.c' '*.h' | xargs clang-format --dry-run -Werror 2>&1 | head -n 5)"
rule "every revision that .git-blame-ignore-revs names is of this history (a rebase changes them)" \
	"$(git rev-parse --is-shallow-repository | grep -q true || grep -v '^#' .git-blame-ignore-revs |
		while read -r revision; do git merge-base --is-ancestor "$revision" HEAD 2>/dev/null || echo "$revision"; done)"
# Who loads them waits for it, and each machine of the tests does. What the verifier walks for each program: make check-verifier.
steps=1150000
rule "the verifier walks at most $steps instructions for all programs together (bench/verifier.txt)" \
	"$(awk -v most=$steps 'NF >= 4 && $2 ~ /^[0-9]+$/ && $1 != "all" { sum += $2 } END { if (!sum || sum > most) print sum + 0 }' bench/verifier.txt)"
rule "no line ends in a blank" "$(sources '*.c' '*.h' '*.def' '*.mk' '*.sh' '*.py' | xargs grep -nE '[ 	]+$' | head)"
long=$(sources '*.c' '*.h' | xargs ctags -x --languages=C --langmap=C:.c.h --c-kinds=f --fields=+e --_xformat='%N %F %n %e' | awk '$4 - $3 >= 100')
rule "no function has 100 lines or more" "$long"
# What libtsem promises to programs that were linked before: tests/golden/libtsem.abi.
while IFS=$'\t' read -r name sentence; do
	rule "libtsem: $sentence" "$(tests/libtsem_abi.py "$build" "$name" 2>&1)"
done < <(tests/libtsem_abi.py "$build" rules)
is "libtsem: all of the rules were asked" "$(tests/libtsem_abi.py "$build" rules | wc -l)" 7
rule "each public header stands on its own, in C and in C++" "$(for header in include/tsem/*.h; do
	for language in c c++; do
		echo "#include <tsem/${header##*/}>" | gcc -x $language -Iinclude -Wall -Wextra -Wpedantic -Werror -fsyntax-only - 2>&1 | head -n 2
	done
done)"
# The library leaves alone what belongs to the whole process of its caller: TSEM_PROCESS_* in include/tsem/namespace.h.
process='umask|signal|sigaction|sigprocmask|__sysv_signal|setenv|putenv|unsetenv|clearenv|environ|__environ|getenv|secure_getenv|chdir|fchdir|chroot'
process+='|setlocale|tzset|setrlimit|setrlimit64|prlimit|prlimit64|atexit|__cxa_atexit|on_exit|exit|set.?[ug]id|set(re|res)[ug]id|setgroups|capset|cap_set_proc'
process+='|nice|setpriority|srand|srandom|strtok|printf|vprintf|puts|putchar|perror|fprintf|stdout|stderr|fuse_set_log_func|fuse_set_signal_handlers'
rule "libtsem changes nothing of its caller's process, and prints nothing" \
	"$(nm -D -u "$build/libtsem.so.1" | awk '{sub(/@.*/, "", $NF); print $NF}' | grep -xE "$process")"
rule "what it does to a process is asked for (lib/external/external_process.c), or is given back (lib/kernel/capture.c)" \
	"$(rooms lib engine | xargs grep -nE '\b(mlock(all)?|pthread_atfork|libbpf_set_print)\(' | grep -vE '^lib/(external/external_process|kernel/capture)\.c:')"
is "libtsem's imports were read" "$(nm -D -u "$build/libtsem.so.1" | grep -cE ' (libbpf_set_print|mlockall|__register_atfork)(@|$)')" 3
rule "every test is a part of tests/run.sh" "$(sources ':(glob)tests/*.sh' | grep -vxE 'tests/(run|tap|install_inside)\.sh' |
	while read -r file; do grep -q "\]=\"$file\b" tests/run.sh || echo "$file"; done)"
# By a list, by another function, or by a boot.
rule "every function of a test in the micro-VM is called" \
	"$(git ls-files 'tests/vm/test_*.sh' | while read -r file; do
		called=" $(grep -E 'TESTS|groups=|finish_boot|test_' "$file" | grep -vE '^test_[a-z_0-9]+\(\)' | tr -c 'a-z_0-9' ' ') $(sed -n 's/^# boots: *//p' "$file" | tr ',' ' ') "
		sed -n 's/^test_\([a-z_0-9]*\)() *[{(].*/\1/p' "$file" | while read -r each; do
			[[ $called =~ \ (test_)?$each\  ]] || echo "$file: test_$each"
		done
	done)"
# Tests that wait. What is expanded where the wait is written is what it was then, and never comes true.
# In single quotes it is looked at again each time, and $((...)) only reckons.
once='\b(?:wait_until|comes_true|wait_long)\b(?>[^'"'"'\\`$]+|\\.|'"'"'[^'"'"']*'"'"'|\$(?!\()|\$\(\()*+(?:\$\(|`)'
rule "no wait looks at a value of one moment" "$(git grep -nP "$once" tests ':!tests/house.sh' ':!tests/tap.sh')"
is "such a wait is known" "$(printf '%s\n' 'wait_until test "$(date)" = x' 'wait_until eval '"'"'[ "$(date)" = x ]'"'" 'wait_until test $((1 + 1)) = 2' | grep -cP "$once")" 1
rule "whether it comes true is looked at" "$(git grep -hn --all-match -A1 -P '^\t*(WITHIN=\d+ )?comes_true ' -- tests ':!tests/tap.sh' |
	awk '/comes_true / { waited = $0; next } waited != "" { if ($0 !~ /report \$\?|\$\?/) print waited; waited = "" }')"
# Checks that cannot fail, or that pass because what they are about has not run at all: tests/tap.sh has what says it.
looks_for() { # looks_for PERL-PATTERN: in the tests, with lines that go on on the next one put together
	git ls-files 'tests/*.sh' | grep -vxE 'tests/(house|tap)\.sh' | while read -r file; do
		perl -ne 'BEGIN { ($p, $f) = splice(@ARGV, 0, 2) } $n //= $.; $l .= $_; next if $l =~ s/\\\n\z//; print "$f:$n: $l" if $l =~ /$p/; undef $n; undef $l' -- "$1" "$file" "$file"
	done
}
blind=(
	# NAME, pattern, an offender, and one that looks the same and is none
	'no number is merely unlike another one: an empty text and each failure are that'
	'^\s*unlike .* "?\d+"?$' 'unlike "a" "$status" 0' 'unlike "a" "$errors" "*0"'
	'nobody is content with any status but 0, which is that of tsem that does not start, too: with the status, or like with the error'
	'^\s*\[\[? "?\$(\?|status)"? (-ne|!=) 0 \]|^\s*is .*\$\(\(\s*\$?(\?|status) != 0' 'is "a" "$((status != 0)):$(ls x)" "1:"' 'like "a" "$(($? != 0)):$(<err)" "1:*not permitted*"'
	'nothing is wanted of a command without its status: none, lacks, or an echo behind it'
	'^\s*is .*[ :"]\$\((?!<|jq -c)(?!.*; echo (\$\?|"?\w+"?)\)").*\)" ""$|^\s*is .* "\$(output|errors)" ""$' 'is "a" "$("$T" run -- true 2>/dev/null)" ""' 'is "a" "$(<out)" ""'
	'the lines of what a command says are not counted to be none, without its status: lacks'
	'\|[^|]*\b(grep -\w*c|wc -|uniq).*\)" "?0"?$' 'is "a" "$("$T" show x | grep -c y)" 0' 'is "a" "$(grep -c y out)" 0'
	'no text is wanted that any text is like'
	'^\s*(like|survives) .* "\*+"$' 'like "a" "$(<err)" "*"' 'like "a" "$(<err)" "*b*"'
	'what follows a violation is tried in a session of its own each time, or tsem why names what the one before has done'
	'--on-violation "?\$\{?(\w++)(?!.*--name "?[^ ]*\$\{?\1\b)(?!.*--name "\$\(session_of)(?=.*--name)' 'tsem run --on-violation "$way" --name "$name" -- true' 'tsem run --on-violation "$way" --name "$name-$way" -- true'
)
for ((i = 0; i < ${#blind[@]}; i += 4)); do
	rule "tests: ${blind[i]}" "$(looks_for "${blind[i + 1]}")"
	is "... such a check is known" "$(printf '%s\n' "${blind[i + 2]}" "${blind[i + 3]}" | grep -nP -e "${blind[i + 1]}")" "1:${blind[i + 2]}"
done
# timeout, and a machine without memory, kill as well.
unnamed() { # the lines that want somebody killed, of grep -A2, without tsem why in the next two
	awk '/^--$/ { if (killed) print killed; killed = ""; next }
		killed == "" && /"\$status.*137/ { killed = $0; next }
		/why|explained/ { killed = "" }
		END { if (killed) print killed }'
}
killed='^\s*is .*"\$status[^"]*" "?137\b'
rule "tests: who is killed by tsem is killed for what tsem why names, in one of the next two lines" "$(git grep -nP -A2 "$killed" -- 'tests/vm/test_*.sh' | unnamed)"
is "... such a check is known" "$(printf '%s\n' 'is "a" "$status:$output" 137:' 'why a' -- 'is "b" "$status" 137' 'umount b' | grep -P -A2 -e "$killed" | unnamed)" 'is "b" "$status" 137'
# One table of normalisers: a row of abi/options.h, and what bpf/ does with it. All else is made from the row.
normalisers=$(sed -n '/^#define TSEM_NORMALISERS/,/^$/s/^\tW(0x[0-9a-f]*, \([a-z]*\), .*/\1/p' abi/options.h)
rule "every normaliser is described in docs/portability.md, in the order of the rows" \
	"$(diff <(echo "$normalisers") <(sed -n '/^## Normalisers/,/^## Patterns/s/^| `\([a-z]*\)` |.*/\1/p' docs/portability.md))"
rule "every normaliser is used by the kernel side" \
	"$(for name in $normalisers; do git grep -q "TSEM_NORMALISE_$name\b" bpf || echo "$name"; done)"
rule "no source but those of the kernel side names a normaliser" \
	"$(git grep -nE 'TSEM_NORMALISE_[a-z]' engine lib cli sink roots lab)"
is "the rows of normalisers were read" "$(($(wc -w <<<"$normalisers") >= 6))" 1
# The hooks are a second object for agents: of each program it is said which events it tells them of.
programs=$(sed -n 's/^\t\tstruct bpf_program \*\(.*\);/\1/p' "$build/agent.skel.h")
rows=$(sed -n 's/^\t{"\([a-z_]*\)", {.*/\1/p' lib/kernel/agent_programs.c)
events=$(sed -n 's/^TSEM_EVENT([0-9]*, \([a-z_]*\),.*/\1/p' abi/events.def)
rule "every program for agents has the name of its event, or a row in lib/kernel/agent_programs.c" \
	"$(for program in $programs; do grep -qxF -e "${program#all_}" <<<"$events" || grep -qxF -e "$program" <<<"$rows" || echo "$program"; done)"
rule "every row there is of a program" "$(for row in $rows; do grep -qxF -e "$row" <<<"$programs" || echo "$row"; done)"
is "the programs for agents were read" "$(($(wc -w <<<"$programs") > 100))" 1
# What docs/security.md says is tested, is in the test.
untested=$(sed -n '/^## Bypass attempts/,/^## Guarded/s/^| \(.*\) |$/\1/p' docs/security.md | sed 's/ | */|/g' |
	while IFS='|' read -r attempt file function words; do
		file=$(tr -d '\140' <<<"$file") function=$(tr -d '\140' <<<"$function")
		[[ $file == tests/* ]] || continue
		if ! grep -q "^test_$function()" "$file"; then
			echo "$attempt: $file has no test_$function"
		elif ! sed -n "/^test_$function()/,/^}/p; /^\(try\|try_uring\)()/,/^}/p" "$file" | grep -v '^[[:blank:]]*#' | grep -qF -e "$words"; then
			echo "$attempt: test_$function of $file does not report: $words"
		fi
	done)
rule "every test that docs/security.md names is there" "$untested"
# Events: their rows, the programs that have them, and what docs/events.md says of them.
while IFS=$'\t' read -r name sentence; do
	rule "events: $sentence" "$(tests/events.py "$name" 2>&1)"
done < <(tests/events.py rules)
is "events: all of the rules were asked" "$(tests/events.py rules | wc -l)" 6
rule "docs/overview.svg is what docs/overview.py draws (docs/overview.py write)" "$(docs/overview.py check 2>&1)"
# What of the kernel is an event, and that nothing of it is forgotten.
while IFS=$'\t' read -r name sentence; do
	rule "coverage: $sentence" "$(tests/coverage/coverage.py "$name" 2>&1)"
done < <(tests/coverage/coverage.py rules)
is "coverage: all of its rules were asked" "$(( $(tests/coverage/coverage.py rules | wc -l) >= 11 ))" 1
is "docs/security.md names tests" "$(( $(grep -c '| .tests/vm/test_[a-z]*.sh. |' docs/security.md) >= 30 ))" 1
# Each detection that comes with tsem.
detections=$(git ls-files 'detections/*.bpf.c' | sed 's|detections/||; s|\.bpf\.c||' | grep -v '^base-')
rule "docs/detections.md has each detection, with its technique and the text of its source" "$(tests/detections/table.py 2>&1)"
rule "every detection has a deed that it fires on, and a near miss" \
	"$(for name in $detections; do
		for expected in fires silent; do grep -qE "\b$name $expected\b" tests/vm/test_detect.sh || echo "$name: $expected"; done
	done)"
is "the detections were read" "$(($(wc -w <<<"$detections") >= 15))" 1
finish
