/* bare ROOTFS [ROUNDS]: what the kernel takes for one container, with no engine at all.
 *
 * Makes the calls of a start of Gantry's, in their order, with nothing between them: the cgroups of
 * v1 with their device rules, pipes, a monitor (this program again, so that an execve is paid for as
 * there), the container's process in its namespaces, its root, mounts, nodes, masks, rights and
 * filter, and ROOTFS/bin/true. ROOTFS is a directory with a static busybox as bin/true, and proc,
 * sys, dev and etc. Prints, in microseconds, the best round and the lower quartile. Needs root, and
 * cgroup hierarchies of v1; hierarchies of v2 are left out.
 *
 *   gcc -O2 -static -Wall -Wextra -o target/bare bench/src/main/c/bare.c && target/bare ROOTFS 1000
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/mount.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define KEPT_CAPABILITIES 0xa80425fbull /* the fourteen that a container has by default */
#define FILTER_LENGTH 648               /* instructions of the default filter */

enum { SYNC = 3, ROOT = 4, NETWORK = 5, RECORD = 6, FIRST_FREE = 7 };

static const char *const CONTROLLERS[] = {"cpu",     "cpuacct", "cpuset", "memory",
                                          "devices", "freezer", "blkio",  "pids"};
enum { HIERARCHIES = sizeof CONTROLLERS / sizeof *CONTROLLERS };

int mount(const char *, const char *, const char *, unsigned long, const void *);

static __attribute__((noreturn)) void fail(const char *what) {
  perror(what);
  _exit(1);
}

static void must(long result, const char *what) {
  if (result < 0) fail(what);
}

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec * 1e6 + (double)time.tv_nsec / 1e3;
}

static void put(const char *path, const char *text) {
  int fd = open(path, O_WRONLY | O_CLOEXEC);
  must(fd, path);
  must(write(fd, text, strlen(text)), path);
  close(fd);
}

/* ---- cgroups -------------------------------------------------------------------------------- */

static char *group(char *path, int hierarchy, const char *name) {
  sprintf(path, "/sys/fs/cgroup/%s/gantry-bare%s", CONTROLLERS[hierarchy], name);
  return path;
}

static void make_groups(void) {
  static const char *const RULES[] = {"c *:* m",   "b *:* m",   "c 1:3 rwm", "c 1:5 rwm",
                                      "c 1:7 rwm", "c 1:8 rwm", "c 1:9 rwm", "c 5:0 rwm",
                                      "c 5:1 rwm", "c 5:2 rwm", "c 136:* rwm"};
  char path[128];
  for (int i = 0; i < HIERARCHIES; i++) must(mkdir(group(path, i, "/x"), 0755), path);
  put(group(path, 4, "/x/devices.deny"), "a *:* rwm");
  int allow = open(group(path, 4, "/x/devices.allow"), O_WRONLY | O_CLOEXEC);
  for (size_t i = 0; i < sizeof RULES / sizeof *RULES; i++) {
    must(write(allow, RULES[i], strlen(RULES[i])), RULES[i]);
  }
  close(allow);
}

static void each_group(const char *name, int (*act)(const char *)) {
  char path[128];
  for (int i = 0; i < HIERARCHIES; i++) act(group(path, i, name));
}

static int make_parent(const char *path) {
  must(mkdir(path, 0755) == 0 || errno == EEXIST ? 0 : -1, path);
  if (strstr(path, "/cpuset/")) { /* a new group of this hierarchy has no processors yet */
    char file[160], value[64] = "";
    const char *const names[] = {"cpuset.cpus", "cpuset.mems"};
    for (int i = 0; i < 2; i++) {
      snprintf(file, sizeof file, "/sys/fs/cgroup/cpuset/%s", names[i]);
      int fd = open(file, O_RDONLY | O_CLOEXEC);
      ssize_t length = read(fd, value, sizeof value - 1);
      close(fd);
      value[length < 0 ? 0 : length] = 0;
      snprintf(file, sizeof file, "%s/%s", path, names[i]);
      put(file, value);
    }
    snprintf(file, sizeof file, "%s/cgroup.clone_children", path);
    put(file, "1");
  }
  return 0;
}

/* ---- the container's process ---------------------------------------------------------------- */

static void change_root(void) {
  must(mount(0, "/", 0, MS_REC | MS_PRIVATE, 0), "private");
  must(syscall(SYS_move_mount, ROOT, "", AT_FDCWD, "/",
               MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_SYMLINKS), "move_mount");
  must(fchdir(ROOT), "fchdir");
  must(syscall(SYS_pivot_root, ".", "."), "pivot_root");
  must(syscall(SYS_umount2, ".", 2), "umount2");
  must(chdir("/"), "chdir");
}

static void mount_all(void) {
  const unsigned long safe = MS_NOSUID | MS_NODEV | MS_NOEXEC;
  char path[64];
  must(mount("proc", "/proc", "proc", safe, 0), "/proc");
  must(mount("tmpfs", "/dev", "tmpfs", MS_NOSUID | MS_STRICTATIME, "mode=755,size=65536k"), "/dev");
  mkdir("/dev/pts", 0755);
  must(mount("devpts", "/dev/pts", "devpts", MS_NOSUID | MS_NOEXEC,
             "newinstance,ptmxmode=0666,mode=0620,gid=5"), "/dev/pts");
  must(mount("sysfs", "/sys", "sysfs", safe | MS_RDONLY, 0), "/sys");
  must(mount("tmpfs", "/sys/fs/cgroup", "tmpfs", safe, "mode=755"), "/sys/fs/cgroup");
  for (int i = 0; i < HIERARCHIES; i++) {
    sprintf(path, "/sys/fs/cgroup/%s", CONTROLLERS[i]);
    mkdir(path, 0755);
    must(mount("cgroup", path, "cgroup", safe | MS_RDONLY, CONTROLLERS[i]), path);
  }
  struct mount_attr readonly = {.attr_set = MOUNT_ATTR_RDONLY};
  syscall(SYS_mount_setattr, AT_FDCWD, "/sys/fs/cgroup", 0, &readonly, sizeof readonly);
  mkdir("/dev/mqueue", 0755);
  must(mount("mqueue", "/dev/mqueue", "mqueue", safe, 0), "/dev/mqueue");
  mkdir("/dev/shm", 0755);
  must(mount("shm", "/dev/shm", "tmpfs", safe, "mode=1777,size=67108864"), "/dev/shm");
}

static void furnish(void) {
  static const struct { const char *path; int major, minor; } NODES[] = {
      {"/dev/null", 1, 3},   {"/dev/zero", 1, 5},    {"/dev/full", 1, 7},
      {"/dev/random", 1, 8}, {"/dev/urandom", 1, 9}, {"/dev/tty", 5, 0}};
  static const char *const LINKS[][2] = {
      {"/proc/self/fd", "/dev/fd"},         {"/proc/self/fd/0", "/dev/stdin"},
      {"/proc/self/fd/1", "/dev/stdout"},   {"/proc/self/fd/2", "/dev/stderr"},
      {"/proc/kcore", "/dev/core"},         {"pts/ptmx", "/dev/ptmx"}};
  for (int i = 0; i < 6; i++) {
    mknod(NODES[i].path, S_IFCHR | 0666, makedev(NODES[i].major, NODES[i].minor));
    must(symlink(LINKS[i][0], LINKS[i][1]), LINKS[i][1]);
  }
  must(sethostname("bare", 4), "sethostname");
}

static void protect(void) {
  static const char *const READ_ONLY[] = {"/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys",
                                          "/proc/sysrq-trigger"};
  static const char *const MASKED[] = {
      "/proc/acpi",        "/proc/asound", "/proc/interrupts", "/proc/kcore", "/proc/keys",
      "/proc/latency_stats", "/proc/sched_debug", "/proc/scsi", "/proc/timer_list",
      "/proc/timer_stats", "/sys/devices/virtual/powercap", "/sys/firmware"};
  struct mount_attr readonly = {.attr_set = MOUNT_ATTR_RDONLY};
  for (size_t i = 0; i < sizeof READ_ONLY / sizeof *READ_ONLY; i++) {
    mount(READ_ONLY[i], READ_ONLY[i], 0, MS_BIND | MS_REC, 0);
    syscall(SYS_mount_setattr, AT_FDCWD, READ_ONLY[i], 0, &readonly, sizeof readonly);
  }
  for (size_t i = 0; i < sizeof MASKED / sizeof *MASKED; i++) {
    if (mount("/dev/null", MASKED[i], 0, MS_BIND, 0) < 0) {
      mount("tmpfs", MASKED[i], "tmpfs", MS_RDONLY, "nr_blocks=1,nr_inodes=1");
    }
  }
}

static void give_up_rights(void) {
  struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
  const unsigned int kept = (unsigned int)KEPT_CAPABILITIES;
  const unsigned int admin = 1u << CAP_SYS_ADMIN; /* for the filter; execve takes it away */
  struct __user_cap_data_struct sets[2] = {{kept | admin, kept | admin, 0}, {0, 0, 0}};
  for (int i = 0; i <= CAP_LAST_CAP; i++) {
    if (!(KEPT_CAPABILITIES >> i & 1)) prctl(PR_CAPBSET_DROP, i, 0, 0, 0);
  }
  gid_t groups[] = {0, 10};
  must(syscall(SYS_setgroups, 2, groups), "setgroups");
  must(syscall(SYS_setresgid, 0, 0, 0), "setresgid");
  must(syscall(SYS_setresuid, 0, 0, 0), "setresuid");
  must(syscall(SYS_capset, &header, sets), "capset");
  prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
}

/* As long as the real one, and allows everything. */
static void install_filter(void) {
  static struct sock_filter code[FILTER_LENGTH];
  for (int i = 0; i < FILTER_LENGTH - 1; i++) {
    code[i] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0x10000u + (unsigned)i, 0, 0);
  }
  code[0] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0);
  code[FILTER_LENGTH - 1] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
  struct sock_fprog program = {FILTER_LENGTH, code};
  must(syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program), "seccomp");
}

static __attribute__((noreturn)) void container(void) {
  char path[128];
  for (int signal = 1; signal <= 64; signal++) {
    if (signal != SIGKILL && signal != SIGSTOP) {
      struct { void *handler; unsigned long flags; void *restorer; unsigned long mask; } none = {0};
      syscall(SYS_rt_sigaction, signal, &none, 0, 8);
    }
  }
  prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
  must(setsid(), "setsid");
  syscall(SYS_keyctl, 1, "gantry-bare");
  for (int i = 0; i < HIERARCHIES; i++) put(group(path, i, "/x/tasks"), "0");
  must(unshare(CLONE_NEWCGROUP), "unshare");
  must(setns(NETWORK, CLONE_NEWNET), "setns");
  umask(0);
  change_root();
  mount_all();
  furnish();
  protect();
  umask(022);
  give_up_rights();
  syscall(SYS_close_range, 3, ~0u, 4 /* CLOSE_RANGE_CLOEXEC */);
  install_filter();
  char *const command[] = {"true", 0};
  char *const environment[] = {"PATH=/bin", 0};
  execve("/bin/true", command, environment);
  fail("execve /bin/true");
}

/* ---- the monitor ---------------------------------------------------------------------------- */

static int monitor(void) {
  struct clone_args {
    unsigned long long flags, pidfd, child_tid, parent_tid, exit_signal, stack, stack_size, tls;
  } args = {.flags = CLONE_VFORK | CLONE_FILES | CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC |
                     CLONE_NEWPID,
            .exit_signal = SIGCHLD};
  setsid();
  prctl(PR_SET_NAME, "bare-monitor", 0, 0, 0);
  long child = syscall(SYS_clone3, &args, sizeof args);
  must(child, "clone3");
  if (child == 0) container();
  must(write(SYNC, "r", 1), "sync");
  int status;
  must(waitpid((pid_t)child, &status, 0), "waitpid");
  must(write(RECORD, &status, sizeof status), "record");
  must(write(SYNC, "e", 1), "sync");
  return status;
}

/* ---- the rounds ----------------------------------------------------------------------------- */

struct times { double groups, running, exited, removed; };

static struct times once(const char *rootfs, int network) {
  struct times times;
  int sync[2], output[2], error[2];
  char byte;
  double begin = now();
  make_groups();
  times.groups = now() - begin;
  int root = (int)syscall(SYS_open_tree, AT_FDCWD, rootfs, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
  must(root, rootfs);
  int record = open("/dev/shm/gantry-bare", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  must(record, "record");
  must(pipe2(sync, O_CLOEXEC) | pipe2(output, O_CLOEXEC) | pipe2(error, O_CLOEXEC), "pipe2");
  const int given[] = {output[1], error[1], sync[1], root, network, record};
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  for (int i = 0; i < 6; i++) posix_spawn_file_actions_adddup2(&actions, given[i], 100 + i);
  for (int i = 0; i < 6; i++) posix_spawn_file_actions_adddup2(&actions, 100 + i, 1 + i);
  posix_spawn_file_actions_addclosefrom_np(&actions, FIRST_FREE);
  char *const arguments[] = {"bare", "--monitor", 0};
  char *const environment[] = {0};
  pid_t pid;
  if (posix_spawn(&pid, "/proc/self/exe", &actions, 0, arguments, environment)) fail("posix_spawn");
  posix_spawn_file_actions_destroy(&actions);
  close(sync[1]);
  close(output[1]);
  close(error[1]);
  close(root);
  close(record);
  if (read(sync[0], &byte, 1) != 1) fail("the container did not start");
  times.running = now() - begin;
  if (read(sync[0], &byte, 1) != 1) fail("the monitor was lost");
  times.exited = now() - begin;
  int status;
  must(waitpid(pid, &status, 0), "waitpid");
  if (status != 0) fail("the container failed");
  close(sync[0]);
  close(output[0]);
  close(error[0]);
  begin = now();
  each_group("/x", rmdir);
  times.removed = now() - begin;
  return times;
}

static int ascending(const void *a, const void *b) {
  double difference = *(const double *)a - *(const double *)b;
  return difference < 0 ? -1 : difference > 0;
}

static void print(const char *what, double *values, int count) {
  qsort(values, (size_t)count, sizeof *values, ascending);
  printf("| %-40s | %6.0f | %6.0f |\n", what, values[0], values[count / 4]);
}

int main(int argc, char **argv) {
  if (argc == 2 && strcmp(argv[1], "--monitor") == 0) return monitor();
  int rounds = argc > 2 ? atoi(argv[2]) : 500;
  if (argc < 2 || rounds < 1) {
    fprintf(stderr, "usage: bare ROOTFS [ROUNDS]\n");
    return 2;
  }
  double *values[4];
  for (int i = 0; i < 4; i++) values[i] = calloc((size_t)rounds, sizeof **values);
  each_group("", make_parent);
  each_group("/x", rmdir); /* of a run that was killed */
  int host = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
  for (int round = 0; round < rounds; round++) {
    must(unshare(CLONE_NEWNET), "unshare"); /* made ahead of need, as the engine has it */
    int network = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
    must(setns(host, CLONE_NEWNET), "setns");
    struct times times = once(argv[1], network);
    close(network);
    values[0][round] = times.groups;
    values[1][round] = times.running;
    values[2][round] = times.exited;
    values[3][round] = times.removed;
  }
  each_group("", rmdir);
  unlink("/dev/shm/gantry-bare");
  print("the cgroups made, with device rules", values[0], rounds);
  print("to the running command", values[1], rounds);
  print("to the exit", values[2], rounds);
  print("the cgroups removed", values[3], rounds);
  return 0;
}
