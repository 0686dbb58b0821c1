#include "queryd/exec/reading_plan.h"

#include "queryd/exec/group_task.h"

#include <limits>

namespace evd::queryd {

ScanOrder quickestOrder(const RecordPlan& plan, const DatabaseSurvey& survey) {
    const bool by_name = isByName(survey);
    const bool by_index = survey.index && survey.index->rows <= namedRowsMax(survey.rowsMax()) &&
                          (!by_name || survey.index->rows < *survey.named_rows);
    if (!isFew(survey) && isNarrowTime(plan, survey)) {
        return ScanOrder::NewestFirst;
    }
    return by_index ? ScanOrder::ByIndex : by_name ? ScanOrder::ByName : ScanOrder::ById;
}

namespace {

// Few rows are not worth the second thread's start.
bool isSplittable(const RecordPlan& plan, const DatabaseSurvey& survey, const ReadingPart& part,
                  uint64_t rows_min) {
    if (part.order == ScanOrder::ByIndex) {
        return survey.index->rows > kFewNamedRows;
    }
    return part.order != ScanOrder::NewestFirst && survey.rowsMax() >= rows_min &&
           !(plan.aggregation && GroupTask::countsEverything(plan, part.time));
}

}  // namespace

std::vector<IdRange> splitIds(const IdRange& ids, uint64_t count) {
    // As unsigned numbers, so that ids of both signs have a difference.
    const auto after = static_cast<uint64_t>(ids.after);
    const uint64_t width = static_cast<uint64_t>(ids.last) - after;
    std::vector<IdRange> parts;
    uint64_t begin = 0;
    for (uint64_t i = 1; i <= count; ++i) {
        const uint64_t end = i == count ? width : width / count * i;
        if (end > begin) {
            parts.push_back(
                {static_cast<int64_t>(after + begin), static_cast<int64_t>(after + end)});
            begin = end;
        }
    }
    return parts;
}

uint64_t rowsMax(const RecordPlan& plan) {
    uint64_t rows = 0;
    const bool is_bounded = plan.take && !__builtin_add_overflow(plan.skip, *plan.take, &rows);
    return is_bounded ? rows : std::numeric_limits<uint64_t>::max();
}

bool isByTimeAlone(const RecordPlan& plan) {
    return plan.sort.empty() ||
           (plan.sort.size() == 1 &&
            plan.fields[plan.sort.front().field].column == &plan.table->time());
}

ScanOrder timeOrder(const RecordPlan& plan) {
    const bool ascending = !plan.sort.empty() && !plan.sort.front().descending;
    return ascending ? ScanOrder::OldestFirst : ScanOrder::NewestFirst;
}

bool isNewestFirst(const RecordPlan& plan) {
    return isByTimeAlone(plan) && timeOrder(plan) == ScanOrder::NewestFirst;
}

uint64_t newestPage(const RecordPlan& plan) {
    const uint64_t rows_max = rowsMax(plan);
    return isNewestFirst(plan) && rows_max <= kFewRowsMin ? rows_max : 0;
}

std::vector<ReadingPart> planReading(const RecordPlan& plan,
                                     std::span<const DatabaseSurvey> surveys,
                                     const ThreadSharing& sharing) {
    std::vector<ReadingPart> parts;
    const bool may_split = surveys.size() < 2 * size_t{sharing.threads};
    for (size_t i = 0; i < surveys.size(); ++i) {
        const DatabaseSurvey& survey = surveys[i];
        if (!survey.last_id || isOutside(plan, survey)) {
            continue;
        }
        ReadingPart part{i, quickestOrder(plan, survey), survey.ids(),
                         neededTime(plan.time, survey)};
        const bool splits = may_split && isSplittable(plan, survey, part, sharing.split_rows_min);
        for (const IdRange& ids : splitIds(part.ids, splits ? sharing.threads : 1)) {
            part.ids = ids;
            parts.push_back(part);
        }
    }
    return parts;
}

}  // namespace evd::queryd
