#include "address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/un.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstring>

namespace {

constexpr size_t kPathOffset = offsetof(sockaddr_un, sun_path);

// The BSDs' addresses carry their own length as well.
template <typename Address>
int Finish(Address* address, sa_family_t family, size_t length,
           sockaddr_storage* storage) {
  auto* header = reinterpret_cast<sockaddr*>(address);
  header->sa_family = family;
#ifdef __APPLE__
  header->sa_len = static_cast<unsigned char>(length);
#endif
  std::memcpy(storage, address, sizeof(*address));
  return static_cast<int>(length);
}

int ReadInet(const Exchange& exchange, sockaddr_storage* storage) {
  sockaddr_in address{};
  address.sin_port = htons(static_cast<uint16_t>(exchange.port));
  if (inet_pton(AF_INET, exchange.text, &address.sin_addr) != 1) return -EINVAL;
  return Finish(&address, AF_INET, sizeof(address), storage);
}

int ReadInet6(const Exchange& exchange, sockaddr_storage* storage) {
  sockaddr_in6 address{};
  address.sin6_port = htons(static_cast<uint16_t>(exchange.port));
  address.sin6_flowinfo = htonl(static_cast<uint32_t>(exchange.flow_info));
  address.sin6_scope_id = static_cast<uint32_t>(exchange.scope_id);
  if (inet_pton(AF_INET6, exchange.text, &address.sin6_addr) != 1) {
    return -EINVAL;
  }
  return Finish(&address, AF_INET6, sizeof(address), storage);
}

// An empty path is an address without one: bind() then makes up a name where
// the system can. A path that begins with NUL is Linux's abstract namespace,
// where every byte counts; any other one ends with a NUL.
int ReadUnix(const Exchange& exchange, sockaddr_storage* storage) {
  sockaddr_un address{};
  const auto bytes = static_cast<size_t>(exchange.text_bytes);
  if (bytes == 0) return Finish(&address, AF_UNIX, kPathOffset, storage);
  const bool abstract = exchange.text[0] == '\0';
  const size_t length = bytes + (abstract ? 0 : 1);
  if (length > sizeof(address.sun_path)) return -ENAMETOOLONG;
  std::memcpy(address.sun_path, exchange.text, bytes);
  return Finish(&address, AF_UNIX, kPathOffset + length, storage);
}

void WriteText(const char* text, size_t bytes, Exchange* exchange) {
  bytes = std::min(bytes, kMostText);
  std::memcpy(exchange->text, text, bytes);
  exchange->text_bytes = static_cast<int32_t>(bytes);
}

template <typename Address>
Address Copy(const sockaddr_storage& storage) {
  Address address{};
  std::memcpy(&address, &storage, sizeof(address));
  return address;
}

void WriteInet(const sockaddr_in& address, Exchange* exchange) {
  char host[INET_ADDRSTRLEN] = "";
  inet_ntop(AF_INET, &address.sin_addr, host, sizeof(host));
  exchange->port = ntohs(address.sin_port);
  WriteText(host, std::strlen(host), exchange);
}

void WriteInet6(const sockaddr_in6& address, Exchange* exchange) {
  char host[INET6_ADDRSTRLEN] = "";
  inet_ntop(AF_INET6, &address.sin6_addr, host, sizeof(host));
  exchange->port = ntohs(address.sin6_port);
  exchange->flow_info = static_cast<int32_t>(ntohl(address.sin6_flowinfo));
  exchange->scope_id = static_cast<int32_t>(address.sin6_scope_id);
  WriteText(host, std::strlen(host), exchange);
}

void WriteUnix(const sockaddr_un& address, socklen_t length,
               Exchange* exchange) {
  size_t bytes = length > kPathOffset ? length - kPathOffset : 0;
  bytes = std::min(bytes, sizeof(address.sun_path));
  const bool abstract = bytes > 0 && address.sun_path[0] == '\0';
#ifdef __linux__
  if (!abstract) bytes = strnlen(address.sun_path, bytes);
#else
  bytes = abstract ? 0 : strnlen(address.sun_path, bytes);
#endif
  WriteText(address.sun_path, bytes, exchange);
}

}  // namespace

int ReadAddress(const Exchange& exchange, sockaddr_storage* storage) {
  if (exchange.text_bytes < 0) return -EINVAL;
  if (static_cast<size_t>(exchange.text_bytes) >= kMostText) {
    return -ENAMETOOLONG;
  }
  switch (exchange.family) {
    case AF_INET:
      return ReadInet(exchange, storage);
    case AF_INET6:
      return ReadInet6(exchange, storage);
    case AF_UNIX:
      return ReadUnix(exchange, storage);
    default:
      return -EAFNOSUPPORT;
  }
}

void WriteAddress(const sockaddr_storage& storage, socklen_t length,
                  Exchange* exchange) {
  exchange->port = 0;
  exchange->flow_info = 0;
  exchange->scope_id = 0;
  exchange->text_bytes = 0;
  // A peer without an address (a stream's, an unnamed Unix socket's on the
  // BSDs) has a length of 0.
  exchange->family = length == 0 ? AF_UNSPEC : storage.ss_family;
  switch (exchange->family) {
    case AF_INET:
      return WriteInet(Copy<sockaddr_in>(storage), exchange);
    case AF_INET6:
      return WriteInet6(Copy<sockaddr_in6>(storage), exchange);
    case AF_UNIX:
      return WriteUnix(Copy<sockaddr_un>(storage), length, exchange);
    default:
      return;
  }
}
