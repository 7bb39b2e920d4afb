#ifndef POSIX_SELECT_EPOLL_H_
#define POSIX_SELECT_EPOLL_H_

#include <napi.h>

// Adds, on Linux, epollCreate, epollCtl and epollWait, see epoll(7).
void InitEpoll(Napi::Env env, Napi::Object exports);

#endif  // POSIX_SELECT_EPOLL_H_
