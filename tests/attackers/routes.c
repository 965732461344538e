/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Packets to an address that is allowed, which go to another one first. What is on the wire is looked at from outside. */
#include "attacker.h"

#include <arpa/inet.h>
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/in6.h>
#include <netinet/in.h>
#include <netinet/ip.h>

#define PORT 7001

/* Takes the packets to 127.0.0.9 and to ::9. */
static void watch(unsigned protocol, unsigned offset, unsigned address)
{
	struct sock_filter f[] = {{0x20, 0, 0, offset}, {0x15, 0, 1, address}, {6, 0, 0, 0xffff}, {6, 0, 0, 0}};
	struct sock_fprog program = {4, f};
	char text[999];

	server = socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, htons(protocol));
	if (server < 0)
		cannot("AF_PACKET");
	if (setsockopt(server, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program)))
		die("filter");
	while (recv(server, text, sizeof(text), 0) > 0)
		;
}

static void four_setup(void)
{
	listen_udp(PORT);
	listen_tcp(PORT);
	watch(ETH_P_IP, 16, 0x7f000009);
}

static void six_setup(void)
{
	struct sockaddr_in6 in = {.sin6_family = AF_INET6,
				  .sin6_port = htons(PORT),
				  .sin6_addr = IN6ADDR_LOOPBACK_INIT};
	int s = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;

	setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(s, (void *)&in, sizeof(in)) || listen(s, 5))
		die("bind");
	if (system("ip -6 addr add ::9/128 dev lo 2>/dev/null; ip link set lo up"))
		die("ip");
	watch(ETH_P_IPV6, 36, 9);
}

static socklen_t target(int family, struct sockaddr_storage *ret_address)
{
	return internet_address(family, family == AF_INET ? "127.0.0.1" : "::1", PORT, ret_address);
}

/* Loose source routing by 127.0.0.9; segment routing by ::9; a home address of ::9. */
static const unsigned char loose[] = {1, 131, 7, 4, 127, 0, 0, 9};
static const unsigned char segments[40] = {0, 4, 4, 1, 1, 0, 0, 0, [8 + 15] = 1, [8 + 31] = 9};
static const unsigned char home[24] = {0, 2, 2, 1, [23] = 9};

struct route {
	int family;
	int level;
	int option;
	int control; /* the same in a message */
	const unsigned char *value;
	unsigned size;
};
static const struct route loosely = {AF_INET, IPPROTO_IP, IP_OPTIONS, IP_RETOPTS, loose, sizeof(loose)};
static const struct route by_segments = {AF_INET6, IPPROTO_IPV6, IPV6_RTHDR, IPV6_RTHDR, segments, sizeof(segments)};
static const struct route by_home = {AF_INET6, IPPROTO_IPV6, IPV6_RTHDR, IPV6_RTHDR, home, sizeof(home)};

static void by_option(const struct route *r, int type)
{
	struct sockaddr_storage address;
	socklen_t size = target(r->family, &address);
	int s = socket(r->family, type | SOCK_NONBLOCK, 0);

	setsockopt(s, r->level, r->option, r->value, r->size);
	if (type == SOCK_STREAM)
		connect(s, (void *)&address, size);
	else
		sendto(s, "x", 1, 0, (void *)&address, size);
	sleep_ms(100);
}

static void put_route(struct cmsghdr *c, const struct route *r)
{
	c->cmsg_level = r->level;
	c->cmsg_type = r->control;
	c->cmsg_len = CMSG_LEN(r->size);
	memcpy(CMSG_DATA(c), r->value, r->size);
}

static void by_message(const struct route *r)
{
	char control[CMSG_SPACE(40)] __attribute__((aligned(8))) = {};
	struct sockaddr_storage address;
	struct iovec text = {"x", 1};
	struct msghdr m = {.msg_name = &address,
			   .msg_namelen = target(r->family, &address),
			   .msg_iov = &text,
			   .msg_iovlen = 1,
			   .msg_control = control,
			   .msg_controllen = CMSG_SPACE(r->size)};
	struct cmsghdr *c = CMSG_FIRSTHDR(&m);

	put_route(c, r);
	sendmsg(socket(r->family, SOCK_DGRAM, 0), &m, 0);
}

/* The kernel asks about the first of several to one address. */
static void by_second_message(const struct route *r)
{
	char control[CMSG_SPACE(40)] __attribute__((aligned(8))) = {};
	struct sockaddr_storage address;
	struct iovec text = {"x", 1};
	struct msghdr m = {.msg_name = &address,
			   .msg_namelen = target(r->family, &address),
			   .msg_iov = &text,
			   .msg_iovlen = 1};
	struct mmsghdr two[2] = {{m}, {m}};
	struct cmsghdr *c;

	two[1].msg_hdr.msg_control = control;
	two[1].msg_hdr.msg_controllen = CMSG_SPACE(r->size);
	c = CMSG_FIRSTHDR(&two[1].msg_hdr);
	put_route(c, r);
	sendmmsg(socket(r->family, SOCK_DGRAM, 0), two, 2, 0);
}

/* A label of flows brings its own routing header. */
struct label {
	struct in6_flowlabel_req request;
	char control[CMSG_SPACE(sizeof(home))];
};

static unsigned make_label(int s, const struct route *r)
{
	struct label l = {.request = {.flr_dst = IN6ADDR_LOOPBACK_INIT,
				      .flr_action = IPV6_FL_A_GET,
				      .flr_share = IPV6_FL_S_EXCL,
				      .flr_flags = IPV6_FL_F_CREATE}};
	struct cmsghdr *c = (void *)l.control;

	put_route(c, r);
	if (setsockopt(s, IPPROTO_IPV6, IPV6_FLOWLABEL_MGR, &l, offsetof(struct label, control) + CMSG_LEN(r->size)))
		succeeded(false);
	return l.request.flr_label;
}

static void by_label(const struct route *r)
{
	struct sockaddr_storage address;
	socklen_t size = target(r->family, &address);
	int s = socket(r->family, SOCK_DGRAM, 0), on = 1;

	setsockopt(s, IPPROTO_IPV6, IPV6_FLOWINFO_SEND, &on, sizeof(on));
	((struct sockaddr_in6 *)&address)->sin6_flowinfo = make_label(s, r);
	sendto(s, "x", 1, 0, (void *)&address, size);
}

static void send_benign(int family, int type)
{
	struct sockaddr_storage address;
	socklen_t size = target(family, &address);
	int s = socket(family, type, 0);

	succeeded(type == SOCK_STREAM ? !connect(s, (void *)&address, size) :
					sendto(s, "x", 1, 0, (void *)&address, size) == 1);
}

#define SEND(name, family, type) \
	static void name##_benign(void) \
	{ \
		send_benign(family, type); \
	}
SEND(four, AF_INET, SOCK_DGRAM)
SEND(four_stream, AF_INET, SOCK_STREAM)
SEND(six, AF_INET6, SOCK_DGRAM)
SEND(six_stream, AF_INET6, SOCK_STREAM)

#define ROUTE(name, by, ...) \
	static void name(void) \
	{ \
		by(__VA_ARGS__); \
	}
ROUTE(loose_option, by_option, &loosely, SOCK_DGRAM)
ROUTE(loose_stream, by_option, &loosely, SOCK_STREAM)
ROUTE(loose_message, by_message, &loosely) /* segments are refused there by the kernel */
ROUTE(segments_option, by_option, &by_segments, SOCK_DGRAM)
ROUTE(segments_stream, by_option, &by_segments, SOCK_STREAM)
ROUTE(home_option, by_option, &by_home, SOCK_DGRAM)
ROUTE(home_stream, by_option, &by_home, SOCK_STREAM)
ROUTE(home_message, by_message, &by_home)
ROUTE(home_second, by_second_message, &by_home)
ROUTE(loose_second, by_second_message, &loosely)
ROUTE(home_label, by_label, &by_home)

#define EVENT "^(socket_setsockopt|capable) "
KIND(routes, {"route_loose", ROOT, EVENT, four_setup, four_benign, loose_option, reached},
     {"route_loose_stream", ROOT, EVENT, four_setup, four_stream_benign, loose_stream, reached},
     {"route_loose_message", ROOT, EVENT, four_setup, four_benign, loose_message, reached},
     {"route_segments", BOTH, EVENT, six_setup, six_benign, segments_option, reached},
     {"route_segments_stream", BOTH, EVENT, six_setup, six_stream_benign, segments_stream, reached},
     {"route_home", BOTH, EVENT, six_setup, six_benign, home_option, reached},
     {"route_home_stream", BOTH, EVENT, six_setup, six_stream_benign, home_stream, reached},
     {"route_home_second", BOTH, EVENT, six_setup, six_benign, home_second, reached},
     {"route_loose_second", ROOT, EVENT, four_setup, four_benign, loose_second, reached},
     {"route_home_label", BOTH, EVENT, six_setup, six_benign, home_label, reached},
     {"route_home_message", BOTH, EVENT, six_setup, six_benign, home_message, reached}, );
