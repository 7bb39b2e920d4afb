#ifndef POSIX_SELECT_MESSAGE_H_
#define POSIX_SELECT_MESSAGE_H_

#include <napi.h>

// Adds sendmsg and recvmsg: data in pieces, and descriptors passed along.
void InitMessage(Napi::Env env, Napi::Object exports);

#endif  // POSIX_SELECT_MESSAGE_H_
