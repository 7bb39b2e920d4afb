// sendmsg(2) and recvmsg(2): data in several pieces, and descriptors that go
// from process to process (SCM_RIGHTS, see unix(7)).
#include "message.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <cerrno>
#include <cstring>
#include <vector>

#include "address.h"
#include "args.h"
#include "exchange.h"
#include "fd.h"
#include "flags.h"
#include "retry.h"

namespace {

// Room for the control data of kMostFds descriptors.
struct Control {
  alignas(cmsghdr) char bytes[CMSG_SPACE(kMostFds * sizeof(int))];
};

constexpr uint32_t kMostPieces = 1024;  // IOV_MAX

// All elements are got first: a getter among them could run code that takes an
// earlier one's memory away.
bool ReadPieces(Napi::Env env, size_t index, Args* args,
                std::vector<iovec>* pieces) {
  std::vector<Napi::Value> values;
  const Napi::Value given = (*args)[index];
  if (given.IsArray()) {
    const auto array = given.As<Napi::Array>();
    const uint32_t length = array.Length();
    for (uint32_t i = 0; i < length && i <= kMostPieces; i++) {
      values.push_back(array.Get(i));
      if (env.IsExceptionPending()) return false;
    }
  }
  if (!given.IsArray() || values.size() > kMostPieces) {
    args->Fail(index, "pieces", "an array of at most 1024 Uint8Array");
    return false;
  }
  for (const Napi::Value& value : values) {
    napi_typedarray_type type;
    size_t bytes = 0;
    void* data = nullptr;
    if (napi_get_typedarray_info(env, value, &type, &bytes, &data, nullptr,
                                 nullptr) != napi_ok ||
        type != napi_uint8_array) {
      args->Fail(index, "pieces", "an array of Uint8Array");
      return false;
    }
    pieces->push_back({data, bytes});
  }
  return true;
}

// sendmsg(fd, pieces, flags, hasAddress, exchange); the descriptors to pass are
// in the exchange.
napi_value SendMessage(napi_env env, napi_callback_info info) {
  Args args(env, info);
  const int fd = args.Int(0, "fd");
  const int flags = args.Int(2, "flags");
  const int has_address = args.Int(3, "hasAddress");
  auto* exchange = args.Shared<Exchange>(4, "exchange");
  std::vector<iovec> pieces;
  if (args.failed() || !ReadPieces(env, 1, &args, &pieces)) {
    return args.Undefined();
  }
  msghdr message{};
  message.msg_iov = pieces.data();
  message.msg_iovlen = static_cast<decltype(message.msg_iovlen)>(pieces.size());

  sockaddr_storage storage{};
  if (has_address != 0) {
    const int length = ReadAddress(*exchange, &storage);
    if (length < 0) return args.Number(length);
    message.msg_name = &storage;
    message.msg_namelen = static_cast<socklen_t>(length);
  }

  Control control{};
  const int count = exchange->fd_count;
  if (count < 0 || count > kMostFds) return args.Number(-EINVAL);
  if (count > 0) {
    const auto bytes = static_cast<size_t>(count) * sizeof(int);
    message.msg_control = control.bytes;
    message.msg_controllen =
        static_cast<decltype(message.msg_controllen)>(CMSG_SPACE(bytes));
    cmsghdr* header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = static_cast<decltype(header->cmsg_len)>(CMSG_LEN(bytes));
    std::memcpy(CMSG_DATA(header), exchange->fds, bytes);
  }
  return args.Result(
      Retry([&] { return sendmsg(fd, &message, flags | kSendFlags); }));
}

// musl's CMSG_NXTHDR compares a signed with an unsigned number.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wsign-compare"

cmsghdr* Next(msghdr* message, cmsghdr* header) {
  return CMSG_NXTHDR(message, header);
}

#pragma GCC diagnostic pop

// Copies the descriptors that came with `message` into `exchange`.
void TakeFds(msghdr* message, Exchange* exchange) {
  exchange->fd_count = 0;
  for (cmsghdr* header = CMSG_FIRSTHDR(message); header != nullptr;
       header = Next(message, header)) {
    if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS) {
      continue;
    }
    const size_t bytes = header->cmsg_len - CMSG_LEN(0);
    for (size_t i = 0; i < bytes / sizeof(int); i++) {
      int fd = -1;
      std::memcpy(&fd, CMSG_DATA(header) + i * sizeof(int), sizeof(int));
#ifndef MSG_CMSG_CLOEXEC
      fcntl(fd, F_SETFD, FD_CLOEXEC);
#endif
      if (exchange->fd_count < kMostFds) {
        exchange->fds[exchange->fd_count++] = fd;
      }
    }
  }
}

// recvmsg(fd, buffer, flags, maxFds, exchange); the descriptors, the flags and
// the sender are in the exchange afterwards.
napi_value ReceiveMessage(napi_env env, napi_callback_info info) {
  Args args(env, info);
  const int fd = args.Int(0, "fd");
  const Bytes bytes = args.Uint8Array(1, "buffer");
  const int flags = args.Int(2, "flags");
  const int max_fds = args.Int(3, "maxFds");
  auto* exchange = args.Shared<Exchange>(4, "exchange");
  if (args.failed()) return args.Undefined();
  if (max_fds < 0 || max_fds > kMostFds) return args.Number(-EINVAL);

  iovec piece{bytes.data, bytes.length};
  sockaddr_storage storage{};
  Control control{};
  msghdr message{};
  message.msg_name = &storage;
  message.msg_namelen = sizeof(storage);
  message.msg_iov = &piece;
  message.msg_iovlen = 1;
  if (max_fds > 0) {
    // CMSG_LEN, not CMSG_SPACE: its padding would let one more descriptor in.
    const auto length = CMSG_LEN(static_cast<size_t>(max_fds) * sizeof(int));
    message.msg_control = control.bytes;
    message.msg_controllen =
        static_cast<decltype(message.msg_controllen)>(length);
  }
  const ssize_t received =
      Retry([&] { return recvmsg(fd, &message, flags | kReceiveFlags); });
  if (received == -1) return args.Result(received);
  TakeFds(&message, exchange);
  // Linux gives MSG_CMSG_CLOEXEC back among what it says of the message.
  exchange->flags = message.msg_flags & ~kReceiveFlags;
  WriteAddress(storage, message.msg_namelen, exchange);
  return args.Number(received);
}

}  // namespace

void InitMessage(Napi::Env env, Napi::Object exports) {
  Export<SendMessage>(env, exports, "sendmsg");
  Export<ReceiveMessage>(env, exports, "recvmsg");
}
