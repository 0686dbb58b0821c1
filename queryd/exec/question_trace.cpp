#include "queryd/exec/question_trace.h"

#include "common/base/text.h"

#include <algorithm>

namespace evd::queryd {

namespace {

std::string_view fileName(const DatabaseFile& file) {
    const std::string_view path = file.path;
    return path.substr(path.rfind('/') + 1);  // npos + 1 is the whole
}

// What SQLite says of a statement, line by line, without the lines that say nothing of a table.
void addAccess(std::string_view description, std::vector<std::string>& all) {
    for (const std::string_view line : base::split(description, '\n')) {
        const bool tells = !line.empty() && !line.starts_with("SCAN CONSTANT ROW") &&
                           !line.starts_with("SCALAR SUBQUERY");
        if (tells && std::find(all.begin(), all.end(), line) == all.end()) {
            all.emplace_back(line);
        }
    }
}

}  // namespace

base::Result<void> QuestionTrace::watch(
    const DatabaseFile& file, const RunControl& control, db::Connection& connection,
    const std::function<base::Result<void>(db::Connection&)>& work) {
    const int64_t begun_ns = control.clock->monotonicNs();
    connection.beginTrace();
    auto done = work(connection);
    const int64_t time_ns = control.clock->monotonicNs() - begun_ns;
    const db::ReadTrace trace = connection.endTrace();
    // Asked while the database is as it was for the work, and before the lock is taken.
    std::vector<std::string> access;
    for (const db::TracedStatement& statement : trace.statements) {
        addAccess(connection.describe(statement.sql), access);
    }
    const std::lock_guard lock(mutex_);
    Read& read = readOf(control.step, file);
    for (const std::string& one : access) {
        addAccess(one, read.access);
    }
    for (const db::TracedStatement& statement : trace.statements) {
        read.rows_looked_at += statement.rows_looked_at;
        read.rows_matched += statement.rows_matched;
    }
    read.bytes_read += trace.bytes_read;
    read.time_ns += time_ns;
    ++read.slices;
    return done;
}

void QuestionTrace::noteCutShort(std::string_view step, const DatabaseFile& file) {
    const std::lock_guard lock(mutex_);
    readOf(step, file).cut_short = true;
}

void QuestionTrace::noteLeftOut(std::string_view step, const DatabaseFile& file) {
    const std::lock_guard lock(mutex_);
    readOf(step, file).left_out = true;
}

void QuestionTrace::forget() {
    const std::lock_guard lock(mutex_);
    reads_.clear();
}

std::vector<QuestionTrace::Read> QuestionTrace::reads() const {
    const std::lock_guard lock(mutex_);
    return reads_;
}

// Under the lock.
QuestionTrace::Read& QuestionTrace::readOf(std::string_view step, const DatabaseFile& file) {
    const auto find = [&](std::string_view database) {
        return std::find_if(reads_.begin(), reads_.end(), [&](const Read& read) {
            return read.step == step && read.database == database;
        });
    };
    auto found = find(fileName(file));
    const bool is_full = reads_.size() >= kTracedReadsMax;
    if (found == reads_.end() && is_full) {
        found = find("");
    }
    if (found == reads_.end()) {
        Read read;
        read.step = step;
        read.database = is_full ? "" : fileName(file);
        found = reads_.insert(reads_.end(), std::move(read));
    }
    return *found;
}

}  // namespace evd::queryd
