// BSD sockets. No call here ever blocks on a socket that was made here, which
// is O_NONBLOCK; on one that was given MSG_DONTWAIT sees to it, but accept()
// and connect(), which know no such flag, wait as that socket does.
#include "socket.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>

#include "address.h"
#include "args.h"
#include "exchange.h"
#include "fd.h"
#include "flags.h"
#include "retry.h"

namespace {

#ifdef SOCK_CLOEXEC

int Open(int family, int type, int protocol) {
  return socket(family, type | SOCK_CLOEXEC | SOCK_NONBLOCK, protocol);
}

int OpenPair(int family, int type, int protocol, int fds[2]) {
  return socketpair(family, type | SOCK_CLOEXEC | SOCK_NONBLOCK, protocol, fds);
}

int Accept(int fd, sockaddr* address, socklen_t* length) {
  return accept4(fd, address, length, SOCK_CLOEXEC | SOCK_NONBLOCK);
}

#else

// Does in steps what others do at once. macOS has no MSG_NOSIGNAL either: there
// the socket itself is told not to raise SIGPIPE.
int PrepareSocket(int fd) {
  fd = Prepare(fd, true);
#ifdef SO_NOSIGPIPE
  const int on = 1;
  if (fd >= 0) setsockopt(fd, SOL_SOCKET, SO_NOSIGPIPE, &on, sizeof(on));
#endif
  return fd;
}

int Open(int family, int type, int protocol) {
  return PrepareSocket(socket(family, type, protocol));
}

int OpenPair(int family, int type, int protocol, int fds[2]) {
  if (socketpair(family, type, protocol, fds) == -1) return -1;
  const int first = PrepareSocket(fds[0]);
  const int second = PrepareSocket(fds[1]);
  if (first >= 0 && second >= 0) return 0;
  const int error = errno;
  if (first >= 0) close(first);
  if (second >= 0) close(second);
  errno = error;
  return -1;
}

int Accept(int fd, sockaddr* address, socklen_t* length) {
  return PrepareSocket(accept(fd, address, length));
}

#endif

sockaddr* Generic(sockaddr_storage* storage) {
  return reinterpret_cast<sockaddr*>(storage);
}

napi_value SocketCall(napi_env env, napi_callback_info info) {
  Args args(env, info);
  const int family = args.Int(0, "family");
  const int type = args.Int(1, "type");
  const int protocol = args.Int(2, "protocol");
  auto* exchange = args.Shared<Exchange>(3, "exchange");
  if (args.failed()) return args.Undefined();
  const int fd = Open(family, type, protocol);
  if (fd == -1) return args.Result(fd);
  Identify(fd, exchange);
  return args.Number(fd);
}

napi_value SocketPair(napi_env env, napi_callback_info info) {
  Args args(env, info);
  const int family = args.Int(0, "family");
  const int type = args.Int(1, "type");
  const int protocol = args.Int(2, "protocol");
  auto* exchange = args.Shared<Exchange>(3, "exchange");
  if (args.failed()) return args.Undefined();
  return args.Result(OpenPair(family, type, protocol, exchange->fds));
}

// A connection that a signal interrupted goes on by itself: who tries again
// hears of that, or that it is there.
int Connect(int fd, const sockaddr* address, socklen_t length) {
  int result = connect(fd, address, length);
  while (result == -1 && errno == EINTR) {
    result = connect(fd, address, length);
    if (result == -1 && errno == EISCONN) return 0;
    if (result == -1 && errno == EALREADY) errno = EINPROGRESS;
  }
  return result;
}

template <int (*Call)(int, const sockaddr*, socklen_t)>
napi_value WithAddress(napi_env env, napi_callback_info info) {
  Args args(env, info);
  const int fd = args.Int(0, "fd");
  auto* exchange = args.Shared<Exchange>(1, "exchange");
  if (args.failed()) return args.Undefined();
  sockaddr_storage storage{};
  const int length = ReadAddress(*exchange, &storage);
  if (length < 0) return args.Number(length);
  return args.Result(
      Call(fd, Generic(&storage), static_cast<socklen_t>(length)));
}

template <int (*Call)(int, sockaddr*, socklen_t*)>
napi_value ForAddress(napi_env env, napi_callback_info info) {
  Args args(env, info);
  const int fd = args.Int(0, "fd");
  auto* exchange = args.Shared<Exchange>(1, "exchange");
  if (args.failed()) return args.Undefined();
  sockaddr_storage storage{};
  socklen_t length = sizeof(storage);
  const int result = Call(fd, Generic(&storage), &length);
  if (result == -1) return args.Result(result);
  WriteAddress(storage, length, exchange);
  return args.Number(result);
}

napi_value AcceptCall(napi_env env, napi_callback_info info) {
  Args args(env, info);
  const int fd = args.Int(0, "fd");
  auto* exchange = args.Shared<Exchange>(1, "exchange");
  if (args.failed()) return args.Undefined();
  sockaddr_storage storage{};
  socklen_t length = sizeof(storage);
  const int accepted =
      Retry([&] { return Accept(fd, Generic(&storage), &length); });
  if (accepted == -1) return args.Result(accepted);
  WriteAddress(storage, length, exchange);
  Identify(accepted, exchange);
  return args.Number(accepted);
}

napi_value Listen(napi_env env, napi_callback_info info) {
  Args args(env, info);
  const int fd = args.Int(0, "fd");
  const int backlog = args.Int(1, "backlog");
  if (args.failed()) return args.Undefined();
  return args.Result(listen(fd, backlog));
}

napi_value Shutdown(napi_env env, napi_callback_info info) {
  Args args(env, info);
  const int fd = args.Int(0, "fd");
  const int how = args.Int(1, "how");
  if (args.failed()) return args.Undefined();
  return args.Result(shutdown(fd, how));
}

// A receive and a send use memory whose address was fetched before: most use
// the same again and again.
template <Bytes Environment::* Which>
napi_value Fetch(napi_env env, napi_callback_info info) {
  Args args(env, info);
  args.environment()->*Which = args.Uint8Array(0, "buffer");
  return args.Undefined();
}

bool IsWithin(double length, size_t most) {
  return length >= 0 && length <= static_cast<double>(most);
}

// recv(fd, length, flags) by the registers: fills the memory's beginning.
void Recv(Environment* environment) {
  Registers& call = environment->registers;
  const Bytes memory = environment->received;
  call.result = -EINVAL;
  if (!IsWithin(call.length, memory.length)) return;
  call.Finish(Retry([&] {
    return recv(call.fd, memory.data, static_cast<size_t>(call.length),
                call.flags | MSG_DONTWAIT);
  }));
}

// send(fd, length, flags) by the registers: sends the memory's beginning.
void Send(Environment* environment) {
  Registers& call = environment->registers;
  const Bytes memory = environment->sent;
  call.result = -EINVAL;
  if (!IsWithin(call.length, memory.length)) return;
  call.Finish(Retry([&] {
    return send(call.fd, memory.data, static_cast<size_t>(call.length),
                call.flags | kSendFlags);
  }));
}

napi_value RecvFrom(napi_env env, napi_callback_info info) {
  Args args(env, info);
  const int fd = args.Int(0, "fd");
  const Bytes bytes = args.Uint8Array(1, "buffer");
  const int flags = args.Int(2, "flags");
  auto* exchange = args.Shared<Exchange>(3, "exchange");
  if (args.failed()) return args.Undefined();
  sockaddr_storage storage{};
  socklen_t length = sizeof(storage);
  const ssize_t received = Retry([&] {
    return recvfrom(fd, bytes.data, bytes.length, flags | MSG_DONTWAIT,
                    Generic(&storage), &length);
  });
  if (received == -1) return args.Result(received);
  WriteAddress(storage, length, exchange);
  return args.Number(received);
}

napi_value SendTo(napi_env env, napi_callback_info info) {
  Args args(env, info);
  const int fd = args.Int(0, "fd");
  const Bytes bytes = args.Uint8Array(1, "data");
  const int flags = args.Int(2, "flags");
  auto* exchange = args.Shared<Exchange>(3, "exchange");
  if (args.failed()) return args.Undefined();
  sockaddr_storage storage{};
  const int length = ReadAddress(*exchange, &storage);
  if (length < 0) return args.Number(length);
  return args.Result(Retry([&] {
    return sendto(fd, bytes.data, bytes.length, flags | kSendFlags,
                  Generic(&storage), static_cast<socklen_t>(length));
  }));
}

napi_value SetOption(napi_env env, napi_callback_info info) {
  Args args(env, info);
  const int fd = args.Int(0, "fd");
  const int level = args.Int(1, "level");
  const int option = args.Int(2, "option");
  if (args.failed()) return args.Undefined();
  if (args[3].IsNumber()) {
    const int value = args.Int(3, "value");
    return args.Result(setsockopt(fd, level, option, &value, sizeof(value)));
  }
  const Bytes bytes = args.Uint8Array(3, "value");
  if (args.failed()) return args.Undefined();
  return args.Result(setsockopt(fd, level, option, bytes.data,
                                static_cast<socklen_t>(bytes.length)));
}

// Fills the buffer and gives how many bytes the option has.
napi_value GetOption(napi_env env, napi_callback_info info) {
  Args args(env, info);
  const int fd = args.Int(0, "fd");
  const int level = args.Int(1, "level");
  const int option = args.Int(2, "option");
  const Bytes bytes = args.Uint8Array(3, "buffer");
  if (args.failed()) return args.Undefined();
  auto length = static_cast<socklen_t>(bytes.length);
  const int result = getsockopt(fd, level, option, bytes.data, &length);
  if (result == -1) return args.Result(result);
  return args.Number(length);
}

}  // namespace

void InitSocket(Napi::Env env, Napi::Object exports) {
  Export<SocketCall>(env, exports, "socket");
  Export<SocketPair>(env, exports, "socketpair");
  Export<WithAddress<bind>>(env, exports, "bind");
  Export<WithAddress<Connect>>(env, exports, "connect");
  Export<ForAddress<getsockname>>(env, exports, "getsockname");
  Export<ForAddress<getpeername>>(env, exports, "getpeername");
  Export<AcceptCall>(env, exports, "accept");
  Export<Listen>(env, exports, "listen");
  Export<Shutdown>(env, exports, "shutdown");
  Export<Fetch<&Environment::received>>(env, exports, "receiveInto");
  Export<Crossing<Recv>>(env, exports, "recv");
  Export<RecvFrom>(env, exports, "recvfrom");
  Export<Fetch<&Environment::sent>>(env, exports, "sendFrom");
  Export<Crossing<Send>>(env, exports, "send");
  Export<SendTo>(env, exports, "sendto");
  Export<SetOption>(env, exports, "setsockopt");
  Export<GetOption>(env, exports, "getsockopt");
}
