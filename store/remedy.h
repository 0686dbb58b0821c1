#pragma once

#include "common/base/result.h"
#include "store/failed_reads.h"

#include <cstdint>
#include <string>

namespace evd::store {

// What a writer does about its database when a batch failed.
enum class Remedy {
    None,      // it is not open, or what is wrong is not the database
    MakeRoom,  // let go of what the log holds: the disk may be full
    Reopen,    // it was opened while the file system was read-only: this connection will never
               // write, another one may
    Replace,   // put it aside as damaged and go on with a fresh one (Ruling S6)
};

// Decides from the error and from whether the database at `path` is open. Counts the error in
// `failed_reads` when it is such a one: what cannot be read is replaced in the end even when it is
// the one that could not be opened, if it is there.
Remedy remedyFor(const base::Error& error, bool is_open, const std::string& path,
                 FailedReads& failed_reads, int64_t now_ns);

}  // namespace evd::store
