#pragma once

#include "common/base/result.h"
#include "queryd/evctl/session_context.h"

#include <string>
#include <string_view>

namespace evd::evctl {

// The largest query text that is read from a file or from standard input.
inline constexpr size_t kQueryTextBytesMax = size_t{16} << 20;

// `evctl query`: asks once and prints the answer, live part included.
base::Result<void> runQuery(const SessionContext& context);

// `evctl index FIELD`: EVENTS INDEX; prints nothing when it worked.
base::Result<void> runIndex(const SessionContext& context);

// The command's text, with the field quoted: any name may be asked for, the server judges it.
std::string indexText(std::string_view field);

// The text of the query, from the words, --file or standard input.
base::Result<std::string> queryText(const Arguments& arguments);

}  // namespace evd::evctl
