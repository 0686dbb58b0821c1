#pragma once

#include "store/insert_sql.h"
#include "store/name_list.h"
#include "store/record_database.h"

#include <array>
#include <memory>
#include <string>
#include <string_view>

namespace evd::store {

inline constexpr size_t kKnownOriginsMax = 16'384;  // remembered; then forgotten and learnt again

// The log store, open for writing (Spec §5).
//
// Rows are inserted kRowsPerInsert at a time; text is bound where it lies, in the sender's message.
// Ids ascend in the order of commits. Every origin is in log_origins before its first row is
// visible. Malformed records are skipped and counted. As RecordDatabase otherwise.
class LogDatabase final : public RecordDatabase {
  public:
    static base::Result<std::unique_ptr<RecordDatabase>> open(const std::string& path,
                                                              const base::Guid& boot_id,
                                                              int64_t least_id);

  private:
    struct Row {
        int64_t id = 0;
        const wire::LogRecord* record = nullptr;
    };

    LogDatabase(std::string path, const base::Guid& boot_id,
                std::unique_ptr<db::Connection> connection)
        : RecordDatabase(std::move(path), std::move(connection)), boot_id_(boot_id) {}

    base::Result<void> prepare(int64_t least_id);
    base::Result<void> insertRows(const RecordBatch& batch) override;
    base::Result<void> flushRows() override;
    void rowsCommitted() override { origins_->committed(); }
    void rowsRolledBack() override;

    base::Result<void> add(const wire::LogRecord& record);
    static void bindRow(db::Statement& statement, size_t slot, const Row& row);

    const base::Guid boot_id_;
    std::unique_ptr<db::Statement> insert_many_;
    std::unique_ptr<db::Statement> insert_one_;
    std::array<Row, kRowsPerInsert> rows_;
    size_t held_ = 0;
    std::unique_ptr<NameList> origins_;
};

class LogFormat final : public RecordFormat {
  public:
    explicit LogFormat(const base::Guid& boot_id) : boot_id_(boot_id) {}
    std::string_view name() const override { return "log"; }
    std::string_view measures() const override { return "logs"; }
    wire::CommitNotice::Store notices() const override { return wire::CommitNotice::Store::Logs; }
    NewDatabase newDatabase() const override;
    base::Result<std::unique_ptr<RecordDatabase>> open(const std::string& path,
                                                       int64_t least_id) override {
        return LogDatabase::open(path, boot_id_, least_id);
    }

  private:
    const base::Guid boot_id_;
};

}  // namespace evd::store
