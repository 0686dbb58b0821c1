#include "store/remedy.h"

#include "common/db/sqlite.h"
#include "common/db/store_files.h"

namespace evd::store {

Remedy remedyFor(const base::Error& error, bool is_open, const std::string& path,
                 FailedReads& failed_reads, int64_t now_ns) {
    if (db::isFailedRead(error) && failed_reads.failed(now_ns) && db::fileExists(path)) {
        return Remedy::Replace;
    }
    if (!is_open) {
        return Remedy::None;
    }
    switch (error.kind) {
        case base::ErrorKind::Corrupt:
            return Remedy::Replace;
        case base::ErrorKind::Io:
            return Remedy::MakeRoom;
        case base::ErrorKind::Denied:
            return Remedy::Reopen;
        case base::ErrorKind::Invalid:
        case base::ErrorKind::NotFound:
        case base::ErrorKind::Busy:
        case base::ErrorKind::Gone:
        case base::ErrorKind::Unsupported:
            break;
    }
    return Remedy::None;
}

}  // namespace evd::store
