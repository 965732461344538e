/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The version of tsem: the one that a program was compiled with, and the one that it runs with. */
#ifndef TSEM_VERSION_H
#define TSEM_VERSION_H

/* The version of the command and of all packages: the build reads it from these three lines. */
#define TSEM_VERSION_MAJOR 0
#define TSEM_VERSION_MINOR 1
#define TSEM_VERSION_PATCH 0

#define TSEM_VERSION_TEXT_(number) #number
#define TSEM_VERSION_TEXT(number) TSEM_VERSION_TEXT_(number)
#define TSEM_VERSION \
	TSEM_VERSION_TEXT(TSEM_VERSION_MAJOR) \
	"." TSEM_VERSION_TEXT(TSEM_VERSION_MINOR) "." TSEM_VERSION_TEXT(TSEM_VERSION_PATCH)
/* One number that grows: 0.1.0 is 100, 1.2.3 is 10203. */
#define TSEM_VERSION_NUMBER (TSEM_VERSION_MAJOR * 10000 + TSEM_VERSION_MINOR * 100 + TSEM_VERSION_PATCH)

#ifdef __cplusplus
extern "C" {
#endif

/* TSEM_VERSION and TSEM_VERSION_NUMBER of the library that runs, which may be a later one. */
const char *tsem_version(void);
unsigned tsem_version_number(void);

#ifdef __cplusplus
}
#endif

#endif
