#pragma once

#include "common/base/fd.h"
#include "common/base/thread.h"

#include <atomic>
#include <cstdint>
#include <string>

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

// What is there of it in the stores, read with plain SQL.
struct StoredRecords {
    uint64_t rows = 0;
    uint64_t distinct = 0;
};
StoredRecords storedLines(const std::string& log_database, const std::string& name);
StoredRecords storedSamples(const std::string& metric_database, const std::string& name);

}  // namespace evd::test
