#pragma once

#include "common/base/fd.h"
#include "queryd/client/query_channel.h"

#include <memory>
#include <string>

namespace evd::queryd {

// The largest frame that is taken from a server: one record alone may be as large as an event can
// be.
inline constexpr size_t kResponseFrameBytesMax = size_t{64} << 20;

// The msgpack protocol of the query socket (Spec §8.8), from the client's side. Memory is one
// frame, whatever the size of the answer.
std::unique_ptr<QueryChannel> makeQueryClient(base::Fd connection);

// Connects first. NotFound when nobody listens there, Denied when it may not be used.
base::Result<std::unique_ptr<QueryChannel>> connectQueryClient(const std::string& socket_path);

}  // namespace evd::queryd
