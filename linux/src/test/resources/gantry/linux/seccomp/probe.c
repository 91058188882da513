/* probe FILTER CALL...: installs a filter and makes system calls, each "number[,arg...]"; prints the errno of
   each, 0 for success, one a line. */
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

static struct sock_filter code[4096];

int main(int argc, char **argv)
{
	int fd = open(argv[1], O_RDONLY);
	ssize_t size = read(fd, code, sizeof code);
	struct sock_fprog program = { .len = size / sizeof *code, .filter = code };
	if (size <= 0 || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
	    syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program)) {
		perror("filter");
		return 1;
	}
	for (int i = 2; i < argc; i++) {
		char *at = argv[i];
		long number = strtol(at, &at, 0), args[6] = { 0 };
		for (int a = 0; *at == ',' && a < 6; a++)
			args[a] = strtol(at + 1, &at, 0);
		errno = 0;
		long result = syscall(number, args[0], args[1], args[2], args[3], args[4], args[5]);
		printf("%d\n", result == -1 ? errno : 0);
		fflush(stdout);
	}
	return 0;
}
