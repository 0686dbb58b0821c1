#include "tests/bench/bare_loop.h"

#include "common/base/check.h"
#include "common/base/clock.h"

#include <sqlite3.h>
#include <filesystem>
#include <vector>

namespace evd::bench {

namespace {

constexpr const char* kSchema =
    "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
    "CREATE TABLE events(id INTEGER PRIMARY KEY, boot_id BLOB NOT NULL, timestamp INTEGER NOT NULL,"
    " cpu_id INTEGER, sequence INTEGER, origin_class INTEGER, event_type TEXT NOT NULL,"
    " effective_token_guid BLOB, true_token_guid BLOB, process_guid BLOB, payload BLOB);"
    "CREATE INDEX idx_events_timestamp ON events(timestamp);";

void run(sqlite3* db, const char* sql) {
    EVD_CHECK(sqlite3_exec(db, sql, nullptr, nullptr, nullptr) == SQLITE_OK, "the bare loop's SQL");
}

void insertRow(sqlite3_stmt* insert, uint64_t row, const std::vector<uint8_t>& guid,
               const std::vector<uint8_t>& payload) {
    const int guid_bytes = static_cast<int>(guid.size());
    sqlite3_bind_int64(insert, 1, static_cast<sqlite3_int64>(row));
    sqlite3_bind_blob(insert, 2, guid.data(), guid_bytes, SQLITE_STATIC);
    sqlite3_bind_int64(insert, 3,
                       static_cast<sqlite3_int64>(1'790'000'000'000'000'000 + row * 900));
    sqlite3_bind_int64(insert, 4, 0);
    sqlite3_bind_int64(insert, 5, static_cast<sqlite3_int64>(row));
    sqlite3_bind_int64(insert, 6, 0);
    sqlite3_bind_text(insert, 7, "bench.event", -1, SQLITE_STATIC);
    for (int column = 8; column <= 10; ++column) {
        sqlite3_bind_blob(insert, column, guid.data(), guid_bytes, SQLITE_STATIC);
    }
    sqlite3_bind_blob(insert, 11, payload.data(), static_cast<int>(payload.size()), SQLITE_STATIC);
    EVD_CHECK(sqlite3_step(insert) == SQLITE_DONE, "the bare loop's insert");
    sqlite3_reset(insert);
}

}  // namespace

BareLoopFigures runBareLoop(const std::string& path, uint64_t rows, uint32_t rows_per_transaction,
                            uint32_t payload_bytes) {
    sqlite3* db = nullptr;
    EVD_CHECK(sqlite3_open(path.c_str(), &db) == SQLITE_OK, "the bare loop's database");
    run(db, kSchema);
    sqlite3_stmt* insert = nullptr;
    EVD_CHECK(sqlite3_prepare_v2(db, "INSERT INTO events VALUES(?,?,?,?,?,?,?,?,?,?,?)", -1,
                                 &insert, nullptr) == SQLITE_OK,
              "the bare loop's statement");
    const std::vector<uint8_t> guid(16, 0x5a);
    const std::vector<uint8_t> payload(payload_bytes, 0x61);
    const base::SystemClock clock;
    const int64_t start = clock.monotonicNs();
    for (uint64_t row = 1; row <= rows; ++row) {
        if ((row - 1) % rows_per_transaction == 0) {
            run(db, "BEGIN");
        }
        insertRow(insert, row, guid, payload);
        if (row % rows_per_transaction == 0 || row == rows) {
            run(db, "COMMIT");
        }
    }
    const int64_t elapsed = clock.monotonicNs() - start;
    sqlite3_finalize(insert);
    run(db, "PRAGMA wal_checkpoint(TRUNCATE)");
    sqlite3_close(db);
    BareLoopFigures figures;
    figures.rows_per_second = static_cast<double>(rows) * 1e9 / static_cast<double>(elapsed);
    figures.bytes_per_row =
        static_cast<double>(std::filesystem::file_size(path)) / static_cast<double>(rows);
    return figures;
}

}  // namespace evd::bench
