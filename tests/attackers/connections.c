/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Reaching a server by other calls than connect(2), or another server under the name of one. */
#include "uring.h"

#include <arpa/inet.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <netinet/tcp.h>
#include <netinet/udp.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/un.h>

#define ALLOWED_PORT 7001
#define OTHER_PORT 7002
#define RAW_PROTOCOL 253
#ifndef IPPROTO_MPTCP
#define IPPROTO_MPTCP 262
#endif

static struct sockaddr_in at(unsigned port)
{
	struct sockaddr_in in = {.sin_family = AF_INET,
				 .sin_port = htons(port),
				 .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};

	return in;
}

#define ADDRESS(in) (struct sockaddr *)&(in), sizeof(in)

/* ---- without connect(2) ---- */

static void tcp_setup(void)
{
	listen_tcp(ALLOWED_PORT);
	server = listen_tcp(OTHER_PORT);
}

static void tcp_benign(void)
{
	struct sockaddr_in in = at(ALLOWED_PORT);

	succeeded(!connect(socket(AF_INET, SOCK_STREAM, 0), ADDRESS(in)));
}

static void fastopen_attack(void)
{
	struct sockaddr_in in = at(OTHER_PORT);

	succeeded(sendto(socket(AF_INET, SOCK_STREAM, 0), "x", 1, MSG_FASTOPEN, ADDRESS(in)) == 1);
}

/* A connection that is put off until something is written, which asks nobody. */
static void fastopen_later_attack(void)
{
	struct sockaddr_in in = at(OTHER_PORT);
	int s = socket(AF_INET, SOCK_STREAM, 0), on = 1;

	setsockopt(s, IPPROTO_TCP, TCP_FASTOPEN_CONNECT, &on, sizeof(on));
	succeeded(!connect(s, ADDRESS(in)) && write(s, "x", 1) == 1);
}

static void mptcp_setup(void)
{
	int s = socket(AF_INET, SOCK_STREAM, IPPROTO_MPTCP);

	if (s < 0)
		cannot("MPTCP");
	close(s);
	tcp_setup();
}

static void mptcp_benign(void)
{
	struct sockaddr_in in = at(ALLOWED_PORT);

	succeeded(!connect(socket(AF_INET, SOCK_STREAM, IPPROTO_MPTCP), ADDRESS(in)));
}

static void mptcp_attack(void)
{
	struct sockaddr_in in = at(OTHER_PORT);

	succeeded(sendto(socket(AF_INET, SOCK_STREAM, IPPROTO_MPTCP), "x", 1, MSG_FASTOPEN, ADDRESS(in)) == 1);
}

static int listen_sctp(unsigned port)
{
	struct sockaddr_in in = at(port);
	int s = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, IPPROTO_SCTP);

	if (s < 0)
		cannot("the kernel of this machine has no SCTP, and no module of it is at hand");
	if (bind(s, ADDRESS(in)) || listen(s, 9))
		die("SCTP");
	return s;
}

static void sctp_setup(void)
{
	listen_sctp(ALLOWED_PORT);
	server = listen_sctp(OTHER_PORT);
}

static void sctp_benign(void)
{
	struct sockaddr_in in = at(ALLOWED_PORT);

	succeeded(!connect(socket(AF_INET, SOCK_SEQPACKET, IPPROTO_SCTP), ADDRESS(in)));
}

/* Of many connections in one socket, each begins with its first message. */
static void sctp_attack(void)
{
	struct sockaddr_in in = at(OTHER_PORT);

	succeeded(sendto(socket(AF_INET, SOCK_SEQPACKET, IPPROTO_SCTP), "x", 1, 0, ADDRESS(in)) == 1);
}

/* ---- datagrams ---- */

static void udp_setup(void)
{
	listen_udp(ALLOWED_PORT);
	server = listen_udp(OTHER_PORT);
}

static void udp_connected(void)
{
	struct sockaddr_in in = at(ALLOWED_PORT);
	int s = socket(AF_INET, SOCK_DGRAM, 0);

	succeeded(!connect(s, ADDRESS(in)) && send(s, "x", 1, 0) == 1);
}

static void udp_sendto_attack(void)
{
	struct sockaddr_in in = at(OTHER_PORT);

	udp_connected();
	succeeded(sendto(socket(AF_INET, SOCK_DGRAM, 0), "x", 1, 0, ADDRESS(in)) == 1);
}

static void udp_sent(void)
{
	struct sockaddr_in in = at(ALLOWED_PORT);

	succeeded(sendto(socket(AF_INET, SOCK_DGRAM, 0), "x", 1, 0, ADDRESS(in)) == 1);
}

/* The first message is allowed. */
static void udp_sendmmsg_attack(void)
{
	struct sockaddr_in in[2] = {at(ALLOWED_PORT), at(OTHER_PORT)};
	struct iovec text = {"x", 1};
	struct mmsghdr m[2] = {
		{.msg_hdr = {.msg_name = &in[0], .msg_namelen = sizeof(*in), .msg_iov = &text, .msg_iovlen = 1}},
		{.msg_hdr = {.msg_name = &in[1], .msg_namelen = sizeof(*in), .msg_iov = &text, .msg_iovlen = 1}}};
	int s = socket(AF_INET, SOCK_DGRAM, 0);

	succeeded(sendmmsg(s, m, 2, 0) == 2);
}

/* The socket is connected to who is allowed; the address of the message is another. */
static void udp_past_attack(void)
{
	struct sockaddr_in in = at(ALLOWED_PORT), other = at(OTHER_PORT);
	int s = socket(AF_INET, SOCK_DGRAM, 0);

	succeeded(!connect(s, ADDRESS(in)) && sendto(s, "x", 1, 0, ADDRESS(other)) == 1);
}

static void uring_send_benign(void)
{
	struct ring r;

	udp_connected();
	ring_make(&r, 0);
}

static void uring_send_attack(void)
{
	struct sockaddr_in in = at(OTHER_PORT);
	struct ring r;
	struct io_uring_sqe e = {.opcode = IORING_OP_SEND,
				 .fd = socket(AF_INET, SOCK_DGRAM, 0),
				 .addr = (unsigned long)"x",
				 .len = 1,
				 .addr2 = (unsigned long)&in,
				 .addr_len = sizeof(in)};

	succeeded(ring_make(&r, 0) && ring_do(&r, &e) == 1);
}

static void raw_setup(void)
{
	struct sockaddr_in in = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(0x7f000009)};

	server = socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, RAW_PROTOCOL);
	if (bind(server, ADDRESS(in)))
		die("raw");
}

static void raw_benign(void)
{
	struct sockaddr_in in = at(0);

	succeeded(!connect(socket(AF_INET, SOCK_RAW, RAW_PROTOCOL), ADDRESS(in)));
}

static void raw_attack(void)
{
	struct sockaddr_in in = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(0x7f000009)};

	succeeded(sendto(socket(AF_INET, SOCK_RAW, RAW_PROTOCOL), "x", 1, 0, ADDRESS(in)) == 1);
}

/* ---- names of UNIX sockets ---- */

static void unix_setup_as(int type, const char *allowed, size_t allowed_size, const char *other, size_t other_size)
{
	mkdir("a", 0777);
	mkdir("b", 0777);
	listen_unix(allowed, allowed_size, type);
	server = listen_unix(other, other_size, type);
	if (*allowed)
		chmod(allowed, 0666);
	if (*other)
		chmod(other, 0666);
}

static void unix_setup(void)
{
	unix_setup_as(SOCK_STREAM, "a/s", 4, "b/s", 4);
}

static void unix_datagram_setup(void)
{
	unix_setup_as(SOCK_DGRAM, "a/s", 4, "b/s", 4);
}

static int unix_connect(const char *name, size_t size, int type)
{
	struct sockaddr_un un = {.sun_family = AF_UNIX};

	memcpy(un.sun_path, name, size);
	return connect(socket(AF_UNIX, type, 0), (struct sockaddr *)&un, offsetof(struct sockaddr_un, sun_path) + size);
}

static void unix_send(const char *name)
{
	struct sockaddr_un un = {.sun_family = AF_UNIX};

	strcpy(un.sun_path, name);
	succeeded(sendto(socket(AF_UNIX, SOCK_DGRAM, 0), "x", 1, 0, ADDRESS(un)) == 1);
}

static void relative_benign(void)
{
	succeeded(!chdir("a") && !unix_connect("s", 2, SOCK_STREAM));
}

static void relative_attack(void)
{
	succeeded(!chdir("b") && !unix_connect("s", 2, SOCK_STREAM));
}

static void relative_datagram_benign(void)
{
	if (!chdir("a"))
		unix_send("s");
}

static void relative_datagram_attack(void)
{
	if (!chdir("b"))
		unix_send("s");
}

static void datagram_benign(void)
{
	unix_send(here("a/s"));
}

static void datagram_attack(void)
{
	unix_send(here("b/s"));
}

static void chroot_benign(void)
{
	succeeded(!chroot("a") && !unix_connect("/s", 3, SOCK_STREAM));
}

static void chroot_attack(void)
{
	succeeded(!chroot("b") && !unix_connect("/s", 3, SOCK_STREAM));
}

/* The same text, by a descriptor of another directory. */
static void by_descriptor(const char *directory)
{
	int fd = open(directory, O_PATH | O_DIRECTORY);

	dup2(fd, 77);
	succeeded(!unix_connect("/proc/self/fd/77/s", sizeof("/proc/self/fd/77/s"), SOCK_STREAM));
}

static void descriptor_benign(void)
{
	by_descriptor("a");
}

static void descriptor_attack(void)
{
	by_descriptor("b");
}

/* ---- servers that are each in a mount namespace of their own, with another directory at one place ---- */

static void bind_elsewhere(int s, int type, const char *directory, const char *as)
{
	struct sockaddr_un un = {.sun_family = AF_UNIX};

	if (unshare(CLONE_NEWNS) || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
	    mount(directory, as, NULL, MS_BIND, NULL))
		die(as);
	snprintf(un.sun_path, sizeof(un.sun_path), "%.90s/s", as);
	if (bind(s, ADDRESS(un)) || chmod(un.sun_path, 0666) || (type != SOCK_DGRAM && listen(s, 9)))
		die(un.sun_path);
}

/* That namespace stays as long as we do. */
static int listen_elsewhere(int type, const char *directory, const char *as)
{
	int s = socket(AF_UNIX, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), ended;
	pid_t pid = fork();

	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		bind_elsewhere(s, type, directory, as);
		raise(SIGSTOP);
	}
	if (waitpid(pid, &ended, WUNTRACED) != pid || !WIFSTOPPED(ended))
		die("elsewhere");
	return s;
}

static void two_elsewhere(int type)
{
	mkdir("there", 0777);
	mkdir("a", 0777);
	mkdir("b", 0777);
	listen_elsewhere(type, here("a"), here("there"));
	server = listen_elsewhere(type, here("b"), here("there"));
}

static void elsewhere_setup(void)
{
	two_elsewhere(SOCK_STREAM);
}

static void elsewhere_datagram_setup(void)
{
	two_elsewhere(SOCK_DGRAM);
}

static void connect_at(const char *path)
{
	succeeded(!unix_connect(path, strlen(path) + 1, SOCK_STREAM));
}

static void elsewhere_benign(void)
{
	connect_at(here("a/s"));
}

static void elsewhere_attack(void)
{
	connect_at(here("b/s"));
}

/* Not below a directory whose names say nothing. */
#define SERVERS "/srv/tsem-attackers"

static void servers_undo(void)
{
	static const char *const all[] = {"/a/s", "/b/s", "/a", "/b", "/there", ""};
	char path[64];

	for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++) {
		snprintf(path, sizeof(path), SERVERS "%s", all[i]);
		remove(path);
	}
}

static void servers_setup(void)
{
	servers_undo();
	mkdir(SERVERS, 0777);
	mkdir(SERVERS "/there", 0777);
	mkdir(SERVERS "/a", 0777);
	mkdir(SERVERS "/b", 0777);
	listen_elsewhere(SOCK_STREAM, SERVERS "/a", SERVERS "/there");
	server = listen_elsewhere(SOCK_STREAM, SERVERS "/b", SERVERS "/there");
}

static void dots_benign(void)
{
	connect_at("/tmp/.." SERVERS "/a/s");
}

static void dots_attack(void)
{
	connect_at("/tmp/.." SERVERS "/b/s");
}

static void servers_relative_benign(void)
{
	if (!chdir(SERVERS "/a"))
		connect_at("s");
}

static void servers_relative_attack(void)
{
	if (!chdir(SERVERS "/b"))
		connect_at("s");
}

/* A name that is no name of a file may have zeros in it. */
#define ABSTRACT "\0tsem-attackers"

static void abstract_setup(void)
{
	unix_setup_as(SOCK_STREAM, ABSTRACT, sizeof(ABSTRACT) - 1, ABSTRACT, sizeof(ABSTRACT));
}

static void abstract_benign(void)
{
	succeeded(!unix_connect(ABSTRACT, sizeof(ABSTRACT) - 1, SOCK_STREAM));
}

static void abstract_attack(void)
{
	succeeded(!unix_connect(ABSTRACT, sizeof(ABSTRACT), SOCK_STREAM));
}

/* Learned is a name that the kernel chose; what stands for all such names in the model is a name, too. */
static void literal_setup(void)
{
	struct sockaddr_un un = {.sun_family = AF_UNIX};
	socklen_t size = sizeof(un);
	int chosen = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (bind(chosen, (struct sockaddr *)&un, sizeof(sa_family_t)) || listen(chosen, 9) ||
	    getsockname(chosen, (struct sockaddr *)&un, &size))
		die("bind");
	number = strtol(un.sun_path + 1, NULL, 16);
	server = listen_unix("\0//", 3, SOCK_STREAM);
}

static void literal_benign(void)
{
	char name[8] = "";

	snprintf(name + 1, sizeof(name) - 1, "%05lx", number);
	succeeded(!unix_connect(name, 6, SOCK_STREAM));
}

static void literal_attack(void)
{
	succeeded(!unix_connect("\0//", 3, SOCK_STREAM));
}

static void bind_in(const char *directory)
{
	struct sockaddr_un un = {.sun_family = AF_UNIX, .sun_path = "new"};

	succeeded(!chdir(directory) && !bind(socket(AF_UNIX, SOCK_STREAM, 0), (struct sockaddr *)&un, 6));
}

static void bind_setup(void)
{
	mkdir("a", 0777);
	mkdir("b", 0777);
}

static void bind_benign(void)
{
	bind_in("a");
}

static void bind_attack(void)
{
	bind_in("b");
}

static bool bound_there(void)
{
	return !access("b/new", F_OK);
}

/* ---- the network of the machine ---- */

static void netlink_benign(void)
{
	close(socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE));
}

static void netlink_attack(void)
{
	struct {
		struct nlmsghdr h;
		struct ifaddrmsg a;
		struct rtattr t;
		uint32_t address;
	} m = {{sizeof(m), RTM_NEWADDR, NLM_F_REQUEST | NLM_F_CREATE, 1, 0},
	       {AF_INET, 32, 0, 0, 1},
	       {8, IFA_LOCAL},
	       htonl(0xa9090909)};

	succeeded(send(socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE), &m, sizeof(m), 0) == sizeof(m));
}

static bool address_is_there(void)
{
	struct sockaddr_in in = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(0xa9090909)};
	int s = socket(AF_INET, SOCK_DGRAM, 0), result = bind(s, ADDRESS(in));

	close(s);
	return !result;
}

static void address_undo(void)
{
	if (system("ip address del 169.9.9.9/32 dev lo 2>/dev/null"))
		return;
}

static void interface_benign(void)
{
	struct ifreq r = {.ifr_name = "lo"};

	ioctl(socket(AF_INET, SOCK_DGRAM, 0), SIOCGIFFLAGS, &r);
}

static int mtu(int set)
{
	struct ifreq r = {.ifr_name = "lo", .ifr_mtu = set};
	int s = socket(AF_INET, SOCK_DGRAM, 0), result = ioctl(s, set ? SIOCSIFMTU : SIOCGIFMTU, &r);

	close(s);
	return result ? -1 : r.ifr_mtu;
}

static void interface_attack(void)
{
	succeeded(mtu(60000) == 60000);
}

static bool interface_changed(void)
{
	return mtu(0) == 60000;
}

static void interface_undo(void)
{
	mtu(65536);
}

/* ---- listening without bind(2), which binds it to all addresses ---- */

static void listen_benign(void)
{
	struct sockaddr_in in = at(ALLOWED_PORT);
	int s = socket(AF_INET, SOCK_STREAM, 0);

	succeeded(!bind(s, ADDRESS(in)) && !listen(s, 5));
}

static void listen_attack(void)
{
	int s = socket(AF_INET, SOCK_STREAM, 0);

	if (listen(s, 5))
		succeeded(false);
	look();
}

static bool listens_everywhere(void)
{
	FILE *f = fopen("/proc/net/tcp", "r");
	unsigned address, port, state;
	char line[256];
	bool found = false;

	while (f && fgets(line, sizeof(line), f))
		found = found || (sscanf(line, " %*d: %x:%x %*x:%*x %x", &address, &port, &state) == 3 && !address &&
				  state == 0xa);
	if (f)
		fclose(f);
	return found;
}

/* ---- a server of IPv6 only takes the port of IPv4 as well ---- */

static bool four_answered;

static void listen_on_six(int only)
{
	struct sockaddr_storage address;
	socklen_t size = internet_address(AF_INET6, "::", 7005, &address);
	int s = socket(AF_INET6, SOCK_STREAM, 0), on = 1;

	setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	setsockopt(s, IPPROTO_IPV6, IPV6_V6ONLY, &only, sizeof(only));
	if (bind(s, (void *)&address, size) || listen(s, 5))
		succeeded(false);
	else
		look();
	close(s);
}

static void six_benign(void)
{
	listen_on_six(1);
}

static void six_attack(void)
{
	listen_on_six(0);
}

static bool four_reached(void)
{
	struct sockaddr_storage address;
	socklen_t size = internet_address(AF_INET, "127.0.0.1", 7005, &address);
	int s = socket(AF_INET, SOCK_STREAM, 0);

	if (!connect(s, (void *)&address, size))
		four_answered = true;
	close(s);
	return four_answered;
}

KIND(connections, {"six_takes_four", BOTH, "^socket_", NULL, six_benign, six_attack, four_reached},
     {"fastopen", BOTH, "^socket_connect .*7002", tcp_setup, tcp_benign, fastopen_attack, reached},
     {"fastopen_later", BOTH, "^socket_connect .*7002", tcp_setup, tcp_benign, fastopen_later_attack, reached},
     {"mptcp_fastopen", BOTH, "^socket_connect .*7002", mptcp_setup, mptcp_benign, mptcp_attack, reached},
     {"sctp", BOTH, "^(socket_connect|sctp_bind_connect) ", sctp_setup, sctp_benign, sctp_attack, reached},
     {"udp_sendto", BOTH, "^socket_(sendmsg|connect) .*7002", udp_setup, udp_connected, udp_sendto_attack, reached},
     {"udp_sendmmsg", BOTH, "^socket_(sendmsg|connect|setsockopt) ", udp_setup, udp_sent, udp_sendmmsg_attack, reached},
     {"udp_past", BOTH, "^socket_(sendmsg|connect) .*7002", udp_setup, udp_connected, udp_past_attack, reached},
     {"udp_uring", BOTH, "^socket_(sendmsg|connect) .*7002", udp_setup, uring_send_benign, uring_send_attack, reached},
     {"raw_sendto", ROOT, "^socket_(sendmsg|connect) .*127.0.0.9", raw_setup, raw_benign, raw_attack, reached},
     {"unix_relative", BOTH, "^(socket_connect|unix_stream_connect) .*b/s", unix_setup, relative_benign,
      relative_attack, reached},
     {"unix_relative_datagram", BOTH, "^(unix_may_send|socket_sendmsg) ", unix_datagram_setup, relative_datagram_benign,
      relative_datagram_attack, reached},
     {"unix_datagram", BOTH, "^(unix_may_send|socket_sendmsg) .*b/s", unix_datagram_setup, datagram_benign,
      datagram_attack, reached},
     {"unix_chroot", ROOT, "^(socket_connect|unix_stream_connect|path_chroot) ", unix_setup, chroot_benign,
      chroot_attack, reached},
     {"unix_by_descriptor", BOTH, "^(socket_connect|unix_stream_connect) .*", unix_setup, descriptor_benign,
      descriptor_attack, reached},
     {"elsewhere", BOTH, "^unix_stream_connect ", elsewhere_setup, elsewhere_benign, elsewhere_attack, reached},
     {"elsewhere_datagram", BOTH, "^unix_may_send ", elsewhere_datagram_setup, datagram_benign, datagram_attack,
      reached},
     {"srv_dots", BOTH, "^(socket_connect|unix_stream_connect) ", servers_setup, dots_benign, dots_attack, reached,
      servers_undo},
     {"srv_relative", BOTH, "^unix_stream_connect ", servers_setup, servers_relative_benign, servers_relative_attack,
      reached, servers_undo},
     {"unix_abstract", BOTH, "^(socket_connect|unix_stream_connect) ", abstract_setup, abstract_benign, abstract_attack,
      reached},
     {"unix_literal", BOTH, "^(socket_connect|unix_stream_connect) ", literal_setup, literal_benign, literal_attack,
      reached},
     {"unix_bind_relative", BOTH, "^(socket_bind|inode_mknod) ", bind_setup, bind_benign, bind_attack, bound_there},
     {"listen_unbound", BOTH, "^socket_listen ", NULL, listen_benign, listen_attack, listens_everywhere},
     {"netlink_address", ROOT, "^(capable|netlink_send) ", NULL, netlink_benign, netlink_attack, address_is_there,
      address_undo},
     {"interface", ROOT, "^(capable|file_ioctl) ", NULL, interface_benign, interface_attack, interface_changed,
      interface_undo}, );
