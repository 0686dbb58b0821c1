#include "queryd/exec/newest_hits.h"

#include "common/base/text.h"
#include "queryd/exec/database_survey.h"
#include "queryd/exec/record_statement.h"
#include "queryd/exec/time_ranges.h"

#include <algorithm>
#include <functional>
#include <limits>

namespace evd::queryd {

namespace {

constexpr int64_t kFirst = std::numeric_limits<int64_t>::min();
constexpr uint64_t kPageGrowth = 4;
constexpr uint64_t kIdsMax = uint64_t{1} << 56;  // so many are too many, and still to be multiplied

// A search for each value alone: only then is the index in the order of ids.
std::vector<IndexSearch> singleSearches(const std::vector<IndexSearch>& searches) {
    std::vector<IndexSearch> singles;
    for (const IndexSearch& search : searches) {
        if (search.isRange()) {
            singles.push_back(search);
            continue;
        }
        for (const SqlParameter& value : search.values) {
            singles.push_back({search.index, {value}, {}, {}});
        }
    }
    return singles;
}

base::Result<void> readNewestIds(db::Connection& connection, const RecordTable& table,
                                 const IndexSearch& search, const IdRange& ids, uint64_t count,
                                 std::vector<int64_t>& found) {
    BoundSql sql;
    const std::string source = sql.tableWith(table, search.index.name);
    const std::string condition = searchSql(search, sql.parameters);
    sql.text = base::cat("SELECT id FROM ", source, " WHERE ", condition,
                         " AND id>? AND id<=? ORDER BY id DESC LIMIT ?");
    for (const int64_t value : {ids.after, ids.last, static_cast<int64_t>(count)}) {
        sql.parameters.push_back(SqlParameter::ofInteger(value));
    }
    auto statement = prepareSql(connection, sql);
    if (!statement) {
        return statement.error();
    }
    for (;;) {
        auto row = statement.value()->step();
        if (!row) {
            return row.error();
        }
        if (!row.value()) {
            return {};
        }
        found.push_back(statement.value()->columnInteger(0));
    }
}

// The id of the hit that is the count-th from the newest on; nothing when there are fewer.
base::Result<std::optional<int64_t>> newestId(db::Connection& connection, const RecordTable& table,
                                              const std::vector<IndexSearch>& searches,
                                              const IdRange& ids, uint64_t count) {
    std::vector<int64_t> found;
    for (const IndexSearch& search : singleSearches(searches)) {
        EVD_TRY(readNewestIds(connection, table, search, ids, count, found));
    }
    std::sort(found.begin(), found.end(), std::greater<>());
    // Two parts of an OR may find the same row.
    found.erase(std::unique(found.begin(), found.end()), found.end());
    return found.size() < count ? std::nullopt : std::optional(found[count - 1]);
}

// In steps through an index.
uint64_t newestCost(const HitEstimate& hits) {
    return hits.page * kHitCost + std::min(*hits.ids_beside, kIdsMax);
}

uint64_t walkCost(const HitEstimate& hits) {
    return std::min(*hits.ids_beside, kIdsMax) * kWalkedRowCost;
}

}  // namespace

TimeOrderWay chooseTimeOrderWay(const HitEstimate& hits) {
    if (hits.all && *hits.all <= sortedHitsMax(hits)) {
        return TimeOrderWay::SortAll;
    }
    const bool is_known = hits.ids_beside.has_value();
    return is_known && newestCost(hits) <= walkCost(hits) ? TimeOrderWay::NewestHits
                                                          : TimeOrderWay::Walk;
}

uint64_t sortedHitsMax(const HitEstimate& hits) {
    return hits.ids_beside ? std::min(newestCost(hits), walkCost(hits)) / kHitCost
                           : std::numeric_limits<uint64_t>::max();
}

IndexSearch searchOfNames(const RecordTable& table, const NameChoice& names) {
    IndexSearch search;
    search.index = {names.index, std::string(table.nameColumn().name)};
    for (const std::string& name : names.names) {
        search.values.push_back(SqlParameter::ofText(name));
    }
    return search;
}

base::Result<std::optional<NewestHits>> findNewestHits(
    db::Connection& connection, const RecordTable& table,
    std::span<const std::vector<IndexSearch>> parts, const IdRange& ids, uint64_t page) {
    std::optional<NewestHits> rarest;
    for (const std::vector<IndexSearch>& searches : parts) {
        const auto from = newestId(connection, table, searches, ids, page);
        if (!from) {
            return from.error();
        }
        if (!from.value()) {
            return std::optional<NewestHits>();
        }
        if (!rarest || *from.value() < rarest->from_id) {
            rarest = NewestHits{{searches, 0}, *from.value(), page};
        }
    }
    return rarest;
}

NewestHitsScan::NewestHitsScan(const ScanRequest& request, const NewestHits& hits)
    : hits_(hits), ids_(request.ids), request_(request), page_(hits.page), hits_read_(hits.page) {
    request_.order = ScanOrder::ByIndex;
    request_.index = &hits.choice;
    request_.ids = {hits.from_id - 1, ids_.last};  // a hit's id is never the least there is
}

base::Result<bool> NewestHitsScan::next(db::Connection& connection, std::optional<int64_t> floor) {
    const bool has_read_all = request_.ids.after == ids_.after;
    if (order() != ScanOrder::ByIndex || has_read_all) {
        return false;
    }
    if (floor) {
        // Few of these have such an id, so their order is not worth anything, and SQLite compares
        // less while it walks upwards.
        takeRowsBeside(ScanOrder::OldestFirst,
                       std::max(request_.time.since_ns, laterBy(*floor, 1)));
        return true;
    }
    auto is_before = beginsBeforeRange(connection);
    if (!is_before) {
        return is_before;
    }
    if (is_before.value() || hits_read_ > kFewNamedRows) {
        takeRowsBeside(ScanOrder::NewestFirst, request_.time.since_ns);
        return true;
    }
    return takeOlderHits(connection);
}

base::Result<bool> NewestHitsScan::takeOlderHits(db::Connection& connection) {
    const IdRange older = {ids_.after, request_.ids.after};
    const auto from = newestId(connection, *request_.plan.table, hits_.choice.searches, older,
                               page_ * kPageGrowth);
    if (!from) {
        return from.error();
    }
    page_ *= kPageGrowth;
    hits_read_ += page_;
    request_.ids = {from.value() ? *from.value() - 1 : ids_.after, older.last};
    position_ = {};
    return true;
}

// Whether the page has come to rows that are older than anything asked for, so that of those behind
// it only latecomers matter.
base::Result<bool> NewestHitsScan::beginsBeforeRange(db::Connection& connection) const {
    if (request_.time.since_ns == kFirst) {
        return false;
    }
    const RecordTable& table = *request_.plan.table;
    auto statement = connection.prepare(
        base::cat("SELECT ", table.time().name, " FROM ", table.name, " WHERE id=?"));
    if (!statement) {
        return statement.error();
    }
    statement.value()->bindInteger(1, request_.ids.after + 1);
    auto row = statement.value()->step();
    if (!row) {
        return row.error();
    }
    return row.value() && statement.value()->columnInteger(0) < request_.time.since_ns;
}

void NewestHitsScan::takeRowsBeside(ScanOrder order, int64_t since_ns) {
    request_.order = order;
    request_.index = nullptr;
    request_.ids = {kFirst, request_.ids.after};
    request_.time.since_ns = since_ns;
    position_ = {};
}

}  // namespace evd::queryd
