#pragma once

#include "common/base/result.h"
#include "queryd/evctl/page_walk.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace evd::evctl {

inline constexpr size_t kExportPlaceBytesMax = size_t{32} << 20;  // a question may be 16 MiB

// What the file behind --resume holds: which export it belongs to, and how much of it is safe.
//
//      {"evctl_export": 1, "question": "...", "to": "csv", "into": "/abs/path", "since_ns": n,
//       "until_ns": n, "edge_ns": n, "width_ns": n, "is_moment": false, "records": n, "bytes": n,
//       "is_whole": false, "refused": n, "has_own_name": true}
//
// Everything of the question up to the edge is in the first `bytes` bytes of the unfinished file,
// and they have reached the disk before the place was written. A value.
struct ExportPlace {
    std::string question;  // as it was typed, with the clauses of options
    std::string to;
    std::string into;
    int64_t since_ns = 0;
    int64_t until_ns = 0;
    PagePlace page;
    uint64_t records = 0;
    uint64_t bytes = 0;
    bool is_whole = false;  // only the file's name is missing
    // The next two lack in what older versions wrote.
    uint64_t refused = 0;       // records of these pages that the format has no place for
    bool has_own_name = false;  // the unfinished file is called after the place: unfinishedTag()

    bool operator==(const ExportPlace&) const = default;
};

std::string formatExportPlace(const ExportPlace& place);

// The file is the person's and may hold anything: Invalid when it is no place, or none of this
// version.
base::Result<ExportPlace> parseExportPlace(std::string_view text);

// Reads the file; NotFound when there is none.
base::Result<ExportPlace> loadExportPlace(const std::string& path);
// In the place of what was there, whole or not at all, and on the disk when it returns.
base::Result<void> saveExportPlace(const std::string& path, const ExportPlace& place);

// What the unfinished file of the export with its place at that path has in its name, so that no
// other export into the same file writes there: letters and digits, the same for every way to write
// the path.
std::string unfinishedTag(const std::string& path);

}  // namespace evd::evctl
