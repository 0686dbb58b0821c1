#pragma once

#include "store/retention_database.h"

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace evd::store {

// A store of rows with an id and an index by time: events or logs.
struct RowTable {
    std::string_view table;
    std::string_view time_index;
    base::Result<void> (*verify)(db::Connection&) = nullptr;
    base::Result<void> (*complete)(db::Connection&) = nullptr;
    bool has_receipts = false;
};

// The oldest rows of such a table, found by its index.
//
// Receipts of this boot stay whatever happens; those of other boots go once no row of theirs is
// left. The catalogues event_types and log_origins stay as they are: the writer takes
// it for granted that what it once wrote there is there, and an entry without rows costs a question
// nothing. As RetentionDatabase otherwise.
class RowRetention final : public RetentionDatabase {
  public:
    static base::Result<DatabaseAge> look(const std::string& path, const RowTable& table,
                                          uint64_t batch_rows, const StopCheck& should_stop);
    static base::Result<std::unique_ptr<RetentionDatabase>> open(const std::string& path,
                                                                 const RowTable& table,
                                                                 const base::Guid& boot_id);

    base::Result<DatabaseAge> age(uint64_t batch_rows) override;

  private:
    RowRetention(const RowTable& table, const base::Guid& boot_id,
                 std::unique_ptr<db::Connection> connection)
        : RetentionDatabase(std::move(connection)), table_(table), boot_id_(boot_id) {}

    base::Result<void> prepareStatements();
    base::Result<uint64_t> removeWithin(int64_t through_ns, uint64_t rows_max) override;
    base::Result<void> removeReceiptsOfOtherBoots();

    const RowTable table_;
    const base::Guid boot_id_;
    std::unique_ptr<db::Statement> remove_rows_;
    std::unique_ptr<db::Statement> remove_receipts_;
};

// The event store: every database of its folder. Gates by shard number, of the shards that have
// writers; other databases have none.
class EventRetention final : public RetentionKind {
  public:
    using Gates = std::map<uint16_t, ShardGate*>;
    EventRetention(std::string directory, const base::Guid& boot_id, Gates gates)
        : directory_(std::move(directory)), boot_id_(boot_id), gates_(std::move(gates)) {}

    std::string_view rows() const override { return "events"; }
    base::Result<std::vector<RetentionTarget>> databases() const override;
    base::Result<DatabaseAge> look(const std::string& path, uint64_t batch_rows,
                                   const StopCheck& should_stop) const override;
    base::Result<std::unique_ptr<RetentionDatabase>> open(
        const RetentionTarget& target) const override;

  private:
    const std::string directory_;
    const base::Guid boot_id_;
    const Gates gates_;
};

// A store of one file, and what was put aside of it: the active one has a gate.
base::Result<std::vector<RetentionTarget>> singleStoreTargets(const std::string& path,
                                                              ShardGate* gate);

// The log store. No gate: it is only read, and so it stays.
class LogRetention final : public RetentionKind {
  public:
    LogRetention(std::string path, ShardGate* gate) : path_(std::move(path)), gate_(gate) {}

    std::string_view rows() const override { return "log records"; }
    base::Result<std::vector<RetentionTarget>> databases() const override {
        return singleStoreTargets(path_, gate_);
    }
    base::Result<DatabaseAge> look(const std::string& path, uint64_t batch_rows,
                                   const StopCheck& should_stop) const override;
    base::Result<std::unique_ptr<RetentionDatabase>> open(
        const RetentionTarget& target) const override;

  private:
    const std::string path_;
    ShardGate* const gate_;
};

}  // namespace evd::store
