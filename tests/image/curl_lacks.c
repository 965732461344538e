/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A libcurl.so.4 that does not know the option whose number is in CURL_LACKS, as an older one, or one that was built
 * without what it needs. All else is done by the one whose path is in CURL_REAL.
 */
#define CURL_DISABLE_TYPECHECK
#include <curl/curl.h>
#include <dlfcn.h>
#include <stdarg.h>
#include <stdlib.h>

#undef curl_easy_setopt
#undef curl_easy_getinfo

static void *real(const char *name)
{
	static void *library;

	if (!library)
		library = dlopen(getenv("CURL_REAL"), RTLD_NOW | RTLD_LOCAL);
	return library ? dlsym(library, name) : NULL;
}

#define REAL(name) ((typeof(&name))real(#name))

CURLcode curl_global_init(long flags)
{
	return REAL(curl_global_init)(flags);
}

CURL *curl_easy_init(void)
{
	return REAL(curl_easy_init)();
}

CURLcode curl_easy_setopt(CURL *curl, CURLoption option, ...)
{
	va_list values;
	void *value;

	if (option == (CURLoption)atoi(getenv("CURL_LACKS")))
		return CURLE_UNKNOWN_OPTION;
	va_start(values, option);
	value = va_arg(values, void *);
	va_end(values);
	return REAL(curl_easy_setopt)(curl, option, value);
}

CURLcode curl_easy_perform(CURL *curl)
{
	return REAL(curl_easy_perform)(curl);
}

CURLcode curl_easy_getinfo(CURL *curl, CURLINFO info, ...)
{
	va_list values;
	void *value;

	va_start(values, info);
	value = va_arg(values, void *);
	va_end(values);
	return REAL(curl_easy_getinfo)(curl, info, value);
}

void curl_easy_cleanup(CURL *curl)
{
	REAL(curl_easy_cleanup)(curl);
}

const char *curl_easy_strerror(CURLcode code)
{
	return REAL(curl_easy_strerror)(code);
}

struct curl_slist *curl_slist_append(struct curl_slist *list, const char *text)
{
	return REAL(curl_slist_append)(list, text);
}

void curl_slist_free_all(struct curl_slist *list)
{
	REAL(curl_slist_free_all)(list);
}
