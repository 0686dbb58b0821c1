#pragma once

#include "common/access/unix_token.h"
#include "common/base/result.h"
#include "queryd/evctl/arguments_service.h"
#include "queryd/evctl/output_stream.h"
#include "queryd/evctl/socket_search.h"

#include <string>

namespace evd::evctl {

// `evctl sd show [NAME]` and `evctl sd check USER NAME [FIELD...]` (contracts §7): which rules
// hold, and what they mean for a Unix user. With --user, or with a name alone, which is about
// oneself, the words are NAME [FIELD...].
//
// Reads the configuration by itself, as `evctl config` does, so that it works while nothing runs;
// it tells what the group would enforce if it were started or told now. What is wrong with the
// descriptors goes to stderr beside the answer. Only root may ask what others would see.
base::Result<void> runPolicy(const Arguments& arguments, const Environment& environment,
                             OutputStream& output);

// By name or number, with all groups; NotFound when there is no such user.
base::Result<access::UnixUser> findUnixUser(const std::string& name);

}  // namespace evd::evctl
