#ifndef POSIX_SELECT_FD_H_
#define POSIX_SELECT_FD_H_

#include <napi.h>

#include "exchange.h"

// Writes which file (device and inode) `fd` stands for into `exchange`. Gives 0
// or -errno.
int Identify(int fd, Exchange* exchange);

// Sets O_NONBLOCK and FD_CLOEXEC, for systems that cannot do so at once. Gives
// `fd`, or closes it and gives -1 with errno set.
int Prepare(int fd, bool non_blocking);

// Adds pipe, close, duplicate, isOpen, isNonBlocking, identify and, where they
// are, eventfd and timerfd.
void InitFd(Napi::Env env, Napi::Object exports);

#endif  // POSIX_SELECT_FD_H_
