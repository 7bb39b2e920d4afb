#ifndef POSIX_SELECT_POLL_H_
#define POSIX_SELECT_POLL_H_

#include <napi.h>

// Adds waitFor(fd, events, timeoutMs, interruptFd), see poll(2).
void InitPoll(Napi::Env env, Napi::Object exports);

#endif  // POSIX_SELECT_POLL_H_
