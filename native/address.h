// Addresses: sockaddr here, plain values in an Exchange there.
#ifndef POSIX_SELECT_ADDRESS_H_
#define POSIX_SELECT_ADDRESS_H_

#include <sys/socket.h>

#include "exchange.h"

// Fills `storage` from `exchange`. Gives the address's length or -errno.
int ReadAddress(const Exchange& exchange, sockaddr_storage* storage);

// Writes an address of `length` bytes into `exchange`. A family that is not
// known leaves only its number there.
void WriteAddress(const sockaddr_storage& storage, socklen_t length,
                  Exchange* exchange);

#endif  // POSIX_SELECT_ADDRESS_H_
