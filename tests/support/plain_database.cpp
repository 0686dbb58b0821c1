#include "tests/support/plain_database.h"

#include "common/base/text.h"
#include "common/db/sql_functions.h"

#include <sqlite3.h>
#include <algorithm>
#include <filesystem>
#include <utility>

namespace evd::test {

PlainDatabase::PlainDatabase(const std::string& path) {
    if (sqlite3_open_v2(path.c_str(), &db_, SQLITE_OPEN_READWRITE, "unix") != SQLITE_OK) {
        error_ = base::cat("cannot be opened: ", sqlite3_errmsg(db_));
    } else if (const auto known = db::registerSqlFunctions(db_); !known) {
        error_ = known.error().text;
    }
}

PlainDatabase::~PlainDatabase() {
    sqlite3_close(db_);
}

std::vector<PlainDatabase::Row> PlainDatabase::ask(const std::string& sql) {
    std::vector<Row> rows;
    askEach(sql, [&](const Row& row) { rows.push_back(row); });
    return rows;
}

void PlainDatabase::askEach(const std::string& sql, const std::function<void(const Row&)>& take) {
    sqlite3_stmt* statement = nullptr;
    int outcome = sqlite3_prepare_v2(db_, sql.c_str(), -1, &statement, nullptr);
    Row row;
    while (outcome == SQLITE_OK || outcome == SQLITE_ROW) {
        outcome = sqlite3_step(statement);
        if (outcome == SQLITE_ROW) {
            row.clear();
            for (int column = 0; column < sqlite3_column_count(statement); ++column) {
                const unsigned char* text = sqlite3_column_text(statement, column);
                row.emplace_back(text == nullptr ? "" : reinterpret_cast<const char*>(text));
            }
            take(row);
        }
    }
    if (outcome != SQLITE_DONE) {
        error_ = base::cat(sql, ": ", sqlite3_errmsg(db_));
    }
    sqlite3_finalize(statement);
}

bool PlainDatabase::hasTable(const std::string& name) {
    return !ask(base::cat("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = '", name,
                          "'"))
                .empty();
}

std::vector<std::string> databasesIn(const std::string& folder, const std::string& stem) {
    std::vector<std::string> paths;
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
        const std::string name = entry.path().filename().string();
        if (entry.is_regular_file() && name.starts_with(stem) && name.ends_with(".db")) {
            paths.push_back(entry.path().string());
        }
    }
    std::sort(paths.begin(), paths.end());
    return paths;
}

std::vector<uint8_t> bytesOfHex(const std::string& hex) {
    auto bytes = base::decodeHex(hex);
    return bytes.ok() ? std::move(bytes).value() : std::vector<uint8_t>();
}

uint64_t numberOf(const std::string& digits) {
    const auto number = base::parseU64(digits);
    return number.ok() ? number.value() : 0;
}

}  // namespace evd::test
