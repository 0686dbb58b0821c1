#include "queryd/exec/database_survey.h"

#include "common/base/text.h"
#include "queryd/exec/read_snapshot.h"
#include "queryd/exec/record_statement.h"
#include "queryd/exec/time_ranges.h"
#include "queryd/exec/visible_fields.h"

#include <algorithm>

namespace evd::queryd {

namespace {

constexpr int64_t kFirst = std::numeric_limits<int64_t>::min();
constexpr int64_t kLast = std::numeric_limits<int64_t>::max();
// A range of less than a fifth of a database's time is found quicker by the index on time.
constexpr double kNarrowShare = 0.2;

// The only row of a statement of two columns; false when a value is NULL.
base::Result<bool> readPair(db::Connection& connection, const std::string& sql, int64_t& first,
                            int64_t& second) {
    auto statement = connection.prepare(sql);
    if (!statement) {
        return statement.error();
    }
    auto row = statement.value()->step();
    if (!row) {
        return row.error();
    }
    if (!row.value() || statement.value()->columnKind(0) == db::ColumnKind::Null) {
        return false;
    }
    first = statement.value()->columnInteger(0);
    second = statement.value()->columnInteger(1);
    return true;
}

// The least and the greatest, each one look-up in an index.
std::string endsSql(std::string_view column, std::string_view table) {
    return base::cat("SELECT (SELECT min(", column, ") FROM ", table, "),(SELECT max(", column,
                     ") FROM ", table, ")");
}

// What is known without counting.
HitEstimate estimateOf(const DatabaseSurvey& survey) {
    HitEstimate hits;
    if (survey.newest) {
        hits.page = survey.newest->page;
        hits.ids_beside =
            static_cast<uint64_t>(*survey.last_id) - static_cast<uint64_t>(survey.newest->from_id);
    }
    return hits;
}

}  // namespace

uint64_t DatabaseSurvey::rowsMax() const {
    // As unsigned, the difference of any two ids fits.
    return is_empty ? 0 : static_cast<uint64_t>(*last_id) - static_cast<uint64_t>(first_id) + 1;
}

IdRange DatabaseSurvey::ids() const {
    return {first_id == kFirst ? kFirst : first_id - 1, *last_id};
}

TimeRange neededTime(const TimeRange& asked, const DatabaseSurvey& survey) {
    TimeRange needed = asked;
    if (needed.since_ns <= survey.oldest_ns) {
        needed.since_ns = kFirst;
    }
    if (needed.until_ns > survey.newest_ns) {
        needed.until_ns = kLast;
    }
    return needed;
}

bool isOutside(const RecordPlan& plan, const DatabaseSurvey& survey) {
    const TimeRange& time = plan.time;
    return survey.is_empty || survey.names.isNothing() || time.since_ns >= time.until_ns ||
           time.since_ns > survey.newest_ns || time.until_ns <= survey.oldest_ns;
}

uint64_t namedRowsMax(uint64_t rows_max) {
    return std::max(kFewNamedRows, rows_max / kNameIndexShare);
}

bool isByName(const DatabaseSurvey& survey) {
    return survey.names.kind == NameChoice::Kind::Listed && survey.named_rows &&
           *survey.named_rows <= namedRowsMax(survey.rowsMax());
}

bool isFew(const DatabaseSurvey& survey) {
    return (survey.named_rows && *survey.named_rows <= kFewNamedRows) ||
           (survey.index && survey.index->rows <= kFewNamedRows);
}

TimeOrderWay newestWay(const DatabaseSurvey& survey) {
    HitEstimate hits = estimateOf(survey);
    if (isFew(survey)) {
        hits.all = std::min(survey.named_rows.value_or(kFewNamedRows),
                            survey.index ? survey.index->rows : kFewNamedRows);
    }
    return chooseTimeOrderWay(hits);
}

bool isNarrowTime(const RecordPlan& plan, const DatabaseSurvey& survey) {
    const TimeRange needed = neededTime(plan.time, survey);
    const double whole =
        static_cast<double>(survey.newest_ns) - static_cast<double>(survey.oldest_ns);
    if (seeksRanges(plan)) {
        const TimeRange there = {survey.oldest_ns, laterBy(survey.newest_ns, 1)};
        const TimeRanges within = plan.within->intersectedWith(TimeRanges(there));
        return within.totalNs() < whole * kNarrowShare;
    }
    const double since =
        static_cast<double>(needed.since_ns == kFirst ? survey.oldest_ns : needed.since_ns);
    const double until =
        static_cast<double>(needed.until_ns == kLast ? survey.newest_ns : needed.until_ns);
    return until - since < whole * kNarrowShare;
}

base::Result<ScanEnd> SurveyTask::slice(db::Connection& connection) {
    const ReadSnapshot snapshot(connection);
    EVD_TRY(snapshot.begun());
    DatabaseSurvey survey;
    survey.last_id = kFirst;
    auto names = chooseNames(connection, plan_);
    if (!names) {
        return names.error();
    }
    survey.names = std::move(names).value();
    EVD_TRY(readIds(connection, survey));
    if (!survey.is_empty) {
        EVD_TRY(readTimes(connection, survey));
        EVD_TRY(chooseIndexes(connection, survey));
        EVD_TRY(countNamed(connection, survey));
        EVD_TRY(checkFields(connection, survey));
    }
    survey_ = std::move(survey);
    return ScanEnd::Finished;
}

base::Result<void> SurveyTask::checkFields(db::Connection& connection,
                                           DatabaseSurvey& survey) const {
    if (plan_.sight == nullptr) {
        return {};
    }
    auto refused = findRefused(connection, plan_, survey.names);
    if (!refused) {
        return refused.error();
    }
    survey.refused = std::move(refused).value();
    return {};
}

base::Result<void> SurveyTask::readIds(db::Connection& connection, DatabaseSurvey& survey) const {
    int64_t last_id = 0;
    auto any = readPair(connection, endsSql("id", plan_.table->name), survey.first_id, last_id);
    if (!any) {
        // Invalid: a database that has no such table, perhaps not yet.
        return any.error().kind == base::ErrorKind::Invalid ? base::Result<void>()
                                                            : base::Result<void>(any.error());
    }
    last_id = std::min(any.value() ? last_id : kFirst, last_id_max_.value_or(kLast));
    survey.is_empty = !any.value() || last_id < survey.first_id;
    survey.last_id = last_id;
    return {};
}

base::Result<void> SurveyTask::readTimes(db::Connection& connection, DatabaseSurvey& survey) const {
    auto any = readPair(connection, endsSql(plan_.table->time().name, plan_.table->name),
                        survey.oldest_ns, survey.newest_ns);
    return any ? base::Result<void>() : base::Result<void>(any.error());
}

uint64_t SurveyTask::rowsCounted(const DatabaseSurvey& survey) const {
    const uint64_t rows_max = count_ == Count::Few ? kFewNamedRows : namedRowsMax(survey.rowsMax());
    return std::min(rows_max, sortedHitsMax(estimateOf(survey)));
}

// Which indexes there are; and how many rows the best of them would find.
base::Result<void> SurveyTask::chooseIndexes(db::Connection& connection,
                                             DatabaseSurvey& survey) const {
    auto indexes = FieldIndexes::of(connection, *plan_.table);
    if (!indexes) {
        return indexes.error();
    }
    const TableColumn& name = plan_.table->nameColumn();
    if (const auto index = indexes.value().find({std::string(name.name), &name})) {
        survey.names.index = index->name;
    }
    // How long a question takes must not tell what a hidden field holds.
    const bool by_record = survey.names.by_record;
    const RecordPlan searched = by_record ? withoutHidden(plan_, survey.names) : RecordPlan();
    auto parts = searchableParts(connection, by_record ? searched : plan_, indexes.value());
    if (!parts) {
        return parts.error();
    }
    std::vector<std::vector<IndexSearch>> by_value = parts.value();
    std::erase_if(by_value, [](const std::vector<IndexSearch>& searches) {
        return std::ranges::any_of(searches, &IndexSearch::isRange);
    });
    if (!survey.names.index.empty() && survey.names.kind == NameChoice::Kind::Listed) {
        by_value.push_back({searchOfNames(*plan_.table, survey.names)});
    }
    EVD_TRY(findNewest(connection, by_value, survey));
    auto choice = chooseIndex(connection, *plan_.table, parts.value(), rowsCounted(survey));
    if (!choice) {
        return choice.error();
    }
    survey.index = std::move(choice).value();
    // A range has its rows in no order of ids; only where they have been counted are they few.
    if (by_value.empty() && survey.index && survey.index->rows <= kFewNamedRows) {
        return findNewest(connection, std::span(&survey.index->searches, 1), survey);
    }
    return {};
}

// Ids tell the newest hits only where none of them is too new to be asked for.
base::Result<void> SurveyTask::findNewest(db::Connection& connection,
                                          std::span<const std::vector<IndexSearch>> parts,
                                          DatabaseSurvey& survey) const {
    const bool is_open = neededTime(plan_.time, survey).until_ns == kLast;
    if (newest_page_ == 0 || !is_open || plan_.within != nullptr) {
        return {};
    }
    auto newest = findNewestHits(connection, *plan_.table, parts, survey.ids(), newest_page_);
    if (!newest) {
        return newest.error();
    }
    survey.newest = std::move(newest).value();
    return {};
}

base::Result<void> SurveyTask::countNamed(db::Connection& connection,
                                          DatabaseSurvey& survey) const {
    if (survey.names.index.empty() || survey.names.kind != NameChoice::Kind::Listed) {
        return {};
    }
    const uint64_t rows_max = rowsCounted(survey);
    BoundSql sql;
    sql.text = base::cat("SELECT count(*) FROM (SELECT 1 FROM ",
                         sql.tableWith(*plan_.table, survey.names.index), " WHERE ",
                         plan_.table->nameColumn().name, "=? LIMIT ?)");
    auto statement = prepareSql(connection, sql);
    if (!statement) {
        return statement.error();
    }
    uint64_t rows = 0;
    for (const std::string& name : survey.names.names) {
        statement.value()->reset();
        statement.value()->bindText(1, name);
        statement.value()->bindInteger(2, static_cast<int64_t>(rows_max - rows + 1));
        auto row = statement.value()->step();
        if (!row) {
            return row.error();
        }
        rows += static_cast<uint64_t>(statement.value()->columnInteger(0));
        if (rows > rows_max) {
            break;
        }
    }
    if (rows <= rows_max || !survey.newest) {
        survey.named_rows = rows;
    }
    return {};
}

}  // namespace evd::queryd
