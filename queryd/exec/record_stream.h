#pragma once

#include "common/base/result.h"
#include "queryd/exec/record_scan.h"
#include "queryd/exec/store_readers.h"

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <optional>
#include <span>
#include <vector>

namespace evd::queryd {

inline constexpr size_t kPageRowsMax = 512;
inline constexpr size_t kPageBytesMax = 256 * 1024;  // a page may exceed it by its last record

// Encoded records in the order of their scan.
struct RecordPage {
    struct Entry {
        int64_t timestamp;
        int64_t id;
        size_t begin;
        size_t end;
    };
    std::vector<Entry> entries;
    std::vector<uint8_t> bytes;
};

// One database's part of a sorted answer: encoded records one after the other, read ahead by a
// page.
//
// Takes threads and snapshots away from the merge: pages are filled by pool jobs of one scan slice
// each, at most one page is read ahead, and a stream that is not needed any more stops its job and
// waits for it in the destructor. Memory is two pages, taken from the budget. At most rows_max
// records are read. A database that cannot be read ends where it failed. Lives on the thread that
// runs the question; plan, selection and readers outlive it.
class RecordStream {
  public:
    struct Part {
        StoreReaders& readers;
        const RecordPlan& plan;
        const RowSelection& selection;
        ScanOrder order;
        RunControl control;
        uint64_t rows_max;
    };

    RecordStream(const Part& part, DatabaseFile file);
    ~RecordStream();
    RecordStream(const RecordStream&) = delete;
    RecordStream& operator=(const RecordStream&) = delete;

    // Begins to read. Called once, before the rest.
    void start();
    // Whether there is a record at the head, waiting for it; false at the end of the database.
    base::Result<bool> hasHead();
    const RecordPage::Entry& head() const { return page_.entries[next_entry_]; }
    std::span<const uint8_t> headBytes() const;
    void pop() { ++next_entry_; }

    const DatabaseFile& file() const { return file_; }
    // The greatest id when the question began, once hasHead() has answered; nothing when the
    // database could not be read.
    std::optional<int64_t> lastId() const { return last_id_; }

  private:
    void requestPage();
    void fillPage();
    base::Result<void> fillFrom(db::Connection& connection);
    void publish(base::Result<StoreReaders::ReadEnd> read);

    Part part_;
    DatabaseFile file_;
    std::atomic<bool> abandoned_{false};

    // Of the job while one is under way, of the question's thread otherwise.
    ScanRequest request_;
    ScanPosition position_;
    RecordPage filling_;
    MemoryShare memory_;
    std::optional<int64_t> last_id_;
    uint64_t rows_left_;
    bool begun_ = false;
    bool at_end_ = false;  // nothing to read after filling_

    // Of the question's thread.
    RecordPage page_;
    size_t next_entry_ = 0;

    std::mutex mutex_;
    std::condition_variable filled_;
    bool under_way_ = false;
    std::optional<base::Error> error_;
};

}  // namespace evd::queryd
