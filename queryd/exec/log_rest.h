#pragma once

#include "queryd/exec/run_control.h"

#include <sys/types.h>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <utility>

namespace evd::queryd {

struct DatabaseFile;

// Lets the write-ahead logs of the stores begin anew while questions never cease.
//
// SQLite writes a log from its beginning again only in a moment in which nobody reads. Reads are
// short (kScanSliceNs), but when many ask there is always one, and the log grows for as long as
// that lasts: 70 MB/s at full ingest. So when a log is long, whoever wants to read waits until
// those who do have ended their slices and the store, which moves the log into the database all the
// time, has begun it anew; that takes some hundredths of a second. After turns_max turns of
// kRestTurnMs everybody goes on in any case: the store may have nothing to write, or a reader that
// is not ours may hold the log. Then it is tried again when the log is longer by log_bytes and
// half.
//
// Safe on any thread; outlives every visit.
class LogRest {
  public:
    struct Limits {
        uint64_t log_bytes = uint64_t{256} << 20;
        uint32_t turns_max = 100;
    };
    static constexpr int64_t kRestTurnMs = 5;

    LogRest() = default;
    explicit LogRest(const Limits& limits) : limits_(limits) {}

    // For as long as a database is read. May wait before; one thread has no more than one of the
    // same file at a time.
    class Visit {
      public:
        Visit(LogRest& rest, const DatabaseFile& file, const RunControl& control);
        ~Visit() { rest_.leave(key_); }
        Visit(const Visit&) = delete;
        Visit& operator=(const Visit&) = delete;

      private:
        LogRest& rest_;
        const std::pair<dev_t, ino_t> key_;
    };

  private:
    using Key = std::pair<dev_t, ino_t>;
    struct Log {
        size_t visitors = 0;  // who reads or waits
        bool is_resting = false;
        uint64_t failed_bytes = 0;  // its length when nobody began it anew
    };

    void enter(const Key& key, const std::string& path, const RunControl& control);
    void leave(const Key& key);
    bool isDue(const Log& log, uint64_t log_bytes) const;
    void rest(std::unique_lock<std::mutex>& lock, Log& log, const std::string& path,
              const RunControl& control);

    const Limits limits_{};
    std::mutex mutex_;
    std::condition_variable changed_;
    std::map<Key, Log> logs_;  // of those that are read, or were long
};

}  // namespace evd::queryd
