#ifndef POSIX_SELECT_POLL_H_
#define POSIX_SELECT_POLL_H_

#include <napi.h>

// Adds poll and waitFor, for many descriptors and for one, see poll(2).
void InitPoll(Napi::Env env, Napi::Object exports);

#endif  // POSIX_SELECT_POLL_H_
