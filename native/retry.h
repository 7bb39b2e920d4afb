// Calls that a signal interrupts, made again.
#ifndef POSIX_SELECT_RETRY_H_
#define POSIX_SELECT_RETRY_H_

#include <cerrno>

// A call's result; where that is EINTR, the result of the next try (PEP 475).
// No call here waits, so there is nothing that a signal should end.
template <typename Call>
auto Retry(Call call) {
  for (;;) {
    const auto result = call();
    if (result != -1 || errno != EINTR) return result;
  }
}

#endif  // POSIX_SELECT_RETRY_H_
