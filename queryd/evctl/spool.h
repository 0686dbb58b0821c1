#pragma once

#include "common/base/fd.h"
#include "common/base/result.h"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

namespace evd::evctl {

inline constexpr size_t kSpoolMemoryBytes = 1024 * 1024;

// Holds the initial result of a query until its end is known, in little memory (contracts §7).
//
// Records are kept in order; what exceeds memory_max goes to a file without a name in the folder
// for temporary files, which the kernel removes with the process. Replays go forward or backward,
// as often as wanted. Each record, in memory and on disk:
//
//      +----------------+--------------+----------------+
//      | length, u32    | the record   | length, u32    |     host byte order
//      +----------------+--------------+----------------+
//
// Errors: Io (no temporary file, disk full), or what the visitor returned. One thread.
class Spool {
  public:
    using Visitor = std::function<base::Result<void>(std::span<const uint8_t> record)>;

    explicit Spool(std::string folder, size_t memory_max = kSpoolMemoryBytes)
        : folder_(std::move(folder)), memory_max_(memory_max) {}
    Spool(const Spool&) = delete;
    Spool& operator=(const Spool&) = delete;

    base::Result<void> add(std::span<const uint8_t> record);
    base::Result<void> forEach(const Visitor& visit);
    base::Result<void> forEachBackward(const Visitor& visit);
    void clear();

    uint64_t count() const { return count_; }
    bool onDisk() const { return file_.valid(); }

  private:
    base::Result<void> spill();
    base::Result<void> visitFile(const Visitor& visit);

    std::string folder_;
    size_t memory_max_;
    std::vector<uint8_t> memory_;  // the newest records
    base::Fd file_;                // the older ones
    uint64_t file_bytes_ = 0;
    uint64_t count_ = 0;
};

}  // namespace evd::evctl
