#pragma once

#include "common/base/result.h"
#include "common/config/socket_paths.h"
#include "queryd/evctl/arguments_service.h"

#include <functional>
#include <optional>
#include <string>

namespace evd::evctl {

inline constexpr std::string_view kFallbackQuerySocket = ".state/run/query.sock";

// The value of an environment variable; nothing when it is unset or empty.
using Environment = std::function<std::optional<std::string>(const char* name)>;

// Where the group's sockets are (contracts §7). The first of these that says so:
//
//   1. --socket: this one, all others beside it
//   2. --state and --registry, together as eventd takes them
//   3. $EVENTD_SOCKET, all others beside it
//   4. $EVENTD_STATE
//   5. the registry in its usual place
//   6. kFallbackQuerySocket, all others beside it
//
// --rpc names the rpc socket whatever the rest says. Invalid when a source was named by the person
// and says nothing usable.
base::Result<config::SocketPaths> findSockets(const Arguments& arguments,
                                              const Environment& environment);

}  // namespace evd::evctl
