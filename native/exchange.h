// The memory in which a socket call and TypeScript hand each other what does
// not fit into a number: addresses, passed descriptors, a file's identity.
//
// src/exchange.ts describes the same layout for the other side.
#ifndef POSIX_SELECT_EXCHANGE_H_
#define POSIX_SELECT_EXCHANGE_H_

#include <cstddef>
#include <cstdint>

constexpr int kMostFds = 253;       // SCM_MAX_FD: what one message may carry
constexpr size_t kMostText = 1024;  // a host name or a path

struct Exchange {
  // An address. AF_UNIX uses text, AF_INET and AF_INET6 all but it.
  int32_t family;
  int32_t port;
  int32_t flow_info;
  int32_t scope_id;
  int32_t text_bytes;
  // What recvmsg() says of the message, and the descriptors that came with it.
  int32_t flags;
  int32_t fd_count;
  int32_t fds[kMostFds];
  // A file's identity.
  double device;
  double inode;
  // A numeric host, or a path.
  char text[kMostText];
};

static_assert(offsetof(Exchange, flags) == 20, "see src/exchange.ts");
static_assert(offsetof(Exchange, fds) == 28, "see src/exchange.ts");
static_assert(offsetof(Exchange, device) == 1040, "see src/exchange.ts");
static_assert(offsetof(Exchange, text) == 1056, "see src/exchange.ts");
static_assert(sizeof(Exchange) == 2080, "see src/exchange.ts");

#endif  // POSIX_SELECT_EXCHANGE_H_
