/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Makes what the deeds need, does them, and prints what was done. Ends deed.c and deed_all.c, behind their tables. */
#ifndef TSEM_DEED_RUN_H
#define TSEM_DEED_RUN_H

#define DEEDS (sizeof(deeds) / sizeof(*deeds))

/* ---- staging: what is there before ---- */

static void stage_file(const char *name, unsigned mode)
{
	char content[128];
	int n = snprintf(content, sizeof(content), "content of %s of %s\n", name, deed->name);
	int f = open_or_die(here(name), O_WRONLY | O_CREAT | O_TRUNC);

	if (write(f, content, n) != n || fchown(f, 7, 8) || fchmod(f, mode))
		die(here(name));
	close(f);
}

static void stage_program(void)
{
	int from = open_or_die("/proc/self/exe", O_RDONLY),
	    to = open_or_die(here("program"), O_WRONLY | O_CREAT | O_TRUNC);
	char block[65536];
	ssize_t n;

	while ((n = read(from, block, sizeof(block))) > 0)
		if (write(to, block, n) != n)
			die("write");
	if (fchmod(to, 0755))
		die("chmod");
	close(to);
	close(from);
}

static void stage(void)
{
	char path[4096];

	umask(0);
	if (mkdir(base, 0755))
		die(base);
	snprintf(path, sizeof(path), "%s/control", base);
	close(open_or_die(path, O_CREAT | O_WRONLY));
	for (deed = deeds; deed < deeds + DEEDS; deed++) {
		if (mkdir(here(""), 0755) || mkdir(here("dir"), 0750) || chown(here("dir"), 3, 4) ||
		    chown(here(""), 5, 6))
			die(here(""));
		stage_file("file", 0640);
		stage_file("dir/old", 0604);
		if (symlink("file", here("symlink")))
			die("symlink");
		if (!strcmp(deed->name, "exec"))
			stage_program();
	}
}

/* ---- doing them ---- */

static const char *error_name(int error)
{
	return error ? strerrorname_np(error) : "0";
}

static long control(void)
{
	char path[4096];
	int f;

	snprintf(path, sizeof(path), "%s/control", base);
	f = open(path, O_RDONLY);
	if (f >= 0)
		close(f);
	return f < 0 ? errno : 0;
}

static void do_it(bool really)
{
	long error = 0;

	begin();
	deed->prepare();
	add("{\"deed\":\"%s\",\"event\":\"%s\",\"pid\":\"%d\",\"process\":\"%s\",", deed->name, deed->event, getpid(),
	    program_invocation_short_name);
	add_coe();
	add(",\"cell\":{");
	deed->describe();
	add("}");
	if (really) {
		errno = 0;
		error = deed->act() < 0 ? errno : 0;
		shared->code = error;
	}
	add(",\"done\":%s,\"errno\":\"%s\",\"usual\":\"%s\"", really ? "true" : "false", error_name(error),
	    error_name(deed->usual));
	add(",\"refused\":\"%s\"", error_name(deed->refused ? deed->refused : EPERM));
	add(",\"effect\":%s", deed->effect() ? "true" : "false");
	add(",\"control\":\"%s\"}\n", error_name(control()));
	if (write(1, json, json_size) != (ssize_t)json_size)
		die("write");
	if (deed->undo)
		deed->undo();
	shared->stop = 1;
}

static int run_one(bool really)
{
	pid_t pid;
	int status;

	memset(shared, 0, sizeof(*shared));
	pid = fork();
	if (!pid) {
		do_it(really);
		_exit(0);
	}
	waitpid(pid, &status, 0);
	if (!strncmp(deed->name, "mount", 5))
		umount2(here("dir"), MNT_DETACH);
	if (status)
		fprintf(stderr, "deed %s: ended with status 0x%x\n", deed->name, status);
	return status ? 1 : 0;
}

static void signalled(int sig)
{
	char path[4096];

	(void)sig;
	snprintf(path, sizeof(path), "%s/victim.signalled", base);
	close(open(path, O_CREAT | O_WRONLY, 0600));
}

/* Has no more capabilities than a workload, so that none is asked for when it is traced. */
static void be_victim(void)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2];

	caps_get(data);
	data[1].effective &= ~(1u << (CAP_MAC_ADMIN - 32));
	data[1].permitted &= ~(1u << (CAP_MAC_ADMIN - 32));
	if (syscall(SYS_capset, &header, data))
		die("capset");
	signal(SIGUSR2, signalled);
	printf("%d\n", getpid());
	fclose(stdout);
	for (;;)
		pause();
}

static bool wanted(const char *name, char **names)
{
	for (char **n = names; *n; n++)
		if (!strcmp(*n, name))
			return true;
	return !*names;
}

static int load_module(const char *path)
{
	int f = open_or_die(path, O_RDONLY);

	return syscall(SYS_finit_module, f, "", 0) && errno != EEXIST ? 1 : 0;
}

int main(int argc, char **argv)
{
	const struct rlimit no_core = {};
	bool really = true;
	int bad = 0;

	if (argc > 1 && !strcmp(argv[0], "program"))
		return EXECUTED;
	if (argc > 1 && !strcmp(argv[1], "list")) {
		for (deed = deeds; deed < deeds + DEEDS; deed++)
			printf("%s %s\n", deed->name, deed->event);
		return 0;
	}
	if (argc == 3 && !strcmp(argv[1], "module"))
		return load_module(argv[2]);
	if (argc < 2)
		return 2;
	if (argc == 3 && !strcmp(argv[1], "victim")) {
		base = argv[2];
		be_victim();
	}
	if (argc == 3 && !strcmp(argv[1], "stage")) {
		base = argv[2];
		stage();
		return 0;
	}
	base = argv[1];
	argv += 2;
	if (*argv && !strcmp(*argv, "-n")) {
		really = false;
		argv++;
	}
	umask(0); /* whether the event's mode has it taken off depends on the file system */
	setrlimit(RLIMIT_CORE, &no_core);
	shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	for (deed = deeds; deed < deeds + DEEDS; deed++)
		if (wanted(deed->name, argv))
			bad |= run_one(really);
	return bad;
}

#endif
