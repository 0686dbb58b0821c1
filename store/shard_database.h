#pragma once

#include "common/base/guid.h"
#include "common/base/interval_set.h"
#include "common/db/sqlite.h"
#include "store/event_inserter.h"
#include "store/file_room.h"
#include "store/name_list.h"
#include "store/receipts.h"

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace evd::store {

inline constexpr size_t kKnownTypesMax =
    16'384;  // event types remembered per shard; then forgotten
// Held by a writer without secondary indexes: the index pages that a batch touches and the tail of
// the table. More does not help then, the inserts are appends.
inline constexpr size_t kWriterCacheKib = 4096;

// One shard's database, open for writing: transactions of events with their receipts.
//
// Everything that must become durable together is put into one transaction here: the rows, the
// intervals that they account for (Ruling S2), types never seen before and metadata. The shard
// writer calls it on its thread and owns it. A failed call means rollBack(); the database stays
// open and the next transaction may succeed. What is remembered in memory (receipts, types) changes
// only with a successful commit.
class ShardDatabase {
  public:
    // A database that verifyEventSchema() has nothing against; Corrupt and Unsupported otherwise.
    static base::Result<std::unique_ptr<ShardDatabase>> open(const std::string& path,
                                                             const base::Guid& boot_id);
    ShardDatabase(const ShardDatabase&) = delete;
    ShardDatabase& operator=(const ShardDatabase&) = delete;

    base::Result<void> begin();
    base::Result<void> insert(const EventRow& row);
    // The transaction accounts for these numbers; `elsewhere` as in planReceipts.
    void account(uint16_t cpu, base::Interval interval, std::optional<base::Interval> elsewhere);
    base::Result<void> setMetadata(std::string_view key, std::string_view value);
    base::Result<void> commit();
    void rollBack();

    db::Connection& connection() { return *connection_; }
    int64_t walBytes() const { return connection_->walPages() * page_bytes_; }
    const std::string& path() const { return path_; }
    // The greatest id that it held when it was opened.
    int64_t lastIdWhenOpened() const { return last_id_; }
    // By cpu: what the shard accounts for in this boot.
    const std::map<uint16_t, base::IntervalSet>& receipts() const { return receipts_; }

  private:
    struct PendingReceipts {
        base::IntervalSet added;
        std::optional<base::Interval> elsewhere;
    };

    ShardDatabase(std::string path, const base::Guid& boot_id,
                  std::unique_ptr<db::Connection> connection);

    base::Result<void> prepareStatements();
    base::Result<void> writeReceipts();
    base::Result<void> writeReceiptsOf(uint16_t cpu, const PendingReceipts& pending);

    const std::string path_;
    const base::Guid boot_id_;
    const std::unique_ptr<db::Connection> connection_;
    int64_t page_bytes_ = 0;
    int64_t last_id_ = 0;
    // Statements end before the connection: they stand behind it.
    std::unique_ptr<EventInserter> inserter_;
    std::unique_ptr<FileRoom> room_;
    std::unique_ptr<NameList> types_;
    std::unique_ptr<db::Statement> begin_;
    std::unique_ptr<db::Statement> commit_;
    std::unique_ptr<db::Statement> roll_back_;
    std::unique_ptr<db::Statement> remove_receipt_;
    std::unique_ptr<db::Statement> write_receipt_;
    std::unique_ptr<db::Statement> set_metadata_;

    std::map<uint16_t, base::IntervalSet> receipts_;  // by cpu, of this boot
    std::map<uint16_t, PendingReceipts> pending_receipts_;
    std::map<uint16_t, base::IntervalSet> receipts_after_;
};

}  // namespace evd::store
