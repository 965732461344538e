/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Going on after a violation: what is allowed must not be done any more, or nothing at all. */
#include "uring.h"

#include <mqueue.h>
#include <pthread.h>
#include <sys/prctl.h>

/* Without tsem it goes on; with `deny` it may, too, and these are not tried so. */
static void go_on(void)
{
	int fd = open("allowed", O_RDONLY);

	succeeded(fd >= 0);
	close(fd);
}

static void fork_benign(void)
{
	waitpid(child_of(go_on), NULL, 0);
}

/* The creation of a name that the kernel does not know is refused, and that is not told before the next event. */
static void create(void)
{
	int fd = open("new", O_WRONLY | O_CREAT, 0600);

	if (fd >= 0)
		close(fd);
}

static void fork_attack(void)
{
	create();
	fork_benign();
}

static void open_then_fork_attack(void)
{
	open_secret();
	fork_benign();
}

static volatile int turn;

static void *forks_when_told(void *unused)
{
	(void)unused;
	turn = 1;
	while (turn != 2)
		;
	fork_benign();
	return NULL;
}

static void thread_as(void (*first)(void))
{
	pthread_t thread;

	pthread_create(&thread, NULL, forks_when_told, NULL);
	while (turn != 1)
		;
	first();
	turn = 2;
	pthread_join(thread, NULL);
}

static void thread_benign(void)
{
	thread_as(nothing);
}

/* The thread that forks has made no event yet. */
static void thread_attack(void)
{
	thread_as(open_secret);
}

/* The thread that goes on was there before, and makes no child. */
static void *opens_when_told(void *unused)
{
	(void)unused;
	turn = 1;
	while (turn != 2)
		;
	go_on();
	return NULL;
}

static void other_thread_as(void (*first)(void))
{
	pthread_t thread;

	pthread_create(&thread, NULL, opens_when_told, NULL);
	while (turn != 1)
		;
	first();
	turn = 2;
	pthread_join(thread, NULL);
}

static void other_thread_benign(void)
{
	other_thread_as(nothing);
}

static void other_thread_attack(void)
{
	other_thread_as(open_secret);
}

/* The leader of the process ends after the violation; the thread stays. */
static void *stays(void *unused)
{
	(void)unused;
	sleep_ms(200);
	go_on();
	_exit(0);
}

static void leader_as(void (*first)(void))
{
	pthread_t thread;

	pthread_create(&thread, NULL, stays, NULL);
	first();
	syscall(SYS_exit, 0);
}

static void leader_benign(void)
{
	leader_as(nothing);
}

static void leader_attack(void)
{
	leader_as(open_secret);
}

/* Another exec, of what is allowed. */
static void exec_as(void (*first)(void))
{
	int ended;
	pid_t pid = fork();

	if (!pid) {
		first();
		execl("/bin/true", "true", NULL);
		_exit(1);
	}
	waitpid(pid, &ended, 0);
	succeeded(WIFEXITED(ended) && !WEXITSTATUS(ended));
}

static void exec_benign(void)
{
	exec_as(nothing);
}

static void exec_attack(void)
{
	exec_as(open_secret);
}

/*
 * A thread executes what is allowed while another, which was made after it, is about to be refused: the digest takes
 * longer than the exec, which waits for it.
 */
static void big_setup(void)
{
	put("big", "", 0644);
	if (truncate("big", 15 << 20))
		die("big");
}

static pthread_t mapper;

static long ran_ms(void)
{
	struct timespec t = {};
	clockid_t its;

	if (!pthread_getcpuclockid(mapper, &its))
		clock_gettime(its, &t);
	return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void *executes_when_told(void *unused)
{
	(void)unused;
	turn = 1;
	while (turn < 2)
		;
	while (turn == 2 && ran_ms() < 5) /* until it is read for its digest, or is mapped without one */
		;
	execl("/bin/cat", "cat", "allowed", NULL);
	return NULL;
}

static void *maps_big(void *unused)
{
	int fd = open("big", O_RDONLY);

	(void)unused;
	mapper = pthread_self();
	turn = 2;
	mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd, 0);
	turn = 3;
	sleep_ms(1000);
	return NULL;
}

static void *opens_big(void *unused)
{
	int fd = open("big", O_RDONLY);

	(void)unused;
	mapper = pthread_self();
	turn = 3;
	sleep_ms(1000);
	close(fd);
	return NULL;
}

static void exec_while(void *(*other)(void *))
{
	pthread_t first, second;

	pthread_create(&first, NULL, executes_when_told, NULL);
	while (turn != 1)
		;
	pthread_create(&second, NULL, other, NULL);
	pthread_join(first, NULL);
}

static void exec_while_benign(void)
{
	exec_while(opens_big);
}

static void exec_while_attack(void)
{
	exec_while(maps_big);
}

static bool allowed_was_read(void)
{
	return output_has("harmless");
}

/* ---- a refused creation that nobody hears of ---- */

static void settle_benign(void)
{
	mkfifo("usual", 0600);
	unlink("usual");
	go_on();
}

static void settle_attack(void)
{
	create();
	mkfifo("new", 0600);
	go_on();
}

/* With deny: the creation is to be named. */
static void settle_only_attack(void)
{
	create();
	mkfifo("new", 0600);
}

static bool new_is_there(void)
{
	return !access("new", F_OK);
}

/* ---- the polling thread of a ring that was made before ---- */

static void polled_as(void (*first)(void))
{
	struct io_uring_sqe e = {.opcode = IORING_OP_OPENAT,
				 .fd = AT_FDCWD,
				 .addr = (unsigned long)"allowed",
				 .open_flags = O_RDONLY};
	struct ring r;

	if (!ring_make(&r, IORING_SETUP_SQPOLL)) {
		succeeded(false);
		return;
	}
	ring_do(&r, &e);
	first();
	succeeded(ring_do(&r, &e) >= 0);
}

static void polled_benign(void)
{
	polled_as(nothing);
}

static void polled_attack(void)
{
	polled_as(open_secret);
}

/* ---- killed, and at once ---- */

static void kill_attack(void)
{
	open_secret();
	succeeded(true);
}

static void kill_creation_attack(void)
{
	create();
	succeeded(true);
}

static void kill_settle_attack(void)
{
	create();
	mkfifo("new", 0600);
	succeeded(true);
}

static void *spins(void *unused)
{
	(void)unused;
	turn = 1;
	while (turn != 2)
		;
	succeeded(true);
	return NULL;
}

/* Another thread, which makes no event. */
static void kill_thread_attack(void)
{
	pthread_t thread;

	pthread_create(&thread, NULL, spins, NULL);
	while (turn != 1)
		;
	open_secret();
	turn = 2;
	pthread_join(thread, NULL);
}

/* ---- stopped, and gone on ---- */

static void arm_timer(void)
{
	struct sigevent e = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGCONT};
	struct itimerspec t = {.it_value.tv_nsec = 300000000, .it_interval.tv_nsec = 300000000};
	timer_t timer;

	if (timer_create(CLOCK_MONOTONIC, &e, &timer) || timer_settime(timer, 0, &t, NULL))
		die("timer");
}

static void freeze_timer_attack(void)
{
	arm_timer();
	open_secret();
	succeeded(true);
}

/* The timer of a process aims at its own thread. */
static void freeze_thread_timer_attack(void)
{
	struct sigevent e = {.sigev_notify = SIGEV_THREAD_ID, .sigev_signo = SIGCONT};
	struct itimerspec t = {.it_value.tv_nsec = 300000000, .it_interval.tv_nsec = 300000000};
	timer_t timer;

	e._sigev_un._tid = gettid();
	if (timer_create(CLOCK_MONOTONIC, &e, &timer) || timer_settime(timer, 0, &t, NULL))
		die("timer");
	open_secret();
	succeeded(true);
}

/* The end of the parent sends the signal. */
static void freeze_parent_attack(void)
{
	pid_t pid = fork();

	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGCONT);
		open_secret();
		succeeded(true);
		_exit(0);
	}
	sleep_ms(500);
}

/* A process group without anybody outside gets SIGCONT when it has stopped members. */
static void freeze_orphan_attack(void)
{
	pid_t pid = fork();

	if (!pid) {
		signal(SIGHUP, SIG_IGN);
		setpgid(0, 0);
		open_secret();
		succeeded(true);
		_exit(0);
	}
	setpgid(pid, pid);
	sleep_ms(500);
}

/* A descriptor that becomes ready sends the signal: what it sends, and to whom, is learned. */
static void continued_by(int pair[2])
{
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair))
		die("socketpair");
	fcntl(pair[0], F_SETFL, O_ASYNC | O_NONBLOCK);
	fcntl(pair[0], F_SETSIG, SIGCONT);
	fcntl(pair[0], F_SETOWN, getpid());
}

static void freeze_descriptor_attack(void)
{
	int pair[2];
	pid_t pid;

	continued_by(pair);
	pid = fork();
	if (!pid) {
		sleep_ms(400);
		_exit(write(pair[1], "x", 1) != 1);
	}
	open_secret();
	succeeded(true);
}

static void freeze_descriptor_benign(void)
{
	int pair[2];

	continued_by(pair);
	waitpid(child_of(nothing), NULL, 0);
}

static void freeze_parent_benign(void)
{
	waitpid(child_of(nothing), NULL, 0);
}

/* Without tsem, all is said at once; stopped, nothing must be said. */
KIND(trust, {"fork_unsettled", BOTH, "^inode_create .*new", NULL, fork_benign, fork_attack, told, .how = UNTRUST},
     {"fork_after", BOTH, "^file_open .*secret", NULL, fork_benign, open_then_fork_attack, told, .how = UNTRUST},
     {"fork_of_thread", BOTH, "^file_open .*secret", NULL, thread_benign, thread_attack, told, .how = UNTRUST},
     {"other_thread", BOTH, "^file_open .*secret", NULL, other_thread_benign, other_thread_attack, told,
      .how = UNTRUST},
     {"leader_ends", BOTH, "^file_open .*secret", NULL, leader_benign, leader_attack, told, .how = UNTRUST},
     {"exec_after", BOTH, "^file_open .*secret", NULL, exec_benign, exec_attack, told, .how = UNTRUST},
     {"exec_meanwhile", BOTH, "^mmap_file .*big", big_setup, exec_while_benign, exec_while_attack, allowed_was_read,
      .how = UNTRUST},
     {"fifo_settles", BOTH, "^inode_create .*new", NULL, settle_benign, settle_attack, told, .how = UNTRUST},
     {"fifo_unheard", BOTH, "^inode_create .*new", NULL, open_allowed, settle_only_attack, new_is_there, .how = DENY},
     {"polling_thread", BOTH, "^file_open .*secret", NULL, polled_benign, polled_attack, told, .how = UNTRUST},
     {"kill_open", BOTH, "^file_open .*secret", NULL, open_allowed, kill_attack, told, .how = KILL},
     {"kill_creation", BOTH, "^inode_create .*new", NULL, open_allowed, kill_creation_attack, told, .how = KILL},
     {"kill_settled", BOTH, "^inode_create .*new", NULL, open_allowed, kill_settle_attack, told, .how = KILL},
     {"kill_thread", BOTH, "^file_open .*secret", NULL, open_allowed, kill_thread_attack, told, .how = KILL},
     {"freeze_timer", BOTH, "^file_open .*secret", NULL, open_allowed, freeze_timer_attack, told, .how = FREEZE,
      .limit = 3},
     {"freeze_thread_timer", BOTH, "^file_open .*secret", NULL, open_allowed, freeze_thread_timer_attack, told,
      .how = FREEZE, .limit = 3},
     {"freeze_parent", BOTH, "^file_open .*secret", NULL, freeze_parent_benign, freeze_parent_attack, told,
      .how = FREEZE, .limit = 3},
     {"freeze_orphan", BOTH, "^file_open .*secret", NULL, freeze_parent_benign, freeze_orphan_attack, told,
      .how = FREEZE, .limit = 3},
     {"freeze_descriptor", BOTH, "^file_open .*secret", NULL, freeze_descriptor_benign, freeze_descriptor_attack, told,
      .how = FREEZE, .limit = 3}, );
