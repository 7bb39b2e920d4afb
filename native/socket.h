#ifndef POSIX_SELECT_SOCKET_H_
#define POSIX_SELECT_SOCKET_H_

#include <napi.h>

// Adds the calls on one socket: socket, socketpair, bind, listen, accept,
// connect, shutdown, getsockname, getpeername, getsockopt, setsockopt and the
// forms of send and recv without control data.
void InitSocket(Napi::Env env, Napi::Object exports);

#endif  // POSIX_SELECT_SOCKET_H_
