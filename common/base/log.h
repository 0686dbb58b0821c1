#pragma once

#include <string_view>

namespace evd::base {

// One line on stderr, "<program>: <text>", written by a single call so that lines of several
// threads and processes never mix. Lines end where they are survived by saying so (style: Errors).
// Called by loops, services and mains; library code returns errors instead. Any thread.
void logInfo(std::string_view text);
void logWarning(std::string_view text);
void logError(std::string_view text);

// The name in front of every line. Called once, first thing in main, before any thread is made;
// the text must live as long as the process.
void setLogName(std::string_view program);

}  // namespace evd::base
