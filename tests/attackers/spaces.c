/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What is done in namespaces of the kernel of one's own is learned, and done to the machine's. */
#include "attacker.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/ipc.h>
#include <sys/shm.h>

#define PORT 7002
#define KEY 0x7473656d
#define CAPABILITIES_3 0x20080522

static void leave(int spaces)
{
	struct {
		uint32_t version;
		int pid;
	} head = {CAPABILITIES_3, 0};
	uint32_t none[6] = {0};

	if (who == ROOT ? unshare(spaces) : unshare(CLONE_NEWUSER | spaces) || syscall(SYS_capset, &head, none))
		say("unshare\n");
}

static void network_setup(void)
{
	server = listen_tcp(PORT);
}

static void connect_by(int s)
{
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(PORT)};

	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	connect(s, (void *)&to, sizeof(to));
	sleep_ms(100);
}

static void connect_server(void)
{
	connect_by(socket(AF_INET, SOCK_STREAM, 0));
}

static void network_benign(void)
{
	leave(CLONE_NEWNET);
	connect_server();
}

/* Both are there: one of the machine's network, one of its own. */
static void make_sockets(int *ret_before, int *ret_after)
{
	*ret_before = socket(AF_INET, SOCK_STREAM, 0);
	leave(CLONE_NEWNET);
	*ret_after = socket(AF_INET, SOCK_STREAM, 0);
}

static void socket_benign(void)
{
	int before, after;

	make_sockets(&before, &after);
	connect_by(after);
}

static void socket_attack(void)
{
	int before, after;

	make_sockets(&before, &after);
	connect_by(before);
}

static char was[65];

static void name_setup(void)
{
	gethostname(was, sizeof(was) - 1);
}

static void name_attack(void)
{
	sethostname("inner", 5);
}

static void name_benign(void)
{
	leave(CLONE_NEWUTS);
	name_attack();
}

static bool name_effect(void)
{
	char is[65] = "";

	gethostname(is, sizeof(is) - 1);
	return !strcmp(is, "inner");
}

static void name_undo(void)
{
	sethostname(was, strlen(was));
}

static int segment;

static void memory_setup(void)
{
	char *memory;

	segment = shmget(KEY, 4096, IPC_CREAT | 0666);
	memory = shmat(segment, NULL, 0);
	if (memory == (void *)-1)
		die("shmat");
	strcpy(memory, secret);
	shmdt(memory);
}

static void memory_attack(void)
{
	char *memory = shmat(shmget(KEY, 4096, IPC_CREAT | 0666), NULL, 0);

	if (memory != (void *)-1)
		say(memory);
}

static void memory_benign(void)
{
	leave(CLONE_NEWIPC);
	memory_attack();
}

static void memory_undo(void)
{
	shmctl(segment, IPC_RMID, NULL);
}

KIND(spaces, {"own_network", BOTH, "^socket_", network_setup, network_benign, connect_server, reached},
     {"own_network_socket", BOTH, "^socket_connect", network_setup, socket_benign, socket_attack, reached},
     {"own_name", ROOT, "^capable", name_setup, name_benign, name_attack, name_effect, name_undo},
     {"own_memory", BOTH, "^(ipc_|shm_)", memory_setup, memory_benign, memory_attack, told, memory_undo}, );
