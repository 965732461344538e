/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The terminal that a workload has got from outside: somebody else reads from it afterwards. */
#include "attacker.h"

#include <linux/tiocl.h>
#include <termios.h>

static int master, slave;

static void pty_setup(void)
{
	master = open_pty(&slave);
	inherited = slave;
}

/* It is the controlling terminal, too. */
static void own_setup(void)
{
	pty_setup();
	terminal = slave;
}

static void legacy(const char *value)
{
	int fd = open("/proc/sys/dev/tty/legacy_tiocsti", O_WRONLY);

	if (fd < 0 || write(fd, value, 1) != 1)
		die("legacy_tiocsti");
	close(fd);
}

static void type_setup(void)
{
	legacy("1");
	own_setup();
}

static void type_undo(void)
{
	legacy("0");
}

static void use_terminal(void)
{
	succeeded(write(INHERITED, "usual\n", 6) == 6);
}

static void type_attack(void)
{
	const char *text = "evil\n";

	while (*text && !ioctl(INHERITED, TIOCSTI, text))
		text++;
	succeeded(!*text);
}

/* Is there something to be read for who comes next? */
static bool typed(void)
{
	struct pollfd p = {.fd = slave, .events = POLLIN};

	return poll(&p, 1, 10) == 1 && p.revents & POLLIN;
}

static void console_setup(void)
{
	struct termios t;

	slave = open("/dev/tty1", O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (slave < 0)
		cannot("this machine has no virtual consoles");
	tcgetattr(slave, &t);
	t.c_lflag &= ~(ICANON | ECHO);
	tcsetattr(slave, TCSANOW, &t);
	tcflush(slave, TCIFLUSH);
	if (write(slave, "\033[H\033[2Jevil", 11) != 11)
		die("/dev/tty1");
	inherited = slave;
}

static void paste_attack(void)
{
	struct {
		char pad, subcode;
		struct tiocl_selection s;
	} __attribute__((packed)) select = {0, TIOCL_SETSEL, {1, 1, 4, 1, TIOCL_SELCHAR}};
	char paste = TIOCL_PASTESEL;

	succeeded(!ioctl(INHERITED, TIOCLINUX, &select.subcode) && !ioctl(INHERITED, TIOCLINUX, &paste));
}

static void hang_up_attack(void)
{
	succeeded(!syscall(SYS_vhangup));
}

static void hang_up_by_ioctl_attack(void)
{
	succeeded(!ioctl(INHERITED, TIOCVHANGUP));
}

static bool hung_up(void)
{
	struct pollfd p = {.fd = slave, .events = POLLIN};

	return poll(&p, 1, 10) == 1 && p.revents & POLLHUP;
}

static void size_attack(void)
{
	struct winsize size = {7, 7, 0, 0};

	succeeded(!ioctl(INHERITED, TIOCSWINSZ, &size));
}

static bool size_changed(void)
{
	struct winsize size;

	return !ioctl(master, TIOCGWINSZ, &size) && size.ws_row == 7;
}

static void mode_attack(void)
{
	struct termios t;

	tcgetattr(INHERITED, &t);
	t.c_lflag &= ~(ECHO | ICANON | ISIG);
	succeeded(!tcsetattr(INHERITED, TCSANOW, &t));
}

static bool mode_changed(void)
{
	struct termios t;

	return !tcgetattr(slave, &t) && !(t.c_lflag & ISIG);
}

static void exclusive_attack(void)
{
	succeeded(!ioctl(INHERITED, TIOCEXCL));
}

static bool is_exclusive(void)
{
	int on = 0;

	return !ioctl(slave, TIOCGEXCL, &on) && on;
}

static void exclusive_undo(void)
{
	ioctl(slave, TIOCNXCL);
}

/* What the kernel prints on the console comes to this terminal. */
static void console_attack(void)
{
	succeeded(!ioctl(INHERITED, TIOCCONS));
}

static void console_undo(void)
{
	int fd = open("/dev/console", O_RDWR | O_NOCTTY);

	ioctl(fd, TIOCCONS);
	close(fd);
}

static bool is_console(void)
{
	return told();
}

static void session_benign(void)
{
	setsid();
	use_terminal();
}

/* Takes it from the session that has it. */
static void steal_attack(void)
{
	setsid();
	succeeded(!ioctl(INHERITED, TIOCSCTTY, 1));
	look();
}

static bool stolen(void)
{
	pid_t session = 0;

	return told() && !ioctl(master, TIOCGSID, &session) && session > 0;
}

/* ---- the terminal of the session that has started it, with something else as standard input ---- */

static void users_setup(void)
{
	master = open_pty(&slave);
	terminal = inherited = slave;
}

static void look_at_mode(void)
{
	struct termios t;

	succeeded(!tcgetattr(INHERITED, &t));
}

KIND(terminals, {"users_terminal", BOTH, "^file_ioctl ", users_setup, look_at_mode, mode_attack, mode_changed},
     {"type", BOTH, "^file_ioctl ", type_setup, use_terminal, type_attack, typed, type_undo, DENY | UNTRUST | FREE},
     {"type_as_root", ROOT, "^file_ioctl ", pty_setup, use_terminal, type_attack, typed, .how = DENY | UNTRUST | FREE},
     {"paste", ROOT, "^file_ioctl ", console_setup, nothing, paste_attack, typed, .how = DENY | UNTRUST | FREE},
     {"hang_up", ROOT, "^(capable|file_ioctl) ", own_setup, use_terminal, hang_up_attack, hung_up},
     {"hang_up_by_ioctl", ROOT, "^(capable|file_ioctl) ", pty_setup, use_terminal, hang_up_by_ioctl_attack, hung_up},
     {"window_size", BOTH, "^file_ioctl ", pty_setup, use_terminal, size_attack, size_changed},
     {"terminal_mode", BOTH, "^file_ioctl ", pty_setup, use_terminal, mode_attack, mode_changed},
     {"exclusive", BOTH, "^file_ioctl ", pty_setup, use_terminal, exclusive_attack, is_exclusive, exclusive_undo},
     {"console", ROOT, "^(capable|file_ioctl) ", pty_setup, use_terminal, console_attack, is_console, console_undo},
     {"steal", ROOT, "^(capable|file_ioctl) ", own_setup, session_benign, steal_attack, stolen}, );
