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
//       "is_whole": false}
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

}  // namespace evd::evctl
