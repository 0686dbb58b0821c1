#include "store/boot.h"

#include "common/base/clock.h"
#include "common/base/text.h"
#include "common/db/log_index.h"
#include "common/db/metadata.h"
#include "common/db/store_files.h"
#include "store/database_files.h"

#include <algorithm>
#include <limits>

namespace evd::store {

namespace {

constexpr int kSurveyAttemptsMax = 3;

// The greatest id and the boot that it belongs to.
base::Result<void> readNewest(db::Connection& connection, StoreSurvey& survey) {
    auto query = connection.prepare("SELECT id, boot_id FROM events ORDER BY id DESC LIMIT 1");
    if (!query) {
        return query.error();
    }
    auto row = query.value()->step();
    if (!row) {
        return row.error();
    }
    if (row.value() && query.value()->columnInteger(0) > survey.last_id) {
        survey.last_id = query.value()->columnInteger(0);
        const auto boot = base::guidFromBytes(query.value()->columnBlob(1));
        survey.last_boot = boot ? std::optional(boot.value()) : std::nullopt;
    }
    return {};
}

base::Result<void> surveyFile(const std::string& path, const base::Guid& boot_id,
                              StoreSurvey& survey, int64_t& last_id_ever) {
    auto opened = db::openSettled(path);
    if (!opened) {
        return opened.error();
    }
    // Each is read whatever becomes of the others: a damaged page in the events must not hide what
    // the receipts say, or it would all be taken in again.
    const auto receipts = readReceipts(*opened.value(), boot_id, survey.accounted);
    const auto newest = readNewest(*opened.value(), survey);
    const auto last_id = readLastIdEver(*opened.value());
    last_id_ever = std::max(last_id_ever, last_id ? last_id.value() : 0);
    EVD_TRY(receipts);
    EVD_TRY(newest);
    return last_id ? base::Result<void>() : last_id.error();
}

// Going on without a database means not to know what it holds, and to take that in again should it
// come: what may be a passing trouble is looked at more than once.
base::Result<void> surveyPatiently(const std::string& path, const base::Guid& boot_id,
                                   StoreSurvey& survey, int64_t& last_id_ever) {
    for (int attempt = 1;; ++attempt) {
        const auto read = surveyFile(path, boot_id, survey, last_id_ever);
        if (read || !mayPass(read.error().kind) || attempt == kSurveyAttemptsMax) {
            return read;
        }
    }
}

}  // namespace

base::Result<void> readReceipts(db::Connection& connection, const base::Guid& boot_id,
                                std::map<uint16_t, base::IntervalSet>& accounted) {
    auto query = connection.prepare(
        "SELECT cpu_id, first_sequence, last_sequence FROM receipts WHERE boot_id = ?1");
    if (!query) {
        return query.error();
    }
    db::Statement& receipt = *query.value();
    receipt.bindBlob(1, boot_id.bytes);
    for (;;) {
        auto row = receipt.step();
        if (!row || !row.value()) {
            return row ? base::Result<void>() : row.error();
        }
        const int64_t cpu = receipt.columnInteger(0);
        const int64_t first = receipt.columnInteger(1);
        const int64_t last = receipt.columnInteger(2);
        if (cpu < 0 || cpu > std::numeric_limits<uint16_t>::max() || first < 1 || last < first) {
            return base::fail(base::ErrorKind::Corrupt,
                              base::cat("a receipt of cpu ", cpu, " from ", first, " to ", last));
        }
        accounted[static_cast<uint16_t>(cpu)].add(
            {static_cast<uint64_t>(first), static_cast<uint64_t>(last)});
    }
}

base::Result<int64_t> readLastIdEver(db::Connection& connection) {
    const auto text = db::readMetadata(connection, kLastIdKey);
    if (!text) {
        return text.error();
    }
    const auto value = base::parseU64(text.value().value_or("0"));
    constexpr auto kMax = std::numeric_limits<int64_t>::max() / 2;
    return value && value.value() <= kMax ? static_cast<int64_t>(value.value()) : 0;
}

std::vector<wire::ResumePoint> StoreSurvey::resumePoints() const {
    std::vector<wire::ResumePoint> points;
    for (const auto& [cpu, set] : accounted) {
        points.push_back({cpu, set.greatest()});
    }
    return points;
}

base::Result<StoreSurvey> surveyStores(const std::string& directory, const base::Guid& boot_id,
                                       int64_t wall_ns) {
    auto files = db::discoverEventStores(directory);
    if (!files) {
        return files.error();
    }
    StoreSurvey survey;
    int64_t last_id_ever = 0;
    for (const db::StoreFile& file : files.value()) {
        const auto read = surveyPatiently(file.path, boot_id, survey, last_id_ever);
        if (!read && read.error().kind != base::ErrorKind::NotFound) {
            survey.is_undecided = survey.is_undecided || mayPass(read.error().kind);
            survey.unreadable.push_back(base::cat(file.path, ": ", read.error().text));
        }
    }
    survey.last_id = std::max(survey.last_id, last_id_ever);
    if (!survey.unreadable.empty()) {
        survey.last_id = std::max(survey.last_id + kUnreadableIdSkip,
                                  wall_ns / base::kNsPerSecond * kIdsPerSecondMax);
    }
    return survey;
}

}  // namespace evd::store
