// Every constant, each only where the system has it: one that is absent here is
// absent in JavaScript, not 0.
#include "constants.h"

#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

#include <climits>
#include <system_error>

#if __has_include(<sys/event.h>)
#include <sys/event.h>
#endif

#ifdef __linux__
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>
#endif

#include "args.h"
#include "wait.h"

namespace {

// kqueue(2), by the names that Python gave its constants.
#ifdef EVFILT_READ
void AddKqueue(Napi::Object* constants) {
#define Add(name, value) constants->Set(#name, static_cast<double>(value))
#ifdef EVFILT_READ
  Add(KQ_FILTER_READ, EVFILT_READ);
#endif
#ifdef EVFILT_WRITE
  Add(KQ_FILTER_WRITE, EVFILT_WRITE);
#endif
#ifdef EVFILT_AIO
  Add(KQ_FILTER_AIO, EVFILT_AIO);
#endif
#ifdef EVFILT_VNODE
  Add(KQ_FILTER_VNODE, EVFILT_VNODE);
#endif
#ifdef EVFILT_PROC
  Add(KQ_FILTER_PROC, EVFILT_PROC);
#endif
#ifdef EVFILT_NETDEV
  Add(KQ_FILTER_NETDEV, EVFILT_NETDEV);
#endif
#ifdef EVFILT_SIGNAL
  Add(KQ_FILTER_SIGNAL, EVFILT_SIGNAL);
#endif
#ifdef EVFILT_TIMER
  Add(KQ_FILTER_TIMER, EVFILT_TIMER);
#endif
#ifdef EVFILT_USER
  Add(KQ_FILTER_USER, EVFILT_USER);
#endif
#ifdef EV_ADD
  Add(KQ_EV_ADD, EV_ADD);
#endif
#ifdef EV_DELETE
  Add(KQ_EV_DELETE, EV_DELETE);
#endif
#ifdef EV_ENABLE
  Add(KQ_EV_ENABLE, EV_ENABLE);
#endif
#ifdef EV_DISABLE
  Add(KQ_EV_DISABLE, EV_DISABLE);
#endif
#ifdef EV_ONESHOT
  Add(KQ_EV_ONESHOT, EV_ONESHOT);
#endif
#ifdef EV_CLEAR
  Add(KQ_EV_CLEAR, EV_CLEAR);
#endif
#ifdef EV_RECEIPT
  Add(KQ_EV_RECEIPT, EV_RECEIPT);
#endif
#ifdef EV_DISPATCH
  Add(KQ_EV_DISPATCH, EV_DISPATCH);
#endif
#ifdef EV_SYSFLAGS
  Add(KQ_EV_SYSFLAGS, EV_SYSFLAGS);
#endif
#ifdef EV_FLAG1
  Add(KQ_EV_FLAG1, EV_FLAG1);
#endif
#ifdef EV_EOF
  Add(KQ_EV_EOF, EV_EOF);
#endif
#ifdef EV_ERROR
  Add(KQ_EV_ERROR, EV_ERROR);
#endif
#ifdef NOTE_LOWAT
  Add(KQ_NOTE_LOWAT, NOTE_LOWAT);
#endif
#ifdef NOTE_DELETE
  Add(KQ_NOTE_DELETE, NOTE_DELETE);
#endif
#ifdef NOTE_WRITE
  Add(KQ_NOTE_WRITE, NOTE_WRITE);
#endif
#ifdef NOTE_EXTEND
  Add(KQ_NOTE_EXTEND, NOTE_EXTEND);
#endif
#ifdef NOTE_ATTRIB
  Add(KQ_NOTE_ATTRIB, NOTE_ATTRIB);
#endif
#ifdef NOTE_LINK
  Add(KQ_NOTE_LINK, NOTE_LINK);
#endif
#ifdef NOTE_RENAME
  Add(KQ_NOTE_RENAME, NOTE_RENAME);
#endif
#ifdef NOTE_REVOKE
  Add(KQ_NOTE_REVOKE, NOTE_REVOKE);
#endif
#ifdef NOTE_EXIT
  Add(KQ_NOTE_EXIT, NOTE_EXIT);
#endif
#ifdef NOTE_FORK
  Add(KQ_NOTE_FORK, NOTE_FORK);
#endif
#ifdef NOTE_EXEC
  Add(KQ_NOTE_EXEC, NOTE_EXEC);
#endif
#ifdef NOTE_PCTRLMASK
  Add(KQ_NOTE_PCTRLMASK, static_cast<uint32_t>(NOTE_PCTRLMASK));
#endif
#ifdef NOTE_PDATAMASK
  Add(KQ_NOTE_PDATAMASK, NOTE_PDATAMASK);
#endif
#ifdef NOTE_TRACK
  Add(KQ_NOTE_TRACK, NOTE_TRACK);
#endif
#ifdef NOTE_CHILD
  Add(KQ_NOTE_CHILD, NOTE_CHILD);
#endif
#ifdef NOTE_TRACKERR
  Add(KQ_NOTE_TRACKERR, NOTE_TRACKERR);
#endif
#ifdef NOTE_LINKUP
  Add(KQ_NOTE_LINKUP, NOTE_LINKUP);
#endif
#ifdef NOTE_LINKDOWN
  Add(KQ_NOTE_LINKDOWN, NOTE_LINKDOWN);
#endif
#ifdef NOTE_LINKINV
  Add(KQ_NOTE_LINKINV, NOTE_LINKINV);
#endif
#ifdef NOTE_TRIGGER
  Add(KQ_NOTE_TRIGGER, NOTE_TRIGGER);
#endif
#ifdef NOTE_FFNOP
  Add(KQ_NOTE_FFNOP, NOTE_FFNOP);
#endif
#ifdef NOTE_FFAND
  Add(KQ_NOTE_FFAND, NOTE_FFAND);
#endif
#ifdef NOTE_FFOR
  Add(KQ_NOTE_FFOR, NOTE_FFOR);
#endif
#ifdef NOTE_FFCOPY
  Add(KQ_NOTE_FFCOPY, NOTE_FFCOPY);
#endif
#ifdef NOTE_FFCTRLMASK
  Add(KQ_NOTE_FFCTRLMASK, NOTE_FFCTRLMASK);
#endif
#ifdef NOTE_FFLAGSMASK
  Add(KQ_NOTE_FFLAGSMASK, NOTE_FFLAGSMASK);
#endif
#ifdef NOTE_SECONDS
  Add(KQ_NOTE_SECONDS, NOTE_SECONDS);
#endif
#ifdef NOTE_USECONDS
  Add(KQ_NOTE_USECONDS, NOTE_USECONDS);
#endif
#ifdef NOTE_NSECONDS
  Add(KQ_NOTE_NSECONDS, NOTE_NSECONDS);
#endif
#ifdef NOTE_MSECONDS
  Add(KQ_NOTE_MSECONDS, NOTE_MSECONDS);
#endif
#ifdef NOTE_ABSOLUTE
  Add(KQ_NOTE_ABSOLUTE, NOTE_ABSOLUTE);
#endif
#undef Add
}
#else
void AddKqueue(Napi::Object* /*constants*/) {}
#endif

// What the system says of an error's number.
napi_value ErrorText(napi_env env, napi_callback_info info) {
  Args args(env, info);
  const int error = args.Int(0, "errno");
  if (args.failed()) return args.Undefined();
  return Napi::String::New(env, std::generic_category().message(error));
}

}  // namespace

void InitConstants(Napi::Env env, Napi::Object exports) {
  Napi::Object constants = Napi::Object::New(env);
#define Add(name) constants.Set(#name, static_cast<double>(name))
  // Addresses
#ifdef AF_INET
  Add(AF_INET);
#endif
#ifdef AF_INET6
  Add(AF_INET6);
#endif
#ifdef AF_UNIX
  Add(AF_UNIX);
#endif
#ifdef AF_UNSPEC
  Add(AF_UNSPEC);
#endif
  // Types
#ifdef SOCK_STREAM
  Add(SOCK_STREAM);
#endif
#ifdef SOCK_DGRAM
  Add(SOCK_DGRAM);
#endif
#ifdef SOCK_RAW
  Add(SOCK_RAW);
#endif
#ifdef SOCK_RDM
  Add(SOCK_RDM);
#endif
#ifdef SOCK_SEQPACKET
  Add(SOCK_SEQPACKET);
#endif
#ifdef SOCK_CLOEXEC
  Add(SOCK_CLOEXEC);
#endif
#ifdef SOCK_NONBLOCK
  Add(SOCK_NONBLOCK);
#endif
#ifdef SOMAXCONN
  Add(SOMAXCONN);
#endif
  // Levels
#ifdef SOL_SOCKET
  Add(SOL_SOCKET);
#endif
#ifdef IPPROTO_IP
  Add(IPPROTO_IP);
#endif
#ifdef IPPROTO_IPV6
  Add(IPPROTO_IPV6);
#endif
#ifdef IPPROTO_ICMP
  Add(IPPROTO_ICMP);
#endif
#ifdef IPPROTO_ICMPV6
  Add(IPPROTO_ICMPV6);
#endif
#ifdef IPPROTO_TCP
  Add(IPPROTO_TCP);
#endif
#ifdef IPPROTO_UDP
  Add(IPPROTO_UDP);
#endif
#ifdef IPPROTO_RAW
  Add(IPPROTO_RAW);
#endif
  // Options of every socket
#ifdef SO_ACCEPTCONN
  Add(SO_ACCEPTCONN);
#endif
#ifdef SO_BINDTODEVICE
  Add(SO_BINDTODEVICE);
#endif
#ifdef SO_BROADCAST
  Add(SO_BROADCAST);
#endif
#ifdef SO_DEBUG
  Add(SO_DEBUG);
#endif
#ifdef SO_DOMAIN
  Add(SO_DOMAIN);
#endif
#ifdef SO_DONTROUTE
  Add(SO_DONTROUTE);
#endif
#ifdef SO_ERROR
  Add(SO_ERROR);
#endif
#ifdef SO_INCOMING_CPU
  Add(SO_INCOMING_CPU);
#endif
#ifdef SO_KEEPALIVE
  Add(SO_KEEPALIVE);
#endif
#ifdef SO_LINGER
  Add(SO_LINGER);
#endif
#ifdef SO_MARK
  Add(SO_MARK);
#endif
#ifdef SO_NOSIGPIPE
  Add(SO_NOSIGPIPE);
#endif
#ifdef SO_OOBINLINE
  Add(SO_OOBINLINE);
#endif
#ifdef SO_PASSCRED
  Add(SO_PASSCRED);
#endif
#ifdef SO_PEERCRED
  Add(SO_PEERCRED);
#endif
#ifdef SO_PRIORITY
  Add(SO_PRIORITY);
#endif
#ifdef SO_PROTOCOL
  Add(SO_PROTOCOL);
#endif
#ifdef SO_RCVBUF
  Add(SO_RCVBUF);
#endif
#ifdef SO_RCVLOWAT
  Add(SO_RCVLOWAT);
#endif
#ifdef SO_RCVTIMEO
  Add(SO_RCVTIMEO);
#endif
#ifdef SO_REUSEADDR
  Add(SO_REUSEADDR);
#endif
#ifdef SO_REUSEPORT
  Add(SO_REUSEPORT);
#endif
#ifdef SO_SNDBUF
  Add(SO_SNDBUF);
#endif
#ifdef SO_SNDLOWAT
  Add(SO_SNDLOWAT);
#endif
#ifdef SO_SNDTIMEO
  Add(SO_SNDTIMEO);
#endif
#ifdef SO_TYPE
  Add(SO_TYPE);
#endif
  // Options of IP
#ifdef IP_ADD_MEMBERSHIP
  Add(IP_ADD_MEMBERSHIP);
#endif
#ifdef IP_DROP_MEMBERSHIP
  Add(IP_DROP_MEMBERSHIP);
#endif
#ifdef IP_HDRINCL
  Add(IP_HDRINCL);
#endif
#ifdef IP_MULTICAST_IF
  Add(IP_MULTICAST_IF);
#endif
#ifdef IP_MULTICAST_LOOP
  Add(IP_MULTICAST_LOOP);
#endif
#ifdef IP_MULTICAST_TTL
  Add(IP_MULTICAST_TTL);
#endif
#ifdef IP_TOS
  Add(IP_TOS);
#endif
#ifdef IP_TRANSPARENT
  Add(IP_TRANSPARENT);
#endif
#ifdef IP_TTL
  Add(IP_TTL);
#endif
#ifdef IPV6_JOIN_GROUP
  Add(IPV6_JOIN_GROUP);
#endif
#ifdef IPV6_LEAVE_GROUP
  Add(IPV6_LEAVE_GROUP);
#endif
#ifdef IPV6_MULTICAST_HOPS
  Add(IPV6_MULTICAST_HOPS);
#endif
#ifdef IPV6_MULTICAST_IF
  Add(IPV6_MULTICAST_IF);
#endif
#ifdef IPV6_MULTICAST_LOOP
  Add(IPV6_MULTICAST_LOOP);
#endif
#ifdef IPV6_TCLASS
  Add(IPV6_TCLASS);
#endif
#ifdef IPV6_UNICAST_HOPS
  Add(IPV6_UNICAST_HOPS);
#endif
#ifdef IPV6_V6ONLY
  Add(IPV6_V6ONLY);
#endif
  // Options of TCP
#ifdef TCP_CONGESTION
  Add(TCP_CONGESTION);
#endif
#ifdef TCP_CORK
  Add(TCP_CORK);
#endif
#ifdef TCP_DEFER_ACCEPT
  Add(TCP_DEFER_ACCEPT);
#endif
#ifdef TCP_FASTOPEN
  Add(TCP_FASTOPEN);
#endif
#ifdef TCP_INFO
  Add(TCP_INFO);
#endif
#ifdef TCP_KEEPALIVE
  Add(TCP_KEEPALIVE);
#endif
#ifdef TCP_KEEPCNT
  Add(TCP_KEEPCNT);
#endif
#ifdef TCP_KEEPIDLE
  Add(TCP_KEEPIDLE);
#endif
#ifdef TCP_KEEPINTVL
  Add(TCP_KEEPINTVL);
#endif
#ifdef TCP_LINGER2
  Add(TCP_LINGER2);
#endif
#ifdef TCP_MAXSEG
  Add(TCP_MAXSEG);
#endif
#ifdef TCP_NODELAY
  Add(TCP_NODELAY);
#endif
#ifdef TCP_NOTSENT_LOWAT
  Add(TCP_NOTSENT_LOWAT);
#endif
#ifdef TCP_QUICKACK
  Add(TCP_QUICKACK);
#endif
#ifdef TCP_SYNCNT
  Add(TCP_SYNCNT);
#endif
#ifdef TCP_USER_TIMEOUT
  Add(TCP_USER_TIMEOUT);
#endif
#ifdef TCP_WINDOW_CLAMP
  Add(TCP_WINDOW_CLAMP);
#endif
  // Flags of a call
#ifdef MSG_CMSG_CLOEXEC
  Add(MSG_CMSG_CLOEXEC);
#endif
#ifdef MSG_CONFIRM
  Add(MSG_CONFIRM);
#endif
#ifdef MSG_CTRUNC
  Add(MSG_CTRUNC);
#endif
#ifdef MSG_DONTROUTE
  Add(MSG_DONTROUTE);
#endif
#ifdef MSG_DONTWAIT
  Add(MSG_DONTWAIT);
#endif
#ifdef MSG_EOR
  Add(MSG_EOR);
#endif
#ifdef MSG_MORE
  Add(MSG_MORE);
#endif
#ifdef MSG_NOSIGNAL
  Add(MSG_NOSIGNAL);
#endif
#ifdef MSG_OOB
  Add(MSG_OOB);
#endif
#ifdef MSG_PEEK
  Add(MSG_PEEK);
#endif
#ifdef MSG_TRUNC
  Add(MSG_TRUNC);
#endif
#ifdef MSG_WAITALL
  Add(MSG_WAITALL);
#endif
  // Ways to shut down
#ifdef SHUT_RD
  Add(SHUT_RD);
#endif
#ifdef SHUT_WR
  Add(SHUT_WR);
#endif
#ifdef SHUT_RDWR
  Add(SHUT_RDWR);
#endif
  // Resolving
#ifdef AI_ADDRCONFIG
  Add(AI_ADDRCONFIG);
#endif
#ifdef AI_ALL
  Add(AI_ALL);
#endif
#ifdef AI_CANONNAME
  Add(AI_CANONNAME);
#endif
#ifdef AI_NUMERICHOST
  Add(AI_NUMERICHOST);
#endif
#ifdef AI_NUMERICSERV
  Add(AI_NUMERICSERV);
#endif
#ifdef AI_PASSIVE
  Add(AI_PASSIVE);
#endif
#ifdef AI_V4MAPPED
  Add(AI_V4MAPPED);
#endif
  // Descriptors
#ifdef EFD_CLOEXEC
  Add(EFD_CLOEXEC);
#endif
#ifdef EFD_NONBLOCK
  Add(EFD_NONBLOCK);
#endif
#ifdef EFD_SEMAPHORE
  Add(EFD_SEMAPHORE);
#endif
#ifdef TFD_CLOEXEC
  Add(TFD_CLOEXEC);
#endif
#ifdef TFD_NONBLOCK
  Add(TFD_NONBLOCK);
#endif
#ifdef PIPE_BUF
  Add(PIPE_BUF);
#endif
  // poll(2)
#ifdef POLLIN
  Add(POLLIN);
#endif
#ifdef POLLPRI
  Add(POLLPRI);
#endif
#ifdef POLLOUT
  Add(POLLOUT);
#endif
#ifdef POLLERR
  Add(POLLERR);
#endif
#ifdef POLLHUP
  Add(POLLHUP);
#endif
#ifdef POLLNVAL
  Add(POLLNVAL);
#endif
#ifdef POLLRDNORM
  Add(POLLRDNORM);
#endif
#ifdef POLLRDBAND
  Add(POLLRDBAND);
#endif
#ifdef POLLWRNORM
  Add(POLLWRNORM);
#endif
#ifdef POLLWRBAND
  Add(POLLWRBAND);
#endif
#ifdef POLLMSG
  Add(POLLMSG);
#endif
#ifdef POLLRDHUP
  Add(POLLRDHUP);
#endif
#ifdef __linux__
  // epoll(7)
  Add(EPOLLIN);
  Add(EPOLLPRI);
  Add(EPOLLOUT);
  Add(EPOLLERR);
  Add(EPOLLHUP);
  Add(EPOLLRDNORM);
  Add(EPOLLRDBAND);
  Add(EPOLLWRNORM);
  Add(EPOLLWRBAND);
  Add(EPOLLMSG);
  Add(EPOLLRDHUP);
#ifdef EPOLLEXCLUSIVE
  Add(EPOLLEXCLUSIVE);
#endif
#ifdef EPOLLWAKEUP
  Add(EPOLLWAKEUP);
#endif
  Add(EPOLLONESHOT);
  Add(EPOLLET);
  Add(EPOLL_CLOEXEC);
  Add(EPOLL_CTL_ADD);
  Add(EPOLL_CTL_MOD);
  Add(EPOLL_CTL_DEL);
#endif
#undef Add
  AddKqueue(&constants);
  constants.Set("INTERRUPTED", kInterrupted);
  exports.Set("constants", constants);
  Export<ErrorText>(env, exports, "errorText");
}
