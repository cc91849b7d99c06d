/*
 * stopwatch - runs a program until it has done its work, and says what that cost.
 *
 *   stopwatch TIMEOUT-MS MARKER LOG COMMAND [ARGUMENT...]
 *
 * The work is done when the program ends, or when the file MARKER appears ("-" for none): clients that go on seeding make one, and are killed then. What the
 * program says goes to LOG. One line of JSON says how it ended ("exit", "marker", "timeout"), its status, when it was started (microseconds of CLOCK_MONOTONIC),
 * how long it took, the CPU time of it and all children it waited for, and the most memory it held: `peak` is resident memory as the kernel counts it (ru_maxrss),
 * pages of files mapped into memory included; `anonymous` is the part that is no file's, sampled every 10 ms.
 *
 * In C and tiny, because the kernel counts the memory of the process that forks into the maximum of the one that is started.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <libgen.h>
#include <poll.h>
#include <signal.h>
#include <sys/inotify.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "wire.h"

enum { SAMPLE_MS = 10 };

static pid_t start(char **command, const char *log) {
  sigset_t none;
  sigemptyset(&none);
  pid_t pid = fork();
  if (pid) return pid;
  int output = open(log, O_WRONLY | O_CREAT | O_TRUNC, 0644), nothing = open("/dev/null", O_RDONLY);
  setpgid(0, 0);
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  sigprocmask(SIG_SETMASK, &none, NULL);
  dup2(nothing, 0);
  dup2(output, 1);
  dup2(output, 2);
  execvp(command[0], command);
  perror(command[0]);
  _exit(127);
}

static long anonymous_kib(pid_t pid) {
  char path[32], text[4096], *found;
  snprintf(path, sizeof path, "/proc/%d/status", pid);
  int file = open(path, O_RDONLY);
  ssize_t n = file < 0 ? -1 : read(file, text, sizeof text - 1);
  close(file);
  if (n < 0) return 0;
  text[n] = 0;
  found = strstr(text, "RssAnon:");
  return found ? atol(found + 8) : 0;
}

static int marker_watch(const char *marker) {
  char folder[4096];
  if (!strcmp(marker, "-")) return -1;
  snprintf(folder, sizeof folder, "%s", marker);
  int watch = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
  if (inotify_add_watch(watch, dirname(folder), IN_CREATE | IN_MOVED_TO) < 0) fail(marker);
  return watch;
}

static double seconds(struct timeval t) { return t.tv_sec + t.tv_usec / 1e6; }

int main(int argc, char **argv) {
  if (argc < 5) fail("stopwatch TIMEOUT-MS MARKER LOG COMMAND [ARGUMENT...]");
  const char *marker = argv[2], *ended = NULL;
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGCHLD);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  sigprocmask(SIG_BLOCK, &signals, NULL);
  struct pollfd watched[] = {{signalfd(-1, &signals, SFD_CLOEXEC), POLLIN, 0}, {marker_watch(marker), POLLIN, 0}};
  uint64_t started = now_us(), limit = started + atoll(argv[1]) * 1000, now = started;
  pid_t pid = start(argv + 4, argv[3]);
  long anonymous = 0;
  while (!ended) {
    poll(watched, 2, SAMPLE_MS);
    now = now_us();
    struct signalfd_siginfo signal = {0};
    char event[4096];
    if (watched[0].revents && read(watched[0].fd, &signal, sizeof signal) < 0) fail("signal");
    if (watched[1].revents && read(watched[1].fd, event, sizeof event) > 0 && !access(marker, F_OK)) ended = "marker";
    else if (signal.ssi_signo == SIGCHLD) ended = "exit";
    else if (signal.ssi_signo) ended = "interrupted";
    else if (now >= limit) ended = "timeout";
    long kib = anonymous_kib(pid);
    if (kib > anonymous) anonymous = kib;
  }
  int status;
  struct rusage used;
  kill(-pid, SIGKILL);
  if (wait4(pid, &status, 0, &used) != pid) fail("wait");
  printf("{\"ended\":\"%s\",\"status\":%d,\"started\":%lu,\"wall\":%.6f,\"user\":%.6f,\"system\":%.6f,\"peak\":%ld,\"anonymous\":%ld}\n", ended,
         WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status), started, (now - started) / 1e6, seconds(used.ru_utime), seconds(used.ru_stime),
         used.ru_maxrss * 1024, anonymous * 1024);
}
