/* test/store/files-shim.c: stands between a process and its files (LD_PRELOAD, Linux), so that tests can count what becomes
 * durable, end the process between any two steps, and fill the disk. Reads its orders from the environment at every call:
 *   SHIM_LOG=FILE   appends a line per fsync or fdatasync: the call and the file's path
 *   SHIM_DIE_AT=N   SIGKILL instead of the Nth changing call since this was set (0: count only)
 *   SHIM_FULL=1     writes fail with ENOSPC
 *   SHIM_BROKEN=1   fsync and fdatasync fail with EIO
 * With SHIM_DIE_AT=0 the log also names each changing call, so that a test knows how many there are. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

static int steps;
static __thread int noting;

static const char *order(const char *name) {
  const char *value = getenv(name);
  return value && *value ? value : NULL;
}

static void note(const char *call, const char *what) {
  const char *log = order("SHIM_LOG");
  if (!log) return;
  int file = open(log, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
  if (file < 0) return;
  char line[4200];
  int length = snprintf(line, sizeof line, "%s %s\n", call, what);
  noting = 1;
  if (write(file, line, length) != length) abort();
  noting = 0;
  close(file);
}

static void note_file(const char *call, int file) {
  char link[64], path[4096];
  snprintf(link, sizeof link, "/proc/self/fd/%d", file);
  ssize_t length = readlink(link, path, sizeof path - 1);
  path[length < 0 ? 0 : length] = 0;
  note(call, path);
}

static void step(const char *call) {
  const char *die = order("SHIM_DIE_AT");
  if (!die) { steps = 0; return; }
  steps++;
  if (atoi(die) == 0) note("step", call);
  if (atoi(die) == steps) kill(getpid(), SIGKILL);
}

static int refused(const char *name, int error) {
  if (!order(name)) return 0;
  errno = error;
  return 1;
}

#define REAL(type, name, ...) static type (*real)(__VA_ARGS__); if (!real) real = dlsym(RTLD_NEXT, name)

int fsync(int file) {
  REAL(int, "fsync", int);
  step("fsync");
  note_file("fsync", file);
  return refused("SHIM_BROKEN", EIO) ? -1 : real(file);
}

int fdatasync(int file) {
  REAL(int, "fdatasync", int);
  step("fdatasync");
  note_file("fdatasync", file);
  return refused("SHIM_BROKEN", EIO) ? -1 : real(file);
}

static int is_file(int file) {
  struct stat status;
  return fstat(file, &status) == 0 && S_ISREG(status.st_mode);
}

ssize_t write(int file, const void *data, size_t length) {
  REAL(ssize_t, "write", int, const void *, size_t);
  if (noting || !is_file(file)) return real(file, data, length);
  step("write");
  return refused("SHIM_FULL", ENOSPC) ? -1 : real(file, data, length);
}

ssize_t pwrite64(int file, const void *data, size_t length, off64_t at) {
  REAL(ssize_t, "pwrite64", int, const void *, size_t, off64_t);
  step("pwrite");
  return refused("SHIM_FULL", ENOSPC) ? -1 : real(file, data, length, at);
}

ssize_t pwrite(int file, const void *data, size_t length, off_t at) {
  REAL(ssize_t, "pwrite", int, const void *, size_t, off_t);
  step("pwrite");
  return refused("SHIM_FULL", ENOSPC) ? -1 : real(file, data, length, at);
}

int ftruncate(int file, off_t length) {
  REAL(int, "ftruncate", int, off_t);
  step("ftruncate");
  return real(file, length);
}

int ftruncate64(int file, off64_t length) {
  REAL(int, "ftruncate64", int, off64_t);
  step("ftruncate");
  return real(file, length);
}

int rename(const char *from, const char *to) {
  REAL(int, "rename", const char *, const char *);
  step("rename");
  return real(from, to);
}

int unlink(const char *path) {
  REAL(int, "unlink", const char *);
  step("unlink");
  return real(path);
}

int mkdir(const char *path, mode_t mode) {
  REAL(int, "mkdir", const char *, mode_t);
  step("mkdir");
  return real(path, mode);
}
