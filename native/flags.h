// The flags that every call on a socket has.
#ifndef POSIX_SELECT_FLAGS_H_
#define POSIX_SELECT_FLAGS_H_

#include <sys/socket.h>

// A broken pipe is an error, not a signal.
#ifdef MSG_NOSIGNAL
constexpr int kSendFlags = MSG_DONTWAIT | MSG_NOSIGNAL;
#else
constexpr int kSendFlags = MSG_DONTWAIT;
#endif

// Received descriptors are close-on-exec from their first moment where the
// kernel can do that, else at once.
#ifdef MSG_CMSG_CLOEXEC
constexpr int kReceiveFlags = MSG_DONTWAIT | MSG_CMSG_CLOEXEC;
#else
constexpr int kReceiveFlags = MSG_DONTWAIT;
#endif

#endif  // POSIX_SELECT_FLAGS_H_
