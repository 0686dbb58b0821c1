#include "queryd/exec/sorted_hits.h"

#include <algorithm>

namespace evd::queryd {

ScanRequest requestOf(const SurveyedAnswer& answer, const ReadingPart& part) {
    const DatabaseSurvey& survey = answer.surveys[part.database];
    ScanRequest request{answer.plan, answer.selection, part.order};
    request.ids = part.ids;
    request.time = part.time;
    request.names = &survey.names;
    request.index = survey.index ? &*survey.index : nullptr;
    request.control = answer.control;
    return request;
}

base::Result<bool> SortedHits::find(uint64_t bytes_max) {
    const bool is_newest = newestPage(answer_.plan) != 0;
    const ThreadSharing sharing = is_newest ? ThreadSharing() : answer_.readers.sharing();
    for (ReadingPart part : planReading(answer_.plan, answer_.surveys, sharing)) {
        const DatabaseSurvey& survey = answer_.surveys[part.database];
        const TimeOrderWay way = is_newest ? newestWay(survey) : TimeOrderWay::SortAll;
        if (way == TimeOrderWay::Walk) {
            part.order = ScanOrder::NewestFirst;
        }
        const ScanRequest request = requestOf(answer_, part);
        TopRecordsTask::Part first{
            answer_.plan,  request,   rowsMax(answer_.plan),
            part.database, bytes_max, is_newest ? 0 : positionsMax(part.ids)};
        first.newest = way == TimeOrderWay::NewestHits ? &*survey.newest : nullptr;
        tasks_.push_back(std::make_unique<TopRecordsTask>(first, answer_.databases[part.database],
                                                          answer_.readers.memory()));
    }
    EVD_TRY(runTasks(answer_.readers, answer_.control, tasks_));
    return std::ranges::none_of(tasks_, [](const auto& task) { return top(task).gaveUp(); });
}

base::Result<void> SortedHits::send(AnswerWindow& window) {
    if (std::ranges::any_of(tasks_, [](const auto& task) { return top(task).keptPositions(); })) {
        return sendByPosition(window);
    }
    for (const SortedRecord* record : records()) {
        if (window.isFull()) {
            break;
        }
        if (!window.skipsNext()) {
            EVD_TRY(window.send(record->bytes));
        }
    }
    return {};
}

base::Result<void> SortedHits::sendByPosition(AnswerWindow& window) {
    std::vector<HitPosition> positions;
    for (const auto& task : tasks_) {
        auto& found = top(task);
        positions.insert(positions.end(), found.positions().begin(), found.positions().end());
        found.positions() = {};
        for (const SortedRecord& record : found.records()) {
            positions.push_back({record.timestamp, record.id, record.database});
        }
        found.records() = {};
    }
    sortPositions(timeOrder(answer_.plan), positions);
    return HitLookUp(answer_.readers, answer_.plan, answer_.selection, answer_.control)
        .send(answer_.databases, positions, window);
}

std::vector<SortedRecord*> SortedHits::records() {
    std::vector<SortedRecord*> records;
    for (const auto& task : tasks_) {
        for (SortedRecord& record : top(task).records()) {
            records.push_back(&record);
        }
    }
    const RecordOrder order(answer_.plan);
    std::sort(records.begin(), records.end(),
              [&](const SortedRecord* left, const SortedRecord* right) {
                  return order.comesBefore(*left, *right);
              });
    return records;
}

}  // namespace evd::queryd
