/**
 * The system's constants, by their C names. Those that this system lacks are
 * `undefined` at run time, though typed `number`, so that an expression such as
 * `MSG_PEEK | MSG_MORE` compiles everywhere (and counts them as 0).
 */
import { native } from "./native.ts";

export const {
  /** IPv4, ip(7). */
  AF_INET,
  /** IPv6, ipv6(7). */
  AF_INET6,
  /** Sockets of this machine, unix(7). */
  AF_UNIX,
  /** No family in particular: for `getaddrinfo()`. */
  AF_UNSPEC,
  /** A stream of bytes: TCP. */
  SOCK_STREAM,
  /** Datagrams: UDP. */
  SOCK_DGRAM,
  /** What IP itself carries, raw(7): for the privileged. */
  SOCK_RAW,
  /** Reliable datagrams, in no order. */
  SOCK_RDM,
  /** Reliable datagrams in order, with a connection. */
  SOCK_SEQPACKET,
  /**
   * Beside the type: closed by exec(2), as every socket here is. Not on macOS.
   */
  SOCK_CLOEXEC,
  /** Beside the type: the socket is made non-blocking. Not on macOS. */
  SOCK_NONBLOCK,
  /** How many clients may wait to be accepted: the `backlog` of `listen()`. */
  SOMAXCONN,
  /** The level of the SO_ options, socket(7). */
  SOL_SOCKET,
  /** The level of the IP_ options, ip(7). */
  IPPROTO_IP,
  /** The level of the IPV6_ options, ipv6(7). */
  IPPROTO_IPV6,
  /** ICMP, icmp(7). */
  IPPROTO_ICMP,
  /** ICMP for IPv6. */
  IPPROTO_ICMPV6,
  /** TCP, and the level of the TCP_ options, tcp(7). */
  IPPROTO_TCP,
  /** UDP, udp(7). */
  IPPROTO_UDP,
  /** IP packets that bring their own header, raw(7). */
  IPPROTO_RAW,
  /** Whether the socket listens; read only. */
  SO_ACCEPTCONN,
  /** The interface that it is bound to, by name. Linux only. */
  SO_BINDTODEVICE,
  /** Whether it may send to broadcast addresses. */
  SO_BROADCAST,
  /** Whether the system records debugging information. */
  SO_DEBUG,
  /** The family; read only. Linux only. */
  SO_DOMAIN,
  /** Whether it sends to neighbours only, not through routers. */
  SO_DONTROUTE,
  /** The pending error, 0 if there is none; reading it clears it. */
  SO_ERROR,
  /** The CPU that handles what comes in. Linux only. */
  SO_INCOMING_CPU,
  /** Whether the peer is asked now and then if it is still there. */
  SO_KEEPALIVE,
  /**
   * C's `struct linger`: for how many seconds `close()` waits for what is
   * unsent.
   */
  SO_LINGER,
  /** The mark of its packets, for routing and filters. Linux only. */
  SO_MARK,
  /** No SIGPIPE for a peer that is gone. macOS and the BSDs only. */
  SO_NOSIGPIPE,
  /** Whether urgent data comes among the rest. */
  SO_OOBINLINE,
  /** Whether messages bring the sender's credentials. Linux only. */
  SO_PASSCRED,
  /**
   * The peer's process, user and group, `struct ucred`; read only. Linux only.
   */
  SO_PEERCRED,
  /** The priority of its packets. Linux only. */
  SO_PRIORITY,
  /** The protocol; read only. Linux only. */
  SO_PROTOCOL,
  /** The size of the buffer for what comes in, in bytes; Linux doubles it. */
  SO_RCVBUF,
  /** How many bytes make it readable. */
  SO_RCVLOWAT,
  /**
   * The system's own time-out of receives, a `struct timeval`; see
   * `setTimeout()` for one that holds here.
   */
  SO_RCVTIMEO,
  /** Whether the address of a server that has just ended can be had. */
  SO_REUSEADDR,
  /** Whether several sockets may have the same address, each with its share. */
  SO_REUSEPORT,
  /** The size of the buffer for what goes out, in bytes; Linux doubles it. */
  SO_SNDBUF,
  /** How many bytes of room make it writable; cannot be changed on Linux. */
  SO_SNDLOWAT,
  /**
   * The system's own time-out of sends, a `struct timeval`; see `setTimeout()`
   * for one that holds here.
   */
  SO_SNDTIMEO,
  /** The type; read only. */
  SO_TYPE,
  /** Joins a multicast group: C's `struct ip_mreq`. */
  IP_ADD_MEMBERSHIP,
  /** Leaves a multicast group: C's `struct ip_mreq`. */
  IP_DROP_MEMBERSHIP,
  /** Whether a raw socket's data begins with the IP header. */
  IP_HDRINCL,
  /** The interface through which multicast goes out. */
  IP_MULTICAST_IF,
  /** Whether this machine gets its own multicast. */
  IP_MULTICAST_LOOP,
  /** How many routers multicast may pass. */
  IP_MULTICAST_TTL,
  /** The type of service. */
  IP_TOS,
  /** Whether it may have addresses that are not this machine's. Linux only. */
  IP_TRANSPARENT,
  /** How many routers a packet may pass. */
  IP_TTL,
  /** Joins a multicast group: C's `struct ipv6_mreq`. */
  IPV6_JOIN_GROUP,
  /** Leaves a multicast group: C's `struct ipv6_mreq`. */
  IPV6_LEAVE_GROUP,
  /** How many routers multicast may pass. */
  IPV6_MULTICAST_HOPS,
  /** The number of the interface through which multicast goes out. */
  IPV6_MULTICAST_IF,
  /** Whether this machine gets its own multicast. */
  IPV6_MULTICAST_LOOP,
  /** The traffic class. */
  IPV6_TCLASS,
  /** How many routers a packet may pass. */
  IPV6_UNICAST_HOPS,
  /** Whether it leaves IPv4 to others. */
  IPV6_V6ONLY,
  /** The congestion control, by name. Linux only. */
  TCP_CONGESTION,
  /** Whether only full segments are sent, until it is unset. Linux only. */
  TCP_CORK,
  /**
   * For how many seconds a client is not reported before it has sent something.
   * Linux only.
   */
  TCP_DEFER_ACCEPT,
  /** How many connections that begin with data may wait. */
  TCP_FASTOPEN,
  /**
   * What the system knows of the connection: C's `struct tcp_info`. Linux only.
   */
  TCP_INFO,
  /**
   * After how many idle seconds the peer is asked. macOS only: elsewhere
   * `TCP_KEEPIDLE`.
   */
  TCP_KEEPALIVE,
  /** How many questions without an answer end the connection. */
  TCP_KEEPCNT,
  /**
   * After how many idle seconds the peer is asked. Not on macOS:
   * `TCP_KEEPALIVE`.
   */
  TCP_KEEPIDLE,
  /** How many seconds there are between two questions. */
  TCP_KEEPINTVL,
  /** For how many seconds an orphan waits for its peer to end. Linux only. */
  TCP_LINGER2,
  /** The most bytes of a segment. */
  TCP_MAXSEG,
  /** Whether small segments are sent at once: no algorithm of Nagle. */
  TCP_NODELAY,
  /** How many unsent bytes there may be for it to be writable. */
  TCP_NOTSENT_LOWAT,
  /**
   * Whether what comes in is acknowledged at once; not for good. Linux only.
   */
  TCP_QUICKACK,
  /** How often a connection is tried. Linux only. */
  TCP_SYNCNT,
  /** For how many milliseconds data may stay unacknowledged. Linux only. */
  TCP_USER_TIMEOUT,
  /** The most that the window offers, in bytes. Linux only. */
  TCP_WINDOW_CLAMP,
  /**
   * Descriptors that are received are closed by exec(2), as they always are
   * here. Not on macOS.
   */
  MSG_CMSG_CLOEXEC,
  /** The peer has just been heard of: no need to look for it. Linux only. */
  MSG_CONFIRM,
  /** Told by `recvmsg()`: descriptors were lost. */
  MSG_CTRUNC,
  /** Send to neighbours only, not through routers. */
  MSG_DONTROUTE,
  /** Do not wait, this once. */
  MSG_DONTWAIT,
  /** The end of a record. */
  MSG_EOR,
  /** More is to follow: wait for it before a segment is sent. Linux only. */
  MSG_MORE,
  /** No SIGPIPE for a peer that is gone, which nothing here raises. */
  MSG_NOSIGNAL,
  /** Urgent data. */
  MSG_OOB,
  /** Leave there what is received. */
  MSG_PEEK,
  /** Told by `recvmsg()`: data was cut off. */
  MSG_TRUNC,
  /** Wait until all that was asked for is there. */
  MSG_WAITALL,
  /** For `shutdown()`: nothing is to be received any more. */
  SHUT_RD,
  /** For `shutdown()`: nothing is to be sent any more. */
  SHUT_WR,
  /** For `shutdown()`: both. */
  SHUT_RDWR,
  /** Only families that this machine has an address of. */
  AI_ADDRCONFIG,
  /** With `AI_V4MAPPED`: IPv4 addresses too, even where there are IPv6 ones. */
  AI_ALL,
  /** Ask for the host's official name, which is not given here. */
  AI_CANONNAME,
  /** The host is an IP address: ask nobody. */
  AI_NUMERICHOST,
  /** The port is a number: look for no name. */
  AI_NUMERICSERV,
  /** An address to listen on: the wildcard where the host is null. */
  AI_PASSIVE,
  /**
   * With `AF_INET6`: IPv4 addresses as IPv6 ones, where there are no others.
   */
  AI_V4MAPPED,
  /** For `eventfd()`: closed by exec(2), as it always is. Linux only. */
  EFD_CLOEXEC,
  /** For `eventfd()`: reads and writes do not wait. Linux only. */
  EFD_NONBLOCK,
  /**
   * For `eventfd()`: a read takes one from the counter, not all of it. Linux
   * only.
   */
  EFD_SEMAPHORE,
  /** For `timerfd()`: closed by exec(2), as it always is. Linux only. */
  TFD_CLOEXEC,
  /** For `timerfd()`: reads do not wait. Linux only. */
  TFD_NONBLOCK,
  /**
   * How many bytes a pipe takes in one piece: all of them or none, and so many
   * at least once it is writable.
   */
  PIPE_BUF,
  /** There is data to read. */
  POLLIN,
  /** There is urgent data, or another exceptional condition. */
  POLLPRI,
  /** A write would not block. */
  POLLOUT,
  /** An error, or the reading end of a pipe is closed; always reported. */
  POLLERR,
  /** The peer hung up; always reported. */
  POLLHUP,
  /** The descriptor is not open; always reported. */
  POLLNVAL,
  /** As `POLLIN`. */
  POLLRDNORM,
  /** Priority data can be read. */
  POLLRDBAND,
  /** As `POLLOUT`. */
  POLLWRNORM,
  /** Priority data may be written. */
  POLLWRBAND,
  /** Without use today. Linux only. */
  POLLMSG,
  /** The peer of a stream has shut down its writing. Linux only. */
  POLLRDHUP,
  /** There is data to read. Linux only. */
  EPOLLIN,
  /** There is urgent data, or another exceptional condition. Linux only. */
  EPOLLPRI,
  /** A write would not block. Linux only. */
  EPOLLOUT,
  /**
   * An error, or the reading end of a pipe is closed; always reported. Linux
   * only.
   */
  EPOLLERR,
  /** The peer hung up; always reported. Linux only. */
  EPOLLHUP,
  /** As `EPOLLIN`. Linux only. */
  EPOLLRDNORM,
  /** Priority data can be read. Linux only. */
  EPOLLRDBAND,
  /** As `EPOLLOUT`. Linux only. */
  EPOLLWRNORM,
  /** Priority data may be written. Linux only. */
  EPOLLWRBAND,
  /** Ignored. Linux only. */
  EPOLLMSG,
  /** The peer of a stream has shut down its writing. Linux only. */
  EPOLLRDHUP,
  /**
   * Of several instances that watch the descriptor, wake as few as possible.
   * Linux only.
   */
  EPOLLEXCLUSIVE,
  /**
   * The machine does not sleep while the event is handled: for the privileged.
   * Linux only.
   */
  EPOLLWAKEUP,
  /** Report one event, then nothing until `modify()`. Linux only. */
  EPOLLONESHOT,
  /**
   * Report a descriptor when it becomes ready, not as long as it is. Linux
   * only.
   */
  EPOLLET,
  /** For `epoll()`: closed by exec(2), as it always is. Linux only. */
  EPOLL_CLOEXEC,
  /** The operation behind `register()`. */
  EPOLL_CTL_ADD,
  /** The operation behind `modify()`. */
  EPOLL_CTL_MOD,
  /** The operation behind `unregister()`. */
  EPOLL_CTL_DEL,
  /** There is data to read; `data` says how many bytes. */
  KQ_FILTER_READ,
  /** A write would not block; `data` says how many bytes there is room for. */
  KQ_FILTER_WRITE,
  /** An asynchronous request is done. */
  KQ_FILTER_AIO,
  /** Something happened to a file, as `fflags` ask: `KQ_NOTE_DELETE`, ... */
  KQ_FILTER_VNODE,
  /** Something happened to a process: `KQ_NOTE_EXIT`, ... */
  KQ_FILTER_PROC,
  /**
   * Something happened to a network interface. FreeBSD only, and no longer
   * there.
   */
  KQ_FILTER_NETDEV,
  /** A signal was delivered; `data` says how often. */
  KQ_FILTER_SIGNAL,
  /** A timer expired; `data` says how often. */
  KQ_FILTER_TIMER,
  /** Triggered by the program itself, with `KQ_NOTE_TRIGGER`. */
  KQ_FILTER_USER,
  /** Add the event, or change it. */
  KQ_EV_ADD,
  /** Remove the event. */
  KQ_EV_DELETE,
  /** Report the event. */
  KQ_EV_ENABLE,
  /** Keep the event, and do not report it. */
  KQ_EV_DISABLE,
  /** Report the event once, then remove it. */
  KQ_EV_ONESHOT,
  /** Report changes: the state is reset when it was reported. */
  KQ_EV_CLEAR,
  /**
   * Answer each change with an event with `KQ_EV_ERROR`; `data` is 0 if it was
   * made.
   */
  KQ_EV_RECEIPT,
  /** Report the event once, then disable it. */
  KQ_EV_DISPATCH,
  /** The system's own flags. */
  KQ_EV_SYSFLAGS,
  /** By filter: the system's own. */
  KQ_EV_FLAG1,
  /** Told with an event: the end, or the peer hung up. */
  KQ_EV_EOF,
  /** Told with an event: the change failed; `data` has the positive errno. */
  KQ_EV_ERROR,
  /** Report not before there are as many bytes as `data` says. */
  KQ_NOTE_LOWAT,
  /** The file was deleted. */
  KQ_NOTE_DELETE,
  /** The file was written to. */
  KQ_NOTE_WRITE,
  /** The file has grown. */
  KQ_NOTE_EXTEND,
  /** The file's attributes have changed. */
  KQ_NOTE_ATTRIB,
  /** The file's count of links has changed. */
  KQ_NOTE_LINK,
  /** The file was renamed. */
  KQ_NOTE_RENAME,
  /** Access to the file was revoked. */
  KQ_NOTE_REVOKE,
  /** The process has ended. */
  KQ_NOTE_EXIT,
  /** The process has forked. */
  KQ_NOTE_FORK,
  /** The process runs another program. */
  KQ_NOTE_EXEC,
  /** The bits of `fflags` that say what to watch a process for. */
  KQ_NOTE_PCTRLMASK,
  /** The bits of `fflags` that hold data of a process. */
  KQ_NOTE_PDATAMASK,
  /** Follow the process through fork(2). FreeBSD. */
  KQ_NOTE_TRACK,
  /** Told with an event: it is a child that is followed. FreeBSD. */
  KQ_NOTE_CHILD,
  /** Told with an event: a child could not be followed. FreeBSD. */
  KQ_NOTE_TRACKERR,
  /** The link is up. */
  KQ_NOTE_LINKUP,
  /** The link is down. */
  KQ_NOTE_LINKDOWN,
  /** The link's state is not valid. */
  KQ_NOTE_LINKINV,
  /** Triggers a `KQ_FILTER_USER`. */
  KQ_NOTE_TRIGGER,
  /** Leaves the `fflags` of a `KQ_FILTER_USER` as they are. */
  KQ_NOTE_FFNOP,
  /** Keeps those of its `fflags` that are given. */
  KQ_NOTE_FFAND,
  /** Adds to its `fflags`. */
  KQ_NOTE_FFOR,
  /** Replaces its `fflags`. */
  KQ_NOTE_FFCOPY,
  /** The bits that say which of the four it is. */
  KQ_NOTE_FFCTRLMASK,
  /** The bits of `fflags` that are the program's. */
  KQ_NOTE_FFLAGSMASK,
  /** The timer's `data` is in seconds. */
  KQ_NOTE_SECONDS,
  /** The timer's `data` is in microseconds. */
  KQ_NOTE_USECONDS,
  /** The timer's `data` is in nanoseconds. */
  KQ_NOTE_NSECONDS,
  /** The timer's `data` is in milliseconds, as it is unless told. FreeBSD. */
  KQ_NOTE_MSECONDS,
  /** The timer's `data` is a moment, not a duration. */
  KQ_NOTE_ABSOLUTE,
  /** What a wait gives that gave way to a signal. */
  INTERRUPTED,
} = native.constants;
