#pragma once

#include "common/base/fd.h"

#include <sys/types.h>
#include <string>

namespace evd::test {

// Whether this process may take the part of other users, that is whether it is root's.
bool canActAsOthers();

// A stream socket connected to `path` by somebody with that uid, a group of the same number and no
// others. What the other end is told of its peer is what held at connect(), so that the socket
// stays theirs though we use it. 0 connects as we are. Invalid (the Fd) when nobody could connect.
base::Fd connectAs(uid_t uid, const std::string& path);

}  // namespace evd::test
