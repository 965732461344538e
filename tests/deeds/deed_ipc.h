/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Deeds to System V objects, each in an IPC namespace of its own, and to keys. Part of deed_all.c. */
#ifndef TSEM_DEED_IPC_H
#define TSEM_DEED_IPC_H

#include "deed_more.h"

#define IPC_KEY 0x7e3d0001

static int id;
static struct {
	long type;
	char text[8];
} message = {.type = 5, .text = "message"}, received;

/* All members of perm differ from each other. The access that is asked for comes from the creator. */
static void describe_perm(const char *more)
{
	add("\"perm\":{\"uid\":\"11\",\"gid\":\"12\",\"cuid\":\"0\",\"cgid\":\"0\",\"mode\":\"0750\","
	    "\"owner\":\"@self\",\"key\":\"0x0\"},%s",
	    more);
}

static void set_perm(struct ipc_perm *perm)
{
	perm->uid = 11;
	perm->gid = 12;
	perm->mode = 0750;
}

/* Statistics ask for reading: ipc_permission with flag 0444. */
static bool shm_there(void)
{
	struct shmid_ds data;

	return !shmctl(id, IPC_STAT, &data);
}

static void prepare_shm(void)
{
	struct shmid_ds data;

	if (leave_ipc() || (id = shmget(IPC_KEY, 4096, IPC_CREAT | 0640)) < 0 || shmctl(id, IPC_STAT, &data))
		die("shmget");
	set_perm(&data.shm_perm);
	if (shmctl(id, IPC_SET, &data) || !shm_there())
		die("shmctl");
}

static void describe_associate_shm(void)
{
	describe_perm("\"shmflg\":\"0x124\"");
}

static long act_associate_shm(void)
{
	return result = shmget(IPC_KEY, 4096, 0444);
}

static void describe_shmat(void)
{
	describe_perm("\"shmflg\":\"0x1000\"");
}

static long act_shmat(void)
{
	memory = shmat(id, NULL, SHM_RDONLY);
	return memory == MAP_FAILED ? -1 : 0;
}

static bool effect_shmat(void)
{
	return memory && memory != MAP_FAILED && !*(volatile char *)memory;
}

static void describe_remove(void)
{
	describe_perm("\"cmd\":\"0\"");
}

static long act_shmctl(void)
{
	return shmctl(id, IPC_RMID, NULL);
}

static bool effect_shm_gone(void)
{
	return !shm_there();
}

static bool sem_there(void)
{
	struct semid_ds data;

	return !semctl(id, 0, IPC_STAT, &data);
}

/* A value, set and read, asks for writing and for reading. */
static void prepare_sem(void)
{
	struct semid_ds data;

	if (leave_ipc() || (id = semget(IPC_KEY, 2, IPC_CREAT | 0640)) < 0 || semctl(id, 0, IPC_STAT, &data))
		die("semget");
	set_perm(&data.sem_perm);
	if (semctl(id, 0, IPC_SET, &data) || semctl(id, 0, SETVAL, 42))
		die("semctl");
}

static void prepare_sem_read(void)
{
	prepare_sem();
	if (!sem_there())
		die("semctl");
}

static void describe_associate_sem(void)
{
	describe_perm("\"semflg\":\"0x124\"");
}

static long act_associate_sem(void)
{
	return result = semget(IPC_KEY, 2, 0444);
}

static long act_semctl(void)
{
	return semctl(id, 0, IPC_RMID);
}

static bool effect_sem_gone(void)
{
	return !sem_there();
}

static void describe_semop(void)
{
	describe_perm("\"nsops\":\"2\",\"alter\":\"1\"");
}

static long act_semop(void)
{
	struct sembuf operations[2] = {{0, 3, 0}, {1, 4, 0}};

	return semop(id, operations, 2);
}

static bool effect_semop(void)
{
	return semctl(id, 1, GETVAL) == 4;
}

static void describe_permission(void)
{
	describe_perm("\"flag\":\"292\"");
}

static long act_permission(void)
{
	return result = semctl(id, 0, GETVAL);
}

static long queued(void)
{
	struct msqid_ds data;

	return msgctl(id, IPC_STAT, &data) ? -1 : (long)data.msg_qnum;
}

/* Opened once for writing: ipc_permission with flag 0222. */
static void prepare_msg(void)
{
	struct msqid_ds data;

	if (leave_ipc() || (id = msgget(IPC_KEY, IPC_CREAT | 0640)) < 0 || msgctl(id, IPC_STAT, &data))
		die("msgget");
	set_perm(&data.msg_perm);
	if (msgctl(id, IPC_SET, &data) || msgget(IPC_KEY, 0222) != id || queued() != 0)
		die("msgctl");
}

static void describe_associate_msg(void)
{
	describe_perm("\"msqflg\":\"0x124\"");
}

static long act_associate_msg(void)
{
	return result = msgget(IPC_KEY, 0444);
}

static long act_msgctl(void)
{
	return msgctl(id, IPC_RMID, NULL);
}

static bool effect_msg_gone(void)
{
	return queued() < 0;
}

static void describe_msgsnd(void)
{
	describe_perm("\"msqflg\":\"0x800\"");
}

static long act_msgsnd(void)
{
	return msgsnd(id, &message, sizeof(message.text), IPC_NOWAIT);
}

static bool effect_msgsnd(void)
{
	return queued() == 1;
}

static void prepare_msgrcv(void)
{
	prepare_msg();
	if (act_msgsnd())
		die("msgsnd");
}

/* mode 2: of exactly this type */
static void describe_msgrcv(void)
{
	describe_perm("\"target\":\"@self\",\"type\":\"5\",\"mode\":\"0x2\"");
}

static long act_msgrcv(void)
{
	return msgrcv(id, &received, sizeof(received.text), 5, IPC_NOWAIT);
}

static bool effect_msgrcv(void)
{
	return received.type == 5;
}

/* About the whole system: no object, which is zeros. */
static struct {
	union {
		struct shminfo shm;
		struct seminfo sem;
		struct msginfo msg;
	} info;
	char room[256];
} kernel_limits;

static void describe_info(void)
{
	add("\"perm\":{\"uid\":\"0\",\"gid\":\"0\",\"cuid\":\"0\",\"cgid\":\"0\",\"mode\":\"0\",\"owner\":"
	    "\"" ZEROS "\",\"key\":\"0x0\"},\"cmd\":\"%d\"",
	    IPC_INFO);
}

static long act_shm_info(void)
{
	return result = shmctl(0, IPC_INFO, (struct shmid_ds *)&kernel_limits);
}

static long act_sem_info(void)
{
	return result = semctl(0, 0, IPC_INFO, &kernel_limits);
}

static long act_msg_info(void)
{
	return result = msgctl(0, IPC_INFO, (struct msqid_ds *)&kernel_limits);
}

/* ---- making ---- */

static void prepare_ipc(void)
{
	if (leave_ipc())
		die("unshare");
}

static void describe_make_shm(void)
{
	add("\"kind\":\"shm\",\"mode\":\"0640\"");
}

static long act_make_shm(void)
{
	return result = shmget(IPC_KEY, 4096, IPC_CREAT | 0640);
}

static void describe_make_sem(void)
{
	add("\"kind\":\"sem\",\"mode\":\"0640\"");
}

static long act_make_sem(void)
{
	return result = semget(IPC_KEY, 2, IPC_CREAT | 0640);
}

static void describe_make_msg(void)
{
	add("\"kind\":\"msg\",\"mode\":\"0640\"");
}

static long act_make_msg(void)
{
	return result = msgget(IPC_KEY, IPC_CREAT | 0640);
}

/* ---- keys ---- */

static long keyctl(int command, long first, long second)
{
	return syscall(SYS_keyctl, command, first, second, 0, 0);
}

/* How many keys the keyring of the process holds. */
static long keys_held(void)
{
	int serials[8];

	return keyctl(KEYCTL_READ, KEY_SPEC_PROCESS_KEYRING, (long)serials) / (long)sizeof(int);
}

/* The keyring is there, and has been written to; by add_key(2) as well, of a key that no type has, before it is made. */
static void prepare_key_alloc(void)
{
	if (syscall(SYS_keyctl, KEYCTL_GET_KEYRING_ID, KEY_SPEC_PROCESS_KEYRING, 1) < 0 ||
	    keyctl(KEYCTL_CLEAR, KEY_SPEC_PROCESS_KEYRING, 0))
		die("keyctl");
	if (syscall(SYS_add_key, "user", "tsem deed", NULL, 0, KEY_SPEC_PROCESS_KEYRING) >= 0 || errno != EINVAL)
		die("add_key");
}

static void describe_key_alloc(void)
{
	add_creds("cred");
	add(",\"flags\":\"0x0\"");
}

static long act_key_alloc(void)
{
	return result = syscall(SYS_add_key, "user", "tsem deed", "secret", 6, KEY_SPEC_PROCESS_KEYRING);
}

static bool effect_key_alloc(void)
{
	return keys_held() == 1;
}

/*
 * Of the keyring by its special name: of a key by its number the kernel looks first whether the process has it. The flag
 * is that it counts for the quota of its user. perm 6 is to change.
 */
static void describe_key_permission(void)
{
	add("\"possessed\":\"1\",\"uid\":\"0\",\"gid\":\"0\",\"flags\":\"0x4\",");
	add_creds("cred");
	add(",\"perm\":\"6\",\"type\":\"keyring\",\"description\":\"_pid\",\"call\":\"keyctl\",\"operation\":\"%d\"",
	    KEYCTL_SETPERM);
}

static long act_key_permission(void)
{
	return result = syscall(SYS_keyctl, KEYCTL_SETPERM, KEY_SPEC_PROCESS_KEYRING, 0x3f3f0000);
}

/* One deed, one row. */
/* clang-format off */
#define DEEDS_IPC \
	{"associate_shm", "shm_associate", prepare_shm, describe_associate_shm, act_associate_shm, effect_result, 0}, \
	{"shmat", "shm_shmat", prepare_shm, describe_shmat, act_shmat, effect_shmat, 0}, \
	{"shmctl", "shm_shmctl", prepare_shm, describe_remove, act_shmctl, effect_shm_gone, 0}, \
	{"associate_sem", "sem_associate", prepare_sem_read, describe_associate_sem, act_associate_sem, effect_result, 0}, \
	{"semctl", "sem_semctl", prepare_sem, describe_remove, act_semctl, effect_sem_gone, 0}, \
	{"semop", "sem_semop", prepare_sem, describe_semop, act_semop, effect_semop, 0}, \
	{"associate_msg", "msg_queue_associate", prepare_msg, describe_associate_msg, act_associate_msg, effect_result, 0}, \
	{"msgctl", "msg_queue_msgctl", prepare_msg, describe_remove, act_msgctl, effect_msg_gone, 0}, \
	{"msgsnd", "msg_queue_msgsnd", prepare_msg, describe_msgsnd, act_msgsnd, effect_msgsnd, 0}, \
	{"msgrcv", "msg_queue_msgrcv", prepare_msgrcv, describe_msgrcv, act_msgrcv, effect_msgrcv, 0, ENOMSG}, \
	{"shm_info", "shm_shmctl", prepare_nothing, describe_info, act_shm_info, effect_result, 0}, \
	{"sem_info", "sem_semctl", prepare_nothing, describe_info, act_sem_info, effect_result, 0}, \
	{"msg_info", "msg_queue_msgctl", prepare_nothing, describe_info, act_msg_info, effect_result, 0}, \
	{"permission", "ipc_permission", prepare_sem, describe_permission, act_permission, effect_result, 0, EACCES}, \
	{"make_shm", "ipc_create", prepare_ipc, describe_make_shm, act_make_shm, effect_result, 0}, \
	{"make_sem", "ipc_create", prepare_ipc, describe_make_sem, act_make_sem, effect_result, 0}, \
	{"make_msg", "ipc_create", prepare_ipc, describe_make_msg, act_make_msg, effect_result, 0}, \
	{"key_alloc", "key_alloc", prepare_key_alloc, describe_key_alloc, act_key_alloc, effect_key_alloc, 0}, \
	{"key_permission", "key_permission", prepare_key_alloc, describe_key_permission, act_key_permission, effect_result, 0}
/* clang-format on */

#endif
