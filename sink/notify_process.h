/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The process that posts findings: the receiver, and whoever is on the way to it, chooses what libcurl and OpenSSL read
 * here. Its standard input is one end of a pair of sockets that keep packets apart: each is a word and a text.
 */
#ifndef TSEM_SINK_NOTIFY_PROCESS_H
#define TSEM_SINK_NOTIFY_PROCESS_H

#define NOTIFY_PROCESS_NAME "tsem-notify"

enum notify_word {
	/* To the process. */
	NOTIFY_URL = 'u',
	NOTIFY_HOST = 'h', /* as it is shown */
	NOTIFY_AUTHORIZATION = 'a',
	NOTIFY_CA = 'c',
	NOTIFY_BEGIN = 'b', /* answered by READY, or FAILED */
	NOTIFY_FINDING = 'f', /* answered by POSTED, or FAILED */
	/* From it. */
	NOTIFY_READY = 'r',
	NOTIFY_POSTED = 'p',
	NOTIFY_FAILED = 'x' /* why */
};

/* Its whole life. Returns the status. */
int notify_process(void);

#endif
