#pragma once

#include <string_view>

namespace evd::base {

// Ends the process, with status 1 and without destructors, after one line that says what could not
// be had. For what no caller could go on without; the supervisor starts the program anew. Any
// thread.
[[noreturn]] void endExhausted(std::string_view what);

// The same for want of memory.
[[noreturn]] void endOutOfMemory();

// From here on the process ends (endExhausted) where `new` finds no memory, and nobody sees
// bad_alloc: Cap'n Proto would go on with a connection whose state that has torn. What malloc
// refuses to libraries (SQLite) stays their error. Called once, before there are threads.
void endWhenOutOfMemory();

}  // namespace evd::base
