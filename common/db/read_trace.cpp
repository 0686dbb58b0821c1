// SQLite tells two things: a statement gave a row back, and a statement has come to its end (or was
// reset before it). At the end it knows how many rows a scan has stepped over. Statements of one
// connection may run inside one another (a look-up between the rows of a scan), so rows are counted
// by statement; judged rows belong to whichever ends first, for only scans are judged.

#include "common/db/read_trace.h"

#include <sqlite3.h>
#include <algorithm>
#include <string_view>
#include <utility>

namespace evd::db {

namespace {

// Not transactions and settings, nor SQLite's own look at the schema, which has no space there.
bool isOfInterest(sqlite3_stmt* statement) {
    const char* text = sqlite3_sql(statement);
    const std::string_view sql = text == nullptr ? "" : text;
    return sql.starts_with("SELECT ") || sql.starts_with("WITH ");
}

}  // namespace

ReadTracer::ReadTracer(sqlite3* handle) : handle_(handle) {
    int now = 0;
    int highest = 0;
    sqlite3_db_status(handle_, SQLITE_DBSTATUS_CACHE_MISS, &now, &highest, /*reset=*/1);
    sqlite3_trace_v2(handle_, SQLITE_TRACE_ROW | SQLITE_TRACE_PROFILE, &ReadTracer::hear, this);
}

ReadTracer::~ReadTracer() {
    sqlite3_trace_v2(handle_, 0, nullptr, nullptr);
}

int ReadTracer::hear(unsigned event, void* self, void* subject, void*) {
    auto& tracer = *static_cast<ReadTracer*>(self);
    auto* const statement = static_cast<sqlite3_stmt*>(subject);
    if (!isOfInterest(statement)) {
        return 0;
    }
    if (event == SQLITE_TRACE_ROW) {
        ++tracer.rowsGivenBy(statement);
    } else if (event == SQLITE_TRACE_PROFILE) {
        tracer.noteFinished(statement);
    }
    return 0;
}

uint64_t& ReadTracer::rowsGivenBy(sqlite3_stmt* statement) {
    for (Running& one : running_) {
        if (one.statement == statement) {
            return one.rows_given;
        }
    }
    return running_.emplace_back(Running{statement, 0}).rows_given;
}

void ReadTracer::noteFinished(sqlite3_stmt* finished) {
    // Reset, because a statement may be run again and counts on.
    const int stepped = sqlite3_stmt_status(finished, SQLITE_STMTSTATUS_FULLSCAN_STEP, 1);
    const uint64_t given = rowsGivenBy(finished);
    std::erase_if(running_, [finished](const Running& one) { return one.statement == finished; });
    const uint64_t judged = std::exchange(rows_judged_, 0);
    const std::string_view sql = sqlite3_sql(finished);
    auto& all = trace_.statements;
    auto known = std::find_if(all.begin(), all.end(),
                              [sql](const TracedStatement& one) { return one.sql == sql; });
    if (known == all.end()) {
        if (all.size() >= kTracedStatementsMax) {
            return;
        }
        known = all.insert(all.end(), {std::string(sql), 0, 0});
    }
    known->rows_matched += given;
    known->rows_looked_at += std::max({given, judged, static_cast<uint64_t>(stepped)});
}

ReadTrace ReadTracer::finish(uint32_t page_bytes) {
    int missed = 0;
    int highest = 0;
    sqlite3_db_status(handle_, SQLITE_DBSTATUS_CACHE_MISS, &missed, &highest, /*reset=*/1);
    trace_.bytes_read = static_cast<uint64_t>(missed) * page_bytes;
    return std::exchange(trace_, {});
}

}  // namespace evd::db
