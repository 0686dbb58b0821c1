// Each database gives its next events up to its share of the page. A database that had more than
// its share sets the cutoff to the last row it looked at: beyond that id nothing is known of it, so
// nothing of any database beyond it can go out yet. What lies beyond the cutoff is dropped and read
// again with the next page. The shares are small against the page only when many databases have
// something at once, and then they are even, so little is read twice.

#include "queryd/exec/event_page_reader.h"

#include "common/base/text.h"
#include "common/db/schema.h"
#include "common/db/store_files.h"
#include "queryd/exec/record_scan.h"
#include "queryd/exec/visible_event.h"
#include "queryd/plan/event_table.h"

#include <algorithm>
#include <limits>

namespace evd::queryd {

namespace {

using base::ErrorKind;

constexpr uint64_t kShareEventsMin = 64;
constexpr uint64_t kShareBytesMin = 16 * 1024;

constexpr int kIdColumn = 0;  // of db::kEventColumns
constexpr int kSequenceColumn = 4;

std::string_view nameOf(const DatabaseFile& file) {
    return std::string_view(file.path).substr(file.path.rfind('/') + 1);
}

bool isDamage(const base::Error& error, const DatabaseFile& file) {
    // Invalid: it has no such table, and never will.
    return error.kind == ErrorKind::Corrupt || error.kind == ErrorKind::Invalid ||
           error.kind == ErrorKind::Unsupported || error.kind == ErrorKind::Denied ||
           // What the disk refuses of one in use is waited for, until it is put aside.
           (db::isFailedRead(error) && db::isQuarantined(nameOf(file)));
}

bool isSameSet(const std::vector<DatabaseFile>& left, const std::vector<DatabaseFile>& right) {
    return std::equal(left.begin(), left.end(), right.begin(), right.end(),
                      [](const DatabaseFile& one, const DatabaseFile& other) {
                          return one.path == other.path && one.isSameFile(other);
                      });
}

bool mayGrow(const DatabaseFile& file) {
    return db::shardOfFileName(nameOf(file)).has_value();
}

}  // namespace

base::Result<void> EventPageReader::read(const Request& request, const RunControl& control,
                                         EventPage& page) {
    for (int attempt = 1; attempt <= kPageAttemptsMax; ++attempt) {
        const auto before = databasesOf(db::discoverEventStores(event_folder_), "event");
        if (!before) {
            return before.error();
        }
        const auto sources = sourcesWithMore(request, before.value(), control);
        auto done = sources ? readAll(sources.value(), request, control, page)
                            : base::Result<void>(sources.error());
        if (!done && done.error().kind != ErrorKind::NotFound) {
            return done;
        }
        const auto after = databasesOf(db::discoverEventStores(event_folder_), "event");
        if (done && after && isSameSet(before.value(), after.value())) {
            return {};
        }
    }
    return base::fail(ErrorKind::Busy, "the event store's databases are being replaced, try again");
}

base::Result<std::vector<DatabaseFile>> EventPageReader::sourcesWithMore(
    const Request& request, const std::vector<DatabaseFile>& files, const RunControl& control) {
    std::vector<DatabaseFile> sources;
    for (const DatabaseFile& file : files) {
        const auto finished = finished_.find(file.path);
        if (finished != finished_.end() && finished->second.isSameFile(file)) {
            continue;
        }
        const LogRest::Visit visit(connections_.rest(), file, control);
        auto connection = connections_.acquire(file);
        auto greatest = connection ? greatestId(*connection.value(), eventTable())
                                   : base::Result<int64_t>(connection.error());
        if (!greatest && !isDamage(greatest.error(), file)) {
            return greatest.error();
        }
        if (!greatest) {
            continue;
        }
        connections_.release(file, std::move(connection).value());
        // One without any row may be on its way here, by a copy or a restore.
        const bool has_rows = greatest.value() != std::numeric_limits<int64_t>::min();
        if (greatest.value() > request.after_id) {
            sources.push_back(file);
        } else if (has_rows && !mayGrow(file)) {
            finished_.insert_or_assign(file.path, file);
        }
    }
    return sources;
}

base::Result<void> EventPageReader::readAll(const std::vector<DatabaseFile>& sources,
                                            const Request& request, const RunControl& control,
                                            EventPage& page) {
    page.entries.clear();
    page.bytes.clear();
    cutoff_ = request.stable_id;
    greatest_seen_ = request.after_id;
    const uint64_t count = std::max<uint64_t>(sources.size(), 1);
    const Share share{std::max(request.events_max / count, kShareEventsMin),
                      std::max(kEventPageBytesMax / count, kShareBytesMin)};
    for (const DatabaseFile& file : sources) {
        const LogRest::Visit visit(connections_.rest(), file, control);
        auto connection = connections_.acquire(file);
        if (!connection) {
            if (isDamage(connection.error(), file)) {
                continue;
            }
            return connection.error();
        }
        connection.value()->setProgressCheck([&control] { return control.shouldStop(); });
        const auto done = readSource(*connection.value(), request, share, page);
        connection.value()->setProgressCheck({});
        if (control.shouldStop()) {
            return control.stopError();
        }
        if (!done && !isDamage(done.error(), file)) {
            return done;
        }
        if (done) {
            connections_.release(file, std::move(connection).value());
        }
    }
    close(request, page);
    return {};
}

base::Result<void> EventPageReader::readSource(db::Connection& connection, const Request& request,
                                               const Share& share, EventPage& page) {
    auto statement = connection.prepare(
        base::cat("SELECT ", db::kEventColumns, " FROM events WHERE id>? AND id<=? ORDER BY id"));
    if (!statement) {
        return statement.error();
    }
    db::Statement& row = *statement.value();
    row.bindInteger(1, request.after_id);
    row.bindInteger(2, cutoff_);
    const size_t bytes_before = page.bytes.size();
    VisibleEvent event(request.sight);
    uint64_t events = 0;
    for (uint64_t rows = 1;; ++rows) {
        const auto there = row.step();
        if (!there) {
            return there.error();
        }
        if (!there.value()) {
            return {};
        }
        const int64_t id = row.columnInteger(kIdColumn);
        greatest_seen_ = std::max(greatest_seen_, id);
        if (event.take(row) && event.isWanted(request.cpu, row)) {
            const size_t begin = page.bytes.size();
            event.write(row, page.bytes);
            page.entries.push_back({id, begin, page.bytes.size(),
                                    static_cast<uint64_t>(row.columnInteger(kSequenceColumn))});
            ++events;
        }
        if (events >= share.events_max || rows >= kRowsLookedAtMax ||
            page.bytes.size() - bytes_before >= share.bytes_max) {
            cutoff_ = id;
            return {};
        }
    }
}

// Puts what is known in order and drops what goes beyond the cutoff or the page.
void EventPageReader::close(const Request& request, EventPage& page) {
    std::sort(page.entries.begin(), page.entries.end(),
              [](const auto& left, const auto& right) { return left.id < right.id; });
    // A copy of a database beside it holds the same events again.
    page.entries.erase(
        std::unique(page.entries.begin(), page.entries.end(),
                    [](const auto& left, const auto& right) { return left.id == right.id; }),
        page.entries.end());
    if (page.entries.size() > request.events_max) {
        cutoff_ = std::min(cutoff_, page.entries[request.events_max - 1].id);
    }
    while (!page.entries.empty() && page.entries.back().id > cutoff_) {
        page.entries.pop_back();
    }
    page.end.is_complete = cutoff_ == request.stable_id;
    page.end.stable_id = request.stable_id;
    // Below the stable id the cutoff is the id of a row; at it there may be none of that id.
    page.end.next_id = page.end.is_complete ? greatest_seen_ : cutoff_;
    page.end.next_sequence = request.cpu == nullptr ? 0 : request.cpu->after_sequence;
    if (request.cpu != nullptr && !page.entries.empty()) {
        page.end.next_sequence = page.entries.back().sequence;
    }
}

}  // namespace evd::queryd
