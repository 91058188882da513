/* A container's init, for `--init`: starts the command, passes signals on to it, reaps whatever is
 * orphaned, and ends as the command ends. Bind-mounted at /sbin/docker-init.
 *
 *     /sbin/docker-init -- command argument…      (the `--` may be left out) */
#include "syscalls.h"

enum { SIGTTIN = 21, SIGTTOU = 22, SIG_UNBLOCK = 1, ENOENT = 2 };

static __attribute__((noreturn)) void leave(int status) {
  for (;;) CALL1(NR_exit_group, status);
}

static void complain(const char *text) {
  int length = 0;
  while (text[length]) length++;
  CALL3(NR_write, 2, text, length);
}

/* The value of PATH, or the one that the kernel's users agree on. */
static const char *search_path(char **envp) {
  for (; *envp; envp++) {
    const char *entry = *envp;
    if (entry[0] == 'P' && entry[1] == 'A' && entry[2] == 'T' && entry[3] == 'H' && entry[4] == '=') {
      return entry + 5;
    }
  }
  return "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
}

/* As execvp(3): a name without a slash is looked for in each directory of PATH. Returns only with
 * the last error, where one other than "no such file" is the better answer. */
static i64 execute(char **argv, char **envp) {
  const char *name = argv[0];
  for (const char *c = name; *c; c++) {
    if (*c == '/') return CALL3(NR_execve, name, argv, envp);
  }
  i64 best = -ENOENT;
  for (const char *from = search_path(envp); *name; from++) {
    char path[4096];
    int length = 0;
    for (; *from && *from != ':'; from++) {
      if (length < 2048) path[length++] = *from;
    }
    path[length++] = '/';
    for (const char *c = name; *c && length < 4095; c++) path[length++] = *c;
    path[length] = 0;
    i64 error = CALL3(NR_execve, path, argv, envp);
    if (error != -ENOENT) best = error;
    if (!*from) break;
  }
  return best;
}

static __attribute__((noreturn)) void command(char **argv, char **envp, const u64 *mask) {
  CALL2(NR_setpgid, 0, 0);
  i32 self = (i32)CALL1(NR_getpid, 0);
  CALL3(NR_ioctl, 0, 0x5410 /* TIOCSPGRP */, &self); /* fails without a terminal: nothing to do */
  CALL4(NR_rt_sigprocmask, SIG_SETMASK, mask, 0, 8);
  i64 error = execute(argv, envp);
  complain("init: cannot execute ");
  complain(argv[0]);
  complain("\n");
  leave(error == -ENOENT ? 127 : 126);
}

/* Reaps all that has ended; leaves as the command did once that is among them. */
static void reap(i64 child) {
  for (;;) {
    i32 status = 0;
    i64 pid = CALL4(NR_wait4, -1, &status, WNOHANG, 0);
    if (pid <= 0) return;
    if (pid != child) continue;
    leave((status & 0x7f) ? 128 + (status & 0x7f) : (status >> 8) & 0xff);
  }
}

__attribute__((noreturn, used)) void init(u64 *stack) {
  i64 argc = (i64)stack[0];
  char **argv = (char **)(stack + 1);
  char **envp = argv + argc + 1;
  argv++;
  if (argv[0] && argv[0][0] == '-' && argv[0][1] == '-' && !argv[0][2]) argv++;
  if (argc < 2 || !argv[0]) {
    complain("init: a command is needed\n");
    leave(127);
  }
  /* Blocked signals wait to be taken; the two of a background terminal must not stop us either. */
  u64 all = ~0ul, before = 0;
  CALL4(NR_rt_sigprocmask, SIG_SETMASK, &all, &before, 8);
  /* Not clone3: the default filter of system calls answers ENOSYS to it, since it cannot look at
   * its flags. */
  i64 child = syscall6(NR_clone, SIGCHLD, 0, 0, 0, 0, 0);
  if (child < 0) leave(126);
  if (child == 0) command(argv, envp, &before);
  for (;;) {
    i64 signal = CALL4(NR_rt_sigtimedwait, &all, 0, 0, 8);
    if (signal == SIGCHLD) {
      reap(child);
    } else if (signal > 0 && signal != SIGTTIN && signal != SIGTTOU) {
      CALL2(NR_kill, child, signal);
    }
  }
}

__asm__(".globl _start\n_start:\n  " ENTRY("init"));
