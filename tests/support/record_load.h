#pragma once

#include "common/base/fd.h"
#include "common/base/thread.h"

#include <atomic>
#include <cstdint>
#include <set>
#include <string>
#include <vector>

namespace evd::test {

// Sends numbered log lines and metric samples, one datagram each, on a thread of its own, until
// told to stop. A datagram counts as sent when the kernel has taken it, and it must be stored then:
// the sockets outlive whoever reads them.
//
// Log lines have the messages "line 1", "line 2" ... of one origin; samples are a gauge whose value
// and timestamp follow the number.
class RecordLoad {
  public:
    RecordLoad(const std::string& log_path, const std::string& metric_path, std::string name);
    ~RecordLoad() { stop(); }

    void stop();
    // After stop(): how many of each were sent.
    uint64_t lines() const { return lines_; }
    uint64_t samples() const { return samples_; }

  private:
    void run();
    bool sendLine();
    bool sendSample();

    const std::string name_;
    const int64_t began_ns_;
    base::Fd log_;
    base::Fd metric_;
    uint64_t lines_ = 0;
    uint64_t samples_ = 0;
    std::atomic<bool> stopping_ = false;
    base::Thread thread_;
};

// What is there of it in the stores of a group that has ended, those that were put aside among
// them, read with plain SQL.
struct StoredRecords {
    uint64_t rows = 0;
    std::set<uint64_t> numbers;
    // A sentence for each file that could not be read to its end.
    std::vector<std::string> errors;
};
StoredRecords storedLines(const std::string& state_folder, const std::string& name);
StoredRecords storedSamples(const std::string& state_folder, const std::string& name);

// What does not hold when that many were sent, numbered from 1 on, and so many may be lost: there
// are others, there are some twice, there are too few. A sentence each.
std::vector<std::string> complaintsAbout(const StoredRecords& stored, uint64_t sent,
                                         uint64_t lost_max);

}  // namespace evd::test
