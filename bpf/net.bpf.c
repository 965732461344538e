/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Sockets. */
#include "core/event.h"

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

INLINE void cell_inet6(struct tsem_event *e, const void *address)
{
	struct sockaddr_in6 in;

	if (bpf_probe_read_kernel(&in, sizeof(in), address))
		event_fail(e, TSEM_FAILURE_field);
	cell_u8(e, TSEM_ADDR_INET6);
	cell_u16(e, port_normalise(e, in.port));
	cell_u32(e, in.flow);
	cell_u32(e, in.scope);
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
	if (family == AF_NETLINK && e->options & TSEM_NORMALISE_anonymous && *(__u32 *)(e->fold + 4))
		*(__u32 *)(e->fold + 4) = 1; /* the port: by habit a process id */
	event_hash(e, TSEM_OFFSET_FOLD, length);
	event_digest(e, digest);
	cell_u8(e, TSEM_ADDR_OTHER);
	cell_u32(e, family);
	cell_digest(e, digest);
}

INLINE void cell_address(struct tsem_event *e, struct sockaddr *address, int size)
{
	__u16 family = BPF_CORE_READ(address, sa_family);

	if (family == AF_INET && size >= (int)sizeof(struct sockaddr_in))
		cell_inet(e, address);
	else if (family == AF_INET6 && size >= 24)
		cell_inet6(e, address);
	else if (family == AF_UNIX)
		cell_unix(e, address, size);
	else
		cell_other(e, address, size, family);
}

TSEM_HOOK("lsm.s/socket_create", socket_create, (int family, int type, int protocol, int kern),
	  cell_u32(e, family);
	  cell_u32(e, type);
	  cell_u32(e, protocol);
	  cell_u32(e, kern))

/* Not an event: notes the creator, which belongs to every later event of the socket. */
SEC("lsm/socket_post_create")
int BPF_PROG(socket_owner, struct socket *socket, int family, int type, int protocol, int kern)
{
	struct tsem_task *t = task_modeled();
	struct sock *sk = socket->sk;
	struct tsem_owner *owner;
	struct tsem_namespace *ns;

	if (!t || !sk)
		return 0;
	owner = bpf_sk_storage_get(&tsem_sockets, sk, 0, BPF_SK_STORAGE_GET_F_CREATE);
	if (!owner) {
		ns = task_namespace(t);
		if (ns)
			__sync_fetch_and_add(&ns->failures[TSEM_FAILURE_storage], 1);
		return VERDICT(task_refuses(t));
	}
	owner->context = t->context;
	tsem_digest_copy(owner->owner, t->task_id);
	return 0;
}

TSEM_HOOK("lsm.s/socket_connect", socket_connect, (struct socket *sock, struct sockaddr *address, int size),
	  cell_sock(e, sock);
	  cell_address(e, address, size))

TSEM_HOOK("lsm.s/socket_bind", socket_bind, (struct socket *sock, struct sockaddr *address, int size),
	  cell_sock(e, sock);
	  cell_address(e, address, size))

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

TSEM_HOOK("lsm.s/socket_accept", socket_accept, (struct socket *sock, struct socket *newsock),
	  struct sock *sk = sock->sk;
	  cell_sock(e, sock);
	  if (sk)
		  cell_listening(e, sk);
	  else
		  event_fail(e, TSEM_FAILURE_field))

TSEM_HOOK("lsm.s/socket_listen", socket_listen, (struct socket *sock, int backlog),
	  cell_sock(e, sock);
	  cell_u32(e, backlog))

TSEM_HOOK_ALL("lsm/unix_stream_connect", unix_stream_connect, (struct sock *sock, struct sock *other, struct sock *newsk),
	  cell_sk(e, sock);
	  cell_sk(e, other))

TSEM_HOOK_ALL("lsm/unix_may_send", unix_may_send, (struct socket *sock, struct socket *other),
	  cell_sock(e, sock);
	  cell_sock(e, other))

TSEM_HOOK_ALL("lsm.s/socket_socketpair", socket_socketpair, (struct socket *socka, struct socket *sockb),
	  cell_sock(e, socka);
	  cell_sock(e, sockb))

INLINE void cell_message_address(struct tsem_event *e, const struct msghdr *msg)
{
	struct sockaddr *address = BPF_CORE_READ(msg, msg_name);

	cell_u8(e, !!address);
	if (address)
		cell_address(e, address, BPF_CORE_READ(msg, msg_namelen));
}

TSEM_HOOK_ALL("lsm.s/socket_sendmsg", socket_sendmsg, (struct socket *sock, struct msghdr *msg, int size),
	  cell_sock(e, sock);
	  cell_message_address(e, msg))

/* Who sent is not known before the message has been taken. */
TSEM_HOOK_ALL("lsm.s/socket_recvmsg", socket_recvmsg, (struct socket *sock, struct msghdr *msg, int size, int flags),
	  cell_sock(e, sock);
	  cell_u8(e, 0))

TSEM_HOOK_ALL("lsm.s/socket_getsockname", socket_getsockname, (struct socket *sock), cell_sock(e, sock))
TSEM_HOOK_ALL("lsm.s/socket_getpeername", socket_getpeername, (struct socket *sock), cell_sock(e, sock))

TSEM_HOOK_ALL("lsm/socket_setsockopt", socket_setsockopt, (struct socket *sock, int level, int optname),
	  cell_sock(e, sock);
	  cell_u32(e, level);
	  cell_u32(e, optname))

TSEM_HOOK_ALL("lsm.s/socket_shutdown", socket_shutdown, (struct socket *sock, int how),
	  cell_sock(e, sock);
	  cell_u32(e, how))

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

TSEM_HOOK_ALL("lsm.s/netlink_send", netlink_send, (struct sock *sk, struct sk_buff *skb),
	  cell_sk(e, sk);
	  cell_netlink(e, skb, portable))

TSEM_HOOK_ALL("lsm/tun_dev_create", tun_dev_create, (void *none), )
TSEM_HOOK_ALL("lsm/tun_dev_attach_queue", tun_dev_attach_queue, (void *security), )
TSEM_HOOK_ALL("lsm/tun_dev_open", tun_dev_open, (void *security), )
TSEM_HOOK_ALL("lsm/tun_dev_attach", tun_dev_attach, (struct sock *sk, void *security), cell_sk(e, sk))
