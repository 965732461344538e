/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Packets to an address that is allowed, by another device: it is another host's there; and addresses besides it. */
#include "attacker.h"

#include <arpa/inet.h>
#include <linux/in6.h>
#include <linux/ipv6.h>
#include <linux/if_tun.h>
#include <linux/sctp.h>
#include <net/if.h>
#include <netinet/in.h>

#ifndef IP_UNICAST_IF
#define IP_UNICAST_IF 50
#endif
#define PORT 7001
#define OTHER "tsem1"

/* It is there until we end. */
static int make_device(int which)
{
	struct ifreq r = {.ifr_flags = IFF_TUN | IFF_NO_PI};
	int fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
	char line[256];

	snprintf(r.ifr_name, IFNAMSIZ, "tsem%d", which);
	if (fd < 0 || ioctl(fd, TUNSETIFF, &r))
		cannot("there are no tun devices");
	snprintf(
		line, sizeof(line),
		"ip addr add 10.%d.0.1/24 dev tsem%d && ip addr add fd0%d::1/64 dev tsem%d nodad && ip link set tsem%d up",
		9 - which, which, 9 - which, which, which);
	if (system(line))
		die("ip");
	return fd;
}

/* 10.9.0.5 and fd09::5 are behind the first one. */
static void devices_setup(void)
{
	mkdir("/dev/net", 0755);
	mknod("/dev/net/tun", S_IFCHR | 0666, 10 << 8 | 200);
	make_device(0);
	server = make_device(1);
	if (system("ip -6 route add fd09::/64 dev " OTHER " metric 4096"))
		die("ip");
}

static bool is_ours(unsigned protocol)
{
	return protocol == IPPROTO_UDP || protocol == IPPROTO_TCP;
}

/* Others send there, too: what is looked for is our port. */
static bool by_other(void)
{
	unsigned char p[2048];
	ssize_t n;

	for (int i = 0; i < (patient ? 20 : 1); i++, sleep_ms(10))
		while ((n = read(server, p, sizeof(p))) > 0) {
			size_t ports = *p >> 4 == 4 ? 20 : 40;

			if (n >= (ssize_t)ports + 4 && is_ours(p[*p >> 4 == 4 ? 9 : 6]) &&
			    p[ports + 2] << 8 == (PORT & 0xff00) && p[ports + 3] == (PORT & 0xff))
				return true;
		}
	return false;
}

static socklen_t target(int family, struct sockaddr_storage *ret_address)
{
	return internet_address(family, family == AF_INET ? "10.9.0.5" : "fd09::5", PORT, ret_address);
}

static void send_by(int family, int s, void *control, size_t size)
{
	struct sockaddr_storage address;
	struct iovec text = {"x", 1};
	struct msghdr m = {.msg_name = &address,
			   .msg_namelen = target(family, &address),
			   .msg_iov = &text,
			   .msg_iovlen = 1,
			   .msg_control = control,
			   .msg_controllen = size};

	if (sendmsg(s, &m, 0) < 0)
		succeeded(false);
}

static void by_option(int family, int level, int option, const void *value, size_t size)
{
	int s = socket(family, SOCK_DGRAM, 0);

	if (option && setsockopt(s, level, option, value, size))
		succeeded(false);
	send_by(family, s, NULL, 0);
}

static void by_message(int family, int s, int level, int option, const void *value, size_t size)
{
	char control[CMSG_SPACE(64)] __attribute__((aligned(8))) = {};
	struct cmsghdr *c = (void *)control;

	c->cmsg_level = level;
	c->cmsg_type = option;
	c->cmsg_len = CMSG_LEN(size);
	memcpy(CMSG_DATA(c), value, size);
	send_by(family, s, control, CMSG_SPACE(size));
}

static int other(void)
{
	return if_nametoindex(OTHER);
}

static void four_benign(void)
{
	other();
	by_option(AF_INET, 0, 0, NULL, 0);
}

static void six_benign(void)
{
	other();
	by_option(AF_INET6, 0, 0, NULL, 0);
}

static void device_attack(void)
{
	by_option(AF_INET, SOL_SOCKET, SO_BINDTODEVICE, OTHER, sizeof(OTHER));
}

static void index_attack(void)
{
	int index = other();

	by_option(AF_INET, SOL_SOCKET, SO_BINDTOIFINDEX, &index, sizeof(index));
}

static void unicast_attack(void)
{
	int index = htonl(other());

	by_option(AF_INET, IPPROTO_IP, IP_UNICAST_IF, &index, sizeof(index));
}

static void four_information_attack(void)
{
	struct in_pktinfo info = {.ipi_ifindex = other()};

	by_message(AF_INET, socket(AF_INET, SOCK_DGRAM, 0), IPPROTO_IP, IP_PKTINFO, &info, sizeof(info));
}

static void six_information_attack(void)
{
	struct in6_pktinfo info = {.ipi6_ifindex = other()};

	by_message(AF_INET6, socket(AF_INET6, SOCK_DGRAM, 0), IPPROTO_IPV6, IPV6_PKTINFO, &info, sizeof(info));
}

static void six_sticky_attack(void)
{
	struct in6_pktinfo info = {.ipi6_ifindex = other()};

	by_option(AF_INET6, IPPROTO_IPV6, IPV6_PKTINFO, &info, sizeof(info));
}

/* ---- past the routes: an address of the network at hand is behind the first device ---- */

static void behind_setup(void)
{
	devices_setup();
	if (system("ip route add 10.8.0.5/32 via 10.9.0.2 dev tsem0"))
		die("ip");
}

static const struct sockaddr *behind(void)
{
	static struct sockaddr_in in = {.sin_family = AF_INET};

	in.sin_port = htons(PORT);
	inet_pton(AF_INET, "10.8.0.5", &in.sin_addr);
	return (const void *)&in;
}

static void send_behind(bool connected, int flags)
{
	int s = socket(AF_INET, SOCK_DGRAM, 0);
	const struct sockaddr *address = behind();

	if (connected && connect(s, address, sizeof(struct sockaddr_in)))
		succeeded(false);
	if (sendto(s, "x", 1, flags, connected ? NULL : address, connected ? 0 : sizeof(struct sockaddr_in)) < 0)
		succeeded(false);
}

static void behind_benign(void)
{
	send_behind(false, 0);
}

static void flag_attack(void)
{
	send_behind(false, MSG_DONTROUTE);
}

static void connected_benign(void)
{
	send_behind(true, 0);
}

static void connected_attack(void)
{
	send_behind(true, MSG_DONTROUTE);
}

static void begin_behind(int on)
{
	int s = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);

	if (on && setsockopt(s, SOL_SOCKET, SO_DONTROUTE, &on, sizeof(on)))
		succeeded(false);
	if (connect(s, behind(), sizeof(struct sockaddr_in)) && errno != EINPROGRESS)
		succeeded(false);
	look();
}

static void begin_benign(void)
{
	begin_behind(0);
}

static void begin_attack(void)
{
	begin_behind(1);
}

/* ---- further addresses of the same connection: who is behind the first device does not answer ---- */

static void more_setup(void)
{
	struct sockaddr_storage address;
	socklen_t size = internet_address(AF_INET, "10.8.0.1", PORT, &address);

	devices_setup();
	server = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, IPPROTO_SCTP);
	if (server < 0)
		cannot("the kernel of this machine has no SCTP, and no module of it is at hand");
	if (bind(server, (void *)&address, size) || listen(server, 9))
		die("SCTP");
}

static int sctp_socket(int type)
{
	return socket(AF_INET, type | SOCK_NONBLOCK, IPPROTO_SCTP);
}

static void more_benign(void)
{
	send_by(AF_INET, sctp_socket(SOCK_SEQPACKET), NULL, 0);
}

/* Until the kernel tries the second one. */
static void with_more(int type)
{
	struct in_addr more;

	inet_pton(AF_INET, "10.8.0.1", &more);
	by_message(AF_INET, sctp_socket(type), IPPROTO_SCTP, SCTP_DSTADDRV4, &more, sizeof(more));
	sleep_ms(6000);
}

static void more_attack(void)
{
	with_more(SOCK_SEQPACKET);
}

static void stream_benign(void)
{
	send_by(AF_INET, sctp_socket(SOCK_STREAM), NULL, 0);
}

static void stream_attack(void)
{
	with_more(SOCK_STREAM);
}

#define EVENT "^socket_setsockopt "
#define MORE "^socket_(setsockopt|sendmsg|connect) "
KIND(devices, {"by_device", BOTH, EVENT, devices_setup, four_benign, device_attack, by_other},
     {"by_device_index", BOTH, EVENT, devices_setup, four_benign, index_attack, by_other},
     {"by_unicast_device", BOTH, EVENT, devices_setup, four_benign, unicast_attack, by_other},
     {"by_packet_information", BOTH, EVENT, devices_setup, four_benign, four_information_attack, by_other},
     {"by_packet_information_six", BOTH, EVENT, devices_setup, six_benign, six_information_attack, by_other},
     {"by_sticky_information", BOTH, EVENT, devices_setup, six_benign, six_sticky_attack, by_other},
     {"sctp_more", BOTH, MORE, more_setup, more_benign, more_attack, reached},
     {"sctp_more_stream", BOTH, MORE, more_setup, stream_benign, stream_attack, reached},
     {"past_routes", BOTH, "^socket_(setsockopt|sendmsg) ", behind_setup, behind_benign, flag_attack, by_other},
     {"past_routes_connected", BOTH, "^socket_(setsockopt|sendmsg) ", behind_setup, connected_benign, connected_attack,
      by_other},
     {"past_routes_begun", BOTH, EVENT, behind_setup, begin_benign, begin_attack, by_other}, );
