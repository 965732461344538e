#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# sox: tones are made, cut, mixed, filtered with effects that need files of their own, changed in rate and form, through
# pipes and side by side; a playlist of twelve files, their properties, a picture of a spectrum.

# shellcheck source=tests/fidelity/workloads/lib.sh
. "${0%/*}/lib.sh"

setup() {
	empty_orders list.m3u
}

run() {
	export TMPDIR=$dir/run/tmp
	mkdir run/tmp run/made
	sox -R -D -r 8000 -n -b 16 run/tone.wav synth 2 sine 440 gain -6
	check 'made' "$?:$(soxi -D run/tone.wav)" 0:2.000000
	sox run/tone.wav list.m3u run/listed.wav 2>&1
	obey
	brief || use
}

use() {
	local number

	check 'sum' "$(sox run/tone.wav -t raw - | wc -c)" 32000
	for number in {1..12}; do
		sox -R -D -r 8000 -n -b 16 "run/made/$number.flac" synth 0.2 triangle $((200 + number * 20))
	done
	check 'joined' "$(set +f; sox -D run/made/*.flac run/joined.ogg && soxi -s run/joined.ogg)" 19200
	check 'mixed' "$(sox -D -m run/tone.wav run/joined.ogg run/mixed.wav && soxi -s run/mixed.wav)" 19200
	check 'effects' "$(sox -R -D run/tone.wav run/effects.au reverse trim 0.5 1 reverb 30 echo 0.8 0.9 100 0.3 reverse norm && soxi -r run/effects.au)" 8000
	check 'rate' "$(sox -R -D run/tone.wav -r 16000 -t wav - rate -m | sox -t wav - -n stat 2>&1 | sed -n 's/^Samples read: *//p')" 32000
	check 'split' "$(sox run/tone.wav run/part.wav trim 0 0.5 : newfile : restart && find run -name 'part*.wav' | wc -l)" 4
	sox run/tone.wav -n noiseprof run/noise
	sox -R -D run/tone.wav run/clean.wav noisered run/noise 0.2 &
	sox -R -D run/joined.ogg run/side.mp3 2>run/errors &
	wait
	check 'side by side' "$(soxi -s run/clean.wav):$(soxi -t run/clean.wav)" 14976:wav
	sox run/joined.ogg -n spectrogram -x 200 -y 65 -o run/picture.png
	check 'picture' "$(head -c 4 run/picture.png | tail -c 3)" PNG
	check 'nothing is left' "$(find run/tmp -mindepth 1)" ''
}

main "$@"
