#pragma once

#include <cstddef>

namespace evd::test {

// Files of read-only connections, of which queryd keeps some for the next question; those of the
// others SQLite keeps while any connection to the same database is open, and takes them over for
// the next one. So there may be as many as were ever open at once: a database and its log for each
// of the questions that run (MaxConcurrentQueries) and each idle connection, and an index of each
// log. What is kept of each client that goes would be thousands.
inline constexpr size_t kKeptDescriptorsMax = (128 + 64) * 2 + 8;

}  // namespace evd::test
