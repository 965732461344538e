/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Deeds to sockets and tunnel devices. Part of deed_all.c. */
#ifndef TSEM_DEED_NET_H
#define TSEM_DEED_NET_H

#include "deed_more.h"

static int pair[2] = {-1, -1};
static char taken[8];

static bool readable(int s)
{
	struct pollfd p = {.fd = s, .events = POLLIN};

	return poll(&p, 1, 300) == 1 && p.revents & POLLIN;
}

/* Tried once when nobody is there: that a connection is wanted is known then. */
static void prepare_unix(int type, const char *name)
{
	address_unix(name, 11);
	fd = socket_or_die(AF_UNIX, type);
	if (!connect(fd, (struct sockaddr *)&address, address_size))
		die("connect");
}

static void prepare_unix_stream(void)
{
	prepare_unix(SOCK_STREAM, "\0tsem\0deed\3");
	listen_here();
}

static void describe_unix_stream(void)
{
	add_sock(AF_UNIX, SOCK_STREAM, 0);
	add(",");
	add_sock_as("other", AF_UNIX, SOCK_STREAM, 0);
	describe_addr();
}

/* Bound to a file of its own. Tried once before it listens: that a connection is wanted is known then. */
static void prepare_unix_path(void)
{
	unlink(here("new"));
	address_unix(here("new"), strlen(here("new")) + 1);
	listener = socket_or_die(AF_UNIX, SOCK_STREAM);
	fd = socket_or_die(AF_UNIX, SOCK_STREAM);
	if (bind(listener, (struct sockaddr *)&address, address_size) ||
	    !connect(fd, (struct sockaddr *)&address, address_size) || listen(listener, 3))
		die("bind");
}

/* Where that file is, by whatever name it was called. */
static void describe_unix_path(void)
{
	add_sock(AF_UNIX, SOCK_STREAM, 0);
	add(",");
	add_sock_as("other", AF_UNIX, SOCK_STREAM, 0);
	add(",\"path\":");
	add_created(here(""));
}

static void prepare_unix_datagram(void)
{
	prepare_unix(SOCK_DGRAM, "\0tsem\0deed\4");
	listener = socket_or_die(AF_UNIX, SOCK_DGRAM);
	if (bind(listener, (struct sockaddr *)&address, address_size))
		die("bind");
}

static void describe_unix_datagram(void)
{
	add_sock(AF_UNIX, SOCK_DGRAM, 0);
	add(",");
	add_sock_as("other", AF_UNIX, SOCK_DGRAM, 0);
	describe_addr();
}

static bool effect_peer(void)
{
	struct sockaddr_storage name;
	socklen_t size = sizeof(name);

	return !getpeername(fd, (struct sockaddr *)&name, &size);
}

/* The kind of socket is known. */
static void prepare_socketpair(void)
{
	close(socket_or_die(AF_UNIX, SOCK_SEQPACKET));
}

static void describe_socketpair(void)
{
	add_sock_as("socka", AF_UNIX, SOCK_SEQPACKET, 0);
	add(",");
	add_sock_as("sockb", AF_UNIX, SOCK_SEQPACKET, 0);
}

static long act_socketpair(void)
{
	return socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair);
}

/* The kernel tells the numbers before it asks; whether they are descriptors, poll knows. */
static bool effect_socketpair(void)
{
	struct pollfd p = {.fd = pair[0], .events = POLLOUT};

	return pair[0] >= 0 && poll(&p, 1, 0) == 1 && p.revents == POLLOUT;
}

static void prepare_send_inet(void)
{
	address_inet(7101);
	listener = socket_or_die(AF_INET, SOCK_DGRAM);
	if (bind(listener, (struct sockaddr *)&address, address_size))
		die("bind");
	fd = socket_or_die(AF_INET, SOCK_DGRAM);
}

static void describe_send_inet(void)
{
	add_sock(AF_INET, SOCK_DGRAM, IPPROTO_UDP);
	describe_addr();
}

static long act_send_inet(void)
{
	return sendto(fd, "x", 1, 0, (struct sockaddr *)&address, address_size);
}

static bool effect_sent(void)
{
	return readable(listener);
}

/* A connection by a message: the same event as one by connect(2). */
static void prepare_fastopen(void)
{
	address_inet(7102);
	listen_here();
	fd = socket_or_die(AF_INET, SOCK_STREAM);
}

static void describe_fastopen(void)
{
	add_sock(AF_INET, SOCK_STREAM, IPPROTO_TCP);
	describe_addr();
}

static long act_fastopen(void)
{
	return sendto(fd, "x", 1, MSG_FASTOPEN, (struct sockaddr *)&address, address_size) < 0 && errno != EINPROGRESS ?
		       -1 :
		       0;
}

static void prepare_pair(void)
{
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair))
		die("socketpair");
	fd = pair[0];
	listener = pair[1];
}

static void describe_pair(void)
{
	add_sock(AF_UNIX, SOCK_STREAM, 0);
}

static long act_write(void)
{
	return write(fd, "x", 1);
}

static void prepare_receive(void)
{
	prepare_pair();
	if (write(pair[1], "x", 1) != 1)
		die("write");
}

static long act_receive(void)
{
	return recv(fd, taken, sizeof(taken), MSG_DONTWAIT);
}

static bool effect_received(void)
{
	return taken[0] == 'x';
}

static struct sockaddr_storage got_name;

static long act_getsockname(void)
{
	socklen_t size = sizeof(got_name);

	return getsockname(fd, (struct sockaddr *)&got_name, &size);
}

static long act_getpeername(void)
{
	socklen_t size = sizeof(got_name);

	return getpeername(fd, (struct sockaddr *)&got_name, &size);
}

static bool effect_name(void)
{
	return got_name.ss_family == AF_UNIX;
}

static void describe_setsockopt(void)
{
	describe_pair();
	add(",\"level\":\"%d\",\"optname\":\"%d\"", SOL_SOCKET, SO_RCVLOWAT);
}

static long act_setsockopt(void)
{
	const int low = 7;

	return setsockopt(fd, SOL_SOCKET, SO_RCVLOWAT, &low, sizeof(low));
}

static bool effect_setsockopt(void)
{
	int low = 0;
	socklen_t size = sizeof(low);

	return !getsockopt(fd, SOL_SOCKET, SO_RCVLOWAT, &low, &size) && low == 7;
}

/* To get what is sent to a group. */
static struct ip_mreq group;

static void prepare_join(void)
{
	group.imr_multiaddr.s_addr = htonl(0xefc90807);
	group.imr_interface.s_addr = htonl(INADDR_LOOPBACK);
	fd = socket_or_die(AF_INET, SOCK_DGRAM);
}

static void describe_join(void)
{
	add_sock(AF_INET, SOCK_DGRAM, IPPROTO_UDP);
	add(",\"level\":\"%d\",\"optname\":\"%d\"", IPPROTO_IP, IP_ADD_MEMBERSHIP);
}

static long act_join(void)
{
	return setsockopt(fd, IPPROTO_IP, IP_ADD_MEMBERSHIP, &group, sizeof(group));
}

static bool effect_joined(void)
{
	struct ip_msfilter filter = {.imsf_multiaddr = group.imr_multiaddr, .imsf_interface = group.imr_interface};
	socklen_t size = sizeof(filter);

	return !getsockopt(fd, IPPROTO_IP, IP_MSFILTER, &filter, &size);
}

static void describe_shutdown(void)
{
	describe_pair();
	add(",\"how\":\"%d\"", SHUT_WR);
}

static long act_shutdown(void)
{
	return shutdown(fd, SHUT_WR);
}

static bool effect_shutdown(void)
{
	struct pollfd p = {.fd = pair[1], .events = POLLRDHUP};

	return poll(&p, 1, 0) == 1 && p.revents & POLLRDHUP;
}

/* Too long to be sent as a netlink message, but a sending. */
static void prepare_netlink(void)
{
	static char huge[1 << 20];

	fd = socket_or_die(AF_NETLINK, SOCK_RAW);
	if (send(fd, huge, sizeof(huge), 0) >= 0 || errno != EMSGSIZE)
		die("send");
}

static void describe_netlink(void)
{
	add_sock(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE);
	add(",\"uid\":\"0\",\"gid\":\"0\",\"portid\":\"0\",\"dst_group\":\"0\",\"flags\":\"0x0\"");
}

static long act_netlink(void)
{
	struct {
		struct nlmsghdr head;
		struct rtgenmsg body;
	} request = {.head = {sizeof(request), RTM_GETLINK, NLM_F_REQUEST | NLM_F_DUMP, 1, 0}};

	return send(fd, &request, sizeof(request), 0);
}

static bool effect_answered(void)
{
	return readable(fd);
}

/* ---- tunnel devices ---- */

static struct ifreq tunnel(const char *name, int flags)
{
	struct ifreq request = {.ifr_flags = flags};

	strcpy(request.ifr_name, name);
	return request;
}

static int tunnel_open(void)
{
	return open_or_die("/dev/net/tun", O_RDWR);
}

static long tunnel_set(int f, const char *name, int flags)
{
	struct ifreq request = tunnel(name, flags);

	return ioctl(f, TUNSETIFF, &request);
}

static void tunnel_make(const char *name)
{
	fd = tunnel_open();
	if (tunnel_set(fd, name, IFF_TUN | IFF_MULTI_QUEUE))
		die(name);
}

static bool device_there(void)
{
	char path[64];

	snprintf(path, sizeof(path), "/sys/class/net/%s", deed->name);
	return !access(path, F_OK);
}

/* The call without a request, and the capability. */
static void prepare_tun_create(void)
{
	struct ifreq none = {.ifr_name = "lo", .ifr_qlen = -1};
	int s = socket_or_die(AF_INET, SOCK_DGRAM);

	fd = tunnel_open();
	if (!ioctl(fd, TUNSETIFF, NULL) || !ioctl(s, SIOCSIFTXQLEN, &none) || errno != EINVAL)
		die("tun");
}

static long act_tun_create(void)
{
	return tunnel_set(fd, deed->name, IFF_TUN | IFF_NO_PI);
}

static void prepare_tun_open(void)
{
	tunnel_make(deed->name);
	fd = tunnel_open();
}

static long act_tun_open(void)
{
	return tunnel_set(fd, deed->name, IFF_TUN | IFF_MULTI_QUEUE);
}

static bool effect_tun_open(void)
{
	struct ifreq request = {};

	return !ioctl(fd, TUNGETIFF, &request) && !strcmp(request.ifr_name, deed->name);
}

/* A request that fails behind the question whether a device may be made. */
static void prepare_tun_attach(void)
{
	fd = tunnel_open();
	if (!tunnel_set(fd, deed->name, 0) || errno != EINVAL)
		die("tun");
}

/* Such a socket is made by the device, not by a program. */
static void describe_tun_attach(void)
{
	add("\"sock\":{\"family\":\"0\",\"type\":\"0\",\"protocol\":\"0\",\"owner\":\"" ZEROS "\"}");
}

static void prepare_tun_queue(void)
{
	struct ifreq request = {.ifr_flags = IFF_DETACH_QUEUE};

	tunnel_make(deed->name);
	if (ioctl(fd, TUNSETQUEUE, &request))
		die("TUNSETQUEUE");
}

static long act_tun_queue(void)
{
	struct ifreq request = {.ifr_flags = IFF_ATTACH_QUEUE};

	return ioctl(fd, TUNSETQUEUE, &request);
}

static bool effect_tun_queue(void)
{
	struct ifreq request = {};

	return !ioctl(fd, TUNGETIFF, &request) && !(request.ifr_flags & IFF_DETACH_QUEUE);
}

/* One deed, one row. */
/* clang-format off */
#define DEEDS_NET \
	{"unix_stream", "unix_stream_connect", prepare_unix_stream, describe_unix_stream, act_connect, effect_connected, 0}, \
	{"unix_datagram", "unix_may_send", prepare_unix_datagram, describe_unix_datagram, act_connect, effect_peer, 0}, \
	{"unix_path", "unix_stream_connect", prepare_unix_path, describe_unix_path, act_connect, effect_connected, 0}, \
	{"fastopen", "socket_connect", prepare_fastopen, describe_fastopen, act_fastopen, effect_connected, 0}, \
	{"socketpair", "socket_socketpair", prepare_socketpair, describe_socketpair, act_socketpair, effect_socketpair, 0}, \
	{"send_inet", "socket_sendmsg", prepare_send_inet, describe_send_inet, act_send_inet, effect_sent, 0}, \
	{"send_connected", "socket_sendmsg", prepare_pair, describe_pair, act_write, effect_sent, 0}, \
	{"receive", "socket_recvmsg", prepare_receive, describe_pair, act_receive, effect_received, 0}, \
	{"getsockname", "socket_getsockname", prepare_pair, describe_pair, act_getsockname, effect_name, 0}, \
	{"getpeername", "socket_getpeername", prepare_pair, describe_pair, act_getpeername, effect_name, 0}, \
	{"setsockopt", "socket_setsockopt", prepare_pair, describe_setsockopt, act_setsockopt, effect_setsockopt, 0}, \
	{"join", "socket_setsockopt", prepare_join, describe_join, act_join, effect_joined, 0}, \
	{"shutdown", "socket_shutdown", prepare_pair, describe_shutdown, act_shutdown, effect_shutdown, 0}, \
	{"netlink", "netlink_send", prepare_netlink, describe_netlink, act_netlink, effect_answered, 0}, \
	{"tun_create", "tun_dev_create", prepare_tun_create, prepare_nothing, act_tun_create, device_there, 0}, \
	{"tun_open", "tun_dev_open", prepare_tun_open, prepare_nothing, act_tun_open, effect_tun_open, 0}, \
	{"tun_attach", "tun_dev_attach", prepare_tun_attach, describe_tun_attach, act_tun_create, device_there, 0}, \
	{"tun_queue", "tun_dev_attach_queue", prepare_tun_queue, prepare_nothing, act_tun_queue, effect_tun_queue, 0}
/* clang-format on */

#endif
