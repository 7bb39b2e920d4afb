#include "resolve.h"

#include <netdb.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>
#include <string>

#include "address.h"
#include "args.h"
#include "exchange.h"

namespace {

// The name of an EAI_ error; its numbers differ from system to system.
const char* ErrorName(int error) {
  switch (error) {
#define EAI(name) \
  case name:      \
    return #name;
    EAI(EAI_AGAIN)
    EAI(EAI_BADFLAGS)
    EAI(EAI_FAIL)
    EAI(EAI_FAMILY)
    EAI(EAI_MEMORY)
    EAI(EAI_NONAME)
    EAI(EAI_SERVICE)
    EAI(EAI_SOCKTYPE)
#ifdef EAI_ADDRFAMILY
    EAI(EAI_ADDRFAMILY)
#endif
#ifdef EAI_NODATA
    EAI(EAI_NODATA)
#endif
#ifdef EAI_OVERFLOW
    EAI(EAI_OVERFLOW)
#endif
#undef EAI
    default:
      return "EAI_FAIL";
  }
}

// [family, type, protocol, host, port, flowInfo, scopeId]
Napi::Array Row(Napi::Env env, const addrinfo& entry) {
  sockaddr_storage storage{};
  std::memcpy(&storage, entry.ai_addr, entry.ai_addrlen);
  Exchange address{};
  WriteAddress(storage, entry.ai_addrlen, &address);
  Napi::Array row = Napi::Array::New(env, 7);
  row.Set(0U, entry.ai_family);
  row.Set(1U, entry.ai_socktype);
  row.Set(2U, entry.ai_protocol);
  row.Set(3U, Napi::String::New(env, address.text,
                                static_cast<size_t>(address.text_bytes)));
  row.Set(4U, address.port);
  row.Set(5U, static_cast<double>(static_cast<uint32_t>(address.flow_info)));
  row.Set(6U, static_cast<double>(static_cast<uint32_t>(address.scope_id)));
  return row;
}

// getaddrinfo(host, service, family, type, protocol, flags), where an empty
// text stands for none. Gives a row an address, -errno, or the name of an EAI_
// error.
napi_value GetAddrInfo(napi_env env, napi_callback_info info) {
  Args args(env, info);
  const std::string host = args.Text(0, "host");
  const std::string service = args.Text(1, "service");
  addrinfo hints{};
  hints.ai_family = args.Int(2, "family");
  hints.ai_socktype = args.Int(3, "type");
  hints.ai_protocol = args.Int(4, "protocol");
  hints.ai_flags = args.Int(5, "flags");
  if (args.failed()) return args.Undefined();

  addrinfo* list = nullptr;
  const int error =
      getaddrinfo(host.empty() ? nullptr : host.c_str(),
                  service.empty() ? nullptr : service.c_str(), &hints, &list);
  if (error == EAI_SYSTEM) return args.Number(-errno);
  if (error != 0) return Napi::String::New(env, ErrorName(error));
  Napi::Array rows = Napi::Array::New(env);
  for (const addrinfo* entry = list; entry != nullptr; entry = entry->ai_next) {
    if (entry->ai_family == AF_INET || entry->ai_family == AF_INET6) {
      rows.Set(rows.Length(), Row(env, *entry));
    }
  }
  freeaddrinfo(list);
  return rows;
}

}  // namespace

void InitResolve(Napi::Env env, Napi::Object exports) {
  Export<GetAddrInfo>(env, exports, "getaddrinfo");
}
