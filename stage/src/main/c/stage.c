/* The stage: runs a launch plan and becomes a container's first process, or one more process in a
 * running container.
 *
 * All policy is in Java (gantry.stage.LaunchPlan), which writes the plan into a memfd: steps of a
 * fixed size, each naming a system call and its arguments. The stage is spawned with the plan as
 * descriptor 3. It checks the plan as a whole, then makes the steps one after another. One of them,
 * CLONE, makes the child: the steps after it are the child's, up to EXEC. The parent waits until
 * the child has executed its command or has failed, then goes on with a later step, MONITOR: it
 * drops its memory, tells the daemon that the child runs, waits for the child and writes down how
 * the child ended.
 *
 *     stage ── setsid ─ … ─ CLONE ───────(suspended)──── MONITOR: keep stdio, wait, write record
 *                             └── child: steps … ─ EXEC ──▶ the container's command
 *
 * The daemon reads from the sync pipe, whose other end only the stage and the child have. A byte:
 * the command is running. Another: an exit record was written. The end: the child has ended and is
 * recorded, or the start has failed; then the plan's header says why.
 *
 * Safety. A damaged plan is refused as a whole: by its checksum, and by check(), which makes sure
 * that every offset, length, slot and index lies inside the plan. No step can make the kernel write
 * into this process: the table OPS lists the calls that a plan may contain, none has a result
 * buffer, and the few calls with a sub-function (prctl, ioctl) may have only harmless ones. So even
 * a plan with a right checksum and random contents ends in an error, not in corrupt memory. What a
 * plan does to the machine is another matter: it is as powerful as its author.
 *
 * No libc, no allocation, no global variables that change; the child is a plain fork of the parent
 * (CLONE_VFORK without CLONE_VM) and may share its table of descriptors (CLONE_FILES), by which the
 * parent keeps a terminal that the child has opened. */
#include "syscalls.h"

enum { VERSION = 1, SLOTS = 192, ARGS = 6, PLAN_FD = 3, PLAN_MAX = 16 << 20 };
#define MAGIC 0x4c505247u /* "GRPL" */
#define RECORD_MAGIC 0x54495847u /* "GXIT" */
#define NONE 0xffffffffu /* no string, no pointer */

enum state { NEW, RUNNING, EXECUTING, FAILED, CORRUPT };

/* The plan's header; all offsets count from its first byte. Java: gantry.stage.PlanLayout. */
struct plan {
  u32 magic;
  u32 version;
  u64 checksum; /* over all that follows */
  u32 size;
  u32 steps, step_count;
  u32 pointers, pointer_count; /* cells of 8 bytes: an offset into data, or NONE; the last is NONE */
  u32 data, data_size;         /* strings and structures; the last byte is 0 */
  u32 times;                   /* cells of 8 bytes, one for each step, or 0: do not measure */
  i32 child;                   /* result: pid of the child */
  i32 state;                   /* result: enum state */
  i32 failed_step;             /* result: index of the step that failed */
  i32 error;                   /* result: its errno */
  i32 slots[SLOTS];            /* descriptors: those inherited, and those that steps have saved */
};

struct step {
  u8 op;
  u8 save;      /* slot for the result, or 255 */
  u8 skip;      /* so many steps are left out after a success */
  u8 reserved;
  u8 ignore[4]; /* these errnos are no failure: go on with the next step; 0 ends the list */
  i64 args[ARGS];
  u64 unused;
};

/* Operations, in the order of gantry.stage.Op. The first are system calls as they are; the letters
 * say what a plan's arguments are and what the kernel gets for them:
 *   i  number
 *   f  slot, or AT_FDCWD                        → the descriptor in it
 *   s  offset of a string in data               → pointer
 *   z  the same, or NONE                        → pointer or null
 *   b  offset and length<<32 of bytes in data   → pointer, length
 *   g  the same, of an array of 32-bit numbers  → count, pointer
 *   1… offset of a structure of so many times 8 bytes → pointer
 *   0  (no argument)                            → 0 */
static const struct {
  short number;
  char letters[8];
} OPS[] = {
    {NR_setsid, ""},           {NR_umask, "i"},          {NR_openat, "fsii"},
    {NR_close, "f"},           {NR_write, "fb"},         {NR_mkdirat, "fsi"},
    {NR_mknodat, "fsii"},      {NR_symlinkat, "sfs"},    {NR_fchownat, "fsiii"},
    {NR_fchmodat, "fsi"},      {NR_dup3, "fii"},         {NR_mount, "zsziz"},
    {NR_umount2, "si"},        {NR_open_tree, "fsi"},    {NR_move_mount, "fsfsi"},
    {NR_mount_setattr, "fsib"}, {NR_pivot_root, "ss"},   {NR_fchdir, "f"},
    {NR_chdir, "s"},           {NR_setns, "fi"},         {NR_unshare, "i"},
    {NR_sethostname, "b"},     {NR_setdomainname, "b"},  {NR_prlimit64, "ii20"},
    {NR_setresuid, "iii"},     {NR_setresgid, "iii"},    {NR_setgroups, "g"},
    {NR_capset, "13"},         {NR_prctl, "iiiii"},      {NR_ioctl, "fii"},
    {NR_ioctl, "fi1"},         {NR_personality, "i"},    {NR_close_range, "iii"},
    {NR_keyctl, "is"},         {NR_prctl, "is"},
};

enum { OP_COUNT = sizeof OPS / sizeof OPS[0] };
enum { OP_PRCTL = 28, OP_IOCTL_NUMBER, OP_IOCTL_DATA, OP_KEYCTL = 33, OP_NAME };

/* Operations of more than one call; their letters, for check(), are those of the table below.
 *   WRITE_FILE  directory, path, contents: open for writing, write, close
 *   SECCOMP     flags, filter: install a filter of system calls
 *   CLONE       flags, cgroup slot or -1, index of the step with which the parent goes on
 *   EXEC        path, first pointer of argv, first pointer of envp
 *   MONITOR     mask of slots (below 64) to keep, slot of stdin, or of the socket for a terminal
 *               from elsewhere, or -1, record slot, sync slot, whether to record all children and
 *               to stay until none is left
 *   SEND        socket, descriptor: a byte with a copy of the descriptor
 *   AWAIT       pipe: until a byte comes, from who has done what is to be done outside
 */
enum { WRITE_FILE = OP_COUNT, SECCOMP, CLONE, EXEC, MONITOR, SEND, AWAIT, OP_END };
static const char SPECIAL[][8] = {"fsb", "ib", "iii", "spp", "iiiii", "ff", "f"};

static u64 monotonic(void) {
  struct timespec now;
  CALL2(NR_clock_gettime, CLOCK_MONOTONIC, &now);
  return (u64)now.seconds * 1000000000u + (u64)now.nanoseconds;
}

static __attribute__((noreturn)) void leave(int status) {
  for (;;) CALL1(NR_exit_group, status);
}

/* ---- checking the plan ---------------------------------------------------------------------- */

static int inside(u64 offset, u64 size, u64 limit) {
  return offset <= limit && size <= limit - offset;
}

/* One 64-bit word at a time; a rest of fewer bytes is not allowed. Java: PlanLayout.checksum. */
static u64 checksum(const u64 *words, u64 count) {
  u64 sum = 0x9e3779b97f4a7c15u;
  for (u64 i = 0; i < count; i++) {
    sum = (sum ^ words[i]) * 0xff51afd7ed558ccdu;
    sum ^= sum >> 32;
  }
  return sum;
}

static const char *letters_of(const struct step *step) {
  return step->op < OP_COUNT ? OPS[step->op].letters : SPECIAL[step->op - OP_COUNT];
}

static int check_argument(const struct plan *plan, char letter, i64 value) {
  u32 offset = (u32)value, length = (u32)((u64)value >> 32);
  switch (letter) {
    case 'i':
      return 1;
    case 'f':
      return value == AT_FDCWD || (value >= 0 && value < SLOTS);
    case 'z':
      if (value == NONE) return 1;
      return length == 0 && offset < plan->data_size;
    case 's':
      return length == 0 && offset < plan->data_size;
    case 'g':
      return length % 4 == 0 && offset % 4 == 0 && inside(offset, length, plan->data_size);
    case 'b':
      return inside(offset, length, plan->data_size);
    case 'p':
      return length == 0 && offset < plan->pointer_count;
    default: /* a digit: a structure */
      return length == 0 && offset % 4 == 0 && inside(offset, (u64)(letter - '0') * 8, plan->data_size);
  }
}

/* Sub-functions that take numbers only, or read a structure. */
static int check_function(const struct step *step) {
  switch (step->op) {
    case OP_PRCTL:
      switch (step->args[0]) {
        case 1:  /* PR_SET_PDEATHSIG */
        case 4:  /* PR_SET_DUMPABLE */
        case 8:  /* PR_SET_KEEPCAPS */
        case 24: /* PR_CAPBSET_DROP */
        case 28: /* PR_SET_SECUREBITS */
        case 36: /* PR_SET_CHILD_SUBREAPER */
        case 38: /* PR_SET_NO_NEW_PRIVS */
        case 47: /* PR_CAP_AMBIENT */
          return 1;
      }
      return 0;
    case OP_IOCTL_NUMBER:
      return step->args[1] == 0x540e /* TIOCSCTTY */ || step->args[1] == 0x5441 /* TIOCGPTPEER */;
    case OP_IOCTL_DATA:
      return step->args[1] == 0x5414 /* TIOCSWINSZ */ || step->args[1] == 0x40045431 /* TIOCSPTLCK */;
    case OP_KEYCTL:
      return step->args[0] == KEYCTL_JOIN_SESSION_KEYRING;
    case OP_NAME:
      return step->args[0] == 15 /* PR_SET_NAME */;
    case CLONE: /* CLONE_VM above all would let the child write over the parent's stack */
      return ((u64)step->args[0] & ~CLONE_ALLOWED) == 0 && step->args[1] >= -1 &&
             step->args[1] < SLOTS;
    case MONITOR:
      return step->args[1] >= -1 && step->args[1] < SLOTS && step->args[2] >= 0 &&
             step->args[2] < SLOTS && step->args[3] >= 0 && step->args[3] < SLOTS;
    default:
      return 1;
  }
}

static int check_step(const struct plan *plan, const struct step *step) {
  if (step->op >= OP_END) return 0;
  if (step->save != 255 && step->save >= SLOTS) return 0;
  const char *letters = letters_of(step);
  for (int i = 0, argument = 0; letters[i]; i++) {
    if (letters[i] == '0') continue;
    if (!check_argument(plan, letters[i], step->args[argument++])) return 0;
  }
  return check_function(step);
}

/* Whether a plan of `size` bytes may be run. */
static int check(const struct plan *plan, u64 size) {
  if (size < sizeof *plan || size > PLAN_MAX || size % 8 != 0) return 0;
  if (plan->magic != MAGIC || plan->version != VERSION || plan->size != size) return 0;
  if (plan->checksum != checksum((const u64 *)plan + 2, size / 8 - 2)) return 0;
  /* The parts follow one another without a gap, so that no result is written over a step. */
  u64 count = plan->step_count, at = sizeof *plan;
  if (plan->steps != at) return 0;
  at += count * sizeof(struct step);
  if (plan->pointers != at) return 0;
  at += (u64)plan->pointer_count * 8;
  if (plan->data != at || plan->data_size == 0 || plan->data_size % 8 != 0) return 0;
  at += plan->data_size;
  if (plan->times && plan->times != at) return 0;
  at += plan->times ? count * 8 : 0;
  if (at != size) return 0;
  const char *base = (const char *)plan;
  if (base[plan->data + plan->data_size - 1] != 0) return 0;
  const u64 *pointers = (const u64 *)(base + plan->pointers);
  if (plan->pointer_count == 0 || pointers[plan->pointer_count - 1] != NONE) return 0;
  for (u32 i = 0; i < plan->pointer_count; i++) {
    if (pointers[i] != NONE && pointers[i] >= plan->data_size) return 0;
  }
  const struct step *steps = (const struct step *)(base + plan->steps);
  for (u32 i = 0; i < plan->step_count; i++) {
    if (!check_step(plan, &steps[i])) return 0;
    if (steps[i].op == CLONE && steps[i].args[2] <= (i64)i) return 0; /* a plan has no loops */
  }
  return 1;
}

/* ---- running the plan ----------------------------------------------------------------------- */

static i64 slot(const struct plan *plan, i64 value) {
  return value == AT_FDCWD || value < 0 ? value : plan->slots[value];
}

static const char *data(const struct plan *plan, u32 offset) {
  return (const char *)plan + plan->data + offset;
}

static i64 plain_call(const struct plan *plan, const struct step *step) {
  i64 args[ARGS + 2] = {0};
  const char *letters = OPS[step->op].letters;
  int to = 0;
  for (int i = 0, from = 0; letters[i] && to < ARGS; i++) {
    i64 value = letters[i] == '0' ? 0 : step->args[from++];
    u32 offset = (u32)value;
    i64 length = (i64)((u64)value >> 32);
    switch (letters[i]) {
      case 'i':
      case '0':
        args[to++] = value;
        break;
      case 'f':
        args[to++] = slot(plan, value);
        break;
      case 'z':
        args[to++] = value == NONE ? 0 : (i64)data(plan, offset);
        break;
      case 'b':
        args[to++] = (i64)data(plan, offset);
        args[to++] = length;
        break;
      case 'g':
        args[to++] = length / 4;
        args[to++] = (i64)data(plan, offset);
        break;
      default:
        args[to++] = (i64)data(plan, offset);
    }
  }
  return syscall6(OPS[step->op].number, args[0], args[1], args[2], args[3], args[4], args[5]);
}

static i64 write_file(const struct plan *plan, const i64 *args) {
  i64 length = (i64)((u64)args[2] >> 32);
  i64 fd = CALL4(NR_openat, slot(plan, args[0]), data(plan, (u32)args[1]), O_WRONLY | O_CLOEXEC, 0);
  if (fd < 0) return fd;
  i64 written = CALL3(NR_write, fd, data(plan, (u32)args[2]), length);
  CALL1(NR_close, fd);
  return written;
}

static i64 install_filter(const struct plan *plan, const i64 *args) {
  struct sock_fprog program;
  u64 instructions = ((u64)args[1] >> 32) / 8;
  if (instructions > 0xffff) return -EINVAL;
  program.length = (u16)instructions;
  program.filter = (u64)data(plan, (u32)args[1]);
  return CALL3(NR_seccomp, SECCOMP_SET_MODE_FILTER, args[0], &program);
}

/* The daemon gets what only we could open: from a socket's buffer, so that it need not find us. */
static i64 send(const struct plan *plan, const i64 *args) {
  u8 nothing = 0;
  struct control rights = {CONTROL, SOL_SOCKET, SCM_RIGHTS, (i32)slot(plan, args[1]), 0};
  struct iovec byte = {&nothing, 1};
  struct msghdr message = {0, 0, &byte, 1, &rights, CONTROL, 0};
  return CALL3(NR_sendmsg, slot(plan, args[0]), &message, MSG_NOSIGNAL);
}

/* The end instead of a byte: nobody is there any more. */
static i64 await(const struct plan *plan, const i64 *args) {
  u8 nothing;
  i64 got = CALL3(NR_read, slot(plan, args[0]), &nothing, 1);
  return got == 0 ? -ECANCELED : got;
}

static i64 execute(struct plan *plan, const i64 *args) {
  const u64 *pointers = (const u64 *)((const char *)plan + plan->pointers);
  plan->state = EXECUTING;
  return CALL3(NR_execve, data(plan, (u32)args[0]), pointers + args[1], pointers + args[2]);
}

/* Signals as a fresh process has them: the JVM ignores SIGPIPE, and an ignored signal stays ignored
 * across execve and CLONE_CLEAR_SIGHAND. */
static void default_signals(void) {
  struct kernel_sigaction action;
  u64 none = 0;
  action.handler = action.flags = action.restorer = action.mask = 0;
  for (int signal = 1; signal <= SIGNALS; signal++) {
    if (signal != SIGKILL && signal != SIGSTOP) CALL4(NR_rt_sigaction, signal, &action, 0, 8);
  }
  CALL4(NR_rt_sigprocmask, SIG_SETMASK, &none, 0, 8);
}

/* In the child: 0. In the parent: the child's pid, once the child has executed or ended. */
static i64 clone(struct plan *plan, const i64 *args) {
  struct clone_args clone;
  u64 *words = (u64 *)&clone;
  for (u64 i = 0; i < sizeof clone / 8; i++) words[i] = 0;
  clone.flags = (u64)args[0] | CLONE_VFORK;
  clone.exit_signal = SIGCHLD;
  if (args[1] >= 0) {
    clone.flags |= CLONE_INTO_CGROUP;
    clone.cgroup = (u64)plan->slots[args[1]];
  }
  i64 pid = CALL2(NR_clone3, &clone, sizeof clone);
  if (pid == 0) default_signals();
  return pid;
}

/* ---- the monitor ---------------------------------------------------------------------------- */

struct keep {
  u64 fds; /* one bit for each descriptor */
  i32 input, record, sync, child, all;
};

static void write_record(const struct keep *keep, const struct siginfo *info) {
  struct {
    u32 magic;
    i32 pid, status, reserved;
    i64 time, padding;
  } record;
  struct timespec now;
  CALL2(NR_clock_gettime, CLOCK_REALTIME, &now);
  record.magic = RECORD_MAGIC;
  record.pid = info->pid;
  /* the form of wait(2): exit code in the second byte, or signal and a bit for the core dump */
  record.status = info->code == CLD_EXITED
                      ? (info->status & 0xff) << 8
                      : info->status | (info->code == CLD_DUMPED ? 0x80 : 0);
  record.reserved = 0;
  record.time = now.seconds * 1000000000 + now.nanoseconds;
  record.padding = 0;
  CALL3(NR_write, keep->record, &record, sizeof record);
  CALL3(NR_write, keep->sync, "", 1);
}

/* Whether somebody has yet to read what the child has written: if the daemon is not there, it is
 * lost with us. */
static int unread(const struct keep *keep) {
  for (int fd = 0; fd < 64; fd++) {
    i32 bytes = 0;
    if (!(keep->fds >> fd & 1) || fd == keep->input) continue;
    if (CALL3(NR_lseek, fd, 0, SEEK_CUR) >= 0) continue; /* a file, which does not end with us */
    if (CALL3(NR_ioctl, fd, FIONREAD, &bytes) == 0 && bytes > 0) return 1;
  }
  return 0;
}

/* A terminal that was opened elsewhere: the daemon sends it, and it takes its socket's place. */
static i64 receive(struct keep *keep) {
  u8 nothing;
  struct control rights = {0, 0, 0, -1, 0};
  struct iovec byte = {&nothing, 1};
  struct msghdr message = {0, 0, &byte, 1, &rights, CONTROL, 0};
  i64 got = CALL3(NR_recvmsg, keep->input, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
  if (got == 1 && rights.fd >= 0) {
    CALL3(NR_dup3, rights.fd, keep->input, O_CLOEXEC);
    CALL1(NR_close, rights.fd);
    keep->input = -1;
  }
  return got;
}

/* The end of the monitor: once all is read, or once the daemon says that nobody will. */
static __attribute__((noreturn)) void finish(struct keep *keep) {
  u64 term = 1ul << (SIGTERM - 1);
  struct timespec pause = {0, 50000000};
  CALL1(NR_close, keep->sync);
  receive(keep);
  while (unread(keep)) {
    if (CALL4(NR_rt_sigtimedwait, &term, 0, &pause, 8) == SIGTERM) break;
  }
  leave(0);
}

/* Records first and reaps then: while there is no record, the child's pid is the child's. */
static void reap(struct keep *keep) {
  for (;;) {
    struct siginfo info;
    info.pid = 0;
    i64 result = CALL4(NR_waitid, P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT);
    if (result == -ECHILD) finish(keep);
    if (result != 0 || info.pid == 0) return;
    if (keep->all || info.pid == keep->child) write_record(keep, &info);
    CALL4(NR_wait4, info.pid, 0, WNOHANG, 0);
    if (!keep->all && info.pid == keep->child) finish(keep);
  }
}

/* Which descriptors stay. One with a high number (a terminal, opened after many mounts) moves to a
 * low one, and its slot says where the daemon finds it. */
static u64 kept(struct plan *plan, u64 mask) {
  u64 fds = 0;
  int low = 63;
  for (int i = 0; i < 64; i++) {
    int fd = plan->slots[i];
    if (!(mask >> i & 1) || fd < 0) continue;
    if (fd >= 64) {
      if (CALL3(NR_dup3, fd, low, O_CLOEXEC) < 0) continue;
      fd = plan->slots[i] = low--;
    }
    fds |= 1ul << fd;
  }
  return fds;
}

static __attribute__((noreturn)) void monitor(struct plan *plan, const i64 *args, i64 child) {
  struct keep keep;
  keep.fds = kept(plan, (u64)args[0]);
  keep.input = args[1] < 0 ? -1 : plan->slots[args[1]];
  keep.record = plan->slots[args[2]];
  keep.sync = plan->slots[args[3]];
  keep.all = args[4] != 0;
  keep.child = (i32)child;
  CALL2(NR_munmap, plan, plan->size);
  for (int fd = 0; fd < 64; fd++) {
    if (!(keep.fds >> fd & 1)) CALL1(NR_close, fd);
  }
  CALL3(NR_close_range, 64, ~0u, 0);
  CALL3(NR_write, keep.sync, "", 1);
  u64 wanted = 1ul << (SIGCHLD - 1) | 1ul << (SIGUSR1 - 1);
  for (;;) {
    reap(&keep);
    if (CALL4(NR_rt_sigtimedwait, &wanted, 0, 0, 8) != SIGUSR1 || keep.input < 0) continue;
    if (receive(&keep) == -ENOTSOCK) { /* a pipe: the end of stdin */
      CALL1(NR_close, keep.input);
      keep.fds &= ~(1ul << keep.input);
      keep.input = -1;
    }
  }
}

/* ---- the whole ------------------------------------------------------------------------------ */

static i64 run_step(struct plan *plan, const struct step *step, i64 child) {
  switch (step->op) {
    case WRITE_FILE:
      return write_file(plan, step->args);
    case SECCOMP:
      return install_filter(plan, step->args);
    case CLONE:
      return clone(plan, step->args);
    case EXEC:
      return execute(plan, step->args);
    case MONITOR:
      monitor(plan, step->args, child);
    case SEND:
      return send(plan, step->args);
    case AWAIT:
      return await(plan, step->args);
    default:
      return plain_call(plan, step);
  }
}

static int ignored(const struct step *step, i64 error) {
  for (int i = 0; i < 4 && step->ignore[i]; i++) {
    if (step->ignore[i] == error) return 1;
  }
  return 0;
}

static __attribute__((noreturn)) void fail(struct plan *plan, u32 step, i64 error) {
  plan->failed_step = (i32)step;
  plan->error = (i32)error;
  plan->state = FAILED;
  leave(1);
}

/* Turns the pointer cells from offsets into addresses, once. */
static void relocate(struct plan *plan) {
  u64 *pointers = (u64 *)((char *)plan + plan->pointers);
  for (u32 i = 0; i < plan->pointer_count; i++) {
    pointers[i] = pointers[i] == NONE ? 0 : (u64)data(plan, (u32)pointers[i]);
  }
}

static __attribute__((noreturn)) void run(struct plan *plan) {
  const struct step *steps = (const struct step *)((const char *)plan + plan->steps);
  u64 *times = plan->times ? (u64 *)((char *)plan + plan->times) : 0;
  i64 child = 0;
  u64 i = 0;
  while (i < plan->step_count) {
    const struct step *step = &steps[i];
    if (times) times[i] = monotonic();
    i64 result = run_step(plan, step, child);
    if (result < 0 && !ignored(step, -result)) fail(plan, (u32)i, -result);
    if (step->op == CLONE && result > 0) {
      child = result;
      plan->child = (i32)child;
      if (plan->state != EXECUTING) {
        /* The child has failed and said so, or was killed before it could execute. */
        CALL4(NR_wait4, child, 0, 0, 0);
        if (plan->state != FAILED) fail(plan, (u32)i, EINTR);
        leave(1);
      }
      i = (u64)step->args[2];
      continue;
    }
    if (result >= 0 && step->save != 255) plan->slots[step->save] = (i32)result;
    i += 1u + (result >= 0 ? step->skip : 0u);
  }
  fail(plan, plan->step_count, EINVAL); /* a plan ends in EXEC and MONITOR */
}

__attribute__((noreturn, used)) void stage(void) {
  u64 all = ~0ul;
  CALL4(NR_rt_sigprocmask, SIG_SETMASK, &all, 0, 8);
  i64 size = CALL3(NR_lseek, PLAN_FD, 0, SEEK_END);
  if (size < (i64)sizeof(struct plan) || size > PLAN_MAX) leave(125);
  struct plan *plan = (struct plan *)syscall6(
      NR_mmap, 0, size, PROT_READ_WRITE, MAP_SHARED, PLAN_FD, 0);
  if ((i64)plan < 0 && (i64)plan > -4096) leave(125);
  if (!check(plan, (u64)size)) {
    plan->state = CORRUPT;
    leave(125);
  }
  relocate(plan);
  plan->state = RUNNING;
  run(plan);
}

__asm__(".globl _start\n_start:\n  " ENTRY("stage"));
