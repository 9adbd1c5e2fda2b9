/* Stands between a process and its system calls (LD_PRELOAD) and makes the calls that change one folder fail: kills the
 * process before the n-th or in the middle of it, lets it fail, or writes down what was done in which order. Calls are made
 * directly (syscall), so that no other library is in between.
 *
 * FAULTS_FOLDER    only calls on files below this folder count
 * FAULTS_LOG       where what was done is written down
 * FAULTS_ARM       action/n, as for the command arm
 * FAULTS_LIE       syncs do nothing and say that all went well
 *
 * Commands come as the removal of a path that nobody has:
 * /faults/say/TEXT       writes TEXT into the log
 * /faults/arm/ACTION/N   the N-th call from now on (the first is 0) is met by ACTION
 * /faults/off            ends that; fails if the call never came
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

enum action { NOTHING, KILL, HALF, IO, IO_ON, FULL, FULL_ON, SHORT, TORN };
static const char *const ACTIONS[] = {"nothing", "kill", "half", "io", "io-on", "full", "full-on", "short", "torn"};
enum { MANY = 9 };

/* What a call does, as the log says it. */
enum kind { OPEN = 'o', WRITE = 'w', SYNC = 's', TRUNCATE = 't', UNLINK = 'u', RENAME = 'r', LINK = 'l', MKDIR = 'm', SAY = '!' };

enum { FDS = 4096 };
static unsigned char followed[FDS];

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static char folder[4096];
static size_t folder_len;
static int log_fd = -1;
static int lies;
static enum action armed;
static long left;
static int fired;

static void arm(const char *text) {
  const char *slash = strchr(text, '/');
  armed = NOTHING;
  fired = 0;
  for (int action = 1; slash && action < MANY; action++) {
    if (strlen(ACTIONS[action]) == (size_t)(slash - text) && !strncmp(text, ACTIONS[action], (size_t)(slash - text))) {
      armed = (enum action)action;
      left = atol(slash + 1);
    }
  }
  if (armed == NOTHING) {
    abort();
  }
}

static void begin(void) {
  const char *given = getenv("FAULTS_FOLDER");
  if (given && strlen(given) < sizeof folder) {
    folder_len = strlen(given);
    memcpy(folder, given, folder_len + 1);
  }
  given = getenv("FAULTS_LOG");
  if (given) {
    log_fd = (int)syscall(SYS_openat, AT_FDCWD, given, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (log_fd < 0) {
      abort();
    }
  }
  lies = getenv("FAULTS_LIE") != NULL;
  given = getenv("FAULTS_ARM");
  if (given) {
    arm(given);
  }
}

static void enter(void) {
  pthread_once(&once, begin);
  pthread_mutex_lock(&lock);
}

static void leave(void) {
  int kept = errno;
  pthread_mutex_unlock(&lock);
  errno = kept;
}

/* Below the folder, or the folder itself. */
static int is_ours(const char *path) {
  return folder_len && !strncmp(path, folder, folder_len) && (path[folder_len] == '/' || !path[folder_len]);
}

static int is_followed(int fd) {
  return fd >= 0 && fd < FDS && followed[fd];
}

/* A line of the log: kind (1), whether it went well (1), descriptor (4), a number (8), two texts with their lengths (4 each). */
static void note(enum kind kind, int ok, int fd, int64_t number, const void *one, size_t one_len, const void *two, size_t two_len) {
  if (log_fd < 0) {
    return;
  }
  int kept = errno;
  unsigned char head[22];
  uint32_t fd32 = (uint32_t)fd, len1 = (uint32_t)one_len, len2 = (uint32_t)two_len;
  head[0] = (unsigned char)kind;
  head[1] = (unsigned char)ok;
  memcpy(head + 2, &fd32, 4);
  memcpy(head + 6, &number, 8);
  memcpy(head + 14, &len1, 4);
  memcpy(head + 18, &len2, 4);
  struct iovec parts[] = {{head, sizeof head}, {(void *)one, one_len}, {(void *)two, two_len}};
  if (syscall(SYS_writev, log_fd, parts, 3) != (long)(sizeof head + one_len + two_len)) {
    abort();
  }
  errno = kept;
}

static void note_names(enum kind kind, int ok, const char *one, const char *two) {
  note(kind, ok, -1, 0, one, strlen(one), two, strlen(two));
}

static void end_process(void) {
  syscall(SYS_kill, (long)getpid(), SIGKILL);
  for (;;) {
    pause();
  }
}

static int takes_room(enum kind kind) {
  return kind == OPEN || kind == WRITE || kind == TRUNCATE || kind == LINK || kind == MKDIR;
}

/* Counts a call and says what is to become of it. The process may end here. */
static enum action meet(enum kind kind) {
  if (armed == NOTHING) {
    return NOTHING;
  }
  if ((armed == FULL || armed == FULL_ON) && !takes_room(kind)) {
    return NOTHING;
  }
  if ((armed == SHORT || armed == TORN) && kind != WRITE) {
    /* A disk that is full stays so. */
    return armed == TORN && fired && takes_room(kind) ? FULL : NOTHING;
  }
  if (left > 0) {
    left--;
    return NOTHING;
  }
  int first = !fired;
  fired = 1;
  switch (armed) {
    case KILL:
      end_process();
      return NOTHING;
    case HALF:
      if (kind != WRITE) {
        end_process();
      }
      return HALF;
    case IO:
    case FULL:
      return first ? armed : NOTHING;
    case IO_ON:
      return IO;
    case FULL_ON:
      return FULL;
    case SHORT:
      return first ? SHORT : NOTHING;
    case TORN:
      return first ? SHORT : FULL;
    default:
      return NOTHING;
  }
}

/* True when the call is to fail, with the reason in errno. */
static int refused(enum action action) {
  errno = action == IO ? EIO : ENOSPC;
  return action == IO || action == FULL;
}

static int do_open(int dir, const char *path, int flags, int mode) {
  pthread_once(&once, begin);
  if (!is_ours(path)) {
    int fd = (int)syscall(SYS_openat, dir, path, flags, mode);
    if (fd >= 0 && fd < FDS) {
      followed[fd] = 0;
    }
    return fd;
  }
  enter();
  int fd = -1;
  if (!((flags & (O_CREAT | O_TRUNC)) && refused(meet(OPEN)))) {
    fd = (int)syscall(SYS_openat, dir, path, flags, mode);
  }
  if (fd >= FDS) {
    abort();
  }
  if (fd >= 0) {
    followed[fd] = 1;
    note(OPEN, 1, fd, flags, path, strlen(path), "", 0);
  }
  leave();
  return fd;
}

#define MODE(flags)                              \
  int mode = 0;                                  \
  if ((flags) & (O_CREAT | __O_TMPFILE)) {       \
    va_list rest;                                \
    va_start(rest, flags);                       \
    mode = va_arg(rest, int);                    \
    va_end(rest);                                \
  }

int open(const char *path, int flags, ...) {
  MODE(flags)
  return do_open(AT_FDCWD, path, flags, mode);
}

int open64(const char *path, int flags, ...) {
  MODE(flags)
  return do_open(AT_FDCWD, path, flags, mode);
}

int openat(int dir, const char *path, int flags, ...) {
  MODE(flags)
  return do_open(dir, path, flags, mode);
}

int openat64(int dir, const char *path, int flags, ...) {
  MODE(flags)
  return do_open(dir, path, flags, mode);
}

int close(int fd) {
  if (fd >= 0 && fd < FDS) {
    followed[fd] = 0;
  }
  return (int)syscall(SYS_close, fd);
}

static ssize_t do_write(int fd, const void *bytes, size_t len, int64_t at, int moves) {
  if (!is_followed(fd)) {
    return moves ? syscall(SYS_write, fd, bytes, len) : syscall(SYS_pwrite64, fd, bytes, len, at);
  }
  enter();
  enum action action = meet(WRITE);
  ssize_t done = -1;
  if (!refused(action)) {
    if ((action == HALF || action == SHORT) && len > 1) {
      len /= 2;
    }
    if (moves) {
      at = syscall(SYS_lseek, fd, 0, SEEK_CUR);
    }
    done = moves ? syscall(SYS_write, fd, bytes, len) : syscall(SYS_pwrite64, fd, bytes, len, at);
    if (done > 0) {
      note(WRITE, 1, fd, at, bytes, (size_t)done, "", 0);
    }
    if (action == HALF) {
      end_process();
    }
  }
  leave();
  return done;
}

ssize_t write(int fd, const void *bytes, size_t len) {
  return do_write(fd, bytes, len, 0, 1);
}

ssize_t pwrite(int fd, const void *bytes, size_t len, off_t at) {
  return do_write(fd, bytes, len, at, 0);
}

ssize_t pwrite64(int fd, const void *bytes, size_t len, off64_t at) {
  return do_write(fd, bytes, len, at, 0);
}

/* Nobody writes our files in several pieces or by these: a test would not see it, so it must not happen unseen. */
ssize_t writev(int fd, const struct iovec *parts, int count) {
  if (is_followed(fd)) {
    abort();
  }
  return syscall(SYS_writev, fd, parts, count);
}

int fallocate(int fd, int mode, off_t at, off_t len) {
  if (is_followed(fd)) {
    abort();
  }
  return (int)syscall(SYS_fallocate, fd, mode, at, len);
}

static int do_sync(int fd, long call) {
  if (!is_followed(fd)) {
    return (int)syscall(call, fd);
  }
  enter();
  int failed = -1;
  if (lies) {
    failed = 0;
  } else {
    if (!refused(meet(SYNC))) {
      failed = (int)syscall(call, fd);
    }
    note(SYNC, !failed, fd, 0, "", 0, "", 0);
  }
  leave();
  return failed;
}

int fsync(int fd) {
  return do_sync(fd, SYS_fsync);
}

int fdatasync(int fd) {
  return do_sync(fd, SYS_fdatasync);
}

static int do_truncate(int fd, int64_t len) {
  if (!is_followed(fd)) {
    return (int)syscall(SYS_ftruncate, fd, len);
  }
  enter();
  int failed = -1;
  if (!refused(meet(TRUNCATE))) {
    failed = (int)syscall(SYS_ftruncate, fd, len);
    if (!failed) {
      note(TRUNCATE, 1, fd, len, "", 0, "", 0);
    }
  }
  leave();
  return failed;
}

int ftruncate(int fd, off_t len) {
  return do_truncate(fd, len);
}

int ftruncate64(int fd, off64_t len) {
  return do_truncate(fd, len);
}

/* Commands are no calls. */
static int command(const char *text) {
  int failed = 0;
  if (!strncmp(text, "say/", 4)) {
    note_names(SAY, 1, text + 4, "");
  } else if (!strncmp(text, "arm/", 4)) {
    arm(text + 4);
  } else if (!strcmp(text, "off")) {
    failed = fired ? 0 : -1;
    errno = ENOENT;
    armed = NOTHING;
    fired = 0;
  } else {
    abort();
  }
  return failed;
}

static int do_unlink(int dir, const char *path, int flags) {
  int failed = -1;
  enter();
  if (!strncmp(path, "/faults/", 8)) {
    failed = command(path + 8);
  } else if (!is_ours(path)) {
    failed = (int)syscall(SYS_unlinkat, dir, path, flags);
  } else if (!refused(meet(UNLINK))) {
    failed = (int)syscall(SYS_unlinkat, dir, path, flags);
    if (!failed) {
      note_names(UNLINK, 1, path, "");
    }
  }
  leave();
  return failed;
}

int unlink(const char *path) {
  return do_unlink(AT_FDCWD, path, 0);
}

int unlinkat(int dir, const char *path, int flags) {
  return do_unlink(dir, path, flags);
}

static int two_names(enum kind kind, int from_dir, const char *from, int to_dir, const char *to, unsigned flags) {
  long call = kind == LINK ? SYS_linkat : SYS_renameat2;
  int failed = -1;
  enter();
  if (!is_ours(from) && !is_ours(to)) {
    failed = (int)syscall(call, from_dir, from, to_dir, to, flags);
  } else if (!refused(meet(kind))) {
    failed = (int)syscall(call, from_dir, from, to_dir, to, flags);
    if (!failed) {
      note_names(kind, 1, from, to);
    }
  }
  leave();
  return failed;
}

int rename(const char *from, const char *to) {
  return two_names(RENAME, AT_FDCWD, from, AT_FDCWD, to, 0);
}

int renameat(int from_dir, const char *from, int to_dir, const char *to) {
  return two_names(RENAME, from_dir, from, to_dir, to, 0);
}

int renameat2(int from_dir, const char *from, int to_dir, const char *to, unsigned flags) {
  return two_names(RENAME, from_dir, from, to_dir, to, flags);
}

int link(const char *from, const char *to) {
  return two_names(LINK, AT_FDCWD, from, AT_FDCWD, to, 0);
}

int linkat(int from_dir, const char *from, int to_dir, const char *to, int flags) {
  return two_names(LINK, from_dir, from, to_dir, to, (unsigned)flags);
}

int mkdir(const char *path, mode_t mode) {
  int failed = -1;
  enter();
  if (!is_ours(path)) {
    failed = (int)syscall(SYS_mkdirat, AT_FDCWD, path, mode);
  } else if (!refused(meet(MKDIR))) {
    failed = (int)syscall(SYS_mkdirat, AT_FDCWD, path, mode);
    if (!failed) {
      note_names(MKDIR, 1, path, "");
    }
  }
  leave();
  return failed;
}

/* One core and a clock that hardly moves: calls that make many keys then draw their random bytes, and commit, in one order. */
int sched_getaffinity(pid_t pid, size_t size, cpu_set_t *set) {
  (void)pid;
  CPU_ZERO_S(size, set);
  CPU_SET_S(0, size, set);
  return 0;
}

int clock_gettime(clockid_t clock, struct timespec *time) {
  static struct timespec first;
  static long ticks;
  if (clock != CLOCK_MONOTONIC) {
    return (int)syscall(SYS_clock_gettime, clock, time);
  }
  enter();
  if (!first.tv_sec) {
    syscall(SYS_clock_gettime, clock, &first);
  }
  ticks++;
  long nanos = first.tv_nsec + ticks * 100;
  time->tv_sec = first.tv_sec + nanos / 1000000000;
  time->tv_nsec = nanos % 1000000000;
  leave();
  return 0;
}

/* SQLite waits some seconds, in all, for an index that nobody makes. Here there is nobody to wait for. */
int nanosleep(const struct timespec *asked, struct timespec *rest) {
  struct timespec time = {asked->tv_sec / 100, (asked->tv_sec % 100 * 1000000000 + asked->tv_nsec) / 100};
  return (int)syscall(SYS_nanosleep, &time, rest);
}
