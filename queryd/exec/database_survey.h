#pragma once

#include "common/base/result.h"
#include "common/db/sqlite.h"
#include "queryd/exec/index_choice.h"
#include "queryd/exec/name_choice.h"
#include "queryd/exec/newest_hits.h"
#include "queryd/exec/shard_tasks.h"
#include "queryd/plan/record_plan.h"

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace evd::queryd {

// A database whose names have at most so many rows is read by name, however few rows are wanted.
inline constexpr uint64_t kFewNamedRows = 5000;
// Walking an index on names costs about this many times as much per row as walking the table.
inline constexpr uint64_t kNameIndexShare = 8;

// What a first look at one database tells before the rows are read: how many there are at most, of
// which time, and which names are in question. Everything holds for the rows up to last_id, so it
// stays true while others are committed. Plain data.
struct DatabaseSurvey {
    std::optional<int64_t> last_id;  // nothing: the database could not be read
    int64_t first_id = 0;
    bool is_empty = true;
    int64_t oldest_ns = 0;
    int64_t newest_ns = 0;
    NameChoice names;
    // Rows of these names, counted up to namedRowsMax(); nothing: not counted, or, with `newest`,
    // too many to be sorted.
    std::optional<uint64_t> named_rows;
    // What other indexes find, if it is no more than was counted up to.
    std::optional<IndexChoice> index;
    // Where the newest hits of the rarest of all these searches lie, if it was asked for.
    std::optional<NewestHits> newest;
    // A field by which the answer may not be made for who asks (Ruling A4).
    std::optional<std::string> refused;

    uint64_t rowsMax() const;  // ids that may be rows
    IdRange ids() const;
};

// The range that remains to be tested: a bound that leaves no row of the database out is opened, so
// that nobody compares it a million times.
TimeRange neededTime(const TimeRange& asked, const DatabaseSurvey& survey);

// Whether no row of the database can be in the answer.
bool isOutside(const RecordPlan& plan, const DatabaseSurvey& survey);

// How far counting the rows of names goes before the index on names is not worth it any more.
uint64_t namedRowsMax(uint64_t rows_max);

// Whether so few rows are found, by names or by another index, that nothing else is quicker.
bool isFew(const DatabaseSurvey& survey);

// The way to the first records of a newest-first answer, for which `newest` was asked.
TimeOrderWay newestWay(const DatabaseSurvey& survey);

// Whether reading name by name is quicker than reading everything.
bool isByName(const DatabaseSurvey& survey);

// Whether the range of time, as far as it lies in the database, leaves most of it out, so that the
// index on time is the quicker way.
bool isNarrowTime(const RecordPlan& plan, const DatabaseSurvey& survey);

// Takes one database's survey, in one snapshot. See ShardTask.
class SurveyTask final : public ShardTask {
  public:
    // How far rows of names and of other indexes are counted: whether they are few, or up to
    // namedRowsMax().
    enum class Count { Few, Share };

    // With newest_page the newest hits are looked for, and that many make their first page. Rows
    // above last_id_max came after the question.
    SurveyTask(const RecordPlan& plan, Count count, DatabaseFile file, uint64_t newest_page = 0,
               std::optional<int64_t> last_id_max = {})
        : ShardTask(std::move(file)),
          plan_(plan),
          count_(count),
          newest_page_(newest_page),
          last_id_max_(last_id_max) {}

    base::Result<ScanEnd> slice(db::Connection& connection) override;
    base::Result<void> failure() const override { return {}; }
    std::string_view stepName() const override { return "survey"; }
    const DatabaseSurvey& survey() const { return survey_; }

  private:
    base::Result<void> readIds(db::Connection& connection, DatabaseSurvey& survey) const;
    base::Result<void> readTimes(db::Connection& connection, DatabaseSurvey& survey) const;
    base::Result<void> chooseIndexes(db::Connection& connection, DatabaseSurvey& survey) const;
    base::Result<void> findNewest(db::Connection& connection,
                                  std::span<const std::vector<IndexSearch>> parts,
                                  DatabaseSurvey& survey) const;
    base::Result<void> checkFields(db::Connection& connection, DatabaseSurvey& survey) const;
    base::Result<void> countNamed(db::Connection& connection, DatabaseSurvey& survey) const;
    uint64_t rowsCounted(const DatabaseSurvey& survey) const;

    const RecordPlan& plan_;
    const Count count_;
    const uint64_t newest_page_;
    const std::optional<int64_t> last_id_max_;
    DatabaseSurvey survey_;
};

}  // namespace evd::queryd
