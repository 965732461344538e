/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Sockets. */
#include "core/calls.h"
#include "core/describe.h"
#include "core/event.h"
#include "core/hook.h"
#include "core/ids.h"
#include "core/kernel.h"
#include "core/maps.h"
#include "core/normalise.h"
#include "core/task.h"
#include "core/walk.h"
#include "../engine/coefficient.h"

struct sockaddr_in {
	__u16 family;
	__u16 port;
	__u8 address[4];
};

struct sockaddr_in6 {
	__u16 family;
	__u16 port;
	__u32 flow;
	__u8 address[16];
	__u32 scope;
};

#define SIN6_LEN_RFC2133 24 /* of struct sockaddr_in6 before it had a scope */
#define UNIX_PATH_MAX 108
#define SOCKADDR_MAX 128

INLINE void cell_inet(struct tsem_event *e, const void *address)
{
	struct sockaddr_in in;

	if (bpf_probe_read_kernel(&in, sizeof(in), address))
		event_fail(e, TSEM_FAILURE_field);
	cell_u8(e, TSEM_ADDR_INET);
	cell_u16(e, port_normalise(e, in.port));
	cell_bytes(e, in.address, 4);
}

/* The kernel takes an address without its last field, too. */
INLINE void cell_inet6(struct tsem_event *e, const void *address, int size)
{
	struct sockaddr_in6 in;

	if (bpf_probe_read_kernel(&in, sizeof(in), address))
		event_fail(e, TSEM_FAILURE_field);
	cell_u8(e, TSEM_ADDR_INET6);
	cell_u16(e, port_normalise(e, in.port));
	cell_u32(e, in.flow);
	cell_u32(e, size < (int)sizeof(in) ? 0 : in.scope);
	cell_bytes(e, in.address, 16);
}

/* A path ends at its first NUL, as it does for the kernel; an abstract name begins with one and has a length. */
INLINE void cell_unix(struct tsem_event *e, const void *address, int size)
{
	__u32 length = (__u32)size - 2;
	__u8 *tail;
	long n;

	cell_u8(e, TSEM_ADDR_UNIX);
	tail = cell_tail(e);
	if (size <= 2) { /* unnamed: bind chooses an abstract name */
		cell_u32(e, 0);
		return;
	}
	if (length > UNIX_PATH_MAX)
		length = UNIX_PATH_MAX;
	if (bpf_probe_read_kernel(tail + 4, TSEM_BOUND(length, 127), address + 2))
		event_fail(e, TSEM_FAILURE_field);
	if (tail[4]) {
		n = bpf_probe_read_kernel_str(tail + 4, TSEM_BOUND(length + 1, 127), address + 2);
		length = n > 0 ? n - 1 : 0;
	}
	length = typed_literal(e, TSEM_BOUND(length, 127));
	length = socket_name_normalise(e, TSEM_BOUND(length, 127));
	cell_u32(e, TSEM_BOUND(length, 127));
	cell_advance(e, TSEM_BOUND(length, 127));
}

/* The name that a UNIX socket was bound to. */
INLINE void cell_unix_bound(struct tsem_event *e, struct sock *sk)
{
	struct unix_address *bound = BPF_CORE_READ((struct unix_sock *)sk, addr);

	if (bound)
		cell_unix(e, bound->name, BPF_CORE_READ(bound, len));
	else
		cell_unix(e, 0, 0);
}

/* Families without a form of their own: the digest of the address, so that no byte of it is left out. */
INLINE void cell_other(struct tsem_event *e, const void *address, int size, __u16 family)
{
	__u32 length = (__u32)size > SOCKADDR_MAX ? SOCKADDR_MAX : size;
	__u8 digest[TSEM_DIGEST_SIZE] __attribute__((aligned(8)));

	if (bpf_probe_read_kernel(e->fold, TSEM_BOUND(length, 255), address))
		event_fail(e, TSEM_FAILURE_field);
	if (family == AF_NETLINK && length >= 8 && e->options & TSEM_NORMALISE_anonymous && *(__u32 *)(e->fold + 4))
		*(__u32 *)(e->fold + 4) = 1; /* the port: by habit a process id */
	event_hash(e, TSEM_OFFSET_FOLD, length);
	event_digest(e, digest);
	cell_u8(e, TSEM_ADDR_OTHER);
	cell_u32(e, family);
	cell_digest(e, digest);
}

/* Behind what the caller has given, the kernel's memory has what was there before. */
INLINE __u16 address_family(struct sockaddr *address, int size)
{
	return size < (int)sizeof(address->sa_family) ? 0 : BPF_CORE_READ(address, sa_family);
}

INLINE void cell_address(struct tsem_event *e, struct sockaddr *address, int size)
{
	__u16 family = address_family(address, size);

	if (family == AF_INET && size >= (int)sizeof(struct sockaddr_in))
		cell_inet(e, address);
	else if (family == AF_INET6 && size >= SIN6_LEN_RFC2133)
		cell_inet6(e, address, size);
	else if (family == AF_UNIX)
		cell_unix(e, address, size);
	else
		cell_other(e, address, size, family);
}

TSEM_HOOK("lsm.s/socket_create", socket_create, int family, int type, int protocol, int kern)
{
	cell_u32(e, family);
	cell_u32(e, type);
	cell_u32(e, protocol);
	cell_u32(e, kern);
}

/* Not an event: notes the creator, which belongs to every later event of the socket. */
SEC("lsm/socket_post_create")
int BPF_PROG(socket_owner, struct socket *socket, int family, int type, int protocol, int kern)
{
	struct tsem_task *t = task_modeled();
	struct sock *sk = socket->sk;
	struct tsem_owner *owner;

	if (!t || !sk)
		return 0;
	owner = bpf_sk_storage_get(&tsem_sockets, sk, 0, BPF_SK_STORAGE_GET_F_CREATE);
	if (!owner) {
		namespace_failed(t, TSEM_FAILURE_storage);
		return VERDICT(task_refuses(t));
	}
	owner->context = t->context;
	tsem_digest_copy(owner->owner, t->task_id);
	return 0;
}

TSEM_HOOK("lsm.s/socket_connect", socket_connect, struct socket *sock, struct sockaddr *address, int size)
{
	cell_sock(e, sock);
	cell_address(e, address, size);
}

TSEM_HOOK_RARE("lsm.s/socket_bind", socket_bind, struct socket *sock, struct sockaddr *address, int size)
{
	cell_sock(e, sock);
	cell_address(e, address, size);
}

/* No peer is known yet: the event has the address that the socket listens on. */
INLINE void cell_listening(struct tsem_event *e, struct sock *sk)
{
	struct sock_common *common = &sk->__sk_common;
	__u16 port;

	switch (common->skc_family) {
	case AF_INET:
		port = BPF_CORE_READ(sk, __sk_common.skc_num);
		cell_u8(e, TSEM_ADDR_INET);
		cell_u16(e, port_normalise(e, __builtin_bswap16(port)));
		cell_u32(e, BPF_CORE_READ(sk, __sk_common.skc_rcv_saddr));
		break;
	case AF_INET6:
		port = BPF_CORE_READ(sk, __sk_common.skc_num);
		cell_u8(e, TSEM_ADDR_INET6);
		cell_u16(e, port_normalise(e, __builtin_bswap16(port)));
		cell_zeros(e, 8); /* flow and scope belong to a connection */
		bpf_probe_read_kernel(cell_tail(e), 16, &common->skc_v6_rcv_saddr);
		cell_advance(e, 16);
		break;
	case AF_UNIX:
		cell_unix_bound(e, sk);
		break;
	default:
		cell_u8(e, TSEM_ADDR_OTHER);
		cell_u32(e, common->skc_family);
		cell_zeros(e, TSEM_DIGEST_SIZE);
	}
}

INLINE void cell_listener(struct tsem_event *e, struct socket *sock)
{
	struct sock *sk = sock->sk;

	cell_sock(e, sock);
	if (sk)
		cell_listening(e, sk);
	else
		event_fail(e, TSEM_FAILURE_field);
}

TSEM_HOOK("lsm.s/socket_accept", socket_accept, struct socket *sock, struct socket *newsock)
{
	cell_listener(e, sock);
}

TSEM_HOOK_RARE("lsm.s/socket_listen", socket_listen, struct socket *sock, int backlog)
{
	cell_listener(e, sock);
	cell_u32(e, backlog);
}

/* Where a UNIX socket is bound: the file as the task would find it; else as the server does; or the name. */
INLINE void cell_bound(struct tsem_event *e, struct sock *sk, bool portable)
{
	struct unix_sock *bound = bpf_skc_to_unix_sock(sk);
	struct dentry *dentry = bound ? bound->path.dentry : 0;

	cell_u8(e, !dentry);
	if (!dentry)
		cell_unix_bound(e, sk);
	cell_u8(e, !!dentry);
	if (dentry)
		cell_path_walked(e, dentry, mount_shared(dentry, bound->path.mnt), entry_tag(dentry, e->record.context),
				 dentry, portable);
}

TSEM_HOOK("lsm/unix_stream_connect", unix_stream_connect, struct sock *sock, struct sock *other, struct sock *newsk)
{
	cell_sk(e, sock);
	cell_sk(e, other);
	cell_bound(e, other, portable);
}

/* Asked at each datagram. To a socket without a name there is no other way than one that is open already. */
SEC("lsm/unix_may_send")
int BPF_PROG(unix_may_send, struct socket *sock, struct socket *other)
{
	struct sock *sk = other->sk;
	struct tsem_event *e;
	struct tsem_task *t;
	bool named;

	if (!sk)
		return 0;
	named = READ_ONLY(struct unix_sock, sk)->addr != 0;
	if (!named && !tsem_all_events)
		return 0;
	t = task_modeled();
	if (!t || (!named && !task_all(t)) || t->options & TSEM_OPTION_BYPASS(TSEM_CLASS_OF_unix_may_send))
		return 0;
	e = event_begin(t, TSEM_EVENT_unix_may_send);
	if (!e)
		return VERDICT(tsem_exhausted(t, TSEM_EVENT_unix_may_send));
	cell_sock(e, sock);
	cell_sk(e, sk);
	cell_bound(e, sk, task_portable(t));
	return VERDICT(event_end(e, t));
}

TSEM_HOOK_ALL("lsm.s/socket_socketpair", socket_socketpair, struct socket *socka, struct socket *sockb)
{
	cell_sock(e, socka);
	cell_sock(e, sockb);
}

#define SOCK_STREAM 1
#define SOCK_SEQPACKET 5
#define IPPROTO_SCTP 132
#define SOL_SCTP 132
#define SCTP_DSTADDRV4 7
#define SCTP_DSTADDRV6 8
#define AF_VSOCK 40
#define MSG_DONTROUTE 0x4
#define MSG_FASTOPEN 0x20000000

/* What the address of a message does: nothing, it connects the socket, or the message goes there. */
enum { SEND_NOWHERE, SEND_CONNECTS, SEND_THERE };

INLINE __u32 send_does(const struct sock *object, const struct msghdr *msg)
{
	const struct sock *sk = READ_ONLY(struct sock, object);
	__u16 family = sk->__sk_common.skc_family;

	if (sk->sk_type != SOCK_STREAM && sk->sk_type != SOCK_SEQPACKET)
		return SEND_THERE;
	if (family == AF_UNIX || family == AF_VSOCK)
		return SEND_NOWHERE;
	if ((family == AF_INET || family == AF_INET6) && sk->sk_protocol != IPPROTO_SCTP)
		return msg->msg_flags & MSG_FASTOPEN ? SEND_CONNECTS : SEND_NOWHERE;
	return SEND_CONNECTS;
}

#define SOL_SOCKET 1
#define SOL_IP 0
#define SOL_IPV6 41
#define SO_DONTROUTE 5
#define SO_BINDTODEVICE 25
#define SO_BINDTOIFINDEX 62
#define IP_OPTIONS 4
#define IP_RETOPTS 7 /* in a message the same */
#define IP_PKTINFO 8
#define IP_MULTICAST_IF 32
#define IP_UNICAST_IF 50
#define IPV6_2292PKTINFO 2
#define IPV6_2292RTHDR 5
#define IPV6_2292PKTOPTIONS 6
#define IPV6_MULTICAST_IF 17
#define IPV6_FLOWLABEL_MGR 32 /* a label can have a routing header of its own */
#define IPV6_PKTINFO 50
#define IPV6_RTHDR 57
#define IPV6_UNICAST_IF 76
#define ROUTE_UNKNOWN 0xffffffffu

/* Options by which a packet goes to another address than the one that it is sent to, or to another network that has it too. */
INLINE bool option_routes(int level, int optname)
{
	if (level == SOL_SOCKET)
		return optname == SO_DONTROUTE || optname == SO_BINDTODEVICE || optname == SO_BINDTOIFINDEX;
	if (level == SOL_IP)
		return optname == IP_OPTIONS || optname == IP_UNICAST_IF || optname == IP_MULTICAST_IF;
	if (level != SOL_IPV6)
		return 0;
	return optname == IPV6_RTHDR || optname == IPV6_2292RTHDR || optname == IPV6_2292PKTOPTIONS ||
	       optname == IPV6_FLOWLABEL_MGR || optname == IPV6_PKTINFO || optname == IPV6_UNICAST_IF ||
	       optname == IPV6_MULTICAST_IF;
}

struct message_control {
	__u64 size;
	int level;
	int type;
};
#define CONTROLS_MAX 8

/* As a message has them. What it says of the socket itself is no option of where it goes. */
INLINE bool control_routes(const struct message_control *control)
{
	if (control->level == SOL_IP)
		return control->type == IP_RETOPTS || control->type == IP_PKTINFO;
	if (control->level == SOL_SCTP)
		return control->type == SCTP_DSTADDRV4 || control->type == SCTP_DSTADDRV6;
	return option_routes(control->level, control->type) ||
	       (control->level == SOL_IPV6 && control->type == IPV6_2292PKTINFO);
}

/* The same in the message itself: whether there is one, and which. What cannot be looked through is taken for one. */
INLINE bool message_routes(const struct msghdr *msg, struct message_control *ret_control)
{
	__u64 at = (__u64)msg->msg_control, left = msg->msg_controllen, size;

	for (int i = 0; i < CONTROLS_MAX && left >= sizeof(*ret_control); i++) {
		if (bpf_probe_read_kernel(ret_control, sizeof(*ret_control), (void *)at) ||
		    ret_control->size < sizeof(*ret_control))
			goto unknown;
		if (control_routes(ret_control))
			return 1;
		size = (ret_control->size + 7) & ~7ULL;
		if (size >= left)
			return 0;
		at += size;
		left -= size;
	}
	if (left < sizeof(*ret_control))
		return 0;
unknown:
	ret_control->type = ROUTE_UNKNOWN;
	return 1;
}

/* Whether it sends packets that can have such an option. */
INLINE bool sk_routes(const struct sock *sk)
{
	__u16 family = sk->__sk_common.skc_family;

	return (family == AF_INET || family == AF_INET6) &&
	       (sk->sk_type != SOCK_STREAM || sk->sk_protocol == IPPROTO_SCTP);
}

/* Of many messages to one address the kernel asks about the first only. What the others have is not known. */
INLINE bool message_hides(const struct msghdr *msg)
{
	__u32 call = msg->msg_name ? call_now() : CALL_none;

	return call == CALL_sendmmsg || call == CALL_compat;
}

/* Of messages of the Internet: the verdict on the option, as if it had been set before; 0 without one. */
INLINE int route_decided(struct socket *sock, const struct msghdr *msg, bool hides)
{
	struct sock *sk = READ_ONLY(struct socket, sock)->sk;
	struct message_control control = {};
	struct tsem_event *e;
	struct tsem_task *t;

	if (!sk || !sk_routes(sk))
		return 0;
	t = task_modeled_sleepable();
	if (!t || t->options & TSEM_OPTION_BYPASS(TSEM_CLASS_OF_socket_setsockopt))
		return 0;
	if (hides)
		control.type = ROUTE_UNKNOWN, control.level = sk->__sk_common.skc_family == AF_INET ? SOL_IP : SOL_IPV6;
	else if (msg->msg_flags & MSG_DONTROUTE)
		control.type = SO_DONTROUTE, control.level = SOL_SOCKET;
	else if (!message_routes(msg, &control))
		return 0;
	e = event_begin(t, TSEM_EVENT_socket_setsockopt);
	if (!e)
		return tsem_exhausted(t, TSEM_EVENT_socket_setsockopt);
	cell_sock(e, sock);
	cell_u32(e, control.level);
	cell_u32(e, control.type);
	return event_end_rare(e, t, 1);
}

/* On a connection, which is no event of the default set, it ends with the first questions. */
SEC("lsm.s/socket_sendmsg")
int BPF_PROG(socket_sendmsg, struct socket *sock, struct msghdr *msg, int size)
{
	struct sockaddr *address = msg->msg_name;
	struct sock *sk = sock->sk;
	struct tsem_event *e;
	struct tsem_task *t;
	__u32 does;

	bool hides = message_hides(msg);

	if ((hides || msg->msg_controllen || msg->msg_flags & MSG_DONTROUTE) && route_decided(sock, msg, hides))
		return -EPERM;
	if (!address && !tsem_all_events)
		return 0;
	t = task_modeled_sleepable();
	if (!t || t->options & TSEM_OPTION_BYPASS(TSEM_CLASS_OF_socket_sendmsg))
		return 0;
	does = address && sk ? send_does(sk, msg) : SEND_NOWHERE;
	if (does == SEND_NOWHERE && !task_all(t))
		return 0;
	e = event_begin(t, TSEM_EVENT_socket_sendmsg);
	if (!e)
		return VERDICT(tsem_exhausted(t, TSEM_EVENT_socket_sendmsg));
	if (does == SEND_CONNECTS)
		e->record.event = TSEM_EVENT_socket_connect;
	cell_sock(e, sock);
	if (does != SEND_CONNECTS)
		cell_u8(e, does == SEND_THERE);
	if (does != SEND_NOWHERE)
		cell_address(e, address, msg->msg_namelen);
	return VERDICT(event_end_sleepable(e, t));
}

#define SCTP_PRIMARY_ADDR 6
#define SCTP_SOCKOPT_BINDX_ADD 100
#define SCTP_SOCKOPT_CONNECTX_OLD 107
#define SCTP_SOCKOPT_CONNECTX 110
#define SCTP_SENDMSG_CONNECT 0xc006 /* without a number of the protocol */

/* Several addresses, one behind the other, are one that has no form of its own. */
INLINE void cell_addresses(struct tsem_event *e, struct sockaddr *address, int size)
{
	__u16 family = address_family(address, size);
	int one = family == AF_INET ? sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6);

	if (size > SOCKADDR_MAX)
		event_fail(e, TSEM_FAILURE_field);
	if (size <= one)
		cell_address(e, address, size);
	else
		cell_other(e, address, size, family);
}

/* Addresses that a socket of SCTP is bound or connected to; not what the other side asks for. */
SEC("lsm/sctp_bind_connect")
int BPF_PROG(sctp_bind_connect, struct sock *sk, int optname, struct sockaddr *address, int size)
{
	bool binds = optname == SCTP_SOCKOPT_BINDX_ADD;
	struct tsem_event *e;
	struct tsem_task *t;

	if (!binds && optname != SCTP_PRIMARY_ADDR && optname != SCTP_SOCKOPT_CONNECTX &&
	    optname != SCTP_SOCKOPT_CONNECTX_OLD && optname != SCTP_SENDMSG_CONNECT)
		return 0;
	t = task_modeled();
	if (!t || t->options & TSEM_OPTION_BYPASS(TSEM_CLASS_OF_socket_connect))
		return 0;
	e = event_begin(t, TSEM_EVENT_socket_connect);
	if (!e)
		return VERDICT(tsem_exhausted(t, TSEM_EVENT_socket_connect));
	if (binds)
		e->record.event = TSEM_EVENT_socket_bind;
	cell_sk(e, sk);
	cell_addresses(e, address, size);
	return VERDICT(event_end_rare(e, t, 0));
}

/* The sender is not known before the message has been taken. */
TSEM_HOOK_ALL("lsm.s/socket_recvmsg", socket_recvmsg, struct socket *sock, struct msghdr *msg, int size, int flags)
{
	cell_sock(e, sock);
	cell_u8(e, 0);
}

TSEM_HOOK_ALL("lsm.s/socket_getsockname", socket_getsockname, struct socket *sock)
{
	cell_sock(e, sock);
}

TSEM_HOOK_ALL("lsm.s/socket_getpeername", socket_getpeername, struct socket *sock)
{
	cell_sock(e, sock);
}

#define IP_ADD_MEMBERSHIP 35
#define IP_ADD_SOURCE_MEMBERSHIP 39
#define IP_MSFILTER 41
#define MCAST_JOIN_GROUP 42
#define MCAST_JOIN_SOURCE_GROUP 46
#define MCAST_MSFILTER 48
#define IPV6_ADD_MEMBERSHIP 20
#define IPV6_JOIN_ANYCAST 27
#define SOL_TIPC 271
#define TIPC_GROUP_JOIN 135 /* what is sent goes to all of the group from then on, without an address */

/* By which the host tells a network that it wants what is sent to a group, or takes an address: nothing else is sent. */
INLINE bool option_joins(int level, int optname)
{
	if (level == SOL_IP &&
	    (optname == IP_ADD_MEMBERSHIP || optname == IP_ADD_SOURCE_MEMBERSHIP || optname == IP_MSFILTER))
		return 1;
	if (level == SOL_IPV6 && (optname == IPV6_ADD_MEMBERSHIP || optname == IPV6_JOIN_ANYCAST))
		return 1;
	if (level == SOL_TIPC)
		return optname == TIPC_GROUP_JOIN;
	return (level == SOL_IP || level == SOL_IPV6) &&
	       (optname == MCAST_JOIN_GROUP || optname == MCAST_JOIN_SOURCE_GROUP || optname == MCAST_MSFILTER);
}

TSEM_HOOK_RARE_IF("lsm/socket_setsockopt", socket_setsockopt,
		  option_joins(level, optname) || option_routes(level, optname), struct socket *sock, int level,
		  int optname)
{
	cell_sock(e, sock);
	cell_u32(e, level);
	cell_u32(e, optname);
}

TSEM_HOOK_ALL("lsm.s/socket_shutdown", socket_shutdown, struct socket *sock, int how)
{
	cell_sock(e, sock);
	cell_u32(e, how);
}

/* The port of a netlink socket is the process's number or made up: it means nothing on another day. */
INLINE void cell_netlink(struct tsem_event *e, const struct sk_buff *skb, bool portable)
{
	struct netlink_skb_parms parms = {};

	if (bpf_core_read(&parms, sizeof(parms), (struct netlink_skb_parms *)&skb->cb))
		event_fail(e, TSEM_FAILURE_field);
	cell_u32(e, uid_of(e->options, parms.creds.uid));
	cell_u32(e, gid_of(e->options, parms.creds.gid));
	cell_u32(e, portable ? 0 : parms.portid);
	cell_u32(e, parms.dst_group);
	cell_u32(e, parms.flags);
	cell_u8(e, parms.nsid_is_set);
	if (parms.nsid_is_set)
		cell_u32(e, parms.nsid);
}

TSEM_HOOK_ALL("lsm.s/netlink_send", netlink_send, struct sock *sk, struct sk_buff *skb)
{
	cell_sk(e, sk);
	cell_netlink(e, skb, portable);
}

TSEM_HOOK_RARE("lsm/tun_dev_create", tun_dev_create, void *none)
{
}

TSEM_HOOK_ALL("lsm/tun_dev_attach_queue", tun_dev_attach_queue, void *security)
{
}

TSEM_HOOK_RARE("lsm/tun_dev_open", tun_dev_open, void *security)
{
}

TSEM_HOOK_ALL("lsm/tun_dev_attach", tun_dev_attach, struct sock *sk, void *security)
{
	cell_sk(e, sk);
}
