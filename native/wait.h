// What every blocking wait has in common.
#ifndef POSIX_SELECT_WAIT_H_
#define POSIX_SELECT_WAIT_H_

#include <climits>
#include <cmath>
#include <ctime>

// A wait's result when a signal waits for JavaScript to run its listener. It is
// no errno, so that an EINTR that nobody listens for stays apart from it.
constexpr int kInterrupted = INT_MIN;

// Some 30,000 years: more than any clock here counts, less than overflows.
constexpr double kMostMs = 1e15;

// Milliseconds as poll() and epoll_wait() take them, rounded up: a wait never
// ends early. Infinity is for ever; what is longer than they count ends before.
inline int ToWholeMs(double ms) {
  if (std::isinf(ms)) return -1;
  return static_cast<int>(std::ceil(std::fmin(std::fmax(ms, 0), INT_MAX)));
}

// Milliseconds as a timespec, likewise, but for Infinity.
inline timespec ToTimespec(double ms) {
  if (!(ms > 0)) return {0, 0};
  if (ms > kMostMs) ms = kMostMs;
  double seconds = std::floor(ms / 1000);
  double nanoseconds = std::ceil((ms - seconds * 1000) * 1e6);
  if (nanoseconds >= 1e9) {
    seconds += 1;
    nanoseconds = 0;
  }
  timespec time{};
  time.tv_sec = static_cast<time_t>(seconds);
  time.tv_nsec = static_cast<long>(nanoseconds);
  return time;
}

#endif  // POSIX_SELECT_WAIT_H_
