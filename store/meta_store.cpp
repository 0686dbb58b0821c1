#include "store/meta_store.h"

#include "common/base/text.h"
#include "common/db/statements.h"
#include "common/db/store_files.h"
#include "store/database_files.h"
#include "store/event_inserter.h"

#include <algorithm>
#include <array>
#include <functional>

namespace evd::store {

namespace {

constexpr uint32_t kMetaPageBytes = 4096;
constexpr std::string_view kVersion = "1";
constexpr std::string_view kCountedUntilKey = "counted_until";
constexpr std::string_view kManualPrefix = "manual_index.";
// Rows that are read of each table; more were not written by us.
constexpr int64_t kRowsReadMax = static_cast<int64_t>(kCountedFieldsMax);

// Spec §3.3, exactly.
constexpr std::string_view kTables = R"sql(
CREATE TABLE index_counters (
    field_path TEXT PRIMARY KEY,
    query_count INTEGER NOT NULL,
    window_start INTEGER NOT NULL
);
CREATE TABLE desired_indexes (
    field_path TEXT PRIMARY KEY,
    priority INTEGER NOT NULL,
    is_expression INTEGER NOT NULL
);
CREATE TABLE rollup_counters (
    function_window TEXT PRIMARY KEY,
    query_count INTEGER NOT NULL,
    window_start INTEGER NOT NULL
);
CREATE TABLE desired_rollups (
    function_window TEXT PRIMARY KEY,
    priority INTEGER NOT NULL
);
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL);
)sql";

// Everything that is read must be there, or the file is none of ours.
constexpr std::array<std::string_view, 5> kProbes = {
    "SELECT field_path, query_count, window_start FROM index_counters",
    "SELECT field_path, priority, is_expression FROM desired_indexes",
    "SELECT function_window, query_count, window_start FROM rollup_counters",
    "SELECT function_window, priority FROM desired_rollups",
    "SELECT value FROM meta WHERE key = 'admin_sd'",
};

// [MS-DTYP] §2.4.6, little-endian:
//    0  revision 1, 0, control 0x8004 (self-relative, DACL present)
//    4  offsets: owner 20, group 32, SACL none, DACL 44
//   20  owner S-1-5-18
//   32  group S-1-5-18
//   44  DACL: revision 2, 52 bytes, 2 entries
//   52  allow 0x00000001 to S-1-5-18 (20 bytes)
//   72  allow 0x00000001 to S-1-5-32-544 (24 bytes)
constexpr std::array<uint8_t, 96> kAdminDescriptor = {
    0x01, 0x00, 0x04, 0x80,                                                  //
    0x14, 0x00, 0x00, 0x00, 0x20, 0x00, 0x00, 0x00,                          //
    0x00, 0x00, 0x00, 0x00, 0x2c, 0x00, 0x00, 0x00,                          //
    0x01, 0x01, 0x00, 0x00, 0x00, 0x00, 0x00, 0x05, 0x12, 0x00, 0x00, 0x00,  //
    0x01, 0x01, 0x00, 0x00, 0x00, 0x00, 0x00, 0x05, 0x12, 0x00, 0x00, 0x00,  //
    0x02, 0x00, 0x34, 0x00, 0x02, 0x00, 0x00, 0x00,                          //
    0x00, 0x00, 0x14, 0x00, 0x01, 0x00, 0x00, 0x00,                          //
    0x01, 0x01, 0x00, 0x00, 0x00, 0x00, 0x00, 0x05, 0x12, 0x00, 0x00, 0x00,  //
    0x00, 0x00, 0x18, 0x00, 0x01, 0x00, 0x00, 0x00,                          //
    0x01, 0x02, 0x00, 0x00, 0x00, 0x00, 0x00, 0x05, 0x20, 0x00, 0x00, 0x00,  //
    0x20, 0x02, 0x00, 0x00,
};

base::Result<void> putAside(const std::string& path) {
    const std::string aside = path + ".old";
    EVD_TRY(removeDatabase(aside));
    return moveDatabase(path, aside);
}

base::Result<void> writeMeta(db::Connection& connection, std::string_view key,
                             const std::function<void(db::Statement&)>& bind) {
    auto insert = connection.prepare("INSERT OR REPLACE INTO meta(key, value) VALUES (?1, ?2)");
    if (!insert) {
        return insert.error();
    }
    insert.value()->bindText(1, key);
    bind(*insert.value());
    auto done = insert.value()->step();
    return done ? base::Result<void>() : done.error();
}

base::Result<void> writeMetaText(db::Connection& connection, std::string_view key,
                                 std::string_view value) {
    return writeMeta(connection, key,
                     [&](db::Statement& statement) { statement.bindText(2, value); });
}

base::Result<void> fill(db::Connection& connection, int64_t wall_ns) {
    EVD_TRY(connection.execute("BEGIN IMMEDIATE"));
    EVD_TRY(connection.execute(kTables));
    EVD_TRY(writeMetaText(connection, "schema_version", kVersion));
    EVD_TRY(writeMetaText(connection, "created_at", base::formatIsoTime(wall_ns)));
    EVD_TRY(writeMeta(connection, "admin_sd", [](db::Statement& statement) {
        statement.bindBlob(2, defaultAdminDescriptor());
    }));
    return connection.execute("COMMIT");
}

base::Result<void> verify(db::Connection& connection) {
    auto query = connection.prepare("SELECT value FROM meta WHERE key = 'schema_version'");
    if (!query) {
        return query.error();
    }
    auto row = query.value()->step();
    if (!row) {
        return row.error();
    }
    const std::string version(row.value() ? query.value()->columnText(0) : "");
    if (version != kVersion) {
        return base::fail(
            base::ErrorKind::Unsupported,
            base::cat("schema version \"", version, "\", this build knows version ", kVersion));
    }
    for (const std::string_view probe : kProbes) {
        auto statement = connection.prepare(probe);
        if (!statement) {
            return statement.error();
        }
    }
    return {};
}

// Calls `take` for each row; a row limit goes into parameter 1.
base::Result<void> forEachRow(db::Connection& connection, std::string_view sql,
                              const std::function<void(const db::Statement&)>& take) {
    auto query = connection.prepare(sql);
    if (!query) {
        return query.error();
    }
    query.value()->bindInteger(1, kRowsReadMax);
    for (;;) {
        auto row = query.value()->step();
        if (!row || !row.value()) {
            return row ? base::Result<void>() : row.error();
        }
        take(*query.value());
    }
}

// key, count, window start.
CounterRecord counterRecord(const db::Statement& row) {
    return {std::string(row.columnText(0)),
            static_cast<uint64_t>(std::max<int64_t>(row.columnInteger(1), 0)),
            std::max<int64_t>(row.columnInteger(2), 0)};
}

int64_t numberIn(std::string_view text) {
    const auto number = base::parseU64(text);
    return number ? clampToInteger(number.value()) : 0;
}

}  // namespace

std::span<const uint8_t> defaultAdminDescriptor() {
    return kAdminDescriptor;
}

base::Result<std::unique_ptr<MetaStore>> MetaStore::openExisting(const std::string& path) {
    auto opened = db::Connection::openForWriting(path);
    if (!opened) {
        return opened.error();
    }
    EVD_TRY(opened.value()->execute("PRAGMA synchronous=NORMAL"));
    EVD_TRY(verify(*opened.value()));
    return std::unique_ptr<MetaStore>(new MetaStore(std::move(opened).value()));
}

base::Result<MetaStore::Opened> MetaStore::open(const std::string& directory,
                                                const base::Clock& clock) {
    const std::string path = base::cat(directory, "/", db::kMetaFileName);
    auto existing = openExisting(path);
    if (existing) {
        return Opened{std::move(existing).value(), {}};
    }
    const base::ErrorKind kind = existing.error().kind;
    const bool is_missing = kind == base::ErrorKind::NotFound;
    // Invalid: a table or column that we ask for is not there.
    const bool is_useless = kind == base::ErrorKind::Corrupt ||
                            kind == base::ErrorKind::Unsupported ||
                            kind == base::ErrorKind::Invalid;
    if (!is_missing && !is_useless) {
        return existing.error();
    }
    Opened opened;
    if (is_useless) {
        opened.trouble = base::cat(path, ": ", existing.error().text, ", kept as ", path,
                                   ".old; starting again without knowledge of earlier questions");
        EVD_TRY(putAside(path));
    }
    EVD_TRY(createDatabase(path, clock.wallNs(), fill, kMetaPageBytes));
    auto created = openExisting(path);
    if (!created) {
        return created.error();
    }
    opened.store = std::move(created).value();
    return opened;
}

base::Result<MetaStore::State> MetaStore::load() {
    State state;
    EVD_TRY(loadIndexes(state.indexes));
    EVD_TRY(loadRollups(state.rollups));
    EVD_TRY(loadMeta(state));
    return state;
}

base::Result<void> MetaStore::loadIndexes(IndexPolicy::State& state) {
    EVD_TRY(forEachRow(
        *connection_, "SELECT field_path, query_count, window_start FROM index_counters LIMIT ?1",
        [&](const db::Statement& row) { state.counters.push_back(counterRecord(row)); }));
    return forEachRow(
        *connection_,
        "SELECT field_path, is_expression FROM desired_indexes "
        "ORDER BY priority, field_path LIMIT ?1",
        [&](const db::Statement& row) {
            state.desired.push_back({std::string(row.columnText(0)), row.columnInteger(1) != 0});
        });
}

base::Result<void> MetaStore::loadRollups(RollupPolicy::State& state) {
    EVD_TRY(forEachRow(
        *connection_,
        "SELECT function_window, query_count, window_start FROM rollup_counters LIMIT ?1",
        [&](const db::Statement& row) { state.counters.push_back(counterRecord(row)); }));
    return forEachRow(*connection_,
                      "SELECT function_window FROM desired_rollups "
                      "ORDER BY priority, function_window LIMIT ?1",
                      [&](const db::Statement& row) {
                          if (const auto kind = parseRollupKind(row.columnText(0))) {
                              state.desired.push_back(*kind);
                          }
                      });
}

base::Result<void> MetaStore::loadMeta(State& state) {
    return forEachRow(
        *connection_, "SELECT key, value FROM meta WHERE typeof(value) = 'text' LIMIT ?1",
        [&](const db::Statement& row) {
            const std::string key(row.columnText(0));
            const int64_t number = numberIn(row.columnText(1));
            if (key == kCountedUntilKey) {
                state.indexes.counted_until_ns = number;
                state.rollups.counted_until_ns = number;
            } else if (key.starts_with(kManualPrefix)) {
                state.indexes.manual.push_back({key.substr(kManualPrefix.size()), number});
            }
        });
}

base::Result<void> MetaStore::save(const State& state) {
    EVD_TRY(db::inTransaction(*connection_, [&] { return saveRows(state); }));
    // The log is small and nobody reads this file in passing; a checkpoint that fails is done by
    // the next one.
    (void)connection_->checkpointPassive();
    return {};
}

base::Result<void> MetaStore::saveRows(const State& state) {
    EVD_TRY(
        connection_->execute("DELETE FROM index_counters; DELETE FROM desired_indexes;"
                             "DELETE FROM rollup_counters; DELETE FROM desired_rollups;"
                             "DELETE FROM meta WHERE key GLOB 'manual_index.*'"));
    EVD_TRY(saveCounters("index_counters", state.indexes.counters));
    EVD_TRY(saveCounters("rollup_counters", state.rollups.counters));
    EVD_TRY(saveDesired(state));
    for (const IndexPolicy::ManualIndex& manual : state.indexes.manual) {
        EVD_TRY(saveNumber(base::cat(kManualPrefix, manual.path), manual.asked_ns));
    }
    return saveNumber(std::string(kCountedUntilKey), state.indexes.counted_until_ns);
}

base::Result<void> MetaStore::saveCounters(std::string_view table,
                                           const std::vector<CounterRecord>& counters) {
    auto insert = connection_->prepare(base::cat("INSERT INTO ", table, " VALUES (?1, ?2, ?3)"));
    if (!insert) {
        return insert.error();
    }
    for (const CounterRecord& record : counters) {
        insert.value()->bindText(1, record.key);
        insert.value()->bindInteger(2, clampToInteger(record.count));
        insert.value()->bindInteger(3, record.window_start_ns);
        EVD_TRY(insert.value()->step());
        insert.value()->reset();
    }
    return {};
}

base::Result<void> MetaStore::saveDesired(const State& state) {
    auto index = connection_->prepare("INSERT INTO desired_indexes VALUES (?1, ?2, ?3)");
    auto rollup = connection_->prepare("INSERT INTO desired_rollups VALUES (?1, ?2)");
    if (!index || !rollup) {
        return index ? rollup.error() : index.error();
    }
    int64_t priority = 0;
    for (const IndexField& field : state.indexes.desired) {
        index.value()->bindText(1, field.path);
        index.value()->bindInteger(2, ++priority);
        index.value()->bindInteger(3, field.is_expression ? 1 : 0);
        EVD_TRY(index.value()->step());
        index.value()->reset();
    }
    priority = 0;
    for (const RollupKind& kind : state.rollups.desired) {
        const std::string text = rollupKindText(kind);
        rollup.value()->bindText(1, text);
        rollup.value()->bindInteger(2, ++priority);
        EVD_TRY(rollup.value()->step());
        rollup.value()->reset();
    }
    return {};
}

base::Result<void> MetaStore::saveNumber(const std::string& key, int64_t value) {
    return writeMetaText(*connection_, key, base::cat(value));
}

}  // namespace evd::store
